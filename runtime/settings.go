package runtime

import "time"

// Settings configure behavior that the specification leaves to the implementation.
// The zero value has the defaults.
type Settings struct {
	// LoopDelay is the wait before a goto re-enters a step that this run has
	// already executed; while the same step repeats it grows by 1.5, up to 30 s
	// (F14). 0 means 1 s; a negative delay switches it off.
	LoopDelay time.Duration
	// MaxRetryAfter caps what a Retry-After header can ask for (F13); 0 means 5 min.
	MaxRetryAfter time.Duration
	// MaxSteps bounds the step executions of a run over all workflows (F15);
	// 0 means 10,000.
	MaxSteps int
	// MaxDepth bounds how deep workflows call one another (F15); 0 means 32.
	MaxDepth int
	// Success says when a step without success criteria succeeds (C19).
	Success SuccessRule
	// DependencyInputs maps the ids of workflows that dependsOn names to their
	// inputs (F16).
	DependencyInputs map[string]Inputs
}

// SuccessRule says when a step without success criteria succeeds (C19).
type SuccessRule uint8

// The rules of success.
const (
	SuccessBelow400   SuccessRule = iota // a status code below 400
	SuccessAny                           // any response
	SuccessDocumented                    // a status code that the operation declares as a success
)

const (
	defaultLoopDelay     = time.Second
	maxLoopDelay         = 30 * time.Second
	loopGrowth           = 1.5
	defaultMaxRetryAfter = 5 * time.Minute
	defaultMaxSteps      = 10_000
	defaultMaxDepth      = 32
)
