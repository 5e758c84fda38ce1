// Package mock answers HTTP requests as OpenAPI descriptions say, with state: what POST has
// created GET finds, PATCH and PUT change it, DELETE removes it, lists filter and page, and
// states move. All of that is inferred from the description; nothing is configured. A [Server]
// is an [http.Handler].
//
// With the program of an Arazzo document it answers so that the workflows of the document
// succeed, where the description leaves a choice: package simulate says how.
package mock

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/contract"
	"github.com/gobelin-dev/gobelin/description"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/runtime"
)

// named is an example with its name.
type named = tree.Member

// A Server answers requests to the operations of descriptions. The zero Server has none; Add
// and AddProgram add them. It is safe for concurrent use once it serves: its fields must not be
// changed then, and nothing be added.
type Server struct {
	// Seed chooses among the values that a schema leaves open. The same seed and the same
	// requests, one after the other, give the same answers, but for the times in them.
	Seed uint64
	// StateTime is how long an item stays in a state that it leaves by itself; 0 means 200 ms.
	// No state passes that no answer has shown.
	StateTime time.Duration
	// StrictState answers 404 for an item that no request has created. Without it, such an item
	// is a sample that is there from then on, unless it was removed.
	StrictState bool
	// AnyCredential answers requests without the credentials that the description requires.
	AnyCredential bool
	// AnyRequest answers requests that do not fit the description as if they did.
	AnyRequest bool
	Chaos      []Chaos // what goes wrong on purpose, see [ParseChaos]
	// Admin is the path below which state is shown, set and reset; "" means /_mock, "-" none.
	Admin string
	// SessionHeader names the header whose values have states of their own; "" means
	// Mock-Session.
	SessionHeader string
	MaxBody       int64            // most bytes of a request's body, beyond which it is answered 413; 0 means 8 MiB
	Now           func() time.Time // nil means time.Now
	// OnAnswer, if not nil, is called after each answer, by the goroutine that gave it.
	OnAnswer func(Answered)

	sources []*source
	checker contract.Checker
	dynamic atomic.Uint64

	shapes sync.Mutex // of what is known of schemas, which is computed when first needed

	stored   atomic.Int64 // bytes of all sessions, roughly
	mu       sync.Mutex
	sessions map[string]*list.Element // of *session, by name
	used     list.List                // of *session, the one used last at the end

	scripts   []*script
	tolerated map[arazzo.Position]bool // where requests of the document differ from the description
}

// Answered is an answer that was given.
type Answered struct {
	Method, Path string
	Session      string
	Source       string // the name of the description; "" if the path is of none
	Operation    string // operationId, or method and path; "" if there is none
	Status       int
	Took         time.Duration
	// Notes say what is remarkable: why a request was refused, that the answer is one of a
	// workflow, what went wrong on purpose.
	Notes []string
}

// source is a description that is served.
type source struct {
	name       string
	d          *openapi.Description
	root       *node
	bases      []string
	operations []*operation
}

// Add reads an OpenAPI description, and serves its operations. Where there are several, name is
// the first segment of its paths.
func (s *Server) Add(ctx context.Context, name, location string, loader runtime.Loader) error {
	data, err := loader.Load(ctx, location)
	if err != nil {
		return err
	}
	d, err := openapi.Load(data, location, func(location string) ([]byte, error) { return loader.Load(ctx, location) })
	if err != nil {
		return fmt.Errorf("%s: %w", location, err)
	}
	return s.add(name, d)
}

func (s *Server) add(name string, d *openapi.Description) error {
	if slices.ContainsFunc(s.sources, func(o *source) bool { return o.name == name }) {
		return fmt.Errorf("two descriptions have the name %q; give one of them another", name)
	}
	o := &source{name: name, d: d, root: &node{}}
	for op := range d.Operations() {
		if op.PathErr != nil {
			continue
		}
		at := &operation{Operation: op, source: o}
		o.operations = append(o.operations, at)
		o.root.add(at)
		for _, base := range basePaths(op) {
			if !slices.Contains(o.bases, base) {
				o.bases = append(o.bases, base)
			}
		}
	}
	if len(o.operations) == 0 {
		return fmt.Errorf("%s describes no operation that could be called", d.Location())
	}
	s.shapes.Lock()
	defer s.shapes.Unlock()
	o.infer()
	s.sources = append(s.sources, o)
	return nil
}

// A Route is what answers one operation.
type Route struct {
	Source    string `json:"source"`
	Method    string `json:"method"`
	Path      string `json:"path"` // as it is served
	Operation string `json:"operation,omitempty"`
	Does      string `json:"does"` // what is inferred: "creates pet"
}

