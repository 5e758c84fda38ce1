package check

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// request checks what a step sends, or passes to the workflow that it calls.
func (t *typing) request(s *program.Step) {
	at := &scope{workflow: s.Workflow, step: s}
	for a := range program.Each(s.Arguments) {
		t.lookups(at, &a.Value)
	}
	switch {
	case s.Called != nil:
		t.arguments(at, s.Called, s.Arguments, s.Decl.At("workflowId"), s.MissingParameters)
	case s.Operation != nil:
		t.parameters(at, s)
		t.accepts(s)
		t.body(at, s)
	}
}

// parameters checks the parameters of a request.
func (t *typing) parameters(at *scope, s *program.Step) {
	for a := range program.Each(s.Arguments) {
		if a.Decl == nil {
			continue // the description's own default
		}
		if a.Value.Kind == program.Constant {
			if none := s.Operation.NoValue(openapi.ArgKey{Name: a.Name, In: a.In}, a.Value.Constant); none != nil {
				t.report(at.workflow.Document, arazzo.Error, "no-value", a.Value.Place,
					"step %q always fails: %s has no value, for what it is given %s", s.Decl.StepID, none.Subject(), none.Lack)
				continue
			}
		}
		if p := parameterOf(s.Operation, a); p != nil {
			want := t.schema(p.Schema, p.Home)
			t.fits(at, &a.Value, flow{want: want, text: !openapi.IsJSON(p.ContentType),
				what: fmt.Sprintf("the %s parameter %q of %s", p.In, p.Name, label(s))})
			t.nullable(at, s, a)
		}
	}
	if s.MissingParameters {
		return
	}
	for _, p := range s.Operation.Parameters {
		if !p.Required || p.In == "path" || given(s, p) || s.Operation.Supplied(p) {
			continue
		}
		var others []string
		for a := range program.Each(s.Arguments) {
			if a.In == p.In && parameterOf(s.Operation, a) == nil {
				others = append(others, a.Name)
			}
		}
		hint := ""
		if names := t.near(p.Name, others); len(names) > 0 {
			hint = fmt.Sprintf("; was %q meant?", names[0])
		}
		d := t.report(at.workflow.Document, arazzo.Warning, "parameter-missing", s.Decl.At("parameters"),
			"%s requires the %s parameter %q, which step %q does not provide in its parameters%s", label(s), p.In, p.Name, s.Decl.StepID, hint)
		d.Related = schemaPlace(schema.Place{Location: p.Home.Location(), Line: p.Node.Line, Column: p.Node.Column},
			"the parameter is declared here")
	}
}

func parameterOf(op *openapi.Operation, a *program.Argument) *openapi.Parameter {
	for _, p := range op.Parameters {
		if p.Is(a.Name, a.In) {
			return p
		}
	}
	return nil
}

func given(s *program.Step, p *openapi.Parameter) bool {
	return slices.ContainsFunc(s.Arguments, func(a program.Argument) bool {
		return p.Is(a.Name, a.In) || p.In == "query" && (a.In == "querystring" ||
			a.In == "path" && a.Name == p.Name && s.Operation.HasPathVariable(p.Name)) // behind the question mark of the path
	})
}

// arguments checks what is passed to a called workflow (F17, E14).
func (t *typing) arguments(at *scope, called *program.Workflow, list []program.Argument, place arazzo.Position, incomplete bool) {
	if called.Schema == nil {
		return
	}
	inputs := t.inputs(called)
	for a := range program.Each(list) {
		found := inputs.Member(a.Name)
		switch found.Presence {
		case schema.Undeclared, schema.Never:
			if !a.Inherited {
				d := t.report(at.workflow.Document, arazzo.Warning, "unknown-argument", a.Place, "workflow %q has no input %q%s",
					called.Decl.WorkflowID, a.Name, t.choice(a.Name, found.Names))
				d.Related = schemaPlace(found.Place, "its inputs")
				if a.Decl != nil && a.Decl.Reference == "" {
					respell(at.workflow.Document, d, a.Decl.At("name"), a.Name, 0, len(a.Name), nearest.Only(a.Name, found.Names))
				}
			}
		default:
			t.fits(at, &a.Value, flow{want: found.Type, what: fmt.Sprintf("the input %q of workflow %q", a.Name, called.Decl.WorkflowID)})
		}
	}
	if incomplete {
		return
	}
	given := map[string]bool{}
	for a := range program.Each(list) {
		given[a.Name] = true
	}
	for _, name := range inputs.Required() {
		if given[name] || inputs.Member(name).Type == nil || inputs.Member(name).Type.HasDefault() {
			continue
		}
		p, _ := inputs.Member(name).Type.Place()
		d := t.report(at.workflow.Document, arazzo.Error, "input-missing", place, "workflow %q requires the input %q, which is not provided",
			called.Decl.WorkflowID, name)
		d.Related = schemaPlace(p, "the input is declared here")
	}
}

