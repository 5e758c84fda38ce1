package explain

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// mostShown bounds a value in an explanation, in characters.
const mostShown = 120

// Value writes a value as conditions have it: a text in single quotes, anything else as
// JSON. What is long is cut. ok is false for an expression that has no value.
func Value(v any, ok bool) string {
	if !ok {
		return "(missing)"
	}
	text, isText := v.(string)
	if !isText {
		return cut(string(value.AppendJSON(nil, v)))
	}
	return "'" + cut(strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "'", "''")) + "'"
}

// cut cuts a text that is too long to be read within a line.
func cut(text string) string {
	count := 0
	for i := range text {
		if count++; count > mostShown {
			return text[:i] + "…"
		}
	}
	return text
}

// outputs returns a line for each output of a step.
func outputs(s *program.Step, values map[string]any) []string {
	if s == nil {
		return origins(nil, nil, values, "")
	}
	from := ""
	if s.Called != nil {
		from = "the output of workflow " + s.Called.ID
	}
	return origins(s.Outputs, s.Decl.Outputs, values, from)
}

// workflowOutputs returns a line for each output of a workflow.
func workflowOutputs(w *program.Workflow, values map[string]any) []string {
	if w == nil {
		return origins(nil, nil, values, "")
	}
	return origins(w.Outputs, w.Decl.Outputs, values, "")
}

// origins writes outputs with the expressions that they came from.
func origins(list []program.Output, declared arazzo.Map[arazzo.Output], values map[string]any, otherwise string) []string {
	from := map[string]string{}
	for i := range list {
		from[list[i].Name] = list[i].Value.Source()
	}
	for _, d := range declared {
		if from[d.Name] == "" {
			from[d.Name] = d.Value.Expression
		}
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		line := name + " = " + Value(values[name], true)
		if values[name] == nil {
			line += " (nothing was found)"
		}
		if source := from[name]; source != "" {
			line += ", from " + source
		} else if otherwise != "" {
			line += ", " + otherwise
		}
		lines = append(lines, line)
	}
	return lines
}

// wait says how long a run waits, and who asked for it.
func wait(e *runtime.WaitStarted, last *runtime.ResponseReceived) string {
	why := string(e.Reason)
	switch e.Reason {
	case runtime.WaitRetryAfter:
		why = "retryAfter of the action says so"
	case runtime.WaitRetryAfterHeader:
		why = "the server asks for it"
		if last != nil && last.Header.Get("Retry-After") != "" {
			why += " (Retry-After: " + last.Header.Get("Retry-After") + ")"
		}
	case runtime.WaitLoop:
		why = "a goto repeats the step, and each repetition waits longer"
	}
	return fmt.Sprintf("waits %v: %s", e.Duration, why)
}
