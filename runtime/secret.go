package runtime

import (
	"net/url"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/secret"
)

// What an execution knows to be secret, because the program says where secrets
// are (secretflow.go) or the caller gave it as a credential, is masked in all
// that it tells: events, errors, reasons.

// Mask returns the outputs of a run with the caller's credentials in them
// masked, in every spelling, for who shows them.
func (s Settings) Mask(outputs map[string]any) map[string]any {
	var known secret.Set
	s.addTo(&known)
	return known.Members(outputs)
}

// addTo notes credentials, the passwords in them, and what basic authentication
// makes of them; of the servers the user information in their URLs.
func (s Settings) addTo(known *secret.Set) {
	for _, credential := range s.Credentials {
		known.Add(credential)
		if user, password, ok := strings.Cut(credential, ":"); ok {
			known.Add(password)
			known.AddBasic(user, password)
		}
	}
	for _, server := range s.Servers {
		addUserinfo(known, server)
	}
}

// addUserinfo notes the user information in a URL.
func addUserinfo(known *secret.Set, text string) {
	if !strings.Contains(text, "@") {
		return
	}
	if u, err := url.Parse(text); err == nil {
		known.AddUserinfo(u)
	}
}

// learnInputs finds the secrets in the inputs of a workflow.
func (x *Execution) learnInputs(w *program.Workflow, inputs map[string]any) {
	for name, secrets := range w.Secrets {
		if v, ok := inputs[name]; ok {
			x.learn(v, secrets)
		}
	}
	if w.Passwords != nil {
		w.Passwords.In(inputs, x.secrets.Add)
	}
}

// learn finds the secrets in a value.
func (x *Execution) learn(v any, secrets program.Routes) {
	for _, r := range secrets {
		r.Follow(v, x.secrets.Add)
	}
}

// learnAnswer finds the secrets in a response, before anybody is told of it.
func (x *Execution) learnAnswer(f *frame) {
	s := x.step(f)
	// What is noted about the response is told when the run itself reads it.
	defer func(listener func(Event), noted []Diagnostic) { x.listener, x.Diagnostics = listener, noted }(x.listener, x.Diagnostics)
	x.listener = nil
	for i := range s.Answers {
		a := &s.Answers[i]
		if v, ok := x.look(f, a.Ref); ok {
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
		if v, ok := f.stepOutput(x.workflow(f).Steps, &program.Ref{Step: s, Slot: i + 1, Name: o.Name}); ok {
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
