package program

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

// An Operand is a value of the document in compiled form.
type Operand struct {
	Kind     OperandKind
	Constant any          // of a Constant: a plain JSON value
	Ref      Ref          // of a Reference
	Template *Template    // of an Interpolation
	Selector *Selector    // of a Selection
	Names    []string     // of an object, constant or not, parallel to its items
	Items    []Operand    // of an Array or Object
	Order    *value.Order // of the members of an Array or Object as written; nil: none
	Place    arazzo.Position
}

// An OperandKind says what an [Operand] is.
type OperandKind uint8

// The kinds of operands. Arrays and objects without expressions are constants.
const (
	Constant      OperandKind = iota
	Reference                 // one expression
	Interpolation             // a text with expressions inside
	Array
	Object
	Selection // by a Selector Object of 1.1.0
)

// A Template is a text with expressions inside (E1).
type Template struct {
	Parsed *expr.Template
	Refs   []Ref // parallel to the template's expressions
}

// A Ref is a runtime expression whose names are resolved.
type Ref struct {
	Kind      RefKind
	Step      *Step     // of StepOutput
	Workflow  *Workflow // of WorkflowInput and WorkflowOutput
	Name      string    // of a header, parameter, input or output
	Dotted    bool      // Name is not declared, and may be a path into a value (E5): it is split where no member has the whole name
	Pointer   []string
	Access    []expr.Access
	Whole     string // access as one name: a member with that name wins (E5)
	Slot      int    // 1 + the place in the response's body, or the output of the step; 0: none
	ExactSlot int    // 1 + the place of whole
	Text      string
	Place     arazzo.Position // of the text that contains the expression
	Offset    int             // of the expression in that text
	Value     any             // of a constant
	Operand   *Operand        // of a component's parameter
	Received  bool            // embedded in a condition: the value can come from a response
	Secrets   Routes          // in its value, where it is an operand of a condition
	Early     bool            // the step whose output it names cannot have been executed: an error says so
}

// A RefKind says what a [Ref] names.
type RefKind uint8

// The kinds of expressions.
const (
	Known RefKind = iota // $self, $sourceDescriptions.*: Value is known before a run
	URL
	Method
	StatusCode
	RequestHeader
	RequestQuery
	RequestPath
	RequestBody
	ResponseHeader
	ResponseBody
	InputRef  // $inputs
	OutputRef // $outputs
	StepOutput
	WorkflowInput
	WorkflowOutput
	ComponentParameter
	Missing // names nothing: never has a value
)

// All calls visit for every expression in an operand, at any depth: of templates,
// of the contexts of selectors and of the components that expressions name, too.
func (o *Operand) All(visit func(*Ref)) {
	if o == nil {
		return
	}
	switch o.Kind {
	case Reference:
		o.Ref.All(visit)
	case Interpolation:
		o.Template.All(visit)
	case Selection:
		o.Selector.Context.All(visit)
	}
	for i := range o.Items {
		o.Items[i].All(visit)
	}
}

// All calls visit for every expression of a template.
func (t *Template) All(visit func(*Ref)) {
	if t == nil {
		return
	}
	for i := range t.Refs {
		t.Refs[i].All(visit)
	}
}

// All calls visit for the expression, and for those of the component that it
// names.
func (r *Ref) All(visit func(*Ref)) {
	visit(r)
	r.Operand.All(visit)
}

// Source returns the text of the expression that an operand is; "" for any other
// operand.
func (o *Operand) Source() string {
	switch {
	case o.Kind == Reference || o.Kind == Selection:
		return o.Ref.Text
	case o.Kind == Interpolation && len(o.Template.Parsed.Parts) == 1:
		return o.Template.Refs[0].Text
	}
	return ""
}

// Parts iterates over the operands that an array or object consists of, whether it
// is constant or not, with the reference tokens that lead to them.
func (o *Operand) Parts() iter.Seq2[string, *Operand] {
	return func(yield func(string, *Operand) bool) {
		switch constant := o.Constant.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(constant)) {
				if !yield(name, &Operand{Constant: constant[name]}) {
					return
				}
			}
		case []any:
			for i := range constant {
				if !yield(strconv.Itoa(i), &Operand{Constant: constant[i]}) {
					return
				}
			}
		default:
			for i := range o.Items {
				token := strconv.Itoa(i)
				if o.Kind == Object {
					token = o.Names[i]
				}
				if !yield(token, &o.Items[i]) {
					return
				}
			}
		}
	}
}

// IsFile reports whether the operand is {file: path} (O9), the path constant or not.
func (o *Operand) IsFile() bool {
	if members, ok := o.Constant.(map[string]any); ok {
		_, isText := members["file"].(string)
		return isText && len(members) == 1
	}
	return o.Kind == Object && len(o.Names) == 1 && o.Names[0] == "file"
}

// IsArray reports whether the operand is an array, whether constant or not.
func (o *Operand) IsArray() bool {
	_, constant := o.Constant.([]any)
	return constant || o.Kind == Array
}

// Segments returns where a reference leads from its root, name by name. whole is the
// alternative that reads the whole access as the name of one member (E5).
func (r *Ref) Segments() (tokens, whole []string) {
	tokens = slices.Clone(r.Pointer)
	if r.Whole != "" {
		whole = append(slices.Clone(r.Pointer), r.Whole)
	}
	for _, a := range r.Access {
		token := a.Name
		if a.IsIndex {
			token = strconv.Itoa(a.Index)
		}
		tokens = append(tokens, token)
	}
	return tokens, whole
}

// At returns the exact place of the expression.
func (r *Ref) At(d *arazzo.Document) arazzo.Position {
	whole := d.Origin().At(r.Place.Pointer).Str()
	if r.Offset > len(whole) || !strings.HasPrefix(whole[r.Offset:], r.Text) {
		return r.Place
	}
	return d.Within(r.Place, r.Offset, r.Offset+len(r.Text))
}

// A Selector is a Selector Object (Arazzo 1.1.0). One of Pointer, Query and XPath
// is set, none when it does not parse.
type Selector struct {
	Context Operand
	Pointer []string
	Query   *jsonpath.Query
	XPath   *xpath.Expr
	Text    string
}

// Apply evaluates a selector: a query that can select one node at most returns
// its value, any other one an array of what it selects. It is given up when done is
// closed.
func (s *Selector) Apply(done <-chan struct{}, context any) (v any, ok bool, err error) {
	switch {
	case s.Query != nil:
		nodes, err := s.Query.SelectUntil(done, context)
		switch {
		case err != nil:
			return nil, false, err
		case !s.Query.Singular():
			return append([]any{}, nodes...), true, nil
		case len(nodes) == 0:
			return nil, false, nil
		}
		return nodes[0], true, nil
	case s.XPath != nil:
		v, err = s.XPath.ValueUntil(done, value.Text(context))
		return v, err == nil && v != nil, err
	}
	v, ok = value.Find(context, s.Pointer)
	return v, ok, nil
}
