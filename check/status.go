package check

import (
	"github.com/gobelin-dev/gobelin/internal/linked"
)

// statuses is a set of status codes, 100 to 599, and of the absence of one.
type statuses [8]uint64

const (
	firstStatus = 100
	noStatus    = 599 - firstStatus + 1 // the bit that means that there is no response
)

// statusesWhere is the set of all for which pass is true.
func statusesWhere(pass func(status int, ok bool) bool) (set statuses) {
	for bit := 0; bit <= noStatus; bit++ {
		if pass(firstStatus+bit, bit < noStatus) {
			set[bit/64] |= 1 << (bit % 64)
		}
	}
	return set
}

var (
	everyStatus  = statusesWhere(func(int, bool) bool { return true })
	anyResponse  = statusesWhere(func(_ int, ok bool) bool { return ok })
	noResponse   = everyStatus.without(anyResponse)
	belowFailure = statusesWhere(func(status int, ok bool) bool { return ok && status < 400 }) // C19
)

func (a statuses) and(b statuses) statuses {
	for i := range a {
		a[i] &= b[i]
	}
	return a
}

func (a statuses) without(b statuses) statuses {
	for i := range a {
		a[i] &^= b[i]
	}
	return a
}

func (a statuses) empty() bool { return a == statuses{} }

// passing gives the statuses with which all of the criteria can pass; certain
// says that they pass with each of them, whatever else the response has.
func (c *checker) passing(criteria []*linked.Criterion) (set statuses, certain bool) {
	set, certain = everyStatus, true
	for _, criterion := range criteria {
		own, known := c.statusesOf(criterion)
		set, certain = set.and(own), certain && known
	}
	return set, certain
}

// statusesOf decides a condition that looks at nothing but the status.
func (c *checker) statusesOf(criterion *linked.Criterion) (set statuses, known bool) {
	if criterion.Simple == nil {
		return everyStatus, false
	}
	for _, r := range criterion.Refs {
		if r.Kind != linked.StatusCode {
			return everyStatus, false
		}
	}
	set, seen := c.conditions[criterion.Text]
	if !seen {
		set = statusesWhere(func(status int, ok bool) bool {
			return criterion.Simple.Eval(func(int) (any, bool) {
				if !ok {
					return nil, false
				}
				return int64(status), true
			}, nil)
		})
		c.conditions[criterion.Text] = set
	}
	return set, true
}

// outcomes gives the statuses with which a step can have succeeded and failed.
func (c *checker) outcomes(s *linked.Step) (succeeded, failed statuses) {
	all := everyStatus
	if s.Decl.WorkflowID != "" {
		all = noResponse
	}
	if len(s.Criteria) == 0 {
		if s.Decl.WorkflowID != "" {
			return all, all
		}
		return belowFailure, everyStatus.without(belowFailure)
	}
	passing, certain := c.passing(s.Criteria)
	succeeded, failed = all.and(passing), all
	if s.Decl.WorkflowID == "" {
		succeeded = succeeded.and(anyResponse) // without a response it has failed (C20)
		if certain {
			failed = all.without(succeeded)
		}
	}
	return succeeded, failed
}
