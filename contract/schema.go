package contract

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gobelin-dev/gobelin/internal/inputschema"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/pb33f/jsonschema/v6"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/helpers"
)

// direction is who sends a value: properties that are only for the other one are not
// required.
type direction uint8

const (
	fromServer direction = iota
	fromClient
)

// notSent are the annotations of properties that each one does not send.
var notSent = [...]string{fromServer: "writeOnly", fromClient: "readOnly"}

type schemaKey struct {
	node *tree.Node
	from direction
}

// schema is a schema of a description that values are judged by.
type schema struct {
	once     sync.Once
	copied   *copied
	measured *inputschema.Schema
	compiled *jsonschema.Schema
	err      error // why nothing is judged by it
}

// schema returns what judges by a schema, which is made once.
func (c *Checker) schema(n *tree.Node, in *openapi.Description, version string, from direction) *schema {
	c.mu.Lock()
	if c.schemas == nil {
		c.schemas = map[schemaKey]*schema{}
	}
	s := c.schemas[schemaKey{n, from}]
	if s == nil {
		s = &schema{}
		c.schemas[schemaKey{n, from}] = s
	}
	c.mu.Unlock()
	s.once.Do(func() {
		if err := safely(func() { s.err = s.compile(n, in, version, from) }); err != nil {
			s.err = err
		}
	})
	return s
}

// safely runs code of others: a panic there is an error.
func safely(f func()) error { return inputschema.Guarded(func() error { f(); return nil }) }

const schemaURL = "gobelin:///contract"

// options are those of the validator, whose own patterns and formats are replaced.
func options() *config.ValidationOptions {
	return config.NewValidationOptions(config.WithFormatAssertions(), config.WithRegexEngine(compilePattern),
		config.WithSchemaCache(nil), config.WithSchemaResourceCache(nil))
}

func compilePattern(text string) (jsonschema.Regexp, error) { return inputschema.CompilePattern(text) }

func (s *schema) compile(n *tree.Node, in *openapi.Description, version string, from direction) (err error) {
	s.copied = newCopied(version, from)
	entry := s.copied.add(n, in)
	root, err := s.copied.document()
	if err != nil {
		return err
	}
	index := inputschema.NewIndex(root, "")
	pointer := "/" + definitions + "/" + entry
	measured, problems := inputschema.Measure(index, root.At(pointer), pointer)
	if len(problems) > 0 {
		return errors.New(problems[0])
	}
	s.measured = measured
	v, _ := strconv.ParseFloat(strings.Join(strings.SplitN(version+".0", ".", 3)[:2], "."), 32)
	s.compiled, err = helpers.NewCompiledSchemaResourcesWithVersion(schemaURL+"#"+pointer,
		map[string][]byte{schemaURL: root.JSON()}, options(), float32(v))
	if err != nil {
		return errors.New(strings.ReplaceAll(err.Error(), schemaURL, ""))
	}
	return nil
}

// definitions is the member of a document that has the copied schemas. [inputschema.Index]
// finds those of a name there at once.
const definitions = "components/inputs"

// mostNodes bounds the copy of a schema with all that it refers to.
const mostNodes = 200_000

// copied is schemas of descriptions with all that they refer to, as a document that refers to
// nothing but itself. Its nodes have the places of those that they are copied from.
type copied struct {
	version string
	from    direction
	schemas []tree.Member
	homes   map[string]*openapi.Description // by name
	names   map[*tree.Node]string
	open    []waiting
	nodes   int
	err     error
}

type waiting struct {
	node *tree.Node
	in   *openapi.Description
}

func newCopied(version string, from direction) *copied {
	return &copied{version: version, from: from, homes: map[string]*openapi.Description{}, names: map[*tree.Node]string{}}
}

// add adds a schema, which is copied later, and returns its name.
func (c *copied) add(n *tree.Node, in *openapi.Description) string {
	name := c.names[n]
	if name == "" {
		name = "s" + strconv.Itoa(len(c.names))
		c.names[n], c.homes[name] = name, in
		c.open = append(c.open, waiting{n, in})
	}
	return name
}

// document copies all schemas that were added.
func (c *copied) document() (*tree.Node, error) {
	for len(c.open) > 0 && c.err == nil {
		next := c.open[0]
		c.open = c.open[1:]
		c.schemas = append(c.schemas, tree.Member{Name: c.names[next.node], Value: c.copy(next.node, next.in)})
	}
	object := func(name string, v *tree.Node) *tree.Node {
		return tree.NewObject([]tree.Member{{Name: name, Value: v}})
	}
	return object("components", object("inputs", tree.NewObject(c.schemas))), c.err
}

// old reports whether the description is of a version whose schemas are not those of JSON
// Schema 2020-12.
func (c *copied) old() bool {
	return strings.HasPrefix(c.version, "2.") || strings.HasPrefix(c.version, "3.0")
}

// Keywords by what their values are; the values of all others are schemas, lists of
// schemas, or scalars.
var (
	byName   = []string{"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependentRequired"}
	verbatim = []string{"enum", "const"}
	// dropped assert nothing, or lead elsewhere.
	dropped = []string{"title", "description", "default", "example", "examples", "externalDocs", "xml", "discriminator", "deprecated",
		"$comment", "$id", "$schema", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveAnchor", "$recursiveRef", "$vocabulary",
		"readOnly", "writeOnly", "collectionFormat", "in", "name", "allowEmptyValue"}
)

