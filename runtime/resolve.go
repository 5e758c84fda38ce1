package runtime

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// operand compiles a value of the document: strings may be or hold expressions,
// arrays and objects may hold such strings.
func (l *workflowLinker) operand(n *arazzo.Node, at arazzo.Position) operand {
	if n == nil {
		return operand{place: at}
	}
	at.Line, at.Column = n.Line, n.Column
	switch n.Kind {
	case tree.String:
		return l.text(n.Text, at)
	case tree.Array, tree.Object:
		if l.isSelector(n) {
			return l.selectorOf(n, at)
		}
		return l.compound(n, at)
	}
	return operand{constant: n.Value(), place: at}
}

func (l *workflowLinker) compound(n *arazzo.Node, at arazzo.Position) operand {
	o := operand{kind: arrayOperand, place: at}
	constant := true
	add := func(token string, child *arazzo.Node) {
		inner := at
		inner.Pointer += "/" + value.PointerToken(token)
		item := l.operand(child, inner)
		constant = constant && item.kind == constantOperand
		o.items = append(o.items, item)
	}
	for i, item := range n.Items {
		add(strconv.Itoa(i), item)
	}
	if n.Kind == tree.Object {
		o.kind = objectOperand
		for _, m := range n.Members {
			o.names = append(o.names, m.Name)
			add(m.Name, m.Value)
		}
	}
	if constant {
		return operand{constant: n.Value(), names: o.names, place: at}
	}
	return o
}

// text compiles a string: one expression, a template, or just text (E1, E2).
func (l *workflowLinker) text(s string, at arazzo.Position) operand {
	if e, err := expr.Parse(s); err == nil {
		return operand{kind: refOperand, ref: l.ref(e, at), place: at}
	} else if e := l.exactly(s); e != nil {
		return operand{kind: refOperand, ref: l.ref(e, at), place: at}
	}
	t := l.template(s, at, l.declared)
	if t == nil {
		if expr.LooksLike(s) {
			_, err := expr.Parse(s)
			l.warn("literal-expression", at, "%q is no expression and is used as text: %s", s, syntaxMessage(err))
			l.correctRoot(at, s)
		}
		return operand{constant: s, place: at}
	}
	return operand{kind: templateOperand, template: t, place: at}
}

// exactly reads a text as the input, or the output of a step, that is declared
// by just that name, such as "$inputs.filter[status]" or
// "$steps.s.outputs.total (net)": the grammar allows any characters, and an
// exactly so named key wins (E5).
func (l *workflowLinker) exactly(text string) *expr.Expression {
	if name, ok := strings.CutPrefix(text, "$inputs."); ok && slices.Contains(l.inputNames(), name) {
		return &expr.Expression{Root: expr.Inputs, Name: name, Text: text}
	}
	name, ok := strings.CutPrefix(text, "$steps.")
	if !ok {
		return nil
	}
	for _, s := range l.workflow.steps {
		output, ok := strings.CutPrefix(name, s.id+".outputs.")
		if _, declared := s.decl.Outputs.Get(output); ok && declared {
			return &expr.Expression{Root: expr.Steps, Name: name, Text: text}
		}
	}
	return nil
}

// template compiles a text with expressions inside, nil when it has none.
func (l *workflowLinker) template(s string, at arazzo.Position, word func(*expr.Expression) bool) *template {
	if !strings.Contains(s, "$") {
		return nil
	}
	parsed := expr.ParseTemplate(s, word)
	for _, bad := range parsed.BadEmbeddings() {
		l.warn("literal-expression", at, "{%s} is no expression and is used as text: %s", strings.Trim(bad.Text, "{}"), syntaxMessage(bad.Err))
		l.focus(at, bad.Offset, "{"+bad.Text+"}")
	}
	if _, constant := parsed.Constant(); constant {
		return nil
	}
	t := &template{parsed: parsed}
	for _, part := range parsed.Parts {
		if part.Expr == nil {
			continue
		}
		if part.Unbraced {
			l.asPublished("unbraced-expression", at, "inside a text an expression wants braces: {%s}", part.Expr.Text)
			l.correct(at, part.Offset, part.Expr.Text, 0, len(part.Expr.Text), "{"+part.Expr.Text+"}")
		}
		t.refs = append(t.refs, l.ref(part.Expr, at))
	}
	return t
}

