package link

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// operand compiles a value of the document: strings may be or hold expressions,
// arrays and objects may hold such strings.
func (l *workflowLinker) operand(n *arazzo.Node, at arazzo.Position) program.Operand {
	if n == nil {
		return program.Operand{Place: at}
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
	return program.Operand{Constant: n.Value(), Place: at}
}

func (l *workflowLinker) compound(n *arazzo.Node, at arazzo.Position) program.Operand {
	o := program.Operand{Kind: program.Array, Place: at}
	constant := true
	add := func(token string, child *arazzo.Node) {
		inner := at
		inner.Pointer += "/" + value.PointerToken(token)
		item := l.operand(child, inner)
		constant = constant && item.Kind == program.Constant
		o.Items = append(o.Items, item)
	}
	for i, item := range n.Items {
		add(strconv.Itoa(i), item)
	}
	if n.Kind == tree.Object {
		o.Kind = program.Object
		for _, m := range n.Members {
			o.Names = append(o.Names, m.Name)
			add(m.Name, m.Value)
		}
	}
	if constant {
		return program.Operand{Constant: n.Value(), Names: o.Names, Place: at}
	}
	return o
}

// text compiles a string: one expression, a template, or just text (E1, E2).
func (l *workflowLinker) text(s string, at arazzo.Position) program.Operand {
	if e, err := expr.Parse(s); err == nil {
		return program.Operand{Kind: program.Reference, Ref: l.ref(e, at), Place: at}
	} else if e := l.exactly(s); e != nil {
		return program.Operand{Kind: program.Reference, Ref: l.ref(e, at), Place: at}
	}
	t := l.template(s, at, l.declared)
	if t == nil {
		if expr.LooksLike(s) {
			_, err := expr.Parse(s)
			l.warn("literal-expression", at, "%q is no expression and is used as text: %s", s, program.SyntaxMessage(err))
			l.correctRoot(at, s)
		}
		return program.Operand{Constant: s, Place: at}
	}
	return program.Operand{Kind: program.Interpolation, Template: t, Place: at}
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
	for _, s := range l.workflow.Steps {
		output, ok := strings.CutPrefix(name, s.ID+".outputs.")
		if _, declared := s.Decl.Outputs.Get(output); ok && declared {
			return &expr.Expression{Root: expr.Steps, Name: name, Text: text}
		}
	}
	return nil
}

// template compiles a text with expressions inside, nil when it has none.
func (l *workflowLinker) template(s string, at arazzo.Position, word func(*expr.Expression) bool) *program.Template {
	if !strings.Contains(s, "$") {
		return nil
	}
	parsed := expr.ParseTemplate(s, word)
	for _, bad := range parsed.BadEmbeddings() {
		l.warn("literal-expression", at, "{%s} is no expression and is used as text: %s", strings.Trim(bad.Text, "{}"), program.SyntaxMessage(bad.Err))
		l.focus(at, bad.Offset, "{"+bad.Text+"}")
	}
	if _, constant := parsed.Constant(); constant {
		return nil
	}
	t := &program.Template{Parsed: parsed}
	for _, part := range parsed.Parts {
		if part.Expr == nil {
			continue
		}
		if part.Unbraced {
			l.asPublished("unbraced-expression", at, "inside a text an expression wants braces: {%s}", part.Expr.Text)
			l.correct(at, part.Offset, part.Expr.Text, 0, len(part.Expr.Text), "{"+part.Expr.Text+"}")
		}
		t.Refs = append(t.Refs, l.ref(part.Expr, at))
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
		return l.resolve(e, arazzo.Position{}, true).Kind != program.Missing
	}
	return true
}

// longest returns the longest of the declared names that text is, or begins
// with in front of a dot, and what follows it (E3).
func longest(text string, declared []string) (name, rest string) {
	return expr.Longest(text, declared)
}

func (l *workflowLinker) inputNames() []string {
	if l.workflow.Schema == nil {
		return nil
	}
	return l.workflow.Schema.Names
}

// stepName finds the step that a dotted name begins with.
func (l *workflowLinker) stepName(text string) (*program.Step, string) {
	ids := make([]string, len(l.workflow.Steps))
	var followed []string // the ids that something of the text follows
	for i, s := range l.workflow.Steps {
		if ids[i] = s.ID; s.ID != text {
			followed = append(followed, s.ID)
		}
	}
	id, rest := longest(text, followed)
	if id == "" {
		id, rest = longest(text, ids)
	}
	if id == "" {
		return nil, ""
	}
	return l.workflow.Steps[slices.Index(ids, id)], rest
}

// outputNames returns the outputs that a step declares; one that calls a
// workflow and declares none has those of the workflow (F17).
func (l *workflowLinker) outputNames(s *program.Step) []string {
	var names []string
	for _, e := range s.Decl.Outputs {
		names = append(names, e.Name)
	}
	if len(names) == 0 && s.Decl.WorkflowID != "" {
		called := s.Called
		if called == nil {
			called = l.lookUpWorkflow(s.Decl.WorkflowID)
		}
		if called != nil {
			for _, e := range called.Decl.Outputs {
				names = append(names, e.Name)
			}
		}
	}
	return names
}

// lookUpWorkflow is workflowRef without diagnostics.
func (l *workflowLinker) lookUpWorkflow(id string) *program.Workflow {
	if rest, ok := strings.CutPrefix(strings.Trim(id, "{}"), "$sourceDescriptions."); ok {
		name, inner := l.sourceName(l.workflow.Document, rest)
		for _, s := range l.workflow.Document.Sources {
			if s.Name == name && s.Document != nil {
				return s.Document.Workflows[inner]
			}
		}
		return nil
	}
	return l.workflow.Document.Workflows[id]
}

func (l *workflowLinker) ref(e *expr.Expression, at arazzo.Position) program.Ref {
	if len(e.Access) > 0 {
		if exact := l.exactly(e.Text); exact != nil {
			exact.Offset = e.Offset
			e = exact
		}
	}
	whole := len(e.Access) > 0 && len(l.resolve(e, at, true).Access) > len(e.Access)
	for _, form := range e.Forms {
		if form.Note == expr.NoteDotted && whole {
			continue // navigate tells of all of it
		}
		l.asPublished(string(form.Note), at, "%s", noteMessages[form.Note])
		l.correctForm(at, e, form)
	}
	r := l.resolve(e, at, false)
	r.Whole = dotted(r.Access)
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
var messageRefs = map[expr.Root]program.RefKind{expr.URL: program.URL, expr.Method: program.Method, expr.StatusCode: program.StatusCode}

var sourceRefs = map[expr.Root]map[expr.Source]program.RefKind{
	expr.Request:  {expr.Header: program.RequestHeader, expr.Query: program.RequestQuery, expr.Path: program.RequestPath, expr.Body: program.RequestBody},
	expr.Response: {expr.Header: program.ResponseHeader, expr.Body: program.ResponseBody},
}

// resolve looks up what an expression names. quiet leaves the diagnostics out.
func (l *workflowLinker) resolve(e *expr.Expression, at arazzo.Position, quiet bool) program.Ref {
	r := program.Ref{Kind: program.Missing, Name: e.Name, Pointer: e.Pointer, Access: e.Access, Text: e.Text, Place: at, Offset: e.Offset}
	switch e.Root {
	case expr.URL, expr.Method, expr.StatusCode:
		r.Kind = messageRefs[e.Root]
	case expr.Request, expr.Response:
		if kind, ok := sourceRefs[e.Root][e.Source]; ok {
			r.Kind = kind
		} else if !quiet {
			l.warn("unknown-value", at, "%s: a response has a header and a body only", e.Text)
			l.focus(at, e.Offset, e.Text)
		}
	case expr.Inputs:
		l.resolveInput(&r, quiet)
	case expr.Outputs:
		r.Kind, r.Dotted = program.OutputRef, true
	case expr.Steps:
		l.resolveStep(&r, quiet)
	case expr.Workflows:
		l.resolveWorkflow(&r, quiet)
	case expr.SourceDescriptions:
		l.resolveSource(&r, quiet)
	case expr.Components:
		l.resolveComponent(&r, quiet)
	case expr.Self:
		if !l.workflow.Document.Later() {
			if !quiet {
				l.warn("unknown-value", at, "$self came with version 1.1.0; this document is of version 1.0")
			}
			break
		}
		r.Kind, r.Value = program.Known, cmp.Or(l.workflow.Document.Decl.Self, l.workflow.Document.Decl.Location)
	}
	return r
}

func (l *workflowLinker) resolveInput(r *program.Ref, quiet bool) {
	r.Kind = program.InputRef
	name, rest := longest(r.Name, l.inputNames())
	if name != "" {
		r.Name = name
		l.navigate(r, rest, quiet)
		return
	}
	r.Dotted = true
	if !quiet {
		l.warn("unknown-input", r.Place, "workflow %q declares no input %q%s", l.workflow.ID, r.Name, nearest.Hint(r.Name, l.inputNames()))
		name, _, _ := strings.Cut(r.Name, ".")
		l.rename(r.Place, r.Offset, r.Text, name, l.inputNames())
	}
}

// navigate turns what follows a declared name into accessors (E5).
func (l *workflowLinker) navigate(r *program.Ref, rest string, quiet bool) {
	if rest == "" {
		return
	}
	names := strings.Split(rest, ".")
	if len(r.Pointer) > 0 {
		r.Pointer = append(names, r.Pointer...)
	} else {
		access := make([]expr.Access, len(names))
		for i, name := range names {
			access[i].Name = name
		}
		r.Access = append(access, r.Access...)
	}
	if quiet || l.inCondition {
		return
	}
	l.asPublished(string(expr.NoteDotted), r.Place, "%s", noteMessages[expr.NoteDotted])
	before, after, ok := cutPart(r.Text, "."+rest)
	if !ok {
		l.focus(r.Place, r.Offset, r.Text)
		return
	}
	end := len(r.Text) - len(strings.TrimPrefix(after, "#"))
	if after != "" && !strings.HasPrefix(after, "#") {
		if strings.Contains(after, "#") {
			l.focus(r.Place, r.Offset, r.Text)
			return
		}
		names, end = tokens(r.Access), len(r.Text)
	}
	pointer := "#"
	for _, name := range names {
		pointer += "/" + value.PointerToken(name)
	}
	l.correct(r.Place, r.Offset, r.Text, len(before), end, pointer)
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

func (l *workflowLinker) resolveStep(r *program.Ref, quiet bool) {
	s, rest := l.stepName(r.Name)
	if s == nil {
		id, _, _ := strings.Cut(r.Name, ".")
		var ids []string
		for _, s := range l.workflow.Steps {
			ids = append(ids, s.ID)
		}
		if !quiet {
			l.warn("unknown-step-value", r.Place, "workflow %q has no step %q; %s is always missing%s", l.workflow.ID, id, r.Text, nearest.Hint(id, ids))
			if right := nearest.Only(id, ids); right != "" {
				start := len("$steps.")
				l.correct(r.Place, r.Offset, r.Text, start, start+len(id), right)
			} else {
				l.focus(r.Place, r.Offset, r.Text)
			}
		}
		return
	}
	r.Kind, r.Step = program.StepOutput, s
	declared := l.outputNames(s)
	name, ok := strings.CutPrefix(rest, "outputs.")
	if !ok {
		name, ok = rest, slices.Contains(declared, rest)
		if !ok {
			r.Kind = program.Missing
			if !quiet {
				l.warn("unknown-step-value", r.Place, "%s is always missing; a step has outputs: $steps.%s.outputs.<name>", r.Text, s.ID)
				l.focus(r.Place, r.Offset, r.Text)
			}
			return
		}
		if !quiet {
			l.asPublished("steps-without-outputs", r.Place, "a step's outputs are at $steps.%s.outputs.%s", s.ID, name)
			start := len("$steps." + s.ID + ".")
			l.correct(r.Place, r.Offset, r.Text, start, start, "outputs.")
		}
	}
	found, after := longest(name, declared)
	if found == "" {
		r.Name, r.Dotted = name, true
		if !quiet {
			l.warn("unknown-output", r.Place, "step %q declares no output %q%s", s.ID, name, nearest.Hint(name, declared))
			first, _, _ := strings.Cut(name, ".")
			l.rename(r.Place, r.Offset, r.Text, first, declared)
		}
		return
	}
	r.Name = found
	if len(s.Decl.Outputs) > 0 {
		r.Slot = 1 + slices.Index(declared, found)
	}
	l.navigate(r, after, quiet)
}

func (l *workflowLinker) resolveWorkflow(r *program.Ref, quiet bool) {
	var ids []string
	for id := range l.workflow.Document.Workflows {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	id, rest := longest(r.Name, ids)
	field, name, _ := strings.Cut(rest, ".")
	if id == "" || field != "inputs" && field != "outputs" {
		if !quiet {
			l.warn("unknown-workflow-value", r.Place, "%s is always missing; write $workflows.<workflowId>.outputs.<name>%s", r.Text, nearest.Hint(r.Name, ids))
			l.focus(r.Place, r.Offset, r.Text)
		}
		return
	}
	r.Kind, r.Workflow, r.Name, r.Dotted = program.WorkflowOutput, l.workflow.Document.Workflows[id], name, true
	if field == "inputs" {
		r.Kind = program.WorkflowInput
	}
}

// settle looks up the inputs and outputs of workflows that expressions name, once
// all workflows are linked (E3).
func (l *linker) settle() {
	for _, w := range l.program.Workflows {
		w.EachRef(func(_ *program.Step, _ program.Moment, r *program.Ref) {
			if r.Kind != program.WorkflowInput && r.Kind != program.WorkflowOutput || !r.Dotted {
				return
			}
			name, rest := longest(r.Name, valueNames(r))
			if name == "" {
				return
			}
			r.Name, r.Dotted = name, false
			if rest != "" {
				r.Pointer = append(strings.Split(rest, "."), r.Pointer...)
			}
		})
	}
}

// valueNames returns the names of the inputs or outputs of the workflow that an
// expression names.
func valueNames(r *program.Ref) []string {
	if r.Kind == program.WorkflowOutput {
		names := make([]string, len(r.Workflow.Decl.Outputs))
		for i, e := range r.Workflow.Decl.Outputs {
			names[i] = e.Name
		}
		return names
	}
	if r.Workflow.Schema == nil {
		return nil
	}
	return r.Workflow.Schema.Names
}

// resolveSource gives what a source description says (E11); an operation or
// workflow id stands for itself.
func (l *workflowLinker) resolveSource(r *program.Ref, quiet bool) {
	name, field := l.sourceName(l.workflow.Document, r.Name)
	decl := l.workflow.Document.Decl.Source(name)
	if decl == nil {
		if !quiet {
			l.warn("unknown-source", r.Place, "%s is always missing; there is no source description %q", r.Text, name)
			l.focus(r.Place, r.Offset, r.Text)
		}
		return
	}
	r.Kind, r.Value = program.Known, field
	for _, s := range l.workflow.Document.Sources {
		known := s.Name == name && (s.Document != nil && s.Document.Decl.Workflow(field) != nil ||
			s.Description != nil && slices.Contains(s.Description.OperationIDs(), field))
		if known {
			return
		}
	}
	switch field {
	case "url":
		r.Value = decl.URL
	case "name":
		r.Value = decl.Name
	case "type":
		r.Value = cmp.Or(decl.Type, l.sourceType(name))
	default:
		r.Kind = program.Missing
		if !quiet {
			l.warn("unknown-value", r.Place, "source %q has no operation, workflow or field %q", name, field)
			l.focus(r.Place, r.Offset, r.Text)
		}
	}
}

// sourceType tells what a source is whose type the document leaves out (O3).
func (l *workflowLinker) sourceType(name string) string {
	for _, s := range l.workflow.Document.Sources {
		if s.Name == name && s.Document != nil {
			return "arazzo"
		}
	}
	return "openapi"
}

func (l *workflowLinker) resolveComponent(r *program.Ref, quiet bool) {
	kind, name, _ := strings.Cut(r.Name, ".")
	c := l.workflow.Document.Decl.Components
	if c != nil && kind == "parameters" {
		if p, ok := c.Parameters.Get(name); ok && p.Value != nil && !slices.Contains(l.components, name) {
			l.components = append(l.components, name)
			o := l.operand(p.Value, p.At("value"))
			l.components = l.components[:len(l.components)-1]
			r.Kind, r.Operand = program.ComponentParameter, &o
			return
		}
	}
	if !quiet {
		l.warn("unknown-component", r.Place, "%s is always missing; only $components.parameters.<name> has a value", r.Text)
		l.focus(r.Place, r.Offset, r.Text)
	}
}
