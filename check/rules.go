package check

import (
	"math"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"golang.org/x/net/http/httpguts"
)

// documentRules reports violations of what the specification requires or
// recommends, as far as parsing does not.
func (c *checker) documentRules() {
	for _, d := range c.program.Documents {
		c.names(d)
		c.components(d)
		arazzo.Walk(d.Decl, func(o *arazzo.Object) { c.extensions(d, o) })
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
			c.report(d, arazzo.Note, "name-pattern", at, "the %s %q should consist of letters, digits, _ and - only", what, name)
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
	c.report(d, arazzo.Warning, "key-pattern", o.NameAt(field, name), "the name of %s %q must consist of letters, digits, dots, _ and - only",
		what, name)
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

// reserved are the prefixes of extensions that the OpenAPI Initiative
// reserves (Specification Extensions).
var reserved = []string{"x-oai-", "x-oas-", "x-arazzo"}

func (c *checker) extensions(d *program.Document, o *arazzo.Object) {
	for _, e := range o.Extensions {
		for _, prefix := range reserved {
			if strings.HasPrefix(e.Name, prefix) {
				c.report(d, arazzo.Warning, "reserved-extension", o.NameAt(e.Name),
					"fields beginning with %s are reserved for the OpenAPI Initiative; use your own prefix for %q", prefix, e.Name)
			}
		}
	}
}

func (c *checker) sourceURL(d *program.Document, s *arazzo.SourceDescription) {
	_, err := url.Parse(s.URL)
	if s.URL != "" && (err != nil || strings.ContainsAny(s.URL, " \\<>\"^`{|}")) {
		c.report(d, arazzo.Warning, "uri-reference", s.At("url"),
			"the url %q is not a valid URI reference (RFC 3986); percent-encode spaces and similar characters, and separate folders with /", s.URL)
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
		if s.Timeout != nil && *s.Timeout > 0 && *s.Timeout < shortest {
			c.report(d, arazzo.Warning, "time-unit", s.At("timeout"),
				"timeout is in milliseconds: no response comes in %v; write %d if seconds were meant",
				time.Duration(*s.Timeout)*time.Millisecond, *s.Timeout*1000)
		}
		if n := s.Origin().Get("successCriteria"); n.Exists() && n.Len() == 0 && d.Later() {
			c.report(d, arazzo.Warning, "empty-criteria", s.At("successCriteria"), "successCriteria must not be empty; remove it")
		}
	}
}

// actionList checks the fields of actions, and those next to references.
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

// reusable reports the fields that a Reusable Object ignores.
func (c *checker) reusable(d *program.Document, o *arazzo.Object, known ...string) {
	for name := range o.Origin().Members() {
		if slices.Contains(known, name) {
			continue
		}
		c.report(d, arazzo.Warning, "ignored-field", o.NameAt(name),
			"%q is ignored next to a reference; only %s can appear here", name, strings.Join(known, " and "))
	}
}

// actionFields are the fields that apply only to some types of action.
var actionFields = []struct {
	name  string
	types []string
}{
	{"retryAfter", []string{"retry"}},
	{"retryLimit", []string{"retry"}},
	{"stepId", []string{"goto", "retry"}},
	{"workflowId", []string{"goto", "retry"}},
}

var actionTypes = []string{"end", "goto", "retry"}

// shortest is the timeout in milliseconds below which no request is answered, and
// longest the retryAfter from which one in round milliseconds is seen.
const (
	shortest = 100
	longest  = 1000
)

// inMilliseconds reports whether a number of seconds must be one of
// milliseconds: it is a multiple of half a second, and not whole hours.
func inMilliseconds(n float64) bool {
	return n >= longest && math.Mod(n, 500) == 0 && math.Mod(n, 3600) != 0
}

func (c *checker) actionFields(d *program.Document, a *arazzo.Action) {
	if a.RetryAfter != nil && inMilliseconds(*a.RetryAfter) {
		c.report(d, arazzo.Warning, "time-unit", a.At("retryAfter"),
			"retryAfter is in seconds: %v is %v; write %v if milliseconds were meant",
			*a.RetryAfter, time.Duration(min(*a.RetryAfter, math.MaxInt32))*time.Second, *a.RetryAfter/1000)
	}
	if !slices.Contains(actionTypes, a.Type) {
		return
	}
	for _, f := range actionFields {
		if !a.Origin().Get(f.name).Exists() || slices.Contains(f.types, a.Type) {
			continue
		}
		c.report(d, arazzo.Warning, "ignored-field", a.NameAt(f.name),
			"%s is ignored in an action of type %s; it applies to %s only", f.name, a.Type, strings.Join(f.types, " and "))
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
			c.report(d, arazzo.Error, "header-name", a.Place, "%q is not a valid header name", a.Name)
		}
		if a.In == "header" && s.Operation != nil && openapi.Framing(a.Name) && a.Decl != nil {
			c.report(d, arazzo.Warning, "framing-header", a.Place, "the header %q is not sent as it is given: it follows from the body", a.Name)
		}
		query = query || a.In == "query"
		if a.In == "querystring" {
			whole = a
		}
	}
	if query && whole != nil {
		c.report(d, arazzo.Warning, "querystring", whole.Place,
			"a querystring parameter is the whole query; it cannot be combined with query parameters")
	}
}

func (c *checker) bodyRules(d *program.Document, s *program.Step, b *arazzo.RequestBody) {
	if b.ContentType != "" && !strings.Contains(b.ContentType, "$") {
		if t, _, err := mime.ParseMediaType(b.ContentType); err != nil || !strings.Contains(t, "/") {
			c.report(d, arazzo.Warning, "media-type", b.At("contentType"),
				"%q is not a media type; write one such as application/json", b.ContentType)
		}
	}
	if method := s.Operation.Method; slices.Contains([]string{"GET", "HEAD", "DELETE"}, method) && s.Operation.Body == nil {
		c.report(d, arazzo.Warning, "body-semantics", s.Decl.At("requestBody"),
			"%s declares no request body, and what a body means with %s is undefined; what a query has are parameters in: query", s.Label, method)
	}
}