// body checks a request body.
func (t *typing) body(at *scope, s *program.Step) {
	if t.withoutBody(s) {
		return
	}
	t.lookups(at, &s.Body.Payload)
	for r := range program.Each(s.Body.Replacements) {
		t.lookups(at, &r.Value)
	}
	t.unwritable(at, s)
	declared := s.Operation.Body
	if declared == nil {
		if !slices.Contains(bodyless, s.Operation.Method) && s.Operation.BodyErr == nil {
			t.report(s.Workflow.Document, arazzo.Warning, "body-undeclared", s.Body.Place, "%s declares no request body", label(s))
		}
		return
	}
	mediaType, place := contentType(s)
	media := mediaOf(declared, mediaType)
	if media == nil {
		t.undeclaredType(s, mediaType, place)
		return
	}
	isJSON := openapi.IsJSON(mediaType)
	if isJSON || openapi.IsForm(mediaType) || openapi.IsMultipart(mediaType) {
		t.payload(at, s, flow{want: t.schema(media.Schema, media.Home), text: !isJSON, what: "the body of " + label(s), members: true,
			files: openapi.IsMultipart(mediaType)})
	}
}

// unwritable reports an object or array that no body of the content type can be
// written from.
func (t *typing) unwritable(at *scope, s *program.Step) {
	payload := &s.Body.Payload
	if payload.IsFile() || len(s.Body.Replacements) > 0 {
		return
	}
	kind, members, severity := t.value(at, payload).Kinds(), -1, arazzo.Error
	if payload.Kind == program.Reference || payload.Kind == program.Selection {
		severity = arazzo.Warning // what is declared need not be so
	} else {
		members = len(payload.Names)
	}
	what := map[schema.Kinds]string{schema.Object: "an object", schema.Array: "an array"}[kind]
	if what == "" || members < 0 && openapi.IsXML(s.Body.ContentType) {
		return
	}
	if err := openapi.Unwritable(s.Body.ContentType, s.Operation.Body.Media(s.Body.ContentType), what, members); err != nil {
		t.report(at.workflow.Document, severity, "unwritable-body", payload.Place, "step %q fails: %v", s.Decl.StepID, err)
	}
}

// withoutBody checks a step without a body, and reports whether it is one.
func (t *typing) withoutBody(s *program.Step) bool {
	required := s.Operation.Body != nil && s.Operation.Body.Required
	var d *arazzo.Diagnostic
	switch {
	case s.Body == nil && required && s.Decl.RequestBody == nil:
		d = t.report(s.Workflow.Document, arazzo.Warning, "body-missing", s.Decl.At("requestBody"),
			"%s requires a request body, but step %q sends none; write requestBody with a payload", label(s), s.Decl.StepID)
	case s.Body == nil:
		t.bodyNotSent(s)
		return true
	case s.Decl.RequestBody.Payload.Exists():
		return false
	case len(s.Body.Replacements) > 0:
		t.report(s.Workflow.Document, arazzo.Error, "no-value", s.Body.Place,
			"step %q always fails: the requestBody has replacements, but no payload to replace anything in", s.Decl.StepID)
		return true
	case required:
		d = t.report(s.Workflow.Document, arazzo.Error, "no-value", s.Body.Place,
			"step %q always fails: %s requires a request body, but the requestBody has no payload", s.Decl.StepID, label(s))
	default:
		return true
	}
	d.Related = t.bodyPlace(s)
	return true
}

