// Package xpath evaluates XPath 1.0 over XML texts, and what of later versions
// means the same on the values of 1.0. Everything else is refused with a
// message that names it.
package xpath

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/antchfx/xmlquery"
)

// An Expr is a checked expression. It is immutable and safe for concurrent use.
type Expr struct {
	text     string
	prefixes []string
	eval     eval
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

// Compile reads an expression of the latest version (3.1, the default of
// Arazzo). The error is a *SyntaxError.
func Compile(expr string) (*Expr, error) { return CompileVersion(expr, "") }

// CompileVersion reads an expression of a version as the Criterion Expression
// Type Object names it: xpath-10 has XPath 1.0 alone.
func CompileVersion(expr, version string) (*Expr, error) {
	return CompilePieces([]Piece{{Text: expr}}, version)
}

// CompilePieces reads an expression that has values in it. The error is a
// *SyntaxError without the values.
func CompilePieces(pieces []Piece, version string) (*Expr, error) {
	level, known := map[string]int{"xpath-10": 1, "xpath-20": 2}[version]
	if !known {
		level = 3
	}
	e, c, err := check(pieces, level)
	if err != nil {
		return nil, err
	}
	return &Expr{text: c.text, prefixes: c.prefixes, eval: e}, nil
}

// Test gives the effective boolean value (ruling C14): a non-empty node-set,
// true, a number but 0 and NaN, a non-empty string.
func (e *Expr) Test(xml string) (bool, error) {
	doc, err := parse(xml)
	if err != nil {
		return false, err
	}
	v, err := e.evaluate(doc)
	return err == nil && truth(v), err
}

// Value evaluates the expression to a JSON value: a boolean, a number, a text;
// of a node-set the text of its only node, or an array of their texts; nil when
// it is empty.
func (e *Expr) Value(xml string) (any, error) {
	doc, err := parse(xml)
	if err != nil {
		return nil, err
	}
	v, err := e.evaluate(doc)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case []node:
		var texts []any
		for _, n := range v {
			texts = append(texts, n.text())
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
	}
	return v, nil
}

func (e *Expr) evaluate(doc *xmlquery.Node) (v any, err error) {
	namespaces := declared(doc, map[string]string{"xml": xmlNamespace})
	for _, prefix := range e.prefixes {
		if _, ok := namespaces[prefix]; !ok {
			return nil, fmt.Errorf("XPath %s: the document declares no namespace prefix %q", e.text, prefix)
		}
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case evalError:
			v, err = nil, fmt.Errorf("XPath %s: %s", e.text, string(r))
		default:
			panic(r)
		}
	}()
	return e.eval(&focus{node{doc, -1}, 1, 1, newRun(doc, namespaces)}), nil
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

// Set returns the XML with the text of the elements and attributes that the
// expression selects replaced. It is an error when it selects none.
func Set(xml, expr, value string) (string, error) {
	e, err := Compile(expr)
	if err != nil {
		return "", err
	}
	doc, err := parse(xml)
	if err != nil {
		return "", err
	}
	v, err := e.evaluate(doc)
	if err != nil {
		return "", err
	}
	nodes, ok := v.([]node)
	if !ok {
		return "", errors.New("the XPath selects no nodes")
	}
	for _, n := range nodes {
		if n.attr >= 0 {
			n.Attr[n.attr].Value = value
			continue
		}
		if n.Type != xmlquery.ElementNode {
			return "", errors.New("the XPath selects neither elements nor attributes")
		}
		for n.FirstChild != nil {
			xmlquery.RemoveFromTree(n.FirstChild)
		}
		xmlquery.AddChild(n.Node, &xmlquery.Node{Type: xmlquery.TextNode, Data: value})
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
