package simulate

import (
	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/schema"
)

// A Report says what the simulation of a workflow found.
type Report struct {
	WorkflowID string `json:"workflowId"`
	// Succeeded says that a run came to its end with success: with the author's meaning
	// followed where the description says otherwise, which Deviations tells.
	Succeeded bool   `json:"succeeded"`
	Failure   string `json:"failure,omitempty"` // why no run succeeded: the reason of the first
	// FailedAt is where that is: see [Visit].At. Nil if it is no step that failed.
	FailedAt *arazzo.Position `json:"failedAt,omitempty"`
	Runs     []Run            `json:"runs"`
	Steps    []Step           `json:"steps"`

	// Deviations are the differences between the document and the description that runs
	// passed over, and the inputs that were made up, each once.
	Deviations []Deviation `json:"deviations,omitempty"`
	// MissingOutputs had a value in no step, or run, that succeeded.
	MissingOutputs []Branch    `json:"missingOutputs,omitempty"`
	Operations     []Operation `json:"operations,omitempty"`
	Sources        []Source    `json:"sources,omitempty"`
	// Limit says which bound ended the simulation before all was tried; "" if none did.
	Limit string `json:"limit,omitempty"`
}

// A Run is one run of the workflow: the first, or one for a branch not taken before.
type Run struct {
	For       string  `json:"for"` // what it was made for
	Path      []Visit `json:"path"`
	Succeeded bool    `json:"succeeded"`
	Error     string  `json:"error,omitempty"`
}

// A Visit is one execution of a step.
type Visit struct {
	WorkflowID string `json:"workflowId"`
	StepID     string `json:"stepId"`
	Depth      int    `json:"depth"`            // of workflows that call one another
	Status     int    `json:"status,omitempty"` // of the answer; 0: it calls a workflow, or sent nothing
	Succeeded  bool   `json:"succeeded"`
	Reason     string `json:"reason,omitempty"` // why it failed
	// At is where it failed: the criterion that was not met, the value that was missing in its
	// request, or else the step. Nil if it did not.
	At     *arazzo.Position `json:"at,omitempty"`
	Action string           `json:"action,omitempty"` // that was taken; "" if none matched
	Target string           `json:"target,omitempty"` // the step or workflow that the action leads to
}

// A Step is what was seen of a step of the workflow.
type Step struct {
	ID        string          `json:"stepId"`
	Position  arazzo.Position `json:"position"`
	Executed  int             `json:"executed"` // how often, in all runs
	Succeeded bool            `json:"succeeded"`
	Failed    bool            `json:"failed"`
	Branches  []Branch        `json:"branches,omitempty"`
}

// A Branch is something that could happen at a step.
type Branch struct {
	Kind     string          `json:"kind"` // step, action, criterion, output
	What     string          `json:"what"` // "action retryLater", "criterion $statusCode == 200 is false"
	Position arazzo.Position `json:"position"`
	Seen     bool            `json:"seen"`
	// Impossible says that no answer that the description allows leads there. Without it, none
	// was found.
	Impossible bool        `json:"impossible,omitempty"`
	Reason     string      `json:"reason,omitempty"` // why it was not seen
	Related    []Deviation `json:"related,omitempty"`
}

// A Deviation is a difference between a document and a description.
type Deviation struct {
	Position arazzo.Position  `json:"position"`
	Message  string           `json:"message"`
	Declared *arazzo.Position `json:"declared,omitempty"` // what the description says there
}

// failedAt returns where a run failed: in its last step, of those that were called. Where a
// bound ended it, that is the step.
func (r *Run) failedAt() (at *arazzo.Position) {
	for _, v := range r.Path {
		if v.At != nil {
			at = v.At
		}
	}
	return at
}

// failsAt notes where a step fails.
func (v *Visit) failsAt(p arazzo.Position) { v.At = &p }

// within returns a place of the document of a workflow with the document's location.
func within(w *program.Workflow, p arazzo.Position) arazzo.Position {
	p.File = w.Document.Decl.Location
	return p
}

// relate adds the place of a schema.
func (d *Deviation) relate(at *schema.Place) {
	if at != nil && at.Line > 0 {
		d.Declared = &arazzo.Position{File: at.Location, Line: at.Line, Column: at.Column}
	}
}

// An Operation is what was seen of an operation of a description.
type Operation struct {
	Source    string   `json:"source"`
	Operation string   `json:"operation"`
	Declared  []string `json:"declared,omitempty"` // its status codes
	Answered  []string `json:"answered,omitempty"` // those of them that an answer was of
	Given     []int    `json:"given,omitempty"`    // those of the answers
}

// A Source is how much of a description was used: of those that the workflow names.
type Source struct {
	Name       string `json:"name"`
	Operations int    `json:"operations"` // that it has
	Used       int    `json:"used"`       // of them
}

// Complete reports whether every step, action and outcome of a criterion was seen, apart from
// those that are impossible.
func (r *Report) Complete() bool {
	for _, s := range r.Steps {
		for _, b := range s.Branches {
			if !b.Seen && !b.Impossible {
				return false
			}
		}
	}
	return true
}

// Unseen returns the branches that were not seen.
func (r *Report) Unseen() (list []Branch) {
	for _, s := range r.Steps {
		for _, b := range s.Branches {
			if !b.Seen {
				list = append(list, b)
			}
		}
	}
	return list
}