// bodyNotSent reports that a step leaves out a body that the description has an
// example of.
func (t *typing) bodyNotSent(s *program.Step) {
	if s.Operation.Body == nil || s.Decl.RequestBody != nil || slices.Contains(bodyless, s.Operation.Method) {
		return
	}
	for _, m := range s.Operation.Body.Content {
		if m.HasExample() {
			d := t.report(s.Workflow.Document, arazzo.Note, "body-not-sent", s.Decl.At("requestBody"),
				"%s is sent without a body; its description has an example of one, which may be the payload of a requestBody", label(s))
			d.Related = t.bodyPlace(s)
			return
		}
	}
}

// mediaOf returns what a body declares for a content type. Something that is not
// a media type, as some descriptions have it, is taken for any.
func mediaOf(b *openapi.Body, contentType string) *openapi.MediaType {
	if m := b.Media(contentType); m != nil {
		return m
	}
	for _, m := range b.Content {
		if !strings.Contains(m.Type, "/") {
			return m
		}
	}
	return nil
}

// undeclaredType reports a content type that the operation does not accept.
func (t *typing) undeclaredType(s *program.Step, mediaType string, place arazzo.Position) {
	var types []string
	for _, m := range s.Operation.Body.Content {
		types = append(types, m.Type)
	}
	if len(types) == 0 || !strings.Contains(mediaType, "/") {
		return
	}
	d := t.report(s.Workflow.Document, arazzo.Warning, "content-type", place,
		"%s does not accept a body of type %s; it declares %s", label(s), mediaType, strings.Join(types, ", "))
	d.Related = t.bodyPlace(s)
}

// payload checks what a body consists of: its payload and its replacements.
func (t *typing) payload(at *scope, s *program.Step, f flow) {
	f.replaced = newReplaced(s.Body.Replacements)
	for r := range program.Each(s.Body.Replacements) {
		if r.Query != nil || r.XPath != nil {
			continue
		}
		if found := f.want.Follow(r.Pointer); found.Type != nil && !slices.Contains(r.Pointer, "-") {
			t.fits(at, &r.Value, flow{want: found.Type, text: f.text, what: fmt.Sprintf("%s in the body of %s", quoteToken(r.Pointer), label(s))})
		} else if found.Presence == schema.Never || found.Presence == schema.Undeclared {
			t.unknownMember(at, f, r.Place, r.Pointer[found.At], found, found.Names)
		}
	}
	payload := &s.Body.Payload
	if !f.text {
		payload = textPayload(payload)
	}
	if payload.Kind != program.Constant || payload.Constant != nil {
		t.fits(at, payload, f)
	}
}

// bodyless are the methods whose bodies have no meaning, which bodyRules reports.
var bodyless = []string{"GET", "HEAD", "DELETE"}

func (t *typing) bodyPlace(s *program.Step) []arazzo.Related {
	n := s.Operation.Node.Get("requestBody")
	if n == nil || s.Source == nil || s.Source.Description == nil {
		return nil
	}
	return schemaPlace(schema.Place{Location: s.Source.Description.Location(), Line: n.Line, Column: n.Column}, "the body is declared here")
}

// flow is the destination of a value.
type flow struct {
	want     *schema.Type
	text     bool // it is written as text
	what     string
	path     []string
	members  bool      // members are looked at one by one
	files    bool      // they may be files
	replaced *replaced // what replacements put in
}

func (f flow) into(token string, want *schema.Type) flow {
	f.want = want
	f.path = append(f.path[:len(f.path):len(f.path)], token)
	return f
}

// name returns what the value becomes, for messages.
func (f flow) name() string {
	if len(f.path) == 0 {
		return f.what
	}
	return fmt.Sprintf("%s in %s", quoteToken(f.path), f.what)
}

// replaced is what replacements put into a body.
type replaced struct {
	anywhere bool            // the target of one is not a pointer
	whole    map[string]bool // the places that are targets
	within   map[string]bool // the places that a target is at or below
}

func newReplaced(list []program.Replacement) *replaced {
	r := &replaced{whole: map[string]bool{}, within: map[string]bool{}}
	for _, one := range list {
		if r.anywhere = r.anywhere || one.Query != nil || one.XPath != nil; r.anywhere {
			break
		}
		pointer := ""
		r.within[pointer] = true
		for _, token := range one.Pointer {
			pointer += "/" + value.PointerToken(token)
			r.within[pointer] = true
		}
		r.whole[pointer] = true
	}
	return r
}

