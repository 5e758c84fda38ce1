package expr

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// A Root is what an expression begins with.
type Root uint8

// The roots of Arazzo 1.0.1, and $self of 1.1.0.
const (
	URL Root = iota
	Method
	StatusCode
	Request
	Response
	Inputs
	Outputs
	Steps
	Workflows
	SourceDescriptions
	Components
	Self
)

var roots = []string{
	"url", "method", "statusCode", "request", "response", "inputs", "outputs", "steps", "workflows", "sourceDescriptions", "components",
	"self",
}

// RootNames returns the words that an expression may begin with, without "$".
func RootNames() []string { return slices.Clone(roots) }

// String returns the root as written: "$statusCode".
func (r Root) String() string { return "$" + roots[r] }

// alone reports whether nothing may follow the root.
func (r Root) alone() bool { return r <= StatusCode || r == Self }

// A Source is the part of a message that an expression names.
type Source uint8

// The sources of $request and $response.
const (
	NoSource Source = iota
	Header
	Query
	Path
	Body
)

var sources = map[string]Source{"header": Header, "query": Query, "path": Path, "body": Body}

// A Note is the code of a non-standard form that is accepted because published
// documents use it.
type Note string

// The non-standard forms.
const (
	NoteHeaders      Note = "plural-headers"        // $response.headers.X (E1b)
	NoteBodyName     Note = "pointer-without-slash" // $response.body#name (E1b)
	NoteDotted       Note = "dotted-navigation"     // $response.body.a.b[0] (E5)
	NoteDoubleQuoted Note = "double-quoted-string"  // $a == "text" (C2)
	NoteUnquotedWord Note = "unquoted-word"         // $a == application/json (C2)
	NoteBraced       Note = "braced-condition"      // {$statusCode == 200} (C8)
	NoteCookie       Note = "cookie-pointer"        // $response.header.Set-Cookie#/name (E6)
)

// An Expression is a parsed runtime expression (Arazzo 1.0.1, Runtime
// Expressions).
type Expression struct {
	Root       Root
	Source     Source   // of $request and $response
	Name       string   // after the root or source: "create.outputs.id", "x-api-key"; dots are kept, the name is not split (E3)
	Pointer    []string // the reference tokens after "#" (E4)
	HasPointer bool     // there is a "#"; alone it means the whole value
	Access     []Access // what follows, with dots and brackets
	Notes      []Note
	Forms      []Form // the places of the notes
	Text       string // as written
	Offset     int    // in the text that was parsed, in bytes
}

// A Form is a place with a non-standard form, and the text that would be right;
// the same text if there is none.
type Form struct {
	Note       Note
	Start, End int // in the text that was parsed, in bytes
	Text       string
}

// An Access is one step into a value: ".name", "['name']" or "[0]".
type Access struct {
	Name    string
	Index   int
	IsIndex bool
}

// Parse reads a text that is exactly one runtime expression. The error is a
// *[syntax.Error].
func Parse(s string) (*Expression, error) { return parse(s, whole) }

func parse(s string, in context) (*Expression, error) {
	p := parser{text: s, context: in}
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	if p.pos < len(s) {
		return nil, p.errorf("unexpected %q after the expression %s", s[p.pos:], s[:p.pos])
	}
	return e, nil
}

// LooksLike reports whether a text that is not an expression was probably meant
// as one: it begins with "$" and a word that is, or nearly is, a root (E2), or
// with $message, which Arazzo 1.1.0 has for AsyncAPI.
func LooksLike(s string) bool {
	if !strings.HasPrefix(s, "$") || strings.ContainsAny(s, " \t\n") {
		return false
	}
	word := s[1:]
	if i := strings.IndexAny(word, ".#[{"); i >= 0 {
		word = word[:i]
	}
	return word == "message" || len(word) > 2 && len(nearest.Names(word, roots)) > 0
}

// expression reads one runtime expression at the current place. Inside of a
// condition it ends at a space, an operator, a parenthesis, a quote or a comma.
func (p *parser) expression() (*Expression, error) {
	start := p.pos
	if !p.accept("$") {
		return nil, p.errorf("a runtime expression must begin with $")
	}
	word := p.while(isLetter)
	root := -1
	for i, name := range roots {
		if name == word {
			root = i
		}
	}
	if root < 0 {
		p.pos = start
		if word == "message" {
			return nil, p.errorf("$message is the message of an AsyncAPI channel; gobelin only runs steps over OpenAPI")
		}
		return nil, p.errorf("unknown %q; an expression begins with $%s%s", "$"+word, strings.Join(roots, ", $"), nearest.Hint(word, roots))
	}
	e := &Expression{Root: Root(root), Offset: start}
	if err := p.rest(e); err != nil {
		return nil, err
	}
	e.Text = p.text[start:p.pos]
	return e, nil
}

func (p *parser) rest(e *Expression) error {
	if e.Root.alone() {
		if p.pos < len(p.text) && !p.atEnd() {
			return p.errorf("nothing can follow %s", e.Root)
		}
		return nil
	}
	if !p.accept(".") {
		return p.errorf("a dot and a name must follow %s", e.Root)
	}
	if e.Root == Request || e.Root == Response {
		return p.message(e)
	}
	start := p.pos
	e.Name = p.while(func(c byte) bool { return isNameByte(c) && !p.operatorAt() })
	e.Name = p.trimDots(e.Name)
	if e.Name == "" {
		p.pos = start
		return p.errorf("a name must follow %s.", e.Root)
	}
	if err := p.pointer(e); err != nil {
		return err
	}
	return p.access(e)
}

