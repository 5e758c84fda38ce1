package check

import (
	"fmt"
	"iter"
	"math/bits"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// codes is a set of status codes, 100 to 599, and of the absence of a response.
type codes [8]uint64

const (
	firstCode = 100
	noCode    = 599 - firstCode + 1 // the bit for the absence of a response
)

// codeOf is what $statusCode is.
func codeOf(bit int) any {
	if bit == noCode {
		return nil
	}
	return int64(firstCode + bit)
}

// within returns the codes from first to last.
func within(first, last int) (set codes) {
	for code := first; code <= last; code++ {
		set.add(code - firstCode)
	}
	return set
}

var (
	everyCode    = within(firstCode, firstCode+noCode)
	anyResponse  = within(100, 599)
	noResponse   = everyCode.without(anyResponse)
	success      = within(200, 299)
	belowFailure = within(100, 399) // C19
)

func (s *codes) add(bit int) { s[bit/64] |= 1 << (bit % 64) }

func (s codes) and(o codes) codes {
	for i := range s {
		s[i] &= o[i]
	}
	return s
}

func (s codes) or(o codes) codes {
	for i := range s {
		s[i] |= o[i]
	}
	return s
}

func (s codes) without(o codes) codes {
	for i := range s {
		s[i] &^= o[i]
	}
	return s
}

func (s codes) empty() bool { return s == codes{} }

// all iterates over the status codes of the set.
func (s codes) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, word := range s.and(anyResponse) {
			for ; word != 0; word &= word - 1 {
				if !yield(firstCode + i*64 + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

// String writes the codes, runs of them as ranges: "200, 400–499".
func (s codes) String() string {
	var parts []string
	first, last := 0, 0
	end := func() {
		switch {
		case last > first:
			parts = append(parts, fmt.Sprintf("%d–%d", first, last))
		case last > 0:
			parts = append(parts, strconv.Itoa(first))
		}
	}
	for code := range s.all() {
		if code != last+1 {
			end()
			first = code
		}
		last = code
	}
	end()
	return strings.Join(parts, ", ")
}

// verdict is the codes with which a criterion can pass and can fail.
type verdict struct{ pass, fail codes }

var undecided = verdict{everyCode, everyCode}

// verdict decides a criterion as far as it depends on the status.
func (c *checker) verdict(criterion *program.Criterion) verdict {
	if !mentionsStatus(criterion) && (criterion.Simple == nil || len(criterion.Refs) > 0) {
		return undecided
	}
	key := criterion.Kind.String() + " " + criterion.Text
	known, seen := c.verdicts[key]
	if !seen {
		known = decide(criterion)
		c.verdicts[key] = known
	}
	return known
}

func decide(c *program.Criterion) (v verdict) {
	test := chances(c)
	if test == nil {
		return undecided
	}
	for bit := 0; bit <= noCode; bit++ {
		chance := test(codeOf(bit))
		if chance.pass {
			v.pass.add(bit)
		}
		if chance.fail {
			v.fail.add(bit)
		}
	}
	return v
}

// chances returns how a criterion can end with each code; nil if it does not
// depend on the code.
func chances(c *program.Criterion) func(code any) chance {
	onStatus := func(r *program.Ref) bool { return r.Kind == program.StatusCode }
	switch {
	case c.Simple != nil && !slices.ContainsFunc(c.Refs, func(r program.Ref) bool { return !onStatus(&r) }):
		return func(code any) chance {
			pass := c.Simple.Eval(func(int) (any, bool) { return code, code != nil })
			return chance{pass, !pass}
		}
	case c.Simple != nil:
		term := c.Simple.Term()
		return func(code any) chance { return codeChance(c, term, code) }
	case c.Regex != nil && c.Context != nil && c.Context.Kind == program.Reference && onStatus(&c.Context.Ref):
		return func(code any) chance {
			pass := false
			if code != nil {
				pass, _ = c.Regex.Matches(fmt.Sprint(code))
			}
			return chance{pass, !pass}
		}
	}
	return nil
}

func codeChance(c *program.Criterion, t *expr.Term, code any) chance {
	switch t.Operator {
	case "||":
		return codeChance(c, t.Terms[0], code).or(codeChance(c, t.Terms[1], code))
	case "&&":
		return codeChance(c, t.Terms[0], code).and(codeChance(c, t.Terms[1], code))
	case "!":
		return codeChance(c, t.Terms[0], code).not()
	case "":
		return either
	}
	var operands [2]any
	for i, operand := range t.Terms {
		switch {
		case operand.Operator != "":
			return either
		case isStatus(c, operand):
			operands[i] = code
		case operand.Count == 0:
			operands[i] = operand.Literal
		default:
			return either
		}
	}
	pass := expr.Compare(t.Operator, operands[0], operands[1])
	return chance{pass, !pass}
}

// isStatus reports whether an operand is $statusCode.
func isStatus(c *program.Criterion, t *expr.Term) bool {
	return t.Operator == "" && t.Count == 1 && !t.Embedded && t.First < len(c.Refs) && c.Refs[t.First].Kind == program.StatusCode
}

// mentionsStatus reports whether the criterion looks at the status code.
func mentionsStatus(c *program.Criterion) bool {
	found := false
	c.All(func(r *program.Ref) { found = found || r.Kind == program.StatusCode })
	return found
}

// passing returns the codes with which all of the criteria can pass; certain
// reports that they do, whatever else the response has.
func (c *checker) passing(criteria []*program.Criterion) (set codes, certain bool) {
	set = everyCode
	var fail codes
	for _, criterion := range criteria {
		v := c.verdict(criterion)
		set, fail = set.and(v.pass), fail.or(v.fail)
	}
	return set, set.and(fail).empty()
}

// outcomes returns the codes with which a step can have succeeded and failed.
func (c *checker) outcomes(s *program.Step) (succeeded, failed codes) {
	passing, certain := c.passing(s.Criteria)
	switch {
	case s.Decl.WorkflowID != "": // it has the status of the last response to the workflow (F17)
		return passing, everyCode
	case len(s.Criteria) == 0:
		return belowFailure, everyCode.without(belowFailure)
	}
	succeeded, failed = passing.and(anyResponse), noResponse // without a response it has failed (C20)
	if certain {
		return succeeded, everyCode.without(succeeded)
	}
	for _, criterion := range s.Criteria {
		failed = failed.or(c.verdict(criterion).fail)
	}
	return succeeded, failed
}

// covers returns the codes that each response of an operation is declared for: a
// code, a class of codes, or the rest.
func covers(op *openapi.Operation) []codes {
	list := make([]codes, len(op.Responses))
	rest := anyResponse
	for _, kind := range responseNames {
		var named codes
		for i, r := range op.Responses {
			if !kind.MatchString(r.Code) {
				continue
			}
			if list[i] = rest; r.Code != "default" {
				list[i] = rest.and(codesNamed(r.Code))
			}
			named = named.or(list[i])
		}
		rest = rest.without(named)
	}
	return list
}

// responseNames match the names of responses, in order of precedence.
var responseNames = []*regexp.Regexp{regexp.MustCompile(`^[1-5]\d\d$`), regexp.MustCompile(`^[1-5]XX$`), regexp.MustCompile(`^default$`)}

// codesNamed returns the codes that the name of a response means.
func codesNamed(name string) codes {
	first, _ := strconv.Atoi(strings.ReplaceAll(name, "X", "0"))
	last, _ := strconv.Atoi(strings.ReplaceAll(name, "X", "9"))
	return within(first, last)
}

// declares reports whether the operation declares one of the codes. Where it
// declares codes of success, "default" does not describe another.
func declares(op *openapi.Operation, s codes) bool {
	explicit := hasSuccess(op)
	for code := range s.all() {
		if r := op.Response(code); r != nil && (r.Code != "default" || !explicit || code < 200 || code > 299) {
			return true
		}
	}
	return false
}

// hasSuccess reports whether the operation declares a 2xx response.
func hasSuccess(op *openapi.Operation) bool {
	return slices.ContainsFunc(op.Responses, func(r *openapi.Response) bool { return strings.HasPrefix(r.Code, "2") })
}

// declaredCodes lists the responses of an operation for a message.
func declaredCodes(op *openapi.Operation) string {
	var list []string
	rest := ""
	for _, r := range op.Responses {
		if r.Code == "default" {
			rest = ", and errors as default"
		} else {
			list = append(list, r.Code)
		}
	}
	return strings.Join(list, ", ") + rest
}

func label(s *program.Step) string {
	if s.Operation != nil {
		return fmt.Sprintf("%s %s", s.Operation.Method, s.Operation.Path)
	}
	return s.Label
}
