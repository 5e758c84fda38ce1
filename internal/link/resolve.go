package link

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// resolution is what an expression names, and what is wrong with it. Nothing is
// reported yet: some callers only ask whether the name exists.
type resolution struct {
	program.Ref
	path     string // the dotted path after the declared name, which has become accessors (E5)
	problems []*problem
}

func (r *resolution) add(p *problem) { r.problems = append(r.problems, p) }

// declared reports whether an expression without braces names something that
// exists (E1a): a declared input, an output of a declared step, or a part of
// the message.
func (l *workflowLinker) declared(e *expr.Expression) bool {
	switch e.Root {
	case expr.Inputs:
		name, _ := l.inputs.prefix(e.Name)
		return name != ""
	case expr.Steps:
		s, rest := l.stepName(e.Name)
		if s == nil {
			return false
		}
		name, _ := l.outputNames(s).prefix(strings.TrimPrefix(rest, "outputs."))
		return name != ""
	case expr.Outputs, expr.Workflows, expr.SourceDescriptions, expr.Components:
		return l.resolve(e, arazzo.Position{}).Kind != program.Missing
	}
	return true
}

// ref links an expression and reports what is wrong with it.
func (l *workflowLinker) ref(e *expr.Expression, at arazzo.Position) program.Ref {
	if len(e.Access) > 0 {
		if exact := l.exactly(e.Text); exact != nil {
			exact.Offset = e.Offset
			e = exact
		}
	}
	r := l.resolve(e, at)
	whole := len(e.Access) > 0 && len(r.Access) > len(e.Access)
	for _, form := range e.Forms {
		if form.Note == expr.NoteDotted && whole {
			continue // dottedPath covers all of it
		}
		p := l.asPublished(string(form.Note), at, "%s", noteMessages[form.Note])
		if form.Note != expr.NoteCookie { // which has no other form
			p = p.correctForm(e, form)
		}
		l.report(p)
	}
	l.report(r.problems...)
	if r.path != "" {
		l.report(l.dottedPath(&r))
	}
	r.Whole = dotted(r.Access)
	return r.Ref
}

// dotted returns accessors joined with dots as one name; "" if there are fewer than
// two, or if one is not a name.
func dotted(access []expr.Access) string {
	return expr.Dotted(access)
}

// noteMessages has the right form for each one that is accepted leniently.
var noteMessages = map[expr.Note]string{
	expr.NoteHeaders:      "a header is read with $response.header.<name>, without an s",
	expr.NoteBodyName:     "a JSON Pointer begins with a slash: $response.body#/<name>",
	expr.NoteDotted:       "a value is reached with a JSON Pointer: $response.body#/a/b",
	expr.NoteDoubleQuoted: "strings must be in single quotes",
	expr.NoteUnquotedWord: "strings must be in single quotes",
	expr.NoteBraced:       "a condition is not enclosed in braces",
	expr.NoteCookie:       "a pointer into Set-Cookie is an extension of gobelin; Arazzo reads the header as a whole",
}

// messageRefs are the references that need no names.
var messageRefs = map[expr.Root]program.RefKind{expr.URL: program.URL, expr.Method: program.Method, expr.StatusCode: program.StatusCode}

var sourceRefs = map[expr.Root]map[expr.Source]program.RefKind{
	expr.Request: {
		expr.Header: program.RequestHeader, expr.Query: program.RequestQuery, expr.Path: program.RequestPath, expr.Body: program.RequestBody,
	},
	expr.Response: {expr.Header: program.ResponseHeader, expr.Body: program.ResponseBody},
}

// resolve looks up what an expression names.
func (l *workflowLinker) resolve(e *expr.Expression, at arazzo.Position) resolution {
	r := resolution{Ref: program.Ref{
		Kind: program.Missing, Name: e.Name, Pointer: e.Pointer, Access: e.Access, Text: e.Text, Place: at, Offset: e.Offset,
	}}
	switch e.Root {
	case expr.URL, expr.Method, expr.StatusCode:
		r.Kind = messageRefs[e.Root]
	case expr.Request, expr.Response:
		if kind, ok := sourceRefs[e.Root][e.Source]; ok {
			r.Kind = kind
		} else {
			r.add(l.warn("unknown-value", at, "%s: a response has only a header and a body; what was sent is at $request", e.Text).
				focus(e.Offset, e.Text))
		}
	case expr.Inputs:
		l.resolveInput(&r)
	case expr.Outputs:
		r.Kind, r.Dotted = program.OutputRef, true
	case expr.Steps:
		l.resolveStep(&r)
	case expr.Workflows:
		l.resolveWorkflow(&r)
	case expr.SourceDescriptions:
		l.resolveSource(&r)
	case expr.Components:
		l.resolveComponent(&r)
	case expr.Self:
		if !l.workflow.Document.Later() {
			r.add(l.warn("unknown-value", at, "$self was added in version 1.1.0; this document has version 1.0"))
			break
		}
		r.Kind, r.Value = program.Known, cmp.Or(l.workflow.Document.Decl.Self, l.workflow.Document.Decl.Location)
	}
	return r
}

