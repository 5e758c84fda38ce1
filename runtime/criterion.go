package runtime

import (
	"strings"

	"github.com/gobelin-dev/gobelin/internal/cells"
	"github.com/gobelin-dev/gobelin/internal/eval"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// passes reports whether all criteria pass, and emits each evaluation; if they do
// not, reason says why. action names the action that they belong to.
func (x *Execution) passes(f *frame, action string, criteria []*program.Criterion) (passed bool, reason string) {
	for _, c := range criteria {
		var operands []Operand
		var observe eval.Observer
		if x.listener != nil {
			observe = func(r *program.Ref, v any, ok bool) {
				operands = append(operands, Operand{Text: r.Text, Value: x.shownOperand(r, v), Missing: !ok})
			}
		}
		v := x.in(f).Criterion(c, observe)
		why := ""
		if !v.Passed {
			why = x.why(f, v)
		}
		if x.listener != nil {
			x.emit(&CriterionEvaluated{At: x.where(f), Action: action, Condition: c.Text, Type: c.Kind.String(),
				Operands: operands, Passed: v.Passed, Reason: why})
		}
		if !v.Passed {
			reason = "the criterion " + c.Text + " is not met"
			if why != "" {
				reason += ": " + why
			}
			return false, cells.Message(reason)
		}
	}
	return true, ""
}

// why returns the reason for which a condition is not met; without another one,
// the values of its operands.
func (x *Execution) why(f *frame, v eval.Verdict) string {
	x.learnAnswer(f)
	if v.Reason != "" {
		return x.secrets.Text(v.Reason)
	}
	var parts []string
	for i := range v.Operands {
		r := &v.Operands[i]
		if r.Kind == program.Known {
			continue
		}
		text := "missing"
		if v, ok := x.in(f).Look(r); ok {
			text = shorten(string(value.AppendJSON(nil, x.shownOperand(r, v))))
		}
		parts = append(parts, r.Text+" is "+text)
	}
	return strings.Join(parts, ", ")
}

const maxShown = 80 // runes of a value in a message

// shorten cuts a text that is too long for a message.
func shorten(s string) string {
	if runes := []rune(s); len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return s
}
