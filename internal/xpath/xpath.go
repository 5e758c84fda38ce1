// Package xpath evaluates XPath 1.0 over XML texts. The library that does the
// work takes much of XPath 2.0 and later without an error and answers wrongly,
// so an expression is first checked against the grammar of XPath 1.0: what is
// not in it is refused with a message that names it.
package xpath

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"
)

// An Expr is a checked expression. It is immutable and safe for concurrent use.
type Expr struct {
	text     string
	prefixes []string
}

// A SyntaxError says where a text is no XPath 1.0.
type SyntaxError struct {
	Text    string
	Offset  int // bytes in front of the place
	Message string
}

// Error returns the message, and beneath it the text with a caret under the
// place.
func (e *SyntaxError) Error() string {
	offset := max(0, min(e.Offset, len(e.Text)))
	line := strings.NewReplacer("\n", " ", "\t", " ").Replace(e.Text)
	return e.Message + "\n" + line + "\n" + strings.Repeat(" ", len([]rune(line[:offset]))) + "^"
}

// Compile checks an expression. The error is a *SyntaxError.
func Compile(expr string) (*Expr, error) {
	prefixes, err := check(expr)
	if err != nil {
		return nil, err
	}
	return &Expr{text: expr, prefixes: prefixes}, nil
}

// Test gives the effective boolean value (ruling C14): a non-empty node-set,
// true, a number but 0 and NaN, a non-empty string.
func (e *Expr) Test(xml string) (passed bool, err error) {
	doc, compiled, err := e.prepare(xml)
	if err != nil {
		return false, err
	}
	// The library panics where an expression's types do not fit together.
	defer func() {
		if r := recover(); r != nil {
			passed, err = false, fmt.Errorf("XPath %s: %v", e.text, r)
		}
	}()
	switch v := compiled.Evaluate(xmlquery.CreateXPathNavigator(doc)).(type) {
	case bool:
		return v, nil
	case float64:
		return v != 0 && !math.IsNaN(v), nil
	case string:
		return v != "", nil
	case *xpath.NodeIterator:
		return v.MoveNext(), nil
	}
	return false, nil
}

// Value evaluates the expression to a JSON value: a boolean, a number, a text;
// of a node-set the text of its only node, or an array of their texts; nil when
// it is empty.
func (e *Expr) Value(xml string) (v any, err error) {
	doc, compiled, err := e.prepare(xml)
	if err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, fmt.Errorf("XPath %s: %v", e.text, r)
		}
	}()
	switch v := compiled.Evaluate(xmlquery.CreateXPathNavigator(doc)).(type) {
	case *xpath.NodeIterator:
		var texts []any
		for v.MoveNext() {
			texts = append(texts, v.Current().Value())
		}
		if len(texts) == 1 {
			return texts[0], nil
		}
		if texts == nil {
			return nil, nil
		}
		return texts, nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v), nil
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("XPath %s is no number of JSON", e.text)
		}
		return v, nil
	default:
		return v, nil
	}
}

func (e *Expr) prepare(xml string) (doc *xmlquery.Node, compiled *xpath.Expr, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("XPath %s: %v", e.text, r)
		}
	}()
	if doc, err = parse(xml); err != nil {
		return nil, nil, err
	}
	namespaces := declared(doc, map[string]string{"xml": "http://www.w3.org/XML/1998/namespace"})
	for _, prefix := range e.prefixes {
		if _, ok := namespaces[prefix]; !ok {
			return nil, nil, fmt.Errorf("XPath %s: the document declares no namespace prefix %q", e.text, prefix)
		}
	}
	compiled, err = xpath.CompileWithNS(e.text, namespaces)
	return doc, compiled, err
}

const (
	maxDocument = 16 << 20 // bytes
	maxElements = 1000     // levels
)

// decoded finds the encoding that a document declares. The text is decoded
// already, and must not be decoded again.
var decoded = regexp.MustCompile(`^(<\?xml[^>]*?\sencoding\s*=\s*["'])[A-Za-z0-9._-]+(["'])`)

func parse(xml string) (*xmlquery.Node, error) {
	if len(xml) > maxDocument {
		return nil, fmt.Errorf("the XML document is larger than %d bytes", maxDocument)
	}
	depth := 0
	for i := 0; i+1 < len(xml); i++ {
		if xml[i] == '<' && xml[i+1] != '/' && xml[i+1] != '!' && xml[i+1] != '?' {
			depth++
		} else if xml[i] == '<' && xml[i+1] == '/' || xml[i] == '/' && xml[i+1] == '>' {
			depth--
		}
		if depth > maxElements {
			return nil, fmt.Errorf("the XML document is nested more than %d levels deep", maxElements)
		}
	}
	doc, err := xmlquery.Parse(strings.NewReader(decoded.ReplaceAllString(xml, "${1}UTF-8${2}")))
	if err != nil {
		return nil, fmt.Errorf("not XML: %w", err)
	}
	return doc, nil
}

// declared collects the namespace prefixes of a document.
func declared(n *xmlquery.Node, into map[string]string) map[string]string {
	for _, a := range n.Attr {
		if a.Name.Space == "xmlns" {
			if _, known := into[a.Name.Local]; !known {
				into[a.Name.Local] = a.Value
			}
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		declared(c, into)
	}
	return into
}

// Literal returns text as one string expression of XPath 1.0, which has no
// escapes: text with both quotes is put together by concat().
func Literal(text string) string {
	switch {
	case !strings.Contains(text, "'"):
		return "'" + text + "'"
	case !strings.Contains(text, `"`):
		return `"` + text + `"`
	}
	return `concat('` + strings.ReplaceAll(text, "'", `', "'", '`) + `')`
}

// Set returns the XML with the text of the elements and attributes that the
// expression selects replaced. It is an error when it selects none.
func Set(xml, expr, value string) (string, error) {
	e, err := Compile(expr)
	if err != nil {
		return "", err
	}
	doc, compiled, err := e.prepare(xml)
	if err != nil {
		return "", err
	}
	nodes, err := find(doc, compiled)
	if err != nil {
		return "", err
	}
	for _, n := range nodes {
		if n.Type == xmlquery.AttributeNode {
			n.Parent.SetAttr(n.Data, value)
			continue
		}
		for n.FirstChild != nil {
			xmlquery.RemoveFromTree(n.FirstChild)
		}
		xmlquery.AddChild(n, &xmlquery.Node{Type: xmlquery.TextNode, Data: value})
	}
	if len(nodes) == 0 {
		return "", fmt.Errorf("XPath %s selects nothing in the payload", expr)
	}
	written := doc.OutputXML(false)
	if !strings.HasPrefix(xml, "<?xml") {
		written = strings.TrimPrefix(written, `<?xml version="1.0"?>`) // the library's own
	}
	return written, nil
}

func find(doc *xmlquery.Node, compiled *xpath.Expr) (nodes []*xmlquery.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("the XPath selects no nodes")
		}
	}()
	return xmlquery.QuerySelectorAll(doc, compiled), nil
}
