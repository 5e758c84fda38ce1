// Package graph draws the control flow of a program as Mermaid, DOT and SVG: the
// steps of each workflow, where their actions lead and under which conditions, and
// the workflows that they call, in whichever document these are.
package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A Graph is the control flow of workflows. It must not be modified, and is then
// safe for concurrent use.
type Graph struct {
	Title     string      `json:"title"`     // of the entry document
	Workflows []*Workflow `json:"workflows"` // in the order in which they were asked for or are first reached
}

// A Workflow is a part of a [Graph].
type Workflow struct {
	ID        string  `json:"workflowId"`
	Document  string  `json:"document,omitempty"`  // the names of the sources that lead to its document, "" for the entry document
	DependsOn []int   `json:"dependsOn,omitempty"` // in Graph.Workflows
	Steps     []*Step `json:"steps"`               // in the order of execution (F19)
	Ways      []*Way  `json:"ways"`
}

// A Step is a node of a [Workflow].
type Step struct {
	ID        string   `json:"stepId"`
	Operation string   `json:"operation,omitempty"` // "GET /pets/{id}"
	Calls     *int     `json:"calls,omitempty"`     // the workflow that it calls, in Graph.Workflows
	Criteria  []string `json:"criteria,omitempty"`  // of its success
	After     []int    `json:"after,omitempty"`     // the steps that it depends on
}

// A Way is how a workflow may go on after a step: what an action does, or what
// happens when none is selected.
type Way struct {
	From     int      `json:"from"`             // a step
	Failed   bool     `json:"failed,omitempty"` // whether the step has failed
	Action   string   `json:"action,omitempty"` // the name of the action; "" when none was selected
	Kind     string   `json:"kind"`             // end, goto, retry, or next when no action was selected
	Criteria []string `json:"criteria,omitempty"`
	Step     *int     `json:"step,omitempty"`     // to which it leads, or which a retry executes before
	Workflow *int     `json:"workflow,omitempty"` // the same, in Graph.Workflows
	Limit    int      `json:"limit,omitempty"`    // of a retry

	otherwise bool // there are actions, and none was selected
}

// New returns the graph of a program: of the workflows with those ids, or of all of
// the entry document, with what they reach. A program with errors has a graph of what
// could be linked.
func New(p *runtime.Program, workflowIDs ...string) (*Graph, error) {
	linked := program.Of(p)
	entry := linked.Entry()
	if len(workflowIDs) == 0 {
		workflowIDs = p.WorkflowIDs()
	}
	b := &builder{graph: &Graph{Title: entry.Decl.Info.Title}, index: map[*program.Workflow]int{}}
	for _, id := range workflowIDs {
		w := entry.Workflows[id]
		if w == nil {
			return nil, fmt.Errorf("there is no workflow %q%s", id, nearest.Hint(id, p.WorkflowIDs()))
		}
		b.add(w)
	}
	for i := 0; i < len(b.order); i++ { // grows
		b.fill(b.graph.Workflows[i], b.order[i])
	}
	return b.graph, nil
}

type builder struct {
	graph *Graph
	index map[*program.Workflow]int
	order []*program.Workflow
	at    []int // where each step of the workflow that is filled is among its graph's
}

// add returns where a workflow is in the graph.
func (b *builder) add(w *program.Workflow) int {
	i, ok := b.index[w]
	if !ok {
		i = len(b.order)
		b.index[w], b.order = i, append(b.order, w)
		b.graph.Workflows = append(b.graph.Workflows, &Workflow{ID: w.ID, Document: strings.TrimSuffix(w.Document.Qualified, ".")})
	}
	return i
}

