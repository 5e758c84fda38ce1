package eval

import (
	"fmt"

	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// An Observer is told the operands of a condition.
type Observer func(r *program.Ref, v any, ok bool)

func (o Observer) see(r *program.Ref, v any, ok bool) {
	if o != nil {
		o(r, v, ok)
	}
}

// A Verdict is how a condition was decided. Reason says why it is not met if the
// operands, which are then nil, do not show it; it may hold values of the run.
type Verdict struct {
	Passed   bool
	Reason   string
	Operands []program.Ref
}

// Criterion decides a condition. observe, if not nil, is told its operands with
// their values.
func (e *Evaluator) Criterion(c *program.Criterion, observe Observer) Verdict {
	if c.Broken != "" {
		e.Scope.Note("condition-syntax", c.Place, c.Broken)
		return Verdict{Reason: c.Broken}
	}
	if c.Kind == program.SimpleCriterion {
		return e.evaluateSimple(c, observe)
	}
	if c.Slots != nil && observe == nil && e.Exchange.scan() && e.Exchange.compound {
		return e.evaluatePlaces(c)
	}
	context, ok := e.Value(c.Context)
	observe.see(&c.Context.Ref, context, ok)
	if !ok || context == nil {
		return Verdict{Reason: "the context " + c.Context.Ref.Text + " is missing"}
	}
	if c.Embedded != nil {
		filled, reason := e.fill(c, observe)
		if reason != "" {
			return Verdict{Reason: reason}
		}
		c = filled
	}
	switch c.Kind {
	case program.RegexCriterion:
		passed, err := c.Regex.MatchUntil(e.Done, value.Text(context))
		e.givenUp(err)
		if err != nil {
			return Verdict{Reason: err.Error()}
		}
		return Verdict{Passed: passed}
	case program.XPathCriterion:
		passed, err := c.XPath.TestUntil(e.Done, value.Text(context))
		e.givenUp(err)
		if err != nil {
			return Verdict{Reason: err.Error()}
		}
		return Verdict{Passed: passed}
	}
	return e.evaluateJSONPath(c, context, observe)
}

func (e *Evaluator) evaluateSimple(c *program.Criterion, observe Observer) Verdict {
	passed := c.Simple.Eval(func(i int) (any, bool) {
		v, ok := e.Look(&c.Refs[i])
		observe.see(&c.Refs[i], v, ok)
		if !ok {
			e.missing(&c.Refs[i], c.Place)
		}
		return v, ok
	})
	return Verdict{Passed: passed, Operands: c.Refs}
}

func (e *Evaluator) evaluateJSONPath(c *program.Criterion, context any, observe Observer) Verdict {
	if reason := e.notJSON(&c.Context.Ref, context); reason != "" {
		return Verdict{Reason: reason}
	}
	outcome := c.JSONPath.TestUntil(e.Done, context, func(i int) (any, bool) {
		v, ok := e.Look(&c.Refs[i])
		observe.see(&c.Refs[i], v, ok)
		return v, ok
	}, e.Strict)
	e.givenUp(outcome.Ended)
	if outcome.RootFilter {
		e.Scope.Note("jsonpath-root-filter", c.Place, fmt.Sprintf(
			"%s filters the children of the root; it was tried on the root itself", c.Text))
	}
	return Verdict{Passed: outcome.Pass, Reason: outcome.Reason}
}

// evaluatePlaces decides a condition on the places that it reads, without the
// rest of its context.
func (e *Evaluator) evaluatePlaces(c *program.Criterion) Verdict {
	outcome := c.JSONPath.TestPlaces(func(i int) (any, bool) {
		found := e.Exchange.found[c.Slots[i]]
		return found.V, found.OK
	}, func(i int) (any, bool) { return e.Look(&c.Refs[i]) })
	return Verdict{Passed: outcome.Pass, Reason: outcome.Reason}
}

// fill puts the values of the embedded expressions into a condition and parses it
// (C16); if it is none then, the reason says why. Values of the caller may shape
// it; that one from a response does is told, and never done in strict mode.
func (e *Evaluator) fill(c *program.Criterion, observe Observer) (filled *program.Criterion, reason string) {
	refs := c.Embedded.Refs
	values := make([]any, len(refs))
	for i := range refs {
		v, ok := e.Look(&refs[i])
		observe.see(&refs[i], v, ok)
		if !ok {
			e.missing(&refs[i], c.Place)
			return nil, refs[i].Text + ", which is a part of the condition, is missing"
		}
		values[i] = v
	}
	f, err := c.Fill(values, true)
	for _, i := range f.Shaping {
		if !refs[i].Received {
			continue
		}
		told := fmt.Sprintf("{%s} can come from a response, and its value has characters with a meaning in a %s condition", refs[i].Text, c.Kind)
		if e.Strict {
			return nil, told
		}
		e.Scope.Note("condition-shaped", c.Place, told)
	}
	if err != nil {
		return nil, "the condition is not " + c.Kind.Language() + ": " + program.SyntaxMessage(err)
	}
	if e.Strict && f.JSONPath != nil && len(f.JSONPath.Notes()) > 0 {
		return nil, "the condition is not " + c.Kind.Language() + ": " + f.Text
	}
	return f.Criterion, ""
}
