package runtime

import (
	"bytes"
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
// it through the inputs of called workflows.
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
						changed = w.markSecret(&a.value) || changed
					}
				}
			}
		}
	}
}

// markSecret marks the inputs that an operand refers to; it tells whether one
// is new.
func (w *workflow) markSecret(o *operand) (marked bool) {
	mark := func(r *ref) {
		if r.kind == inputRef && !slices.Contains(w.secrets, r.name) {
			w.secrets, marked = append(w.secrets, r.name), true
		}
	}
	mark(&o.ref)
	if o.template != nil {
		for i := range o.template.refs {
			mark(&o.template.refs[i])
		}
	}
	for i := range o.items {
		marked = w.markSecret(&o.items[i]) || marked
	}
	return marked
}

// Mask returns the outputs of a run with the caller's credentials in them
// masked, in every spelling, for who shows them.
func (s Settings) Mask(outputs map[string]any) map[string]any {
	x := &Execution{}
	x.addCredentials(s.Credentials)
	return x.maskMap(outputs)
}

// addCredentials notes credentials, and the passwords in them.
func (x *Execution) addCredentials(credentials map[string]string) {
	for _, credential := range credentials {
		x.addSecret(credential)
		if _, password, ok := strings.Cut(credential, ":"); ok {
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
}

func (x *Execution) addSecret(v any) {
	text := value.Text(v)
	for _, prefix := range []string{"Bearer ", "Basic ", "bearer ", "basic "} {
		text = strings.TrimPrefix(text, prefix)
	}
	if text != "" && !slices.Contains(x.secrets, text) {
		x.secrets = append(x.secrets, text)
	}
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
	list := []string{secret}
	for _, s := range []string{url.QueryEscape(secret), url.PathEscape(secret), openapi.Escape(secret), inJSON[1 : len(inJSON)-1], html.EscapeString(secret)} {
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
	return v
}

func (x *Execution) maskMap(m map[string]any) map[string]any {
	if len(x.secrets) == 0 {
		return m
	}
	out := make(map[string]any, len(m))
	for name, v := range m {
		out[name] = x.mask(v)
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
