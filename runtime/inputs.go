package runtime

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Inputs are the inputs of a workflow by name. Values may be of any Go type
// that encoding/json writes.
type Inputs = map[string]any

// inputSchema is a workflow's JSON Schema (E14).
type inputSchema struct {
	compiled *jsonschema.Schema
	root     *tree.Node // the document, for $ref
	node     *tree.Node
	names    []string // of the declared properties
	secrets  []string // of those whose format is password
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
			return fmt.Errorf("out of range")
		}
		if f, ok := v.(float64); ok && f != math.Trunc(f) {
			return fmt.Errorf("not an integer")
		}
		return nil
	}
}

const schemaURL = "arazzo:///document"

func (l *workflowLinker) inputs() *inputSchema {
	node := l.workflow.decl.Inputs
	if node == nil {
		return nil
	}
	s := &inputSchema{root: l.workflow.document.decl.Node(), node: node}
	at := l.workflow.decl.At("inputs")
	s.collect(node, 0)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	for _, f := range dataTypes {
		c.RegisterFormat(f)
	}
	c.UseLoader(refuse{})
	err := c.AddResource(schemaURL, s.root.Value())
	if err == nil {
		s.compiled, err = c.Compile(schemaURL + "#" + at.Pointer)
	}
	if err != nil {
		l.error("inputs-schema", at, "the inputs of workflow %q are no JSON Schema: %s", l.workflow.id, strings.ReplaceAll(schemaProblem(err), schemaURL, ""))
	}
	return s
}

// schemaProblem leaves out of a compiler's error what only the library knows.
func schemaProblem(err error) string {
	var invalid *jsonschema.SchemaValidationError
	var violation *jsonschema.ValidationError
	if errors.As(err, &invalid) && errors.As(invalid.Err, &violation) {
		var parts []string
		for _, v := range violations(violation) {
			parts = append(parts, strings.TrimPrefix(v.Pointer+": "+v.Message, ": "))
		}
		return strings.Join(parts, "; ")
	}
	return err.Error()
}

// deref follows $ref inside the document.
func (s *inputSchema) deref(n *tree.Node) *tree.Node {
	for range 32 {
		pointer, ok := strings.CutPrefix(n.Get("$ref").Str(), "#")
		if !ok {
			return n
		}
		target := s.root.At(pointer)
		if target == nil {
			return n
		}
		n = target
	}
	return n
}

// collect gathers the names of the declared properties.
func (s *inputSchema) collect(n *tree.Node, depth int) {
	n = s.deref(n)
	if n == nil || depth > 32 {
		return
	}
	if properties := n.Get("properties"); properties != nil {
		for _, m := range properties.Members {
			if !slices.Contains(s.names, m.Name) {
				s.names = append(s.names, m.Name)
			}
			if s.deref(m.Value).Get("format").Str() == "password" {
				s.secrets = append(s.secrets, m.Name)
			}
		}
	}
	if all := n.Get("allOf"); all != nil {
		for _, part := range all.Items {
			s.collect(part, depth+1)
		}
	}
}

// prepare gives the inputs their defaults and validates them.
func (w *workflow) prepare(inputs map[string]any) (map[string]any, error) {
	if w.schema == nil {
		if inputs == nil {
			inputs = map[string]any{}
		}
		return inputs, nil
	}
	full, _ := w.schema.defaults(w.schema.node, inputs, 0).(map[string]any)
	err := w.schema.compiled.Validate(map[string]any(full))
	var invalid *jsonschema.ValidationError
	if errors.As(err, &invalid) {
		return nil, &InputError{WorkflowID: w.id, Violations: violations(invalid)}
	}
	return full, err
}

// defaults returns v with the defaults that the schema has for what is absent,
// at every depth. v itself is not changed.
func (s *inputSchema) defaults(n *tree.Node, v any, depth int) any {
	n = s.deref(n)
	if n == nil || depth > 64 {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		full := maps.Clone(v)
		if full == nil {
			full = map[string]any{}
		}
		if properties := n.Get("properties"); properties != nil {
			for _, m := range properties.Members {
				child, present := full[m.Name]
				if fallback := s.deref(m.Value).Get("default"); !present && fallback != nil {
					child, present = fallback.Value(), true
				}
				if present {
					full[m.Name] = s.defaults(m.Value, child, depth+1)
				}
			}
		}
		if all := n.Get("allOf"); all != nil {
			for _, part := range all.Items {
				full, _ = s.defaults(part, full, depth+1).(map[string]any)
			}
		}
		return full
	case []any:
		items := n.Get("items")
		if items == nil {
			return v
		}
		full := slices.Clone(v)
		for i := range full {
			full[i] = s.defaults(items, full[i], depth+1)
		}
		return full
	}
	return v
}

var english = message.NewPrinter(language.English)

// violations flattens a validation error to its leaves.
func violations(e *jsonschema.ValidationError) []Violation {
	if len(e.Causes) == 0 {
		return []Violation{{Pointer: instancePointer(e), Message: violationMessage(e)}}
	}
	var list []Violation
	for _, cause := range e.Causes {
		for _, v := range violations(cause) {
			if !slices.Contains(list, v) {
				list = append(list, v)
			}
		}
	}
	return list
}

func instancePointer(e *jsonschema.ValidationError) string {
	var b strings.Builder
	for _, token := range e.InstanceLocation {
		b.WriteString("/" + value.PointerToken(token))
	}
	return b.String()
}

// violationMessage leaves out the instance's value: it may be a secret.
func violationMessage(e *jsonschema.ValidationError) string {
	switch k := e.ErrorKind.(type) {
	case *kind.Format:
		return "must be a valid " + k.Want
	case *kind.Pattern:
		return "must match " + strconv.Quote(k.Want)
	}
	return e.ErrorKind.LocalizedString(english)
}

// InputSchema returns the JSON Schema of a workflow's inputs as a JSON value,
// nil when the workflow declares none; ok is false when there is no such
// workflow.
func (p *Program) InputSchema(workflowID string) (schema any, ok bool) {
	i, ok := p.byID[workflowID]
	if !ok {
		return nil, false
	}
	decl := p.workflows[i].decl
	if decl.Inputs == nil {
		return nil, true
	}
	return decl.Inputs.Value(), true
}

func sameNamed(inputs map[string]any, w *workflow) map[string]any {
	out := map[string]any{}
	if w.schema == nil {
		return out
	}
	for _, name := range w.schema.names {
		if v, ok := inputs[name]; ok {
			out[name] = v
		}
	}
	return out
}

// property finds a declared property.
func (s *inputSchema) property(n *tree.Node, name string) *tree.Node {
	n = s.deref(n)
	if p := n.Get("properties").Get(name); p != nil {
		return p
	}
	if all := n.Get("allOf"); all != nil {
		for _, part := range all.Items {
			if p := s.property(part, name); p != nil {
				return p
			}
		}
	}
	return nil
}

// requires reports whether the schema itself lists a property as required.
func (s *inputSchema) requires(name string) bool {
	if required := s.deref(s.node).Get("required"); required != nil {
		for _, item := range required.Items {
			if item.Text == name {
				return true
			}
		}
	}
	return false
}