// Routes returns what is served, source by source, in the order of the descriptions.
func (s *Server) Routes() (list []Route) {
	for _, o := range s.sources {
		for _, op := range o.operations {
			does := roles[op.role]
			if op.collection != nil && op.role != plain {
				does += " " + op.collection.name
			}
			if op.verb != "" {
				does += ": " + op.verb
			}
			list = append(list, Route{o.name, op.Method, s.BasePath(o.name) + op.Path, op.ID, does})
		}
	}
	return list
}

// BasePath returns the path below which the paths of a source are served: that of its first
// server, or its name, where there are several sources.
func (s *Server) BasePath(name string) string {
	for _, o := range s.sources {
		switch {
		case o.name != name:
		case len(s.sources) > 1:
			return o.prefix()
		case len(o.bases) > 0:
			return o.bases[0]
		}
	}
	return ""
}

// Sources returns the names of the descriptions, in the order in which they were added.
func (s *Server) Sources() (names []string) {
	for _, o := range s.sources {
		names = append(names, o.name)
	}
	return names
}

func (s *Server) now(n *session) time.Time {
	now := time.Now()
	if s.Now != nil {
		now = s.Now()
	}
	return now.Add(n.ahead)
}

// exchange is a request that is being answered.
type exchange struct {
	*http.Request
	server  *Server
	session *session
	found   found
	op      *operation
	params  url.Values
	payload []byte
	body    any // of the request; nil if it is none that has members
	prefer  preferences
	notes   []string
}

const (
	maxTarget      = 64 << 10 // bytes of a request's target
	maxCompared    = 200      // bytes of a path for which those are looked for that are near
	defaultMaxBody = 8 << 20
)

// ServeHTTP answers one request. A panic is answered 500, and noted.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	x := &exchange{Request: r, server: s}
	defer func() {
		if s.OnAnswer == nil {
			return
		}
		done := Answered{Method: r.Method, Path: r.URL.Path, Status: 0, Took: time.Since(began), Notes: x.notes}
		if x.session != nil {
			done.Session = x.session.name
		}
		if x.found.source != nil {
			done.Source = x.found.source.name
		}
		if x.op != nil {
			if done.Operation = x.op.ID; done.Operation == "" {
				done.Operation = x.op.Method + " " + x.op.Path
			}
		}
		if t, is := w.(*tallied); is {
			done.Status = t.status
		}
		s.OnAnswer(done)
	}()
	w = &tallied{ResponseWriter: w}
	a := x.guarded()
	if a == nil { // the connection is to be dropped
		panic(http.ErrAbortHandler)
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Expose-Headers", "*")
	}
	if err := a.write(w, r); err != nil {
		x.note("the answer was not sent: %v", err)
	}
}

// tallied notes the status of an answer.
type tallied struct {
	http.ResponseWriter
	status int
}

func (t *tallied) WriteHeader(status int) {
	t.status = status
	t.ResponseWriter.WriteHeader(status)
}

func (x *exchange) note(format string, args ...any) {
	x.notes = append(x.notes, fmt.Sprintf(format, args...))
}

// guarded makes the answer; a panic is one as well.
func (x *exchange) guarded() (a *answer) {
	defer func() {
		if reason := recover(); reason != nil {
			x.note("panic: %v\n%s", reason, debug.Stack())
			a = newProblem(http.StatusInternalServerError, fmt.Sprintf("the mock failed: %v", reason)).answer(x.server, nil)
		}
	}()
	a, p := x.answer()
	if p != nil {
		x.note("%s", p.Detail)
		for _, f := range p.Errors {
			x.note("%s", f.Detail)
		}
		return p.answer(x.server, x.op)
	}
	return a
}

// answer makes the answer of a request, or says what is wrong with it.
func (x *exchange) answer() (*answer, *problem) {
	s := x.server
	if len(x.RequestURI) > maxTarget {
		return nil, newProblem(http.StatusRequestURITooLong, fmt.Sprintf("the target of the request has more than %d bytes", maxTarget))
	}
	name := s.SessionHeader
	if name == "" {
		name = "Mock-Session"
	}
	x.session = s.session(x.Header.Get(name))
	if a, p := x.admin(); a != nil || p != nil {
		return a, p
	}
	if p := x.route(); p != nil {
		return nil, p
	}
	if x.op == nil { // OPTIONS
		a := &answer{status: http.StatusNoContent, header: http.Header{}}
		a.header.Set("Allow", strings.Join(x.found.node.methods(), ", "))
		if x.Header.Get("Access-Control-Request-Method") != "" {
			a.header.Set("Access-Control-Allow-Methods", a.header.Get("Allow"))
			a.header.Set("Access-Control-Allow-Headers", x.Header.Get("Access-Control-Request-Headers"))
		}
		return a, nil
	}
	if p := x.read(); p != nil {
		return nil, p
	}
	if p, dropped := x.chaos(); p != nil || dropped {
		return nil, p
	}
	if !s.AnyCredential {
		if p := authenticate(x.op, x.Request); p != nil {
			return nil, p
		}
	}
	if p := x.preferences(); p != nil {
		return nil, p
	}
	if x.prefer.code != 0 && x.prefer.code != statusOf(x.op) {
		a, _ := s.respond(x, x.prefer.code)
		a.header.Set("Preference-Applied", "code="+fmt.Sprint(x.prefer.code))
		if a.response == nil || x.op.Response(x.prefer.code) == nil {
			return newProblem(x.prefer.code, "the status is preferred by the request; the description does not declare it").answer(s, nil), nil
		}
		return a, nil
	}
	if p := x.accepts(); p != nil && !s.inScript(x.op) {
		return nil, p
	}
	if !s.AnyRequest {
		if p := x.check(); p != nil {
			return nil, p
		}
	}
	x.session.mu.Lock()
	defer x.session.mu.Unlock()
	return x.steered()
}

