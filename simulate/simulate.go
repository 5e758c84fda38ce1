// Package simulate runs workflows with no server and no socket: every request is answered
// from the OpenAPI description of its operation, by an example, or by a value that its schema
// describes. The answers are steered so that conditions hold: those of success first, then,
// run after run, those of the branch that was not taken yet. What is reported of a branch was
// seen on the real machine of package runtime; what is impossible comes with the reason.
package simulate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A Simulator simulates workflows. The zero Simulator is ready for use. It may be used by
// several goroutines at once, unless OnEvent cannot; its fields must not be changed meanwhile.
type Simulator struct {
	// Strict lets no answer be other than the description declares: a step whose criteria
	// want that fails. Without it, the author's meaning is followed, and a Deviation told.
	Strict bool
	// Seed chooses among the values that a schema leaves open. The same seed makes the same
	// runs.
	Seed uint64
	// Inputs are those of the workflow; those that are missing are made from its schema.
	Inputs runtime.Inputs
	// Answers are given by hand, and are not steered; nil means none.
	Answers  Answers
	MaxRuns  int // of a workflow; 0 means 200
	MaxSteps int // requests of a run; 0 means 100
	// OnEvent, if not nil, is called with the events of each run when it has ended.
	OnEvent func(runtime.Event)

	Settings runtime.Settings // LoopDelay is not used: waits pass at once
}

func (s *Simulator) maxRuns() int  { return cmp.Or(s.MaxRuns, 200) }
func (s *Simulator) maxSteps() int { return cmp.Or(s.MaxSteps, 100) }

// Program simulates the workflows of the entry document that can be run, in its order. The
// error is that of the context.
func (s *Simulator) Program(ctx context.Context, p *runtime.Program) ([]*Report, error) {
	var reports []*Report
	for _, w := range p.Workflows() {
		if len(w.Errors) > 0 {
			continue
		}
		r, err := s.Workflow(ctx, p, w.ID)
		if err != nil {
			return reports, err
		}
		reports = append(reports, r)
	}
	return reports, nil
}

// Workflow simulates a workflow until all that can happen was seen. The error is that of
// [runtime.Program.Begin], an [*AnswerError], or that of the context.
func (s *Simulator) Workflow(ctx context.Context, p *runtime.Program, workflowID string) (*Report, error) {
	e, err := s.explorer(ctx, p, workflowID)
	if err != nil {
		return nil, err
	}
	if err := e.explore(); err != nil {
		return nil, err
	}
	return e.report(), nil
}

// Run runs a workflow once, so that it succeeds. It returns what [runtime.Driver.Run] does,
// or the error of an answer that was given by hand.
func (s *Simulator) Run(ctx context.Context, p *runtime.Program, workflowID string) (*runtime.Result, error) {
	w, _, err := s.first(ctx, p, workflowID)
	if err != nil {
		return nil, err
	}
	if w.pending != nil {
		w.x.Cancel(errTooMany)
	}
	done, _ := w.x.Next().(*runtime.Done)
	return done.Result, done.Err
}

// first makes the run that is to succeed.
func (s *Simulator) first(ctx context.Context, p *runtime.Program, workflowID string) (*walk, *explorer, error) {
	e, err := s.explorer(ctx, p, workflowID)
	if err != nil {
		return nil, nil, err
	}
	seen := map[goal]bool{}
	w, err := e.begin(e.inputs, seen)
	if err != nil {
		return nil, nil, err
	}
	return w, e, e.finish(w, seen, "success")
}

func (s *Simulator) explorer(ctx context.Context, p *runtime.Program, workflowID string) (*explorer, error) {
	linked := program.Of(p)
	root := linked.Entry().Workflows[workflowID]
	if root == nil || root.Refused {
		_, err := p.Begin(workflowID, nil, s.Settings)
		return nil, err
	}
	e := &explorer{Simulator: s, ctx: ctx, program: p, root: root, types: newTypes(root, s.Seed, s.Strict),
		seen: map[goal]bool{}, failed: map[goal]int{}, points: map[*program.Step][]*checkpoint{}, why: map[goal]*failure{},
		executed: map[*program.Step][2]int{}, given: map[*openapi.Operation]map[int]bool{},
		answered: map[*program.Step]*answer{}}
	for _, step := range root.Steps {
		e.goals = append(e.goals, goals(step)...)
	}
	e.makeInputs()
	return e, e.unknownAnswers()
}

// report tells what was seen.
func (e *explorer) report() *Report {
	r := &Report{WorkflowID: e.root.ID, Runs: e.runs, Deviations: e.found, Limit: e.limit}
	for _, run := range e.runs {
		r.Succeeded = r.Succeeded || run.Succeeded
	}
	if !r.Succeeded {
		r.Failure = e.runs[0].Error
		r.FailedAt = e.runs[0].failedAt()
	}
	closed := e.closed()
	for _, s := range e.root.Steps {
		at := within(s.Workflow, s.Position())
		n := e.executed[s]
		step := Step{ID: s.ID, Position: at, Executed: n[0] + n[1], Succeeded: n[1] > 0, Failed: n[0] > 0}
		own := Branch{Kind: "step", What: "step " + s.ID, Position: at, Seen: step.Executed > 0}
		if !own.Seen {
			own.Reason, own.Impossible = e.unreached(s), closed[s]
		}
		step.Branches = append(step.Branches, own)
		for _, g := range goals(s) {
			b, _ := g.branch()
			if b.Seen = e.seen[g]; !b.Seen {
				e.explain(&b, g, own.Seen)
				b.Impossible = b.Impossible || closed[s]
			}
			step.Branches = append(step.Branches, b)
		}
		r.Steps = append(r.Steps, step)
	}
	r.MissingOutputs = e.missingOutputs()
	e.use(r)
	return r
}

