package schema

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// A Misfit is why a value cannot be one that a schema describes.
type Misfit struct {
	Pointer string // of the part that does not fit
	Want    string // "must be an integer", "must have a member id"
	Listed  []any  // the values that the schema lists, where the part is none of them
	Place   Place  // of the schema
}

// Misfit returns why a value does not fit, or nil if it may: of several alternatives, the
// reason of the one that it fits furthest. What a schema leaves open fits, and so does what
// would take too long to judge.
func (t *Type) Misfit(v any) *Misfit { return t.misfit(v, &judgment{budget: maxJudged}, "") }

const maxJudged = 20_000 // values with alternatives

type judgment struct{ budget int }

func (t *Type) misfit(v any, j *judgment, at string) (best *Misfit) {
	if len(at) > 1000 {
		return nil
	}
	for _, a := range t.Alternatives() {
		m := a.misfit(v, j, at)
		if m == nil {
			return nil
		}
		if best == nil || strings.Count(m.Pointer, "/") > strings.Count(best.Pointer, "/") {
			best = m
		} else if m.Pointer == best.Pointer && m.Listed != nil {
			best.Listed = append(best.Listed, m.Listed...)
		}
	}
	return best
}

func (a *Alternative) misfit(v any, j *judgment, at string) *Misfit {
	if j.budget--; j.budget < 0 {
		return nil
	}
	place, _ := a.place()
	if p := a.refusesValue(v, false); p != nil {
		want := p.Want
		switch p.Fault {
		case WrongType:
			want = "must be " + a.Kinds.String()
		case NotListed:
			want = "must be one of the values that are listed"
		}
		return &Misfit{Pointer: at, Want: want, Listed: p.Listed, Place: place}
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(a.requires())) {
			if _, has := v[name]; !has && !a.member(name).oneSided() {
				return &Misfit{Pointer: at, Want: "must have a member " + strconv.Quote(name), Place: place}
			}
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			member := v[name]
			found := a.member(name)
			inner := at + "/" + value.PointerToken(name)
			if found.Presence == Never {
				return &Misfit{Pointer: inner, Want: "must not be there", Place: place}
			}
			if found.Type != nil {
				if m := found.Type.misfit(member, j, inner); m != nil {
					return m
				}
			}
		}
	case []any:
		for _, p := range a.parts {
			if n, ok := p.count("minItems"); ok && len(v) < n {
				return &Misfit{Pointer: at, Want: fmt.Sprintf("must have at least %d items", n), Place: p.place()}
			}
			if n, ok := p.count("maxItems"); ok && len(v) > n {
				return &Misfit{Pointer: at, Want: fmt.Sprintf("must have at most %d items", n), Place: p.place()}
			}
		}
		for i, item := range v {
			if found := a.item(i); found.Type != nil {
				if m := found.Type.misfit(item, j, at+"/"+strconv.Itoa(i)); m != nil {
					return m
				}
			}
		}
	}
	return nil
}

// oneSided reports whether a member is only in requests, or only in responses: it may be
// missing in the other.
func (f Found) oneSided() bool { return f.Marked("readOnly") || f.Marked("writeOnly") }
