package runtime

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// What an execution knows to be secret (inputs that markSecrets found, and the
// values of parameters that carry credentials) is masked in all that it tells:
// events, errors, reasons.

const masked = "***"

// minSecret is the length from which a secret is masked inside of other text;
// a shorter one only where it is the whole value.
const minSecret = 4

// markSecrets finds the inputs that hold secrets: those whose format is
// password, and those that flow into an argument that carries a credential, be
// it through the inputs of called workflows. It finds the outputs of steps that
// flow there too, such as the token that a login gives.
func (p *Program) markSecrets() {
	for _, w := range p.workflows {
		if w.schema != nil {
			w.secrets = slices.Clone(w.schema.secrets)
		}
	}
	for changed := true; changed; {
		changed = false
		for _, w := range p.workflows {
			for _, s := range w.steps {
				for i := range s.arguments {
					a := &s.arguments[i]
					if a.secret || s.called >= 0 && slices.Contains(p.workflows[s.called].secrets, a.name) {
						changed = p.markSecret(w, s, &a.value) || changed
					}
				}
				for i := range s.outputs {
					if s.outputs[i].secret {
						changed = p.markSecret(w, s, &s.outputs[i].value) || changed
					}
				}
			}
		}
	}
}

// markSecret marks the inputs and the outputs of steps that an operand of a
// step refers to; it tells whether one is new.
func (p *Program) markSecret(w *workflow, s *step, o *operand) (marked bool) {
	mark := func(r *ref) {
		switch {
		case r.kind == inputRef && !slices.Contains(w.secrets, r.name):
			w.secrets, marked = append(w.secrets, r.name), true
		case r.kind == stepOutputRef && r.slot > 0:
			out := &w.steps[r.index].outputs[r.slot-1]
			marked = marked || !out.secret
			out.secret = true
		case r.kind == stepOutputRef:
			marked = p.markCalled(w.steps[r.index], r.name) || marked
		case r.kind == outputRef:
			marked = p.markCalled(s, r.name) || marked
		}
	}
	mark(&o.ref)
	if o.template != nil {
		for i := range o.template.refs {
			mark(&o.template.refs[i])
		}
	}
	for i := range o.items {
		marked = p.markSecret(w, s, &o.items[i]) || marked
	}
	return marked
}

// markCalled marks what an output of the workflow that a step calls refers to.
func (p *Program) markCalled(s *step, name string) (marked bool) {
	if s.called < 0 {
		return false
	}
	called := p.workflows[s.called]
	for i := range called.outputs {
		if out := &called.outputs[i]; out.name == name && !out.secret {
			out.secret = true
			p.markSecret(called, s, &out.value)
			marked = true
		}
	}
	return marked
}

// Mask returns the outputs of a run with the caller's credentials in them
// masked, in every spelling, for who shows them.
func (s Settings) Mask(outputs map[string]any) map[string]any {
	x := &Execution{}
	x.addCredentials(s)
	return x.maskMap(outputs)
}

// addCredentials notes credentials, the passwords in them, and what basic
// authentication makes of them; of the servers the passwords in their URLs.
func (x *Execution) addCredentials(s Settings) {
	for _, credential := range s.Credentials {
		x.addSecret(credential)
		if _, password, ok := strings.Cut(credential, ":"); ok {
			x.addSecret(password)
			x.addSecret(base64.StdEncoding.EncodeToString([]byte(credential)))
		}
	}
	for _, server := range s.Servers {
		if u, err := url.Parse(server); err == nil && u.User != nil {
			password, _ := u.User.Password()
			x.addSecret(password)
		}
	}
}

func (x *Execution) learnSecrets(w *workflow, inputs map[string]any) {
	for _, name := range w.secrets {
		if v, ok := inputs[name]; ok {
			x.addSecret(v)
		}
	}
	if w.schema != nil && len(w.schema.nested) > 0 {
		x.learnNested(w.schema.nested, inputs)
	}
}

// learnAnswer finds the secrets in a response that outputs of the step are to
// have, before anybody is told of it.
func (x *Execution) learnAnswer(f *frame) {
	for i := range x.step(f).outputs {
		if o := &x.step(f).outputs[i]; o.secret && o.value.kind == refOperand {
			if v, ok := x.look(f, &o.value.ref); ok {
				x.addText(v)
			}
		}
	}
}

