package contract

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/inputschema"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/pattern"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/pb33f/jsonschema/v6"
	"github.com/pb33f/jsonschema/v6/kind"
)

// judge judges a value by a schema. Of several readings of one value it is enough that
// one fits.
func (x *exchange) judge(code, what string, n *tree.Node, in *openapi.Description, v any, from direction) {
	s := x.checker.schema(n, in, x.step.Source.Description.Version, from)
	if s.err != nil {
		x.unjudged(n, in, "%s is not held against its schema: %v", what, s.err)
		return
	}
	all, several := v.(readingsOf)
	if !several {
		all = readingsOf{v}
	}
	var first *jsonschema.ValidationError
	for i, v := range all {
		judged, refused := s.measured.Judgeable(v)
		if refused != nil {
			x.unjudged(n, in, "%s is not held against its schema: %s", what, strings.TrimSpace(refused[0].Pointer+" "+refused[0].Message))
			return
		}
		err := inputschema.Guarded(func() error { return s.compiled.Validate(judged) })
		var invalid *jsonschema.ValidationError
		switch {
		case err == nil:
			return
		case errors.Is(err, pattern.ErrBudget):
			x.unjudged(n, in, "%s is not held against its schema: a pattern tries the same parts of a text again and again", what)
			return
		case !errors.As(err, &invalid):
			x.unjudged(n, in, "%s is not held against its schema: %v", what, err)
			return
		case i == 0:
			first = invalid
		}
	}
	own := &exchange{checker: x.checker, step: x.step, subject: x.subject, all: true}
	r := reader{exchange: own, schema: s, code: code, what: what, value: all[0]}
	r.violations(first)
	slices.SortFunc(r.found, func(a, b Violation) int { return strings.Compare(a.Message, b.Message) })
	for _, v := range slices.CompactFunc(r.found, func(a, b Violation) bool { return same(a.Diagnostic, b.Diagnostic) }) {
		x.subject.pointer = v.Pointer
		x.findAt(v.Severity, v.Code, v.Position, v.Message)
	}
	x.subject.pointer = ""
}

func same(a, b arazzo.Diagnostic) bool { return a.Message == b.Message && a.Position == b.Position }

// reader turns the errors of the validator into findings.
type reader struct {
	*exchange
	*schema
	code, what string
	value      any
}

// mask is what secrets are replaced by in events.
const mask = "***"

// violations adds the findings of an error, of its causes where these say more.
func (r *reader) violations(e *jsonschema.ValidationError) {
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		if branch := meant(e); branch != nil && !masked(r.at(e)) {
			r.violations(branch)
			return
		}
	case *kind.Not, *kind.PropertyNames, *kind.Contains, *kind.MinContains, *kind.MaxContains:
	default:
		if len(e.Causes) > 0 {
			for _, cause := range e.Causes {
				r.violations(cause)
			}
			return
		}
	}
	r.violation(e)
}

// meant returns which of the alternatives a value seems to be meant for: the only one
// that does not refuse its type.
func meant(e *jsonschema.ValidationError) (branch *jsonschema.ValidationError) {
	for _, cause := range e.Causes {
		if refusesType(cause, len(e.InstanceLocation)) {
			continue
		}
		if branch != nil {
			return nil
		}
		branch = cause
	}
	return branch
}

// refusesType reports whether an error is about the type of the value at a depth.
func refusesType(e *jsonschema.ValidationError, depth int) bool {
	if _, is := e.ErrorKind.(*kind.Type); is && len(e.InstanceLocation) == depth {
		return true
	}
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		return !slices.ContainsFunc(e.Causes, func(c *jsonschema.ValidationError) bool { return !refusesType(c, depth) }) && len(e.Causes) > 0
	}
	return slices.ContainsFunc(e.Causes, func(c *jsonschema.ValidationError) bool { return refusesType(c, depth) })
}

// at returns the value that an error is about.
func (r *reader) at(e *jsonschema.ValidationError) any {
	v := r.value
	for _, token := range e.InstanceLocation {
		switch of := v.(type) {
		case map[string]any:
			v = of[token]
		case []any:
			if i, err := strconv.Atoi(token); err == nil && i < len(of) {
				v = of[i]
			}
		}
	}
	return v
}

// violation adds a finding, unless it may be only about what masks a secret.
func (r *reader) violation(e *jsonschema.ValidationError) {
	v := r.at(e)
	where := r.what
	if r.subject.pointer = pointer(e.InstanceLocation); r.subject.pointer != "" {
		where += ", " + r.subject.pointer
	}
	_, of, _ := strings.Cut(e.SchemaURL, "#")
	at, in, keyword, wanted := r.copied.keyword(r.measured.Document(), of, e.ErrorKind.KeywordPath())
	found := func(format string, args ...any) {
		r.find(arazzo.Error, r.code, at, in, "%s", where+" "+fmt.Sprintf(format, args...))
	}
	switch k := e.ErrorKind.(type) { // those that a mask does not cause
	case *kind.Required:
		found("has no %s; the description requires %s", quoted(k.Missing), [2]string{"it", "them"}[min(len(k.Missing)-1, 1)])
		return
	case *kind.AdditionalProperties:
		found("has %s, which the description does not allow (additionalProperties: false)", quoted(k.Properties))
		return
	case *kind.RefCycle:
		r.unjudged(at, in, "%s is not held against its schema, which refers to itself for the same value", where)
		return
	}
	if masked(v) {
		return
	}
	is := "is " + short(string(value.AppendJSON(nil, v)))
	switch k := e.ErrorKind.(type) {
	case *kind.FalseSchema:
		found("%s; the description allows no value there", is)
	case *kind.OneOf:
		if len(k.Subschemas) > 1 {
			found("%s, which fits the alternatives %d and %d of oneOf; the description allows one only", is, k.Subschemas[0], k.Subschemas[1])
		} else {
			found("%s, which fits none of the %d alternatives of oneOf", is, len(wanted.Items))
		}
	case *kind.AnyOf:
		found("%s, which fits none of the %d alternatives of anyOf", is, len(wanted.Items))
	case *kind.Not:
		found("%s, which fits what the description excludes (not)", is)
	default:
		if wanted == nil {
			found("%s, which does not fit the description", is)
			return
		}
		found("%s; the description says %s: %s", is, keyword, short(string(value.AppendJSON(nil, wanted.Value()))))
	}
}

// masked reports whether secrets are masked in a value.
func masked(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, mask)
	case []any:
		return slices.ContainsFunc(v, masked)
	case map[string]any:
		for name, member := range v {
			if strings.Contains(name, mask) || masked(member) {
				return true
			}
		}
	}
	return false
}

// mostShown bounds a value in a message, in bytes.
const mostShown = 120

func short(text string) string {
	if len(text) <= mostShown {
		return text
	}
	return strings.ToValidUTF8(text[:mostShown], "") + "…"
}

const mostListed = 10

func quoted(names []string) string {
	var list []string
	for _, name := range slices.Sorted(slices.Values(names))[:min(len(names), mostListed)] {
		list = append(list, strconv.Quote(short(name)))
	}
	text := strings.Join(list, ", ")
	if more := len(names) - len(list); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
