package value

import "errors"

// A reader decodes JSON text (RFC 8259) without an intermediate form. It
// accepts what encoding/json does, within valid UTF-8; what it rejects,
// encoding/json rejects with a message. FuzzDecode and FuzzPlaces compare the
// two.
type reader struct {
	text  []byte
	names map[string]string // member names seen, so that each is held once
	room  Room
}

// Room is the memory that the values of a text may still take, in bytes (E9): a
// small object takes a hundred times its text.
type Room int64

const (
	// LeastRoom is what the values of every text may take.
	LeastRoom = 128 << 20
	// RoomRatio is what they may take for each byte of the text, if that is more.
	RoomRatio = 10
)

// RoomFor returns the room of a text of so many bytes.
func RoomFor(text int) Room { return max(LeastRoom, RoomRatio*Room(text)) }

// ErrRoom reports that the values of a text do not fit into its [Room].
var ErrRoom = errors.New("its values would take more than 128 MiB of memory, and more than ten times the text")

// What values take, as measured, with what a list or a map wastes while it grows.
const (
	valueSize   = 32
	stringSize  = 16 // more, and its text
	arraySize   = 32 // more
	objectSize  = 48 // more
	membersSize = 288
	memberSize  = 72 // of each that is beyond the first eight
	firstOnes   = 8
)

// Take takes what values, objects among them and members need; it reports
// whether there is room for them.
func (r *Room) Take(bytes int) bool {
	*r -= Room(bytes)
	return *r >= 0
}

// Decode is [Decode] within the room.
func (r *Room) Decode(data []byte) (any, error) {
	v, left, ok := decode(data, *r)
	*r = left
	switch {
	case ok:
		return v, nil
	case left < 0:
		return nil, ErrRoom
	}
	return decodeSlowly(data)
}

// TakeObject takes what an object with text members needs.
func (r *Room) TakeObject(members int) bool {
	return r.Take((1+members)*valueSize + objectSize + membersSize + max(0, members-firstOnes)*memberSize)
}

// maxDepth is the depth of nesting that encoding/json allows.
const maxDepth = 10_000

// read decodes the value at i.
func (r *reader) read(i, depth int) (v any, end int) {
	if i >= len(r.text) {
		return nil, Bad
	}
	if !r.room.Take(valueSize) {
		return nil, Bad
	}
	switch kinds[r.text[i]] {
	case quoteByte:
		end, escaped := ScanString(r.text, i+1)
		if end == Bad || !r.room.Take(stringSize) {
			return nil, Bad
		}
		return DecodeString(r.text[i+1:end-1], escaped), end
	case numberByte:
		if end = ScanNumber(r.text, i); end == Bad {
			return nil, Bad
		}
		return number(r.text[i:end]), end
	case literalByte:
		if end = ScanLiteral(r.text, i); end == Bad {
			return nil, Bad
		}
		return literals[r.text[i]], end
	case openObject:
		return r.readObject(i+1, depth+1)
	case openArray:
		return r.readArray(i+1, depth+1)
	case blankByte:
		return r.read(ScanBlanks(r.text, i), depth)
	}
	return nil, Bad
}

var literals = [256]any{'t': true, 'f': false}

func (r *reader) readArray(i, depth int) (any, int) {
	items := []any{}
	if depth > maxDepth || !r.room.Take(arraySize) {
		return nil, Bad
	}
	if i = ScanBlanks(r.text, i); i < len(r.text) && r.text[i] == ']' {
		return items, i + 1
	}
	for closed := false; !closed; {
		v, end := r.read(i, depth)
		if end == Bad {
			return nil, Bad
		}
		items = append(items, v)
		i, closed = AfterItem(r.text, end, ']')
	}
	return items, i
}

func (r *reader) readObject(i, depth int) (any, int) {
	members := map[string]any{}
	if depth > maxDepth || !r.room.Take(objectSize) {
		return nil, Bad
	}
	if i = ScanBlanks(r.text, i); i < len(r.text) && r.text[i] == '}' {
		return members, i + 1
	}
	for closed := false; !closed; {
		raw, escaped, at := ScanName(r.text, i)
		if at == Bad {
			return nil, Bad
		}
		v, end := r.read(at, depth)
		if end == Bad {
			return nil, Bad
		}
		members[r.name(raw, escaped)] = v
		if size := growth(len(members)); size > 0 && !r.room.Take(size) {
			return nil, Bad
		}
		i, closed = AfterItem(r.text, end, '}')
	}
	return members, i
}

// growth is what an object takes more with its nth member.
func growth(n int) int {
	switch {
	case n == 1:
		return membersSize
	case n > firstOnes:
		return memberSize
	}
	return 0
}

// maxNames bounds the names that are remembered: it does not help objects whose
// names are data.
const maxNames = 256

func (r *reader) name(raw []byte, escaped bool) string {
	if escaped {
		return DecodeString(raw, true)
	}
	if name, ok := r.names[string(raw)]; ok {
		return name
	}
	name := string(raw)
	if r.names == nil {
		r.names = map[string]string{}
	}
	if len(r.names) < maxNames {
		r.names[name] = name
	}
	return name
}

// number is [Number] without allocating a string for integers, which most
// numbers are.
func number(text []byte) any {
	if len(text) > 18 {
		return Number(string(text))
	}
	digits := text
	if text[0] == '-' {
		digits = text[1:]
	}
	n := int64(0)
	for _, c := range digits {
		if c -= '0'; c > 9 {
			return Number(string(text))
		}
		n = n*10 + int64(c)
	}
	if len(digits) < len(text) {
		if n == 0 {
			return Number(string(text))
		}
		n = -n
	}
	return n
}
