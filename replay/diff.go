package replay

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/trace"
)

// A Comparison says how a run of one trace and that of another differ. When things
// happened, how long they took, and what is a date and time in both (RFC 3339, or as in
// HTTP) makes no difference, and *** is equal to anything.
type Comparison struct {
	Run        int              `json:"run"` // the index of the run in both traces
	WorkflowID string           `json:"workflowId"`
	First      *Difference      `json:"first"` // where they part; nil: they are equal
	Steps      []StepComparison `json:"steps"` // in the order in which they were executed first
}

// A Difference is where two runs differ.
type Difference struct {
	WorkflowID string `json:"workflowId"`
	StepID     string `json:"stepId,omitempty"` // "": it is not about a step
	Visit      int    `json:"visit,omitempty"`
	Attempt    int    `json:"attempt,omitempty"`
	Kind       Kind   `json:"kind"`
	// Texts say what differs, each with what the first run has and what the second has.
	Texts []string `json:"texts"`
}

// A Kind says in what runs differ.
type Kind string

// The kinds of differences.
const (
	InInputs    Kind = "inputs"    // of a workflow
	InPath      Kind = "path"      // another step is executed, or one of the runs is at its end
	InRequest   Kind = "request"   // method, target, header or body
	InResponse  Kind = "response"  // the status, or that there is none
	InCriterion Kind = "criterion" // it passed in one of the runs
	InOutputs   Kind = "outputs"   // of a step or a workflow
	InStep      Kind = "step"      // it succeeded in one of the runs
	InAction    Kind = "action"    // another one was chosen
	InEnd       Kind = "end"       // the workflow succeeded in one of the runs, or failed otherwise
)

// A StepComparison compares all executions of a step: the first with the first, the
// second with the second, and so on.
type StepComparison struct {
	WorkflowID string `json:"workflowId"`
	StepID     string `json:"stepId"`
	Executions [2]int `json:"executions"` // how often each run executed it
	Statuses   [2]int `json:"statuses"`   // of the last responses; 0: none
	Differs    []Kind `json:"differs"`    // in what they differ; InPath if one was executed more often
}

// Diff compares the runs of two traces, each with the one that has its index in the
// other trace. Bodies that the traces do not have whole are compared as far as they go.
func Diff(first, second io.Reader) ([]Comparison, error) {
	var traces [2]map[int]*run
	for i, from := range []io.Reader{first, second} {
		var err error
		if traces[i], err = readRuns(from); err != nil {
			return nil, fmt.Errorf("the %s trace: %w", both.words[i], err)
		}
	}
	var list []Comparison
	indexes := slices.Collect(maps.Keys(traces[0]))
	for index := range traces[1] {
		if traces[0][index] == nil {
			indexes = append(indexes, index)
		}
	}
	slices.Sort(indexes)
	for _, index := range indexes {
		list = append(list, compare(index, traces[0][index], traces[1][index]))
	}
	return list, nil
}

// run is what is compared of a run.
type run struct {
	events []runtime.Event
	order  []step
	steps  map[step][]*execution
	open   map[int]*execution // by depth
}

type step struct{ workflowID, stepID string }

// execution is what happened in an execution of a step.
type execution struct {
	events []runtime.Event
	status int
}

// readRuns reads the runs of a trace, by index.
func readRuns(from io.Reader) (map[int]*run, error) {
	r, err := trace.NewReader(from)
	if err != nil {
		return nil, err
	}
	runs := map[int]*run{}
	for {
		line, err := r.Next()
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return runs, nil // a run that was cut off is compared as far as it goes
		case err != nil:
			return nil, err
		}
		e, ok := line.(runtime.Event)
		if !ok {
			continue
		}
		index := runtime.EventAt(e).Run
		if runs[index] == nil {
			runs[index] = &run{steps: map[step][]*execution{}, open: map[int]*execution{}}
		}
		runs[index].add(e)
	}
}

