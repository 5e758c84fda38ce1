package simulate

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A Script is a run of a workflow that succeeds: what a server has to answer, so that the
// workflow succeeds on it.
type Script struct {
	WorkflowID string
	Inputs     runtime.Inputs
	Exchanges  []Exchange // in their order
}

// An Exchange is a request of a run and the answer to it, whole: nothing is masked.
type Exchange struct {
	*runtime.Send
	Status int
	Header http.Header
	Body   any  // a JSON value
	NoBody bool // there is none

	wishes option
	reads  []read
}

// Script makes the run that Run makes, and returns what was sent and answered. ok is false if
// it does not succeed. The error is that of [Simulator.Workflow].
func (s *Simulator) Script(ctx context.Context, p *runtime.Program, workflowID string) (script Script, ok bool, err error) {
	w, e, err := s.first(ctx, p, workflowID)
	if err != nil {
		return Script{}, false, err
	}
	script = Script{WorkflowID: workflowID, Inputs: e.inputs}
	for _, a := range w.script {
		x := Exchange{Send: a.to, Status: a.status, Header: a.header, Body: a.body, NoBody: a.noBody}
		for _, wish := range a.wishes {
			if wish.place.step == a.step && wish.place.header == "" {
				x.wishes = append(x.wishes, wish)
			}
		}
		if a.status < 300 {
			x.reads = slices.DeleteFunc(slices.Clone(e.types.reads[a.step]), func(r read) bool { return r.place.header != "" })
		}
		script.Exchanges = append(script.Exchanges, x)
	}
	return script, w.pending == nil && w.err == nil, nil
}

// Adapt returns another body with what the run needs of the one of the exchange: where a
// condition decided, its value; where something is read, a value that is neither null nor
// empty and fits what it is for. own is what stands for a value of the exchange in the other
// run. body is not changed. It must not be called by several goroutines at the same time.
func (x *Exchange) Adapt(body any, own func(v any) any) any {
	if x.NoBody {
		return body
	}
	for _, wish := range x.wishes {
		body = x.fulfill(body, wish.place.tokens, wish.want, own)
	}
	for _, r := range x.reads {
		v, there := value.Find(body, r.place.tokens)
		if there && schema.Filled(v) && (r.parameter == nil || r.parameter.Misfit(v) == nil) {
			continue
		}
		if better, has := value.Find(x.Body, r.place.tokens); has && schema.Filled(better) {
			body = replaced(body, r.place.tokens, x.Body, own)
		}
	}
	return body
}

func (x *Exchange) fulfill(body any, tokens []string, want schema.Want, own func(v any) any) any {
	switch {
	case want.Missing:
		return without(body, tokens)
	case want.Exactly, want.Sized, len(want.Members) == 0:
		return replaced(body, tokens, x.Body, own)
	}
	for _, token := range slices.Sorted(maps.Keys(want.Members)) {
		body = x.fulfill(body, append(tokens[:len(tokens):len(tokens)], token), *want.Members[token], own)
	}
	return body
}

// replaced returns a body with the value that another has at a place. What is missing on the
// way there is taken whole.
func replaced(body any, tokens []string, from any, own func(v any) any) any {
	if len(tokens) == 0 {
		return own(from)
	}
	next, has := value.Child(from, tokens[0])
	if !has {
		return body
	}
	switch of := body.(type) {
	case map[string]any:
		out := maps.Clone(of)
		if member, has := of[tokens[0]]; has {
			out[tokens[0]] = replaced(member, tokens[1:], next, own)
		} else {
			out[tokens[0]] = own(next)
		}
		return out
	case []any:
		items, isArray := from.([]any)
		i, isIndex := value.Index(tokens[0])
		if !isArray || !isIndex {
			break
		}
		out := slices.Clone(of)
		for len(out) <= i {
			out = append(out, own(items[len(out)]))
		}
		if i < len(of) {
			out[i] = replaced(of[i], tokens[1:], next, own)
		}
		return out
	}
	return own(from)
}

// without returns a body without the member at a place.
func without(body any, tokens []string) any {
	if len(tokens) == 0 {
		return body
	}
	switch of := body.(type) {
	case map[string]any:
		member, has := of[tokens[0]]
		if !has {
			return body
		}
		out := maps.Clone(of)
		if out[tokens[0]] = without(member, tokens[1:]); len(tokens) == 1 {
			delete(out, tokens[0])
		}
		return out
	case []any:
		i, ok := value.Index(tokens[0])
		switch {
		case !ok || i >= len(of):
			return body
		case len(tokens) == 1:
			return slices.Clone(of[:i])
		}
		out := slices.Clone(of)
		out[i] = without(of[i], tokens[1:])
		return out
	}
	return body
}
