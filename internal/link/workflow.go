package link

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/inputschema"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// workflowLinker links one workflow; step is the one being linked, nil outside
// of steps.
type workflowLinker struct {
	*linker
	inCondition bool // of a simple criterion, where accessors are no lenient form
	workflow    *program.Workflow
	step        *program.Step

	components []string // the parameters whose values are being linked
}

func (l *workflowLinker) link() {
	w := l.workflow
	if w.Schema = l.inputs(); w.Schema != nil {
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
		l.step = s
		l.linkStep(s)
	}
	l.step = nil
	for _, e := range w.Decl.Outputs {
		w.Outputs = append(w.Outputs, l.output(e.Name, e.Value, w.Decl.At("outputs", e.Name)))
	}
}

func (l *workflowLinker) linkStep(s *program.Step) {
	for _, field := range []string{"channelPath", "action", "correlationId"} {
		if s.Decl.Origin().Get(field).Exists() {
			l.error("asyncapi", s.Decl.At(field), "step %q has %s, as a step over an AsyncAPI channel has; gobelin runs steps over OpenAPI only", s.ID, field)
			break
		}
	}
	params := l.parameters(s)
	l.prerequisites(s)
	switch {
	case s.Decl.WorkflowID != "":
		s.Called = l.workflowRef(s.Decl.WorkflowID, s.Decl.At("workflowId"))
		s.Label = "workflow " + s.Decl.WorkflowID
	case s.Decl.OperationID != "":
		s.Operation, s.Source = l.operationByID(s)
	case s.Decl.OperationPath != "":
		s.Operation, s.Source = l.operationByPath(s)
	}
	l.arguments(s, params)
	if s.Operation != nil {
		s.Label = s.Operation.Method + " " + s.Operation.Path
		l.bind(s)
	}
	l.requestBody(s)
	for _, c := range s.Decl.SuccessCriteria {
		s.Criteria = append(s.Criteria, l.criterion(c))
	}
	for _, e := range s.Decl.Outputs {
		s.Outputs = append(s.Outputs, l.output(e.Name, e.Value, s.Decl.At("outputs", e.Name)))
	}
	components := l.workflow.Document.Decl.Components
	var success, failure arazzo.Map[*arazzo.Action]
	if components != nil {
		success, failure = components.SuccessActions, components.FailureActions
	}
	s.OnSuccess = l.actions(s, "successActions", s.Decl.OnSuccess, l.workflow.Decl.SuccessActions, success)
	s.OnFailure = l.actions(s, "failureActions", s.Decl.OnFailure, l.workflow.Decl.FailureActions, failure)
	if s.Decl.Timeout != nil {
		s.Timeout = time.Duration(min(*s.Decl.Timeout, 1<<40)) * time.Millisecond
		if s.Decl.WorkflowID != "" {
			l.warn("timeout-ignored", s.Decl.At("timeout"), "the time of a step that calls a workflow is not limited; give the timeout to the steps of that workflow")
		}
	}
	place(s)
	if i := s.Index; i > 0 {
		before := l.workflow.Steps[i-1]
		s.FirstOutput = before.FirstOutput + len(before.Outputs)
	}
	s.Redirects = s.Operation != nil && !l.mentionsRedirect(s)
}

// inputs links the schema of a workflow's inputs.
func (l *workflowLinker) inputs() *inputschema.Schema {
	d, node := l.workflow.Document, tree.Of(l.workflow.Decl.Inputs)
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
	at := l.workflow.Decl.At("inputs")
	s, problems := inputschema.New(d.Schemas, node, at.Pointer)
	if len(problems) > 0 {
		l.error("inputs-schema", at, "the inputs of workflow %q are not a valid JSON Schema: %s", l.workflow.ID, strings.Join(problems, "; "))
	}
	return s
}

var redirectStatus = regexp.MustCompile(`\b3(?:\d\d|XX)\b`)

// mentionsRedirect reports whether the operation declares or a criterion
// mentions a 3xx status (O13).
func (l *workflowLinker) mentionsRedirect(s *program.Step) bool {
	for _, r := range s.Operation.Responses {
		if strings.HasPrefix(r.Code, "3") {
			return true
		}
	}
	criteria := slices.Clone(s.Criteria)
	for _, a := range slices.Concat(s.OnSuccess, s.OnFailure) {
		criteria = append(criteria, a.Criteria...)
	}
	return slices.ContainsFunc(criteria, func(c *program.Criterion) bool {
		return strings.Contains(c.Text, "$statusCode") && redirectStatus.MatchString(c.Text)
	})
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
		index := slices.IndexFunc(w.Steps, func(other *program.Step) bool { return other.ID == name })
		if index < 0 {
			l.error("unknown-step", at, "workflow %q has no step %q", w.ID, name)
			continue
		}
		s.After = append(s.After, program.Prerequisite{Step: w.Steps[index], Text: id})
		l.program.Prerequisites = true
	}
}

func (l *workflowLinker) output(name string, decl arazzo.Output, at arazzo.Position) program.Output {
	o, text := program.Output{Name: name, Place: at}, decl.Expression
	if decl.Selector != nil {
		o.Value = l.selector(decl.Selector.Context, decl.Selector.Selector, decl.Selector.Type, at)
		return o
	}
	if e, err := expr.Parse(text); err == nil {
		o.Value = program.Operand{Kind: program.Reference, Ref: l.ref(e, at), Place: at}
		return o
	} else if e := l.exactly(text); e != nil {
		o.Value = program.Operand{Kind: program.Reference, Ref: l.ref(e, at), Place: at}
		return o
	} else if strings.HasPrefix(text, "$") {
		l.syntax("expression-syntax", at, "the output "+strconv.Quote(name)+" is no expression", err)
		l.correctRoot(at, text)
		return o
	}
	o.Value = l.text(text, at)
	if o.Value.Kind == program.Constant && text != "" {
		l.warn("literal-output", at, "the output %q is the text %q, not an expression", name, text)
	}
	return o
}