// declared reports whether an expression without braces names something that
// exists (E1a): a declared input, an output of a declared step, or a part of
// the message.
func (l *workflowLinker) declared(e *expr.Expression) bool {
	switch e.Root {
	case expr.Inputs:
		name, _ := longest(e.Name, l.inputNames())
		return name != ""
	case expr.Steps:
		s, rest := l.stepName(e.Name)
		if s == nil {
			return false
		}
		name, _ := longest(strings.TrimPrefix(rest, "outputs."), l.outputNames(s))
		return name != ""
	case expr.Outputs, expr.Workflows, expr.SourceDescriptions, expr.Components:
		return l.resolve(e, arazzo.Position{}, true).kind != missingRef
	}
	return true
}

// longest returns the longest of the declared names that text is, or begins
// with in front of a dot, and what follows it (E3).
func longest(text string, declared []string) (name, rest string) {
	return expr.Longest(text, declared)
}

func (l *workflowLinker) inputNames() []string {
	if l.workflow.schema == nil {
		return nil
	}
	return l.workflow.schema.names
}

// stepName finds the step that a dotted name begins with.
func (l *workflowLinker) stepName(text string) (*step, string) {
	ids := make([]string, len(l.workflow.steps))
	var followed []string // the ids that something of the text follows
	for i, s := range l.workflow.steps {
		if ids[i] = s.id; s.id != text {
			followed = append(followed, s.id)
		}
	}
	id, rest := longest(text, followed)
	if id == "" {
		id, rest = longest(text, ids)
	}
	if id == "" {
		return nil, ""
	}
	return l.workflow.steps[slices.Index(ids, id)], rest
}

// outputNames returns the outputs that a step declares; one that calls a
// workflow and declares none has those of the workflow (F17).
func (l *workflowLinker) outputNames(s *step) []string {
	var names []string
	for _, e := range s.decl.Outputs {
		names = append(names, e.Name)
	}
	if len(names) == 0 && s.decl.WorkflowID != "" {
		called := s.called
		if called < 0 {
			called, _ = l.lookUpWorkflow(s.decl.WorkflowID)
		}
		if called >= 0 {
			for _, e := range l.program.workflows[called].decl.Outputs {
				names = append(names, e.Name)
			}
		}
	}
	return names
}

// lookUpWorkflow is workflowRef without diagnostics.
func (l *workflowLinker) lookUpWorkflow(id string) (int, bool) {
	if rest, ok := strings.CutPrefix(strings.Trim(id, "{}"), "$sourceDescriptions."); ok {
		name, inner := l.sourceName(l.workflow.document, rest)
		for _, s := range l.workflow.document.sources {
			if s.name == name && s.document != nil {
				if i, ok := s.document.workflows[inner]; ok {
					return i, true
				}
			}
		}
		return -1, false
	}
	if i, ok := l.workflow.document.workflows[id]; ok {
		return i, true
	}
	return -1, false
}

func (l *workflowLinker) ref(e *expr.Expression, at arazzo.Position) ref {
	if len(e.Access) > 0 {
		if exact := l.exactly(e.Text); exact != nil {
			exact.Offset = e.Offset
			e = exact
		}
	}
	whole := len(e.Access) > 0 && len(l.resolve(e, at, true).access) > len(e.Access)
	for _, form := range e.Forms {
		if form.Note == expr.NoteDotted && whole {
			continue // navigate tells of all of it
		}
		l.asPublished(string(form.Note), at, "%s", noteMessages[form.Note])
		l.correctForm(at, e, form)
	}
	r := l.resolve(e, at, false)
	r.whole = dotted(r.access)
	return r
}

// dotted gives accessors that are all names as one name with dots; empty when
// there are fewer than two, or others.
func dotted(access []expr.Access) string {
	return expr.Dotted(access)
}

// noteMessages says what would be right for each form that is read leniently.
var noteMessages = map[expr.Note]string{
	expr.NoteHeaders:      "the headers of a message are at $response.header.<name>, without an s",
	expr.NoteBodyName:     "a JSON Pointer begins with a slash: $response.body#/<name>",
	expr.NoteDotted:       "values are reached by JSON Pointer: $response.body#/a/b",
	expr.NoteDoubleQuoted: "strings stand in single quotes",
	expr.NoteUnquotedWord: "strings stand in single quotes",
	expr.NoteBraced:       "a condition has no braces around it",
}

// messageRefs are the references that need no names.
var messageRefs = map[expr.Root]refKind{expr.URL: urlRef, expr.Method: methodRef, expr.StatusCode: statusRef}

var sourceRefs = map[expr.Root]map[expr.Source]refKind{
	expr.Request:  {expr.Header: requestHeaderRef, expr.Query: requestQueryRef, expr.Path: requestPathRef, expr.Body: requestBodyRef},
	expr.Response: {expr.Header: responseHeaderRef, expr.Body: responseBodyRef},
}

