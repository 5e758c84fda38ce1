// Package plan says what a run of a workflow would send, as far as that is known before
// it, and sends nothing: a dry run. Each value that only a response will bring is shown as
// its expression in braces, such as {$steps.login.outputs.token}.
package plan

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/eval"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A Plan is a workflow with all that a run of it executes before an action leads
// elsewhere.
type Plan struct {
	Workflow
	// MissingInputs are required and were not given: a run would not begin. They are
	// among what is unknown. Those of a workflow that is executed before have its id
	// before their names, as in "login:user".
	MissingInputs []string `json:"missingInputs,omitempty"`
}

// A Workflow is a workflow that is executed: the one of the plan, one that it depends on,
// or one that a step calls.
type Workflow struct {
	ID        string         `json:"workflowId"`
	Inputs    map[string]any `json:"inputs,omitempty"`    // secrets masked
	DependsOn []*Workflow    `json:"dependsOn,omitempty"` // what is executed before it
	Steps     []*Step        `json:"steps,omitempty"`     // in the order in which they are executed
	Outputs   []string       `json:"outputs,omitempty"`   // their names
	Omitted   string         `json:"omitted,omitempty"`   // why its steps, or the rest of them, are not listed; "" if they are
}

// A Step is a step that is executed unless an action before it leads elsewhere.
type Step struct {
	ID        string          `json:"stepId"`
	Position  arazzo.Position `json:"position"`
	Operation string          `json:"operation"`         // "GET /pets/{id}", or "workflow" and the id of the one that it calls
	Request   *Request        `json:"request,omitempty"` // nil: the step calls a workflow, or fails
	Calls     *Workflow       `json:"calls,omitempty"`
	Failure   string          `json:"failure,omitempty"` // why the step fails before it sends anything
	Notes     []string        `json:"notes,omitempty"`   // forms that are accepted, values that are missing: as the diagnostics of a run

	Criteria  []Criterion `json:"successCriteria,omitempty"` // none: the status decides
	OnSuccess []Action    `json:"onSuccess,omitempty"`       // in the order in which they are tried; then the next step
	OnFailure []Action    `json:"onFailure,omitempty"`       // likewise; then the workflow fails
	Outputs   []string    `json:"outputs,omitempty"`         // their names
}

// A Request is what a step sends. Secrets are masked, and credentials of the driver are
// not in it: they are applied when it is sent.
type Request struct {
	Method  string      `json:"method"`
	URL     string      `json:"url"`
	Header  http.Header `json:"header"`
	Body    string      `json:"body,omitempty"`    // its beginning, if it is long; "" if there is none, or it is no text
	Size    int         `json:"size,omitempty"`    // of the body in bytes; 0 if that is not known
	Unknown []string    `json:"unknown,omitempty"` // the expressions in it whose values only the run brings
	// Security has the alternatives that the operation accepts, each of which needs all
	// of its schemes; an empty one needs none.
	Security [][]Scheme `json:"security,omitempty"`
}

// A Scheme is a security scheme that a request needs.
type Scheme struct {
	Name string `json:"name"`
	Type string `json:"type"` // apiKey, http, oauth2, openIdConnect, mutualTLS
	In   string `json:"in,omitempty"`
	// By says who supplies it: "step", by its own parameters; "driver", which has a
	// credential for it; "client", the HTTP client; "" if nobody does.
	By string `json:"by,omitempty"`
}

// A Criterion is a condition that is evaluated once there is a response.
type Criterion struct {
	Condition string `json:"condition"`
	Type      string `json:"type"`
	Context   string `json:"context,omitempty"` // the expression; "" for a simple condition
}

// An Action is a success or failure action that may be chosen.
type Action struct {
	Name       string      `json:"name"`
	Type       string      `json:"type"`                 // end, goto, retry
	Target     string      `json:"target,omitempty"`     // the step or workflow that it leads to
	RetryAfter float64     `json:"retryAfter,omitempty"` // seconds
	RetryLimit int         `json:"retryLimit,omitempty"`
	Criteria   []Criterion `json:"criteria,omitempty"` // all must pass
}

// Make returns the plan of a run by a driver: of its servers, credentials, headers and
// settings. Nothing is sent; [runtime.Credentials] are asked whether they have one. The
// error is that of [runtime.Program.Begin], except that inputs which are required may be
// missing. Program and driver may be in use by others.
//
// A plan has at most 1,000 steps, and 64 KiB of each body.
func Make(ctx context.Context, d *runtime.Driver, p *runtime.Program, workflowID string, inputs runtime.Inputs) (*Plan, error) {
	_, err := p.Begin(workflowID, inputs, d.Settings)
	var invalid *runtime.InputError
	if err != nil && !errors.As(err, &invalid) {
		return nil, err
	}
	linked := program.Of(p)
	m := &maker{ctx: ctx, driver: d, whole: p, program: linked, unknown: eval.NewUnknown(),
		inputs: map[*program.Workflow]map[string]any{}, executed: map[*program.Workflow]bool{}}
	m.hideDriver()
	given, err := value.From(map[string]any(inputs))
	if err != nil {
		return nil, err
	}
	w := linked.Entry().Workflows[workflowID]
	values, _ := given.(map[string]any)
	full, missing, err := m.prepare(w, values, true)
	if err != nil {
		return nil, err
	}
	m.missing = missing
	planned := m.workflow(w, full)
	return &Plan{Workflow: *planned, MissingInputs: m.missing}, context.Cause(ctx)
}

