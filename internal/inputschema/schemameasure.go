package inputschema

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// The bounds of a schema of inputs; evaluations.go has those of a validation.
const (
	maxSchemas   = 20_000 // that a schema can apply
	maxExpansion = 10_000 // evaluations that one value can take, not counted what is inside of it
)

var tooLargeExpansion = fmt.Sprintf("validating one value can take more than %d evaluations of schemas, "+
	"as allOf, anyOf, oneOf or $ref apply the same ones again and again", maxExpansion)

// schemaMeasure counts the evaluations that a schema can take.
type schemaMeasure struct {
	schema *Schema
	within schemaApplies // toValue: of the value alone; toMembers: of what is inside of it too
	counts map[*tree.Node]int
}

// measure returns what keeps the schema from being used: references that lead
// nowhere, numbers that cannot be compared, too many evaluations.
func (s *Schema) measure() []string {
	expansion := &schemaMeasure{s, toValue, map[*tree.Node]int{}}
	problems := map[string]bool{}
	reached := map[*tree.Node]bool{}
	s.costs = map[*tree.Node]int{}
	for open := []*tree.Node{s.Node}; len(open) > 0; {
		n := open[len(open)-1]
		open = open[:len(open)-1]
		if reached[n] {
			continue
		}
		if reached[n] = true; len(reached) > maxSchemas {
			return []string{fmt.Sprintf("it consists of more than %d schemas", maxSchemas)}
		}
		s.costs[n], s.reads = cost(n), s.reads || reads(n)
		for _, problem := range append(s.referenceProblems(n), farNumbers(n)...) {
			problems[problem] = true
		}
		open = append(open, s.applicable(n, toMembers)...)
	}
	for n := range reached {
		if expansion.count(n) > maxExpansion {
			problems[tooLargeExpansion] = true
			break
		}
	}
	s.total = (&schemaMeasure{s, toMembers, map[*tree.Node]int{}}).count(s.Node)
	return slices.Sorted(maps.Keys(problems))
}

func (s *Schema) referenceProblems(n *tree.Node) (problems []string) {
	for _, keyword := range schemaReferences {
		if _, declared, err := s.resolve(keyword, n); declared && err != nil {
			problems = append(problems, fmt.Sprintf("%s %q: %v", keyword, n.Get(keyword).Text, err))
		}
	}
	return problems
}

// applicable returns the schemas that a schema applies to its value and, if
// asked for, to what is inside of that.
func (s *Schema) applicable(n *tree.Node, within schemaApplies) (list []*tree.Node) {
	for _, keyword := range schemaReferences {
		if target, declared, err := s.resolve(keyword, n); declared && err == nil {
			list = append(list, target.node)
		}
	}
	for _, sub := range subschemas(n) {
		if sub.applies == toValue || sub.applies == within && within == toMembers {
			list = append(list, sub.node)
		}
	}
	return list
}

// boundless is the count of a schema that applies itself.
const boundless = math.MaxInt32 / 2 // two of them can be added

// count returns the evaluations that a schema can take. Where only one value is
// looked at, a schema that applies itself counts to there: the validator ends it.
func (m *schemaMeasure) count(n *tree.Node) int {
	if known, ok := m.counts[n]; ok {
		return known
	}
	m.counts[n] = 0
	if m.within == toMembers {
		m.counts[n] = boundless // until it is known
	}
	sum := 1
	if m.within == toMembers {
		sum = m.schema.costs[n]
	}
	for _, sub := range m.schema.applicable(n, m.within) {
		sum = min(sum+m.count(sub), boundless)
	}
	m.counts[n] = sum
	return sum
}

// bounds are the keywords of numbers that values are compared with.
var bounds = []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}

// farNumbers returns the numbers of a schema that values cannot be compared with.
func farNumbers(n *tree.Node) (problems []string) {
	for _, keyword := range append(bounds, "const", "enum") {
		if v := n.Get(keyword); v != nil && !isNear(v) {
			problems = append(problems, fmt.Sprintf("%s has a number that is too long, too large or too small to be compared with", keyword))
		}
	}
	return problems
}

// isNear reports whether all numbers in a value of a schema can be compared with.
func isNear(n *tree.Node) bool {
	if n.Kind == tree.Number {
		return strings.Trim(n.Text, "0123456789") == "" && len(n.Text) <= nearDigits || nearDecimal(n.Text)
	}
	return !slices.ContainsFunc(n.Items, func(item *tree.Node) bool { return !isNear(item) }) &&
		!slices.ContainsFunc(n.Members, func(m tree.Member) bool { return !isNear(m.Value) })
}
