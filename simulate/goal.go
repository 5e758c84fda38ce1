package simulate

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// goal is something that can happen at a step: that it succeeds or fails and an action, or
// none, is taken, or that a criterion passes or fails.
type goal struct {
	step      *program.Step
	succeeded bool   // of an action, and of the criteria of one: that of the step
	action    int    // among those for that; none: no action matches
	criterion int    // of the action; with success of the step. -1: it is about the action itself
	success   bool   // the criterion is one of the step
	passes    bool   // the criterion
	output    string // that gets a value; "" for all else
}

const none = -1

// actions returns the actions that are tried when a step ends.
func actions(s *program.Step, succeeded bool) []*program.Action {
	if succeeded {
		return s.OnSuccess
	}
	return s.OnFailure
}

// outcomes returns what can happen when a step ends, in the order in which it is tried.
func outcomes(s *program.Step, succeeded bool) (list []goal) {
	for i := range actions(s, succeeded) {
		list = append(list, goal{step: s, succeeded: succeeded, action: i, criterion: none})
	}
	return append(list, goal{step: s, succeeded: succeeded, action: none, criterion: none})
}

// demand is a list of criteria with how they shall come out, or a choice of such lists.
type demand struct {
	criterion *program.Criterion
	passes    bool
	meant     bool // the step succeeds by it
	all, any  []demand
	status    func(int) bool // what the status has to be, where criteria do not say
}

func allOf(list []*program.Criterion, meant bool) (d demand) {
	d.all = []demand{}
	for _, c := range list {
		d.all = append(d.all, demand{criterion: c, passes: true, meant: meant})
	}
	return d
}

// notAll demands that one of the criteria fails, after those before it have passed.
func notAll(list []*program.Criterion) (d demand) {
	d.any = []demand{}
	for i, c := range list {
		fails := allOf(list[:i], false)
		fails.all = append([]demand{{criterion: c}}, fails.all...)
		d.any = append(d.any, fails)
	}
	return d
}

// ends demands that a step succeeds, or fails.
func ends(s *program.Step, succeeded bool) demand {
	switch {
	case len(s.Criteria) == 0:
		return demand{status: func(status int) bool { return (status < 400) == succeeded }}
	case succeeded:
		return allOf(s.Criteria, true)
	}
	return notAll(s.Criteria)
}

// demand returns what leads to a goal. A retry without criteria before it must have been
// used up, which is not a matter of the answer.
func (g goal) demand() demand {
	s := g.step
	if g.success {
		d := allOf(s.Criteria[:g.criterion], true)
		d.all = append(d.all, demand{criterion: s.Criteria[g.criterion], passes: g.passes, meant: g.passes})
		return d
	}
	d := demand{all: []demand{ends(s, g.succeeded)}}
	list := actions(s, g.succeeded)
	last := g.action
	if last == none {
		last = len(list)
	}
	for _, before := range list[:last] {
		if before.Kind == "retry" && len(before.Criteria) == 0 {
			continue
		}
		d.all = append(d.all, notAll(before.Criteria))
	}
	if g.action == none {
		return d
	}
	criteria := list[g.action].Criteria
	if g.criterion == none {
		d.all = append(d.all, allOf(criteria, false))
		return d
	}
	d.all = append(d.all, allOf(criteria[:g.criterion], false), demand{criterion: criteria[g.criterion], passes: g.passes})
	return d
}

// succeeds reports whether the step succeeds by it, as far as it says.
func (g goal) succeeds() bool { return g.succeeded || g.success && g.passes }

// repeats reports whether the step may have to be repeated, until retries are used up.
func (g goal) repeats() bool {
	if g.success {
		return false
	}
	list := actions(g.step, g.succeeded)
	last := g.action
	if last == none {
		last = len(list)
	}
	return slices.ContainsFunc(list[:last], func(a *program.Action) bool { return a.Kind == "retry" })
}

// shadow returns the action before the goal's that is always taken, or nil.
func (g goal) shadow() *program.Action {
	if g.success {
		return nil
	}
	list := actions(g.step, g.succeeded)
	last := g.action
	if last == none {
		last = len(list)
	}
	for _, a := range list[:last] {
		if a.Kind != "retry" && len(a.Criteria) == 0 {
			return a
		}
	}
	return nil
}

// criteria returns the criteria that a demand is about.
func (d demand) criteria() (list []*program.Criterion) {
	if d.criterion != nil {
		list = append(list, d.criterion)
	}
	for _, inner := range slices.Concat(d.all, d.any) {
		list = append(list, inner.criteria()...)
	}
	return list
}