// puts reports whether a replacement puts something at or below a member, or at
// what the member is in.
func (f flow) puts(name string) bool {
	if f.replaced == nil {
		return false
	}
	pointer := ""
	whole := f.replaced.anywhere || f.replaced.whole[pointer]
	for _, token := range f.path {
		pointer += "/" + value.PointerToken(token)
		whole = whole || f.replaced.whole[pointer]
	}
	return whole || f.replaced.within[pointer+"/"+value.PointerToken(name)]
}

// fits reports values that the schema does not allow.
func (t *typing) fits(at *scope, v *program.Operand, f flow) {
	if v == nil || f.files && len(f.path) > 0 && v.IsFile() {
		return
	}
	v = unfolded(v)
	if text, ok := v.Constant.(string); ok && expr.LooksLike(text) {
		return // meant as an expression, which has a diagnostic already
	}
	switch v.Kind {
	case program.Object, program.Array:
		kind := schema.Array
		if v.Kind == program.Object {
			kind = schema.Object
		}
		if p := f.want.Refuses(schema.Kind(kind), false); p != nil {
			t.misfit(at, v, f, p, kind.String())
			return
		}
		// In parameters and inside a form, arrays and objects are serialized in their own ways.
		if f.text && (len(f.path) > 0 || !f.members) {
			return
		}
		if v.Kind == program.Object {
			t.object(at, v, f)
			return
		}
		for i := range v.Items {
			if found := f.want.Item(i); found.Type != nil {
				t.fits(at, &v.Items[i], f.into(strconv.Itoa(i), found.Type))
			}
		}
		return
	}
	got := t.value(at, v)
	if p := f.want.Refuses(got, f.text); p != nil {
		t.misfit(at, v, f, p, spoken(v, got))
		return
	}
	if v.Kind == program.Reference && !f.text && got.Kinds() == schema.Array && f.want.Kinds() == schema.Array {
		have, want := got.Items(), f.want.Items()
		if have == nil || want == nil || !have.Known() {
			return
		}
		if p := want.Refuses(have, false); p != nil && p.Fault == schema.WrongType {
			whole := *p
			whole.Want = strings.Replace(p.Want, "must be", "must be an array whose items are", 1)
			t.misfit(at, v, f, &whole, "an array whose items are "+have.Kinds().String())
		}
	}
}

// spoken describes a value in a message.
func spoken(v *program.Operand, got *schema.Type) string {
	switch v.Kind {
	case program.Constant:
		return literal(v.Constant)
	case program.Interpolation:
		return "text"
	case program.Reference:
		return v.Ref.Text + ", " + typeText(got)
	}
	return typeText(got)
}

func typeText(t *schema.Type) string {
	if values, closed := t.Values(); closed && len(values) > 0 {
		return "one of " + listValues(values)
	}
	text := t.Kinds().String()
	for _, a := range t.Alternatives() {
		if format := a.Format(); format != "" && len(t.Alternatives()) == 1 {
			return text + " (" + format + ")"
		}
	}
	return text
}

// unfolded returns a constant with its members as operands, so that each has a
// place.
func unfolded(v *program.Operand) *program.Operand {
	if v.Kind != program.Constant {
		return v
	}
	switch c := v.Constant.(type) {
	case []any:
		out := &program.Operand{Kind: program.Array, Place: v.Place}
		for i, item := range c {
			out.Items = append(out.Items, program.Operand{Constant: item, Place: inside(v.Place, strconv.Itoa(i))})
		}
		return out
	case map[string]any:
		out := &program.Operand{Kind: program.Object, Place: v.Place}
		for name := range c {
			out.Names = append(out.Names, name)
		}
		sort.Strings(out.Names)
		for _, name := range out.Names {
			out.Items = append(out.Items, program.Operand{Constant: c[name], Place: inside(v.Place, name)})
		}
		return out
	}
	return v
}

// inside returns the place of a member; exact finds its line.
func inside(p arazzo.Position, name string) arazzo.Position {
	if p.Pointer == "" {
		return p
	}
	p.Pointer += "/" + value.PointerToken(name)
	return p
}

