package tree

import (
	"bytes"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
	"go.yaml.in/yaml/v3"
)

// JSON returns the node as JSON text, indented by two spaces, members in their
// order, with a trailing newline.
func (n *Node) JSON() []byte {
	return append(n.appendJSON(nil, "\n"), '\n')
}

func (n *Node) appendJSON(dst []byte, newline string) []byte {
	if n == nil {
		return append(dst, "null"...)
	}
	inner := newline + "  "
	switch n.open(); n.Kind {
	case Null:
		return append(dst, "null"...)
	case Bool, Number:
		return append(dst, n.Text...)
	case String:
		return value.AppendString(dst, n.Text)
	case Array:
		if len(n.Items) == 0 {
			return append(dst, "[]"...)
		}
		for i, item := range n.Items {
			dst = append(append(dst, "[,"[min(i, 1)]), inner...)
			dst = item.appendJSON(dst, inner)
		}
		return append(append(dst, newline...), ']')
	default:
		if len(n.Members) == 0 {
			return append(dst, "{}"...)
		}
		for i, m := range n.Members {
			dst = append(append(dst, "{,"[min(i, 1)]), inner...)
			dst = append(value.AppendString(dst, m.Name), ": "...)
			dst = m.Value.appendJSON(dst, inner)
		}
		return append(append(dst, newline...), '}')
	}
}

// YAML returns the node as YAML 1.2 text, members in their order.
func (n *Node) YAML() ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(n.yaml()); err != nil {
		return nil, err
	}
	err := enc.Close()
	return b.Bytes(), err
}

func (n *Node) yaml() *yaml.Node {
	if n == nil {
		n = &Node{}
	}
	switch n.open(); n.Kind {
	case Array:
		y := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		if len(n.Items) == 0 {
			y.Style = yaml.FlowStyle
		}
		for _, item := range n.Items {
			y.Content = append(y.Content, item.yaml())
		}
		return y
	case Object:
		y := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		if len(n.Members) == 0 {
			y.Style = yaml.FlowStyle
		}
		for _, m := range n.Members {
			y.Content = append(y.Content, yamlString(m.Name), m.Value.yaml())
		}
		return y
	case String:
		return yamlString(n.Text)
	case Null:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	case Bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: n.Text}
	default:
		return yamlNumber(n.Text)
	}
}

// yamlNumber has the tag that the YAML library itself resolves, so that it
// writes the text plain.
func yamlNumber(text string) *yaml.Node {
	y := &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	y.Tag = y.ShortTag()
	return y
}

func yamlString(s string) *yaml.Node {
	y := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	kind, _ := resolveCore(s)
	switch {
	case strings.Contains(s, "\n") && literalSafe(s):
		y.Style = yaml.LiteralStyle
	case kind != String || !plainSafe(s):
		y.Style = yaml.DoubleQuotedStyle
	}
	return y
}

// literalSafe reports whether a block scalar keeps the text unchanged.
func literalSafe(s string) bool {
	if strings.HasPrefix(s, " ") || strings.HasPrefix(s, "\n") || !plainSafe(strings.ReplaceAll(s, "\n", "")) {
		return false
	}
	return !strings.Contains(s, " \n") && !strings.HasSuffix(s, "\n\n") && !strings.HasSuffix(s, " ")
}

// plainSafe reports whether all characters may be in a plain scalar on one
// line; where the text as a whole needs quotes, the YAML library adds them.
func plainSafe(s string) bool {
	for _, r := range s {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r > 0xffff {
			return false
		}
	}
	return true
}
