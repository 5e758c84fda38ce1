package check

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/expr"
	"github.com/gobelin-dev/gobelin/internal/linked"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/schema"
)

// codes is a set of status codes.
type codes [10]uint64

const (
	firstCode = 100
	lastCode  = 599
)

func (s *codes) add(code int)     { s[code/64] |= 1 << (code % 64) }
func (s codes) has(code int) bool { return s[code/64]&(1<<(code%64)) != 0 }
func (s codes) empty() bool       { return s == codes{} }

func (s codes) and(o codes) codes {
	for i := range s {
		s[i] &= o[i]
	}
	return s
}

// codesWhere are the codes for which a test holds.
func codesWhere(test func(code int) bool) (s codes) {
	for code := firstCode; code <= lastCode; code++ {
		if test(code) {
			s.add(code)
		}
	}
	return s
}

var success = codesWhere(func(code int) bool { return code >= 200 && code < 300 })

var allCodes = codesWhere(func(int) bool { return true })

// String writes the codes, runs of them as ranges: "200, 400–499".
func (s codes) String() string {
	var parts []string
	for code := firstCode; code <= lastCode; code++ {
		if !s.has(code) {
			continue
		}
		first := code
		for code < lastCode && s.has(code+1) {
			code++
		}
		text := strconv.Itoa(first)
		if code > first {
			text += "–" + strconv.Itoa(code)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// codeChances says for each code how the criterion can end with it.
func codeChances(c *linked.Criterion) func(code int) chance {
	switch {
	case c.Simple != nil:
		t := c.Simple.Term()
		return func(code int) chance { return codeChance(c, t, code) }
	case c.Kind == "regex" && c.Embedded == nil && c.Context != nil && c.Context.Ref != nil && c.Context.Ref.Kind == linked.StatusCode:
		if re, err := regexp.Compile(c.Text); err == nil {
			return func(code int) chance {
				pass := re.MatchString(strconv.Itoa(code))
				return chance{pass, !pass}
			}
		}
	}
	return func(int) chance { return either }
}

func codeChance(c *linked.Criterion, t *expr.Term, code int) chance {
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
	var operands [2]*schema.Type
	for i, operand := range t.Terms {
		switch {
		case operand.Operator != "":
			return either
		case isStatus(c, operand):
			operands[i] = schema.Constant(int64(code))
		case operand.Count == 0:
			operands[i] = schema.Constant(operand.Literal)
		default:
			return either
		}
	}
	return simpleLanguage.chance(t.Operator, operands[0], operands[1])
}

// isStatus reports whether an operand is $statusCode.
func isStatus(c *linked.Criterion, t *expr.Term) bool {
	return t.Operator == "" && t.Count == 1 && !t.Embedded && t.First < len(c.Refs) && c.Refs[t.First].Kind == linked.StatusCode
}

// mentionsStatus reports whether the criterion looks at the status code.
func mentionsStatus(c *linked.Criterion) bool {
	found := false
	c.All(func(r *linked.Ref) { found = found || r.Kind == linked.StatusCode })
	return found
}

// codesPassing are the codes with which all criteria can pass.
func codesPassing(criteria []*linked.Criterion) codes {
	possible := allCodes
	for _, c := range criteria {
		if mentionsStatus(c) {
			chances := codeChances(c)
			possible = possible.and(codesWhere(func(code int) bool { return chances(code).pass }))
		}
	}
	return possible
}

// codesOfSuccess are the codes with which the step can succeed (C19).
func codesOfSuccess(s *linked.Step) codes {
	if len(s.Criteria) == 0 {
		return codesWhere(func(code int) bool { return code < 400 })
	}
	return codesPassing(s.Criteria)
}

// codesOfFailure are the codes with which the step can fail.
func codesOfFailure(s *linked.Step) codes {
	if len(s.Criteria) == 0 {
		return codesWhere(func(code int) bool { return code >= 400 })
	}
	var tests []func(int) chance
	for _, c := range s.Criteria {
		tests = append(tests, codeChances(c))
	}
	return codesWhere(func(code int) bool {
		for _, chances := range tests {
			if chances(code).fail {
				return true
			}
		}
		return false
	})
}

// covers are the codes that a response of an operation is declared for.
func covers(op *openapi.Operation, r *openapi.Response) codes {
	return codesWhere(func(code int) bool { return op.Response(code) == r })
}

// declares reports whether the operation declares one of the codes. Where it
// declares codes of success, "default" does not describe another.
func declares(op *openapi.Operation, s codes) bool {
	explicit := hasSuccess(op)
	for code := firstCode; code <= lastCode; code++ {
		if !s.has(code) {
			continue
		}
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

func label(s *linked.Step) string {
	if s.Operation != nil {
		return fmt.Sprintf("%s %s", s.Operation.Method, s.Operation.Path)
	}
	return s.Label
}
