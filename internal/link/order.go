package link

import (
	"container/heap"
	"slices"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/digraph"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// need is a step that must have been executed before the one that has the need.
type need struct {
	of        *program.Step
	declared  int          // its place in dependsOn; -1: ref is set
	ref       *program.Ref // that reads an output
	when      program.Moment
	inherited bool // the workflow has the parameter or the action that reads it
	free      bool // the order does not have to satisfy it
}

// order puts the steps of a workflow into the order in which they are executed
// (F19): in version 1.1 each comes after the steps that it needs, and is otherwise
// where the document has it.
func (l *workflowLinker) order() {
	w := l.workflow
	w.Order = w.Steps
	needs := make([][]need, len(w.Steps))
	for _, s := range w.Steps {
		needs[s.Index] = needsOf(s)
	}
	if w.Document.Later() {
		l.arrange(needs)
	}
	for i, s := range w.Order[:max(0, len(w.Order)-1)] {
		s.Next = w.Order[i+1]
	}
	if !w.Circular {
		l.early(needs)
	}
}

// needsOf returns what a step depends on, and whose outputs it reads.
func needsOf(s *program.Step) (list []need) {
	for i, p := range s.After {
		if p.Step.Workflow == s.Workflow {
			list = append(list, need{of: p.Step, declared: i})
		}
	}
	s.EachRef(func(when program.Moment, inherited bool, r *program.Ref) {
		if r.Kind == program.StepOutput {
			list = append(list, need{of: r.Step, declared: -1, ref: r, when: when, inherited: inherited})
		}
	})
	return list
}

// arrange finds an order that satisfies the needs. A reference to a step that comes
// later is left to the author where an action leads back from there, as in a loop
// that polls; if the order that results has no such way any more, it counts too. Of
// what the workflow gives to all of its steps, that which makes a circle does not
// count: it is given to the steps that it reads, too.
func (l *workflowLinker) arrange(needs [][]need) {
	w := l.workflow
	written := newWays(w.Steps)
	each := func(visit func(s *program.Step, n *need)) {
		for _, s := range w.Steps {
			for i := range needs[s.Index] {
				visit(s, &needs[s.Index][i])
			}
		}
	}
	each(func(s *program.Step, n *need) {
		n.free = n.declared < 0 && n.of.Index >= s.Index && (n.of == s || written.lead(n.of, s))
	})
	for {
		releaseInherited(needs)
		order, circle := sequence(w.Steps, needs)
		if circle != nil {
			w.Circular = true
			l.circularSteps(circle)
			return
		}
		kept, broken := newWays(order), false
		each(func(s *program.Step, n *need) {
			if n.free && !n.inherited && n.of != s && !kept.lead(n.of, s) {
				broken = true
			}
		})
		if !broken {
			w.Order = order
			break
		}
		each(func(s *program.Step, n *need) { n.free = n.free && n.declared < 0 && n.of == s })
	}
	l.moved(needs)
}

// releaseInherited frees the needs from the workflow that are part of a circle.
func releaseInherited(needs [][]need) {
	edges := make([][]int, len(needs))
	for i, list := range needs {
		for _, n := range list {
			if !n.free {
				edges[i] = append(edges[i], n.of.Index)
			}
		}
	}
	component := digraph.Components(edges)
	for i, list := range needs {
		for j := range list {
			n := &list[j]
			n.free = n.free || n.inherited && component[i] == component[n.of.Index]
		}
	}
}

// sequence returns the steps so that each comes after those that it needs: always
// the first of the document that can be next. If there is no such order, it returns
// steps that need one another in a circle, each with the need of the next.
func sequence(steps []*program.Step, needs [][]need) (order []*program.Step, circle []tie) {
	waiting, waits := make([]int, len(steps)), make([][]int, len(steps))
	for i, list := range needs {
		for _, n := range list {
			if !n.free {
				waiting[i]++
				waits[n.of.Index] = append(waits[n.of.Index], i)
			}
		}
	}
	var ready queue
	for i := range steps {
		if waiting[i] == 0 {
			ready = append(ready, i) // in order, so it is a heap
		}
	}
	for len(ready) > 0 {
		i := heap.Pop(&ready).(int)
		order = append(order, steps[i])
		for _, next := range waits[i] {
			if waiting[next]--; waiting[next] == 0 {
				heap.Push(&ready, next)
			}
		}
	}
	if len(order) < len(steps) {
		return nil, circleAmong(steps, needs, waiting)
	}
	return order, nil
}

// queue has the indexes of steps that can be next.
type queue []int

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i] < q[j] }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(i any)        { *q = append(*q, i.(int)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// tie is a step of a circle with its need of the next.
type tie struct {
	step *program.Step
	need *need
}

// circleAmong returns a circle of the steps that are still waiting: each of them
// needs another one.
func circleAmong(steps []*program.Step, needs [][]need, waiting []int) []tie {
	at := slices.IndexFunc(waiting, func(n int) bool { return n > 0 })
	var way []tie
	met := map[int]int{}
	for {
		if begin, again := met[at]; again {
			return way[begin:]
		}
		met[at] = len(way)
		i := slices.IndexFunc(needs[at], func(n need) bool { return !n.free && waiting[n.of.Index] > 0 })
		way = append(way, tie{steps[at], &needs[at][i]})
		at = needs[at][i].of.Index
	}
}

func (l *workflowLinker) circularSteps(ties []tie) {
	at := l.needAt(ties[0].step, ties[0].need)
	p := l.error("dependency-cycle", at, "the steps need one another in a circle, so there is no order to execute them in: %s",
		circle(len(ties), func(i int) string { return ties[i].step.ID }, ties[0].step.ID))
	for _, k := range ties[:min(len(ties), shownIDs)] {
		at := l.workflow.Document.Decl.Locate(l.needAt(k.step, k.need))
		p.Related = append(p.Related, arazzo.Related{Position: at, Message: "step " + k.step.ID + " needs step " + k.need.of.ID})
	}
	l.report(p)
}

// needAt returns the place of a need.
func (l *workflowLinker) needAt(s *program.Step, n *need) arazzo.Position {
	if n.ref != nil {
		return n.ref.At(l.workflow.Document.Decl)
	}
	return s.After[n.declared].Place
}

// moved reports the steps that are executed after one that the document has behind
// them. Without dependsOn in the workflow, that should be an error (Arazzo 1.1.0,
// Validation Recommendations).
func (l *workflowLinker) moved(needs [][]need) {
	severity := arazzo.Warning
	declares := slices.ContainsFunc(l.workflow.Decl.Steps, func(s *arazzo.Step) bool { return len(s.DependsOn) > 0 })
	if l.options.Strict && !declares {
		severity = arazzo.Error
	}
	type pair struct{ step, of int }
	told := map[pair]bool{}
	for _, s := range l.workflow.Steps {
		for i := range needs[s.Index] {
			n := &needs[s.Index][i]
			if k := (pair{s.Index, n.of.Index}); n.free || n.declared >= 0 || n.of.Index <= s.Index || told[k] {
				continue
			} else {
				told[k] = true
			}
			l.report(l.problem(l.workflow.Document, "step-order", severity, l.needAt(s, n),
				"step %q reads an output of step %q, which comes later; it is executed after that step: move it there", s.ID, n.of.ID))
		}
	}
}

// early reports what the request of a step reads from a step that cannot have been
// executed by then: it comes later, and no action leads back (F19).
func (l *workflowLinker) early(needs [][]need) {
	ways := newWays(l.workflow.Order)
	for _, s := range l.workflow.Steps {
		for _, n := range needs[s.Index] {
			if n.declared >= 0 || n.inherited || n.ref.Dotted || n.when != program.BeforeRequest || ways.lead(n.of, s) {
				continue
			}
			n.ref.Early = true
			why := "it comes later"
			if n.of == s {
				why = "it is being executed, and its outputs are evaluated later"
			}
			p := l.error("never-assigned", l.needAt(s, &n), "%s is always missing: step %q has no outputs yet; %s", n.ref.Text, n.of.ID, why)
			p.Related = append(p.Related, arazzo.Related{
				Position: l.workflow.Document.Decl.Locate(n.of.Decl.At("stepId")), Message: "step " + n.of.ID})
			l.report(p)
		}
	}
}

// ways are what can be executed after a step, in one order of the steps: what
// comes behind it, and what an action leads back to.
type ways struct {
	position []int // of each step in the order
	back     []int // by position: the first that an action behind it leads to
}

func newWays(order []*program.Step) ways {
	n := len(order)
	w := ways{position: make([]int, n), back: make([]int, n)}
	for p, s := range order {
		w.position[s.Index], w.back[p] = p, n
	}
	leads := func(from, to *program.Step) {
		p := w.position[from.Index]
		w.back[p] = min(w.back[p], w.position[to.Index])
	}
	for _, s := range order {
		for _, a := range slices.Concat(s.OnSuccess, s.OnFailure) {
			if a.Kind == "retry" {
				leads(s, s)
			}
			if a.Step == nil {
				continue
			}
			leads(s, a.Step)
			if a.Kind == "retry" {
				leads(a.Step, s)
			}
		}
	}
	for p := n - 2; p >= 0; p-- {
		w.back[p] = min(w.back[p], w.back[p+1])
	}
	for p := range order { // and from there on
		if to := w.back[p]; to < p {
			w.back[p] = w.back[to]
		}
	}
	return w
}

// lead reports whether a step can be executed after another one.
func (w *ways) lead(from, to *program.Step) bool {
	p, q := w.position[from.Index], w.position[to.Index]
	return p < q || w.back[p] <= q
}
