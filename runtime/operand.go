package runtime

import (
	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/expr"
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
	index     int    // step or workflow
	name      string // of a header, parameter, input or output
	dotted    bool   // name may be a path into a value (E5): it is split where no member has the whole name
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
