package link

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/inputschema"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// workflowLinker links one workflow.
type workflowLinker struct {
	*linker
	workflow   *program.Workflow
	names      *scope // of the document
	steps      *names // their ids
	inputs     *names // that are declared
	components components
	unreadable bool // some of the sources that it may need
}

func (l *linker) linkWorkflow(w *program.Workflow) {
	w.Schema = l.schema(w)
	wl := &workflowLinker{linker: l, workflow: w, names: l.scope(w.Document), steps: l.stepIDs(w), inputs: l.inputNames(w)}
	wl.link()
}

func (l *workflowLinker) link() {
	w := l.workflow
	if w.Schema != nil {
		for _, p := range w.Schema.Properties {
			w.Inputs = append(w.Inputs, program.Input{Property: p})
		}
	}
	for i, id := range w.Decl.DependsOn {
		if target := l.workflowRef(id, w.Decl.At("dependsOn", strconv.Itoa(i))); target != nil {
			w.DependsOn = append(w.DependsOn, target)
		}
	}
	for _, s := range w.Steps {
		l.linkStep(s)
	}
	l.order()
	l.components.ofStep = nil
	w.Outputs = l.declaredValues(w.Decl.Outputs, &w.Decl.Object)
}

func (l *workflowLinker) linkStep(s *program.Step) {
	l.components.ofStep = nil
	l.asyncAPI(s)
	params := l.parameters(s)
	l.prerequisites(s)
	l.call(s)
	l.arguments(s, l.security(s, params))
	l.querystrings(s)
	if s.Operation != nil {
		s.Label = s.Operation.Method + " " + s.Operation.Path
		l.bind(s)
	}
	l.requestBody(s)
	for _, c := range s.Decl.SuccessCriteria {
		s.Criteria = append(s.Criteria, l.criterion(c))
	}
	s.Outputs = l.declaredValues(s.Decl.Outputs, &s.Decl.Object)
	var success, failure arazzo.Map[*arazzo.Action]
	if c := l.workflow.Document.Decl.Components; c != nil {
		success, failure = c.SuccessActions, c.FailureActions
	}
	s.OnSuccess = l.actions(s, "successActions", s.Decl.OnSuccess, l.workflow.Decl.SuccessActions, success)
	s.OnFailure = l.actions(s, "failureActions", s.Decl.OnFailure, l.workflow.Decl.FailureActions, failure)
	l.calledStatus(s)
	l.timeout(s)
	place(s)
	if i := s.Index; i > 0 {
		before := l.workflow.Steps[i-1]
		s.FirstOutput = before.FirstOutput + len(before.Outputs)
	}
	s.Redirects = s.Operation != nil && !mentionsRedirect(s)
}

// asyncAPI reports what only a step over an AsyncAPI channel has.
func (l *workflowLinker) asyncAPI(s *program.Step) {
	for _, field := range []string{"channelPath", "action", "correlationId"} {
		if s.Decl.Origin().Get(field).Exists() {
			l.report(l.error("asyncapi", s.Decl.At(field),
				"step %q has %s, which is for AsyncAPI channels; gobelin runs only steps over OpenAPI", s.ID, field))
			break
		}
	}
}

// call links the operation or workflow that a step calls.
func (l *workflowLinker) call(s *program.Step) {
	switch {
	case s.Decl.WorkflowID != "":
		s.Called = l.workflowRef(s.Decl.WorkflowID, s.Decl.At("workflowId"))
		s.Label = "workflow " + s.Decl.WorkflowID
	case s.Decl.OperationID != "":
		s.Operation, s.Source = l.operationByID(s)
	case s.Decl.OperationPath != "":
		s.Operation, s.Source = l.operationByPath(s)
	}
	if s.Operation != nil {
		for _, broken := range s.Operation.Broken {
			l.report(l.warn("broken-reference", operationPlace(s), "a parameter of %s %s is not known: %v; without its declaration it is sent "+
				"in the default style", s.Operation.Method, s.Operation.Path, broken))
		}
	}
}

// operationPlace is where a step names its operation.
func operationPlace(s *program.Step) arazzo.Position {
	if s.Decl.OperationID == "" {
		return s.Decl.At("operationPath")
	}
	return s.Decl.At("operationId")
}