// learnOutputs finds the secrets among the outputs of the steps of a frame.
func (x *Execution) learnOutputs(f *frame, s *step) {
	for i := range s.outputs {
		if o := &s.outputs[i]; o.secret {
			if v, ok := f.stepOutput(x.workflow(f).steps, &ref{index: s.index, slot: i + 1, name: o.name}); ok {
				x.addText(v)
			}
		}
	}
}

// addText notes a secret that is a text; what is a whole body has too much in
// it that is none.
func (x *Execution) addText(v any) {
	if text, ok := v.(string); ok {
		x.addSecret(text)
	}
}

// learnNested finds the passwords deeper in the inputs.
func (x *Execution) learnNested(names []string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if slices.Contains(names, name) {
				x.addSecret(member)
			} else {
				x.learnNested(names, member)
			}
		}
	case []any:
		for _, item := range v {
			x.learnNested(names, item)
		}
	}
}

// addSecret notes a value, or the values in it. The longest is masked first:
// of one that holds another nothing may remain.
func (x *Execution) addSecret(v any) {
	switch v := v.(type) {
	case nil, bool:
		return
	case []any:
		for _, item := range v {
			x.addSecret(item)
		}
		return
	case map[string]any:
		for _, member := range v {
			x.addSecret(member)
		}
		return
	}
	text := value.Text(v)
	for _, prefix := range []string{"Bearer ", "Basic ", "bearer ", "basic "} {
		text = strings.TrimPrefix(text, prefix)
	}
	if text == "" || slices.Contains(x.secrets, text) {
		return
	}
	i := slices.IndexFunc(x.secrets, func(other string) bool { return len(other) < len(text) })
	if i < 0 {
		i = len(x.secrets)
	}
	x.secrets = slices.Insert(x.secrets, i, text)
}

func (x *Execution) maskText(s string) string {
	for _, secret := range x.secrets {
		if s == secret {
			return masked
		}
		if len(secret) < minSecret {
			continue
		}
		for _, form := range spellings(secret) {
			s = strings.ReplaceAll(s, form, masked)
		}
	}
	return s
}

// spellings are the ways in which a secret is written in URLs, forms, JSON and
// XML; most have only one.
func spellings(secret string) []string {
	inJSON := string(value.AppendString(nil, secret))
	cautious, _ := json.Marshal(secret) // with & < > escaped; a string is always written
	list := []string{secret}
	for _, s := range []string{url.QueryEscape(secret), url.PathEscape(secret), openapi.Escape(secret), inJSON[1 : len(inJSON)-1],
		string(cautious[1 : len(cautious)-1]), html.EscapeString(secret)} {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

func (x *Execution) maskBytes(b []byte) []byte {
	for _, secret := range x.secrets {
		if len(secret) < minSecret {
			continue
		}
		for _, form := range spellings(secret) {
			if bytes.Contains(b, []byte(form)) {
				b = bytes.ReplaceAll(b, []byte(form), []byte(masked))
			}
		}
	}
	return b
}

func (x *Execution) maskHeader(h http.Header) http.Header {
	if len(x.secrets) == 0 {
		return h
	}
	out := make(http.Header, len(h))
	for name, values := range h {
		for _, v := range values {
			out[name] = append(out[name], x.maskText(v))
		}
	}
	return out
}

// mask returns a JSON value with the secrets in it masked.
func (x *Execution) mask(v any) any {
	if len(x.secrets) == 0 {
		return v
	}
	switch v := v.(type) {
	case string:
		return x.maskText(v)
	case []byte:
		return x.maskBytes(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = x.mask(v[i])
		}
		return out
	case map[string]any:
		return x.maskMap(v)
	case object:
		return x.maskMap(v)
	}
	if value.IsNumber(v) && slices.Contains(x.secrets, value.Text(v)) {
		return masked
	}
	return v
}

func (x *Execution) maskMap(m map[string]any) map[string]any {
	if len(x.secrets) == 0 {
		return m
	}
	out := make(map[string]any, len(m))
	for name, v := range m {
		out[x.maskText(name)] = x.mask(v)
	}
	return out
}

func (x *Execution) maskOperands(operands []Operand) []Operand {
	for i := range operands {
		operands[i].Value = x.mask(operands[i].Value)
	}
	return operands
}

// maskedError is an error whose text has no secrets; errors.Is and errors.As
// still see what it is.
type maskedError struct {
	text string
	err  error
}

func (e *maskedError) Error() string { return e.text }
func (e *maskedError) Unwrap() error { return e.err }

func (x *Execution) maskError(err error) error {
	text := x.maskText(err.Error())
	if text == err.Error() {
		return err
	}
	return &maskedError{text, err}
}
