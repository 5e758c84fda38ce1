// Package contract holds the exchanges of runs against the OpenAPI descriptions of their
// operations: the status, the content type, the headers and the body of each response and,
// where that is asked for, the parameters and the body of each request. It reads the events
// of a run; what the run does is the same with it.
//
// JSON Schema is judged by github.com/pb33f/libopenapi-validator. It gets schemas and values
// that it can judge in a bounded time, in a document that refers to nothing but itself: it
// reads no file and no URL. What cannot be judged is a note, never a failed run.
package contract

import (
	"fmt"
	"slices"
	"sync"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/runtime"
)

// The codes of findings.
const (
	Status      = "contract-status"       // a status that is not declared
	ContentType = "contract-content-type" // a media type that is not declared for the status
	Header      = "contract-header"       // a header that is missing, or does not fit its schema
	Body        = "contract-body"         // a body that is missing, no JSON, or does not fit its schema
	Parameter   = "contract-parameter"    // a parameter of a request that is missing, or does not fit its schema
	RequestBody = "contract-request-body" // a body of a request that does not fit
	Unjudged    = "contract-unjudged"     // a note: something could not be judged, and why
)

// Codes returns the codes of findings.
func Codes() []string { return slices.Clone(codes) }

var codes = []string{Status, ContentType, Header, Body, Parameter, RequestBody, Unjudged}

// A Checker finds where the exchanges of runs of a program differ from the descriptions.
// It may be used by several goroutines, as the listener of a [runtime.Batch] is; its
// fields must not be changed then.
type Checker struct {
	Program  *runtime.Program
	Requests bool // requests are held against the descriptions, too
	Warn     bool // no finding is more than a warning, so that no run fails by one

	mu       sync.Mutex
	runs     map[int]*run
	failures map[int]*Error
	noted    map[note]bool
	schemas  map[schemaKey]*schema
}

// run is what is known of a run that is under way.
type run struct {
	stack program.Stack
	sent  []*runtime.RequestSent // by depth: the request that has no answer yet
}

// note is what is told once.
type note struct {
	at      arazzo.Position
	message string
}

// Listener returns a listener that passes each event on to next, and after that of a
// response the findings, each as a [runtime.DiagnosticRaised] at the step: its position is
// that of the declaration in the description. Findings come after the request and before
// whatever the step makes of the response.
func (c *Checker) Listener(next func(runtime.Event)) func(runtime.Event) {
	return func(e runtime.Event) {
		next(e)
		for _, d := range c.findings(e) {
			next(&runtime.DiagnosticRaised{At: runtime.EventAt(e), Diagnostic: d})
		}
	}
}

// Err returns why a run of a batch, or with 0 any other, has failed by the contract, as an
// [*Error], or nil. It forgets the run, so that the next one may have the same index.
func (c *Checker) Err(index int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	failed := c.failures[index]
	delete(c.failures, index)
	delete(c.runs, index)
	if failed == nil {
		return nil
	}
	return failed
}

// An Error says that exchanges of a run are not what the descriptions promise.
type Error struct {
	At     runtime.At        // of the first finding
	First  arazzo.Diagnostic // of severity error
	Errors int               // how many there are
}

// Error returns a message with the first finding.
func (e *Error) Error() string {
	message := fmt.Sprintf("workflow %q, step %q: %s (%s)", e.At.WorkflowID, e.At.StepID, e.First.Message, e.First.Position)
	switch e.Errors {
	case 1:
		return message
	case 2:
		return message + ", and 1 more violation of the contract"
	}
	return fmt.Sprintf("%s, and %d more violations of the contract", message, e.Errors-1)
}

// ErrorType returns "contract", the type of the error in the record of a run.
func (e *Error) ErrorType() string { return "contract" }

// findings takes notice of an event, and returns what it gives rise to.
func (c *Checker) findings(e runtime.Event) []arazzo.Diagnostic {
	at := runtime.EventAt(e)
	c.mu.Lock()
	r := c.runs[at.Run]
	if r == nil {
		if c.runs == nil {
			c.runs, c.failures, c.noted = map[int]*run{}, map[int]*Error{}, map[note]bool{}
		}
		r = &run{}
		if c.Program != nil {
			r.stack.Program = program.Of(c.Program)
		}
		c.runs[at.Run] = r
	}
	c.mu.Unlock()
	w := r.stack.Enter(at.Depth, at.WorkflowID) // the events of a run come one after the other
	for len(r.sent) <= at.Depth {
		r.sent = append(r.sent, nil)
	}
	x := &exchange{checker: c, step: w.Step(at.StepID)}
	switch e := e.(type) {
	case *runtime.RequestSent:
		r.sent[at.Depth] = e
		if c.Requests && x.known() {
			x.guarded("the request", func() { x.request(e) })
		}
	case *runtime.ResponseReceived:
		if e.Err == nil && x.known() {
			x.guarded("the response", func() { x.response(r.sent[at.Depth], e) })
		}
	}
	return c.settle(at, x.found)
}

// settle counts the errors of a run, and leaves out the notes that were told before.
func (c *Checker) settle(at runtime.At, found []Violation) (list []arazzo.Diagnostic) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range found {
		d := v.Diagnostic
		switch d.Severity {
		case arazzo.Note:
			n := note{d.Position, d.Message}
			if c.noted[n] {
				continue
			}
			c.noted[n] = true
		case arazzo.Error:
			if c.failures[at.Run] == nil {
				c.failures[at.Run] = &Error{At: at, First: d}
			}
			c.failures[at.Run].Errors++
		}
		list = append(list, d)
	}
	return list
}

// exchange is a request or response that is held against its description.
type exchange struct {
	checker *Checker
	step    *program.Step
	found   []Violation
	subject subject
	all     bool // there is no bound on them yet
	more    int  // findings beyond mostFindings
}

// mostFindings bounds the findings of one request or response.
const mostFindings = 20

func (x *exchange) known() bool {
	return x.step != nil && x.step.Operation != nil && x.step.Source != nil
}

// find adds a finding about what is declared at a node of a document.
func (x *exchange) find(s arazzo.Severity, code string, at *tree.Node, in *openapi.Description, format string, args ...any) {
	p := arazzo.Position{File: in.Location()}
	if at != nil {
		p.Line, p.Column = at.Line, at.Column
	}
	x.findAt(s, code, p, fmt.Sprintf(format, args...))
}

func (x *exchange) findAt(s arazzo.Severity, code string, p arazzo.Position, message string) {
	if len(x.found) == mostFindings && !x.all {
		x.more++
		return
	}
	if x.checker.Warn && s == arazzo.Error {
		s = arazzo.Warning
	}
	x.found = append(x.found, Violation{arazzo.Diagnostic{Severity: s, Code: code, Position: p, Message: message},
		x.subject.in, x.subject.name, x.subject.pointer})
}

// unjudged adds a note.
func (x *exchange) unjudged(at *tree.Node, in *openapi.Description, format string, args ...any) {
	x.find(arazzo.Note, Unjudged, at, in, format, args...)
}

// guarded runs code that looks at what a stranger has written, through code of others.
func (x *exchange) guarded(what string, judge func()) {
	op := x.step.Operation
	if err := safely(judge); err != nil {
		x.unjudged(op.Node, op.Home, "%s of %s cannot be judged: %v", what, x.step.Label, err)
	}
	if x.more > 0 {
		last := &x.found[len(x.found)-1]
		last.Message += fmt.Sprintf(" (and %d more findings of the same message)", x.more)
	}
}
