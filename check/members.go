package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// lookups judges every expression of a value.
func (t *typing) lookups(at *scope, v *program.Operand) {
	if v == nil {
		return
	}
	if v.Kind == program.Selection && v.Selector != nil {
		t.selected(at, v)
	}
	v.All(func(r *program.Ref) { t.lookup(at, r) })
}

// lookup reports members that an expression looks for and no schema has.
func (t *typing) lookup(at *scope, r *program.Ref) {
	switch r.Kind {
	case program.ResponseHeader:
		t.header(at, r)
		return
	case program.ResponseBody:
		if t.noBody(at, r) {
			return
		}
	}
	path := tokens(r)
	if len(path) == 0 {
		return
	}
	base, _ := t.base(at, r)
	found := base.Follow(path)
	if d := t.absent(at, r, found, path); d != nil && r.Kind == program.ResponseBody {
		t.respellToken(at, d, r, base, found)
	}
}

// wholeHint says how to read a body that has no members. For XML a pointer does
// not show what is meant.
var wholeHint = map[form]string{textForm: "; the whole body is $response.body", binaryForm: "; the whole body is $response.body"}

// noBody reports a look into a response body that has no members.
func (t *typing) noBody(at *scope, r *program.Ref) bool {
	f, b := t.without(at)
	switch {
	case f == emptyForm:
		d := t.report(at.workflow.Document, arazzo.Warning, "response-body", r.At(at.workflow.Document.Decl),
			"%s is always missing: a response %s has no body", r.Text, b.response.Code)
		d.Related = responsePlace(b)
		return true
	case (f == xmlForm || f == textForm || f == binaryForm) && len(tokens(r)) > 0:
		d := t.report(at.workflow.Document, arazzo.Warning, "response-body", r.At(at.workflow.Document.Decl),
			"%s looks for a member, but the response of %s is %s (%s)%s", r.Text, label(at.step), formNames[f], b.media, wholeHint[f])
		d.Related = responsePlace(b)
		return true
	}
	return false
}

// responsePlace is the related place of a response.
func responsePlace(b body) []arazzo.Related {
	return schemaPlace(schema.Place{Location: b.response.Home.Location(), Line: b.response.Node.Line, Column: b.response.Node.Column},
		"the response is declared here")
}

// header reports an undeclared header with a name similar to a declared one, or
// a misspelled name of a registered one. Others are common.
func (t *typing) header(at *scope, r *program.Ref) {
	names, place := at.headers()
	same := func(n string) bool { return strings.EqualFold(n, r.Name) }
	if slices.ContainsFunc(names, same) || slices.ContainsFunc(registeredHeaders, same) {
		return
	}
	hint := t.hint(r.Name, names)()
	if hint == "" {
		place = schema.Place{}
		if right := registered(r.Name); right != "" {
			hint = fmt.Sprintf("; did you mean %q?", right)
		}
	}
	if hint == "" {
		return
	}
	d := t.report(at.workflow.Document, arazzo.Warning, "response-header", r.At(at.workflow.Document.Decl),
		"%s declares no header %q%s", at.answer(), r.Name, hint)
	d.Related = schemaPlace(place, "its headers")
}

// registered returns the registered header that a name must be a misspelling of,
// or "": one that differs in its separators, or in a letter of a long name.
func registered(name string) string {
	var long []string
	for _, n := range registeredHeaders {
		if nearest.Plain(n) == nearest.Plain(name) {
			return n
		}
		if len(n) > 4 {
			long = append(long, n)
		}
	}
	return nearest.Only(name, long)
}

// registeredHeaders are headers of responses that are common without being
// declared.
var registeredHeaders = []string{"Accept-Ranges", "Age", "Allow", "Cache-Control", "Connection", "Content-Disposition", "Content-Encoding",
	"Content-Language", "Content-Length", "Content-Location", "Content-Range", "Content-Type", "Date", "ETag", "Expires", "Last-Modified",
	"Link", "Location", "Retry-After", "Server", "Set-Cookie", "Vary", "Via", "WWW-Authenticate"}

// absent reports a member or item that a schema does not have.
func (t *typing) absent(at *scope, r *program.Ref, found schema.Found, path []string) *arazzo.Diagnostic {
	if found.Presence != schema.Undeclared && found.Presence != schema.Never {
		return nil
	}
	what, code := t.owner(at, r)
	token := path[found.At]
	if found.At > 0 {
		what = fmt.Sprintf("%s in %s", quoteToken(path[:found.At]), what)
	}
	return t.missing(at, code, r.At(at.workflow.Document.Decl), r.Text, what, token, found)
}

// missing reports one token that leads nowhere.
func (t *typing) missing(at *scope, code string, place arazzo.Position, text, what, token string, found schema.Found) *arazzo.Diagnostic {
	message := fmt.Sprintf("%s: %s has no member %q%s", text, what, token, t.hint(token, found.Names))
	related := "its schema"
	_, isIndex := value.Index(token)
	switch {
	case len(found.Names) > 0:
		if related = "its schema has " + listNames(found.Names); isIndex && found.Kinds == schema.Object {
			message = fmt.Sprintf("%s: %s is an object, not an array; it has no member %q", text, what, token)
		}
	case found.Kinds == schema.Array && !isIndex:
		message = fmt.Sprintf("%s: %s is an array; expected an index such as 0, not %q", text, what, token)
	case found.Kinds == schema.Array:
		message = fmt.Sprintf("%s: %s never has an item %s", text, what, token)
	case found.Kinds&schema.Object == 0 && found.Kinds != 0:
		message = fmt.Sprintf("%s: %s is %s; it has no %q", text, what, found.Kinds, token)
	}
	var d *arazzo.Diagnostic
	if code == "response-member" {
		d = t.report(at.workflow.Document, arazzo.Warning, "response-member", place, "%s", message)
	} else {
		d = t.report(at.workflow.Document, arazzo.Warning, "value-member", place, "%s", message)
	}
	d.Related = schemaPlace(found.Place, related)
	return d
}

