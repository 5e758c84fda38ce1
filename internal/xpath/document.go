package xpath

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/antchfx/xmlquery"

	"github.com/gobelin-dev/gobelin/internal/syntax"
)

// A document is the tree of an XML text in the data model of XPath (§5 of 1.0).
type document struct {
	nodes      []*node // in document order; the attributes of an element follow it
	namespaces map[string]string
}

// A node is a node of a document.
type node struct {
	kind               kind
	prefix, local, uri string // the expanded name and its prefix
	data               string // the text of a node without children
	parent             *node
	doc                *document
	at, end            int            // the index in doc.nodes, and the one after the last descendant
	weight             int            // the cost of reading the text
	source             *xmlquery.Node // of an attribute: its element
	attr               *xmlquery.Attr // of an attribute
}

type kind uint8

const (
	anyNode kind = iota
	documentNode
	elementNode
	attributeNode
	textNode
	commentNode
	instructionNode
)

const (
	maxDocument  = 16 << 20 // bytes
	maxTags      = 2_000_000
	maxElements  = 1000 // levels
	xmlNamespace = "http://www.w3.org/XML/1998/namespace"
	spaces       = " \t\r\n"
)

// decoded reads the encoding that a document declares. The text is decoded
// already, and must not be decoded again.
var decoded = regexp.MustCompile(`^(<\?xml[^>]*?\sencoding\s*=\s*["'])[A-Za-z0-9._-]+(["'])`)

func parse(done <-chan struct{}, xml string) (*document, error) {
	if len(xml) > maxDocument {
		return nil, fmt.Errorf("the XML document is larger than %d bytes", maxDocument)
	}
	if strings.Count(xml, "<") > maxTags {
		return nil, fmt.Errorf("the XML document has more than %d tags", maxTags)
	}
	source, err := xmlquery.Parse(&text{strings.NewReader(decoded.ReplaceAllString(xml, "${1}UTF-8${2}")), done})
	switch {
	case syntax.Ended(done):
		return nil, syntax.ErrEnded
	case err != nil:
		return nil, fmt.Errorf("not XML: %w", err)
	}
	doc := &document{namespaces: map[string]string{"xml": xmlNamespace}}
	return doc, doc.add(source, nil, 0)
}

// text is a text that ends when nobody waits for what is in it.
type text struct {
	from io.Reader
	done <-chan struct{}
}

func (t *text) Read(data []byte) (int, error) {
	if syntax.Ended(t.done) {
		return 0, syntax.ErrEnded
	}
	return t.from.Read(data)
}

// add adds a node with its descendants.
func (d *document) add(source *xmlquery.Node, parent *node, depth int) error {
	n := &node{source: source, parent: parent}
	switch source.Type {
	case xmlquery.DocumentNode:
		n.kind = documentNode
	case xmlquery.ElementNode:
		if depth > maxElements {
			return fmt.Errorf("the XML document is nested more than %d levels deep", maxElements)
		}
		n.kind, n.prefix, n.local, n.uri = elementNode, source.Prefix, source.Data, source.NamespaceURI
	case xmlquery.TextNode, xmlquery.CharDataNode:
		if parent.kind == documentNode || isText(source.PrevSibling) {
			return nil
		}
		n.kind, n.data = textNode, adjacent(source)
	case xmlquery.CommentNode:
		n.kind, n.data = commentNode, source.Data
	case xmlquery.ProcessingInstruction:
		n.kind = instructionNode
		if source.ProcInst != nil {
			n.local, n.data = source.ProcInst.Target, strings.TrimLeft(source.ProcInst.Inst, spaces)
		}
	default: // declarations are not in the data model
		return nil
	}
	d.append(n)
	d.addAttributes(n)
	for c := source.FirstChild; c != nil; c = c.NextSibling {
		if err := d.add(c, n, depth+1); err != nil {
			return err
		}
	}
	n.end = len(d.nodes)
	if parent != nil {
		parent.weight += n.weight
	}
	return nil
}

func (d *document) append(n *node) {
	n.doc, n.at, n.end, n.weight = d, len(d.nodes), len(d.nodes)+1, 1+len(n.data)/32
	d.nodes = append(d.nodes, n)
}

// addAttributes adds the attributes of an element. Of the namespaces that it
// declares, those count that do not already have that meaning.
func (d *document) addAttributes(element *node) {
	for i := range element.source.Attr {
		a := &element.source.Attr[i]
		switch {
		case a.Name.Space == "xmlns":
			if _, known := d.namespaces[a.Name.Local]; !known {
				d.namespaces[a.Name.Local] = a.Value
			}
			continue
		case a.Name.Space == "" && a.Name.Local == "xmlns", element.kind != elementNode:
			continue
		}
		uri := a.NamespaceURI
		if a.Name.Space == "xml" {
			uri = xmlNamespace
		}
		d.append(&node{kind: attributeNode, prefix: a.Name.Space, local: a.Name.Local, uri: uri, data: a.Value,
			parent: element, source: element.source, attr: a})
		element.weight++
	}
}

