package program

import (
	"fmt"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// Targets returns the places in v that the target names, as the tokens of JSON
// Pointers; none for one in XML.
func (r *Replacement) Targets(v any) ([][]string, error) {
	switch {
	case r.XPath != nil:
		return nil, nil
	case r.Query == nil:
		return [][]string{r.Pointer}, nil
	}
	switch v.(type) {
	case string, []byte:
		return nil, fmt.Errorf("the payload is a text, in which JSONPath has no target: %s", r.Query)
	}
	places, err := r.Query.Locate(v)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", r.Query, err)
	case len(places) == 0:
		return nil, fmt.Errorf("%s selects nothing in the payload", r.Query)
	}
	targets := make([][]string, len(places))
	for i, place := range places {
		for _, token := range place {
			targets[i] = append(targets[i], fmt.Sprint(token))
		}
	}
	return targets, nil
}

// Apply returns v with what is at its targets replaced (O10); a member whose value
// is missing is left out, as one of a payload is. v itself is not changed.
func (r *Replacement) Apply(v any, targets [][]string, with any, ok bool) (any, error) {
	switch {
	case r.XPath != nil && !ok:
		return nil, fmt.Errorf("%s is missing; a part of a text cannot be left out", r.Value.Source())
	case r.XPath != nil:
		return r.XPath.Set(value.Text(v), value.Text(with))
	case !ok:
		with = leftOut{}
	}
	var err error
	for _, target := range targets {
		if v, err = r.replace(v, target, with); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// leftOut is in place of a value that is missing.
type leftOut struct{}

// replace returns v with another value at a JSON Pointer (O10): a missing last
// member is created, "-" appends. v itself is not changed.
func (r *Replacement) replace(v any, tokens []string, with any) (any, error) {
	if len(tokens) == 0 {
		if with == any(leftOut{}) {
			return nil, fmt.Errorf("%s is missing; only a member of an object can be left out", r.Value.Source())
		}
		return with, nil
	}
	token := tokens[0]
	switch v := v.(type) {
	case map[string]any:
		child, ok := v[token]
		if !ok && len(tokens) > 1 {
			return nil, fmt.Errorf("the payload has no %q to look into", token)
		}
		out := make(map[string]any, len(v)+1)
		for name, member := range v {
			out[name] = member
		}
		if len(tokens) == 1 && with == any(leftOut{}) {
			delete(out, token)
			return out, nil
		}
		changed, err := r.replace(child, tokens[1:], with)
		if err != nil {
			return nil, err
		}
		out[token] = changed
		return out, nil
	case []any:
		i, ok := value.Index(token)
		if token == "-" && len(tokens) == 1 {
			i, ok = len(v), true
			v = append(v[:len(v):len(v)], nil)
		}
		if !ok || i >= len(v) {
			return nil, fmt.Errorf("an array of %d has no element %q", len(v), token)
		}
		changed, err := r.replace(v[i], tokens[1:], with)
		if err != nil {
			return nil, err
		}
		out := append([]any(nil), v...)
		out[i] = changed
		return out, nil
	}
	return nil, fmt.Errorf("the target leads to %q inside a value that is neither an object nor an array", token)
}
