package tree

import (
	"bytes"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// A Text is the text that nodes were read from. It knows what they do not keep:
// where lines begin and how a scalar is written. It is safe for concurrent use.
type Text struct {
	Data []byte

	once  sync.Once
	lines []int // where each line begins
}

// NewText returns the text of a document, which must not be modified
// afterwards.
func NewText(data []byte) *Text { return &Text{Data: data} }

var byteOrderMark = []byte("\ufeff")

func (t *Text) index() []int {
	t.once.Do(func() {
		start := 0
		if bytes.HasPrefix(t.Data, byteOrderMark) {
			start = len(byteOrderMark)
		}
		json := looksLikeJSON(t.Data[start:])
		t.lines = append(make([]int, 0, bytes.Count(t.Data, []byte{'\n'})+2), start)
		for i := start; i < len(t.Data); {
			if !beginsBreak[t.Data[i]] {
				i++
				continue
			}
			n := breakAt(t.Data, i)
			switch {
			case n == 0:
				i++
				continue
			case json && t.Data[i+n-1] != '\n': // for the JSON parser only a line feed ends a line
				i += n
				continue
			}
			i += n
			t.lines = append(t.lines, i)
		}
	})
	return t.lines
}

// beginsBreak has the bytes that line breaks begin with.
var beginsBreak = [256]bool{'\n': true, '\r': true, 0xc2: true, 0xe2: true}

// breakAt returns the length of the line break at an offset, or 0. The YAML
// library accepts the breaks of YAML 1.1.
func breakAt(data []byte, i int) int {
	if i >= len(data) {
		return 0
	}
	switch data[i] {
	case '\n':
		return 1
	case '\r':
		if i+1 < len(data) && data[i+1] == '\n' {
			return 2
		}
		return 1
	case 0xc2:
		if bytes.HasPrefix(data[i:], []byte("\u0085")) {
			return 2
		}
	case 0xe2:
		if bytes.HasPrefix(data[i:], []byte("\u2028")) || bytes.HasPrefix(data[i:], []byte("\u2029")) {
			return 3
		}
	}
	return 0
}

// Lines returns the number of lines.
func (t *Text) Lines() int { return len(t.index()) }

// Line returns a line, counted from 1, without its break; "" if it does not
// exist.
func (t *Text) Line(line int) string {
	lines := t.index()
	if line < 1 || line > len(lines) {
		return ""
	}
	start, end := lines[line-1], len(t.Data)
	if line < len(lines) {
		end = lines[line]
	}
	for i := start; i < end; i++ {
		if n := breakAt(t.Data, i); n > 0 && i+n >= end {
			end = i
		}
	}
	return string(t.Data[start:end])
}

// Offset returns the byte offset of a position; columns count characters. A
// position after the end of its line is that end.
func (t *Text) Offset(line, column int) int {
	lines := t.index()
	if line < 1 {
		return 0
	}
	if line > len(lines) {
		return len(t.Data)
	}
	i := lines[line-1]
	for ; column > 1 && i < len(t.Data) && breakAt(t.Data, i) == 0; column-- {
		_, size := utf8.DecodeRune(t.Data[i:])
		i += size
	}
	return i
}

// Place returns the line and column of a byte offset.
func (t *Text) Place(offset int) (line, column int) {
	lines := t.index()
	offset = max(lines[0], min(offset, len(t.Data)))
	line = sort.SearchInts(lines, offset+1)
	return line, utf8.RuneCount(t.Data[lines[line-1]:offset]) + 1
}

// Comment reports whether there is anything other than white space, line breaks
// and a comma between two offsets.
func (t *Text) Comment(start, end int) bool {
	return strings.Trim(string(t.Data[start:end]), " \t\r\n,") != ""
}

// Flow writes a value on one line, in the language of the text that it is for:
// JSON or YAML.
func (t *Text) Flow(n *Node) []byte {
	json := looksLikeJSON(bytes.TrimPrefix(t.Data, byteOrderMark))
	var write func(dst []byte, n *Node) []byte
	word := func(dst []byte, s string) []byte {
		if !json && plainText(s, true) {
			return append(dst, s...)
		}
		if !json {
			return append(dst, Quote(s)...)
		}
		return value.AppendString(dst, s)
	}
	write = func(dst []byte, n *Node) []byte {
		switch n.Kind {
		case String:
			return word(dst, n.Text)
		case Object:
			dst = append(dst, '{')
			for i, m := range n.Members {
				if i > 0 {
					dst = append(dst, ", "...)
				}
				dst = append(word(dst, m.Name), ": "...)
				dst = write(dst, m.Value)
			}
			return append(dst, '}')
		}
		return append(dst, bytes.TrimSpace(n.JSON())...)
	}
	return write(nil, n)
}
