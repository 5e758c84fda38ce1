package view

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// markdown writes a table of runs, and of each that failed what failed, as the summary
// of a job of GitHub Actions shows it.
type markdown struct {
	to     io.Writer
	rows   strings.Builder
	failed strings.Builder
	runs   int
	bad    int
}

func newMarkdown(to io.Writer, _ about) format { return &markdown{to: to} }

// markdownText escapes what Markdown or HTML would read in a text, which stays on its
// line.
var markdownText = strings.NewReplacer("\r", " ", "\n", " ", `\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`,
	"<", "&lt;", ">", "&gt;", "&", "&amp;", "#", `\#`, "!", `\!`, "~", `\~`, "@", "&#64;")

func (m *markdown) run(r *run) error {
	m.runs++
	if r.status != "succeeded" {
		m.bad++
	}
	fmt.Fprintf(&m.rows, "| %s | %s | %d | %v |\n", markdownText.Replace(r.title()), r.status, len(r.steps),
		r.took().Round(time.Millisecond))
	list := r.failures()
	if len(list) == 0 {
		return nil
	}
	fmt.Fprintf(&m.failed, "\n### %s\n", markdownText.Replace(r.title()))
	for _, d := range list {
		where := d.Position.File
		if d.Position.Line > 0 {
			where = fmt.Sprintf("%s:%d:%d", where, d.Position.Line, d.Position.Column)
		}
		fmt.Fprintf(&m.failed, "\n%s\n", markdownText.Replace(strings.TrimSpace(where+" "+d.Message)))
	}
	for _, s := range r.steps {
		if r.fails(s) {
			text := s.text()
			fence := strings.Repeat("`", max(3, longestRun(text, '`')+1))
			fmt.Fprintf(&m.failed, "\n%s\n%s%s\n", fence, text, fence)
		}
	}
	return nil
}

// longestRun returns how often a character is in a row, at most.
func longestRun(text string, of rune) (longest int) {
	n := 0
	for _, c := range text {
		if n++; c != of {
			n = 0
		}
		longest = max(longest, n)
	}
	return longest
}

func (m *markdown) close() error {
	_, err := fmt.Fprintf(m.to, "## gobelin: %d of %d runs succeeded\n\n| run | status | steps | time |\n|---|---|---|---|\n%s%s",
		m.runs-m.bad, m.runs, m.rows.String(), m.failed.String())
	return err
}
