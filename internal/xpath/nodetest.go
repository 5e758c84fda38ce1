package xpath

import (
	"slices"
	"strings"
)

// A nodeTest is a NodeTest (§2.3 of 1.0, §3.2.1.2 of 2.0).
type nodeTest func(*scope, *node) bool

func isAny(*scope, *node) bool { return true }

// kinds are the tests of the kind of a node (§2.5.4).
var kinds = map[string]struct {
	since version
	kind  kind
}{
	"node": {v10, anyNode}, "text": {v10, textNode}, "comment": {v10, commentNode}, "processing-instruction": {v10, instructionNode},
	"element": {v20, elementNode}, "attribute": {v20, attributeNode}, "document-node": {v20, documentNode},
}

// kindFollows reports whether the next token begins a kind test, which must be
// one of the version.
func (p *parser) kindFollows() bool {
	t := p.peek()
	k, ok := kinds[t.text]
	if !ok || t.kind != name || !p.next().is("(") {
		return false
	}
	p.from(k.since, "the node test "+t.text+"()")
	return true
}

func (p *parser) kindTest() nodeTest {
	t := p.peek()
	p.at += 2
	kind := kinds[t.text].kind
	argument := isAny
	switch inner := p.peek(); {
	case inner.is(")"):
	case kind == elementNode || kind == attributeNode:
		argument = p.nameTest()
		if strings.HasSuffix(inner.text, ":*") || p.tokens[p.at-1].text != inner.text {
			p.fail("%s() takes a name or *", t.text)
		}
		if p.peek().is(",") {
			p.fail("types of a schema are not available")
		}
	case kind == instructionNode && (inner.kind == literal || inner.kind == name && p.version > v10):
		p.at++
		target := strings.Trim(inner.value, spaces)
		argument = func(_ *scope, n *node) bool { return n.local == target }
	case kind == documentNode:
		p.fail("document-node() with a test is not available")
	}
	p.want(")")
	return func(s *scope, n *node) bool { return (kind == anyNode || n.kind == kind) && argument(s, n) }
}

// nameTest reads one of *, name, prefix:name, prefix:*, and since XPath 2.0
// *:name.
func (p *parser) nameTest() nodeTest {
	t := p.peek()
	switch {
	case p.accept("*"):
		return p.anyNamespace()
	case t.kind != name:
		p.stop()
	case p.next().is("("):
		p.fail("%s() is not a node test", t.text)
	case t.text == "Q" && p.next().is("{"):
		p.fail("names with a URI, Q{…}, are XPath 3.0; they are not available")
	}
	p.at++
	prefix, local, ok := strings.Cut(t.text, ":")
	if !ok {
		return func(_ *scope, n *node) bool { return n.local == t.text && n.uri == "" }
	}
	if !slices.Contains(p.prefixes, prefix) {
		p.prefixes = append(p.prefixes, prefix)
	}
	return func(s *scope, n *node) bool {
		return (local == "*" || n.local == local) && n.uri == s.run.doc.namespaces[prefix]
	}
}

// anyNamespace reads what follows * in a name test.
func (p *parser) anyNamespace() nodeTest {
	colon, local := p.peek(), p.next()
	if p.version == v10 || !colon.is(":") || colon.spaced {
		return isAny
	}
	if local.kind != name || local.spaced || strings.Contains(local.text, ":") {
		p.stop()
	}
	p.at += 2
	return func(_ *scope, n *node) bool { return n.local == local.text }
}
