package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// conditions reports criteria that decide nothing, whatever the response: parts that
// are always true, and comparisons of one value that contradict one another.
func (c *checker) conditions() {
	for _, w := range c.program.Workflows {
		for _, s := range w.Steps {
			c.excludedStatus(s)
			c.sense(w, s.Criteria)
			for _, list := range [][]*program.Action{s.OnSuccess, s.OnFailure} {
				for _, a := range list {
					if !a.Inherited || s.Index == 0 {
						c.sense(w, a.Criteria)
					}
				}
			}
		}
	}
}

func (c *checker) sense(w *program.Workflow, list []*program.Criterion) {
	var said facts
	for _, criterion := range list {
		if criterion.Simple != nil {
			c.constants(w, criterion, criterion.Simple.Term(), nil)
		}
		c.wholeContext(w, criterion)
		said.add(criterion)
	}
	c.contradictions(w, said)
}

// constants reports the literals that are conditions by themselves; beside is the
// comparison before it, whose left side was probably meant again.
func (c *checker) constants(w *program.Workflow, criterion *program.Criterion, t, beside *expr.Term) {
	switch {
	case t.Operator == "||" || t.Operator == "&&" || t.Operator == "!":
		for _, inner := range t.Terms {
			c.constants(w, criterion, inner, beside)
			if last := lastComparison(inner); last != nil {
				beside = last
			}
		}
		return
	case t.Operator != "" || t.Count > 0:
		return
	}
	if _, isBool := t.Literal.(bool); isBool && strings.TrimSpace(criterion.Text) == t.Text {
		return // that is what it says
	}
	verdict, right := "never", ""
	if expr.Truthy(t.Literal) {
		verdict = "always"
	}
	if beside != nil {
		right = fmt.Sprintf("; write %s %s %s", beside.Terms[0].Text, beside.Operator, t.Text)
	}
	c.report(w.Document, arazzo.Warning, "condition-constant", criterion.Place, "%s is %s true by itself: it is compared with nothing%s",
		t.Text, verdict, right)
}

// lastComparison returns the last comparison in a condition, or nil.
func lastComparison(t *expr.Term) *expr.Term {
	switch t.Operator {
	case "":
		return nil
	case "||", "&&", "!":
		for _, inner := range slices.Backward(t.Terms) {
			if last := lastComparison(inner); last != nil {
				return last
			}
		}
		return nil
	}
	return t
}

// wholeContext reports the query that selects the context itself, where that is a
// whole body: whatever JSON a server answers meets it.
func (c *checker) wholeContext(w *program.Workflow, criterion *program.Criterion) {
	if criterion.JSONPath == nil || criterion.Context == nil || criterion.Context.Kind != program.Reference {
		return
	}
	r, t := &criterion.Context.Ref, criterion.JSONPath.Term()
	selectsRoot := t != nil && t.Kind == jsonpath.QueryTerm && t.Operator == "" && len(t.Path) == 0
	if !selectsRoot || r.Kind != program.ResponseBody || len(tokens(r)) > 0 {
		return
	}
	c.report(w.Document, arazzo.Warning, "condition-constant", criterion.Place,
		"%s is true of every JSON body but null: it selects the body itself; name a member, as in $.id", criterion.Text)
}

// excludedStatus reports a step that succeeds with every status but one.
func (c *checker) excludedStatus(s *program.Step) {
	if s.Operation == nil || len(s.Criteria) != 1 || s.Criteria[0].Simple == nil {
		return
	}
	t := s.Criteria[0].Simple.Term()
	if t.Operator != "!=" || t.Terms[0].Count+t.Terms[1].Count != 1 || len(s.Criteria[0].Refs) != 1 ||
		s.Criteria[0].Refs[0].Kind != program.StatusCode {
		return
	}
	c.report(s.Workflow.Document, arazzo.Warning, "status-excluded", s.Criteria[0].Place,
		"the step succeeds with every other status, whatever went wrong; say which are right, such as $statusCode >= 200 && $statusCode < 300")
}

// A fact is that a value compares with a literal.
type fact struct {
	value     string // which
	text      string // as written
	operator  string
	literal   any
	compare   func(operator string, a, b any) bool
	criterion *program.Criterion
}