// trimDots leaves dots at the end of a name unread: they end a sentence.
func (p *parser) trimDots(name string) string {
	trimmed := strings.TrimRight(name, ".")
	p.pos -= len(name) - len(trimmed)
	return trimmed
}

func (p *parser) message(e *Expression) error {
	start := p.pos
	word := p.while(isLetter)
	if word == "headers" {
		word = "header"
		e.lenient(NoteHeaders, start, p.pos, word)
	}
	source, ok := sources[word]
	if !ok {
		p.pos = start
		return p.errorf("%s has header, query, path and body, not %q", e.Root, word)
	}
	e.Source = source
	if source == Body {
		if err := p.pointer(e); err != nil {
			return err
		}
		return p.access(e)
	}
	if !p.accept(".") {
		return p.errorf("a dot and a name must follow %s.%s", e.Root, word)
	}
	nameStart := p.pos
	switch {
	case source == Header:
		e.Name = p.while(func(c byte) bool {
			return isTokenByte(c) && !p.operatorAt() && !(p.context == inCondition && c == '\'')
		})
	case p.context == inCondition:
		e.Name = p.while(func(c byte) bool { return isNameByte(c) && !p.operatorAt() })
	default:
		e.Name = p.while(func(c byte) bool { return c >= ' ' && !p.braceAt() })
	}
	if e.Name == "" {
		p.pos = nameStart
		return p.errorf("a name must follow %s.%s.", e.Root, word)
	}
	if name, ok := strings.CutSuffix(e.Name, "#"); ok && source == Header && IsCookies(name) && strings.HasPrefix(p.text[p.pos:], "/") {
		p.pos--
		e.Name, start = name, p.pos
		if err := p.pointer(e); err != nil {
			return err
		}
		e.lenient(NoteCookie, start, p.pos, p.text[start:p.pos])
	}
	return nil
}

// pointer reads "#" and a JSON Pointer (RFC 6901).
func (p *parser) pointer(e *Expression) error {
	if !p.accept("#") {
		return nil
	}
	start := p.pos
	text := p.while(func(c byte) bool {
		if p.context == inCondition {
			return c > ' ' && strings.IndexByte("(){}'\",", c) < 0 && !p.operatorAt()
		}
		return !p.braceAt()
	})
	if text != "" && text[0] != '/' {
		text = "/" + text
		e.lenient(NoteBodyName, start, start, "/")
	}
	tokens, err := value.SplitPointer(text)
	if err != nil {
		p.pos = start
		return p.errorf("%v", err)
	}
	e.HasPointer, e.Pointer = true, tokens
	return nil
}

// access reads accessors into a value (C1, E5).
func (p *parser) access(e *Expression) error {
	start := p.pos
	for p.pos < len(p.text) {
		switch {
		case p.text[p.pos] == '[':
			a, err := p.bracket()
			if err != nil {
				return err
			}
			e.Access = append(e.Access, a)
		case p.text[p.pos] == '.' && p.pos+1 < len(p.text) && isMemberByte(p.text[p.pos+1]):
			p.pos++
			e.Access = append(e.Access, Access{Name: p.while(isMemberByte)})
		default:
			return p.accessed(e, start)
		}
	}
	return p.accessed(e, start)
}

func (p *parser) accessed(e *Expression, start int) error {
	if len(e.Access) > 0 && p.context != inCondition {
		e.lenient(NoteDotted, start, p.pos, accessPointer(e.Access, e.HasPointer))
	}
	return nil
}

// accessPointer returns accessors as a JSON Pointer, to be appended to another
// pointer if there is more.
func accessPointer(access []Access, more bool) string {
	var b strings.Builder
	if !more {
		b.WriteByte('#')
	}
	for _, a := range access {
		b.WriteByte('/')
		if a.IsIndex {
			b.WriteString(strconv.Itoa(a.Index))
		} else {
			b.WriteString(value.PointerToken(a.Name))
		}
	}
	return b.String()
}

func (e *Expression) lenient(note Note, start, end int, text string) {
	e.Notes = append(e.Notes, note)
	e.Forms = append(e.Forms, Form{note, start, end, text})
}

// shift moves the offsets of an expression that was parsed as a part of a text.
func (e *Expression) shift(offset int) {
	e.Offset += offset
	for i := range e.Forms {
		e.Forms[i].Start += offset
		e.Forms[i].End += offset
	}
}

func (p *parser) bracket() (Access, error) {
	start := p.pos
	p.pos++
	if p.pos < len(p.text) && (p.text[p.pos] == '\'' || p.text[p.pos] == '"') {
		name, err := p.quoted()
		if err != nil {
			return Access{}, err
		}
		if !p.accept("]") {
			return Access{}, p.errorf("a ] must close the bracket")
		}
		return Access{Name: name}, nil
	}
	digits := p.while(isDigit)
	index, err := strconv.Atoi(digits)
	if err != nil || !p.accept("]") {
		p.pos = start
		return Access{}, p.errorf("brackets must hold an index (from 0) or a quoted name: [0], ['name']")
	}
	return Access{Index: index, IsIndex: true}, nil
}

// navigate returns the value that accessors lead to from v. An index means an
// element of an array, a name a member of an object.
func navigate(v any, access []Access) (any, bool) {
	for _, a := range access {
		switch in := v.(type) {
		case map[string]any:
			child, ok := in[a.Name]
			if a.IsIndex || !ok {
				return nil, false
			}
			v = child
		case []any:
			if !a.IsIndex {
				// Some write .0 for [0].
				i, ok := value.Index(a.Name)
				if !ok {
					return nil, false
				}
				a.Index = i
			}
			if a.Index >= len(in) {
				return nil, false
			}
			v = in[a.Index]
		default:
			return nil, false
		}
	}
	return v, true
}
