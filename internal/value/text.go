package value

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// A reader reads JSON text (RFC 8259) without an intermediate form. It accepts
// what encoding/json does, within valid UTF-8; what it refuses, encoding/json
// refuses with a message. FuzzDecode and FuzzPlaces hold the two together.
type reader struct {
	text  []byte
	names map[string]string // member names seen, so that each is held once
	stack []byte            // the brackets that skip has open
}

// maxDepth is the depth of nesting that encoding/json allows.
const maxDepth = 10_000

// bad is the offset that stands for text that is no JSON.
const bad = -1

// kind says what a byte can begin.
const (
	noByte = iota
	blankByte
	quoteByte
	openObject
	openArray
	numberByte
	literalByte
)

var kinds = func() (k [256]uint8) {
	for _, c := range " \t\n\r" {
		k[c] = blankByte
	}
	for c := '0'; c <= '9'; c++ {
		k[c] = numberByte
	}
	k['-'], k['"'], k['{'], k['['] = numberByte, quoteByte, openObject, openArray
	k['t'], k['f'], k['n'] = literalByte, literalByte, literalByte
	return k
}()

// blanks returns the offset of the first byte that is no blank.
func (r *reader) blanks(i int) int {
	for i < len(r.text) && kinds[r.text[i]] == blankByte {
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// str returns the offset behind the string whose content begins at i, and
// whether it has escapes. Eight bytes at a time it looks for what is not plain:
// a quote, a backslash, a control character, a byte of a longer rune.
func (r *reader) str(i int) (end int, escaped bool) {
	text, start, wide := r.text, i, false
	for {
		for i+8 <= len(text) {
			w := binary.LittleEndian.Uint64(text[i:])
			quote, slash := w^(ones*'"'), w^(ones*'\\')
			found := ((w-ones*' ')&^w | (quote-ones)&^quote | (slash-ones)&^slash | w) & highs
			if found != 0 {
				i += bits.TrailingZeros64(found) >> 3
				break
			}
			i += 8
		}
		if i >= len(text) {
			return bad, false
		}
		switch c := text[i]; {
		case c == '"':
			if wide && !utf8.Valid(text[start:i]) {
				return bad, false
			}
			return i + 1, escaped
		case c == '\\':
			escaped = true
			if i = r.escape(i + 1); i == bad {
				return bad, false
			}
		case c < ' ':
			return bad, false
		case c >= utf8.RuneSelf:
			wide = true
			for i < len(text) && text[i] >= utf8.RuneSelf {
				i++
			}
		default:
			i++
		}
	}
}

// escape returns the offset behind the escape whose backslash stands before i.
func (r *reader) escape(i int) int {
	if i >= len(r.text) {
		return bad
	}
	switch r.text[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		if i+5 > len(r.text) {
			return bad
		}
		for _, c := range r.text[i+1 : i+5] {
			if unhex(c) < 0 {
				return bad
			}
		}
		return i + 5
	}
	return bad
}

func unhex(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10
	}
	return -1
}

func hex4(s []byte) rune {
	return unhex(s[0])<<12 | unhex(s[1])<<8 | unhex(s[2])<<4 | unhex(s[3])
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape gives the text of a string with escapes, which str has found valid.
// A surrogate without its other half is U+FFFD, as encoding/json has it.
func unescape(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			i++
			continue
		}
		if s[i+1] != 'u' {
			dst = append(dst, escapes[s[i+1]])
			i += 2
			continue
		}
		c := hex4(s[i+2:])
		i += 6
		if utf16.IsSurrogate(c) {
			low := rune(utf8.RuneError)
			if i+6 <= len(s) && s[i] == '\\' && s[i+1] == 'u' {
				low = hex4(s[i+2:])
			}
			if c = utf16.DecodeRune(c, low); c != utf8.RuneError {
				i += 6
			}
		}
		dst = utf8.AppendRune(dst, c)
	}
	return dst
}

// number returns the offset behind the number at i.
func (r *reader) number(i int) int {
	text := r.text
	if text[i] == '-' {
		i++
	}
	switch {
	case i >= len(text) || text[i] < '0' || text[i] > '9':
		return bad
	case text[i] == '0':
		i++
	default:
		i = r.digits(i)
	}
	if i < len(text) && text[i] == '.' {
		end := r.digits(i + 1)
		if end == i+1 {
			return bad
		}
		i = end
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		end := r.digits(i)
		if end == i {
			return bad
		}
		i = end
	}
	return i
}

func (r *reader) digits(i int) int {
	for i < len(r.text) && r.text[i]-'0' <= 9 {
		i++
	}
	return i
}

// literal returns the offset behind true, false or null at i.
func (r *reader) literal(i int) int {
	rest := r.text[i:]
	switch {
	case len(rest) >= 4 && (string(rest[:4]) == "true" || string(rest[:4]) == "null"):
		return i + 4
	case len(rest) >= 5 && string(rest[:5]) == "false":
		return i + 5
	}
	return bad
}

