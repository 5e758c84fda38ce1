// Package xpath evaluates XPath on XML texts: 1.0, 2.0, 3.0 and 3.1, each by
// its own rules, for documents without a schema. XPath 1.0 is the later
// language with fewer expressions and its own conversions of values (XPath 2.0,
// appendix I). What is not available is rejected with a message that names it.
package xpath

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/antchfx/xmlquery"
	"github.com/gobelin-dev/gobelin/internal/syntax"
)

// An Expr is a checked expression. It is immutable and safe for concurrent use.
type Expr struct {
	text     string
	prefixes []string
	tokens   []lexeme // for analysis
	version  version
	evaluate expression
}

// A version is a version of XPath.
type version int

const (
	v10 version = 1 + iota
	v20
	v30
	v31
)

var versions = map[string]version{"xpath-10": v10, "xpath-20": v20, "xpath-30": v30, "xpath-31": v31}

func (v version) String() string {
	return [...]string{v10: "XPath 1.0", v20: "XPath 2.0", v30: "XPath 3.0", v31: "XPath 3.1"}[v]
}

// A SyntaxError reports where a text is not valid in its version of XPath.
type SyntaxError = syntax.Error

// CompileVersion compiles an expression of a version as the Criterion
// Expression Type Object names it, which is 3.1 by default. The error is a
// *SyntaxError.
func CompileVersion(expr, version string) (*Expr, error) {
	return CompilePieces([]Piece{{Text: expr}}, version)
}

// CompilePieces compiles an expression with embedded values. The error is a
// *SyntaxError without the values.
func CompilePieces(pieces []Piece, version string) (*Expr, error) {
	v, known := versions[version]
	if !known {
		v = v31
	}
	return compile(pieces, v)
}

func compile(pieces []Piece, v version) (*Expr, error) {
	tokens, source, err := lex(pieces, v)
	if err != nil {
		return nil, err
	}
	p := &parser{text: source, version: v, tokens: tokens}
	e := &Expr{text: source, version: v, tokens: tokens}
	if e.evaluate, err = p.parse(); err != nil {
		return nil, err
	}
	e.prefixes = p.prefixes
	return e, nil
}

// String returns the expression as written, or "" for nil.
func (e *Expr) String() string {
	if e == nil {
		return ""
	}
	return e.text
}

// Test returns the effective boolean value (ruling C14) of the expression: true
// for nodes, true, a number other than 0 and NaN, and a string that is not
// empty. Since XPath 2.0 a sequence of several values has none, which is an
// error.
func (e *Expr) Test(xml string) (passed bool, err error) { return e.TestUntil(nil, xml) }

// TestUntil is [Expr.Test] that is given up when done is closed, with
// [syntax.ErrEnded].
func (e *Expr) TestUntil(done <-chan struct{}, xml string) (passed bool, err error) {
	err = e.run(done, xml, func(_ *scope, v seq) error {
		passed = ebv(v)
		return nil
	})
	return passed && err == nil, err
}

// Value evaluates the expression to a JSON value: a boolean, a number, or a
// string (for a node, its text); an array of several values, and nil for none.
func (e *Expr) Value(xml string) (value any, err error) { return e.ValueUntil(nil, xml) }

// ValueUntil is [Expr.Value] that is given up when done is closed, with
// [syntax.ErrEnded].
func (e *Expr) ValueUntil(done <-chan struct{}, xml string) (value any, err error) {
	err = e.run(done, xml, func(s *scope, v seq) error {
		var list []any
		for _, it := range v {
			s.read(it)
			plain, ok := jsonOf(it)
			if !ok {
				return fmt.Errorf("XPath %s is %s, for which JSON has no number", e.text, stringOf(it))
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

func jsonOf(v item) (any, bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case *big.Int, *big.Rat, float64:
		f := float(v)
		if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return int64(f), true
		}
		return f, !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	return stringOf(v), true
}

// Set returns the XML after replacing the text of the elements and attributes
// that the expression selects. Selecting none is an error.
func (e *Expr) Set(xml, value string) (string, error) {
	written := ""
	err := e.run(nil, xml, func(s *scope, found seq) error {
		if len(found) == 0 {
			return fmt.Errorf("XPath %s selects nothing in the payload", e.text)
		}
		s.built(len(found) * len(value))
		for _, it := range found {
			if err := replaceText(it, value); err != nil {
				return err
			}
		}
		written = s.run.doc.nodes[0].source.OutputXML(false)
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
	n, ok := it.(*node)
	switch {
	case !ok:
		return errors.New("the XPath selects values, not nodes")
	case n.kind == attributeNode:
		n.attr.Value = value
		return nil
	case n.kind != elementNode:
		return errors.New("the XPath selects neither elements nor attributes")
	}
	for n.source.FirstChild != nil {
		xmlquery.RemoveFromTree(n.source.FirstChild)
	}
	xmlquery.AddChild(n.source, &xmlquery.Node{Type: xmlquery.TextNode, Data: value})
	return nil
}

// run evaluates the expression with the document as its context.
func (e *Expr) run(done <-chan struct{}, xml string, use func(*scope, seq) error) (err error) {
	if syntax.Ended(done) {
		return syntax.ErrEnded
	}
	doc, err := parse(done, xml)
	if err != nil {
		return err
	}
	for _, prefix := range e.prefixes {
		if _, ok := doc.namespaces[prefix]; !ok {
			return fmt.Errorf("XPath %s: the document declares no namespace prefix %q", e.text, prefix)
		}
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case evalError:
			err = fmt.Errorf("XPath %s: %s", e.text, string(r))
		default:
			if r != any(syntax.ErrEnded) {
				panic(r)
			}
			err = syntax.ErrEnded
		}
	}()
	s := &scope{item: doc.nodes[0], position: 1, size: 1, run: &run{doc: doc, version: e.version, done: done}}
	return use(s, e.evaluate(s))
}
