package check

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// ignoreField holds a code, or a list of codes, that are not reported for the
// object and what is inside it.
const ignoreField = "x-gobelin-ignore"

// ignoreComment is the comment that silences codes on its own line or, if it is
// alone on it, on the next one: "# gobelin-ignore: CODE, CODE -- reason".
var ignoreComment = regexp.MustCompile(`(^|\s)#\s*gobelin-ignore:(.*)$`)

// silenced is what one document asks not to be reported.
type silenced struct {
	lines    map[int][]string
	pointers map[string][]string
	unknown  []unknownCode
}

// unknownCode is a code that the catalogue does not have: it has no effect.
type unknownCode struct {
	code string
	at   arazzo.Position
}

func (c *checker) silences(d *program.Document) *silenced {
	s := &silenced{lines: map[int][]string{}, pointers: map[string][]string{}}
	text := string(d.Decl.Text())
	if strings.Contains(text, "gobelin-ignore") {
		s.comments(text)
		s.fields(tree.Of(d.Decl.Origin()), "")
	}
	return s
}

// unknownCodes reports codes to ignore that do not exist.
func (c *checker) unknownCodes(d *program.Document) {
	for _, u := range c.silenced[d.Decl.Location].unknown {
		c.report(d, arazzo.Warning, "unknown-code", u.at, "there is no code %q to ignore%s", u.code, c.hint(u.code, Codes()))
	}
}

func (s *silenced) comments(text string) {
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
		s.check(codes, arazzo.Position{Line: i + 1, Column: len([]rune(line[:m[2]])) + 1})
	}
}

func (s *silenced) fields(n *tree.Node, pointer string) {
	if n == nil {
		return
	}
	for i, item := range n.Items {
		s.fields(item, pointer+"/"+strconv.Itoa(i))
	}
	for _, m := range n.Members {
		at := pointer + "/" + value.PointerToken(m.Name)
		if m.Name != ignoreField {
			s.fields(m.Value, at)
			continue
		}
		var codes []string
		if m.Value.Kind == tree.String {
			codes = strings.Fields(strings.ReplaceAll(m.Value.Text, ",", " "))
		}
		for _, item := range m.Value.Items {
			codes = append(codes, item.Str())
		}
		s.pointers[pointer] = append(s.pointers[pointer], codes...)
		s.check(codes, arazzo.Position{Line: m.Value.Line, Column: m.Value.Column, Pointer: at})
	}
}

func (s *silenced) check(codes []string, at arazzo.Position) {
	for _, code := range codes {
		if _, ok := Explain(code); !ok {
			s.unknown = append(s.unknown, unknownCode{code, at})
		}
	}
}

// covers reports whether a diagnostic is silenced: on its line, or by an object
// that it is in.
func (s *silenced) covers(d arazzo.Diagnostic) bool {
	if slices.Contains(s.lines[d.Line], d.Code) {
		return true
	}
	if len(s.pointers) == 0 {
		return false
	}
	for pointer := d.Pointer; ; pointer = pointer[:max(0, strings.LastIndexByte(pointer, '/'))] {
		if slices.Contains(s.pointers[pointer], d.Code) {
			return true
		}
		if pointer == "" {
			return false
		}
	}
}
