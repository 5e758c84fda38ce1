package link

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// What a MUST of the specification forbids, but a run can do with, is a warning, and
// an error in strict mode.

// forbidden returns a problem with what a MUST forbids.
func (l *linker) forbidden(d *program.Document, code string, at arazzo.Position, format string, args ...any) *problem {
	severity := arazzo.Warning
	if l.options.Strict {
		severity = arazzo.Error
	}
	return l.problem(d, code, severity, at, format, args...)
}

// byLetter returns what parsing has found as linking reports it: strict mode knows no
// unknown fields.
func (l *linker) byLetter(found []arazzo.Diagnostic) []arazzo.Diagnostic {
	if !l.options.Strict {
		return found
	}
	list := append([]arazzo.Diagnostic{}, found...)
	for i := range list {
		if list[i].Code == "unknown-field" {
			list[i].Severity = arazzo.Error
		}
	}
	return list
}

// letter reports what a document must not have.
func (l *linker) letter(d *program.Document) {
	if d.Later() && !isReference(d.Decl.Self) {
		l.report(l.forbidden(d, "uri-reference", d.Decl.At("$self"), notReference, "$self", d.Decl.Self))
	}
	for _, s := range d.Decl.Sources {
		if !isReference(s.URL) {
			l.report(l.forbidden(d, "uri-reference", s.At("url"), notReference, "the url", s.URL))
		}
	}
	for _, w := range d.Decl.Workflows {
		keys(l, d, &w.Object, "outputs", "output", w.Outputs)
		for _, s := range w.Steps {
			keys(l, d, &s.Object, "outputs", "output", s.Outputs)
			if n := s.Origin().Get("successCriteria"); n.Exists() && n.Len() == 0 && d.Later() {
				l.report(l.forbidden(d, "empty-criteria", s.At("successCriteria"),
					"successCriteria must not be empty; remove it"))
			}
		}
	}
	if c := d.Decl.Components; c != nil {
		keys(l, d, &c.Object, "inputs", "the inputs", c.Inputs)
		keys(l, d, &c.Object, "parameters", "the parameter", c.Parameters)
		keys(l, d, &c.Object, "successActions", "the success action", c.SuccessActions)
		keys(l, d, &c.Object, "failureActions", "the failure action", c.FailureActions)
	}
}

// notReference is about a text that is no URI reference.
const notReference = "%s %q is not a valid URI reference (RFC 3986); percent-encode spaces and similar characters, " +
	"and separate folders with /"

func isReference(text string) bool {
	_, err := url.Parse(text)
	return err == nil && !strings.ContainsAny(text, " \\<>\"^`{|}")
}

// keyPattern is that of the names of outputs and components.
var keyPattern = regexp.MustCompile(`^[a-zA-Z0-9\.\-_]+$`)

func keys[T any](l *linker, d *program.Document, o *arazzo.Object, field, what string, m arazzo.Map[T]) {
	for _, e := range m {
		if !keyPattern.MatchString(e.Name) {
			l.report(l.forbidden(d, "key-pattern", o.NameAt(field, e.Name),
				"the name of %s %q must consist of letters, digits, dots, _ and - only", what, e.Name))
		}
	}
}

// actionParameters links the inputs that an action gives to its workflow.
func (l *workflowLinker) actionParameters(decl *arazzo.Action) (list []program.Argument) {
	listed := map[string]bool{}
	for _, p := range decl.Parameters {
		a, ok := l.parameter(p)
		if !ok {
			continue
		}
		if listed[a.Name] {
			l.duplicate("duplicate-parameter", p.At(), "parameter", a.Name)
		}
		listed[a.Name] = true
		if a.In != "" && p.Reference == "" {
			l.report(l.forbidden(l.workflow.Document, "ignored-field", p.NameAt("in"),
				"in is ignored here: the parameters of an action are the inputs of its workflow"))
		}
		list = append(list, a)
	}
	return list
}

// querystrings reports parameters that are the whole query, and are not alone.
func (l *workflowLinker) querystrings(s *program.Step) {
	query, whole := false, []*program.Argument(nil)
	for a := range program.Each(s.Arguments) {
		query = query || a.In == "query"
		if a.In == "querystring" {
			whole = append(whole, a)
		}
	}
	for i, a := range whole {
		if query || i > 0 {
			l.report(l.forbidden(l.workflow.Document, "querystring", a.Place,
				"a querystring parameter is the whole query; it cannot be combined with query parameters or another one"))
		}
	}
}

// unbraced returns a reference without braces around it, and reports them.
func (l *workflowLinker) unbraced(reference string, at arazzo.Position) string {
	right := strings.Trim(reference, "{}")
	if right != reference && strings.HasPrefix(right, "$") {
		l.report(l.asPublished("braced-reference", at, "a reference is not enclosed in braces: %s", right).replace(reference, right))
	}
	return right
}

// calledStatus reports that a step which calls a workflow reads a status: that of the
// workflow's last response (F17).
func (l *workflowLinker) calledStatus(s *program.Step) {
	if s.Decl.WorkflowID == "" {
		return
	}
	s.EachRef(func(when program.Moment, _ bool, r *program.Ref) {
		if r.Kind == program.StatusCode && when == program.AfterResponse {
			l.report(l.asPublished("workflow-status", r.Place, "a step that calls a workflow has no response of its own; $statusCode is that of "+
				"the last response to workflow %s. The step fails when the workflow "+
				"does: a criterion that asks for its success can be removed", s.Decl.WorkflowID).focus(r.Offset, r.Text))
		}
	})
}

// condition reports what a criterion has that the specification does not allow.
func (l *workflowLinker) condition(c *program.Criterion) {
	d, decl := l.workflow.Document, c.Decl
	switch {
	case decl.Type.Type == "simple" && decl.Context == "":
		l.report(l.forbidden(d, "criterion-context", decl.At("type"),
			"a criterion with a type must have a context; remove the type: without it a condition is simple"))
	case c.Kind == program.RegexCriterion && strings.HasSuffix(decl.Condition, "\n"):
		l.report(l.warn("regex-line-break", c.Place, "the pattern %s ends in a line break, which must match too; "+
			"write it as a plain or quoted string, or with |- in place of |", strconv.Quote(decl.Condition)))
	}
	if n := decl.Origin().Get("type"); d.Later() && n.Get("type").Exists() && !n.Get("version").Exists() {
		l.report(l.forbidden(d, "type-version", decl.At("type"),
			"a type that is an object must have a version, such as rfc9535 or xpath-31; or write type: %s", decl.Type.Type))
	}
}
