// Package inputschema reads, describes and applies the JSON Schemas of workflows'
// inputs (ruling E14). Validation is done by a schema library, which only gets what
// it can judge in a bounded time; its messages are replaced by our own, which
// never contain the value of an input.
package inputschema

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A Schema is the JSON Schema of a workflow's inputs (E14). It is safe for
// concurrent use.
type Schema struct {
	Node       *tree.Node // as written, with $ref not followed
	Properties []Property // the declared ones
	Names      []string   // of Properties

	validators validators
	document   *Index // for $ref
	pointer    string // of Node in its document

	total int                // evaluations of schemas that one value can take, at most; see [Schema.affordable]
	costs map[*tree.Node]int // of evaluating each schema once
	reads bool               // the cost of one depends on its value
}

// refuse is the loader of schemas: a schema refers to its own document only.
type refuse struct{}

func (refuse) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s: schemas are not loaded from elsewhere", url)
}

// dataTypes are the formats of numbers in the Arazzo specification (1.0.1,
// Data Types).
var dataTypes = []*jsonschema.Format{
	{Name: "int32", Validate: within(math.MinInt32, math.MaxInt32)},
	{Name: "int64", Validate: within(math.MinInt64, math.MaxInt64)},
}

// within checks that a number is an integer in a range; other values have no
// such format.
func within(least, most int64) func(any) error {
	return func(v any) error {
		if !value.IsNumber(v) {
			return nil
		}
		if value.CompareNumbers(v, least) < 0 || value.CompareNumbers(v, most) > 0 {
			return errors.New("out of range")
		}
		if !value.IsInteger(v) {
			return errors.New("not an integer")
		}
		return nil
	}
}

const schemaURL = "arazzo:///inputs"

// Measure returns the schema at a pointer into a document for another validator, which
// judges what [Schema.Judgeable] returns, and what keeps it from being judged in a
// bounded time. It cannot be used otherwise.
func Measure(document *Index, node *tree.Node, pointer string) (s *Schema, problems []string) {
	s = &Schema{document: document, Node: node, pointer: pointer}
	return s, s.measure()
}

// Document returns the document that the schema is in.
func (s *Schema) Document() *tree.Node { return s.document.root }

// New returns the schema at a pointer into a document, and what is wrong with it.
func New(document *Index, node *tree.Node, pointer string) (s *Schema, problems []string) {
	s, tooMuch := Measure(document, node, pointer)
	problems = append(s.collect(), tooMuch...)
	if len(problems) == 0 && !isPlain(node, 0) { // a plain one is valid: there is time until inputs come
		v, err := s.validator()
		if err != nil {
			return s, []string{s.schemaProblem(err)}
		}
		s.validators.put(v)
	}
	return s, problems
}

// Value returns the schema as a self-contained JSON value: it refers to nothing but
// itself.
func (s *Schema) Value() any { return newStandalone(s).value() }

// schemaProblem leaves out of a compiler's error what only the library knows.
func (s *Schema) schemaProblem(err error) string {
	var invalid *jsonschema.SchemaValidationError
	var violation *jsonschema.ValidationError
	if errors.As(err, &invalid) && errors.As(invalid.Err, &violation) {
		var parts []string
		for _, v := range violations(violation) {
			parts = append(parts, strings.TrimPrefix(newStandalone(s).origin(v.Pointer)+": "+v.Message, ": "))
		}
		return strings.Join(parts, "; ")
	}
	return strings.ReplaceAll(err.Error(), schemaURL, "")
}
