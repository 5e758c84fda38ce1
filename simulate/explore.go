package simulate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// explorer simulates a workflow, run after run.
type explorer struct {
	*Simulator
	ctx      context.Context
	program  *runtime.Program
	root     *program.Workflow
	types    *types
	inputs   map[string]any
	goals    []goal
	seen     map[goal]bool
	failed   map[goal]int // how often an outcome was tried in vain, in passing
	points   map[*program.Step][]*checkpoint
	why      map[goal]*failure
	runs     []Run
	executed map[*program.Step][2]int // with failure, with success
	given    map[*openapi.Operation]map[int]bool
	answered map[*program.Step]*answer // the last success
	found    []Deviation
	limit    string
	distance map[*program.Step]int
}

// failure is why a goal was not reached.
type failure struct {
	refusals []flaw // what the description has against it; none: it was tried in vain
	tried    int
	points   int // the checkpoints that were tried
}

// The bounds of the simulation of a workflow.
const (
	maxPoints   = 4  // checkpoints of a step
	maxTries    = 48 // answers for a goal at a checkpoint
	maxRepeats  = 12 // of a step whose retries are to be used up
	maxPassing  = 8  // answers for an outcome in passing
	maxInVain   = 2  // attempts at an outcome in passing
	maxSettling = 50 // answers in a called workflow until its step ends
)

var errTooMany = errors.New("the bound on the steps of a run is reached")

// solver returns what solves conditions on the answer to a step.
func (e *explorer) solver(w *walk, s *program.Step, status int) *solver {
	return &solver{resolver: resolver{root: e.root, callers: w.callers()}, w: w, step: s, pending: w.pending,
		answer: e.types.answer(w.pending, status), strict: e.Strict}
}

// candidate is a choice of an answer, with what else has to be chosen otherwise.
type candidate struct {
	answer *answer
	before option // wishes for what was chosen before
}

// candidates returns answers that may lead to a goal, those with the statuses of success or
// failure first, and notes what the description has against others.
func (e *explorer) candidates(w *walk, g goal, succeeds bool, most int, why *failure) (list []candidate) {
	d := g.demand()
	if w.pending != g.step { // a workflow that the step calls is under way: its end decides, or what it returns
		inner := demand{any: []demand{ends(w.pending, succeeds), ends(w.pending, !succeeds)}}
		return e.solve(w, g.step, d, &inner, succeeds, most, why)
	}
	return e.solve(w, g.step, d, nil, succeeds, most, why)
}

func (e *explorer) solve(w *walk, s *program.Step, d demand, inner *demand, succeeds bool, most int, why *failure) (list []candidate) {
	var later []candidate
	var refusals []flaw
	for _, status := range statuses(w.pending, succeeds, append(d.criteria(), w.pending.Criteria...)) {
		so := e.solver(w, s, status)
		for _, c := range d.criteria() {
			so.learn(c)
		}
		options := so.options(d)
		if inner != nil && len(options) > 0 {
			own := e.solver(w, w.pending, status)
			options = product(options, own.options(*inner))
		}
		if len(options) == 0 {
			if so.cut {
				why.tried++ // without an answer that would say so
			}
			if so.answer.flaw == nil || e.Strict {
				refusals = append(refusals, so.refusals...)
			}
			continue
		}
		if so.answer.flaw != nil && e.Strict {
			refusals = append(refusals, *so.answer.flaw)
			continue
		}
		for _, o := range options {
			c := candidate{answer: e.types.answer(w.pending, status)}
			for _, wish := range o {
				if wish.place.step != w.pending && !so.fulfilled(wish) {
					c.before = append(c.before, wish)
				}
			}
			e.types.fill(c.answer, o)
			if c.answer.flaw != nil {
				later = append(later, c)
			} else {
				list = append(list, c)
			}
		}
	}
	list = append(list, later...)
	if len(list) == 0 {
		why.refusals = append(why.refusals, refusals...)
	}
	return list[:min(len(list), most)]
}

// try answers with a candidate on a copy of a walk, and lets a workflow that the step of the
// goal calls come to its end.
func (e *explorer) try(at *checkpoint, g goal, c candidate) (*walk, map[goal]bool, error) {
	w, err := at.restore(e.program)
	if err != nil {
		return nil, nil, err
	}
	seen := map[goal]bool{}
	if err := w.respond(e.ctx, c.answer, seen); err != nil {
		return nil, nil, err
	}
	for range maxSettling {
		if at.pending == g.step || seen[g] || !w.within(g.step) {
			break
		}
		if err := e.pass(w, seen, nil); err != nil {
			return nil, nil, err
		}
	}
	return w, seen, nil
}

