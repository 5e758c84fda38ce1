// Package program has the types of a linked program: a document with all that
// it reaches, with every name resolved and every expression parsed. Package link
// makes it, package runtime executes it, package check reads it. A program is not
// modified after it has been linked, and is safe for concurrent use.
//
// What could not be resolved is nil or empty, and has a diagnostic: package
// check sees as much of a document with errors as could be linked.
package program

import (
	"cmp"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/inputschema"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

// Of returns what is linked of a *runtime.Program. Package runtime sets it, so
// that other packages of this module can see a program without a public method.
var Of func(program any) *Program

// Send returns the *runtime.Send of a step of a *runtime.Program that calls an
// operation, without its request. Package runtime sets it, as Of.
var Send func(program any, s *Step) any

// A Program is a document linked with its sources.
type Program struct {
	Documents     []*Document // the entry document first
	Workflows     []*Workflow // of all documents, by Workflow.Index
	Diagnostics   []arazzo.Diagnostic
	Strict        bool
	Files         fs.FS         // that payloads may name; nil: none
	Prerequisites bool          // some step depends on another
	Fingerprint   func() string // of everything that was linked: a snapshot belongs to one program
}

// A Document is an Arazzo document with the descriptions that it names.
type Document struct {
	Root      *tree.Node // Decl as a tree
	Decl      *arazzo.Document
	Location  string               // the base of its relative sources, unless $self says otherwise
	Sources   []*Source            // all that are declared
	Workflows map[string]*Workflow // by id
	Qualified string               // what the names of its sources follow: "menu."; "" for the entry document
	Schemas   *inputschema.Index   // nil until a workflow has inputs

	Errors []arazzo.Diagnostic            // that belong to none of its workflows
	Faulty map[string][]arazzo.Diagnostic // errors of components, by "kind/name"
}

// Runs reports whether any workflow of the entry document can be run.
func (p *Program) Runs() bool {
	for _, w := range p.Entry().Workflows {
		if !w.Refused {
			return true
		}
	}
	return false
}

// Refusal returns the errors that keep a workflow from being run: in strict mode
// all, else those that a run could reach, those of the entry document first.
func (p *Program) Refusal(w *Workflow) []arazzo.Diagnostic {
	switch {
	case !w.Refused:
		return nil
	case p.Strict:
		return arazzo.Errors(p.Diagnostics)
	}
	var list []arazzo.Diagnostic
	seen, documents := map[*Workflow]bool{w: true}, map[*Document]bool{}
	for open := []*Workflow{w}; len(open) > 0; open = open[1:] {
		list = append(list, open[0].Errors...)
		if d := open[0].Document; !documents[d] {
			documents[d] = true
			list = append(list, d.Errors...)
		}
		for to := range open[0].Leads() {
			if !seen[to] {
				seen[to] = true
				open = append(open, to)
			}
		}
	}
	entry := p.Entry().Decl.Location
	order := func(a, b arazzo.Diagnostic) int {
		switch {
		case a.File == b.File:
		case a.File == entry:
			return -1
		case b.File == entry:
			return 1
		}
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column, strings.Compare(a.Message, b.Message))
	}
	slices.SortStableFunc(list, order)
	return slices.CompactFunc(list, func(a, b arazzo.Diagnostic) bool { return a.Code == b.Code && order(a, b) == 0 })
}

// Later reports whether the document is of version 1.1, whose features a document
// of version 1.0 does not have.
func (d *Document) Later() bool { return d.Decl.Minor() > 0 }

// Entry returns the document that was linked first.
func (p *Program) Entry() *Document { return p.Documents[0] }

// A Source is a source description of a document: Description or Document is
// set, neither when it could not be read.
type Source struct {
	Name, Location string
	Qualified      string // Name, after those of the sources that lead to its document: "menu.api"
	Decl           *arazzo.SourceDescription
	Description    *openapi.Description
	Document       *Document
}

// Called reports whether the source belongs to a document that the entry document
// calls: who runs the entry document may not know its names.
func (s *Source) Called() bool { return s.Qualified != s.Name }

// SharedSchemes returns the names of security schemes that operations of several
// descriptions ask for in the entry document: such a name alone says too little.
func (p *Program) SharedSchemes() map[string]bool {
	first, shared := map[string]*openapi.Description{}, map[string]bool{}
	for _, w := range p.Workflows {
		for _, s := range w.Steps {
			if s.Operation == nil || s.Source.Called() {
				continue
			}
			for _, alternative := range s.Operation.Security {
				for _, scheme := range alternative {
					if known := first[scheme.Name]; known == nil {
						first[scheme.Name] = s.Source.Description
					} else if known != s.Source.Description {
						shared[scheme.Name] = true
					}
				}
			}
		}
	}
	return shared
}

// Sets reports whether the step sets what a scheme asks for as a parameter. A
// cookie may be in a Cookie header of the step's own, whose value is not known
// before the run: it counts for all cookies.
func (s *Step) Sets(scheme openapi.SecurityRequirement) bool {
	return slices.ContainsFunc(s.Arguments, func(a Argument) bool {
		return openapi.SameParameter(a.In, a.Name, scheme.In, scheme.ParamName) ||
			a.In == "header" && scheme.In == "cookie" && strings.EqualFold(a.Name, "Cookie")
	})
}

// Read reports whether the source could be read.
func (s *Source) Read() bool { return s.Description != nil || s.Document != nil }

