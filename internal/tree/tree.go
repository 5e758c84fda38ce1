// Package tree reads JSON and YAML texts into one kind of node that knows its
// place in the source, and writes such nodes with their order preserved.
package tree

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// Kind is the JSON type of a [Node].
type Kind uint8

// The JSON types.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}

// String returns the kind with its article, for messages: "an object".
func (k Kind) String() string { return kindNames[k] }

// A Node is a JSON value with its place in the source. The nil Node is a
// missing value: its methods return zero values, so look-ups chain. A Node must
// not be modified while several goroutines use it.
type Node struct {
	Kind    Kind
	Text    string   // value of a String; JSON text of a Number or a Bool
	Items   []*Node  // of an Array
	Members []Member // of an Object, in the order of the source

	Line, Column int // from 1; 0 for a node that was not read from a text

	index map[string]int
	later *later // what is unread in the text
}

// Of returns the tree of an arazzo.Node, nil for a missing value. Package arazzo
// sets it, so that its nodes have no public method for it.
var Of func(node any) *Node

// Public returns the arazzo.Node of a tree. Package arazzo sets it, as Of.
var Public func(n *Node) any

// A Member is one name and value of an object.
type Member struct {
	Name         string
	Line, Column int // of the name
	Value        *Node
}

// indexed is the number of members from which look-ups use a map.
const indexed = 16

// Get returns the value of the member called name, or nil.
func (n *Node) Get(name string) *Node {
	if i := n.find(name); i >= 0 {
		return n.Members[i].Value.open()
	}
	return nil
}

// Member returns the member called name, with its place.
func (n *Node) Member(name string) (Member, bool) {
	if i := n.find(name); i >= 0 {
		n.Members[i].Value.open()
		return n.Members[i], true
	}
	return Member{}, false
}

// find returns the index of the member called name, or -1.
func (n *Node) find(name string) int {
	if n == nil || n.Kind != Object {
		return -1
	}
	n.open()
	if n.index != nil {
		if i, ok := n.index[name]; ok {
			return i
		}
		return -1
	}
	for i := range n.Members {
		if n.Members[i].Name == name {
			return i
		}
	}
	return -1
}

// Str returns the text of a String node, or "" for any other.
func (n *Node) Str() string {
	if n == nil || n.Kind != String {
		return ""
	}
	return n.Text
}

// True reports whether the node is the boolean true.
func (n *Node) True() bool { return n != nil && n.Kind == Bool && n.Text == "true" }

// At returns the node that a JSON Pointer (RFC 6901) names, or nil.
func (n *Node) At(pointer string) *Node {
	tokens, err := value.SplitPointer(pointer)
	if err != nil {
		return nil
	}
	for _, token := range tokens {
		n = n.Child(token)
	}
	return n
}

// Child returns the member or array element that a reference token names, or nil.
func (n *Node) Child(token string) *Node {
	if n == nil || n.Kind != Array {
		return n.Get(token)
	}
	if i, ok := value.Index(token); ok && i < len(n.open().Items) {
		return n.Items[i].open()
	}
	return nil
}

// Value returns the node as a plain JSON value: nil, bool, int64, float64,
// json.Number, string, []any or map[string]any.
func (n *Node) Value() any {
	if n == nil {
		return nil
	}
	switch n.open(); n.Kind {
	case Bool:
		return n.Text == "true"
	case Number:
		return value.Number(n.Text)
	case String:
		return n.Text
	case Array:
		items := make([]any, len(n.Items))
		for i, item := range n.Items {
			items[i] = item.Value()
		}
		return items
	case Object:
		members := make(map[string]any, len(n.Members))
		for _, m := range n.Members {
			members[m.Name] = m.Value.Value()
		}
		return members
	}
	return nil
}

// FromValue returns a node for a plain JSON value; members are sorted by name.
// Other Go values are converted by [value.From]; those that cannot be are null.
func FromValue(v any) *Node {
	if _, err := value.From(v); err != nil {
		return &Node{}
	}
	return fromValue(v)
}