func (r *run) add(e runtime.Event) {
	at := runtime.EventAt(e)
	key := step{at.WorkflowID, at.StepID}
	switch e := e.(type) {
	case *runtime.WaitStarted, *runtime.DiagnosticRaised:
		return // times, and what was known before
	case *runtime.StepStarted:
		if r.steps[key] == nil {
			r.order = append(r.order, key)
		}
		r.open[at.Depth] = &execution{}
		r.steps[key] = append(r.steps[key], r.open[at.Depth])
	case *runtime.ResponseReceived:
		e.Body = nil // what is made of it is compared
		if open := r.open[at.Depth]; open != nil {
			open.status = e.Status
		}
	}
	r.events = append(r.events, e)
	if open := r.open[at.Depth]; open != nil && at.StepID != "" {
		open.events = append(open.events, e)
	}
}

// compare compares two runs, one of which may be nil.
func compare(index int, first, second *run) Comparison {
	c := Comparison{Run: index, Steps: []StepComparison{}}
	for _, r := range []**run{&first, &second} {
		if *r == nil {
			*r = &run{}
		} else if c.WorkflowID == "" {
			c.WorkflowID = runtime.EventAt((*r).events[0]).WorkflowID
		}
	}
	for i := range max(len(first.events), len(second.events)) {
		if c.First = differ(eventAt(first.events, i), eventAt(second.events, i)); c.First != nil {
			break
		}
	}
	order := slices.Clone(first.order)
	for _, key := range second.order {
		if first.steps[key] == nil {
			order = append(order, key)
		}
	}
	for _, key := range order {
		c.Steps = append(c.Steps, compareStep(key, first.steps[key], second.steps[key]))
	}
	return c
}

// eventAt returns an event of a list, nil behind its end.
func eventAt(list []runtime.Event, i int) runtime.Event {
	if i < len(list) {
		return list[i]
	}
	return nil
}

func compareStep(key step, first, second []*execution) StepComparison {
	c := StepComparison{WorkflowID: key.workflowID, StepID: key.stepID, Executions: [2]int{len(first), len(second)}, Differs: []Kind{}}
	note := func(kind Kind) {
		if !slices.Contains(c.Differs, kind) {
			c.Differs = append(c.Differs, kind)
		}
	}
	for i, list := range [][]*execution{first, second} {
		if len(list) > 0 {
			c.Statuses[i] = list[len(list)-1].status
		}
	}
	for i := range min(len(first), len(second)) {
		a, b := first[i].events, second[i].events
		for j := range max(len(a), len(b)) {
			d := differ(eventAt(a, j), eventAt(b, j))
			if d == nil {
				continue
			}
			note(d.Kind)
			if d.Kind == InPath {
				break // what comes after it is of other kinds
			}
		}
	}
	if len(first) != len(second) {
		note(InPath)
	}
	return c
}

// differ returns how two events differ, of which one may be nil; nil if they do not.
func differ(first, second runtime.Event) *Difference {
	event := first
	if event == nil {
		event = second
	}
	at := runtime.EventAt(event)
	d := &Difference{WorkflowID: at.WorkflowID, StepID: at.StepID, Visit: at.Visit, Attempt: at.Attempt, Kind: InPath}
	if a, b := told(first), told(second); a != b {
		d.tell(both.pair("what happens next", a, b))
		return d
	}
	switch a := first.(type) {
	case *runtime.WorkflowStarted:
		d.Kind = InInputs
		d.members("input", a.Inputs, second.(*runtime.WorkflowStarted).Inputs)
	case *runtime.RequestSent:
		d.Kind, d.Texts = InRequest, both.requests(a, second.(*runtime.RequestSent))
	case *runtime.ResponseReceived:
		d.Kind = InResponse
		d.texts("response", answer(a), answer(second.(*runtime.ResponseReceived)))
	case *runtime.CriterionEvaluated:
		d.Kind = InCriterion
		d.criterion(a, second.(*runtime.CriterionEvaluated))
	case *runtime.OutputsEvaluated:
		d.Kind = InOutputs
		d.members("output", a.Outputs, second.(*runtime.OutputsEvaluated).Outputs)
	case *runtime.ActionSelected:
		b := second.(*runtime.ActionSelected)
		d.Kind = InAction
		d.texts("action", action(a), action(b))
	case *runtime.StepFinished:
		b := second.(*runtime.StepFinished)
		d.Kind = InStep
		if a.Succeeded != b.Succeeded {
			d.texts("the step", ended(a.Reason), ended(b.Reason))
		}
	case *runtime.WorkflowFinished:
		b := second.(*runtime.WorkflowFinished)
		d.Kind = InEnd
		if (a.Err == nil) != (b.Err == nil) {
			d.texts("the workflow", ended(message(a.Err)), ended(message(b.Err)))
			break
		}
		d.Kind = InOutputs
		d.members("output", a.Outputs, b.Outputs)
	}
	if d.Texts == nil {
		return nil
	}
	return d
}