func (l *workflowLinker) resolveInput(r *resolution) {
	r.Kind = program.InputRef
	if name, rest := l.inputs.prefix(r.Name); name != "" {
		r.Name = name
		r.navigate(rest)
		return
	}
	r.Dotted = true
	first, _ := cutDot(r.Name)
	r.add(l.warn("unknown-input", r.Place, "workflow %q declares no input %q%s", l.workflow.ID, r.Name, l.inputs.hint(r.Name)).
		rename(r.Offset, r.Text, first, l.inputs.only(first)))
}

// cutDot cuts a text at its first dot.
func cutDot(text string) (before, after string) {
	before, after, _ = strings.Cut(text, ".")
	return before, after
}

// navigate turns what follows a declared name into accessors (E5).
func (r *resolution) navigate(path string) {
	if path == "" {
		return
	}
	r.path = path
	names := strings.Split(path, ".")
	if len(r.Pointer) > 0 {
		r.Pointer = append(names, r.Pointer...)
		return
	}
	access := make([]expr.Access, len(names))
	for i, name := range names {
		access[i].Name = name
	}
	r.Access = append(access, r.Access...)
}

// dottedPath returns the problem with a dotted path, which should be a JSON Pointer.
func (l *workflowLinker) dottedPath(r *resolution) *problem {
	p := l.asPublished(string(expr.NoteDotted), r.Place, "%s", noteMessages[expr.NoteDotted])
	before, after, ok := cutPart(r.Text, "."+r.path)
	inPointer := strings.HasPrefix(after, "#")
	if !ok || !inPointer && strings.Contains(after, "#") {
		return p.focus(r.Offset, r.Text)
	}
	names, end := strings.Split(r.path, "."), len(r.Text)
	switch {
	case inPointer:
		end -= len(after) - len("#")
	case after != "":
		names = tokens(r.Access)
	}
	pointer := "#"
	for _, name := range names {
		pointer += "/" + value.PointerToken(name)
	}
	return p.correct(r.Offset, r.Text, len(before), end, pointer)
}

// cutPart cuts a text around a part that ends it, or is followed by a pointer or
// an accessor: a name before it may begin alike.
func cutPart(text, part string) (before, after string, ok bool) {
	for i := range text {
		if after, found := strings.CutPrefix(text[i:], part); found && (after == "" || after[0] == '#' || after[0] == '[') {
			return text[:i], after, true
		}
	}
	return text, "", false
}

// tokens returns accessors as the tokens of a JSON Pointer.
func tokens(access []expr.Access) []string {
	list := make([]string, len(access))
	for i, a := range access {
		if list[i] = a.Name; a.IsIndex {
			list[i] = strconv.Itoa(a.Index)
		}
	}
	return list
}

func (l *workflowLinker) resolveStep(r *resolution) {
	s, rest := l.stepName(r.Name)
	if s == nil {
		id, _ := cutDot(r.Name)
		p := l.warn("unknown-step-value", r.Place, "workflow %q has no step %q; %s is always missing%s",
			l.workflow.ID, id, r.Text, l.steps.hint(id))
		if right := l.steps.only(id); right != "" {
			start := len("$steps.")
			r.add(p.correct(r.Offset, r.Text, start, start+len(id), right))
		} else {
			r.add(p.focus(r.Offset, r.Text))
		}
		return
	}
	declared := l.outputNames(s)
	name, ok := strings.CutPrefix(rest, "outputs.")
	switch {
	case ok:
	case !declared.has(rest):
		r.add(l.warn("unknown-step-value", r.Place, "%s is always missing; a step has outputs: $steps.%s.outputs.<name>%s", r.Text, s.ID,
			declared.hint(strings.TrimPrefix(rest, "output."))).focus(r.Offset, r.Text))
		r.Step = s
		return
	default:
		name = rest
		start := len("$steps." + s.ID + ".")
		r.add(l.asPublished("steps-without-outputs", r.Place, "a step's outputs are at $steps.%s.outputs.%s", s.ID, name).
			correct(r.Offset, r.Text, start, start, "outputs."))
	}
	r.Kind, r.Step = program.StepOutput, s
	l.resolveOutput(r, name, declared)
}

