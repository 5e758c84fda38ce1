package value

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions below read the tokens of JSON text (RFC 8259), for this package
// and for others that read such text themselves: each takes the offset at which
// a token begins, and returns the one after it.

// Bad is the offset that the functions below return for text that is not JSON.
const Bad = -1

// kind is what a byte can begin.
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

// ScanBlanks returns the offset of the first byte from i on that is not white
// space.
func ScanBlanks(text []byte, i int) int {
	for i < len(text) && kinds[text[i]] == blankByte {
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special has the high bit of each of eight bytes set that a string does not have
// as it is: a quote, a backslash, a control character, a byte of a longer rune.
// That is certain for the first one only: what a subtraction borrows changes the
// bytes after it.
func special(w uint64) uint64 {
	quote, slash := w^(ones*'"'), w^(ones*'\\')
	return ((w - ones*' ') | (quote - ones) | (slash - ones) | w) & highs
}

// scanPlain returns the offset of the first special byte from i on.
func scanPlain(text []byte, i int) int {
	for rest := text[i:]; len(rest) >= 8; rest = rest[8:] {
		if found := special(binary.LittleEndian.Uint64(rest)); found != 0 {
			return i + bits.TrailingZeros64(found)>>3
		}
		i += 8
	}
	for i < len(text) && text[i] >= ' ' && text[i] != '"' && text[i] != '\\' && text[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// ScanString returns the offset after the string whose content begins at i, and
// whether it has escapes. Most strings are short names, which end in the first
// eight bytes.
func ScanString(text []byte, i int) (end int, escaped bool) {
	end = i
	if rest := text[i:]; len(rest) >= 8 {
		if found := special(binary.LittleEndian.Uint64(rest)); found != 0 {
			end += bits.TrailingZeros64(found) >> 3
		} else {
			end = scanPlain(text, i+8)
		}
	}
	if end < len(text) && text[end] == '"' {
		return end + 1, false
	}
	return scanString(text, i, end)
}

// scanString is [ScanString] for any string; it is plain up to i.
func scanString(text []byte, start, i int) (end int, escaped bool) {
	wide := false
	for i < len(text) {
		switch c := text[i]; {
		case c == '"':
			if wide && !utf8.Valid(text[start:i]) {
				return Bad, false
			}
			return i + 1, escaped
		case c == '\\':
			escaped = true
			if i = scanEscape(text, i+1); i == Bad {
				return Bad, false
			}
		case c < ' ':
			return Bad, false
		case c >= utf8.RuneSelf:
			wide = true
			for i < len(text) && text[i] >= utf8.RuneSelf {
				i++
			}
		default:
			i = scanPlain(text, i)
		}
	}
	return Bad, false
}

// scanEscape returns the offset after the escape whose backslash is before i.
func scanEscape(text []byte, i int) int {
	if i >= len(text) {
		return Bad
	}
	switch text[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		if i+5 > len(text) {
			return Bad
		}
		for _, c := range text[i+1 : i+5] {
			if unhex(c) < 0 {
				return Bad
			}
		}
		return i + 5
	}
	return Bad
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

// Unescape appends the text of a string with escapes that [ScanString] has
// found valid. A surrogate without its other half becomes U+FFFD, as in
// encoding/json.
func Unescape(dst, s []byte) []byte {
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

// DecodeString returns the text of a string from the JSON between its quotes.
func DecodeString(raw []byte, escaped bool) string {
	if escaped {
		raw = Unescape(make([]byte, 0, len(raw)), raw)
	}
	return string(raw)
}

// ScanNumber returns the offset after the number at i.
func ScanNumber(text []byte, i int) int {
	if text[i] == '-' {
		i++
	}
	switch {
	case i >= len(text) || text[i] < '0' || text[i] > '9':
		return Bad
	case text[i] == '0':
		i++
	default:
		i = scanDigits(text, i)
	}
	if i < len(text) && text[i] == '.' {
		end := scanDigits(text, i+1)
		if end == i+1 {
			return Bad
		}
		i = end
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		end := scanDigits(text, i)
		if end == i {
			return Bad
		}
		i = end
	}
	return i
}

func scanDigits(text []byte, i int) int {
	for i < len(text) && text[i]-'0' <= 9 {
		i++
	}
	return i
}

// ScanLiteral returns the offset after true, false or null at i.
func ScanLiteral(text []byte, i int) int {
	rest := text[i:]
	switch {
	case len(rest) >= 4 && (string(rest[:4]) == "true" || string(rest[:4]) == "null"):
		return i + 4
	case len(rest) >= 5 && string(rest[:5]) == "false":
		return i + 5
	}
	return Bad
}

// ScanName reads a member's name and the colon after it: i is the offset of its
// quote, value that of the member's value.
func ScanName(text []byte, i int) (name []byte, escaped bool, value int) {
	if i >= len(text) || text[i] != '"' {
		return nil, false, Bad
	}
	end, escaped := ScanString(text, i+1)
	if end == Bad {
		return nil, false, Bad
	}
	return text[i+1 : end-1], escaped, afterColon(text, end)
}

// afterColon returns the offset of a member's value, whose name ends at i.
func afterColon(text []byte, i int) int {
	if i = ScanBlanks(text, i); i >= len(text) || text[i] != ':' {
		return Bad
	}
	return ScanBlanks(text, i+1)
}

// AfterItem returns what follows a member or an element that ends at i: the
// offset where the next one begins, or, if closing ends the collection, the
// offset after that.
func AfterItem(text []byte, i int, closing byte) (next int, closed bool) {
	if i = ScanBlanks(text, i); i >= len(text) {
		return Bad, true
	}
	switch text[i] {
	case ',':
		return ScanBlanks(text, i+1), false
	case closing:
		return i + 1, true
	}
	return Bad, true
}

// Skip returns the offset after the value at i, whose syntax it checks. Its
// arrays and objects may be nested at most depth levels deep.
func Skip(text []byte, i, depth int) (end int) {
	if i = ScanBlanks(text, i); i >= len(text) {
		return Bad
	}
	switch kinds[text[i]] {
	case quoteByte:
		end, _ = ScanString(text, i+1)
		return end
	case numberByte:
		return ScanNumber(text, i)
	case literalByte:
		return ScanLiteral(text, i)
	case openObject:
		return skipObject(text, ScanBlanks(text, i+1), depth-1)
	case openArray:
		return skipArray(text, ScanBlanks(text, i+1), depth-1)
	}
	return Bad
}

// skipObject is [Skip] for an object whose first member is at i.
func skipObject(text []byte, i, depth int) (end int) {
	switch {
	case depth < 0:
		return Bad
	case i < len(text) && text[i] == '}':
		return i + 1
	}
	for closed := false; !closed; {
		if i >= len(text) || text[i] != '"' {
			return Bad
		}
		if i, _ = ScanString(text, i+1); i == Bad {
			return Bad
		}
		if i = afterColon(text, i); i == Bad {
			return Bad
		}
		if i = Skip(text, i, depth); i == Bad {
			return Bad
		}
		i, closed = AfterItem(text, i, '}')
	}
	return i
}

// skipArray is [Skip] for an array whose first element is at i.
func skipArray(text []byte, i, depth int) (end int) {
	switch {
	case depth < 0:
		return Bad
	case i < len(text) && text[i] == ']':
		return i + 1
	}
	for closed := false; !closed; {
		if i = Skip(text, i, depth); i == Bad {
			return Bad
		}
		i, closed = AfterItem(text, i, ']')
	}
	return i
}
