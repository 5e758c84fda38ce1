package check

import (
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
	"golang.org/x/net/http/httpguts"
)

// documentRules tells of what the specification demands or recommends of a
// document and parsing lets pass.
func (c *checker) documentRules() {
	for _, d := range c.program.Documents {
		c.names(d)
		c.components(d)
		eachObject(d.Decl, func(o *arazzo.Object) { c.extensions(d, o) })
		for _, s := range d.Decl.Sources {
			c.sourceURL(d, s)
		}
		for _, w := range d.Decl.Workflows {
			c.workflowRules(d, w)
		}
	}
	for _, w := range c.program.Workflows {
		for _, s := range w.Steps {
			c.stepRules(w.Document, s)
		}
	}
}

var (
	idPattern  = regexp.MustCompile(`^[A-Za-z0-9_\-]+$`)   // of ids and names of sources: SHOULD
	keyPattern = regexp.MustCompile(`^[a-zA-Z0-9\.\-_]+$`) // of outputs and components: MUST
)

func (c *checker) names(d *program.Document) {
	id := func(what, name string, at arazzo.Position) {
		if name != "" && !idPattern.MatchString(name) {
			c.report(d, arazzo.Note, "name-pattern", at, "the %s %q should have letters, digits, _ and - only", what, name)
		}
	}
	for _, s := range d.Decl.Sources {
		id("name", s.Name, s.At("name"))
	}
	for _, w := range d.Decl.Workflows {
		id("workflowId", w.WorkflowID, w.At("workflowId"))
		c.keys(d, "output", w.Outputs, &w.Object)
		for _, s := range w.Steps {
			id("stepId", s.StepID, s.At("stepId"))
			c.keys(d, "output", s.Outputs, &s.Object)
		}
	}
}

func (c *checker) keys(d *program.Document, what string, outputs arazzo.Map[arazzo.Output], o *arazzo.Object) {
	for _, e := range outputs {
		c.key(d, what, e.Name, o, "outputs")
	}
}

func (c *checker) key(d *program.Document, what, name string, o *arazzo.Object, field string) {
	if keyPattern.MatchString(name) {
		return
	}
	c.report(d, arazzo.Warning, "key-pattern", o.NameAt(field, name), "the name of %s %q must have letters, digits, dots, _ and - only", what, name)
}

func (c *checker) components(d *program.Document) {
	all := d.Decl.Components
	if all == nil {
		return
	}
	for _, e := range all.Inputs {
		c.key(d, "the inputs", e.Name, &all.Object, "inputs")
	}
	for _, e := range all.Parameters {
		c.key(d, "the parameter", e.Name, &all.Object, "parameters")
	}
	for _, e := range all.SuccessActions {
		c.key(d, "the success action", e.Name, &all.Object, "successActions")
		c.actionFields(d, e.Value)
	}
	for _, e := range all.FailureActions {
		c.key(d, "the failure action", e.Name, &all.Object, "failureActions")
		c.actionFields(d, e.Value)
	}
}

// reserved are the prefixes of extensions that the OpenAPI Initiative keeps
// for itself (Specification Extensions).
var reserved = []string{"x-oai-", "x-oas-", "x-arazzo"}

func (c *checker) extensions(d *program.Document, o *arazzo.Object) {
	for _, e := range o.Extensions {
		for _, prefix := range reserved {
			if strings.HasPrefix(e.Name, prefix) {
				c.report(d, arazzo.Warning, "reserved-extension", o.NameAt(e.Name), "fields that begin with %s are reserved for the OpenAPI Initiative; take a prefix of your own for %q", prefix, e.Name)
			}
		}
	}
}

func (c *checker) sourceURL(d *program.Document, s *arazzo.SourceDescription) {
	_, err := url.Parse(s.URL)
	if s.URL != "" && (err != nil || strings.ContainsAny(s.URL, " \\<>\"^`{|}")) {
		c.report(d, arazzo.Warning, "uri-reference", s.At("url"), "the url %q is no URI reference (RFC 3986); blanks and such characters are percent-encoded, folders parted by /", s.URL)
	}
}

func (c *checker) workflowRules(d *program.Document, w *arazzo.Workflow) {
	c.actionList(d, w.SuccessActions)
	c.actionList(d, w.FailureActions)
	c.parameterList(d, w.Parameters)
	for _, s := range w.Steps {
		c.actionList(d, s.OnSuccess)
		c.actionList(d, s.OnFailure)
		c.parameterList(d, s.Parameters)
		if n := s.Origin().Get("successCriteria"); n.Exists() && n.Len() == 0 && d.Later() {
			c.report(d, arazzo.Warning, "empty-criteria", s.At("successCriteria"), "successCriteria must have a criterion where it is given; leave it out")
		}
	}
}

// actionList checks the fields of actions, and what stands beside references.
func (c *checker) actionList(d *program.Document, list []*arazzo.Action) {
	for _, a := range list {
		if a.Reference != "" {
			c.reusable(d, &a.Object, "reference")
		} else {
			c.actionFields(d, a)
		}
	}
}