func fromValue(v any) *Node {
	switch v := v.(type) {
	case nil:
		return &Node{}
	case bool:
		return &Node{Kind: Bool, Text: strconv.FormatBool(v)}
	case string:
		return &Node{Kind: String, Text: v}
	case []byte:
		return &Node{Kind: String, Text: base64.StdEncoding.EncodeToString(v)}
	case int64, float64, json.Number:
		return &Node{Kind: Number, Text: value.Text(v)}
	case []any:
		n := &Node{Kind: Array}
		for _, item := range v {
			n.Items = append(n.Items, fromValue(item))
		}
		return n
	case map[string]any:
		n := &Node{Kind: Object}
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			n.Members = append(n.Members, Member{Name: name, Value: fromValue(v[name])})
		}
		return n
	}
	converted, _ := value.From(v)
	return fromValue(converted)
}

// Equal reports whether two nodes hold the same value with members in the same
// order, whatever their places.
func (n *Node) Equal(o *Node) bool {
	if n == nil || o == nil {
		return n == o
	}
	n.open()
	o.open()
	return n.Kind == o.Kind && n.Text == o.Text &&
		slices.EqualFunc(n.Items, o.Items, (*Node).Equal) &&
		slices.EqualFunc(n.Members, o.Members, func(a, b Member) bool { return a.Name == b.Name && a.Value.Equal(b.Value) })
}

// A SyntaxError reports where a text is not JSON or YAML.
type SyntaxError struct {
	Line, Column int
	Message      string
}

// Error returns the message after its line and column.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
}

// syntaxError returns a [SyntaxError] at an offset of a text.
func syntaxError(data []byte, offset int, message string) error {
	before := data[:min(offset, len(data))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return &SyntaxError{1 + bytes.Count(before, []byte{'\n'}), 1 + utf8.RuneCount(before[start:]), message}
}

const maxDepth = 1000 // levels of nesting

// nodeSize is what a node takes, with its text and its place in a list; the name
// of a member takes as much.
const nodeSize = 140

// leastNodes is a number of nodes and names that every text may have (O16). It is
// a variable for tests.
var leastNodes = value.LeastRoom / nodeSize

// maxNodes is the number of nodes and names that are made of a text, aliases
// expanded.
func maxNodes(data []byte) int {
	return max(leastNodes, int(value.RoomRatio*int64(len(data))/nodeSize))
}

const tooMany = "the text has too many values: with aliases expanded, they would take more than 128 MiB of memory, " +
	"and more than ten times the text"

func tooManyValues(line, column int) *SyntaxError { return &SyntaxError{line, column, tooMany} }

// Parse reads data as JSON if it is JSON, else as YAML 1.2 (core schema). The
// error is a *SyntaxError.
func Parse(data []byte) (*Node, error) { return ParseOutline(data, whole) }

func withoutMark(data []byte) []byte { return bytes.TrimPrefix(data, byteOrderMark) }

// parseFull is [Parse] with the parsers that support both languages fully and
// report errors.
func parseFull(data []byte) (*Node, error) {
	if looksLikeJSON(data) {
		n, err := ParseJSON(data)
		if err == nil {
			return n, nil
		}
		// A flow mapping starts like JSON. What the YAML parser cannot read
		// either is reported in the words of the JSON parser.
		if json.Valid(data) {
			return nil, err
		}
		n, yamlErr := ParseYAML(data)
		var syntax *SyntaxError
		if errors.As(yamlErr, &syntax) && strings.HasPrefix(syntax.Message, notYAML) {
			return nil, err
		}
		return n, yamlErr
	}
	return ParseYAML(data)
}

func looksLikeJSON(data []byte) bool {
	for _, c := range data {
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		case '{', '[':
			return true
		}
		return false
	}
	return false
}

// NewObject returns an object, whose members must have different names.
func NewObject(members []Member) *Node {
	n := &Node{Kind: Object, Members: members}
	_ = n.finish()
	return n
}

// finish builds the look-up index of an object and rejects a duplicate name.
func (n *Node) finish() error {
	if len(n.Members) < indexed {
		for i := range n.Members {
			for first := range i {
				if n.Members[first].Name == n.Members[i].Name {
					return n.duplicate(first, i)
				}
			}
		}
		return nil
	}
	n.index = make(map[string]int, len(n.Members))
	for i, m := range n.Members {
		if first, dup := n.index[m.Name]; dup {
			return n.duplicate(first, i)
		}
		n.index[m.Name] = i
	}
	return nil
}

func (n *Node) duplicate(first, second int) error {
	m := n.Members[second]
	return duplicateKey(m.Line, m.Column, m.Name, n.Members[first].Line)
}

func duplicateKey(line, column int, name string, first int) error {
	return &SyntaxError{line, column, fmt.Sprintf("duplicate key %q, first at line %d", name, first)}
}
