package runtime

import (
	"time"

	"github.com/gobelin-dev/gobelin/internal/eval"
	"github.com/gobelin-dev/gobelin/internal/stored"
)

// frame is a workflow in execution; a called one is above its caller.
type frame struct {
	Workflow int             `json:"workflow"`
	Purpose  purpose         `json:"purpose"`
	Phase    phase           `json:"phase"`
	Inputs   stored.Object   `json:"inputs"`
	Outputs  []stored.Object `json:"outputs"`           // by step; nil: none yet
	Executed []bool          `json:"executed"`          // by step
	Tail     []int           `json:"tail,omitempty"`    // the workflows that handed over to this one (F9)
	Entered  bool            `json:"entered,omitempty"` // WorkflowStarted was emitted
	Depend   int             `json:"depend,omitempty"`  // the next entry of dependsOn
	Left     time.Duration   `json:"left,omitempty"`    // of the timeout of the step that called the workflow; 0: it has none
	Results  stored.Object   `json:"results,omitempty"` // the workflow's outputs so far, while they are evaluated

	Step      int            `json:"step"`
	Attempt   int            `json:"attempt"`             // of this visit of the step
	Visits    []int          `json:"visits,omitempty"`    // of each step, for events; nil: nobody listened
	Used      map[string]int `json:"used,omitempty"`      // retries in this visit, by action (F11)
	Exchange  *eval.Exchange `json:"exchange,omitempty"`  // of the current step
	Received  time.Time      `json:"received,omitzero"`   // when the response came
	Called    stored.Object  `json:"called,omitempty"`    // outputs of the workflow that the step called
	Status    int            `json:"status,omitempty"`    // of the current step, or of what it called: of the last response there
	Failure   *failure       `json:"failure,omitempty"`   // of the current step
	Wait      *waiting       `json:"wait,omitempty"`      // in phaseWait
	Return    *returning     `json:"return,omitempty"`    // the step that a retry comes back to (F12)
	Loop      int            `json:"loop,omitempty"`      // target of the last backward goto, + 1
	LoopCount int            `json:"loopCount,omitempty"` // how often it was entered again in a row

	kept stepOutputs
	last *eval.Exchange // whose memory the next one takes
}

// purpose says for what a workflow is executed.
type purpose uint8

const (
	asRoot purpose = iota
	asDependency
	asCall      // of a step
	asReference // of a retry
	purposes
)

// phase says what a frame does next.
type phase uint8

const (
	phaseEnter  phase = iota // run the dependencies, then the first step
	phaseStart               // start the current step
	phaseSend                // waits for a response
	phaseCalled              // waits for the workflow above
	phaseJudge               // decide on the response
	phaseWait                // waits for time to pass
	phases
)

// returning is a step that waits for the step that its retry names.
type returning struct {
	Step    int `json:"step"`
	Attempt int `json:"attempt"`
}

// waiting is a wait and what comes after it.
type waiting struct {
	Duration time.Duration `json:"duration"`
	Reason   WaitReason    `json:"reason"`
	Then     jump          `json:"then"`
	Since    time.Time     `json:"since,omitzero"` // when the response came that the wait follows
}

// jump is where control goes.
type jump struct {
	Kind     jumpKind      `json:"kind"`
	Step     int           `json:"step"`
	Workflow int           `json:"workflow"`
	Inputs   stored.Object `json:"inputs,omitempty"` // of the workflow; nil: those of the same names (F10)
}

type jumpKind uint8

const (
	toStep        jumpKind = iota // a new visit of a step
	again                         // another attempt at the current step
	afterStep                     // another attempt once a step was executed
	afterWorkflow                 // another attempt once a workflow was executed
	handOver                      // another workflow in place of this one
	jumpKinds
)

// visit begins a new visit of a step.
func (f *frame) visit(step int) {
	f.Step, f.Attempt, f.Used, f.Phase = step, 0, nil, phaseStart
}
