package xpath

import (
	"strings"

	"github.com/antchfx/xmlquery"
)

// deepEqual is fn:deep-equal (Functions and Operators 15.3.1).
func deepEqual(s *scope, args []seq) seq {
	a, b := args[0], args[1]
	if len(a) != len(b) {
		return seq{false}
	}
	for i := range a {
		s.run.visit(1)
		x, isNode := a[i].(node)
		y, both := b[i].(node)
		if isNode != both || isNode && !s.sameTree(x, y) || !isNode && !same(a[i], b[i]) {
			return seq{false}
		}
	}
	return seq{true}
}

// sameTree compares nodes; comments and processing instructions within them do
// not count.
func (s *scope) sameTree(a, b node) bool {
	s.run.visit(1)
	_, aName, aURI := a.name()
	_, bName, bURI := b.name()
	if kindOf(a) != kindOf(b) || aName != bName || aURI != bURI {
		return false
	}
	switch kindOf(a) {
	case "element":
		if !s.sameAttributes(a, b) {
			return false
		}
	case "document-node":
	default:
		s.run.read([]node{a, b})
		return a.text() == b.text()
	}
	x, y := contentOf(a), contentOf(b)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if !s.sameTree(x[i], y[i]) {
			return false
		}
	}
	return true
}

func kindOf(n node) string {
	for _, kind := range []string{"element", "attribute", "text", "comment", "processing-instruction"} {
		if isKind(kind, n) {
			return kind
		}
	}
	return "document-node"
}

func contentOf(n node) (content []node) {
	axes["child"](n, func(c node) {
		if c.Type == xmlquery.ElementNode || isText(c.Node) {
			content = append(content, c)
		}
	})
	return content
}

func (s *scope) sameAttributes(a, b node) bool {
	type name struct{ local, uri string }
	values := map[name]string{}
	axes["attribute"](a, func(n node) {
		_, local, uri := n.name()
		values[name{local, uri}] = n.text()
	})
	count := 0
	same := true
	axes["attribute"](b, func(n node) {
		s.run.visit(1)
		_, local, uri := n.name()
		value, ok := values[name{local, uri}]
		same = same && ok && value == n.text()
		count++
	})
	return same && count == len(values)
}

// encodeForURI is fn:encode-for-uri (6.2): all but the unreserved characters of
// RFC 3986.
func encodeForURI(text string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		ch := text[i]
		if ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' || ch >= '0' && ch <= '9' || strings.IndexByte("-_.~", ch) >= 0 {
			b.WriteByte(ch)
		} else {
			b.WriteString("%" + string(hex[ch>>4]) + string(hex[ch&15]))
		}
	}
	return b.String()
}
