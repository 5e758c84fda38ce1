package arazzo

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/cells"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// Parse reads an Arazzo document in JSON or YAML. All mistakes of shape are
// found in one pass; they are in the document's Diagnostics, and those of
// severity Error in the *ParseError too. The document is nil only when the
// text is not JSON or YAML, not an object, or a description of another kind.
func Parse(data []byte) (*Document, error) { return ParseFile("", data) }

// ReadFile reads the document in the named file; see [Parse].
func ReadFile(name string) (*Document, error) {
	data, err := tree.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return ParseFile(name, data)
}

// ParseFile reads the document in data, which must not be changed any more, as if it were in the file, or at the
// URL, called location: that is where its relative sources start from, and
// what its diagnostics name. See [Parse].
func ParseFile(location string, data []byte) (*Document, error) {
	r := &reader{file: location, text: tree.NewText(data)}
	root, err := tree.Parse(data)
	if err != nil {
		var syntax *tree.SyntaxError
		errors.As(err, &syntax)
		r.report("syntax", Error, Position{Line: syntax.Line, Column: syntax.Column}, syntax.Message)
		return nil, &ParseError{r.diagnostics}
	}
	if root.Kind != tree.Object {
		r.report("not-an-object", Error, place(root, ""), fmt.Sprintf("an Arazzo document is an object, not %s", root.Kind))
		return nil, &ParseError{r.diagnostics}
	}
	if other := otherKind(root); other != "" {
		r.report("not-an-object", Error, place(root, ""), fmt.Sprintf("this is %s, not an Arazzo document, which begins with \"arazzo: 1.0.1\"",
			other))
		return nil, &ParseError{r.diagnostics}
	}
	doc := &Document{Version: root.Get("arazzo").Str(), Location: location, text: r.text}
	r.later = doc.Minor() > 0
	doc.source = root
	r.document = doc
	r.object(reflect.ValueOf(doc).Elem(), root, "")
	slices.SortStableFunc(r.diagnostics, func(a, b Diagnostic) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	doc.Diagnostics = r.diagnostics
	if errs := Errors(r.diagnostics); len(errs) > 0 {
		return doc, &ParseError{errs}
	}
	return doc, nil
}

// otherKind says what a document is that is no Arazzo document; "" when that
// cannot be told.
func otherKind(root *tree.Node) string {
	if root.Get("arazzo") != nil {
		return ""
	}
	for _, kind := range [][2]string{{"openapi", "an OpenAPI description"}, {"swagger", "an OpenAPI 2.0 description"},
		{"asyncapi", "an AsyncAPI description"}} {
		if root.Get(kind[0]) != nil {
			return kind[1]
		}
	}
	return ""
}

// reader fills the model from nodes by the struct tags, and collects what it finds.
type reader struct {
	file        string
	text        *tree.Text
	document    *Document
	later       bool // the document is of version 1.1
	diagnostics []Diagnostic
	counts      map[finding]int
}

// A finding is what diagnostics are counted by.
type finding struct {
	code     string
	severity Severity
}

// maxFindings bounds the diagnostics of a code and severity, which a document
// could have without end.
const maxFindings = 10_000

// full reports that there are enough of a kind.
func (r *reader) full(code string, s Severity) bool { return r.counts[finding{code, s}] >= maxFindings }

func (r *reader) report(code string, s Severity, p Position, message string) {
	r.reportFix(code, s, p, message, nil)
}

// reportFix is report with a fix, which may be nil.
func (r *reader) reportFix(code string, s Severity, p Position, message string, fix *Fix) {
	if r.full(code, s) {
		return
	}
	if r.counts == nil {
		r.counts = map[finding]int{}
	}
	r.counts[finding{code, s}]++
	p.File = r.file
	if r.document != nil {
		p = r.document.Locate(p)
	}
	r.diagnostics = append(r.diagnostics, Diagnostic{Code: code, Severity: s, Position: p, Message: cells.Message(message), Fix: fix})
}

// respell returns the fix that writes another text in place of the scalar or
// name at a place; nil where there is none. (Package fix does the same for a
// piece of a scalar, with the same [Document.Replace].)
func (r *reader) respell(p Position, was, text string) *Fix {
	edit, ok := r.document.Replace(p, 0, len(was), text)
	if !ok || text == "" {
		return nil
	}
	return &Fix{Message: "write " + text, Edits: []Edit{edit}}
}

func place(n *tree.Node, pointer string) Position {
	return Position{Line: n.Line, Column: n.Column, Pointer: pointer}
}

func childPointer(pointer, name string) string { return pointer + "/" + value.PointerToken(name) }

// want reports a node of another kind than the field has.
func (r *reader) want(n *tree.Node, pointer string, kind tree.Kind) bool {
	if n.Kind == kind {
		return true
	}
	message := fmt.Sprintf("%s must be %s, not %s", lastToken(pointer), kind, n.Kind)
	var fix *Fix
	if kind == tree.String && (n.Kind == tree.Number || n.Kind == tree.Bool) {
		message += fmt.Sprintf("; put %s in quotes", n.Text)
		if edit, ok := r.document.ReplaceValue(place(n, pointer), NewNode(n.Text)); ok {
			fix = &Fix{Message: "put it in quotes", Edits: []Edit{edit}}
		}
	}
	r.reportFix("type", Error, place(n, pointer), message, fix)
	return false
}

// expression is want for a string that must be an expression: a number or boolean in
// quotes would be none either, and which one was meant is not known.
func (r *reader) expression(n *tree.Node, pointer string) bool {
	if n.Kind == tree.Number || n.Kind == tree.Bool {
		r.report("type", Error, place(n, pointer), fmt.Sprintf("%s must be a string, not %s; write an expression, such as $response.body#/<name>",
			lastToken(pointer), n.Kind))
		return false
	}
	return r.want(n, pointer, tree.String)
}

func lastToken(pointer string) string {
	tokens, _ := value.SplitPointer(pointer)
	if len(tokens) == 0 {
		return "the document"
	}
	last := tokens[len(tokens)-1]
	if _, isIndex := value.Index(last); isIndex && len(tokens) > 1 {
		return fmt.Sprintf("%s[%s]", tokens[len(tokens)-2], last)
	}
	return strconv.Quote(last)
}

func (r *reader) object(v reflect.Value, n *tree.Node, pointer string) {
	table := fieldsOf(v.Type())
	o := objectOf(v)
	o.source, o.pointer = n, pointer
	for _, m := range n.Members {
		f := table.byName(m.Name)
		switch {
		case f != nil && f.since != "" && !r.later:
			o.Unknown = append(o.Unknown, Entry[Node]{m.Name, Node{m.Value}})
			r.report("unknown-field", Warning, Position{Line: m.Line, Column: m.Column, Pointer: childPointer(pointer, m.Name)},
				fmt.Sprintf("%q came with version %s.0; this document is of version 1.0", m.Name, f.since))
		case f != nil:
			r.field(v.Field(f.index), f, m.Value, childPointer(pointer, m.Name))
		case strings.HasPrefix(m.Name, "x-"):
			o.Extensions = append(o.Extensions, Entry[Node]{m.Name, Node{m.Value}})
		default:
			o.Unknown = append(o.Unknown, Entry[Node]{m.Name, Node{m.Value}})
			if n.Get("reference") == nil && !r.full("unknown-field", Warning) { // what else a Reusable Object has is ignored
				p := Position{Line: m.Line, Column: m.Column, Pointer: childPointer(pointer, m.Name)}
				var fix *Fix
				hint := nearest.Hint(m.Name, table.names)
				if right := nearest.Only(m.Name, table.names); n.Get(right) == nil {
					fix = r.respell(p, m.Name, right)
				}
				if instead := insteadOf(v.Type(), m.Name); fix == nil && instead != "" {
					hint = instead
				}
				r.reportFix("unknown-field", Warning, p, fmt.Sprintf("unknown field %q%s", m.Name, hint), fix)
			}
		}
	}
	for _, f := range table.fields {
		if f.required && n.Get(f.name) == nil {
			r.missing(n, pointer, f.name)
		}
	}
	if c, ok := v.Addr().Interface().(interface{ check(*reader) }); ok {
		c.check(r)
	}
}

func (r *reader) missing(n *tree.Node, pointer, name string) {
	where := "the document"
	if pointer != "" {
		where = lastToken(pointer)
	}
	r.report("required", Error, place(n, pointer), fmt.Sprintf("%s has no %q, which is required", where, name))
}

func (r *reader) field(v reflect.Value, f *field, n *tree.Node, pointer string) {
	r.value(v, n, pointer)
	if v.Kind() == reflect.String && len(f.enum) > 0 && n.Kind == tree.String {
		r.oneOf(f.enum, n, pointer, strconv.Quote(f.name))
	}
	if f.filled && n.Kind == tree.Array && len(n.Items) == 0 {
		r.report("empty", Error, place(n, pointer), fmt.Sprintf("%q must have at least one entry", f.name))
	}
}

// laterValues are values that came with version 1.1.
var laterValues = []string{"asyncapi", "querystring", "channel", "jsonpointer"}

// elsewhere has what to write instead of locations that other formats have.
var elsewhere = map[string]string{
	"body":        "the body is the payload of the step's requestBody",
	"formdata":    "the fields of a form are the members of the payload of the step's requestBody",
	"requestbody": "the body is the payload of the step's requestBody",
}

// oneOf reports a text that is none of the allowed values.
func (r *reader) oneOf(enum []string, n *tree.Node, pointer, what string) {
	if !r.later {
		enum = slices.DeleteFunc(slices.Clone(enum), func(s string) bool { return slices.Contains(laterValues, s) })
	}
	if !slices.Contains(enum, n.Text) {
		p := place(n, pointer)
		right := strings.Join(enum, ", ")
		if instead := elsewhere[strings.ToLower(n.Text)]; what == `"in"` && instead != "" {
			right += "; " + instead
		}
		r.reportFix("enum", Error, p, fmt.Sprintf("%s is %q; it must be one of %s", what, n.Text, right),
			r.respell(p, n.Text, nearest.Only(n.Text, enum)))
	}
}

// value reads a node into a variable of any type that the model has.
func (r *reader) value(v reflect.Value, n *tree.Node, pointer string) {
	_, free := v.Interface().(freeNames)
	switch {
	case v.Type() == nodeType:
		v.Set(reflect.ValueOf(Node{n}))
	case v.Type() == typeType && n.Kind == tree.String:
		t := v.Addr().Interface().(*ExpressionType)
		t.Type, t.source, t.pointer = n.Text, n, pointer
		r.oneOf(fieldsOf(typeType).byName("type").enum, n, pointer, "the type")
	case v.Type() == outType:
		o := v.Addr().Interface().(*Output)
		if r.later && n.Kind == tree.Object {
			r.value(reflect.ValueOf(&o.Selector).Elem(), n, pointer)
		} else if r.expression(n, pointer) {
			o.Expression = n.Text
		}
	case v.Type() == floatType || v.Type() == intType:
		r.number(v, n, pointer)
	case v.Kind() == reflect.String:
		if r.want(n, pointer, tree.String) {
			v.SetString(n.Text)
		}
	case free:
		r.entries(v, n, pointer)
	case v.Kind() == reflect.Slice:
		r.items(v, n, pointer)
	case v.Kind() == reflect.Pointer:
		if r.want(n, pointer, tree.Object) {
			v.Set(reflect.New(v.Type().Elem()))
			r.object(v.Elem(), n, pointer)
		}
	default:
		if r.want(n, pointer, tree.Object) {
			r.object(v, n, pointer)
		}
	}
}

func (r *reader) number(v reflect.Value, n *tree.Node, pointer string) {
	if !r.want(n, pointer, tree.Number) {
		return
	}
	f, err := strconv.ParseFloat(n.Text, 64)
	if err != nil || f < 0 {
		r.report("range", Error, place(n, pointer), fmt.Sprintf("%s is %s; it must not be negative", lastToken(pointer), n.Text))
		return
	}
	if v.Type() == floatType {
		v.Set(reflect.ValueOf(&f))
		return
	}
	number := json.Number(n.Text)
	if !value.IsInteger(number) {
		r.report("type", Error, place(n, pointer), fmt.Sprintf("%s is %s; it must be an integer", lastToken(pointer), n.Text))
		return
	}
	i := int64(math.MaxInt64) // of what is more, too: nothing counts so far
	if value.CompareNumbers(number, i) < 0 {
		i = int64(f)
		if exact, err := strconv.ParseInt(n.Text, 10, 64); err == nil {
			i = exact
		}
	}
	v.Set(reflect.ValueOf(&i))
}

func (r *reader) items(v reflect.Value, n *tree.Node, pointer string) {
	if !r.want(n, pointer, tree.Array) {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, len(n.Items)))
	for i, item := range n.Items {
		element := reflect.New(v.Type().Elem()).Elem()
		r.value(element, item, childPointer(pointer, strconv.Itoa(i)))
		if element.Kind() != reflect.Pointer || !element.IsNil() {
			v.Set(reflect.Append(v, element))
		}
	}
}

func (r *reader) entries(v reflect.Value, n *tree.Node, pointer string) {
	if !r.want(n, pointer, tree.Object) {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, len(n.Members)))
	for _, m := range n.Members {
		entry := reflect.New(v.Type().Elem()).Elem()
		entry.FieldByName("Name").SetString(m.Name)
		element := entry.FieldByName("Value")
		r.value(element, m.Value, childPointer(pointer, m.Name))
		if element.Kind() != reflect.Pointer || !element.IsNil() {
			v.Set(reflect.Append(v, entry))
		}
	}
}
