package schema

import (
	"encoding/json"
	"math"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// Kinds is a set of JSON types.
type Kinds uint8

// The JSON types; a number is an integer or a fraction.
const (
	Null Kinds = 1 << iota
	Boolean
	Integer
	Fraction
	String
	Array
	Object

	Number   = Integer | Fraction
	AnyKind  = Null | Boolean | Number | String | Array | Object
	Scalars  = Null | Boolean | Number | String
	Compound = Array | Object
)

var kindNames = []struct {
	kinds Kinds
	name  string
}{
	{Object, "an object"}, {Array, "an array"}, {String, "a string"}, {Number, "a number"}, {Integer, "an integer"},
	{Fraction, "a fraction"}, {Boolean, "a boolean"}, {Null, "null"},
}

// String returns the types as messages name them: "a string or null".
func (k Kinds) String() string {
	if k == AnyKind {
		return "any value"
	}
	var names []string
	for _, n := range kindNames {
		if k&n.kinds == n.kinds {
			names = append(names, n.name)
			k &^= n.kinds
		}
	}
	if len(names) == 0 {
		return "nothing"
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// typeNames are the values of the keyword "type".
var typeNames = map[string]Kinds{
	"null": Null, "boolean": Boolean, "integer": Integer, "number": Number, "string": String, "array": Array, "object": Object,
}

// declared reads the keyword "type"; ok is false if it is absent or not
// understood.
func declared(n *tree.Node) (Kinds, bool) {
	t := n.Get("type")
	if t == nil {
		return 0, false
	}
	names := []*tree.Node{t}
	if t.Kind == tree.Array {
		names = t.Items
	}
	var kinds Kinds
	for _, name := range names {
		k, known := typeNames[name.Str()]
		if !known {
			return 0, false
		}
		kinds |= k
	}
	return kinds, kinds != 0
}

// KindOf returns the type of a plain JSON value.
func KindOf(v any) Kinds {
	switch v := v.(type) {
	case nil:
		return Null
	case bool:
		return Boolean
	case string:
		return String
	case []any:
		return Array
	case map[string]any:
		return Object
	case int64:
		return Integer
	case float64:
		if v == math.Trunc(v) {
			return Integer
		}
		return Fraction
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") {
			return Number
		}
		return Integer
	}
	return AnyKind
}

// numeric returns the kind of number that a text is, if it is one.
func numeric(text string) (Kinds, bool) {
	v, ok := value.ParseNumber(strings.TrimSpace(text))
	if !ok {
		return 0, false
	}
	return KindOf(v), true
}