// route finds the operation of the request.
func (x *exchange) route() *problem {
	s, path := x.server, x.URL.EscapedPath()
	var ok bool
	x.params, _ = url.ParseQuery(x.URL.RawQuery)
	for _, wanted := range []func(*node) bool{
		func(n *node) bool { return n.operation(x.Method, x.params) != nil },
		func(n *node) bool { return x.Method == http.MethodHead && n.operation(http.MethodGet, x.params) != nil },
		anyNode,
	} {
		if x.found, ok = s.route(path, wanted); ok {
			break
		}
	}
	if !ok {
		detail := "no description has the path " + x.URL.Path
		if len(path) <= maxCompared {
			var paths []string
			for _, route := range s.Routes() {
				paths = append(paths, route.Path)
			}
			slices.Sort(paths)
			detail += nearest.Choice(x.URL.Path, slices.Compact(paths))
		}
		return newProblem(http.StatusNotFound, detail)
	}
	x.found = s.scripted(x.found, path, x.Method, x.params)
	n := x.found.node
	x.op = n.operation(x.Method, x.params)
	switch {
	case x.op != nil:
	case x.Method == http.MethodHead:
		x.op = n.operation(http.MethodGet, x.params)
	case x.Method == http.MethodOptions:
		return nil
	}
	if x.op == nil {
		p := newProblem(http.StatusMethodNotAllowed, "the path "+n.template+" has no "+x.Method+"; it has "+strings.Join(n.methods(), ", "))
		p.header.Set("Allow", strings.Join(n.methods(), ", "))
		return p
	}
	return nil
}

// read reads the body of the request.
func (x *exchange) read() *problem {
	most := x.server.MaxBody
	if most == 0 {
		most = defaultMaxBody
	}
	data, err := io.ReadAll(io.LimitReader(x.Body, most+1))
	var tooLarge *http.MaxBytesError
	switch {
	case int64(len(data)) > most || errors.As(err, &tooLarge):
		return newProblem(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body of the request has more than %d bytes", most))
	case err != nil:
		return newProblem(http.StatusBadRequest, "the body of the request could not be read: "+err.Error())
	}
	x.payload = data
	x.body = bodyOf(x.Header.Get("Content-Type"), data)
	return nil
}

// check holds the request against the description.
func (x *exchange) check() *problem {
	target := x.found.target
	if x.URL.RawQuery != "" {
		target += "?" + x.URL.RawQuery
	}
	op := x.op
	described := openapi.Described(op.Operation).(description.Operation)
	var faults []fault
	for _, v := range x.server.checker.Request(described, target, x.Header, x.payload) {
		switch {
		case v.Severity != arazzo.Error:
		case x.server.tolerated[v.Position]:
			x.note("%s (as in the document)", v.Message)
		default:
			faults = append(faults, fault{Detail: v.Message, In: v.In, Parameter: v.Name, Pointer: v.Pointer})
		}
	}
	if len(faults) == 0 {
		return nil
	}
	status := http.StatusBadRequest
	for _, code := range []string{"422", "400", "4XX"} {
		if slices.ContainsFunc(op.Responses, func(r *openapi.Response) bool { return r.Code == code }) {
			if code == "422" {
				status = http.StatusUnprocessableEntity
			}
			break
		}
	}
	var types []string
	if op.Body != nil && len(x.payload) > 0 && op.Body.Media(x.Header.Get("Content-Type")) == nil {
		for _, m := range op.Body.Content {
			types = append(types, m.Type)
		}
	}
	if types != nil {
		status = http.StatusUnsupportedMediaType
	}
	p := newProblem(status, faults[0].Detail)
	if types != nil {
		p.header.Set("Accept", strings.Join(types, ", "))
	}
	if more := len(faults) - 1; more > 0 {
		p.Detail += fmt.Sprintf(" (and %d more)", more)
	}
	p.Errors = faults
	return p
}