// maker makes a plan.
type maker struct {
	ctx      context.Context
	driver   *runtime.Driver
	whole    *runtime.Program
	program  *program.Program // of whole
	unknown  *eval.Unknown
	secrets  secret.Set
	missing  []string
	steps    int
	stack    []*program.Workflow
	inputs   map[*program.Workflow]map[string]any // of what is or was executed
	executed map[*program.Workflow]bool           // to its end
}

const (
	maxSteps = 1_000
	maxDepth = 32
	maxBody  = 64 << 10
)

// hideDriver learns what the driver would add to requests.
func (m *maker) hideDriver() {
	static, _ := m.driver.Credentials.(runtime.StaticCredentials)
	for _, credential := range static {
		m.secrets.AddCredential(credential)
	}
	for _, header := range m.driver.Headers {
		for _, v := range secret.InFields(header) {
			m.secrets.AddCredential(v)
		}
	}
	for _, server := range m.driver.Servers {
		if u, err := url.Parse(server); err == nil {
			m.secrets.AddUserinfo(u)
		}
	}
}

// learn takes note of a secret.
func (m *maker) learn(v any) {
	if !m.unknown.In(v) {
		m.secrets.Add(v)
	}
}

// prepare adds defaults to the inputs of a workflow, and judges what is known of them.
// With ask, those that are required and missing are unknown.
func (m *maker) prepare(w *program.Workflow, inputs map[string]any, ask bool) (full map[string]any, missing []string, err error) {
	if w.Schema == nil {
		return inputs, nil, nil
	}
	full, found, err := w.Schema.Prepare(nil, inputs)
	if err != nil {
		return nil, nil, err
	}
	if ask {
		for i := range w.Inputs {
			in := &w.Inputs[i]
			if _, given := full[in.Name]; in.Required && !given {
				full[in.Name] = m.unknown.Value("$inputs." + in.Name)
				missing = append(missing, in.Name)
			}
		}
		if full, found, err = w.Schema.Prepare(nil, full); err != nil {
			return nil, nil, err
		}
	}
	var violations []runtime.Violation
	for _, v := range found {
		tokens, _ := value.SplitPointer(v.Pointer)
		at := any(full)
		for _, token := range tokens {
			at, _ = value.Child(at, token)
		}
		if !m.unknown.In(at) {
			violations = append(violations, runtime.Violation(v))
		}
	}
	if violations != nil {
		return nil, nil, &runtime.InputError{WorkflowID: w.ID, Violations: violations}
	}
	return full, missing, nil
}

// workflow plans a workflow.
func (m *maker) workflow(w *program.Workflow, inputs map[string]any) *Workflow {
	w.EachInputSecret(inputs, m.learn)
	out := &Workflow{ID: w.ID, Inputs: m.shown(m.secrets.Members(w.HideInputs(inputs)))}
	for i := range w.Outputs {
		out.Outputs = append(out.Outputs, w.Outputs[i].Name)
	}
	switch {
	case slices.Contains(m.stack, w):
		out.Omitted = "it is being executed already: the workflows call one another in a circle"
		return out
	case len(m.stack) >= maxDepth:
		out.Omitted = "workflows call one another more than 32 deep"
		return out
	}
	m.stack, m.inputs[w] = append(m.stack, w), inputs
	defer func() { m.stack, m.executed[w] = m.stack[:len(m.stack)-1], true }()
	for _, before := range w.DependsOn {
		out.DependsOn = append(out.DependsOn, m.dependency(before, inputs))
	}
	for _, s := range w.Order {
		if m.steps++; m.steps > maxSteps || m.ctx.Err() != nil {
			out.Omitted = "a plan has at most 1,000 steps"
			break
		}
		out.Steps = append(out.Steps, m.step(s, inputs))
	}
	return out
}

// dependency plans a workflow that another one depends on, once (F16).
func (m *maker) dependency(w *program.Workflow, callers map[string]any) *Workflow {
	if m.executed[w] {
		return &Workflow{ID: w.ID, Omitted: "it is executed before"}
	}
	inputs := w.SameNamed(callers)
	if given, ok := m.driver.Settings.DependencyInputs[w.ID]; ok {
		if v, err := value.From(map[string]any(given)); err == nil {
			inputs, _ = v.(map[string]any)
		}
	}
	full, missing, err := m.prepare(w, inputs, true)
	if err != nil {
		return &Workflow{ID: w.ID, Omitted: "it fails: " + m.secrets.Error(err).Error()}
	}
	for _, name := range missing {
		m.missing = append(m.missing, w.ID+":"+name)
	}
	return m.workflow(w, full)
}

// shown returns a value with expressions for what is unknown in it.
func (m *maker) shown(members map[string]any) map[string]any {
	out, _ := m.show(members).(map[string]any)
	return out
}

func (m *maker) show(v any) any {
	switch v := v.(type) {
	case string:
		return m.unknown.Show(v, func(string) {})
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = m.show(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[m.unknown.Show(name, func(string) {})] = m.show(member)
		}
		return out
	}
	return v
}
