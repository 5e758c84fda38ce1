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

// learnSecrets finds the secrets in the inputs of a workflow.
func (x *Execution) learnSecrets(w *workflow, inputs map[string]any) {
	for name, secrets := range w.secrets {
		if v, ok := inputs[name]; ok {
			x.learn(v, secrets)
		}
	}
	if w.passwords != nil {
		w.passwords.in(inputs, x.addSecret)
	}
}

// learn finds the secrets in a value.
func (x *Execution) learn(v any, secrets routes) {
	for _, r := range secrets {
		r.follow(v, x.addSecret)
	}
}

// learnAnswer finds the secrets in a response, before anybody is told of it.
func (x *Execution) learnAnswer(f *frame) {
	s := x.step(f)
	for i := range s.answers {
		a := &s.answers[i]
		if v, ok := x.look(f, a.ref); ok {
			a.route.follow(v, x.addSecret)
		}
	}
}

// learnOutputs finds the secrets among the outputs of a step of a frame.
func (x *Execution) learnOutputs(f *frame, s *step) {
	for i := range s.outputs {
		o := &s.outputs[i]
		if o.secrets == nil {
			continue
		}
		if v, ok := f.stepOutput(x.workflow(f).steps, &ref{index: s.index, slot: i + 1, name: o.name}); ok {
			x.learn(v, o.secrets)
		}
	}
}

// learnResults finds the secrets among the outputs of a workflow.
func (x *Execution) learnResults(w *workflow, outputs map[string]any) {
	for i := range w.outputs {
		if v, ok := outputs[w.outputs[i].name]; ok {
			x.learn(v, w.outputs[i].secrets)
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
	twice := []string{}
	for _, s := range []string{inJSON, string(cautious)} {
		again, _ := json.Marshal(s[1 : len(s)-1])
		plain := value.AppendString(nil, s[1:len(s)-1])
		twice = append(twice, string(plain[1:len(plain)-1]), string(again[1:len(again)-1]))
	}
	for _, s := range append(twice, url.QueryEscape(secret), url.PathEscape(secret), openapi.Escape(secret), inJSON[1:len(inJSON)-1],
		string(cautious[1:len(cautious)-1]), html.EscapeString(secret),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))) {
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
