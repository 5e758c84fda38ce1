package runtime

import (
	"net/http"

	"github.com/gobelin-dev/gobelin/internal/authorize"
	"github.com/gobelin-dev/gobelin/internal/eval"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/stored"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// shownInputs are the inputs of a workflow for an event.
func (x *Execution) shownInputs(w *program.Workflow, inputs map[string]any) map[string]any {
	return x.secrets.Members(w.HideInputs(inputs))
}

// shownOutputs are the outputs of a step or workflow for an event.
func (x *Execution) shownOutputs(list []program.Output, outputs map[string]any) map[string]any {
	shown := stored.Object(outputs).WithNulls()
	for i := range list {
		if v, ok := shown[list[i].Name]; ok && list[i].Secrets != nil {
			shown[list[i].Name] = list[i].Secrets.Hide(v)
		}
	}
	return x.secrets.Members(shown)
}

// requestSent is the event of the request of a step, as it goes out.
func (x *Execution) requestSent(f *frame, s *program.Step, url string, header http.Header, schemes []string) *RequestSent {
	e := f.Exchange
	hidden := e.Hidden(s)
	if len(schemes) == 0 {
		schemes = authorize.Satisfied(x.whole.security[s].schemes)
	}
	sent := &RequestSent{At: x.where(f), Method: e.Method, URL: x.secrets.Text(hidden.URL(url, s.Operation.Path)),
		Target: x.secrets.Text(hidden.URL(e.Target, s.Operation.Path)),
		Header: x.secrets.Header(hidden.Header(header)), Body: x.secrets.Bytes(e.ShownRequest(s)), Security: schemes}
	if len(schemes) == 0 {
		sent.Wanted = authorize.Wanted(x.whole.security[s].schemes)
	}
	return sent
}

// responseReceived is the event of the response to the request of a step.
func (x *Execution) responseReceived(f *frame, r *Response) *ResponseReceived {
	x.learnAnswer(f)
	s, header, body := x.step(f), secret.SetCookies(r.Header), r.Body
	if r.Decoded {
		body = value.AppendJSON(nil, s.BodySecrets().Hide(f.Exchange.Given.V))
	} else if len(s.Answers) > 0 {
		body = eval.ShownAnswer(s, r.Header, r.Body)
	}
	for i := range s.Answers {
		name := s.Answers[i].Ref.Name
		if s.Answers[i].Ref.Kind == program.ResponseHeader && secret.HasWeak(header.Get(name)) {
			header = header.Clone()
			header.Set(name, secret.Masked)
		}
	}
	return &ResponseReceived{At: x.where(f), Status: r.Status, URL: x.shownURL(f, r),
		Header: x.secrets.Header(header), Body: x.secrets.Bytes(body), Resent: r.Resent,
		Timing: r.Timing}
}

// shownURL is the URL that answered a request.
func (x *Execution) shownURL(f *frame, r *Response) string {
	e, s := f.Exchange, x.step(f)
	return x.secrets.Text(e.Hidden(s).URL(secret.Userinfo(e.URL), s.Operation.Path))
}

// shownOperand is the value of an expression in a condition.
func (x *Execution) shownOperand(r *program.Ref, v any) any {
	if text, ok := v.(string); ok && r.Kind == program.URL {
		v = secret.Userinfo(text)
	}
	return x.secrets.Value(r.Secrets.Hide(v))
}
