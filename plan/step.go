package plan

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/eval"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/transport"
	"github.com/gobelin-dev/gobelin/runtime"
)

// step plans a step of a workflow with inputs.
func (m *maker) step(s *program.Step, inputs map[string]any) *Step {
	out := &Step{ID: s.ID, Position: s.Position(), Operation: s.Label, Criteria: criteria(s.Criteria),
		OnSuccess: actions(s.OnSuccess), OnFailure: actions(s.OnFailure)}
	for i := range s.Outputs {
		out.Outputs = append(out.Outputs, s.Outputs[i].Name)
	}
	at := &scope{m: m, of: s.Workflow, inputs: inputs, step: out}
	e := &eval.Evaluator{Scope: at, Files: m.program.Files, Strict: m.program.Strict, Unknown: m.unknown, Done: m.ctx.Done(), Last: true}
	var err error
	if s.Operation == nil {
		err = m.call(e, s, out)
	} else {
		err = m.request(e, s, out)
	}
	if err != nil {
		out.Failure = m.text(err.Error())
	}
	return out
}

// call plans the workflow that a step calls.
func (m *maker) call(e *eval.Evaluator, s *program.Step, out *Step) error {
	inputs, err := e.Inputs(s.Arguments)
	if err != nil {
		return err
	}
	full, _, err := m.prepare(s.Called, inputs, false)
	if err != nil {
		return err
	}
	out.Calls = m.workflow(s.Called, full)
	return nil
}

// request plans the request of a step.
func (m *maker) request(e *eval.Evaluator, s *program.Step, out *Step) error {
	e.Exchange = &eval.Exchange{}
	if err := e.Request(s); err != nil {
		return err
	}
	c, _ := program.Send(m.whole, s).(*runtime.Send)
	base, err := m.server(c)
	if err != nil {
		out.Notes = append(out.Notes, m.text(err.Error()))
	}
	r := &Request{Method: e.Exchange.Method}
	show := func(text string) string {
		return m.unknown.Show(text, func(expression string) {
			if !slices.Contains(r.Unknown, expression) {
				r.Unknown = append(r.Unknown, expression)
			}
		})
	}
	hidden, more := m.hidden(e, s), m.driver.Headers[c.Source]
	r.URL = show(m.secrets.Text(hidden.URL(base+e.Exchange.Target, s.Operation.Path)))
	r.Header = http.Header{}
	for name, values := range m.secrets.Header(hidden.Header(secret.Fields(transport.Added(e.Exchange.Header, more), more))) {
		for _, v := range values {
			r.Header.Add(name, show(v))
		}
	}
	body := m.secrets.Bytes(e.Exchange.ShownRequest(s))
	if utf8.Valid(body) {
		r.Body = show(string(body))
	}
	if r.Body == string(body) {
		r.Size = len(e.Exchange.Request)
	}
	if len(r.Body) > maxBody {
		r.Body = strings.ToValidUTF8(r.Body[:maxBody], "")
	}
	out.Request = r
	r.Security, err = m.security(c, base)
	return err
}

// hidden returns the places in a request that are masked as a whole: not those of which
// all is unknown, whose expressions are no secret.
func (m *maker) hidden(e *eval.Evaluator, s *program.Step) program.HiddenPlaces {
	return slices.DeleteFunc(e.Exchange.Hidden(s), func(k openapi.ArgKey) bool {
		return slices.ContainsFunc(s.Arguments, func(a program.Argument) bool {
			if !openapi.SameParameter(a.In, a.Name, k.In, k.Name) || a.Scheme != nil && strings.EqualFold(a.Scheme.Scheme, "basic") {
				return false // in base64 no expression would be found
			}
			some, all := false, true
			a.Value.All(func(r *program.Ref) {
				v, _ := e.Look(r)
				some, all = true, all && m.unknown.Is(v)
			})
			return some && all
		})
	})
}