// resolveOutput looks up an output of a step.
func (l *workflowLinker) resolveOutput(r *resolution, name string, declared *names) {
	found, path := declared.prefix(name)
	if found == "" {
		r.Name, r.Dotted = name, true
		first, _ := cutDot(name)
		if declared == nil {
			return // those of a workflow that there is not
		}
		hint := declared.hint(name)
		if len(declared.list) == 0 {
			hint = "; it declares none"
		}
		r.add(l.warn("unknown-output", r.Place, "step %q declares no output %q%s", r.Step.ID, name, hint).
			rename(r.Offset, r.Text, first, declared.only(first)))
		return
	}
	r.Name = found
	if len(r.Step.Decl.Outputs) > 0 {
		r.Slot = 1 + declared.index[found]
	}
	r.navigate(path)
}

func (l *workflowLinker) resolveWorkflow(r *resolution) {
	id, rest := l.names.workflows.prefix(r.Name)
	field, name := cutDot(rest)
	switch {
	case id == "":
		id, _ = cutDot(r.Name)
		p := l.warn("unknown-workflow-value", r.Place, "%s is always missing: there is no workflow %q%s", r.Text, id, l.names.workflows.hint(id))
		if right := l.names.workflows.only(id); right != "" {
			r.add(p.correct(r.Offset, r.Text, len("$workflows."), len("$workflows."+id), right))
		} else {
			r.add(p.focus(r.Offset, r.Text))
		}
		return
	case field != "inputs" && field != "outputs":
		r.add(l.warn("unknown-workflow-value", r.Place,
			"%s is always missing: a workflow has inputs and outputs; write $workflows.%s.outputs.<name>", r.Text, id).focus(r.Offset, r.Text))
		return
	}
	r.Kind, r.Workflow, r.Name, r.Dotted = program.WorkflowOutput, l.workflow.Document.Workflows[id], name, true
	if field == "inputs" {
		r.Kind = program.WorkflowInput
	}
}

// resolveSource resolves to a field of a source description (E11); the id of an
// operation or workflow is its own value.
func (l *workflowLinker) resolveSource(r *resolution) {
	name, field := l.names.splitSource(r.Name)
	decl := l.names.declaration(name)
	if decl == nil {
		p := l.warn("unknown-source", r.Place, "%s is always missing: there is no source description %q%s", r.Text, name,
			l.names.sources.hint(name))
		if right := l.names.sources.only(name); right != "" {
			start := len("$sourceDescriptions.")
			r.add(p.correct(r.Offset, r.Text, start, start+len(name), right))
		} else {
			r.add(p.focus(r.Offset, r.Text))
		}
		return
	}
	r.Kind, r.Value = program.Known, field
	if l.names.inSource(name, field) {
		return
	}
	switch field {
	case "url":
		r.Value = decl.URL
	case "name":
		r.Value = decl.Name
	case "type":
		r.Value = cmp.Or(decl.Type, "openapi")
		if decl.Type == "" && l.names.arazzoSource(name) != nil { // O3
			r.Value = "arazzo"
		}
	case "":
		r.Kind = program.Missing
		r.add(l.warn("source-reference", r.Place, "%s is always missing: of a source there are $sourceDescriptions.%s.url, .name and .type, "+
			"and the ids of its operations and workflows", r.Text, name).focus(r.Offset, r.Text))
	default:
		r.Kind = program.Missing
		r.add(l.warn("unknown-value", r.Place, "source %q has no operation, workflow or field %q%s", name, field, l.hintIn(name, field)).
			focus(r.Offset, r.Text))
	}
}

// hintIn is [names.hint] over the ids in a source.
func (l *workflowLinker) hintIn(source, id string) string {
	for _, read := range l.names.read[source] {
		if read.Document != nil {
			return l.scope(read.Document).workflows.hint(id)
		}
		return l.names.operationIDs(read).hint(id)
	}
	return ""
}

// settle looks up the inputs and outputs of workflows that expressions name, after
// all workflows have been linked (E3).
func (l *linker) settle() {
	for _, w := range l.program.Workflows {
		w.EachRef(func(_ *program.Step, _ program.Moment, r *program.Ref) {
			if r.Kind != program.WorkflowInput && r.Kind != program.WorkflowOutput || !r.Dotted {
				return
			}
			name, rest := l.valueNames(r).prefix(r.Name)
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
func (l *linker) valueNames(r *program.Ref) *names {
	if r.Kind == program.WorkflowOutput {
		return l.workflowOutputs(r.Workflow)
	}
	return l.inputNames(r.Workflow)
}