// resolve looks up what an expression names. quiet leaves the diagnostics out.
func (l *workflowLinker) resolve(e *expr.Expression, at arazzo.Position, quiet bool) ref {
	r := ref{kind: missingRef, name: e.Name, pointer: e.Pointer, access: e.Access, text: e.Text, place: at, offset: e.Offset}
	switch e.Root {
	case expr.URL, expr.Method, expr.StatusCode:
		r.kind = messageRefs[e.Root]
	case expr.Request, expr.Response:
		if kind, ok := sourceRefs[e.Root][e.Source]; ok {
			r.kind = kind
		} else if !quiet {
			l.warn("unknown-value", at, "%s: a response has a header and a body only", e.Text)
			l.focus(at, e.Offset, e.Text)
		}
	case expr.Inputs:
		l.resolveInput(&r, quiet)
	case expr.Outputs:
		r.kind, r.dotted = outputRef, true
	case expr.Steps:
		l.resolveStep(&r, quiet)
	case expr.Workflows:
		l.resolveWorkflow(&r, quiet)
	case expr.SourceDescriptions:
		l.resolveSource(&r, quiet)
	case expr.Components:
		l.resolveComponent(&r, quiet)
	case expr.Self:
		if !l.workflow.document.later() {
			if !quiet {
				l.warn("unknown-value", at, "$self came with version 1.1.0; this document is of version 1.0")
			}
			break
		}
		r.kind, r.value = constantRef, or(l.workflow.document.decl.Self, l.workflow.document.decl.Location)
	}
	return r
}

func (l *workflowLinker) resolveInput(r *ref, quiet bool) {
	r.kind = inputRef
	name, rest := longest(r.name, l.inputNames())
	if name != "" {
		r.name = name
		l.navigate(r, rest, quiet)
		return
	}
	r.dotted = true
	if !quiet {
		l.warn("unknown-input", r.place, "workflow %q declares no input %q%s", l.workflow.id, r.name, nearest.Hint(r.name, l.inputNames()))
		name, _, _ := strings.Cut(r.name, ".")
		l.rename(r.place, r.offset, r.text, name, l.inputNames())
	}
}

// navigate turns what follows a declared name into accessors (E5).
func (l *workflowLinker) navigate(r *ref, rest string, quiet bool) {
	if rest == "" {
		return
	}
	names := strings.Split(rest, ".")
	if len(r.pointer) > 0 {
		r.pointer = append(names, r.pointer...)
	} else {
		access := make([]expr.Access, len(names))
		for i, name := range names {
			access[i].Name = name
		}
		r.access = append(access, r.access...)
	}
	if quiet || l.inCondition {
		return
	}
	l.asPublished(string(expr.NoteDotted), r.place, "%s", noteMessages[expr.NoteDotted])
	before, after, ok := cutPart(r.text, "."+rest)
	if !ok {
		l.focus(r.place, r.offset, r.text)
		return
	}
	end := len(r.text) - len(strings.TrimPrefix(after, "#"))
	if after != "" && !strings.HasPrefix(after, "#") {
		if strings.Contains(after, "#") {
			l.focus(r.place, r.offset, r.text)
			return
		}
		names, end = tokens(r.access), len(r.text)
	}
	pointer := "#"
	for _, name := range names {
		pointer += "/" + value.PointerToken(name)
	}
	l.correct(r.place, r.offset, r.text, len(before), end, pointer)
}

// cutPart cuts a text around a part that ends it, or stands in front of a
// pointer or an accessor: a name in front of it may begin alike.
func cutPart(text, part string) (before, after string, ok bool) {
	for i := range text {
		if after, found := strings.CutPrefix(text[i:], part); found && (after == "" || after[0] == '#' || after[0] == '[') {
			return text[:i], after, true
		}
	}
	return text, "", false
}

// tokens are accessors as the tokens of a JSON Pointer.
func tokens(access []expr.Access) []string {
	list := make([]string, len(access))
	for i, a := range access {
		if list[i] = a.Name; a.IsIndex {
			list[i] = strconv.Itoa(a.Index)
		}
	}
	return list
}