func (c *checker) parameterList(d *program.Document, list []*arazzo.Parameter) {
	for _, p := range list {
		if p.Reference != "" {
			c.reusable(d, &p.Object, "reference", "value")
		}
	}
}

// reusable tells of what a Reusable Object ignores.
func (c *checker) reusable(d *program.Document, o *arazzo.Object, known ...string) {
	for name := range o.Origin().Members() {
		if slices.Contains(known, name) {
			continue
		}
		c.report(d, arazzo.Warning, "ignored-field", o.NameAt(name), "%q is ignored beside a reference; only %s can stand here", name, strings.Join(known, " and "))
	}
}

// actionFields are the fields that belong to some types of action only.
var actionFields = []struct {
	name  string
	types []string
}{
	{"retryAfter", []string{"retry"}},
	{"retryLimit", []string{"retry"}},
	{"stepId", []string{"goto", "retry"}},
	{"workflowId", []string{"goto", "retry"}},
}

func (c *checker) actionFields(d *program.Document, a *arazzo.Action) {
	if !slices.Contains([]string{"end", "goto", "retry"}, a.Type) {
		return
	}
	for _, f := range actionFields {
		if !a.Origin().Get(f.name).Exists() || slices.Contains(f.types, a.Type) {
			continue
		}
		c.report(d, arazzo.Warning, "ignored-field", a.NameAt(f.name), "%s is ignored in an action of type %s; it belongs to %s", f.name, a.Type, strings.Join(f.types, " and "))
	}
}

func (c *checker) stepRules(d *program.Document, s *program.Step) {
	if s.Operation == nil {
		return
	}
	if b := s.Decl.RequestBody; b != nil {
		c.bodyRules(d, s, b)
	}
	query, whole := false, (*program.Argument)(nil)
	for a := range program.Each(s.Arguments) {
		if a.In == "header" && !httpguts.ValidHeaderFieldName(a.Name) {
			c.report(d, arazzo.Error, "header-name", a.Place, "%q is no name of a header: it has characters that a name cannot have, or none", a.Name)
		}
		query = query || a.In == "query"
		if a.In == "querystring" {
			whole = a
		}
	}
	if query && whole != nil {
		c.report(d, arazzo.Warning, "querystring", whole.Place, "a querystring is the whole of the query; it cannot stand beside parameters in query")
	}
}

func (c *checker) bodyRules(d *program.Document, s *program.Step, b *arazzo.RequestBody) {
	if b.ContentType != "" && !strings.Contains(b.ContentType, "$") {
		if t, _, err := mime.ParseMediaType(b.ContentType); err != nil || !strings.Contains(t, "/") {
			c.report(d, arazzo.Warning, "media-type", b.At("contentType"), "%q is no media type; write one such as application/json", b.ContentType)
		}
	}
	if method := s.Operation.Method; slices.Contains([]string{"GET", "HEAD", "DELETE"}, method) && s.Operation.Body == nil {
		c.report(d, arazzo.Warning, "body-semantics", s.Decl.At("requestBody"), "%s declares no request body, and what a body means with %s is undefined", s.Label, method)
	}
}

// eachObject visits the objects of a document that can be extended.
func eachObject(d *arazzo.Document, visit func(*arazzo.Object)) {
	visit(&d.Object)
	if d.Info != nil {
		visit(&d.Info.Object)
	}
	for _, s := range d.Sources {
		visit(&s.Object)
	}
	parameters := func(list []*arazzo.Parameter) {
		for _, p := range list {
			visit(&p.Object)
		}
	}
	criteria := func(list []*arazzo.Criterion) {
		for _, c := range list {
			visit(&c.Object)
		}
	}
	actions := func(list []*arazzo.Action) {
		for _, a := range list {
			visit(&a.Object)
			criteria(a.Criteria)
			parameters(a.Parameters)
		}
	}
	for _, w := range d.Workflows {
		visit(&w.Object)
		actions(w.SuccessActions)
		actions(w.FailureActions)
		parameters(w.Parameters)
		for _, s := range w.Steps {
			visit(&s.Object)
			parameters(s.Parameters)
			criteria(s.SuccessCriteria)
			actions(s.OnSuccess)
			actions(s.OnFailure)
			if s.RequestBody != nil {
				visit(&s.RequestBody.Object)
				for _, r := range s.RequestBody.Replacements {
					visit(&r.Object)
				}
			}
		}
	}
	if all := d.Components; all != nil {
		visit(&all.Object)
		for _, e := range all.Parameters {
			visit(&e.Value.Object)
		}
		for _, list := range []arazzo.Map[*arazzo.Action]{all.SuccessActions, all.FailureActions} {
			for _, e := range list {
				actions([]*arazzo.Action{e.Value})
			}
		}
	}
}
