package tree

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// Style is how a scalar is written (YAML 1.2, §7.3 and §8.1). A string of JSON
// is double-quoted.
type Style uint8

// The styles.
const (
	Plain Style = iota
	SingleQuoted
	DoubleQuoted
	Literal
	Folded
)

// A Scalar is how a value stands in a [Text].
type Scalar struct {
	Start, End int // in bytes, quotes and indicators included
	Style      Style
	Value      string // decoded
	at         []int  // the offset of each byte of Value, and of the end
}

// Offset returns the byte offset in the text for one in the decoded value.
func (s *Scalar) Offset(i int) int { return s.at[max(0, min(i, len(s.Value)))] }

// Scalar reads the scalar that begins at an offset and whose decoded value is
// known; nil when no such scalar is there.
func (t *Text) Scalar(offset int, want string) *Scalar {
	r := &scalarReader{data: t.Data, pos: offset}
	r.properties()
	s := r.scalar(want)
	if s == nil || s.Value != want {
		return nil
	}
	return s
}

// scalarReader decodes a scalar and keeps where each byte comes from.
type scalarReader struct {
	data  []byte
	pos   int
	value []byte
	at    []int
}

func (r *scalarReader) emit(offset int, text string) {
	for range len(text) {
		r.at = append(r.at, offset)
	}
	r.value = append(r.value, text...)
}

func (r *scalarReader) has(i int) bool { return i < len(r.data) }

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// properties skips a tag and an anchor in front of the scalar.
func (r *scalarReader) properties() {
	for r.has(r.pos) && (r.data[r.pos] == '!' || r.data[r.pos] == '&') {
		for r.has(r.pos) && !isBlank(r.data[r.pos]) && breakAt(r.data, r.pos) == 0 {
			r.pos++
		}
		for r.has(r.pos) && (isBlank(r.data[r.pos]) || breakAt(r.data, r.pos) > 0) {
			r.pos++
		}
	}
}

func (r *scalarReader) scalar(want string) *Scalar {
	if !r.has(r.pos) {
		return nil
	}
	s := &Scalar{Start: r.pos}
	ok := true
	switch r.data[r.pos] {
	case '\'':
		s.Style = SingleQuoted
		ok = r.quoted('\'')
	case '"':
		s.Style = DoubleQuoted
		ok = r.quoted('"')
	case '|', '>':
		s.Style = Literal
		if r.data[r.pos] == '>' {
			s.Style = Folded
		}
		ok = r.block(s.Style == Folded, want)
	default:
		r.plain(want)
	}
	if !ok {
		return nil
	}
	s.End, s.Value, s.at = r.pos, string(r.value), r.at
	return s
}

// fold reads blanks and line breaks inside of a flow scalar: one break is a
// blank, more are one break less (YAML 1.2, §6.5).
func (r *scalarReader) fold() {
	start, breaks := r.pos, 0
	for r.has(r.pos) {
		n := breakAt(r.data, r.pos)
		if n == 0 && !isBlank(r.data[r.pos]) {
			break
		}
		breaks += min(n, 1)
		r.pos += max(n, 1)
	}
	switch breaks {
	case 0:
		for i := start; i < r.pos; i++ {
			r.emit(i, string(r.data[i:i+1]))
		}
	case 1:
		r.emit(start, " ")
	default:
		for range breaks - 1 {
			r.emit(start, "\n")
		}
	}
}

// plain reads as far as the wanted value goes: where a plain scalar ends
// depends on what is around it.
func (r *scalarReader) plain(want string) {
	for len(r.value) < len(want) && r.has(r.pos) {
		if isBlank(r.data[r.pos]) || breakAt(r.data, r.pos) > 0 {
			r.fold()
			continue
		}
		r.emit(r.pos, string(r.data[r.pos:r.pos+1]))
		r.pos++
	}
	r.at = append(r.at, r.pos)
}