// server returns the base URL of the server that a request goes to (O11); with an error,
// what there is instead.
func (m *maker) server(c *runtime.Send) (string, error) {
	given, named := m.driver.Servers[c.Source]
	if !named {
		var err error
		if given, err = c.Server.Resolve(m.driver.ServerVariables); err != nil {
			return c.Server.URL, err
		}
	}
	base, err := openapi.BaseURL(given)
	if err != nil {
		return strings.TrimSuffix(given, "/"), fmt.Errorf("source %q declares no absolute server URL (found %q); set Driver.Servers[%[1]q]",
			c.Source, given)
	}
	return secret.Userinfo(base), nil
}

// security lists what an operation asks for, and who supplies it.
func (m *maker) security(c *runtime.Send, base string) (list [][]Scheme, err error) {
	for _, alternative := range c.Security {
		schemes := make([]Scheme, len(alternative))
		for i, r := range alternative {
			if schemes[i], err = m.scheme(c, r, base); err != nil {
				return nil, err
			}
		}
		list = append(list, schemes)
	}
	return list, nil
}

func (m *maker) scheme(c *runtime.Send, r runtime.SecurityRequirement, base string) (Scheme, error) {
	out := Scheme{Name: r.Scheme, Type: r.Type, In: r.In}
	switch {
	case r.Type == "mutualTLS":
		out.By = "client"
	case r.SetByStep:
		out.By = "step"
	case m.driver.Credentials != nil:
		origin, _ := url.Parse(base)
		request := runtime.CredentialRequest{SecurityRequirement: r, Source: c.Source, Operation: c.Operation, Server: base, Planned: true}
		if origin != nil {
			request.Origin = origin.Scheme + "://" + origin.Host
		}
		credential, err := m.driver.Credentials.Credential(m.ctx, request)
		if err != nil {
			return out, err
		}
		if credential != "" {
			out.By = "driver"
		}
	}
	return out, nil
}

// text masks a message, and shows what is unknown in it.
func (m *maker) text(message string) string {
	return m.unknown.Show(m.secrets.Text(message), func(string) {})
}

func criteria(list []*program.Criterion) (out []Criterion) {
	for _, c := range list {
		shown := Criterion{Condition: c.Text, Type: c.Kind.String()}
		if c.Context != nil {
			shown.Context = c.Context.Source()
		}
		out = append(out, shown)
	}
	return out
}

func actions(list []*program.Action) (out []Action) {
	for _, a := range list {
		shown := Action{Name: a.Name, Type: a.Kind, Target: a.Target, Criteria: criteria(a.Criteria)}
		if a.Kind == "retry" {
			shown.RetryAfter, shown.RetryLimit = a.After.Seconds(), a.Limit
		}
		out = append(out, shown)
	}
	return out
}

// scope is the workflow of a step.
type scope struct {
	m      *maker
	of     *program.Workflow
	inputs map[string]any
	step   *Step
}

// Root returns what is known before the run: inputs.
func (s *scope) Root(r *program.Ref) (any, bool) {
	switch r.Kind {
	case program.InputRef:
		return expr.Member(s.inputs, r.Name, r.Dotted)
	case program.WorkflowInput:
		if of, known := s.m.inputs[r.Workflow]; known {
			return expr.Member(of, r.Name, r.Dotted)
		}
	case program.StepOutput:
		if r.Early {
			return nil, false
		}
	}
	return s.m.unknown.Value(r.Text), true
}

// Note keeps what is told about the step.
func (s *scope) Note(_ string, at arazzo.Position, message string) {
	note := s.m.text(message)
	if at.Line > 0 {
		note = s.of.Document.Decl.Locate(at).String() + ": " + note
	}
	if !slices.Contains(s.step.Notes, note) {
		s.step.Notes = append(s.step.Notes, note)
	}
}

// Learn finds the secrets in a value.
func (s *scope) Learn(v any, secrets program.Routes) {
	for _, r := range secrets {
		r.Follow(v, s.m.learn)
	}
}