// copy copies a schema, or a list of schemas.
func (c *copied) copy(n *tree.Node, in *openapi.Description) *tree.Node {
	if err := n.Err(); err != nil && c.err == nil {
		c.err = err
	}
	if c.nodes++; c.nodes > mostNodes && c.err == nil {
		c.err = fmt.Errorf("it has more than %d parts", mostNodes)
	}
	if c.err != nil {
		return &tree.Node{}
	}
	out := &tree.Node{Kind: n.Kind, Text: n.Text, Line: n.Line, Column: n.Column}
	for _, item := range n.Items {
		out.Items = append(out.Items, c.copy(item, in))
	}
	if ref := n.Get("$ref"); ref != nil && ref.Kind == tree.String {
		if m := c.reference(n, in); m.Value != nil {
			out.Members = append(out.Members, m)
		}
		if c.old() {
			return out // what is beside a reference is ignored
		}
	}
	for _, m := range n.Members {
		copied := tree.Member{Name: m.Name, Line: m.Line, Column: m.Column}
		switch {
		case m.Name == "$ref" && m.Value.Kind == tree.String, slices.Contains(dropped, m.Name):
			continue
		case m.Name == "x-nullable" && strings.HasPrefix(c.version, "2."):
			copied.Name, copied.Value = "nullable", c.copy(m.Value, in)
		case strings.HasPrefix(m.Name, "x-"), m.Name == "nullable" && !c.old():
			continue
		case slices.Contains([]string{"type", "enum"}, m.Name) && !c.old() && n.Get("nullable").True():
			copied.Value = orNull(m)
		case m.Name == "required" && m.Value.Kind != tree.Array: // of a parameter of 2.0
			continue
		case m.Name == "required":
			copied.Value = c.required(n, m.Value, in)
		case slices.Contains(verbatim, m.Name):
			copied.Value = m.Value
		case slices.Contains(byName, m.Name) && m.Value.Kind == tree.Object:
			copied.Value = c.copyEach(m.Value, in)
		default:
			copied.Value = c.copy(m.Value, in)
		}
		out.Members = append(out.Members, copied)
	}
	return out
}

// orNull returns the value of type or enum of a schema of OpenAPI 3.1 that is nullable: that
// is no keyword there any more, but many descriptions have kept it, and mean it.
func orNull(m tree.Member) *tree.Node {
	out := &tree.Node{Kind: tree.Array, Items: slices.Clone(m.Value.Items), Line: m.Value.Line, Column: m.Value.Column}
	null := &tree.Node{}
	if m.Name == "type" {
		null = &tree.Node{Kind: tree.String, Text: "null"}
		if m.Value.Kind != tree.Array {
			out.Items = []*tree.Node{m.Value}
		}
	}
	if !slices.ContainsFunc(out.Items, null.Equal) {
		out.Items = append(out.Items, null)
	}
	return out
}

func (c *copied) copyEach(n *tree.Node, in *openapi.Description) *tree.Node {
	members := make([]tree.Member, 0, len(n.Members))
	for _, m := range n.Members {
		members = append(members, tree.Member{Name: m.Name, Line: m.Line, Column: m.Column, Value: c.copy(m.Value, in)})
	}
	out := tree.NewObject(members)
	out.Line, out.Column = n.Line, n.Column
	return out
}

func (c *copied) reference(n *tree.Node, in *openapi.Description) tree.Member {
	target, home, err := in.Follow(n)
	if err != nil {
		c.err = err
		return tree.Member{}
	}
	m, _ := n.Member("$ref")
	return tree.Member{Name: "$ref", Line: m.Line, Column: m.Column,
		Value: &tree.Node{Kind: tree.String, Text: "#/" + definitions + "/" + c.add(target, home), Line: m.Line, Column: m.Column}}
}

// required leaves out the properties that only the other side sends.
func (c *copied) required(n, list *tree.Node, in *openapi.Description) *tree.Node {
	out := &tree.Node{Kind: tree.Array, Line: list.Line, Column: list.Column}
	properties := n.Get("properties")
	for _, item := range list.Items {
		property, _, err := in.Resolve(properties.Get(item.Str()))
		if err == nil && property.Get(notSent[c.from]).True() {
			continue
		}
		out.Items = append(out.Items, item)
	}
	return out
}

// keyword returns the place of a keyword of a copied schema, and its value: as far as a
// JSON Pointer into the document leads there.
func (c *copied) keyword(root *tree.Node, pointer string, path []string) (at *tree.Node, in *openapi.Description, keyword string,
	v *tree.Node) {
	tokens := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	if len(tokens) < 3 {
		return nil, nil, "", nil
	}
	in, n := c.homes[tokens[2]], root
	for i := 0; i < len(tokens); i++ {
		next := n.Child(unescape.Replace(tokens[i]))
		switch {
		case next != nil:
			n = next
		case tokens[i] == "oneOf" && c.old(): // the validator makes it of allOf with nullable
			i++
		default:
			return n, in, "", nil
		}
	}
	if len(path) > 0 {
		if m, ok := n.Member(path[0]); ok && m.Line > 0 {
			return &tree.Node{Line: m.Line, Column: m.Column}, in, m.Name, m.Value
		}
	}
	return n, in, "", nil
}

var unescape = strings.NewReplacer("~1", "/", "~0", "~")
