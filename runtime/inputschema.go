package runtime

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// inputSchema is a workflow's JSON Schema (E14).
type inputSchema struct {
	compile  func() (*jsonschema.Schema, error)
	document *schemaIndex // for $ref
	node     *tree.Node
	pointer  string   // of the node in its document
	names    []string // of the declared properties
	total    int      // evaluations of schemas that one value can take, at most; see [inputSchema.affordable]
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

func (l *workflowLinker) inputs() *inputSchema {
	d, node := l.workflow.document, l.workflow.decl.Inputs
	if node == nil {
		return nil
	}
	if d.schemas == nil {
		self := ""
		if d.later() {
			self = d.decl.Self
		}
		d.schemas = newSchemaIndex(d.root, self)
	}
	at := l.workflow.decl.At("inputs")
	s := &inputSchema{document: d.schemas, node: node, pointer: at.Pointer}
	s.collect()
	s.compile = sync.OnceValues(s.compiled)
	problems := s.measure()
	if len(problems) == 0 && !isPlain(node, 0) { // a plain one is valid: there is time until inputs come
		if _, err := s.compile(); err != nil {
			problems = []string{s.schemaProblem(err)}
		}
	}
	if len(problems) > 0 {
		l.error("inputs-schema", at, "the inputs of workflow %q are not a valid JSON Schema: %s", l.workflow.id, strings.Join(problems, "; "))
	}
	return s
}

// compiled compiles the schema, with all that it refers to and nothing else of
// its document.
func (s *inputSchema) compiled() (compiled *jsonschema.Schema, err error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	for _, f := range dataTypes {
		c.RegisterFormat(f)
	}
	c.UseLoader(refuse{})
	err = guarded(func() error {
		if err := c.AddResource(schemaURL, newStandalone(s).value()); err != nil {
			return err
		}
		compiled, err = c.Compile(schemaURL)
		return err
	})
	return compiled, err
}

// schemaProblem leaves out of a compiler's error what only the library knows.
func (s *inputSchema) schemaProblem(err error) string {
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

// InputSchema returns the JSON Schema (2020-12) of a workflow's inputs as a JSON
// value, nil when the workflow declares none; ok is false when there is no such
// workflow. The schema stands alone: what it refers to elsewhere in the document
// is carried along in its $defs, every reference in it is a JSON Pointer into
// itself, and $id, $anchor and $schema, which would change what those mean, are
// left out.
func (p *Program) InputSchema(workflowID string) (schema any, ok bool) {
	w, ok := p.linked.documents[0].workflows[workflowID]
	if !ok {
		return nil, false
	}
	if s := w.schema; s != nil {
		return newStandalone(s).value(), true
	}
	return nil, true
}