// exact returns a place that inside has made, with its line.
func (t *typing) exact(at *scope, p arazzo.Position) arazzo.Position {
	if n := at.workflow.Document.Decl.Origin().At(p.Pointer).Position(); n.Line > 0 && p.Pointer != "" {
		p.Line, p.Column = n.Line, n.Column
	}
	return p
}

func (t *typing) object(at *scope, v *program.Operand, f flow) {
	given := map[string]bool{}
	for _, name := range v.Names {
		given[name] = true
	}
	for i, name := range v.Names {
		found := f.want.Member(name)
		switch {
		case found.Type != nil:
			t.fits(at, &v.Items[i], f.into(name, found.Type))
		case found.Presence == schema.Never:
			t.unknownMember(at, f, v.Items[i].Place, name, found, t.takers(at, f, &v.Items[i], name, missingOf(found.Names, given)))
		case found.Presence == schema.Undeclared && f.members && !inPath(at.step, name):
			candidates := t.takers(at, f, &v.Items[i], name, missingOf(found.Names, given))
			if near := t.near(name, candidates); len(near) > 0 && !slices.Contains(f.want.Required(), near[0]) {
				t.unknownMember(at, f, v.Items[i].Place, name, found, candidates)
			}
		}
	}
	undeclared := undeclared(f.want, v.Names)
	for _, name := range f.want.Required() {
		if given[name] || f.puts(name) {
			continue
		}
		if found := f.want.Member(name); found.Type != nil && found.Type.HasDefault() {
			continue
		}
		instead := ""
		if near := t.near(name, undeclared); len(near) > 0 {
			instead = fmt.Sprintf("; it has %q, which the schema does not list", near[0])
		}
		place, _ := f.want.Place()
		d := t.report(at.workflow.Document, arazzo.Warning, "body-member-missing", t.exact(at, v.Place),
			"%s requires the member %q, which is missing%s", f.name(), name, instead)
		d.Related = schemaPlace(place, "its schema")
	}
}

// inPath reports whether a member has the name of a path parameter of the
// operation: it is repeated, not misspelled.
func inPath(s *program.Step, name string) bool {
	return s.Operation != nil && slices.ContainsFunc(s.Operation.Parameters, func(p *openapi.Parameter) bool {
		return p.In == "path" && nearest.Plain(p.Name) == nearest.Plain(name)
	})
}

// missingOf returns the declared names that are not given.
func missingOf(declared []string, given map[string]bool) []string {
	return slices.DeleteFunc(slices.Clone(declared), func(name string) bool { return given[name] })
}

// undeclared returns the given names that the schema does not list.
func undeclared(want *schema.Type, given []string) (names []string) {
	for _, name := range given {
		if p := want.Member(name).Presence; p == schema.Undeclared || p == schema.Never {
			names = append(names, name)
		}
	}
	return names
}

// takers returns the members that a value could have been meant for: those with
// nearly the same name, and those that allow the value.
func (t *typing) takers(at *scope, f flow, v *program.Operand, name string, members []string) []string {
	got := t.value(at, v)
	return slices.DeleteFunc(members, func(member string) bool {
		m := f.want.Member(member)
		switch {
		case sameWord(name, member):
			return false
		case m.Type == nil || !got.Known() && m.Type.Kinds()&schema.Scalars == 0:
			return true
		}
		return m.Type.Refuses(got, f.text) != nil
	})
}

// sameWord reports whether names differ in case, separators and number only.
func sameWord(a, b string) bool {
	return strings.TrimSuffix(nearest.Plain(a), "s") == strings.TrimSuffix(nearest.Plain(b), "s")
}

// unknownMember reports a member that the schema does not list: for certain
// where it forbids others, else only where one of the candidates is near.
func (t *typing) unknownMember(at *scope, f flow, place arazzo.Position, name string, found schema.Found, candidates []string) {
	place = t.exact(at, place)
	hint := t.hint(name, candidates)()
	var d *arazzo.Diagnostic
	switch {
	case found.Presence == schema.Never:
		d = t.report(at.workflow.Document, arazzo.Warning, "body-member-unknown", place, "%s cannot have a member %q%s", f.name(), name, hint)
	case hint == "":
		return
	default:
		d = t.report(at.workflow.Document, arazzo.Note, "body-member-near", place, "%s has no member %q%s", f.name(), name, hint)
	}
	d.Related = schemaPlace(found.Place, "its schema has "+listNames(found.Names))
}

