package check

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/cells"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// A Source returns the text of a file that diagnostics name, or nil. The formats
// show excerpts of it.
type Source func(file string) []byte

// texts keeps the texts of a Source.
type texts struct {
	source Source
	known  map[string]*tree.Text
}

func (t *texts) of(file string) *tree.Text {
	text, ok := t.known[file]
	if !ok {
		if t.source != nil {
			if data := t.source(file); data != nil {
				text = tree.NewText(data)
			}
		}
		if t.known == nil {
			t.known = map[string]*tree.Text{}
		}
		t.known[file] = text
	}
	return text
}

// WriteText writes diagnostics for people: one line each,
// "file:line:col: severity: message [code]", and below it the line of the
// source with what is meant underlined, the related places, and the fix.
func WriteText(w io.Writer, list []arazzo.Diagnostic, source Source, color bool) error {
	p := &textPrinter{texts: texts{source: source}, color: color}
	for _, d := range list {
		p.diagnostic(d)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

type textPrinter struct {
	strings.Builder
	texts texts
	color bool
}

// The colors of a terminal (ECMA-48, SGR).
var severityColors = [...]string{arazzo.Error: "1;31", arazzo.Warning: "1;33", arazzo.Note: "1;36"}

func (p *textPrinter) paint(color, text string) string {
	if !p.color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

func (p *textPrinter) diagnostic(d arazzo.Diagnostic) {
	color := severityColors[d.Severity]
	fmt.Fprintf(p, "%s: %s: %s %s\n", p.paint("1", d.Position.String()), p.paint(color, d.Severity.String()), d.Message,
		p.paint("2", "["+d.Code+"]"))
	switch {
	case p.excerpt(d.Position, color):
	case d.Excerpt != "":
		fmt.Fprintf(p, "    %s\n", strings.ReplaceAll(d.Excerpt, "\n", "\n    "))
	}
	for _, r := range d.Related {
		fmt.Fprintf(p, "  %s: %s\n", r.Position, r.Message)
		p.excerpt(r.Position, "2")
	}
	if d.Fix != nil {
		fmt.Fprintf(p, "  fix: %s\n", d.Fix.Message)
	}
}

// widest is how much of a line is shown.
const widest = 110

// excerpt shows the line at a place and underlines what is meant.
func (p *textPrinter) excerpt(at arazzo.Position, color string) bool {
	text := p.texts.of(at.File)
	if text == nil || at.Line == 0 {
		return false
	}
	line := []rune(text.Line(at.Line))
	start := min(max(at.Column-1, 0), len(line))
	end := start + 1
	switch {
	case at.EndLine == at.Line:
		end = max(at.EndColumn-1, end)
	case at.EndLine > at.Line:
		end = max(len(line), end)
	}
	from := 0
	if len(line) > widest && start > widest/2 {
		from = start - widest/3
	}
	to := min(len(line), from+widest)
	end = min(end, max(to, start+1))
	before, after := "", ""
	if from > 0 {
		before = "…"
	}
	if to < len(line) {
		after = "…"
	}
	number := fmt.Sprintf("%5d | ", at.Line)
	carets := cells.Carets(string(line[start:min(end, len(line))]))
	if carets == "" { // at the end of the line, or under a character without width
		carets = "^"
	}
	fmt.Fprintf(p, "%s%s%s%s\n", number, before, cells.Printable(string(line[from:to])), after)
	fmt.Fprintf(p, "%s%s%s%s\n", strings.Repeat(" ", len(number)-2)+"| ", cells.Blank(before), cells.Blank(string(line[from:start])),
		p.paint(color, carets))
	return true
}

// WriteJSON writes diagnostics as one JSON object with a list of them.
func WriteJSON(w io.Writer, list []arazzo.Diagnostic) error {
	if list == nil {
		list = []arazzo.Diagnostic{}
	}
	return writeJSON(w, map[string]any{"diagnostics": list})
}

// writeJSON writes a value for people too.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

var githubCommands = [...]string{arazzo.Error: "error", arazzo.Warning: "warning", arazzo.Note: "notice"}

var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// WriteGitHub writes diagnostics as workflow commands of GitHub Actions, which
// become annotations of the files.
func WriteGitHub(w io.Writer, list []arazzo.Diagnostic) error {
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintf(&b, "::%s file=%s", githubCommands[d.Severity], githubProperty.Replace(d.File))
		for _, p := range []struct {
			name  string
			value int
		}{{"line", d.Line}, {"endLine", d.EndLine}, {"col", d.Column}, {"endColumn", d.EndColumn}} {
			if p.value > 0 {
				fmt.Fprintf(&b, ",%s=%d", p.name, p.value)
			}
		}
		message := d.Message
		for _, r := range d.Related {
			message += fmt.Sprintf("\n%s: %s", r.Position, r.Message)
		}
		if d.Fix != nil {
			message += "\nfix: " + d.Fix.Message
		}
		fmt.Fprintf(&b, ",title=%s::%s\n", githubProperty.Replace(d.Code), githubData.Replace(message))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
