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

// terminal is an output of the command. If it is a terminal, control characters
// are escaped, and it may have colors and a live line at its end; otherwise
// text is written as it is.
type terminal struct {
	w     io.Writer
	shown bool       // whether it is a terminal
	live  bool       // whether a line can be redrawn
	color bool       // whether it has colors and the user wants them
	width func() int // in cells; of a live terminal

	mu   sync.Mutex
	line string // the live line
}

// newTerminal determines the properties of a writer. A dumb terminal (TERM) has
// neither colors nor live lines; the log of a CI system would keep every
// drawing of a line; NO_COLOR (no-color.org) is the user's choice.
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

// paint colors a text (ECMA-48, SGR).
func (t *terminal) paint(color, text string) string {
	if !t.color || color == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// print writes whole lines above the live line.
func (t *terminal) print(text string) error {
	if t.shown {
		text = escape(text, aText)
	}
	return t.write(text)
}

// printColored is print for lines that have colors, and no other text that could.
func (t *terminal) printColored(text string) error {
	if t.shown {
		text = escape(text, aColoredText)
	}
	return t.write(text)
}

func (t *terminal) write(text string) error {
	return t.above(func() error {
		_, err := io.WriteString(t.w, text)
		return err
	})
}

// printf prints formatted text; a failure is ignored, as always for standard
// error.
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

// sentence formats a line. Its parts cannot break it: no text can look like
// another line.
func (t *terminal) sentence(format string, args ...any) string {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = t.part(text)
		}
	}
	return fmt.Sprintf(format, args...) + "\n"
}

// part returns a text as a part of a line.
func (t *terminal) part(text string) string {
	if t.shown {
		return escape(text, aPart)
	}
	return text
}

// above calls a function that writes while the live line is cleared.
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

// draw replaces the live line: a mark in a color, and a text that is cut to the
// width.
func (t *terminal) draw(color, mark, text string) {
	if !t.live {
		return
	}
	text = cut(escape(mark+text, aPart), t.width()-1) // in the last column a terminal may begin a new line
	if rest, ok := strings.CutPrefix(text, mark); ok {
		text = t.paint(color, mark) + rest
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.line = text
	fmt.Fprint(t.w, clearLine+text)
}

// leave ends the live line: it is kept or cleared.
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

// beside returns a writer of whole lines to w, which may be the same terminal.
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

// colors are the sequences for paint and for package check.
var colors = regexp.MustCompile(`^\x1b\[(?:0|[12]|3[12]|1;3[136])m`)

// kind is what a text is, and so which control characters it may have.
type kind int

const (
	aPart        kind = iota // none
	aText                    // tabs and line breaks
	aColoredText             // colors, too
)

// escape replaces control characters, and those that change the order of text,
// by JSON escapes.
func escape(text string, of kind) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case of >= aText && (r == '\n' || r == '\t'):
			b.WriteByte(text[i])
		case of == aColoredText && r == '\x1b' && colors.MatchString(text[i:]):
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

// cut truncates a text to a number of cells.
func cut(text string, limit int) string {
	end, used := 0, 0 // what leaves a cell for the dots
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
