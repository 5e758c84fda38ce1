package runtime

import (
	"fmt"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// operandList gathers the operands of a criterion for its event; nil when
// nobody listens.
type operandList []Operand

func (x *Execution) tell(l *operandList, r *program.Ref, v any, ok bool) {
	if l != nil {
		*l = append(*l, Operand{Text: r.Text, Value: x.shownOperand(r, v), Missing: !ok})
	}
}

// verdict is how a criterion was decided.
type verdict struct {
	passed bool
	reason string
}

// passes reports whether all criteria pass, and tells each evaluation. action
// names the action that they belong to.
func (x *Execution) passes(f *frame, action string, criteria []*program.Criterion) (bool, string) {
	for _, c := range criteria {
		var operands *operandList
		if x.listener != nil {
			operands = new(operandList)
		}
		v := x.evaluate(f, c, operands)
		if x.listener != nil {
			x.emit(&CriterionEvaluated{At: x.where(f), Action: action, Condition: c.Text, Type: c.Kind.String(),
				Operands: *operands, Passed: v.passed, Reason: v.reason})
		}
		if !v.passed {
			reason := "the criterion " + c.Text + " is not met"
			if v.reason != "" {
				reason += ": " + v.reason
			}
			return false, reason
		}
	}
	return true, ""
}

func (x *Execution) evaluate(f *frame, c *program.Criterion, operands *operandList) verdict {
	if c.Kind == program.SimpleCriterion {
		return x.evaluateSimple(f, c, operands)
	}
	if c.Slots != nil && x.listener == nil && f.Exchange.scan() && f.Exchange.compound {
		return x.evaluatePlaces(f, c)
	}
	context, ok := x.value(f, c.Context)
	x.tell(operands, &c.Context.Ref, context, ok)
	if !ok || context == nil {
		return verdict{reason: "the context " + c.Context.Ref.Text + " is missing"}
	}
	if c.Embedded != nil {
		parsed, err := x.substitute(f, c, operands)
		if err != nil {
			x.learnAnswer(f)
			return verdict{reason: x.secrets.Text(program.SyntaxMessage(err))}
		}
		c = parsed
	}
	switch c.Kind {
	case program.RegexCriterion:
		return verdict{passed: c.Regex.MatchString(value.Text(context))}
	case program.XPathCriterion:
		passed, err := c.XPath.Test(value.Text(context))
		if err != nil {
			x.learnAnswer(f)
			return verdict{reason: x.secrets.Text(err.Error())}
		}
		return verdict{passed: passed}
	}
	return x.evaluateJSONPath(f, c, context, operands)
}

func (x *Execution) evaluateSimple(f *frame, c *program.Criterion, operands *operandList) verdict {
	passed := c.Simple.Eval(func(i int) (any, bool) {
		v, ok := x.look(f, &c.Refs[i])
		x.tell(operands, &c.Refs[i], v, ok)
		if !ok {
			x.missing(f, c.Refs[i].Text, c.Place)
		}
		return v, ok
	})
	return verdict{passed: passed, reason: x.operandReason(f, passed, c.Refs)}
}

// operandReason tells the operands of a condition that is not met: they are
// what its reader wants to see.
func (x *Execution) operandReason(f *frame, passed bool, refs []program.Ref) string {
	if passed {
		return ""
	}
	x.learnAnswer(f)
	var parts []string
	for i := range refs {
		if refs[i].Kind == program.Known {
			continue
		}
		text := "missing"
		if v, ok := x.look(f, &refs[i]); ok {
			text = shorten(string(value.AppendJSON(nil, x.shownOperand(&refs[i], v))))
		}
		parts = append(parts, refs[i].Text+" is "+text)
	}
	return strings.Join(parts, ", ")
}

const shortest = 80

// shorten cuts a text that is too long for a message.
func shorten(s string) string {
	if runes := []rune(s); len(runes) > shortest {
		return string(runes[:shortest]) + "…"
	}
	return s
}

func (x *Execution) evaluateJSONPath(f *frame, c *program.Criterion, context any, operands *operandList) verdict {
	if _, isText := context.(string); isText && f.Exchange != nil && f.Exchange.Note != "" {
		return verdict{reason: f.Exchange.Note}
	}
	outcome := c.JSONPath.Test(context, func(i int) (any, bool) {
		v, ok := x.look(f, &c.Refs[i])
		x.tell(operands, &c.Refs[i], v, ok)
		return v, ok
	}, x.program.Strict)
	if outcome.RootFilter {
		x.raise(f, "jsonpath-root-filter", c.Place, fmt.Sprintf(
			"%s filters the children of the root; it was tried on the root itself", x.secrets.Text(c.Text)))
	}
	return verdict{passed: outcome.Pass}
}

// evaluatePlaces decides a condition on the places that it reads, without the
// rest of its context.
func (x *Execution) evaluatePlaces(f *frame, c *program.Criterion) verdict {
	return verdict{passed: c.JSONPath.TestPlaces(func(i int) (any, bool) {
		found := f.Exchange.found[c.Slots[i]]
		return found.V, found.OK
	}, func(i int) (any, bool) { return x.look(f, &c.Refs[i]) })}
}

// substitute puts the values of the embedded expressions into a condition and
// parses it (C16). A value becomes one operand, or text inside of a literal: it
// cannot change the structure.
func (x *Execution) substitute(f *frame, c *program.Criterion, operands *operandList) (*program.Criterion, error) {
	values := make([]any, len(c.Embedded.Refs))
	for i := range values {
		v, ok := x.look(f, &c.Embedded.Refs[i])
		x.tell(operands, &c.Embedded.Refs[i], v, ok)
		values[i] = v
	}
	return c.Filled(values, true)
}
