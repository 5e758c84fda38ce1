package value

import "errors"

// A reader decodes JSON text (RFC 8259) without an intermediate form. It
// accepts what encoding/json does, within valid UTF-8; what it rejects,
// encoding/json rejects with a message. FuzzDecode and FuzzPlaces compare the
// two.
type reader struct {
	text  []byte
	names map[string]string // member names seen, so that each is held once
	count int               // of values
}

// MaxValues is how many values a text may have, whatever reads it: a value takes
// about 100 bytes, and may take only two in the text (O16).
const MaxValues = 5_000_000

var maxValues = MaxValues // less in tests

// ErrValues reports that a text has more than [MaxValues] values.
var ErrValues = errors.New("the text has more than 5,000,000 values")

// maxDepth is the depth of nesting that encoding/json allows.
const maxDepth = 10_000

// read decodes the value at i.
func (r *reader) read(i, depth int) (v any, end int) {
	if i >= len(r.text) {
		return nil, Bad
	}
	if r.count++; r.count > maxValues {
		return nil, Bad
	}
	switch kinds[r.text[i]] {
	case quoteByte:
		end, escaped := ScanString(r.text, i+1)
		if end == Bad {
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
	if depth > maxDepth {
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
	if depth > maxDepth {
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
		i, closed = AfterItem(r.text, end, '}')
	}
	return members, i
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
