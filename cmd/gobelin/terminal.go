package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/cells"
	"golang.org/x/term"
)

// terminal is where the command tells something: on a terminal, in colors and
// with a live line at the end where it has them, and without anything that the
// terminal would obey; elsewhere as it is.
type terminal struct {
	w     io.Writer
	shown bool       // a terminal shows it
	live  bool       // a line can be drawn again and again
	color bool       // it has colors that the user wants
	width func() int // in cells; of a live terminal

	mu   sync.Mutex
	line string // the live line
}

// newTerminal finds out what a writer is. A dumb terminal (TERM) has neither
// colors nor live lines; the log of a CI system keeps every drawing of a line;
// NO_COLOR (no-color.org) says what the user wants.
func newTerminal(w io.Writer) *terminal {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return &terminal{w: w}
	}
	smart := os.Getenv("TERM") != "dumb"
	return &terminal{
		w:     w,
		shown: true,
		live:  smart && (os.Getenv("CI") == "" || os.Getenv("CI") == "false"),
		color: smart && os.Getenv("NO_COLOR") == "",
		width: func() int {
			if cells, _, err := term.GetSize(int(file.Fd())); err == nil && cells > 0 {
				return cells
			}
			return 80
		},
	}
}

const (
	clearLine = "\r\x1b[K"
	green     = "32"
	red       = "31"
)

// paint gives a text a color (ECMA-48, SGR).
func (t *terminal) paint(color, text string) string {
	if !t.color || color == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// print writes a text of whole lines, above the live line.
func (t *terminal) print(text string) error {
	if t.shown {
		text = escape(text, true)
	}
	return t.above(func() error {
		_, err := io.WriteString(t.w, text)
		return err
	})
}

// printf prints what is formatted; a failure is nobody's matter, as with all
// that goes to standard error.
func (t *terminal) printf(format string, args ...any) { _ = t.print(fmt.Sprintf(format, args...)) }

// json prints a value as indented JSON.
func (t *terminal) json(v any) error {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return err
	}
	return t.print(text.String())
}

// sentence formats a line. What it is made of stays on it: no text can look
// like another line.
func (t *terminal) sentence(format string, args ...any) string {
	if t.shown {
		for i, arg := range args {
			if text, ok := arg.(string); ok {
				args[i] = escape(text, false)
			}
		}
	}
	return fmt.Sprintf(format, args...) + "\n"
}

// above lets something be written while the live line is away.
func (t *terminal) above(write func() error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.line == "" {
		return write()
	}
	fmt.Fprint(t.w, clearLine)
	defer fmt.Fprint(t.w, t.line)
	return write()
}

// draw shows a live line in place of the one before: a mark in a color, and a
// text that is cut to the width.
func (t *terminal) draw(color, mark, text string) {
	if !t.live {
		return
	}
	text = cut(escape(mark+text, false), t.width()-1) // in the last column a terminal may begin a new line
	if rest, ok := strings.CutPrefix(text, mark); ok {
		text = t.paint(color, mark) + rest
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.line = text
	fmt.Fprint(t.w, clearLine+text)
}

// leave ends the live line: it stays where it is, or goes.
func (t *terminal) leave(keep bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.line == "":
	case keep:
		fmt.Fprintln(t.w)
	default:
		fmt.Fprint(t.w, clearLine)
	}
	t.line = ""
}

// beside returns a writer of whole lines to w, which may be shown by the same
// terminal.
func (t *terminal) beside(w io.Writer) io.Writer {
	if other := newTerminal(w); other.shown {
		return &besideWriter{t, other}
	}
	return w
}

type besideWriter struct{ live, out *terminal }

func (b *besideWriter) Write(lines []byte) (int, error) {
	return len(lines), b.live.above(func() error { return b.out.print(string(lines)) })
}

// colors are the sequences of paint and of package check.
var colors = regexp.MustCompile(`^\x1b\[(?:0|[12]|3[12]|1;3[136])m`)

// escape writes what a terminal would obey, or show in another order, as JSON
// escapes it. Colors, tabs and the ends of lines stay in a text of lines.
func escape(text string, lines bool) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case lines && (r == '\n' || r == '\t'):
			b.WriteByte(text[i])
		case lines && r == '\x1b' && colors.MatchString(text[i:]):
			size = len(colors.FindString(text[i:]))
			b.WriteString(text[i : i+size])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}

// cut cuts a text to a limit of cells.
func cut(text string, limit int) string {
	end, used := 0, 0 // of what leaves a cell for the dots
	for i, r := range text {
		wide := cells.Of(r)
		if used+wide > limit {
			if limit < 1 {
				return ""
			}
			return text[:end] + "…"
		}
		if used += wide; used < limit {
			end = i + utf8.RuneLen(r)
		}
	}
	return text
}
