package runtime

import (
	"net/url"

	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/secret"
)

// What an execution knows to be secret, because the program says where secrets
// are (package link, secretflow.go) or the driver applied it as a credential, is
// masked in all that it reports: events, errors, reasons.

// Hide makes the execution mask a credential, in every spelling, in all that it
// reports from now on. Call it before a credential is applied, as [Driver] does.
// The credential does not become part of the execution's state.
func (x *Execution) Hide(credential string) {
	for _, known := range []*secret.Set{&x.secrets, &x.supplied} {
		known.AddCredential(credential)
	}
}

// hideUser masks the user information of a server's URL.
func (x *Execution) hideUser(user *url.Userinfo) {
	for _, known := range []*secret.Set{&x.secrets, &x.supplied} {
		known.AddUserinfo(&url.URL{User: user})
	}
}

// learnInputs finds the secrets in the inputs of a workflow.
func (x *Execution) learnInputs(w *program.Workflow, inputs map[string]any) {
	w.EachInputSecret(inputs, x.secrets.Add)
}

// learnCompleted finds the secrets of the workflows that have been executed.
func (x *Execution) learnCompleted() {
	for index, c := range x.state.Completed {
		x.learnInputs(x.program.Workflows[index], c.Inputs)
		x.learnResults(x.program.Workflows[index], c.Outputs)
	}
}

// learn finds the secrets in a value.
func (x *Execution) learn(v any, secrets program.Routes) {
	for _, r := range secrets {
		r.Follow(v, x.secrets.Add)
	}
}

// learnAnswer finds the secrets in a response, before it is reported.
func (x *Execution) learnAnswer(f *frame) {
	s := x.step(f)
	// What is noted about the response is reported when the run itself reads it.
	defer func(listener func(Event), noted []Diagnostic) {
		x.listener, x.state.Diagnostics = listener, noted
	}(x.listener, x.state.Diagnostics)
	x.listener = nil
	for i := range s.Answers {
		a := &s.Answers[i]
		if v, ok := x.in(f).Look(a.Ref); ok {
			a.Route.Follow(v, x.secrets.Add)
		}
	}
}

// learnOutputs finds the secrets among the outputs of a step of a frame.
func (x *Execution) learnOutputs(f *frame, s *program.Step) {
	for i := range s.Outputs {
		o := &s.Outputs[i]
		if o.Secrets == nil {
			continue
		}
		if v, ok := f.stepOutput(&program.Ref{Step: s, Slot: i + 1, Name: o.Name}); ok {
			x.learn(v, o.Secrets)
		}
	}
}

// learnResults finds the secrets among the outputs of a workflow.
func (x *Execution) learnResults(w *program.Workflow, outputs map[string]any) {
	for i := range w.Outputs {
		if v, ok := outputs[w.Outputs[i].Name]; ok {
			x.learn(v, w.Outputs[i].Secrets)
		}
	}
}
