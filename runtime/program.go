package runtime

import (
	"io/fs"
	"regexp"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

// A Program is a document linked with its sources. It is immutable and safe for
// concurrent use.
type Program struct {
	linked *linkedProgram
	files  fs.FS
}

// linkedProgram is a document linked with its sources. It is immutable and safe
// for concurrent use.
type linkedProgram struct {
	documents     []*document // the entry document first
	workflows     []*workflow // of all documents; an index into it identifies a workflow
	diagnostics   []Diagnostic
	strict        bool
	prerequisites bool          // some step depends on another
	fingerprint   func() string // of everything compiled: a snapshot belongs to one program
}

// Diagnostics returns what compiling found, in the order of the documents.
func (p *Program) Diagnostics() []Diagnostic { return p.linked.diagnostics }

// Document returns the entry document.
func (p *Program) Document() *arazzo.Document { return p.linked.documents[0].decl }

// document is an Arazzo document with the descriptions that it names.
type document struct {
	root      *arazzo.Node // decl as a tree
	decl      *arazzo.Document
	location  string // what its relative sources start from, where $self says nothing else
	sources   []*source
	workflows map[string]*workflow
	schemas   *schemaIndex // nil until a workflow has inputs
}

// later reports whether the document is of version 1.1, whose features one of
// version 1.0 does not have.
func (d *document) later() bool { return strings.HasPrefix(d.decl.Version, "1.1.") }

// source is a linked source description: of one kind or the other.
type source struct {
	name, location string
	description    *openapi.Description
	document       *document
}

type workflow struct {
	index     int
	id        string
	decl      *arazzo.Workflow
	document  *document
	schema    *inputSchema
	dependsOn []*workflow
	steps     []*step
	outputs   []output
	secrets   map[string]routes // in the inputs: see secretflow.go
	passwords *passwords        // in the inputs; nil: none
}

type step struct {
	index    int
	id       string
	decl     *arazzo.Step
	workflow *workflow
	label    string // what it calls, for events

	operation *openapi.Operation // nil for a step that calls a workflow
	binding   *openapi.Binding
	source    *source
	redirects bool
	timeout   time.Duration
	called    *workflow // the workflow that the step calls, or nil

	after       []prerequisite
	arguments   []argument
	body        *body
	criteria    []*criterion
	onSuccess   []*action
	onFailure   []*action
	outputs     []output
	firstOutput int // where its outputs begin among those of the workflow

	missingParameters, missingActions bool        // some are references that lead nowhere
	answers                           []answer    // the secrets in its response: see secretflow.go
	passed                            []output    // with secrets, of what it calls
	places                            *bodyPlaces // nil: no place of the response's body is read
}

// prerequisite is a step that must have been executed before another.
type prerequisite struct {
	step *step
	text string
}

// argument is a parameter of a step, merged from workflow and step (F6).
type argument struct {
	name, in  string
	value     operand
	place     arazzo.Position
	secret    bool   // carries a credential: never shown
	secrets   routes // in its value, where it does not
	decl      *arazzo.Parameter
	inherited bool // from the workflow
}

// body is a step's request body.
type body struct {
	contentType  string
	payload      operand
	replacements []replacement
	place        arazzo.Position
	secrets      routes // in the payload
}

type replacement struct {
	pointer []string    // of a JSON or form payload
	xpath   *xpath.Expr // of an XML payload
	query   *jsonpath.Query
	value   operand
	place   arazzo.Position
}

type output struct {
	name  string
	value operand
	place arazzo.Position

	secrets routes // in its value: see secretflow.go
}

// action is a success or failure action, components resolved.
type action struct {
	name, kind string    // end, goto, retry
	key        string    // of its budget: success and failure actions may share a name
	step       *step     // target in the same workflow, or nil
	workflow   *workflow // target, or nil
	target     string
	inputs     []argument // of the workflow; nil: those of the same names
	after      time.Duration
	limit      int
	criteria   []*criterion
	place      arazzo.Position
	decl       *arazzo.Action
	listed     arazzo.Position // where the step or workflow lists it
	inherited  bool            // from the workflow
}

type criterionKind uint8

const (
	simpleCriterion criterionKind = iota
	regexCriterion
	jsonpathCriterion
	xpathCriterion
)

var criterionNames = [...]string{"simple", "regex", "jsonpath", "xpath"}

// criterion is one condition in compiled form. One whose text has embedded
// expressions is only parsed when they have values (C16): embedded is then set.
type criterion struct {
	kind     criterionKind
	text     string
	place    arazzo.Position
	decl     *arazzo.Criterion
	context  *operand
	dialect  jsonpath.Dialect
	version  string
	simple   *expr.Condition
	regex    *regexp.Regexp
	jsonpath *jsonpath.Condition
	xpath    *xpath.Expr
	refs     []ref // the operands of simple or jsonpath
	slots    []int // the places in the body that a jsonpath condition reads; nil: it reads its context
	embedded *template
}

// WorkflowIDs returns the ids of the entry document's workflows, in its order.
func (p *Program) WorkflowIDs() []string {
	declared := p.linked.documents[0].decl.Workflows
	ids := make([]string, len(declared))
	for i, w := range declared {
		ids[i] = w.WorkflowID
	}
	return ids
}
