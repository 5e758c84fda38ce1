package runtime

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

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
	compile func() (*jsonschema.Schema, error)
	root    *tree.Node // the document, for $ref
	node    *tree.Node
	names   []string // of the declared properties
	secrets []string // of those whose format is password
	nested  []string // of properties deeper, whose format is password
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
	s := &inputSchema{root: l.workflow.document.root, node: node}
	at := l.workflow.decl.At("inputs")
	s.collect()
	s.compile = sync.OnceValues(func() (*jsonschema.Schema, error) { return s.compileAt(at.Pointer) })
	if isPlain(node, 0) {
		return s // it is valid: there is time until inputs come
	}
	if _, err := s.compile(); err != nil {
		l.error("inputs-schema", at, "the inputs of workflow %q are no JSON Schema: %s", l.workflow.id, strings.ReplaceAll(schemaProblem(err), schemaURL, ""))
	}
	return s
}

// compileAt compiles the schema at a place of its document; one that refers to
// nothing needs no document.
func (s *inputSchema) compileAt(pointer string) (*jsonschema.Schema, error) {
	root := s.root
	if isPlain(s.node, 0) {
		root, pointer = s.node, ""
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	for _, f := range dataTypes {
		c.RegisterFormat(f)
	}
	c.UseLoader(refuse{})
	if err := c.AddResource(schemaURL, root.Value()); err != nil {
		return nil, err
	}
	return c.Compile(schemaURL + "#" + pointer)
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

// applied returns the schemas that hold for what the given ones describe,
// whatever the value: they themselves, what their $ref names, and all of their allOf.
func (s *inputSchema) applied(schemas ...*tree.Node) (list []*tree.Node) {
	for _, n := range schemas {
		list = s.appendApplied(list, n)
	}
	return list
}

func (s *inputSchema) appendApplied(list []*tree.Node, n *tree.Node) []*tree.Node {
	if n == nil || slices.Contains(list, n) {
		return list
	}
	list = append(list, n)
	list = s.appendApplied(list, s.target(n.Get("$ref").Str()))
	if all := n.Get("allOf"); all != nil {
		for _, part := range all.Items {
			list = s.appendApplied(list, part)
		}
	}
	return list
}

// target finds the schema that a reference inside of the document names, by
// JSON Pointer or by $anchor.
func (s *inputSchema) target(reference string) *tree.Node {
	fragment, ok := strings.CutPrefix(reference, "#")
	if !ok {
		return nil
	}
	if unescaped, err := url.PathUnescape(fragment); err == nil {
		fragment = unescaped
	}
	if fragment == "" || fragment[0] == '/' {
		return s.root.At(fragment)
	}
	if n := anchored(s.node, fragment); n != nil {
		return n
	}
	return anchored(s.root.Get("components").Get("inputs"), fragment)
}

func anchored(n *tree.Node, name string) *tree.Node {
	if n == nil || n.Get("$anchor").Str() == name {
		return n
	}
	for _, m := range n.Members {
		if found := anchored(m.Value, name); found != nil {
			return found
		}
	}
	for _, item := range n.Items {
		if found := anchored(item, name); found != nil {
			return found
		}
	}
	return nil
}

// collect gathers the names of the declared properties.
func (s *inputSchema) collect() {
	for _, part := range s.applied(s.node) {
		properties := part.Get("properties")
		if properties == nil {
			continue
		}
		for _, m := range properties.Members {
			if !slices.Contains(s.names, m.Name) {
				s.names = append(s.names, m.Name)
			}
			if s.find(m.Value, "format").Str() == "password" {
				s.secrets = append(s.secrets, m.Name)
			} else {
				s.collectNested(m.Name, m.Value)
			}
		}
	}
}

// collectNested gathers the names of the properties beneath a schema whose
// values, or the items of which, are passwords.
func (s *inputSchema) collectNested(name string, n *tree.Node) {
	seen := map[*tree.Node]bool{}
	var visit func(name string, n *tree.Node)
	visit = func(name string, n *tree.Node) {
		if n.Get("format").Str() == "password" && !slices.Contains(s.nested, name) {
			s.nested = append(s.nested, name)
		}
		for _, m := range n.Members {
			switch m.Name {
			case "properties":
				for _, p := range m.Value.Members {
					visit(p.Name, p.Value)
				}
			case "$ref":
				if target := s.target(m.Value.Str()); target != nil && !seen[target] {
					seen[target] = true
					visit(name, target)
				}
			case "$defs", "definitions", "const", "default", "enum", "examples":
			default:
				visit(name, m.Value)
			}
		}
		for _, item := range n.Items {
			visit(name, item)
		}
	}
	visit(name, n)
}

// find returns the keyword of the first of the applied schemas that has it.
func (s *inputSchema) find(n *tree.Node, keyword string) *tree.Node {
	for _, part := range s.applied(n) {
		if v := part.Get(keyword); v != nil {
			return v
		}
	}
	return nil
}

// prepare gives the inputs their defaults and validates them.
func (w *workflow) prepare(inputs map[string]any) (map[string]any, error) {
	if w.schema == nil {
		if inputs == nil {
			inputs = map[string]any{}
		}
		return inputs, nil
	}
	d := defaulter{schema: w.schema, left: maxDefaults}
	full, _ := d.fill(d.root(inputs), w.schema.node).(map[string]any)
	compiled, err := w.schema.compile()
	if err != nil {
		return nil, err
	}
	err = compiled.Validate(map[string]any(full))
	var invalid *jsonschema.ValidationError
	if errors.As(err, &invalid) {
		return nil, &InputError{WorkflowID: w.id, Violations: violations(invalid)}
	}
	return full, err
}

// maxDefaults bounds how many values schemas can add to the inputs.
const maxDefaults = 10_000

// defaulter adds to a value the defaults that a schema has for what is absent,
// at every depth. Only what applies unconditionally is looked at: a default in
// a branch of if, anyOf or oneOf is none.
type defaulter struct {
	schema *inputSchema
	open   []*tree.Node // the defaults that are being filled themselves
	left   int
}

// root gives the inputs, or the default of the whole when there are none.
func (d *defaulter) root(inputs map[string]any) map[string]any {
	if len(inputs) > 0 {
		return inputs
	}
	whole, _ := d.schema.find(d.schema.node, "default").Value().(map[string]any)
	return whole
}

// fill returns v with defaults; v itself is not changed.
func (d *defaulter) fill(v any, schemas ...*tree.Node) any {
	parts := d.schema.applied(schemas...)
	switch v := v.(type) {
	case map[string]any:
		full := maps.Clone(v)
		if full == nil {
			full = map[string]any{}
		}
		for _, part := range parts {
			d.add(part, full)
		}
		for name := range full {
			if _, given := v[name]; !given {
				continue
			}
			var inner []*tree.Node
			for _, part := range parts {
				inner = append(inner, memberSchemas(part, name)...)
			}
			full[name] = d.fill(full[name], inner...)
		}
		return full
	case []any:
		full := slices.Clone(v)
		for i := range full {
			inner := make([]*tree.Node, len(parts))
			for j, part := range parts {
				inner[j] = itemSchema(part, i)
			}
			full[i] = d.fill(full[i], inner...)
		}
		return full
	}
	return v
}

// add gives an object the members that a schema has defaults for.
func (d *defaulter) add(part *tree.Node, full map[string]any) {
	properties := part.Get("properties")
	if properties == nil {
		return
	}
	for _, m := range properties.Members {
		fallback := d.schema.find(m.Value, "default")
		if _, present := full[m.Name]; present || fallback == nil || d.left == 0 || slices.Contains(d.open, fallback) {
			continue
		}
		d.left--
		d.open = append(d.open, fallback)
		full[m.Name] = d.fill(fallback.Value(), m.Value)
		d.open = d.open[:len(d.open)-1]
	}
}

// memberSchemas are the schemas that one schema has for a member of that name.
func memberSchemas(part *tree.Node, name string) (list []*tree.Node) {
	if n := part.Get("properties").Get(name); n != nil {
		list = append(list, n)
	}
	if patterns := part.Get("patternProperties"); patterns != nil {
		for _, m := range patterns.Members {
			if re, err := regexp.Compile(m.Name); err == nil && re.MatchString(name) {
				list = append(list, m.Value)
			}
		}
	}
	if n := part.Get("additionalProperties"); n != nil && len(list) == 0 {
		list = append(list, n)
	}
	return list
}

// itemSchema is the schema that one schema has for the i-th item.
func itemSchema(part *tree.Node, i int) *tree.Node {
	if prefix := part.Get("prefixItems"); prefix != nil && i < len(prefix.Items) {
		return prefix.Items[i]
	}
	return part.Get("items")
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
func (s *inputSchema) property(name string) *tree.Node {
	for _, part := range s.applied(s.node) {
		if p := part.Get("properties").Get(name); p != nil {
			return p
		}
	}
	return nil
}

// requires reports whether a property is required.
func (s *inputSchema) requires(name string) bool {
	return slices.ContainsFunc(s.applied(s.node), func(part *tree.Node) bool {
		required := part.Get("required")
		return required != nil && slices.ContainsFunc(required.Items, func(n *tree.Node) bool { return n.Text == name })
	})
}