// missingOutputs returns the outputs of steps that succeeded which never had a value.
func (e *explorer) missingOutputs() (list []Branch) {
	for _, s := range e.root.Steps {
		for o := range program.Each(s.Outputs) {
			if e.executed[s][1] > 0 && !e.seen[goal{step: s, output: o.Name}] {
				b := Branch{Kind: "output", What: "output " + o.Name + " of step " + s.ID, Position: within(s.Workflow, o.Place),
					Reason: cmp.Or(o.Value.Source(), "it") + " never had a value"}
				res := resolver{root: e.root}
				at, a := res.value(&o.Value, s.Workflow, s), e.answered[s]
				if at.place != nil && at.place.step == s && at.place.header == "" && a != nil {
					if found := e.types.body(a.response).Follow(at.place.tokens); found.Type == nil {
						b.Reason = at.text + " is not declared in the response of " + s.Label
						d := Deviation{Position: b.Position, Message: b.Reason}
						d.relate(&found.Place)
						b.Related = []Deviation{d}
					}
				}
				list = append(list, b)
			}
		}
	}
	return list
}

// ways returns the outcomes of the workflow's steps that lead to a step.
func (e *explorer) ways(s *program.Step) (list []goal) {
	for _, other := range e.root.Steps {
		for _, g := range slices.Concat(outcomes(other, true), outcomes(other, false)) {
			leads := g.action == none && g.succeeded && other.Next == s
			if g.action != none {
				leads = actions(other, g.succeeded)[g.action].Step == s
			}
			if leads && g.shadow() == nil {
				list = append(list, g)
			}
		}
	}
	return list
}

// unreached says what keeps a step from being executed.
func (e *explorer) unreached(s *program.Step) string {
	var from []string
	for _, g := range e.ways(s) {
		from = append(from, "step "+g.step.ID)
	}
	if from == nil {
		return "no way leads there"
	}
	return "no run came there from " + strings.Join(slices.Compact(from), ", ")
}

// closed returns the steps to which every way is impossible.
func (e *explorer) closed() map[*program.Step]bool {
	steps := map[*program.Step]bool{}
	for _, s := range e.root.Order[1:] {
		steps[s] = e.executed[s] == [2]int{}
	}
	for changed := true; changed; { // a step that may be reached opens those that it leads to
		changed = false
		for s, shut := range steps {
			if !shut || !slices.ContainsFunc(e.ways(s), func(g goal) bool {
				var b Branch
				e.explain(&b, g, true)
				return !steps[g.step] && !b.Impossible
			}) {
				continue
			}
			steps[s], changed = false, true
		}
	}
	return steps
}

// explain says why a goal was not reached.
func (e *explorer) explain(b *Branch, g goal, reached bool) {
	why := e.why[g]
	switch shadow := g.shadow(); {
	case shadow != nil:
		b.Impossible = true
		b.Reason = fmt.Sprintf("action %s, which is tried before, has no criteria and is always taken", shadow.Name)
	case !reached:
		b.Reason = "its step was not executed"
	case g.step.Operation == nil && g.step.Called == nil:
		b.Reason = "the step could not be linked"
	case why == nil || why.points == 0:
		b.Reason = "its step sends no request"
		for _, run := range e.runs {
			for _, v := range run.Path {
				if v.StepID == g.step.ID && v.WorkflowID == e.root.ID && v.Reason != "" {
					b.Reason += ": " + v.Reason
					return
				}
			}
		}
	case len(why.refusals) > 0:
		b.Impossible = why.tried == 0
		var list []flaw
		for _, f := range why.refusals {
			if !slices.ContainsFunc(list, func(o flaw) bool { return o.Message == f.Message }) {
				list = append(list, f)
			}
		}
		b.Reason = list[0].Message
		for _, f := range list {
			b.Related = append(b.Related, f.Deviation)
		}
	case why.tried == 0:
		b.Impossible = true
		b.Reason = "the conditions exclude one another: " + conditions(g.demand())
	default:
		b.Reason = fmt.Sprintf("none of %d answers that were tried leads there", why.tried)
	}
}

// conditions writes what a demand asks for.
func conditions(d demand) string {
	var texts []string
	for _, c := range d.criteria() {
		if !slices.Contains(texts, c.Text) {
			texts = append(texts, c.Text)
		}
	}
	return strings.Join(texts, ", ")
}

// use tells which operations of which descriptions were used, and how they were answered.
func (e *explorer) use(r *Report) {
	known := map[*openapi.Operation]bool{}
	e.root.EachReachable(func(s *program.Step) {
		if s.Operation == nil || known[s.Operation] {
			return
		}
		known[s.Operation] = true
		op := Operation{Source: s.Source.Qualified, Operation: cmp.Or(s.Operation.ID, s.Label),
			Given: slices.Sorted(maps.Keys(e.given[s.Operation]))}
		answered := map[*openapi.Response]bool{}
		for _, status := range op.Given {
			answered[s.Operation.Response(status)] = true
		}
		for _, declared := range s.Operation.Responses {
			if op.Declared = append(op.Declared, declared.Code); answered[declared] {
				op.Answered = append(op.Answered, declared.Code)
			}
		}
		r.Operations = append(r.Operations, op)
		i := slices.IndexFunc(r.Sources, func(o Source) bool { return o.Name == op.Source })
		if i < 0 {
			i = len(r.Sources)
			r.Sources = append(r.Sources, Source{Name: op.Source, Operations: s.Source.Description.Len()})
		}
		if op.Given != nil {
			r.Sources[i].Used++
		}
	})
}