// facts are what must hold together.
type facts []fact

// add adds what a criterion says of single values.
func (f *facts) add(c *program.Criterion) {
	switch {
	case c.Simple != nil:
		f.simple(c, c.Simple.Term())
	case c.JSONPath != nil && c.JSONPath.Predicate() && c.Context != nil && c.Context.Kind == program.Reference:
		if t := c.JSONPath.Term(); t != nil {
			f.jsonpath(c, t)
		}
	}
}

// turned are the operators with their sides exchanged.
var turned = map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func (f *facts) simple(c *program.Criterion, t *expr.Term) {
	if t.Operator == "&&" {
		for _, inner := range t.Terms {
			f.simple(c, inner)
		}
		return
	}
	if turned[t.Operator] == "" {
		return
	}
	left, right, operator := t.Terms[0], t.Terms[1], t.Operator
	if left.Count == 0 {
		left, right, operator = right, left, turned[operator]
	}
	isRef := left.Operator == "" && left.Count == 1 && !left.Embedded && left.First < len(c.Refs)
	if !isRef || right.Operator != "" || right.Count > 0 || c.Refs[left.First].Kind == program.StatusCode {
		return // what a status can be is known from the flow
	}
	r := &c.Refs[left.First]
	*f = append(*f, fact{valueName(r, tokens(r)), left.Text, operator, right.Literal, expr.Compare, c})
}

func (f *facts) jsonpath(c *program.Criterion, t *jsonpath.Term) {
	if t.Operator == "&&" {
		for _, inner := range t.Terms {
			f.jsonpath(c, inner)
		}
		return
	}
	if turned[t.Operator] == "" {
		return
	}
	left, right, operator := t.Terms[0], t.Terms[1], t.Operator
	if left.Kind == jsonpath.LiteralTerm {
		left, right, operator = right, left, turned[operator]
	}
	if left.Kind != jsonpath.QueryTerm || right.Kind != jsonpath.LiteralTerm {
		return
	}
	path := slices.Clone(tokens(&c.Context.Ref))
	for _, step := range left.Path {
		switch step.Kind {
		case jsonpath.NameStep:
			path = append(path, step.Name)
		case jsonpath.IndexStep:
			path = append(path, strconv.Itoa(step.Index))
		default:
			return
		}
	}
	*f = append(*f, fact{valueName(&c.Context.Ref, path), pathText(left.Path), operator, right.Literal, jsonpath.Compare, c})
}

// valueName names the value that a path leads to from the root of an expression.
func valueName(r *program.Ref, path []string) string {
	return fmt.Sprintf("%d %p %p %s/%s", r.Kind, r.Step, r.Workflow, r.Name, strings.Join(path, "/"))
}

// contradictions reports two facts about one value that cannot both hold.
func (c *checker) contradictions(w *program.Workflow, list facts) {
	reported := map[string]bool{}
	for j := range list {
		for i := range j {
			a, b := &list[i], &list[j]
			if a.value != b.value || reported[a.value] || !contradict(a, b) {
				continue
			}
			reported[a.value] = true
			c.report(w.Document, arazzo.Warning, "criterion-impossible", b.criterion.Place, "never passes: no %s is both %s %s and %s %s",
				b.text, a.operator, literal(a.literal), b.operator, literal(b.literal))
		}
	}
}

// contradict reports whether no value meets both facts: if one says what it is, the
// other does not hold of that; else the bounds leave nothing between them.
func contradict(a, b *fact) bool {
	switch {
	case a.operator == "==":
		return !b.compare(b.operator, a.literal, b.literal)
	case b.operator == "==":
		return !a.compare(a.operator, b.literal, a.literal)
	case !value.IsNumber(a.literal) || !value.IsNumber(b.literal) || a.operator[0] == '!' || b.operator[0] == '!':
		return false
	case a.operator[0] == b.operator[0]:
		return false
	case a.operator[0] == '<':
		a, b = b, a
	}
	order := value.CompareNumbers(a.literal, b.literal) // a is the lower bound
	return order > 0 || order == 0 && (a.operator == ">" || b.operator == "<")
}