func isText(n *xmlquery.Node) bool {
	return n != nil && (n.Type == xmlquery.TextNode || n.Type == xmlquery.CharDataNode)
}

// adjacent returns the text of a text node: that of all adjacent texts and
// CDATA sections.
func adjacent(first *xmlquery.Node) string {
	if !isText(first.NextSibling) {
		return first.Data
	}
	var b strings.Builder
	for t := first; isText(t); t = t.NextSibling {
		b.WriteString(t.Data)
	}
	return b.String()
}

// text returns the string-value of a node.
func (n *node) text() string {
	if n.kind != elementNode && n.kind != documentNode {
		return n.data
	}
	var b strings.Builder
	for _, d := range n.doc.nodes[n.at:n.end] {
		if d.kind == textNode {
			b.WriteString(d.data)
		}
	}
	return b.String()
}

// name returns the name as written.
func (n *node) name() string {
	if n.prefix != "" {
		return n.prefix + ":" + n.local
	}
	return n.local
}

// An axis passes the nodes of an axis (§2.2 of 1.0) to yield, in order of
// proximity. It accounts for the nodes that it visits.
type axis func(r *run, n *node, yield func(*node))

var axes = map[string]axis{
	"self":             func(r *run, n *node, yield func(*node)) { r.visit(1); yield(n) },
	"child":            func(r *run, n *node, yield func(*node)) { siblings(r, n.at+1, n.end, n, yield) },
	"attribute":        attributes,
	"parent":           func(r *run, n *node, yield func(*node)) { ancestors(r, n.parent, 1, yield) },
	"ancestor":         func(r *run, n *node, yield func(*node)) { ancestors(r, n.parent, maxElements+1, yield) },
	"ancestor-or-self": func(r *run, n *node, yield func(*node)) { ancestors(r, n, maxElements+2, yield) },
	"descendant":       func(r *run, n *node, yield func(*node)) { span(r, n, n.at+1, n.end, yield) },
	"descendant-or-self": func(r *run, n *node, yield func(*node)) {
		r.visit(1)
		yield(n)
		span(r, n, n.at+1, n.end, yield)
	},
	"following-sibling": func(r *run, n *node, yield func(*node)) {
		if n.kind != attributeNode && n.parent != nil {
			siblings(r, n.end, n.parent.end, n, yield)
		}
	},
	"preceding-sibling": precedingSiblings,
	"following":         func(r *run, n *node, yield func(*node)) { span(r, n, n.end, len(n.doc.nodes), yield) },
	"preceding":         preceding,
}

// span yields the nodes from one place to another, without the attributes.
func span(r *run, n *node, from, to int, yield func(*node)) {
	r.visit(to - from)
	for _, m := range n.doc.nodes[from:to] {
		if m.kind != attributeNode {
			yield(m)
		}
	}
}

// siblings yields nodes next to one another, without the attributes.
func siblings(r *run, from, to int, n *node, yield func(*node)) {
	for at := from; at < to; at = n.doc.nodes[at].end {
		r.visit(1)
		if m := n.doc.nodes[at]; m.kind != attributeNode {
			yield(m)
		}
	}
}

func attributes(r *run, n *node, yield func(*node)) {
	for _, a := range n.doc.nodes[n.at+1 : n.end] {
		if a.kind != attributeNode {
			return
		}
		r.visit(1)
		yield(a)
	}
}

func ancestors(r *run, n *node, most int, yield func(*node)) {
	for ; n != nil && most > 0; n, most = n.parent, most-1 {
		r.visit(1)
		yield(n)
	}
}

func precedingSiblings(r *run, n *node, yield func(*node)) {
	if n.kind == attributeNode || n.parent == nil {
		return
	}
	var before []*node
	siblings(r, n.parent.at+1, n.at, n, func(m *node) { before = append(before, m) })
	for _, m := range slices.Backward(before) {
		yield(m)
	}
}

// preceding yields the nodes that end before a node, which excludes its
// ancestors.
func preceding(r *run, n *node, yield func(*node)) {
	r.visit(n.at)
	for _, m := range slices.Backward(n.doc.nodes[:n.at]) {
		if m.kind != attributeNode && m.end <= n.at {
			yield(m)
		}
	}
}
