package view

import (
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/explain"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
)

// run is what one run did.
type run struct {
	index       int
	named       bool // it is not one of a batch, in which all have the same name
	document    string
	program     *runtime.Program // nil: it is not known
	workflowID  string
	began       time.Time
	ended       time.Time
	status      string // succeeded, failed or canceled
	inputs      map[string]any
	outputs     map[string]any
	err         *report.Error
	steps       []*step // in the order in which they began
	visits      []*visit
	diagnostics []arazzo.Diagnostic

	explainer *explain.Explainer
	stack     program.Stack
	frames    []*frame // by depth, those that are under way
	kept      int      // bytes of bodies
}

// of says which program it is a run of; nil is one that is not known.
func (r *run) of(p *runtime.Program) {
	r.program, r.explainer = p, explain.New(p)
	if r.stack.Program = nil; p != nil {
		r.stack.Program = program.Of(p)
	}
}

// frame is an execution of a workflow.
type frame struct {
	caller  *step // nil: it is the run's own
	current *step
	visits  map[visitKey]*visit
}

type visitKey struct {
	stepID string
	number int
}

// visit is a visit of a step: its attempts.
type visit struct {
	number   int
	attempts []*step
}

func (v *visit) first() *step { return v.attempts[0] }
func (v *visit) last() *step  { return v.attempts[len(v.attempts)-1] }

// step is one execution of a step.
type step struct {
	number     int // in run.steps
	workflowID string
	id         string
	visit      int
	attempt    int
	depth      int
	operation  string
	linked     *program.Step // of the program; nil: it is not known
	caller     *step         // whose workflow it is in; nil: that of the run
	began      time.Time
	ended      time.Time // zero: it did not end
	status     string    // succeeded, failed, or canceled if it did not end
	reason     string
	request    *message
	response   *message
	sent       *runtime.RequestSent      // without its body
	received   *runtime.ResponseReceived // without its body
	criteria   []*runtime.CriterionEvaluated
	outputs    map[string]any
	action     *runtime.ActionSelected
	waits      []*runtime.WaitStarted // after it
	explained  []*explain.Explanation
	raised     []arazzo.Diagnostic // by it
}

// message is the body of a request or response.
type message struct {
	time time.Time
	body []byte
	cut  bool // it is not whole
}

const (
	maxKept   = 256 << 20 // bytes of bodies
	leastKept = 4 << 10   // bytes of a body that are kept beyond
)

