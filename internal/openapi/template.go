package openapi

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/uri"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// segment is a piece of a path template: text, or the index of an argument.
type segment struct {
	text     string // escaped
	argument int    // -1: text
	whole    bool   // the variable is all there is between two slashes
	reserved bool   // {+name}, as in Google's descriptions: RFC 6570 §3.2.3
}

// A pair is a part of the query that a path template has, as the descriptions of
// AWS do: /?Action=Create or /{key}?id={id}. OpenAPI knows no such templates; what
// is meant are query parameters, each of which is sent once.
type pair struct {
	text  string     // escaped; of a pair without variables
	param *Parameter // an argument is written in its place; nil: there is none
	index int        // of that argument
	fixed string     // what text has for it, "" for nothing
	parts []segment  // of one that is more than a name and a variable
}

// An UnassignedError reports a variable of the path template that has no argument.
type UnassignedError struct{ Name, In string }

func (e *UnassignedError) Error() string {
	return fmt.Sprintf("the path variable {%s} has no value; add a %s parameter %q", e.Name, e.In, e.Name)
}

// HasPathVariable reports whether the path template has a variable of a name.
func (o *Operation) HasPathVariable(name string) bool {
	return strings.Contains(o.Path, "{"+name+"}") || strings.Contains(o.Path, "{+"+name+"}")
}

// formExpression is a list of query parameters in a template (RFC 6570, §3.2.8 and
// §3.2.9). They are sent as parameters are, in their order.
var formExpression = regexp.MustCompile(`\{[?&][^{}]*\}`)

// template returns the path of an operation and the query behind it.
func (o *Operation) template() (path, query string) {
	path = o.Path
	if strings.Contains(path, "{?") || strings.Contains(path, "{&") {
		path = formExpression.ReplaceAllString(path, "")
	}
	path, query, _ = strings.Cut(path, "?")
	return path, query
}

// QueryLiteral returns the value that the path template itself has for a query
// parameter.
func (o *Operation) QueryLiteral(name string) (text string, ok bool) {
	_, query := o.template()
	for pair := range strings.SplitSeq(query, "&") {
		if key, text := cutPair(pair); pair != "" && key == name && !strings.Contains(text, "{") {
			return text, true
		}
	}
	return "", false
}

func cutPair(pair string) (name, text string) {
	name, text, _ = strings.Cut(pair, "=")
	return unescaped(name), unescaped(text)
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// template splits the path at its variables.
func (b *Binding) template(keys []ArgKey) (err error) {
	path, query := b.operation.template()
	b.dots = dotSegments(path)
	if b.path, err = split(path, pathSet, func(name string) (int, error) {
		if i := slices.Index(keys, ArgKey{Name: name, In: "path"}); i >= 0 {
			return i, nil
		}
		return 0, &UnassignedError{Name: name, In: "path"}
	}); err != nil || query == "" {
		return err
	}
	b.placed = make([]bool, len(keys))
	for text := range strings.SplitSeq(query, "&") {
		if err := b.pair(text, keys); err != nil {
			return err
		}
	}
	return nil
}

// split splits a template at its variables; find returns the index of a variable's
// argument, or -1 if there is none and that is no error.
func split(rest string, keep *uri.Set, find func(name string) (int, error)) (list []segment, err error) {
	for {
		open := strings.IndexByte(rest, '{')
		end := open + strings.IndexByte(rest[max(open, 0):], '}')
		if open < 0 || end < open {
			return append(list, segment{text: uri.PercentOnce(rest, keep), argument: -1}), nil
		}
		name, reserved := strings.CutPrefix(rest[open+1:end], "+")
		i, err := find(name)
		if err != nil {
			return nil, err
		}
		after := rest[end+1:]
		whole := strings.HasSuffix(rest[:open], "/") && (after == "" || after[0] == '/')
		list = append(list, segment{text: uri.PercentOnce(rest[:open], keep), argument: -1},
			segment{argument: i, reserved: reserved, whole: whole})
		rest = after
	}
}

// pair reads a pair of the query. An argument of its name takes its place; its
// variables are query parameters, or path parameters where the description has it
// so. A pair with a variable that is not given is not sent if the operation
// declares it as a query parameter.
func (b *Binding) pair(text string, keys []ArgKey) error {
	name, fixed := cutPair(text)
	if i := slices.Index(keys, ArgKey{Name: name, In: "query"}); i >= 0 {
		if strings.Contains(fixed, "{") {
			text, fixed = "", ""
		}
		b.placed[i] = true
		b.pairs = append(b.pairs, pair{text: uri.PercentOnce(text, querySet), param: b.params[i], index: i, fixed: fixed})
		return nil
	}
	optional := false
	parts, err := split(text, querySet, func(name string) (int, error) {
		for _, in := range []string{"query", "path"} {
			if i := slices.Index(keys, ArgKey{Name: name, In: in}); i >= 0 {
				b.placed[i] = true
				return i, nil
			}
		}
		if b.operation.parameter(ArgKey{Name: name, In: "query"}) != nil {
			optional = true
			return -1, nil
		}
		return 0, &UnassignedError{Name: name, In: "query"}
	})
	switch {
	case err != nil || optional:
		return err
	case len(parts) == 1:
		b.pairs = append(b.pairs, pair{text: parts[0].text})
	case len(parts) == 3 && parts[2].text == "" && strings.Count(parts[0].text, "=") == 1 && strings.HasSuffix(parts[0].text, "="):
		p := *b.params[parts[1].argument]
		if p.Name = name; p.In == "path" {
			p.In, p.Style, p.Explode = "query", defaultStyles["query"], false
		}
		b.pairs = append(b.pairs, pair{param: &p, index: parts[1].argument})
	default:
		b.pairs = append(b.pairs, pair{parts: parts})
	}
	return nil
}

// appendPairs writes the query that the path has.
func (b *Binding) appendPairs(query []byte, values []Value) ([]byte, error) {
	for i := range b.pairs {
		p := &b.pairs[i]
		if p.param == nil && p.parts == nil {
			query = append(between(query), p.text...)
			continue
		}
		if p.parts != nil {
			query = between(query)
			for _, s := range p.parts {
				if s.argument < 0 {
					query = append(query, s.text...)
					continue
				}
				v := values[s.argument]
				if !v.OK || v.V == nil {
					return nil, b.params[s.argument].noValue(s.argument, v)
				}
				query = append(query, uri.Encode(value.Text(v.V))...)
			}
			continue
		}
		v := values[p.index]
		if v.OK && p.fixed != "" && value.Text(v.V) != p.fixed {
			return nil, fmt.Errorf("the path %s has %q for the query parameter %q; the step gives it another value",
				b.operation.Path, p.fixed, p.param.Name)
		}
		before := len(query)
		if v.OK {
			query = appendQuery(query, p.param, v)
		}
		switch {
		case len(query) > before:
		case p.param.Required && v.OK && p.param.AllowEmpty:
			query = append(append(between(query), escapeAll.name(p.param.Name)...), '=')
		case p.param.Required:
			return nil, p.param.noValue(p.index, v)
		case p.text != "":
			query = append(between(query), p.text...)
		}
	}
	return query, nil
}
