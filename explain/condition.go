package explain

import (
	"fmt"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/cells"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/internal/xpath"
	"github.com/gobelin-dev/gobelin/runtime"
)

// condition returns a condition, what it came to with the values of its operands, and
// how it was decided. c, which may be nil, says in which variant of its language it is.
func condition(c *program.Criterion, e *runtime.CriterionEvaluated) string {
	filled := ""
	unparsed := len(e.Operands) == 0 && e.Reason != "" // then nothing was evaluated
	switch values := (operands{e.Operands}); {
	case unparsed:
	case e.Type == "simple":
		filled = values.simple(e.Condition)
	case e.Type == "regex":
		filled = values.regex(e.Condition, e.Passed)
	case e.Type == "jsonpath":
		filled = values.jsonpath(e.Condition, c)
	case e.Type == "xpath":
		filled = values.xpath(e.Condition, c)
	}
	text := e.Condition
	if filled != "" && filled != text {
		text += ": " + filled
	}
	text += map[bool]string{true: " → true", false: " → false"}[e.Passed]
	if unparsed || e.Type != "simple" && e.Reason != "" {
		text += " (" + e.Reason + ")"
	}
	return cells.Message(text)
}

// operands are those of a condition, in the order of their evaluation: of one with a
// context, that first, then those that are embedded in it.
type operands struct{ list []runtime.Operand }

func (o operands) value(text string) (any, bool, bool) {
	for i := range o.list {
		if o.list[i].Text == text {
			return o.list[i].Value, !o.list[i].Missing, true
		}
	}
	return nil, false, false
}

// context returns the value that a condition is about.
func (o operands) context() (v any, name string, ok bool) {
	if len(o.list) == 0 {
		return nil, "the context", false
	}
	return o.list[0].Value, o.list[0].Text, !o.list[0].Missing
}

// embedded puts the values of the expressions in braces into a condition (C16).
func (o operands) embedded(text string) string {
	for i := range o.list {
		if !o.list[i].Missing && i > 0 {
			text = strings.ReplaceAll(text, "{"+o.list[i].Text+"}", value.Text(o.list[i].Value))
		}
	}
	return text
}

func (o operands) simple(text string) string {
	parsed, err := expr.ParseCondition(text)
	if err != nil {
		return ""
	}
	list := parsed.Expressions()
	return parsed.Filled(func(i int) (string, bool) {
		v, ok, evaluated := o.value(list[i].Text)
		return Value(v, ok), evaluated
	})
}

func (o operands) regex(text string, passed bool) string {
	v, name, ok := o.context()
	if !ok {
		return name + " is missing"
	}
	verb := " does not match "
	if passed {
		verb = " matches "
	}
	return name + " is " + Value(v, true) + ", which" + verb + o.embedded(text)
}

func (o operands) jsonpath(text string, c *program.Criterion) string {
	context, name, ok := o.context()
	if !ok {
		return name + " is missing"
	}
	dialect := jsonpath.RFC9535
	if c != nil {
		dialect = c.Dialect
	}
	parsed, err := jsonpath.ParseCondition(o.embedded(text), dialect)
	if err != nil {
		return name + " is " + Value(context, true)
	}
	filled := parsed.Filled(context, func(i int) (any, bool) {
		v, ok, _ := o.value(parsed.Operands()[i])
		return v, ok
	}, Value)
	if parsed.Predicate() {
		return filled
	}
	return filled + " of " + name + ", which is " + Value(context, true)
}

func (o operands) xpath(text string, c *program.Criterion) string {
	context, name, ok := o.context()
	if !ok {
		return name + " is missing"
	}
	version := ""
	if c != nil {
		version = c.Version
	}
	xml := value.Text(context)
	whole := name + " is " + Value(context, true)
	parsed, err := xpath.CompileVersion(o.embedded(text), version)
	if err != nil {
		return whole
	}
	side := func(e *xpath.Expr) string {
		v, err := e.Value(xml)
		if list, ok := v.([]any); ok && err == nil {
			return fmt.Sprintf("%d nodes %s", len(list), Value(v, true))
		}
		return Value(v, v != nil && err == nil)
	}
	if left, operator, right, ok := parsed.Sides(); ok {
		return side(left) + " " + operator + " " + side(right)
	}
	return "comes to " + side(parsed) + "; " + whole
}