// A Workflow is a workflow of any of the documents.
type Workflow struct {
	Index     int // in Program.Workflows
	ID        string
	Decl      *arazzo.Workflow
	Document  *Document
	Schema    *inputschema.Schema // of the inputs; nil: none is declared
	Inputs    []Input             // the declared properties of Schema
	DependsOn []*Workflow         // those that exist
	Steps     []*Step             // parallel to Decl.Steps
	Order     []*Step             // the same, in the order in which they are executed (F19)
	Circular  bool                // the steps have no order
	Outputs   []Output
	Secrets   map[string]Routes // to the secrets in the inputs, by name
	Passwords *Passwords        // in the inputs; nil: none

	Errors  []arazzo.Diagnostic // that keep it from being run
	Refused bool                // a run of it could reach an error
}

// An Input is a declared property of a workflow's inputs.
type Input struct {
	inputschema.Property
	Secret bool // it has the format password, or flows into a credential
}

// Input returns the declared input with that name, or nil.
func (w *Workflow) Input(name string) *Input {
	for i := range w.Inputs {
		if w.Inputs[i].Name == name {
			return &w.Inputs[i]
		}
	}
	return nil
}

// A Step is a step of a workflow.
type Step struct {
	Index    int // in Workflow.Steps
	ID       string
	Decl     *arazzo.Step
	Workflow *Workflow
	Next     *Step  // in Workflow.Order; nil: it is the last
	Label    string // what it calls: "GET /pets/{id}", "workflow x"

	Operation *openapi.Operation // nil: it calls a workflow, or none was found
	Binding   *openapi.Binding   // of Arguments to Operation
	Source    *Source            // of Operation
	Redirects bool               // they are followed (O13)
	Timeout   time.Duration      // of the exchange; 0: none
	Called    *Workflow          // nil: it calls an operation, or none was found

	After       []Prerequisite
	Arguments   []Argument // the parameters, merged with the workflow's (F6)
	Body        *Body      // nil: there is none, or the step calls a workflow, which has no use for it
	Criteria    []*Criterion
	OnSuccess   []*Action // merged with the workflow's (F5), in the order in which they are tried
	OnFailure   []*Action
	Outputs     []Output
	FirstOutput int // where its outputs begin among those of all steps of the workflow

	// MissingParameters and MissingActions report that some references to components
	// could not be resolved, or that parameters have no "in": the lists are
	// incomplete.
	MissingParameters, MissingActions bool

	Answers []Answer    // the secrets in its response
	Passed  []Output    // with secrets, of the workflow that it calls
	Places  *BodyPlaces // nil: no place of the response's body is read
}

// A Prerequisite is a step that must have been executed before another (Arazzo
// 1.1.0, Step Object, dependsOn).
type Prerequisite struct {
	Step  *Step
	Text  string // as written
	Place arazzo.Position
}

// An Argument is a parameter that applies to a step, or an input of the workflow
// that a step calls or an action leads to.
type Argument struct {
	Name, In  string
	Value     Operand
	Place     arazzo.Position // of the Parameter Object, which may be in the components
	Decl      *arazzo.Parameter
	Scheme    *openapi.SecurityRequirement // of x-security: Value has the parts of its credential; nil: it is a parameter
	Inherited bool                         // from the workflow
	Secret    bool                         // it carries a credential: never shown
	Secrets   Routes                       // in its value, where it does not
}

// A Body is the request body of a step that calls an operation.
type Body struct {
	ContentType  string // as written, or else the operation's
	Payload      Operand
	Replacements []Replacement
	Place        arazzo.Position
	Secrets      Routes // in the payload
}

// A Replacement is a payload replacement (O10). One of Pointer, XPath and Query
// is its target.
type Replacement struct {
	Pointer []string    // of a JSON or form payload
	XPath   *xpath.Expr // of an XML payload
	Query   *jsonpath.Query
	Value   Operand
	Place   arazzo.Position
}

// An Output is an output of a step or workflow.
type Output struct {
	Name    string
	Value   Operand
	Place   arazzo.Position
	Secrets Routes // in its value
}

// An Action is a success or failure action, components resolved.
type Action struct {
	Name, Kind string    // end, goto, retry
	Key        string    // of its budget: success and failure actions may share a name
	Step       *Step     // target in the same workflow, or nil
	Workflow   *Workflow // target, or nil
	Target     string    // as written
	Inputs     []Argument
	After      time.Duration
	Limit      int // of a retry
	Criteria   []*Criterion
	Place      arazzo.Position // of the Action Object, which may be in the components
	Listed     arazzo.Position // where the step or workflow lists it
	Decl       *arazzo.Action
	Inherited  bool // from the workflow
}

// Dangling reports whether the action names a target that does not exist.
func (a *Action) Dangling() bool {
	return a.Step == nil && a.Workflow == nil && (a.Target != "" || a.Kind == "goto")
}

// BodyPlaces are the places that a step reads of its response's body. They are
// known when it is linked. Where they lead to one value each the body is never
// decoded: one pass over its text finds them all (E9). A body that is read
// otherwise is decoded once, and the places are then found in its value.
type BodyPlaces struct {
	value.Places
	Whole bool // criteria or outputs need the whole value: a pass for the rest is of no use
}

// An Answer is a part of a response that has a secret in it.
type Answer struct {
	Ref   *Ref
	Route Route
}

// SameNamed returns those of the inputs of another workflow that this one declares, too.
func (w *Workflow) SameNamed(inputs map[string]any) map[string]any {
	out := map[string]any{}
	if w.Schema == nil {
		return out
	}
	for _, name := range w.Schema.Names {
		if v, ok := inputs[name]; ok {
			out[name] = v
		}
	}
	return out
}

// Position returns where a step is in its document.
func (s *Step) Position() arazzo.Position {
	return s.Workflow.Document.Decl.Locate(s.Decl.At("stepId"))
}

// IsSecret reports whether an input is a secret, or has one that flows into a
// credential.
func (w *Workflow) IsSecret(name string) bool {
	return len(w.Secrets[name]) > 0 || w.Passwords != nil && w.Passwords.Member(name).is()
}
