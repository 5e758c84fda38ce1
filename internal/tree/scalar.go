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

// Style is the style of a scalar (YAML 1.2, §7.3 and §8.1). A string of JSON is
// double-quoted.
type Style uint8

// The styles.
const (
	Plain Style = iota
	SingleQuoted
	DoubleQuoted
	Literal
	Folded
)

// A Scalar is a value as it is written in a [Text].
type Scalar struct {
	Start, End int // in bytes, quotes and indicators included
	Style      Style
	Value      string // decoded
	at         []int  // the offset of each byte of Value, and of its end
}

// Offset returns the byte offset in the text for one in the decoded value.
func (s *Scalar) Offset(i int) int { return s.at[max(0, min(i, len(s.Value)))] }

// Scalar reads the scalar that begins at an offset and has a known decoded
// value; nil if there is no such scalar.
func (t *Text) Scalar(offset int, want string) *Scalar {
	r := &scalarReader{data: t.Data, pos: offset, places: true}
	r.properties()
	s := r.scalar(want)
	if s == nil || s.Value != want {
		return nil
	}
	return s
}

// scalarReader decodes the scalars of a text: for nodes, and for [Text.Scalar]
// with the offset of each byte of a value.
type scalarReader struct {
	data  []byte
	pos   int
	value []byte

	skip   bool  // the value is not needed
	places bool  // keep at
	at     []int // the offset of each byte of value, and of its end
	next   int   // of a block scalar: where the next line begins
	json   bool  // it has an escape that JSON has and the YAML library does not: a slash, or half of a character
}

// emit adds a text for what is written differently at an offset.
func (r *scalarReader) emit(offset int, text string) {
	if r.skip {
		return
	}
	if r.places {
		for range len(text) {
			r.at = append(r.at, offset)
		}
	}
	r.value = append(r.value, text...)
}

// copy adds the text from pos to end as it is.
func (r *scalarReader) copy(end int) {
	if r.places {
		for i := r.pos; i < end; i++ {
			r.at = append(r.at, i)
		}
	}
	if !r.skip {
		r.value = append(r.value, r.data[r.pos:end]...)
	}
	r.pos = end
}

// end marks the end of the value.
func (r *scalarReader) end() {
	if r.places {
		r.at = append(r.at, r.pos)
	}
}

func (r *scalarReader) has(i int) bool { return i < len(r.data) }

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// properties skips a tag and an anchor before the scalar.
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
		ok = r.quoted()
	case '"':
		s.Style = DoubleQuoted
		ok = r.quoted()
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

// lineEnd returns the offset of the line break after i, or the end of the text.
func (r *scalarReader) lineEnd(i int) int {
	end, _ := endOfLine(r.data, i)
	if !r.places {
		return end // the quick reader does not support other line breaks
	}
	for _, c := range [...]byte{'\r', 0xc2, 0xe2} {
		for from := i; ; from++ {
			n := bytes.IndexByte(r.data[from:end], c)
			if n < 0 {
				break
			}
			if from += n; breakAt(r.data, from) > 0 {
				end = from
				break
			}
		}
	}
	return end
}

// foldLine adds the text up to end, where the line ends, without the white
// space before that, and the line breaks that follow with the white space
// around them: a single break is a space, several are one break less (YAML 1.2,
// §6.5).
func (r *scalarReader) foldLine(end int) {
	text := end
	for text > r.pos && isBlank(r.data[text-1]) {
		text--
	}
	r.copy(text)
	breaks := r.breaks(end)
	if breaks == 1 {
		r.emit(text, " ")
	}
	for range breaks - 1 {
		r.emit(text, "\n")
	}
}

// breaks skips line breaks from an offset on, and the white space before and
// after them, and counts them.
func (r *scalarReader) breaks(i int) (breaks int) {
	for r.has(i) {
		n := breakAt(r.data, i)
		if n == 0 && !isBlank(r.data[i]) {
			break
		}
		breaks += min(n, 1)
		i += max(n, 1)
	}
	r.pos = i
	return breaks
}

// plain reads as far as the required value goes: where a plain scalar ends
// depends on its context.
func (r *scalarReader) plain(want string) {
	for len(r.value) < len(want) && r.has(r.pos) {
		end := r.lineEnd(r.pos)
		if rest := r.pos + len(want) - len(r.value); end >= rest {
			r.copy(rest)
			break
		}
		r.foldLine(end)
	}
	r.end()
}

// quoted reads the quoted scalar at the position.
func (r *scalarReader) quoted() bool {
	quote := r.data[r.pos]
	r.pos++
	for i := r.pos; r.has(i); {
		switch c := r.data[i]; {
		case !inQuotes[c]:
			i++
			continue
		case c == quote && quote == '\'' && r.has(i+1) && r.data[i+1] == quote:
			r.copy(i + 1)
			r.pos++
		case c == quote:
			r.copy(i)
			r.end()
			r.pos++
			return true
		case c == '\\' && quote == '"':
			if r.copy(i); !r.escape() {
				return false
			}
		case breakAt(r.data, i) > 0:
			r.foldLine(i)
		default:
			i++
			continue
		}
		i = r.pos
	}
	return false
}

