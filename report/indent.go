package report

import "bufio"

// An indenter indents compact JSON while it is written, as json.Indent does with the
// whole in memory: outputs may be as large as all that a run received.
type indenter struct {
	w       *bufio.Writer
	depth   int
	opened  bool // the last byte began an object or array
	quoted  bool
	escaped bool
}

// Write implements io.Writer.
func (i *indenter) Write(p []byte) (int, error) {
	for _, c := range p {
		i.byte(c)
	}
	return len(p), i.w.Flush()
}

func (i *indenter) byte(c byte) {
	if i.quoted {
		i.quoted = c != '"' || i.escaped
		i.escaped = c == '\\' && !i.escaped
		i.w.WriteByte(c)
		return
	}
	closes := c == '}' || c == ']'
	if closes {
		i.depth--
	}
	if i.opened != closes {
		i.line()
	}
	i.opened = c == '{' || c == '['
	if i.opened {
		i.depth++
	}
	i.w.WriteByte(c)
	switch c {
	case '"':
		i.quoted = true
	case ',':
		i.line()
	case ':':
		i.w.WriteByte(' ')
	}
}

func (i *indenter) line() {
	i.w.WriteByte('\n')
	for range i.depth {
		i.w.WriteString("  ")
	}
}
