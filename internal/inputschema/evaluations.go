package inputschema

import (
	"encoding/json"
	"slices"

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
// are allowed. For most schemas and values their size alone is enough to tell.
func (s *Schema) affordable(v any) bool {
	values, far := countValues(v)
	limit := maxEvaluations + maxEvaluationsForValue*min(values, boundless/maxEvaluationsForValue/2)
	if s.total <= limit/values && !s.reads && !far {
		return true
	}
	e := evaluations{schema: s, limit: limit, counts: map[application]int{}, sizes: map[*tree.Node]int{}}
	return e.count(s.Node, plainTree(v)) <= limit
}

// countValues counts the values in a value, and reports whether there is a number
// that takes long to be compared.
func countValues(v any) (n int, far bool) {
	n = 1
	add := func(inner any) {
		count, isFar := countValues(inner)
		n, far = n+count, far || isFar
	}
	switch v := v.(type) {
	case json.Number:
		return 1, true
	case []any:
		for _, item := range v {
			add(item)
		}
	case map[string]any:
		for _, member := range v {
			add(member)
		}
	}
	return n, far
}

// plainTree returns a value with an address for each of its parts. Scalars are all
// alike here, but for texts and for numbers that take long to be compared.
func plainTree(v any) *tree.Node {
	n := &tree.Node{}
	switch v := v.(type) {
	case string:
		n.Kind, n.Text = tree.String, v
	case json.Number:
		n.Kind = tree.Number
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
	sizes  map[*tree.Node]int // of values
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
	sum := e.schema.costs[schema] + e.reading(schema, v)
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

// What evaluating one schema takes, in evaluations of an empty one.
const (
	namesForOne  = 4   // required names
	valuesForOne = 32  // plain values of an enum
	perNumber    = 64  // of these, for a number
	perFar       = 40  // that is compared
	perQuotient  = 500 // of one
	perByte      = 2   // of a regular expression that is compiled
)

// cost returns what evaluating a schema takes, whatever the value. The names and
// values that it lists are compared one by one.
func cost(n *tree.Node) int {
	names, values := 0, 0
	if required := n.Get("required"); required != nil {
		names = len(required.Items)
	}
	for _, keyword := range []string{"dependentRequired", "dependencies"} {
		if dependent := n.Get(keyword); dependent != nil {
			for _, m := range dependent.Members {
				names += len(m.Value.Items) + 1
			}
		}
	}
	if enum := n.Get("enum"); enum != nil {
		values = comparison(enum)
	}
	return 1 + names/namesForOne + values/valuesForOne
}

// comparison returns what comparing a value of a schema takes, in plain values.
func comparison(n *tree.Node) int {
	sum := 1
	if n.Kind == tree.Number {
		sum = perNumber
	}
	for _, item := range n.Items {
		sum += comparison(item)
	}
	for _, m := range n.Members {
		sum += comparison(m.Value)
	}
	return sum
}

// reads reports whether evaluating a schema takes longer for a longer value.
func reads(n *tree.Node) bool {
	format := n.Get("format")
	return n.Get("uniqueItems") != nil || format != nil && format.Text == "regex"
}

// reading returns what evaluating a schema takes more for a value.
func (e *evaluations) reading(schema, v *tree.Node) (more int) {
	switch format := schema.Get("format"); {
	case v.Kind == tree.Array && schema.Get("uniqueItems") != nil:
		more = e.size(v)
	case v.Kind == tree.String && format != nil && format.Text == "regex":
		more = perByte * len(v.Text)
	case v.Kind == tree.Number:
		for _, m := range schema.Members {
			switch {
			case m.Name == "multipleOf":
				more += perQuotient
			case slices.Contains(bounds, m.Name), m.Name == "const", m.Name == "enum":
				more += perFar * max(1, len(m.Value.Items))
			}
		}
	}
	return more
}

// size returns what comparing a whole value takes.
func (e *evaluations) size(v *tree.Node) int {
	if known, ok := e.sizes[v]; ok {
		return known
	}
	size := 1
	if v.Kind == tree.Number {
		size = perFar
	}
	for _, item := range v.Items {
		size += e.size(item)
	}
	for _, m := range v.Members {
		size += e.size(m.Value)
	}
	e.sizes[v] = size
	return size
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
