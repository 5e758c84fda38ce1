package runtime

import (
	"fmt"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

var tooManyEvaluations = fmt.Sprintf("validating them would take more than %d evaluations of schemas", maxEvaluations)

// affordable reports whether validating a value takes no more evaluations than
// are allowed. Most schemas say so by their size alone.
func (s *inputSchema) affordable(v any) bool {
	if values := countValues(v); s.total < boundless && s.total <= maxEvaluations/values {
		return true
	}
	e := evaluations{schema: s, counts: map[application]int{}}
	return e.count(s.node, plainTree(v)) <= maxEvaluations
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
	schema *inputSchema
	counts map[application]int
}

func (e *evaluations) count(schema, v *tree.Node) int {
	at := application{schema, v}
	if known, ok := e.counts[at]; ok {
		return known
	}
	if len(e.counts) > maxEvaluations {
		return 1 // each of them is an evaluation at least: it is decided
	}
	e.counts[at] = 0 // a schema that applies itself to the same value is ended by the validator
	sum := 1
	add := func(schema, v *tree.Node) {
		if sum <= maxEvaluations {
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
	e.counts[at] = min(sum, maxEvaluations+1)
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