// options returns the options that meet a demand.
func (s *solver) options(d demand) []option {
	all := s.meets(d)
	s.cut = s.cut || len(all) >= maxOptions
	return all
}

func (s *solver) meets(d demand) []option {
	switch {
	case d.criterion != nil:
		s.meant = d.meant
		return s.criterion(d.criterion, d.passes)
	case d.status != nil:
		return constant(s.answer == nil || d.status(s.answer.status))
	case d.any != nil:
		var lists [][]option
		for _, inner := range d.any {
			lists = append(lists, s.options(inner))
		}
		return both(false, lists...)
	}
	all := always
	for _, inner := range d.all {
		if all = product(all, s.options(inner)); len(all) == 0 {
			return nil
		}
	}
	return all
}

var codes = regexp.MustCompile(`\b[1-5][0-9][0-9]\b`)

// statuses returns the statuses that an answer may have, those first that are declared, and
// of them those that suit success or failure.
func statuses(s *program.Step, succeeds bool, criteria []*program.Criterion) (list []int) {
	var declared, others []int
	for _, r := range s.Operation.Responses {
		if status, ok := representative(r, succeeds); ok {
			declared = append(declared, status)
		}
	}
	for _, c := range criteria {
		for _, text := range codes.FindAllString(c.Text, -1) {
			status, _ := strconv.Atoi(text)
			others = append(others, status)
		}
	}
	others = append(others, 200, 201, 202, 204, 500, 404, 400, 401, 403, 409, 422, 429, 503)
	for _, candidates := range [][]int{declared, others} {
		for _, suits := range []bool{succeeds, !succeeds} {
			for _, status := range candidates {
				if (status < 400) == suits && status >= 200 && !slices.Contains(list, status) {
					list = append(list, status)
				}
			}
		}
	}
	return list
}

// representative returns a status that a response is declared for; success is wanted of
// the default.
func representative(r *openapi.Response, success bool) (int, bool) {
	if r.Code == "default" {
		if success {
			return 200, true
		}
		return 500, true
	}
	if len(r.Code) != 3 {
		return 0, false
	}
	if r.Code[1:] == "XX" {
		return 100 * int(r.Code[0]-'0'), r.Code[0] >= '1' && r.Code[0] <= '5'
	}
	status, err := strconv.Atoi(r.Code)
	return status, err == nil && status >= 100
}

// branch describes the goal for a report; ok is false for what is not listed there.
func (g goal) branch() (b Branch, ok bool) {
	at := func(p arazzo.Position) arazzo.Position { return within(g.step.Workflow, p) }
	if g.success {
		c := g.step.Criteria[g.criterion]
		return Branch{Kind: "criterion", What: fmt.Sprintf("criterion %s is %t", c.Text, g.passes), Position: at(c.Place)}, true
	}
	if g.action == none {
		return Branch{Position: at(g.step.Position())}, false
	}
	a := actions(g.step, g.succeeded)[g.action]
	if g.criterion == none {
		return Branch{Kind: "action", What: "action " + a.Name, Position: at(a.Listed)}, true
	}
	c := a.Criteria[g.criterion]
	what := fmt.Sprintf("criterion %s of action %s is %t", c.Text, a.Name, g.passes)
	return Branch{Kind: "criterion", What: what, Position: at(c.Place)}, true
}

// String says what a run for the goal is for.
func (g goal) String() string {
	b, ok := g.branch()
	if ok {
		return fmt.Sprintf("step %s: %s", g.step.ID, b.What)
	}
	return fmt.Sprintf("step %s: %s, and no action matches", g.step.ID, map[bool]string{true: "succeeds", false: "fails"}[g.succeeded])
}

// goals returns what can happen at a step, and is told in a report.
func goals(s *program.Step) (list []goal) {
	for i := range s.Criteria {
		list = append(list, goal{step: s, success: true, criterion: i, passes: true}, goal{step: s, success: true, criterion: i})
	}
	for _, succeeded := range []bool{true, false} {
		for i, a := range actions(s, succeeded) {
			list = append(list, goal{step: s, succeeded: succeeded, action: i, criterion: none})
			for j := range a.Criteria {
				for _, passes := range []bool{true, false} {
					list = append(list, goal{step: s, succeeded: succeeded, action: i, criterion: j, passes: passes})
				}
			}
		}
	}
	return list
}
