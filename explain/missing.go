package explain

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// mostLookedAt bounds a body in which it is looked up what it has instead.
const mostLookedAt = 1 << 20

// missing says of an expression in a response's body without a value how far it leads,
// and what is there instead; "" if that is not known. It ends with what names it.
func missing(text string, tokens []string, e *runtime.ResponseReceived) string {
	if e == nil || len(tokens) == 0 || len(e.Body) > mostLookedAt {
		return ""
	}
	v, err := value.Decode(e.Body)
	if err != nil {
		return ""
	}
	for i, token := range tokens {
		next, ok := value.Find(v, []string{token})
		if ok {
			v = next
			continue
		}
		where := "the body"
		if i > 0 {
			where = "/" + strings.Join(tokens[:i], "/")
		}
		return fmt.Sprintf("%s: %s %s", text, where, lack(v, token))
	}
	return ""
}

// mostMembers is how many members of an object are listed.
const mostMembers = 10

// lack says that a value has no member, and what it has.
func lack(v any, token string) string {
	switch v := v.(type) {
	case []any:
		return fmt.Sprintf("is an array of %d items, without %s", len(v), token)
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		if len(names) == 0 {
			return "is an object without members"
		}
		more := ""
		if len(names) > mostMembers {
			more = fmt.Sprintf(" and %d more", len(names)-mostMembers)
		}
		return fmt.Sprintf("has no %q; it has %s%s%s", token, cut(strings.Join(names[:min(len(names), mostMembers)], ", ")), more,
			nearest.Hint(token, names))
	}
	return "is " + Value(v, true) + ", which has no members"
}

// path returns where a reference leads in a response's body, or nil.
func path(r *program.Ref) []string {
	if r.Kind != program.ResponseBody {
		return nil
	}
	tokens, _ := r.Segments()
	return tokens
}

// noteMissing keeps of the outputs of a step without a value what explains that.
func (x *Explainer) noteMissing(l *level, e *runtime.OutputsEvaluated) {
	if l.step == nil {
		return
	}
	for i := range l.step.Outputs {
		o := &l.step.Outputs[i]
		key := "$steps." + e.StepID + ".outputs." + o.Name
		delete(x.missing, key)
		if v, told := e.Outputs[o.Name]; told && v == nil && o.Value.Kind == program.Reference {
			if text := missing(o.Value.Ref.Text, path(&o.Value.Ref), l.response); text != "" {
				x.missing[key] = fmt.Sprintf("%s is %s (status %d of step %q)", key, text, l.response.Status, e.StepID)
			}
		}
	}
}

// outputNames are the references to outputs of steps in a reason.
var outputNames = regexp.MustCompile(`\$steps\.[\pL\pN_\-]+\.outputs\.[\pL\pN_.\-]+`)

// causes says why expressions that a failure is about have no value.
func (x *Explainer) causes(l *level, reason string) (lines []string) {
	if l.failed != nil {
		if c := criterion(l.step, l.failed); c != nil {
			c.All(func(r *program.Ref) {
				text := missing(r.Text, path(r), l.response)
				if text != "" && !slices.Contains(lines, text) {
					lines = append(lines, text)
				}
			})
		}
	}
	for _, name := range outputNames.FindAllString(reason, -1) {
		if text := x.missing[name]; text != "" && !slices.Contains(lines, text) {
			lines = append(lines, text)
		}
	}
	return lines
}
