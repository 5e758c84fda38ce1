package runtime

import (
	"maps"
	"slices"
	"strconv"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
)

// An operand is a value of the document in compiled form: a constant, one
// expression, a text with expressions inside, or an array or object that holds
// such.
type operand struct {
	kind     operandKind
	constant any
	ref      ref
	template *template
	selector *selector
	names    []string // of an object, parallel to items
	items    []operand
	place    arazzo.Position
}

type operandKind uint8

const (
	constantOperand operandKind = iota
	refOperand
	templateOperand
	arrayOperand
	objectOperand
	selectorOperand
)

// template is a text with expressions inside (E1).
type template struct {
	parsed *expr.Template
	refs   []ref // parallel to the template's expressions
}

// A ref is an expression whose names are resolved.
type ref struct {
	kind      refKind
	step      *step     // of stepOutputRef
	workflow  *workflow // of workflowInputRef and workflowOutputRef
	name      string    // of a header, parameter, input or output
	dotted    bool      // name may be a path into a value (E5): it is split where no member has the whole name
	pointer   []string
	access    []expr.Access
	whole     string // access as one name: a member that is called so wins (E5)
	slot      int    // 1 + the place in the response's body, or the output of the step; 0: none
	exactSlot int    // 1 + the place of whole
	text      string
	place     arazzo.Position // of the text that the expression stands in
	offset    int             // of the expression in that text
	value     any             // of a constant
	operand   *operand        // of a component's parameter
	secrets   routes          // in its value, where it is an operand of a condition
}

type refKind uint8

const (
	constantRef refKind = iota
	urlRef
	methodRef
	statusRef
	requestHeaderRef
	requestQueryRef
	requestPathRef
	requestBodyRef
	responseHeaderRef
	responseBodyRef
	inputRef
	outputRef
	stepOutputRef
	workflowInputRef
	workflowOutputRef
	componentRef
	missingRef
)

// all visits every expression in an operand, at any depth: of templates, of the
// contexts of selectors and of the components that expressions name, too.
func (o *operand) all(visit func(*ref)) {
	if o == nil {
		return
	}
	switch o.kind {
	case refOperand:
		o.ref.all(visit)
	case templateOperand:
		o.template.all(visit)
	case selectorOperand:
		o.selector.context.all(visit)
	}
	for i := range o.items {
		o.items[i].all(visit)
	}
}

// all visits every expression of a condition.
func (c *criterion) all(visit func(*ref)) {
	for i := range c.refs {
		c.refs[i].all(visit)
	}
	c.embedded.all(visit)
	c.context.all(visit)
}

func (t *template) all(visit func(*ref)) {
	if t == nil {
		return
	}
	for i := range t.refs {
		t.refs[i].all(visit)
	}
}

func (r *ref) all(visit func(*ref)) {
	visit(r)
	r.operand.all(visit)
}

// parts returns the operands that an array or object consists of, be it
// constant or not.
func (o *operand) parts() []operand {
	switch constant := o.constant.(type) {
	case map[string]any:
		list := make([]operand, 0, len(constant))
		for _, name := range slices.Sorted(maps.Keys(constant)) {
			list = append(list, operand{constant: constant[name]})
		}
		return list
	case []any:
		list := make([]operand, len(constant))
		for i := range constant {
			list[i].constant = constant[i]
		}
		return list
	}
	return o.items
}

func (o *operand) isArray() bool {
	_, constant := o.constant.([]any)
	return constant || o.kind == arrayOperand
}

// segments is where a reference leads from its root, name by name; whole is the
// other way, by the member that is called as the whole of an access (E5).
func (r *ref) segments() (tokens, whole []string) {
	tokens = slices.Clone(r.pointer)
	if r.whole != "" {
		whole = append(slices.Clone(r.pointer), r.whole)
	}
	for _, a := range r.access {
		token := a.Name
		if a.IsIndex {
			token = strconv.Itoa(a.Index)
		}
		tokens = append(tokens, token)
	}
	return tokens, whole
}