// event takes an event; room is how many bytes of bodies may be kept. It returns how
// many are.
func (r *run) event(e runtime.Event, cut bool, room int) (kept int) {
	at := runtime.EventAt(e)
	at.Time = at.Time.Round(0) // of the wall clock alone, as in a trace
	explained, in := r.explainer.Event(e), r.stack.Enter(at.Depth, at.WorkflowID)
	switch e := e.(type) {
	case *runtime.WorkflowStarted:
		r.frame(at.Depth)
		r.frames = r.frames[:at.Depth]
		r.frame(at.Depth)
		if at.Depth == 0 && r.inputs == nil {
			r.inputs = e.Inputs
			if r.workflowID == "" {
				r.workflowID = at.WorkflowID
			}
			if !at.Time.IsZero() {
				r.began = at.Time
			}
		}
		return 0
	case *runtime.WorkflowFinished:
		if at.Depth == 0 {
			r.outputs = e.Outputs // secrets masked, as those of the result are not
		}
		return 0
	case *runtime.StepStarted:
		f := r.frame(at.Depth)
		s := &step{number: len(r.steps), workflowID: at.WorkflowID, id: at.StepID, visit: max(at.Visit, 1), attempt: at.Attempt,
			depth: at.Depth, operation: e.Operation, linked: in.Step(at.StepID), caller: f.caller, began: at.Time, status: "canceled"}
		f.current, r.steps = s, append(r.steps, s)
		key := visitKey{s.id, s.visit}
		v := f.visits[key]
		if v == nil {
			v = &visit{number: s.visit}
			f.visits[key], r.visits = v, append(r.visits, v)
		}
		v.attempts = append(v.attempts, s)
		return 0
	case *runtime.DiagnosticRaised:
		r.diagnostics = append(r.diagnostics, e.Diagnostic)
		if s := r.frame(at.Depth).current; s != nil && at.StepID != "" {
			s.raised = append(s.raised, e.Diagnostic)
		}
		return 0
	}
	s := r.frame(at.Depth).current
	if s == nil || at.StepID == "" {
		return 0
	}
	if explained != nil {
		s.explained = append(s.explained, explained)
	}
	take := func(body []byte) *message {
		m := &message{time: at.Time, body: body, cut: cut}
		if len(body) > max(room, leastKept) {
			m.body, m.cut = append([]byte(nil), body[:leastKept]...), true
		}
		kept = len(m.body)
		r.kept += kept
		return m
	}
	switch e := e.(type) {
	case *runtime.RequestSent:
		sent := *e
		s.request, s.response, s.received = take(e.Body), nil, nil
		sent.Body, s.sent = nil, &sent
	case *runtime.ResponseReceived:
		received := *e
		s.response = take(e.Body)
		received.Body, s.received = nil, &received
	case *runtime.CriterionEvaluated:
		s.criteria = append(s.criteria, e)
	case *runtime.OutputsEvaluated:
		s.outputs = e.Outputs
	case *runtime.StepFinished:
		s.status, s.reason, s.ended = "succeeded", e.Reason, at.Time
		if !e.Succeeded {
			s.status = "failed"
		}
	case *runtime.ActionSelected:
		s.action = e
	case *runtime.WaitStarted:
		s.waits = append(s.waits, e)
	}
	return kept
}

// frame returns the execution of a workflow that is under way at a depth.
func (r *run) frame(depth int) *frame {
	for len(r.frames) <= depth {
		f := &frame{visits: map[visitKey]*visit{}}
		if n := len(r.frames); n > 0 {
			f.caller = r.frames[n-1].current
		}
		r.frames = append(r.frames, f)
	}
	return r.frames[depth]
}

// last returns when something happened last.
func (r *run) last() time.Time {
	at := r.began
	for _, s := range r.steps {
		for _, t := range []time.Time{s.began, s.ended} {
			if t.After(at) {
				at = t
			}
		}
	}
	return at
}

// took is how long a run took.
func (r *run) took() time.Duration { return max(r.ended.Sub(r.began), 0) }

// end returns when an execution ended: with the run, if it did not end itself.
func (r *run) end(s *step) time.Time {
	if s.ended.IsZero() {
		return r.ended
	}
	return s.ended
}

// fails reports whether an execution of a step is why its run failed: it failed, and
// no action led on from there, or what it raised is an error.
func (r *run) fails(s *step) bool {
	if r.status == "succeeded" {
		return false
	}
	return s.status == "failed" && (s.action == nil || s.action.Type == "fail" || s.action.Type == "end") || s.errors() != nil
}

// failing returns the execution of a step in a visit that is why the run failed, or nil.
func (r *run) failing(v *visit) *step {
	if last := v.last(); r.fails(last) {
		return last
	}
	for _, s := range v.attempts {
		if r.status != "succeeded" && s.errors() != nil {
			return s
		}
	}
	return nil
}

// errors returns the errors that were raised by an execution of a step, such as those
// of a contract.
func (s *step) errors() (list []arazzo.Diagnostic) {
	for _, d := range s.raised {
		if d.Severity == arazzo.Error {
			list = append(list, d)
		}
	}
	return list
}

// why says why an execution of a step failed.
func (s *step) why() string {
	if errors := s.errors(); s.status != "failed" && len(errors) > 0 {
		return errors[0].Message
	}
	return s.reason
}
