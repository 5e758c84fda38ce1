package runtime

import (
	"cmp"

	"github.com/gobelin-dev/gobelin/internal/eval"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// build makes the request of the current step from what is known now.
func (x *Execution) build(f *frame, s *program.Step) error {
	if f.last == nil {
		f.last = &eval.Exchange{}
	}
	f.Exchange = f.last
	return x.in(f).Request(s)
}

// send is the command for the request that was built.
func (x *Execution) send(f *frame) *Send {
	s, e := x.step(f), f.Exchange
	return &Send{WorkflowID: x.workflow(f).ID, StepID: s.ID, Source: s.Source.Qualified, Operation: cmp.Or(s.Operation.ID, s.Label),
		Server: serverOf(s), Method: e.Method, Target: e.Target, Header: e.Header, Body: e.Request, Security: x.security[s],
		FollowRedirects: s.Redirects, Timeout: s.Timeout}
}