// member reads a member's name and the colon behind it: i is the offset of its
// quote, next that of the value.
func (r *reader) member(i int) (name []byte, escaped bool, next int) {
	if i >= len(r.text) || r.text[i] != '"' {
		return nil, false, bad
	}
	end, escaped := r.str(i + 1)
	if end == bad {
		return nil, false, bad
	}
	name = r.text[i+1 : end-1]
	if end < len(r.text) && r.text[end] != ':' {
		end = r.blanks(end)
	}
	if end >= len(r.text) || r.text[end] != ':' {
		return nil, false, bad
	}
	end++
	if end < len(r.text) && kinds[r.text[end]] == blankByte {
		end = r.blanks(end)
	}
	return name, escaped, end
}

// skip returns the offset behind the value at i, having checked all of it.
// depth is how many arrays and objects are open around it.
func (r *reader) skip(i, depth int) int {
	text, open := r.text, len(r.stack)
	inObject := false
value:
	if i >= len(text) {
		return bad
	}
	switch kinds[text[i]] {
	case quoteByte:
		i, _ = r.str(i + 1)
	case numberByte:
		i = r.number(i)
	case literalByte:
		i = r.literal(i)
	case openObject, openArray:
		c := text[i]
		if r.stack = append(r.stack, c); depth+len(r.stack)-open > maxDepth {
			return bad
		}
		inObject = c == '{'
		if i = r.blanks(i + 1); i < len(text) && text[i] == c+2 { // "{" and "}", "[" and "]" are two apart
			goto closed
		}
		if inObject {
			goto name
		}
		goto value
	case blankByte:
		i = r.blanks(i)
		goto value
	default:
		return bad
	}
	if i == bad {
		return bad
	}
after:
	if len(r.stack) == open {
		return i
	}
	for i < len(text) && kinds[text[i]] == blankByte {
		i++
	}
	if i >= len(text) {
		return bad
	}
	switch c := text[i]; {
	case c == ',':
		i++
		if !inObject {
			goto value
		}
		if i < len(text) && text[i] != '"' {
			i = r.blanks(i)
		}
		goto name
	case c == '}' && inObject || c == ']' && !inObject:
		goto closed
	}
	return bad
name:
	if _, _, i = r.member(i); i == bad {
		return bad
	}
	goto value
closed:
	i++
	r.stack = r.stack[:len(r.stack)-1]
	if n := len(r.stack); n > open {
		inObject = r.stack[n-1] == '{'
	}
	goto after
}

// read decodes the value at i.
func (r *reader) read(i, depth int) (v any, end int) {
	if i >= len(r.text) {
		return nil, bad
	}
	switch kinds[r.text[i]] {
	case quoteByte:
		end, escaped := r.str(i + 1)
		if end == bad {
			return nil, bad
		}
		content := r.text[i+1 : end-1]
		if escaped {
			content = unescape(make([]byte, 0, len(content)), content)
		}
		return string(content), end
	case numberByte:
		if end = r.number(i); end == bad {
			return nil, bad
		}
		return number(r.text[i:end]), end
	case literalByte:
		if end = r.literal(i); end == bad {
			return nil, bad
		}
		return literals[r.text[i]], end
	case openObject:
		return r.readObject(i+1, depth+1)
	case openArray:
		return r.readArray(i+1, depth+1)
	case blankByte:
		return r.read(r.blanks(i), depth)
	}
	return nil, bad
}

var literals = [256]any{'t': true, 'f': false}

func (r *reader) readArray(i, depth int) (any, int) {
	items := []any{}
	if depth > maxDepth {
		return nil, bad
	}
	if i = r.blanks(i); i < len(r.text) && r.text[i] == ']' {
		return items, i + 1
	}
	for {
		v, end := r.read(i, depth)
		if end == bad {
			return nil, bad
		}
		items = append(items, v)
		if i = r.blanks(end); i >= len(r.text) {
			return nil, bad
		}
		switch r.text[i] {
		case ',':
			i++
		case ']':
			return items, i + 1
		default:
			return nil, bad
		}
	}
}

func (r *reader) readObject(i, depth int) (any, int) {
	members := map[string]any{}
	if depth > maxDepth {
		return nil, bad
	}
	if i = r.blanks(i); i < len(r.text) && r.text[i] == '}' {
		return members, i + 1
	}
	for {
		raw, escaped, at := r.member(i)
		if at == bad {
			return nil, bad
		}
		v, end := r.read(at, depth)
		if end == bad {
			return nil, bad
		}
		members[r.name(raw, escaped)] = v
		if i = r.blanks(end); i >= len(r.text) {
			return nil, bad
		}
		switch r.text[i] {
		case ',':
			i = r.blanks(i + 1)
		case '}':
			return members, i + 1
		default:
			return nil, bad
		}
	}
}

// maxNames bounds the names that are remembered: objects whose names are data
// have no use for it.
const maxNames = 256

func (r *reader) name(raw []byte, escaped bool) string {
	if escaped {
		return string(unescape(make([]byte, 0, len(raw)), raw))
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

// number is [Number] without a string for the integers, which most numbers are.
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