func (d *Difference) tell(text string) { d.Texts = append(d.Texts, text) }

// texts notes texts if they differ.
func (d *Difference) texts(what, first, second string) {
	if first != second {
		d.tell(both.pair(what, first, second))
	}
}

// values notes values as JSON, about the place where they begin to differ if they are long.
func (d *Difference) values(what, first, second string) {
	if max(len(first), len(second)) > 80 {
		d.tell(both.quoted(what, first, second))
		return
	}
	d.tell(both.pair(what, first, second))
}

// members notes the members of two objects that differ.
func (d *Difference) members(what string, first, second map[string]any) {
	names := slices.Collect(maps.Keys(first))
	for name := range second {
		if _, known := first[name]; !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		a, inFirst := first[name]
		b, inSecond := second[name]
		if inFirst != inSecond || !both.same(a, b) {
			d.values(what+" "+name, jsonOr(a, inFirst), jsonOr(b, inSecond))
		}
	}
}

// criterion notes how the evaluations of a condition differ: by its result, which is what counts.
func (d *Difference) criterion(a, b *runtime.CriterionEvaluated) {
	if a.Passed == b.Passed {
		return
	}
	d.tell(both.pair(a.Condition, passed(a), passed(b)))
	for i := range min(len(a.Operands), len(b.Operands)) {
		x, y := a.Operands[i], b.Operands[i]
		if x.Text == y.Text && (x.Missing != y.Missing || !both.same(x.Value, y.Value)) {
			d.values(x.Text, jsonOr(x.Value, !x.Missing), jsonOr(y.Value, !y.Missing))
		}
	}
}

// told says which event it is, as far as the path of a run shows it.
func told(e runtime.Event) string {
	if e == nil {
		return "nothing"
	}
	at := runtime.EventAt(e)
	of := func(what string) string {
		return fmt.Sprintf("%s of step %q", what, at.StepID)
	}
	switch e := e.(type) {
	case *runtime.WorkflowStarted:
		return fmt.Sprintf("workflow %q begins", at.WorkflowID)
	case *runtime.WorkflowFinished:
		return fmt.Sprintf("workflow %q ends", at.WorkflowID)
	case *runtime.StepStarted:
		return fmt.Sprintf("step %q of workflow %q begins", at.StepID, at.WorkflowID)
	case *runtime.RequestSent:
		return of("a request")
	case *runtime.ResponseReceived:
		return of("the response")
	case *runtime.CriterionEvaluated:
		if e.Action != "" {
			return of(fmt.Sprintf("the condition %s of action %q", e.Condition, e.Action))
		}
		return of("the condition " + e.Condition)
	case *runtime.OutputsEvaluated:
		return of("the outputs")
	case *runtime.ActionSelected:
		return of("what follows")
	}
	return of("the end")
}

func answer(e *runtime.ResponseReceived) string {
	if e.Err != nil {
		return "none, " + e.Err.Error()
	}
	return fmt.Sprint(e.Status)
}

func action(e *runtime.ActionSelected) string {
	return strings.Join(strings.Fields(e.Action+" "+e.Type+" "+e.Target), " ")
}

func passed(e *runtime.CriterionEvaluated) string {
	if e.Passed {
		return "passed"
	}
	return "not met"
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func ended(reason string) string {
	if reason == "" {
		return "succeeded"
	}
	return "failed: " + reason
}

func jsonOr(v any, ok bool) string {
	if !ok {
		return "missing"
	}
	return string(value.AppendJSON(nil, v))
}