// misfit reports a value that cannot be what is wanted.
func (t *typing) misfit(at *scope, v *program.Operand, f flow, p *schema.Problem, is string) {
	place := t.exact(at, v.Place)
	var d *arazzo.Diagnostic
	switch p.Fault {
	case schema.NotListed:
		d = t.report(at.workflow.Document, arazzo.Warning, "value-enum", place, "%s is %s; it must be one of %s", f.name(), is,
			listValues(p.Listed))
		if text, ok := v.Constant.(string); ok {
			d.Message += hintValue(text, p.Listed)
			respell(at.workflow.Document, d, place, text, 0, len(text), nearest.Same(text, stringsOf(p.Listed)))
		}
	case schema.WrongForm:
		d = t.report(at.workflow.Document, arazzo.Warning, "value-form", place, "%s is %s; it %s", f.name(), is, p.Want)
	default:
		d = t.report(at.workflow.Document, arazzo.Warning, "value-type", place, "%s is %s; it %s", f.name(), is, p.Want)
		if v.Kind == program.Interpolation && len(v.Template.Refs) == 1 && len(v.Template.Parsed.Parts) == 1 {
			d.Message += fmt.Sprintf("; without braces, %s, it keeps its type", v.Template.Refs[0].Text)
		}
	}
	if p.HasText {
		d.Related = schemaPlace(p.Place, "its schema")
	}
}

// textPayload reads a JSON payload that is given as text (O8), so that its
// members are seen.
func textPayload(v *program.Operand) *program.Operand {
	switch text, isText := v.Constant.(string); {
	case v.Kind == program.Constant && isText:
		decoded, err := value.Decode([]byte(text))
		if err != nil {
			return v
		}
		return reread(decoded, nil, nil, v.Place)
	case v.Kind == program.Interpolation:
		return templatePayload(v)
	}
	return v
}

// marker is the placeholder of the i-th expression of a text.
func marker(i int) string { return "\ue000" + strconv.Itoa(i) + "\ue001" }

func templatePayload(v *program.Operand) *program.Operand {
	var b strings.Builder
	inString := false
	var whole []bool // expressions outside of strings
	for _, part := range v.Template.Parsed.Parts {
		if part.Expr == nil {
			b.WriteString(part.Literal)
			inString = value.InStringAfter(inString, part.Literal)
			continue
		}
		text := marker(len(whole))
		if !inString {
			text = `"` + text + `"`
		}
		whole = append(whole, !inString)
		b.WriteString(text)
	}
	decoded, err := value.Decode([]byte(b.String()))
	if err != nil {
		return &program.Operand{Kind: program.Selection, Selector: &program.Selector{}, Place: v.Place} // not JSON: nothing is known
	}
	return reread(decoded, whole, v.Template.Refs, v.Place)
}

// reread returns the operand for the value of a JSON text.
func reread(v any, whole []bool, refs []program.Ref, place arazzo.Position) *program.Operand {
	switch v := v.(type) {
	case map[string]any:
		out := &program.Operand{Kind: program.Object, Place: place}
		for name := range v {
			out.Names = append(out.Names, name)
		}
		sort.Strings(out.Names)
		for _, name := range out.Names {
			out.Items = append(out.Items, *reread(v[name], whole, refs, place))
		}
		return out
	case []any:
		out := &program.Operand{Kind: program.Array, Place: place}
		for _, item := range v {
			out.Items = append(out.Items, *reread(item, whole, refs, place))
		}
		return out
	case string:
		for i := range whole {
			switch {
			case whole[i] && v == marker(i):
				return &program.Operand{Kind: program.Reference, Ref: refs[i], Place: place}
			case strings.Contains(v, marker(i)):
				return &program.Operand{Kind: program.Interpolation, Template: &program.Template{Parsed: &expr.Template{}}, Place: place}
			}
		}
	}
	return &program.Operand{Constant: v, Place: place}
}
