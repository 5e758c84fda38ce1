package arazzo

import (
	"bytes"
	"encoding/json"
	"iter"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// A Kind says which JSON type a [Node] has.
type Kind uint8

// The kinds of nodes.
const (
	KindMissing Kind = iota // there is no value
	KindNull
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

// String returns the kind as messages want it, such as "an object".
func (k Kind) String() string {
	if k == KindMissing || k > KindObject {
		return "missing"
	}
	return tree.Kind(k - 1).String()
}

// A Node is a JSON value, with its place in the text where it was read from
// one: the value of a parameter, a payload, a JSON Schema, an extension. It
// does not change. The zero Node is a missing value; a look-up of what is not
// there returns it, so that look-ups chain.
type Node struct{ tree *tree.Node }

// Packages of this module look into a node.
func init() {
	tree.Of = func(node any) *tree.Node { return node.(Node).tree }
	tree.Public = func(n *tree.Node) any { return Node{n} }
}

// NewNode returns a node for a JSON value (nil, bool, string, int64, float64,
// json.Number, []any, map[string]any), for documents built by program. Members
// of objects are sorted by name. Other Go values are converted as by
// encoding/json; one without a JSON form is null.
func NewNode(v any) Node { return Node{tree.FromValue(v)} }

// Exists reports whether there is a value, which may be null.
func (n Node) Exists() bool { return n.tree != nil }

// Kind returns the kind of the value.
func (n Node) Kind() Kind {
	if n.tree == nil {
		return KindMissing
	}
	return Kind(n.tree.Kind) + 1
}

// Str returns the string that the node is, and "" for a node of another kind.
func (n Node) Str() string { return n.tree.Str() }

// Value returns the node as a plain JSON value: nil, bool, string, int64,
// float64, json.Number (for a number that neither holds exactly), []any or
// map[string]any.
func (n Node) Value() any { return n.tree.Value() }

// Get returns the value of the member called name.
func (n Node) Get(name string) Node { return Node{n.tree.Get(name)} }

// At returns the value that a JSON Pointer (RFC 6901) leads to; the empty
// pointer leads to the node itself.
func (n Node) At(pointer string) Node { return Node{n.tree.At(pointer)} }

// Len returns the number of items of an array, or of members of an object.
func (n Node) Len() int {
	if n.tree == nil {
		return 0
	}
	return len(n.tree.Items) + len(n.tree.Members)
}

// Items returns an iterator over the items of an array.
func (n Node) Items() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		if n.tree == nil {
			return
		}
		for _, item := range n.tree.Items {
			if !yield(Node{item}) {
				return
			}
		}
	}
}

// Members returns an iterator over the members of an object, in the order in
// which they are written.
func (n Node) Members() iter.Seq2[string, Node] {
	return func(yield func(string, Node) bool) {
		if n.tree == nil {
			return
		}
		for _, m := range n.tree.Members {
			if !yield(m.Name, Node{m.Value}) {
				return
			}
		}
	}
}

// Position returns the line and the column at which the value begins.
func (n Node) Position() Position {
	if n.tree == nil {
		return Position{}
	}
	return Position{Line: n.tree.Line, Column: n.tree.Column}
}

// Equal reports whether two nodes are the same value with members in the same
// order, wherever they are.
func (n Node) Equal(o Node) bool { return n.tree.Equal(o.tree) }

// MarshalJSON returns the node as JSON with the order of members and the
// digits of numbers kept. A missing value is null.
func (n Node) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	err := json.Compact(&b, n.tree.JSON())
	return b.Bytes(), err
}

// String returns the node as JSON on one line, and "" for a missing value.
func (n Node) String() string {
	if n.tree == nil {
		return ""
	}
	text, _ := n.MarshalJSON()
	return string(text)
}