// inQuotes has the bytes that may mean something other than themselves in
// quotes.
var inQuotes = [256]bool{'\'': true, '"': true, '\\': true, '\n': true, '\r': true, 0xc2: true, 0xe2: true}

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
	if breakAt(r.data, r.pos) > 0 { // the line continues with the next one
		for range r.breaks(r.pos) - 1 {
			r.emit(start, "\n")
		}
		return true
	}
	c := r.data[r.pos]
	if text, ok := escapes[c]; ok {
		r.json = r.json || c == '/'
		r.emit(start, text)
		r.pos++
		return true
	}
	code, ok := r.hex(r.pos+1, escapeDigits[c])
	if !ok {
		return false
	}
	r.pos += 1 + escapeDigits[c]
	if utf16.IsSurrogate(code) {
		r.json = true
		if c == 'u' && bytes.HasPrefix(r.data[r.pos:], []byte(`\u`)) {
			low, ok := r.hex(r.pos+2, 4)
			if pair := utf16.DecodeRune(code, low); ok && pair != utf8.RuneError {
				code = pair
				r.pos += 6
			}
		}
	}
	r.emit(start, string(code))
	return true
}

func (r *scalarReader) hex(start, digits int) (rune, bool) {
	if digits == 0 || start+digits > len(r.data) {
		return 0, false
	}
	code, err := strconv.ParseUint(string(r.data[start:start+digits]), 16, 32)
	return rune(code), err == nil && code <= utf8.MaxRune
}

// block reads a block scalar. Its indentation is that of its first line, unless
// an indentation indicator leaves some of that to the text: then the
// indentation with which the value is the required one.
func (r *scalarReader) block(folded bool, want string) bool {
	chomp := byte(0)
	for r.pos++; r.has(r.pos) && breakAt(r.data, r.pos) == 0; r.pos++ {
		if c := r.data[r.pos]; c == '+' || c == '-' {
			chomp = c
		} else if c == '#' {
			r.pos = r.lineEnd(r.pos) - 1
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
		try := &scalarReader{data: r.data, pos: r.pos, places: r.places}
		try.blockLines(folded, chomp, indent)
		if string(try.value) == want {
			*r = *try
			return true
		}
	}
	return false
}

// blockLines reads the lines of a block scalar (YAML 1.2, §8.1), the first of
// which begins at the position.
func (r *scalarReader) blockLines(folded bool, chomp byte, indent int) {
	end, last, lastBlank := r.pos, -1, false // end of the text; break of the last line, and whether that line began blank
	empty := r.pos                           // where the empty lines after it begin
	r.emptyLines(indent)
	for r.has(r.pos+indent) && r.indentation(indent) == indent {
		line := r.pos + indent
		blank := isBlank(r.data[line])
		fold := folded && !lastBlank && !blank
		switch {
		case last < 0:
		case !fold:
			r.emitBreaks(last, empty)
		case empty == r.pos:
			r.emit(last, " ")
		}
		r.emitBreaks(empty, r.pos)
		r.pos = line
		r.copy(r.lineEnd(line))
		end, last, lastBlank = r.pos, r.pos, blank
		r.pos += breakAt(r.data, r.pos)
		empty = r.pos
		r.emptyLines(indent)
	}
	r.next = r.pos
	if chomp != '-' && last >= 0 {
		r.emitBreaks(last, empty)
	}
	if chomp == '+' {
		r.emitBreaks(empty, r.next)
		end = r.next
	}
	r.pos = end
	r.end()
}

// indentation counts the spaces at the position, up to a limit.
func (r *scalarReader) indentation(limit int) (n int) {
	for n < limit && r.has(r.pos+n) && r.data[r.pos+n] == ' ' {
		n++
	}
	return n
}

// emptyLines skips lines that have nothing but indentation.
func (r *scalarReader) emptyLines(indent int) {
	for {
		i := r.pos + r.indentation(indent)
		n := breakAt(r.data, i)
		if n == 0 {
			return
		}
		r.pos = i + n
	}
}

// emitBreaks adds the line breaks from one offset to another.
func (r *scalarReader) emitBreaks(from, to int) {
	for i := from; i < to; i++ {
		if n := breakAt(r.data, i); n > 0 {
			r.emit(i, breakText(r.data[i:i+n]))
			i += n - 1
		}
	}
}

// breakText returns what a line break of the text is in a value.
func breakText(data []byte) string {
	if s := string(data); s == "\u2028" || s == "\u2029" {
		return s
	}
	return "\n"
}

// Replace returns what to write from one offset to another in the text so that
// the bytes start to end of the scalar's value become text. flow means that the
// scalar is inside brackets or braces. It fails if the scalar's style cannot
// hold the text at that place.
func (s *Scalar) Replace(start, end int, text string, flow bool) (from, to int, written string, ok bool) {
	whole := s.Value[:start] + text + s.Value[end:]
	from, to = s.Offset(start), s.Offset(end)
	single := !strings.ContainsFunc(text, func(r rune) bool {
		return r < ' ' || r == 0x7f || r == '\u0085' || r == '\u2028' || r == '\u2029'
	})
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

// Quote writes a string as a quoted scalar of YAML: in single quotes if
// possible, so that most texts remain unchanged.
func Quote(text string) string {
	if text == "" || plainSafe(text) {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	return string(value.AppendString(nil, text))
}

// plainText reports whether a text may be written as a plain scalar on one
// line. It rejects more than YAML does.
func plainText(s string, flow bool) bool {
	if kind, _ := resolveCore(s); kind != String || !plainSafe(s) || strings.TrimSpace(s) != s {
		return false
	}
	return strings.IndexByte("-?:,[]{}#&*!|>'\"%@`=", s[0]) < 0 && !strings.Contains(s, ": ") && !strings.Contains(s, " #") &&
		!strings.HasSuffix(s, ":") && !(flow && strings.ContainsAny(s, ",[]{}:")) && !slices.Contains([]string{"---", "..."}, s)
}
