// Package linked shows what compiling a document has linked to the analyses of
// package check, which sees no more of a program than this. Everything is read
// only, and there as far as linking came: what could not be resolved is nil.
package linked

import (
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// Of gives what is linked of a *runtime.Program; package runtime sets it. Each
// call makes new structs, so that a caller may tell them apart by address.
var Of func(program any) *Program

// A Program is an entry document with all that it reaches.
type Program struct {
	Documents []*Document // the entry document first
	Workflows []*Workflow // of all documents; Workflow.Index is an index into it
	Strict    bool
}

// A Document is an Arazzo document with the descriptions that it names.
type Document struct {
	Decl    *arazzo.Document
	Sources []*Source // all that are declared
}

// A Source is a source description: Description or Document is set, neither
// when it could not be read.
type Source struct {
	Name        string
	Location    string
	Decl        *arazzo.SourceDescription
	Description *openapi.Description
	Document    *Document
}

// Read reports whether the source could be read.
func (s *Source) Read() bool { return s.Description != nil || s.Document != nil }

// A Workflow is a workflow of any of the documents.
type Workflow struct {
	Index     int
	Decl      *arazzo.Workflow
	Document  *Document
	Inputs    []*Input     // the declared properties
	Schema    *arazzo.Node // of the inputs, $ref not followed; nil: none
	DependsOn []*Workflow  // those that exist
	Steps     []*Step      // parallel to Decl.Steps
	Outputs   []*Output
}

// An Input is a declared property of a workflow's inputs.
type Input struct {
	Name     string
	Required bool         // by the schema itself
	Schemas  []*tree.Node // all that apply to it: its own, and what that refers to or joins by allOf
	Secret   bool         // flows into a credential, or has the format password
}

// Input returns the declared input with that name, or nil.
func (w *Workflow) Input(name string) *Input {
	for _, in := range w.Inputs {
		if in.Name == name {
			return in
		}
	}
	return nil
}

// A Step is a step of a workflow.
type Step struct {
	Index    int
	Decl     *arazzo.Step
	Workflow *Workflow
	Label    string // what it calls: "GET /pets/{id}", "workflow x"

	Operation *openapi.Operation // nil: it calls a workflow, or none was found
	Source    *Source            // of Operation
	Called    *Workflow          // nil: it calls an operation, or none was found

	After     []*Step     // that must have been executed before (dependsOn of 1.1.0)
	Arguments []*Argument // the parameters, merged with the workflow's (F6)
	Body      *Body       // nil: none is given, or a called workflow has no use for it
	Criteria  []*Criterion
	OnSuccess []*Action // merged with the workflow's (F5), in the order in which they are tried
	OnFailure []*Action
	Outputs   []*Output

	// MissingParameters and MissingActions tell of references to components
	// that led nowhere: there are more than are listed.
	MissingParameters, MissingActions bool
}

// An Argument is a parameter that applies to a step.
type Argument struct {
	Name, In  string
	Value     *Value
	Place     arazzo.Position // of the Parameter Object, which may stand in the components
	Decl      *arazzo.Parameter
	Inherited bool // from the workflow's parameters
	Secret    bool // carries a credential
}

// A Body is the request body of a step that calls an operation.
type Body struct {
	ContentType  string // as given, else the operation's
	Payload      *Value
	Replacements []*Replacement
	Decl         *arazzo.RequestBody
	Place        arazzo.Position
}

// A Replacement is a payload replacement whose target parses.
type Replacement struct {
	Pointer []string        // of a JSON or form payload
	XPath   string          // of an XML payload
	Query   *jsonpath.Query // a target of type jsonpath
	Value   *Value
	Place   arazzo.Position
}

// An Output is an output of a step or workflow.
type Output struct {
	Name  string
	Value *Value
	Place arazzo.Position
}

// An Action is a success or failure action, components resolved.
type Action struct {
	Name, Kind string    // end, goto, retry
	Step       *Step     // target in the same workflow, or nil
	Workflow   *Workflow // target, or nil
	Dangling   bool      // the target that it names does not exist
	Inputs     []*Argument
	After      time.Duration
	Limit      int // of a retry
	Criteria   []*Criterion
	Place      arazzo.Position // of the Action Object, which may stand in the components
	Listed     arazzo.Position // where the step or workflow lists it
	Decl       *arazzo.Action
	Inherited  bool // from the workflow's actions
}

// A Criterion is a condition. One that does not parse has neither of Simple,
// JSONPath and Embedded, and is not Parsed.
type Criterion struct {
	Kind     string // simple, regex, jsonpath, xpath
	Text     string
	Place    arazzo.Position // of the condition
	Decl     *arazzo.Criterion
	Context  *Value              // nil for a simple condition
	Simple   *expr.Condition     // Refs are parallel to its Expressions
	JSONPath *jsonpath.Condition // Refs are parallel to its Operands
	Refs     []*Ref
	Embedded *Value // the condition as a template: parsed when its expressions have values (C16)
	Parsed   bool
}

// A Value is a value of the document whose strings may be or hold expressions.
type Value struct {
	Kind     ValueKind
	Constant any            // of a Constant: a plain JSON value
	Ref      *Ref           // of a Reference
	Template *expr.Template // of a Template
	Refs     []*Ref         // parallel to the template's expressions
	Selector *Selector
	Names    []string // of an Object, parallel to Items
	Items    []*Value // of an Array or Object that holds expressions
	Place    arazzo.Position
}

// A ValueKind says what a [Value] is.
type ValueKind uint8

// The kinds of values. Arrays and objects without expressions are constants.
const (
	Constant ValueKind = iota
	Reference
	Template
	Array
	Object
	Selection // by a Selector Object of 1.1.0
)

// A Selector is a Selector Object. One of Pointer, Query and XPath is set; none
// when it does not parse.
type Selector struct {
	Context *Value
	Pointer []string
	Query   *jsonpath.Query
	XPath   bool
	Text    string
}

// All calls visit for every expression in the value, at any depth.
func (v *Value) All(visit func(*Ref)) {
	if v == nil {
		return
	}
	if v.Ref != nil {
		visit(v.Ref)
		v.Ref.Component.All(visit)
	}
	for _, r := range v.Refs {
		visit(r)
		r.Component.All(visit)
	}
	if v.Selector != nil {
		v.Selector.Context.All(visit)
	}
	for _, item := range v.Items {
		item.All(visit)
	}
}

// All calls visit for every expression of the criterion.
func (c *Criterion) All(visit func(*Ref)) {
	c.Context.All(visit)
	for _, r := range c.Refs {
		visit(r)
		r.Component.All(visit)
	}
	c.Embedded.All(visit)
}

// A Ref is a runtime expression whose names are resolved.
type Ref struct {
	Kind      RefKind
	Name      string    // of a header, parameter, input or output, dots resolved as far as it is declared (E3)
	Declared  bool      // Name is an input or output that is declared
	Step      *Step     // of StepOutput
	Workflow  *Workflow // of WorkflowInput and WorkflowOutput
	Pointer   []string
	Access    []expr.Access
	Text      string // as written
	Place     arazzo.Position
	Value     any    // of Known: the value
	Component *Value // of a component's parameter
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
	InputRef // $inputs
	OutputRef
	StepOutput
	WorkflowInput
	WorkflowOutput
	Component // $components.parameters
	Missing   // names nothing: never has a value
)