const mostNames = 12

func listNames(names []string) string {
	if len(names) > mostNames {
		return strings.Join(names[:mostNames], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

func quoteToken(path []string) string {
	return "/" + strings.Join(path, "/")
}

// schemaPlace is the related place of a schema.
func schemaPlace(p schema.Place, message string) []arazzo.Related {
	if p.Line == 0 {
		return nil
	}
	return []arazzo.Related{{Position: arazzo.Position{File: p.Location, Line: p.Line, Column: p.Column}, Message: message}}
}

// owner names the value that an expression looks into.
func (t *typing) owner(at *scope, r *program.Ref) (what, code string) {
	switch r.Kind {
	case program.ResponseBody:
		return fmt.Sprintf("the response %s of %s%s", at.codes(), label(at.step), at.whenFailed()), "response-member"
	case program.StepOutput:
		return fmt.Sprintf("the output %q of step %q", r.Name, r.Step.Decl.StepID), "value-member"
	case program.InputRef:
		return fmt.Sprintf("the input %q", r.Name), "value-member"
	case program.WorkflowOutput:
		return fmt.Sprintf("the output %q of workflow %q", r.Name, r.Workflow.Decl.WorkflowID), "value-member"
	case program.RequestBody:
		return "the request body", "value-member"
	}
	return "the value", "value-member"
}

// selected judges the selector of a Selector Object.
func (t *typing) selected(at *scope, v *program.Operand) {
	s := v.Selector
	if s.Context.Kind != program.Reference || t.foreignSelector(at, v) {
		return
	}
	context := t.reference(at, &s.Context.Ref).Type
	if s.Query != nil {
		if path, ok := s.Query.Path(); ok {
			t.query(at, query{context: context, root: context, owner: &s.Context.Ref, text: s.Text, place: v.Place}, path)
		}
		return
	}
	if s.XPath == nil {
		found := context.Follow(s.Pointer)
		if found.Presence == schema.Undeclared || found.Presence == schema.Never {
			what, code := t.owner(at, &s.Context.Ref)
			t.missing(at, code, v.Place, s.Text, what, s.Pointer[found.At], found)
		}
	}
}

// foreignSelector reports a selector in a language that the body has no use for.
func (t *typing) foreignSelector(at *scope, v *program.Operand) bool {
	s := v.Selector
	wrong, b := t.wrongLanguage(at, &s.Context.Ref, s.Query != nil, s.XPath != nil)
	if wrong == "" {
		return false
	}
	t.reportLanguage(at, v.Place, b, "the selector %s never finds anything here: the response %s of %s is %s (%s)",
		s.Text, at.codes(), label(at.step), wrong, b.media)
	return true
}

// query is where a JSONPath is evaluated.
type query struct {
	context, root *schema.Type // what @ and $ are
	owner         *program.Ref
	text          string
	place         arazzo.Position
}

// query reports members that a JSONPath looks for, in its filters too, and no
// schema has.
func (t *typing) query(at *scope, q query, path []jsonpath.Step) {
	found := along(q.context, path)
	if found.Presence == schema.Undeclared || found.Presence == schema.Never {
		step := path[found.At]
		token := step.Name
		if step.Kind == jsonpath.IndexStep {
			token = fmt.Sprint(step.Index)
		}
		what, code := t.owner(at, q.owner)
		if found.At > 0 {
			what = pathText(path[:found.At]) + " in " + what
		}
		t.missing(at, code, q.place, q.text, what, token, found)
		return
	}
	for i, step := range path {
		if step.Kind != jsonpath.FilterStep {
			continue
		}
		if in := along(q.context, path[:i]); in.Type != nil {
			filter := q
			filter.context = t.filtered(in.Type, i == 0 && len(path) == 1)
			t.terms(at, filter, step.Filter)
		}
	}
}

// filtered is the type of @ in a filter: the children, or, of an object at the
// root, the object itself (C12) where no child can be meant.
func (t *typing) filtered(in *schema.Type, root bool) *schema.Type {
	if root && in.Kinds() == schema.Object {
		for _, a := range in.Alternatives() {
			if a.Open {
				return schema.Any()
			}
			for _, name := range a.Names() {
				if f := in.Member(name); f.Type == nil || f.Type.Kinds()&schema.Compound != 0 {
					return schema.Any()
				}
			}
		}
		return in
	}
	return children(in)
}

func pathText(path []jsonpath.Step) string {
	var b strings.Builder
	b.WriteByte('$')
	for _, step := range path {
		switch step.Kind {
		case jsonpath.NameStep:
			b.WriteString("." + step.Name)
		case jsonpath.IndexStep:
			fmt.Fprintf(&b, "[%d]", step.Index)
		default:
			b.WriteString("[*]")
		}
	}
	return b.String()
}