// reach looks for an answer that leads to a goal. The walk has gone on if it is not nil.
func (e *explorer) reach(at *checkpoint, g goal, most int, why *failure) (*walk, map[goal]bool, error) {
	all := map[goal]bool{}
	for range maxRepeats {
		var again *walk
		for _, c := range e.candidates(&at.walk, g, g.succeeds(), most, why) {
			if len(c.before) > 0 {
				w, seen, err := e.anew(at, g, c, why)
				if err != nil || w != nil && seen[g] {
					return w, seen, err
				}
				why.tried++
				continue
			}
			w, seen, err := e.try(at, g, c)
			if err != nil {
				return nil, nil, err
			}
			if why.tried++; seen[g] {
				for other := range all {
					seen[other] = true
				}
				return w, seen, nil
			}
			if again == nil && g.repeats() && w.pending == g.step {
				again = w
				for other := range seen {
					all[other] = true
				}
			}
		}
		if again == nil {
			return nil, nil, nil
		}
		var err error
		if at, err = again.save(); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, nil
}

// anew repeats what led to a checkpoint with other inputs or answers, and goes on to a goal.
func (e *explorer) anew(at *checkpoint, g goal, c candidate, why *failure) (*walk, map[goal]bool, error) {
	inputs := at.inputs
	want := schema.Want{}
	ofInputs := false
	for _, wish := range c.before {
		if wish.place.step == nil {
			*want.At(wish.place.tokens) = wish.want
			ofInputs = true
		}
	}
	if ofInputs {
		if len(e.Inputs) > 0 {
			for name := range want.Members {
				if _, given := e.Inputs[name]; given {
					why.refusals = append(why.refusals, flaw{Deviation: Deviation{Position: at.pending.Position(),
						Message: "the input " + name + " is given, and stays as it is"}})
					return nil, nil, nil
				}
			}
		}
		sampler := e.types.sampler
		sampler.Client = true
		made, _ := sampler.Sample(e.types.inputs(e.root), "inputs", &want, schema.Want{Exactly: true, Value: any(inputs)}).(map[string]any)
		inputs = made
	}
	seen := map[goal]bool{}
	w, err := e.begin(inputs, seen)
	if err != nil {
		var invalid *runtime.InputError
		if errors.As(err, &invalid) {
			return nil, nil, nil
		}
		return nil, nil, err
	}
	for _, recorded := range at.script {
		if w.pending == nil || w.pending != recorded.step {
			return nil, nil, nil
		}
		repeated := recorded
		var wishes option
		for _, wish := range c.before {
			if wish.place.step == recorded.step {
				wishes = append(wishes, wish)
			}
		}
		if wishes != nil && !recorded.given {
			repeated = e.types.answer(recorded.step, recorded.status)
			e.types.fill(repeated, append(recorded.wishes[:len(recorded.wishes):len(recorded.wishes)], wishes...))
		}
		if err := w.respond(e.ctx, repeated, seen); err != nil {
			return nil, nil, err
		}
	}
	if w.pending == nil || w.pending != at.pending {
		return nil, nil, nil
	}
	point, err := w.save()
	if err != nil {
		return nil, nil, err
	}
	var last *walk
	for _, again := range e.candidates(w, g, g.succeeds(), maxTries, &failure{}) {
		if len(again.before) > 0 {
			continue
		}
		tried, more, err := e.try(point, g, again)
		if err != nil {
			return nil, nil, err
		}
		if more[g] {
			for other := range seen {
				more[other] = true
			}
			return tried, more, nil
		}
		last = tried
	}
	return last, seen, nil
}

// begin begins a run, and goes to its first request.
func (e *explorer) begin(inputs map[string]any, seen map[goal]bool) (*walk, error) {
	settings := e.Settings
	settings.LoopDelay = -1
	x, err := e.program.Begin(e.root.ID, inputs, settings)
	if err != nil {
		return nil, err
	}
	w := &walk{x: x, types: e.types, inputs: inputs, answers: map[*program.Step]*answer{}}
	w.stack.Program = program.Of(e.program)
	return w, w.advance(e.ctx, seen)
}

// pass answers one request so that the run comes to its end with success, and takes what was
// not taken yet. With goals, checkpoints are kept.
func (e *explorer) pass(w *walk, seen map[goal]bool, keep func(*checkpoint)) error {
	s := w.pending
	if len(w.script) >= e.maxSteps() {
		return errTooMany
	}
	at, err := w.save()
	if err != nil {
		return err
	}
	if a, err := e.byHand(w, s); err != nil || a != nil {
		if err != nil {
			return err
		}
		return w.respond(e.ctx, a, seen)
	}
	if keep != nil {
		keep(at)
	}
	for _, g := range e.order(w, s, seen) {
		if e.failed[g] >= maxInVain {
			continue
		}
		why := &failure{}
		for _, c := range e.candidates(&at.walk, g, true, maxPassing, why) {
			if len(c.before) > 0 {
				continue
			}
			tried, more, err := e.try(at, g, c)
			if err != nil {
				return err
			}
			if more[g] {
				*w = *tried
				for other := range more {
					seen[other] = true
				}
				return nil
			}
		}
		e.failed[g]++
	}
	a := e.types.answer(s, statuses(s, true, s.Criteria)[0])
	e.types.fill(a, nil)
	return w.respond(e.ctx, a, seen)
}

// order returns the outcomes of a step, in the order in which they are wanted: actions after
// a success that were not yet taken, then the shortest way to the end.
func (e *explorer) order(w *walk, s *program.Step, seen map[goal]bool) []goal {
	list := slices.Concat(outcomes(s, true), outcomes(s, false))
	list = slices.DeleteFunc(list, func(g goal) bool { return g.shadow() != nil })
	rank := func(g goal) int {
		n := e.far(g)
		if g.succeeded && g.action != none && !e.seen[g] && !seen[g] && len(w.script) < e.maxSteps()/2 && n < farthest {
			return -1 - n // what leads away from the end comes first
		}
		if !g.succeeded {
			if n += farthest / 2; g.action != none {
				n++ // a failure that nothing was foreseen for is the plainest
			}
		}
		return n
	}
	slices.SortStableFunc(list, func(a, b goal) int { return rank(a) - rank(b) })
	return list
}

const farthest = 1 << 20

// far returns how far an outcome is from the successful end of its workflow.
func (e *explorer) far(g goal) int {
	if g.action == none {
		switch {
		case !g.succeeded:
			return farthest
		case g.step.Next == nil:
			return 0
		}
		return 1 + e.toEnd(g.step.Next)
	}
	switch a := actions(g.step, g.succeeded)[g.action]; {
	case a.Kind == "retry":
		return 2 + e.toEnd(g.step)
	case a.Kind == "goto" && a.Step != nil:
		return 1 + e.toEnd(a.Step)
	case a.Kind == "goto":
		return 1
	case !g.succeeded:
		return farthest
	}
	return 0
}

// toEnd returns how many outcomes lie between a step and the successful end.
func (e *explorer) toEnd(s *program.Step) int {
	if e.distance == nil {
		e.distance = map[*program.Step]int{}
	}
	if n, known := e.distance[s]; known {
		return n
	}
	w := s.Workflow
	for _, other := range w.Steps {
		e.distance[other] = farthest
	}
	for changed := true; changed; {
		changed = false
		for _, other := range slices.Backward(w.Order) {
			for _, g := range slices.Concat(outcomes(other, true), outcomes(other, false)) {
				if n := e.far(g); g.shadow() == nil && n < e.distance[other] {
					e.distance[other], changed = n, true
				}
			}
		}
	}
	return e.distance[s]
}

// finish takes a run to its end, and reports it.
func (e *explorer) finish(w *walk, seen map[goal]bool, what string) error {
	var err error
	for w.pending != nil && err == nil {
		err = e.pass(w, seen, e.keep)
	}
	if err != nil && !errors.Is(err, errTooMany) {
		return err
	}
	for g := range seen {
		e.seen[g] = true
	}
	run := Run{For: what, Path: w.path, Succeeded: w.err == nil && err == nil}
	switch {
	case err != nil:
		run.Error = fmt.Sprintf("%v (%d)", err, e.maxSteps())
		run.Path[len(run.Path)-1].failsAt(within(w.pending.Workflow, w.pending.Position()))
	case w.err != nil:
		run.Error = w.err.Error()
	}
	e.runs = append(e.runs, run)
	for _, v := range w.path {
		if v.Depth == 0 && v.WorkflowID == e.root.ID {
			if s := e.root.Step(v.StepID); s != nil {
				n := e.executed[s]
				n[map[bool]int{true: 1}[v.Succeeded]]++
				e.executed[s] = n
			}
		}
	}
	for _, a := range w.script {
		op := a.step.Operation
		if e.given[op] == nil {
			e.given[op] = map[int]bool{}
		}
		e.given[op][a.status] = true
		if a.status < 400 {
			e.answered[a.step] = a
		}
		if a.flaw != nil {
			e.deviation(a.flaw.Deviation)
		}
		for _, d := range a.found {
			e.deviation(d)
		}
	}
	if e.OnEvent != nil {
		for _, event := range w.events {
			e.OnEvent(event)
		}
	}
	return nil
}

func (e *explorer) deviation(d Deviation) {
	if !slices.ContainsFunc(e.found, func(o Deviation) bool { return o.Position == d.Position && o.Message == d.Message }) {
		e.found = append(e.found, d)
	}
}

// keep keeps a checkpoint of the step that waits, and of those that have called its workflow.
func (e *explorer) keep(c *checkpoint) {
	for _, s := range c.active {
		if s != nil && len(e.points[s]) < maxPoints {
			e.points[s] = append(e.points[s], c)
		}
	}
}

// explore makes the runs.
func (e *explorer) explore() error {
	seen := map[goal]bool{}
	w, err := e.begin(e.inputs, seen)
	if err != nil {
		return err
	}
	if err := e.finish(w, seen, "success"); err != nil {
		return err
	}
	for progress := true; progress; {
		progress = false
		for _, g := range e.pending() {
			if len(e.runs) >= e.maxRuns() {
				e.limit = fmt.Sprintf("%d runs", e.maxRuns())
				return nil
			}
			if e.seen[g] {
				continue
			}
			moved, err := e.attempt(g)
			if err != nil {
				return err
			}
			progress = progress || moved
		}
	}
	return nil
}

// pending returns the goals that are open: those that reports tell, and then the ways to
// steps that were not executed.
func (e *explorer) pending() (list []goal) {
	for _, g := range e.goals {
		if !e.seen[g] {
			list = append(list, g)
		}
	}
	for _, s := range e.root.Steps {
		next := goal{step: s, succeeded: true, action: none, criterion: none}
		if s.Next != nil && e.executed[s.Next] == [2]int{} && !e.seen[next] {
			list = append(list, next)
		}
	}
	return list
}

// attempt tries to reach a goal from the checkpoints that it was not tried from.
func (e *explorer) attempt(g goal) (bool, error) {
	why := e.why[g]
	if why == nil {
		why = &failure{}
		e.why[g] = why
	}
	if g.shadow() != nil {
		return false, nil
	}
	for why.points < len(e.points[g.step]) {
		at := e.points[g.step][why.points]
		why.points++
		w, seen, err := e.reach(at, g, maxTries, why)
		if err != nil {
			return false, err
		}
		if w != nil && seen[g] {
			return true, e.finish(w, seen, g.String())
		}
	}
	return false, nil
}

// makeInputs makes the inputs of the workflow; those that are given win.
func (e *explorer) makeInputs() {
	want := &schema.Want{}
	sampler := e.types.sampler
	sampler.Client = true
	for _, name := range slices.Sorted(maps.Keys(e.Inputs)) {
		v, err := value.From(e.Inputs[name])
		if err == nil {
			*want.At([]string{name}) = schema.Want{Exactly: true, Value: v}
		}
	}
	declared := e.types.inputs(e.root)
	for _, r := range e.types.readInputs {
		if want.At(r.tokens[:1]).Exactly {
			continue
		}
		at := want.At(r.tokens)
		if r.parameter == nil || at.Exactly {
			continue
		}
		// What it is for says more than the schema of the inputs, unless that has a value.
		found := declared.Follow(r.tokens)
		v := sampler.Sample(r.parameter, r.tokens[len(r.tokens)-1], &schema.Want{}, schema.Want{})
		if found.Type == nil || !found.Type.HasValue() && found.Type.Misfit(v) == nil {
			*at = schema.Want{Exactly: true, Value: v}
		}
	}
	e.inputs, _ = sampler.Sample(e.types.inputs(e.root), "inputs", want, schema.Want{}).(map[string]any)
	if e.inputs == nil {
		e.inputs = map[string]any{}
	}
}
