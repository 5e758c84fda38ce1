package arazzo

import (
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// A Document is an Arazzo Description (Arazzo 1.0.1, Arazzo Specification
// Object). It must not be changed while it is in use by several goroutines.
type Document struct {
	Object
	Version     string               `arazzo:"arazzo,required"`
	Self        string               `arazzo:"$self" since:"1.1"` // the document's own URI, against which relative sources are resolved
	Info        *Info                `arazzo:"info,required"`
	Sources     []*SourceDescription `arazzo:"sourceDescriptions,required,filled"`
	Workflows   []*Workflow          `arazzo:"workflows,required,filled"`
	Components  *Components          `arazzo:"components"`
	Location    string               // path or URL of the document: diagnostics name it, relative sources start from it
	Diagnostics []Diagnostic         // what parsing found, errors included
	text        *tree.Text
}

// Info is the Info Object.
type Info struct {
	Object
	Title       string `arazzo:"title,required"`
	Summary     string `arazzo:"summary"`
	Description string `arazzo:"description"`
	Version     string `arazzo:"version,required"`
}

// A SourceDescription is the Source Description Object: a named OpenAPI or
// Arazzo description.
type SourceDescription struct {
	Object
	Name string `arazzo:"name,required"`
	URL  string `arazzo:"url,required"`
	Type string `arazzo:"type" enum:"openapi arazzo asyncapi"` // empty: found out from the description itself
}

// A Workflow is the Workflow Object.
type Workflow struct {
	Object
	WorkflowID     string       `arazzo:"workflowId,required"`
	Summary        string       `arazzo:"summary"`
	Description    string       `arazzo:"description"`
	Inputs         Node         `arazzo:"inputs"` // a JSON Schema 2020-12
	DependsOn      []string     `arazzo:"dependsOn"`
	Steps          []*Step      `arazzo:"steps,required,filled"`
	SuccessActions []*Action    `arazzo:"successActions"`
	FailureActions []*Action    `arazzo:"failureActions"`
	Outputs        Map[Output]  `arazzo:"outputs"`
	Parameters     []*Parameter `arazzo:"parameters"`
}

// A Step is the Step Object. Exactly one of OperationID, OperationPath and
// WorkflowID is set.
type Step struct {
	Object
	StepID          string       `arazzo:"stepId,required"`
	Description     string       `arazzo:"description"`
	OperationID     string       `arazzo:"operationId"`
	OperationPath   string       `arazzo:"operationPath"`
	WorkflowID      string       `arazzo:"workflowId"`
	Parameters      []*Parameter `arazzo:"parameters"`
	RequestBody     *RequestBody `arazzo:"requestBody"`
	SuccessCriteria []*Criterion `arazzo:"successCriteria"`
	OnSuccess       []*Action    `arazzo:"onSuccess"`
	OnFailure       []*Action    `arazzo:"onFailure"`
	Outputs         Map[Output]  `arazzo:"outputs"`
	Timeout         *int64       `arazzo:"timeout" since:"1.1"`       // milliseconds
	DependsOn       []string     `arazzo:"dependsOn" since:"1.1"`     // steps that must have been executed before
	ChannelPath     string       `arazzo:"channelPath" since:"1.1"`   // of a step over AsyncAPI, which gobelin does not run
	CorrelationID   Node         `arazzo:"correlationId" since:"1.1"` // of AsyncAPI
	Action          string       `arazzo:"action" since:"1.1"`        // of AsyncAPI
}

// A Parameter is the Parameter Object, or, with Reference set, a Reusable
// Object that refers to one.
type Parameter struct {
	Object
	Reference string `arazzo:"reference"` // Reusable Object: a runtime expression such as $components.parameters.page
	Name      string `arazzo:"name"`
	In        string `arazzo:"in" enum:"path query querystring header cookie channel"`
	Value     Node   `arazzo:"value"` // a constant or a runtime expression; of a Reusable Object the value that overrides
}

// An Action is the Success Action Object or the Failure Action Object, or,
// with Reference set, a Reusable Object that refers to one.
type Action struct {
	Object
	Reference  string       `arazzo:"reference"`
	Name       string       `arazzo:"name"`
	Type       string       `arazzo:"type" enum:"end goto retry"` // retry belongs to failure actions
	WorkflowID string       `arazzo:"workflowId"`
	StepID     string       `arazzo:"stepId"`
	Parameters []*Parameter `arazzo:"parameters" since:"1.1"` // inputs of the workflow that WorkflowID names
	RetryAfter *float64     `arazzo:"retryAfter"`             // seconds
	RetryLimit *int64       `arazzo:"retryLimit"`             // nil: one retry
	Criteria   []*Criterion `arazzo:"criteria"`
}

// Components is the Components Object.
type Components struct {
	Object
	Inputs         Map[Node]       `arazzo:"inputs"`
	Parameters     Map[*Parameter] `arazzo:"parameters"`
	SuccessActions Map[*Action]    `arazzo:"successActions"`
	FailureActions Map[*Action]    `arazzo:"failureActions"`
}

// A Criterion is the Criterion Object.
type Criterion struct {
	Object
	Context   string         `arazzo:"context"`
	Condition string         `arazzo:"condition,required"`
	Type      ExpressionType `arazzo:"type"`
	Version   string         `arazzo:"version"` // not in the specification; published beside a string type (ruling C15)
}

// An Output is a runtime expression, or, since 1.1.0, a Selector Object.
type Output struct {
	Expression string
	Selector   *Selector // nil: Expression
}

// A Selector is the Selector Object (Arazzo 1.1.0).
type Selector struct {
	Object
	Context  string         `arazzo:"context,required"` // a runtime expression
	Selector string         `arazzo:"selector,required"`
	Type     ExpressionType `arazzo:"type,required"` // jsonpath, xpath or jsonpointer
}

// An ExpressionType is the type of a criterion or selector: a string such as
// "regex", or the Expression Type Object with a version. The zero value is the
// simple type.
type ExpressionType struct {
	Object
	Type    string `arazzo:"type,required" enum:"simple regex jsonpath xpath jsonpointer"`
	Version string `arazzo:"version"`
}

// RequestBody is the Request Body Object.
type RequestBody struct {
	Object
	ContentType  string         `arazzo:"contentType"`
	Payload      Node           `arazzo:"payload"`
	Replacements []*Replacement `arazzo:"replacements"`
}

// A Replacement is the Payload Replacement Object.
type Replacement struct {
	Object
	Target string `arazzo:"target,required"` // JSON Pointer or XPath
	Value  Node   `arazzo:"value,required"`
	// TargetSelectorType is the language of Target; the zero value goes by the
	// content type.
	TargetSelectorType ExpressionType `arazzo:"targetSelectorType" since:"1.1"`
}

// Minor returns the minor version of the specification that the document is
// written for: 1 for 1.1.x, else 0. What came with 1.1 does nothing in a document
// of version 1.0.
func (d *Document) Minor() int {
	if strings.HasPrefix(d.Version, "1.1.") {
		return 1
	}
	return 0
}

// Workflow returns the workflow with that id, or nil.
func (d *Document) Workflow(id string) *Workflow {
	for _, w := range d.Workflows {
		if w.WorkflowID == id {
			return w
		}
	}
	return nil
}

// Source returns the source description with that name, or nil.
func (d *Document) Source(name string) *SourceDescription {
	for _, s := range d.Sources {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Step returns the step with that id, or nil.
func (w *Workflow) Step(id string) *Step {
	for _, s := range w.Steps {
		if s.StepID == id {
			return s
		}
	}
	return nil
}

// An Object is what every object of a document has: its extensions, its
// unknown fields, and its place.
type Object struct {
	Extensions Map[Node] // the fields that begin with x-
	Unknown    Map[Node] // fields that the specification does not have; kept and written again
	source     *tree.Node
	pointer    string
}

// Origin returns the node that the object was read from, as it was then; a
// missing value for an object made by program.
func (o *Object) Origin() Node { return Node{o.source} }

// At returns the place of the value that the names lead to (members and array
// indexes), or of what comes nearest to it. Without names it is the place of
// the object itself. The file and the end are for [Document.Locate] to add.
func (o *Object) At(names ...string) Position {
	n, p := o.source, Position{Pointer: o.pointer}
	if n != nil {
		p.Line, p.Column = n.Line, n.Column
	}
	for _, name := range names {
		child := n.Child(name)
		if child == nil {
			break
		}
		n = child
		p.Line, p.Column = n.Line, n.Column
		p.Pointer = childPointer(p.Pointer, name)
	}
	return p
}

// NameAt is At, but the place of the last name itself where it is a member's.
func (o *Object) NameAt(names ...string) Position {
	p, n, last := o.At(names...), o.source, len(names)-1
	for i, name := range names {
		if m, ok := n.Member(name); ok && i == last {
			p.Line, p.Column = m.Line, m.Column
		}
		n = n.Child(name)
	}
	return p
}

// A Map is an object whose member names are free, in the order of the document.
type Map[T any] []Entry[T]

// An Entry is a member of a [Map].
type Entry[T any] struct {
	Name  string
	Value T
}

// Get returns the value called name.
func (m Map[T]) Get(name string) (T, bool) {
	for _, e := range m {
		if e.Name == name {
			return e.Value, true
		}
	}
	var none T
	return none, false
}

func (Map[T]) free() {}

// freeNames is implemented by every Map.
type freeNames interface{ free() }
