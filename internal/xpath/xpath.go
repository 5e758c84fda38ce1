// Package xpath evaluates XPath over XML texts: 1.0, and what 2.0, 3.0 and 3.1
// have for documents without a schema, each by the rules of its version. What
// is not there is refused with a message that names it.
package xpath

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strings"

	"github.com/antchfx/xmlquery"
	"github.com/gobelin-dev/gobelin/internal/syntax"
)

// An Expr is a checked expression. It is immutable and safe for concurrent use.
type Expr struct {
	text     string
	prefixes []string
	version  int
	first    eval       // of XPath 1.0
	later    expression // of a later version
}

// A SyntaxError says where a text is not valid in its version of XPath.
type SyntaxError = syntax.Error

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
	level, known := map[string]int{"xpath-10": 1, "xpath-20": 2, "xpath-30": 3}[version]
	if !known {
		level = 4
	}
	tokens, source, err := lex(pieces, level > 1)
	if err != nil {
		return nil, err
	}
	c := &checker{text: source, version: level, tokens: tokens}
	e := &Expr{text: source, version: level}
	if level == 1 {
		e.first, err = c.check()
	} else {
		e.later, err = parseLater(c)
	}
	if err != nil {
		return nil, err
	}
	e.prefixes = c.prefixes
	return e, nil
}

// Test gives the effective boolean value (ruling C14): a non-empty node-set,
// true, a number but 0 and NaN, a non-empty string. Since XPath 2.0 a sequence
// of several values has none, which is an error.
func (e *Expr) Test(xml string) (passed bool, err error) {
	err = e.evaluate(xml, func(_ *xmlquery.Node, v any) error {
		if items, ok := v.(seq); ok {
			passed = ebv(items)
		} else {
			passed = truth(v)
		}
		return nil
	})
	return passed && err == nil, err
}

// Value evaluates the expression to a JSON value: a boolean, a number, a text,
// which a node has too; of several an array; nil of none.
func (e *Expr) Value(xml string) (value any, err error) {
	err = e.evaluate(xml, func(_ *xmlquery.Node, v any) error {
		var list []any
		for _, it := range items(v) {
			plain, ok := jsonOf(it)
			if !ok {
				return fmt.Errorf("XPath %s is no number of JSON", e.text)
			}
			list = append(list, plain)
		}
		switch {
		case len(list) == 1:
			value = list[0]
		case len(list) > 1:
			value = list
		}
		return nil
	})
	return value, err
}

// items is the value of an expression of any version.
func items(v any) seq {
	switch v := v.(type) {
	case seq:
		return v
	case []node:
		var all seq
		for _, n := range v {
			all = append(all, n)
		}
		return all
	}
	return seq{v}
}

func jsonOf(v item) (any, bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case *big.Int, *big.Rat, float64:
		f, _ := v.(float64)
		if !isA[float64](v) {
			f = float(v)
		}
		if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return int64(f), true
		}
		return f, !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	return stringOf(v), true
}

func (e *Expr) evaluate(xml string, read func(doc *xmlquery.Node, v any) error) (err error) {
	doc, err := parse(xml)
	if err != nil {
		return err
	}
	namespaces := declared(doc, map[string]string{"xml": xmlNamespace})
	for _, prefix := range e.prefixes {
		if _, ok := namespaces[prefix]; !ok {
			return fmt.Errorf("XPath %s: the document declares no namespace prefix %q", e.text, prefix)
		}
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case evalError:
			err = fmt.Errorf("XPath %s: %s", e.text, string(r))
		default:
			panic(r)
		}
	}()
	run := newRun(doc, namespaces)
	run.version = e.version
	if e.later != nil {
		return read(doc, e.later(&scope{item: node{doc, -1}, position: 1, size: 1, run: run}))
	}
	return read(doc, e.first(&focus{node{doc, -1}, 1, 1, run}))
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

// String returns the expression as written; "" of none.
func (e *Expr) String() string {
	if e == nil {
		return ""
	}
	return e.text
}

// Set returns the XML with the text of the elements and attributes that the
// expression selects replaced. It is an error when it selects none.
func (e *Expr) Set(xml, value string) (string, error) {
	written := ""
	err := e.evaluate(xml, func(doc *xmlquery.Node, v any) error {
		found := items(v)
		if len(found) == 0 {
			return fmt.Errorf("XPath %s selects nothing in the payload", e.text)
		}
		for _, it := range found {
			if err := replaceText(it, value); err != nil {
				return err
			}
		}
		written = doc.OutputXML(false)
		return nil
	})
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(xml, "<?xml") {
		written = strings.TrimPrefix(written, `<?xml version="1.0"?>`) // the library's own
	}
	return written, nil
}

func replaceText(it item, value string) error {
	n, ok := it.(node)
	switch {
	case !ok:
		return errors.New("the XPath selects no nodes")
	case n.attr >= 0:
		n.Attr[n.attr].Value = value
		return nil
	case n.Type != xmlquery.ElementNode:
		return errors.New("the XPath selects neither elements nor attributes")
	}
	for n.FirstChild != nil {
		xmlquery.RemoveFromTree(n.FirstChild)
	}
	xmlquery.AddChild(n.Node, &xmlquery.Node{Type: xmlquery.TextNode, Data: value})
	return nil
}
