package inputschema

import (
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// What validating may take: validators evaluate a schema anew on each way that
// leads to it. Large inputs may take more, as long as it grows with their size.
const (
	maxEvaluations         = 200_000
	maxEvaluationsForValue = 20 // more for each value in the inputs
)

const tooManyEvaluations = "validating them would take too long: the schema is applied again and again to the same values"

// affordable reports whether validating a value takes no more evaluations than
// are allowed. For most schemas their size alone is enough to tell.
func (s *Schema) affordable(v any) bool {
	values := countValues(v)
	limit := maxEvaluations + maxEvaluationsForValue*min(values, boundless/maxEvaluationsForValue/2)
	if s.total <= limit/values {
		return true
	}
	e := evaluations{schema: s, limit: limit, counts: map[application]int{}}
	return e.count(s.Node, plainTree(v)) <= limit
}

func countValues(v any) int {
	n := 1
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += countValues(item)
		}
	case map[string]any:
		for _, member := range v {
			n += countValues(member)
		}
	}
	return n
}

// plainTree returns a value with an address for each of its parts. Scalars are
// all alike here.
func plainTree(v any) *tree.Node {
	n := &tree.Node{}
	switch v := v.(type) {
	case []any:
		n.Kind = tree.Array
		for _, item := range v {
			n.Items = append(n.Items, plainTree(item))
		}
	case map[string]any:
		n.Kind = tree.Object
		for name, member := range v {
			n.Members = append(n.Members, tree.Member{Name: name, Value: plainTree(member)})
		}
	}
	return n
}

// application is a schema together with a value that it is applied to.
type application struct{ schema, value *tree.Node }

// evaluations counts, for each schema and value once, the evaluations that the
// validator may do again and again. It assumes that every branch is taken.
type evaluations struct {
	schema *Schema
	limit  int
	counts map[application]int
}

func (e *evaluations) count(schema, v *tree.Node) int {
	at := application{schema, v}
	if known, ok := e.counts[at]; ok {
		return known
	}
	if len(e.counts) > e.limit {
		return 1 // each of them is an evaluation at least: that decides it
	}
	e.counts[at] = 0 // a schema that applies itself to the same value is ended by the validator
	sum := 1
	add := func(schema, v *tree.Node) {
		if sum <= e.limit {
			sum += e.count(schema, v)
		}
	}
	for _, inner := range e.schema.applicable(schema, toValue) {
		add(inner, v)
	}
	for _, sub := range subschemas(schema) {
		if sub.applies == toMembers {
			e.inside(sub, v, add)
		}
	}
	e.counts[at] = min(sum, e.limit+1)
	return e.counts[at]
}

// inside visits the members or items that a schema may be applied to.
func (e *evaluations) inside(sub subschema, v *tree.Node, visit func(schema, v *tree.Node)) {
	switch sub.keyword {
	case "properties":
		for _, m := range v.Members {
			if m.Name == sub.name {
				visit(sub.node, m.Value)
			}
		}
	case "patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames":
		for _, m := range v.Members {
			visit(sub.node, m.Value)
		}
	case "prefixItems":
		if item := v.Child(sub.name); v.Kind == tree.Array && item != nil {
			visit(sub.node, item)
		}
	default:
		for _, item := range v.Items {
			visit(sub.node, item)
		}
	}
}
