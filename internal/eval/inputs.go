package eval

import (
	"fmt"

	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/stored"
)

// Inputs evaluates parameters that are the inputs of a workflow; nil when there
// are none.
func (e *Evaluator) Inputs(parameters []program.Argument) (stored.Object, error) {
	if len(parameters) == 0 {
		return nil, nil
	}
	inputs := stored.Object{}
	e.Begin()
	for i := range parameters {
		a := &parameters[i]
		if v, ok := e.Value(&a.Value); ok {
			inputs[a.Name] = v
		}
		if err := e.Incomplete(); err != nil {
			return nil, fmt.Errorf("the parameter %q: %w", a.Name, err)
		}
	}
	return inputs, nil
}