func (l *workflowLinker) resolveStep(r *ref, quiet bool) {
	s, rest := l.stepName(r.name)
	if s == nil {
		id, _, _ := strings.Cut(r.name, ".")
		var ids []string
		for _, s := range l.workflow.steps {
			ids = append(ids, s.id)
		}
		if !quiet {
			l.warn("unknown-step-value", r.place, "workflow %q has no step %q; %s is always missing%s", l.workflow.id, id, r.text, nearest.Hint(id, ids))
			if right := nearest.Only(id, ids); right != "" {
				start := len("$steps.")
				l.correct(r.place, r.offset, r.text, start, start+len(id), right)
			} else {
				l.focus(r.place, r.offset, r.text)
			}
		}
		return
	}
	r.kind, r.index = stepOutputRef, s.index
	declared := l.outputNames(s)
	name, ok := strings.CutPrefix(rest, "outputs.")
	if !ok {
		name, ok = rest, slices.Contains(declared, rest)
		if !ok {
			r.kind = missingRef
			if !quiet {
				l.warn("unknown-step-value", r.place, "%s is always missing; a step has outputs: $steps.%s.outputs.<name>", r.text, s.id)
				l.focus(r.place, r.offset, r.text)
			}
			return
		}
		if !quiet {
			l.asPublished("steps-without-outputs", r.place, "a step's outputs are at $steps.%s.outputs.%s", s.id, name)
			start := len("$steps." + s.id + ".")
			l.correct(r.place, r.offset, r.text, start, start, "outputs.")
		}
	}
	found, after := longest(name, declared)
	if found == "" {
		r.name, r.dotted = name, true
		if !quiet {
			l.warn("unknown-output", r.place, "step %q declares no output %q%s", s.id, name, nearest.Hint(name, declared))
			first, _, _ := strings.Cut(name, ".")
			l.rename(r.place, r.offset, r.text, first, declared)
		}
		return
	}
	r.name = found
	if len(s.decl.Outputs) > 0 {
		r.slot = 1 + slices.Index(declared, found)
	}
	l.navigate(r, after, quiet)
}

func (l *workflowLinker) resolveWorkflow(r *ref, quiet bool) {
	var ids []string
	for id := range l.workflow.document.workflows {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	id, rest := longest(r.name, ids)
	field, name, _ := strings.Cut(rest, ".")
	if id == "" || field != "inputs" && field != "outputs" {
		if !quiet {
			l.warn("unknown-workflow-value", r.place, "%s is always missing; write $workflows.<workflowId>.outputs.<name>%s", r.text, nearest.Hint(r.name, ids))
			l.focus(r.place, r.offset, r.text)
		}
		return
	}
	r.kind, r.index, r.name, r.dotted = workflowOutputRef, l.workflow.document.workflows[id], name, true
	if field == "inputs" {
		r.kind = workflowInputRef
	}
}

// resolveSource gives what a source description says (E11); an operation or
// workflow id stands for itself.
func (l *workflowLinker) resolveSource(r *ref, quiet bool) {
	name, field := l.sourceName(l.workflow.document, r.name)
	decl := l.workflow.document.decl.Source(name)
	if decl == nil {
		if !quiet {
			l.warn("unknown-source", r.place, "%s is always missing; there is no source description %q", r.text, name)
			l.focus(r.place, r.offset, r.text)
		}
		return
	}
	r.kind, r.value = constantRef, field
	for _, s := range l.workflow.document.sources {
		known := s.name == name && (s.document != nil && s.document.decl.Workflow(field) != nil ||
			s.description != nil && slices.Contains(s.description.OperationIDs(), field))
		if known {
			return
		}
	}
	switch field {
	case "url":
		r.value = decl.URL
	case "name":
		r.value = decl.Name
	case "type":
		r.value = or(decl.Type, l.sourceType(name))
	default:
		r.kind = missingRef
		if !quiet {
			l.warn("unknown-value", r.place, "source %q has no operation, workflow or field %q", name, field)
			l.focus(r.place, r.offset, r.text)
		}
	}
}

// sourceType tells what a source is whose type the document leaves out (O3).
func (l *workflowLinker) sourceType(name string) string {
	for _, s := range l.workflow.document.sources {
		if s.name == name && s.document != nil {
			return "arazzo"
		}
	}
	return "openapi"
}

func (l *workflowLinker) resolveComponent(r *ref, quiet bool) {
	kind, name, _ := strings.Cut(r.name, ".")
	c := l.workflow.document.decl.Components
	if c != nil && kind == "parameters" {
		if p, ok := c.Parameters.Get(name); ok && p.Value != nil && !slices.Contains(l.components, name) {
			l.components = append(l.components, name)
			o := l.operand(p.Value, p.At("value"))
			l.components = l.components[:len(l.components)-1]
			r.kind, r.operand = componentRef, &o
			return
		}
	}
	if !quiet {
		l.warn("unknown-component", r.place, "%s is always missing; only $components.parameters.<name> has a value", r.text)
		l.focus(r.place, r.offset, r.text)
	}
}
