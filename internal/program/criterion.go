package program

import (
	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"

	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/pattern"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

// A CriterionKind is the language of a [Criterion].
type CriterionKind uint8

// The types of criteria.
const (
	SimpleCriterion CriterionKind = iota
	RegexCriterion
	JSONPathCriterion
	XPathCriterion
)

// String returns the type as a document has it.
func (k CriterionKind) String() string { return [...]string{"simple", "regex", "jsonpath", "xpath"}[k] }

// Language says what a condition of the type has to be.
func (k CriterionKind) Language() string {
	return [...]string{"a valid simple condition", "a valid regular expression", "valid JSONPath", "valid XPath"}[k]
}

// A Criterion is a condition in compiled form. One with embedded expressions is parsed only when they
// have values (C16).
type Criterion struct {
	Kind     CriterionKind
	Text     string
	Place    arazzo.Position // of the condition
	Decl     *arazzo.Criterion
	Context  *Operand // nil for a simple condition
	Dialect  jsonpath.Dialect
	Version  string
	Simple   *expr.Condition // Refs are parallel to its expressions
	Regex    *pattern.Pattern
	JSONPath *jsonpath.Condition // Refs are parallel to its operands
	XPath    *xpath.Expr
	Refs     []Ref
	Slots    []int     // the places in the body that a JSONPath condition reads; nil: it reads its context
	Embedded *Template // the condition, where it has embedded expressions
	Broken   string    // why it does not parse: it always fails (C17)
}

// All calls visit for every expression of a condition.
func (c *Criterion) All(visit func(*Ref)) {
	for i := range c.Refs {
		c.Refs[i].All(visit)
	}
	c.Embedded.All(visit)
	c.Context.All(visit)
}

// GoessnerVersion is the version of the dialect that came before RFC 9535.
const GoessnerVersion = "draft-goessner-dispatch-jsonpath-00"

// Compile parses text as the criterion's language.
func (c *Criterion) Compile(text string) (err error) {
	switch c.Kind {
	case RegexCriterion:
		if inner, ok := pattern.Unwrapped(text); ok {
			text = inner
		}
		c.Regex, err = pattern.Compile(text)
	case JSONPathCriterion:
		c.JSONPath, err = jsonpath.ParseCondition(text, c.Dialect)
	case XPathCriterion:
		c.XPath, err = xpath.CompileVersion(text, c.Version)
	}
	return err
}