func (l *workflowLinker) timeout(s *program.Step) {
	if s.Decl.Timeout == nil {
		return
	}
	s.Timeout = time.Duration(min(*s.Decl.Timeout, 1<<40)) * time.Millisecond
}

// schema links the schema of a workflow's inputs.
func (l *linker) schema(w *program.Workflow) *inputschema.Schema {
	d, node := w.Document, tree.Of(w.Decl.Inputs)
	if node == nil {
		return nil
	}
	if d.Schemas == nil {
		self := ""
		if d.Later() {
			self = d.Decl.Self
		}
		d.Schemas = inputschema.NewIndex(d.Root, self)
	}
	at := w.Decl.At("inputs")
	s, problems := inputschema.New(d.Schemas, node, at.Pointer)
	if len(problems) > 0 {
		p := l.problem(d, "inputs-schema", arazzo.Error, at,
			"the inputs of workflow %q are not a valid JSON Schema: %s", w.ID, strings.Join(problems, "; "))
		l.report(p)
		blame(w, p.Diagnostic)
	}
	return s
}

var redirectStatus = regexp.MustCompile(`\b3(?:\d\d|XX)\b`)

// mentionsRedirect reports whether the operation declares or a criterion
// mentions a 3xx status (O13).
func mentionsRedirect(s *program.Step) bool {
	for _, r := range s.Operation.Responses {
		if strings.HasPrefix(r.Code, "3") {
			return true
		}
	}
	mentions := func(c *program.Criterion) bool {
		return strings.Contains(c.Text, "$statusCode") && redirectStatus.MatchString(c.Text)
	}
	ofAction := func(a *program.Action) bool { return slices.ContainsFunc(a.Criteria, mentions) }
	return slices.ContainsFunc(s.Criteria, mentions) ||
		slices.ContainsFunc(s.OnSuccess, ofAction) || slices.ContainsFunc(s.OnFailure, ofAction)
}

// prerequisites resolves the steps that must have been executed before (Arazzo
// 1.1.0, Step Object, dependsOn).
func (l *workflowLinker) prerequisites(s *program.Step) {
	for i, id := range s.Decl.DependsOn {
		at := s.Decl.At("dependsOn", strconv.Itoa(i))
		w, name := l.workflow, id
		if before, after, ok := strings.Cut(id, ".steps."); ok && strings.HasPrefix(id, "$") {
			name = after
			if w = l.workflowRef(strings.TrimPrefix(before, "$workflows."), at); w == nil {
				continue
			}
		}
		index, ok := l.stepIDs(w).index[name]
		if !ok {
			l.report(l.error("unknown-step", at, "workflow %q has no step %q", w.ID, name))
			continue
		}
		s.After = append(s.After, program.Prerequisite{Step: w.Steps[index], Text: id, Place: at})
		l.program.Prerequisites = true
	}
}

// declaredValues links the outputs that a step or a workflow declares.
func (l *workflowLinker) declaredValues(outputs arazzo.Map[arazzo.Output], of *arazzo.Object) (list []program.Output) {
	for _, e := range outputs {
		list = append(list, l.output(e.Name, e.Value, of.At("outputs", e.Name)))
	}
	return list
}

func (l *workflowLinker) output(name string, decl arazzo.Output, at arazzo.Position) program.Output {
	o, text := program.Output{Name: name, Place: at}, decl.Expression
	if decl.Selector != nil {
		o.Value = l.selector(decl.Selector.Context, decl.Selector.Selector, decl.Selector.Type, at)
		return o
	}
	var err error
	if o.Value, err = l.expression(text, at); err == nil {
		return o
	}
	if strings.HasPrefix(text, "$") {
		l.report(l.correctRoot(l.syntax("expression-syntax", at, "the output "+strconv.Quote(name)+" is not an expression", err), text))
		return o
	}
	o.Value = l.text(text, at)
	if o.Value.Kind == program.Constant && text != "" {
		l.report(l.warn("literal-output", at, "the output %q is the string %q, not an expression", name, text))
	}
	return o
}
