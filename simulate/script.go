package simulate

import (
	"context"
	"net/http"

	"github.com/gobelin-dev/gobelin/runtime"
)

// A Script is a run of a workflow that succeeds: what a server has to answer, so that the
// workflow succeeds on it.
type Script struct {
	WorkflowID string
	Inputs     runtime.Inputs
	Exchanges  []Exchange // in their order
}

// An Exchange is a request of a run and the answer to it, whole: nothing is masked.
type Exchange struct {
	*runtime.Send
	Status int
	Header http.Header
	Body   any  // a JSON value
	NoBody bool // there is none
}

// Script makes the run that Run makes, and returns what was sent and answered. ok is false if
// it does not succeed. The error is that of [Simulator.Workflow].
func (s *Simulator) Script(ctx context.Context, p *runtime.Program, workflowID string) (script Script, ok bool, err error) {
	w, e, err := s.first(ctx, p, workflowID)
	if err != nil {
		return Script{}, false, err
	}
	script = Script{WorkflowID: workflowID, Inputs: e.inputs}
	for _, a := range w.script {
		script.Exchanges = append(script.Exchanges, Exchange{a.to, a.status, a.header, a.body, a.noBody})
	}
	return script, w.pending == nil && w.err == nil, nil
}