func (r *scalarReader) quoted(quote byte) bool {
	for r.pos++; r.has(r.pos); {
		c := r.data[r.pos]
		switch {
		case c == quote && quote == '\'' && r.has(r.pos+1) && r.data[r.pos+1] == '\'':
			r.emit(r.pos, "'")
			r.pos += 2
		case c == quote:
			r.at = append(r.at, r.pos)
			r.pos++
			return true
		case c == '\\' && quote == '"':
			if !r.escape() {
				return false
			}
		case isBlank(c) || breakAt(r.data, r.pos) > 0:
			r.fold()
		default:
			r.emit(r.pos, string(r.data[r.pos:r.pos+1]))
			r.pos++
		}
	}
	return false
}

// escapes are the escapes of one character (YAML 1.2, §5.7; RFC 8259, §7).
var escapes = map[byte]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r", 'e': "\x1b", ' ': " ",
	'"': `"`, '\'': "'", '/': "/", '\\': `\`, 'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

var escapeDigits = map[byte]int{'x': 2, 'u': 4, 'U': 8}

func (r *scalarReader) escape() bool {
	start := r.pos
	if r.pos++; !r.has(r.pos) {
		return false
	}
	if n := breakAt(r.data, r.pos); n > 0 { // the line goes on with the next one
		for r.pos += n; r.has(r.pos) && isBlank(r.data[r.pos]); {
			r.pos++
		}
		for n := breakAt(r.data, r.pos); n > 0; n = breakAt(r.data, r.pos) {
			r.emit(r.pos, "\n")
			for r.pos += n; r.has(r.pos) && isBlank(r.data[r.pos]); {
				r.pos++
			}
		}
		return true
	}
	c := r.data[r.pos]
	if text, ok := escapes[c]; ok {
		r.emit(start, text)
		r.pos++
		return true
	}
	code, ok := hexRune(r.data, r.pos+1, escapeDigits[c])
	if !ok {
		return false
	}
	r.pos += 1 + escapeDigits[c]
	if c == 'u' && utf16.IsSurrogate(code) && r.has(r.pos+1) && r.data[r.pos] == '\\' && r.data[r.pos+1] == 'u' {
		low, ok := hexRune(r.data, r.pos+2, 4)
		if pair := utf16.DecodeRune(code, low); ok && pair != utf8.RuneError {
			code = pair
			r.pos += 6
		}
	}
	r.emit(start, string(code))
	return true
}

// hexRune returns the character whose number is so many digits at an offset.
func hexRune(data []byte, start, digits int) (rune, bool) {
	if digits == 0 || start+digits > len(data) {
		return 0, false
	}
	code, err := strconv.ParseUint(string(data[start:start+digits]), 16, 32)
	return rune(code), err == nil && code <= utf8.MaxRune
}

// block reads a block scalar. Its indentation is that of its first line, less
// what an indentation indicator leaves to the text: of the possible ones the
// one that gives the wanted value.
func (r *scalarReader) block(folded bool, want string) bool {
	chomp := byte(0)
	for r.pos++; r.has(r.pos) && breakAt(r.data, r.pos) == 0; r.pos++ {
		if c := r.data[r.pos]; c == '+' || c == '-' {
			chomp = c
		} else if c == '#' {
			for r.has(r.pos+1) && breakAt(r.data, r.pos+1) == 0 {
				r.pos++
			}
		}
	}
	r.pos += breakAt(r.data, r.pos)
	start, first := r.pos, r.pos
	for r.has(first) && (r.data[first] == ' ' || breakAt(r.data, first) > 0) {
		if n := breakAt(r.data, first); n > 0 {
			first += n
			start = first
			continue
		}
		first++
	}
	for indent := first - start; indent >= 0; indent-- {
		try := &scalarReader{data: r.data, pos: r.pos}
		try.blockLines(folded, chomp, indent)
		if string(try.value) == want {
			*r = *try
			return true
		}
	}
	return false
}

func (r *scalarReader) blockLines(folded bool, chomp byte, indent int) {
	type lineBreak struct {
		at   int
		text string
	}
	var leading *lineBreak
	var trailing []lineBreak
	end := r.pos
	breaks := func() {
		for _, b := range trailing {
			r.emit(b.at, b.text)
		}
		trailing = nil
	}
	empty := func() { // reads lines that hold nothing but indentation
		for {
			i := r.pos
			for i-r.pos < indent && r.has(i) && r.data[i] == ' ' {
				i++
			}
			n := breakAt(r.data, i)
			if n == 0 {
				return
			}
			trailing = append(trailing, lineBreak{i, breakText(r.data[i : i+n])})
			r.pos = i + n
		}
	}
	empty()
	leadingBlank := false
	for r.has(r.pos) && bytes.Equal(r.data[r.pos:min(r.pos+indent, len(r.data))], bytes.Repeat([]byte(" "), indent)) && r.has(r.pos+indent) {
		i := r.pos + indent
		blank := isBlank(r.data[i])
		switch {
		case leading != nil && folded && !leadingBlank && !blank:
			if len(trailing) == 0 {
				r.emit(leading.at, " ")
			}
		case leading != nil:
			r.emit(leading.at, leading.text)
		}
		leading = nil
		breaks()
		leadingBlank = blank
		for r.has(i) && breakAt(r.data, i) == 0 {
			r.emit(i, string(r.data[i:i+1]))
			i++
		}
		end, r.pos = i, i
		if n := breakAt(r.data, i); n > 0 {
			leading = &lineBreak{i, breakText(r.data[i : i+n])}
			r.pos += n
		}
		empty()
	}
	if chomp != '-' && leading != nil {
		r.emit(leading.at, leading.text)
	}
	if chomp == '+' {
		end = r.pos
		breaks()
	}
	r.pos = end
	r.at = append(r.at, end)
}

// breakText is what a line break of the text is in a value.
func breakText(data []byte) string {
	if s := string(data); s == "\u2028" || s == "\u2029" {
		return s
	}
	return "\n"
}

// Replace returns what has to stand from an offset to another in the text, so
// that the bytes start to end of the scalar's value become text. flow says that
// the scalar stands inside of brackets or braces. It fails for what the
// scalar's style cannot hold at that place.
func (s *Scalar) Replace(start, end int, text string, flow bool) (from, to int, written string, ok bool) {
	whole := s.Value[:start] + text + s.Value[end:]
	from, to = s.Offset(start), s.Offset(end)
	single := !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u0085' || r == '\u2028' || r == '\u2029' })
	switch s.Style {
	case DoubleQuoted:
		quoted := value.AppendString(nil, text)
		return from, to, string(quoted[1 : len(quoted)-1]), true
	case SingleQuoted:
		if single {
			return from, to, strings.ReplaceAll(text, "'", "''"), true
		}
	case Plain:
		if single && plainText(whole, flow) {
			return from, to, text, true
		}
	default:
		lineStart := start == 0 || s.Value[start-1] == '\n'
		ok = single && !(lineStart && (strings.HasPrefix(text, " ") || text == "")) && !strings.HasSuffix(text, " ")
		return from, to, text, ok
	}
	return s.Start, s.End, Quote(whole), true
}

// Quote writes a string as a quoted scalar of YAML: in single quotes where that
// can be, so that most texts stay as they are.
func Quote(text string) string {
	if text == "" || plainSafe(text) {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	return string(value.AppendString(nil, text))
}

// plainText reports whether a text may stand as a plain scalar on one line. It
// refuses more than YAML does.
func plainText(s string, flow bool) bool {
	if kind, _ := resolveCore(s); kind != String || !plainSafe(s) || strings.TrimSpace(s) != s {
		return false
	}
	return strings.IndexByte("-?:,[]{}#&*!|>'\"%@`=", s[0]) < 0 && !strings.Contains(s, ": ") && !strings.Contains(s, " #") &&
		!strings.HasSuffix(s, ":") && !(flow && strings.ContainsAny(s, ",[]{}:")) && !slices.Contains([]string{"---", "..."}, s)
}
