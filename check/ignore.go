package check

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// ignoreField holds a code, or a list of codes, that are not told of the object
// and what is inside of it.
const ignoreField = "x-gobelin-ignore"

// ignoreComment is the comment that silences codes on its own line, or, where it
// stands alone, on the next one: "# gobelin-ignore: CODE, CODE -- reason".
var ignoreComment = regexp.MustCompile(`(^|\s)#\s*gobelin-ignore:(.*)$`)

// silenced is what one document asks not to be told.
type silenced struct {
	lines    map[int][]string
	pointers []silencedPart
}

type silencedPart struct {
	pointer string
	codes   []string
}

// ignore drops the diagnostics that the documents silence, and tells of codes
// that do not exist.
func (c *checker) ignore() {
	documents := map[string]*silenced{}
	for _, d := range c.program.Documents {
		documents[d.Decl.Location] = c.silences(d)
	}
	kept := c.diagnostics[:0]
	for _, d := range c.diagnostics {
		if s := documents[d.File]; s == nil || !s.covers(d) {
			kept = append(kept, d)
		}
	}
	c.diagnostics = kept
}

func (c *checker) silences(d *program.Document) *silenced {
	s := &silenced{lines: map[int][]string{}}
	text := string(d.Decl.Text())
	if strings.Contains(text, "gobelin-ignore") {
		c.comments(d, s, text)
		c.fields(d, s, tree.Of(d.Decl.Origin()), "")
	}
	return s
}

func (c *checker) comments(d *program.Document, s *silenced, text string) {
	for i, line := range strings.Split(text, "\n") {
		m := ignoreComment.FindStringSubmatchIndex(line)
		if m == nil {
			continue
		}
		listed, _, _ := strings.Cut(line[m[4]:m[5]], " -- ")
		number := i + 1
		if strings.TrimSpace(line[:m[0]]) == "" {
			number++
		}
		codes := strings.FieldsFunc(listed, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' })
		s.lines[number] = append(s.lines[number], codes...)
		c.known(d, codes, arazzo.Position{Line: i + 1, Column: len([]rune(line[:m[2]])) + 1})
	}
}

func (c *checker) fields(d *program.Document, s *silenced, n *tree.Node, pointer string) {
	if n == nil {
		return
	}
	for i, item := range n.Items {
		c.fields(d, s, item, pointer+"/"+strconv.Itoa(i))
	}
	for _, m := range n.Members {
		at := pointer + "/" + value.PointerToken(m.Name)
		if m.Name != ignoreField {
			c.fields(d, s, m.Value, at)
			continue
		}
		var codes []string
		if m.Value.Kind == tree.String {
			codes = strings.Fields(strings.ReplaceAll(m.Value.Text, ",", " "))
		}
		for _, item := range m.Value.Items {
			codes = append(codes, item.Str())
		}
		s.pointers = append(s.pointers, silencedPart{pointer, codes})
		c.known(d, codes, arazzo.Position{Line: m.Value.Line, Column: m.Value.Column, Pointer: at})
	}
}

// known reports codes that the catalogue does not have: they silence nothing.
func (c *checker) known(d *program.Document, codes []string, at arazzo.Position) {
	for _, code := range codes {
		if _, ok := Explain(code); !ok {
			c.report(d, arazzo.Warning, "unknown-code", at, "there is no code %q to ignore%s", code, nearest.Hint(code, Codes()))
		}
	}
}

func (s *silenced) covers(d arazzo.Diagnostic) bool {
	for _, code := range s.lines[d.Line] {
		if code == d.Code {
			return true
		}
	}
	for _, part := range s.pointers {
		if d.Pointer != part.pointer && !strings.HasPrefix(d.Pointer, part.pointer+"/") {
			continue
		}
		for _, code := range part.codes {
			if code == d.Code {
				return true
			}
		}
	}
	return false
}