func (b *builder) fill(to *Workflow, w *program.Workflow) {
	for _, before := range w.DependsOn {
		to.DependsOn = append(to.DependsOn, b.add(before))
	}
	b.at = make([]int, len(w.Steps))
	for i, s := range w.Order {
		b.at[s.Index] = i
	}
	for i, s := range w.Order {
		step := &Step{ID: s.ID, Criteria: texts(s.Criteria)}
		if s.Called != nil {
			called := b.add(s.Called)
			step.Calls = &called
		} else {
			step.Operation = cmp.Or(s.Label, s.Decl.OperationID, s.Decl.OperationPath, s.Decl.WorkflowID)
		}
		for _, before := range s.After {
			if before.Step.Workflow == w && !slices.Contains(step.After, b.at[before.Step.Index]) {
				step.After = append(step.After, b.at[before.Step.Index])
			}
		}
		to.Steps = append(to.Steps, step)
		if !b.ways(to, s, s.OnSuccess, false) {
			next := &Way{From: i, Kind: "end", otherwise: len(s.OnSuccess) > 0}
			if s.Next != nil {
				next.Kind, next.Step = "next", &b.at[s.Next.Index]
			}
			to.Ways = append(to.Ways, next)
		}
		b.ways(to, s, s.OnFailure, true)
	}
}

// ways adds what the actions of a step do, and reports whether one of them is
// always selected: what is after it never happens.
func (b *builder) ways(to *Workflow, s *program.Step, actions []*program.Action, failed bool) bool {
	for _, a := range actions {
		way := &Way{From: b.at[s.Index], Failed: failed, Action: a.Name, Kind: a.Kind, Criteria: texts(a.Criteria)}
		if a.Step != nil {
			way.Step = &b.at[a.Step.Index]
		}
		if a.Workflow != nil {
			target := b.add(a.Workflow)
			way.Workflow = &target
		}
		if a.Kind == "retry" {
			way.Limit = a.Limit
		}
		to.Ways = append(to.Ways, way)
		if len(a.Criteria) == 0 && a.Kind != "retry" {
			return true
		}
	}
	return false
}

func texts(criteria []*program.Criterion) (list []string) {
	for _, c := range criteria {
		list = append(list, c.Text)
	}
	return list
}

// label says in a line what a way is: its action, and when it is taken.
func (w *Way) label() string {
	text := w.Action
	if w.otherwise {
		text = "otherwise"
	}
	if w.Kind == "retry" {
		text += fmt.Sprintf(" (retry, at most %d)", w.Limit)
	}
	if len(w.Criteria) > 0 {
		text += ": " + strings.Join(w.Criteria, " and ")
	}
	return strings.Join(strings.Fields(text), " ")
}

// title is what a workflow is called in a drawing.
func (w *Workflow) title() string {
	if w.Document != "" {
		return w.Document + "." + w.ID
	}
	return w.ID
}

// text is what a step does, in a line.
func (g *Graph) text(s *Step) string {
	if s.Calls != nil {
		return "workflow " + g.Workflows[*s.Calls].title()
	}
	return s.Operation
}

// ends returns the ends that actions or the last step lead to.
func (w *Workflow) ends() (list []bool) {
	for _, failed := range []bool{false, true} {
		if slices.ContainsFunc(w.Ways, func(way *Way) bool { return way.Kind == "end" && way.Failed == failed }) {
			list = append(list, failed)
		}
	}
	return list
}

// endText is what an end by an action, or after the last step, comes to (F7).
func endText(failed bool) string {
	if failed {
		return "failed"
	}
	return "succeeded"
}

// lead is an arrow of a way in a drawing.
type lead struct {
	id, label string
	workflow  bool // to the start of a workflow
	before    bool // to what a retry executes first
}

// leads returns the arrows of a way of a workflow; none for what does not exist.
func (w *Way) leads(workflow int) (list []lead) {
	add := func(l lead) { list = append(list, l) }
	label, before := w.label(), w.Kind == "retry"
	if before {
		add(lead{id: stepID(workflow, w.From), label: label})
		label = "before " + w.Action
	}
	switch {
	case w.Step != nil:
		add(lead{id: stepID(workflow, *w.Step), label: label, before: before})
	case w.Workflow != nil:
		add(lead{id: startID(*w.Workflow), label: label, workflow: true, before: before})
	case w.Kind == "end":
		add(lead{id: endID(workflow, w.Failed), label: label})
	}
	return list
}

// The names of nodes in a drawing.
func startID(workflow int) string      { return fmt.Sprintf("w%dstart", workflow) }
func stepID(workflow, step int) string { return fmt.Sprintf("w%ds%d", workflow, step) }

func endID(workflow int, failed bool) string {
	return fmt.Sprintf("w%d%s", workflow, endText(failed))
}
