package inputschema

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// Index finds what the references between the schemas of a document name.
// It is made once for a document and not modified afterwards.
type Index struct {
	root      *tree.Node
	document  *schemaResource
	inputs    map[string]*tree.Node        // the schemas of the components, by the pointer to them
	resources map[string][]*schemaResource // by $id
	anchors   map[anchorName][]schemaPlace
	homes     map[*tree.Node]*schemaResource // of schemas in or below one with an $id
	dynamic   map[string][]*schemaResource   // that declare a $dynamicAnchor of that name
}

// schemaResource is a schema with an $id, or the document.
type schemaResource struct {
	id *url.URL
	schemaPlace
}

// schemaPlace is a schema and its place in the document.
type schemaPlace struct {
	node    *tree.Node
	pointer string
}

type anchorName struct {
	resource *schemaResource
	name     string
}

// NewIndex returns the index of a document; self is its own URI, or empty.
func NewIndex(root *tree.Node, self string) *Index {
	base, _ := url.Parse("arazzo:///document")
	if u, err := base.Parse(self); err == nil {
		base = u
	}
	base.Fragment = ""
	x := &Index{root: root, inputs: map[string]*tree.Node{}, document: &schemaResource{base, schemaPlace{root, ""}},
		resources: map[string][]*schemaResource{},
		anchors:   map[anchorName][]schemaPlace{}, homes: map[*tree.Node]*schemaResource{}, dynamic: map[string][]*schemaResource{}}
	if inputs := root.At("/components/inputs"); inputs != nil {
		for _, m := range inputs.Members {
			pointer := "/components/inputs/" + value.PointerToken(m.Name)
			x.inputs[pointer] = m.Value
			x.add(schemaPlace{m.Value, pointer}, x.document)
		}
	}
	if workflows := root.Get("workflows"); workflows != nil {
		for i, w := range workflows.Items {
			x.add(schemaPlace{w.Get("inputs"), "/workflows/" + strconv.Itoa(i) + "/inputs"}, x.document)
		}
	}
	return x
}

// add takes in a schema with all that are inside of it.
func (x *Index) add(at schemaPlace, home *schemaResource) {
	if at.node == nil || at.node.Kind != tree.Object {
		return
	}
	if id, _, _ := strings.Cut(at.node.Get("$id").Str(), "#"); id != "" {
		if u, err := home.id.Parse(id); err == nil {
			home = &schemaResource{u, at}
			x.resources[u.String()] = append(x.resources[u.String()], home)
		}
	}
	if home != x.document {
		x.homes[at.node] = home
	}
	for _, keyword := range []string{"$anchor", "$dynamicAnchor"} {
		if name := at.node.Get(keyword).Str(); name != "" {
			x.anchors[anchorName{home, name}] = append(x.anchors[anchorName{home, name}], at)
		}
	}
	if name := at.node.Get("$dynamicAnchor").Str(); name != "" && !slices.Contains(x.dynamic[name], home) {
		x.dynamic[name] = append(x.dynamic[name], home)
	}
	for _, sub := range subschemas(at.node) {
		x.add(schemaPlace{sub.node, at.pointer + sub.pointer()}, home)
	}
}

// resolve finds the schema that a reference in the schema from names. Where a
// name is declared more than once, the one within counts.
func (x *Index) resolve(reference string, from *tree.Node, within schemaPlace) (schemaPlace, error) {
	home := x.homes[from]
	if home == nil {
		home = x.document
	}
	id, fragment, _ := strings.Cut(reference, "#")
	resource, err := x.resource(id, home)
	if err != nil {
		return schemaPlace{}, err
	}
	unescaped, err := url.PathUnescape(fragment)
	switch {
	case err != nil:
		return schemaPlace{}, fmt.Errorf("%q is not a valid fragment", fragment)
	case unescaped == "" && resource == x.document:
		return schemaPlace{}, fmt.Errorf("it names the document, which is not a schema; the schema of these inputs is %q",
			fragmentOf(within.pointer))
	case unescaped == "" || unescaped[0] == '/':
		if n := x.at(resource, unescaped); n != nil {
			return schemaPlace{n, resource.pointer + unescaped}, nil
		}
		if within.node.At(unescaped) != nil {
			return schemaPlace{}, fmt.Errorf("it is read from the root of the document; write %q", fragmentOf(within.pointer+unescaped))
		}
		return schemaPlace{}, fmt.Errorf("it does not resolve to anything")
	}
	return x.anchor(anchorName{resource, unescaped}, within)
}

// at returns what a JSON Pointer into a resource names, or nil. There may be as
// many schemas in the components as references to them.
func (x *Index) at(resource *schemaResource, pointer string) *tree.Node {
	if n := x.inputs[pointer]; n != nil && resource == x.document {
		return n
	}
	return resource.node.At(pointer)
}

// fragmentOf returns a JSON Pointer as a reference.
func fragmentOf(pointer string) string { return "#" + (&url.URL{Fragment: pointer}).EscapedFragment() }

func (x *Index) resource(id string, home *schemaResource) (*schemaResource, error) {
	if id == "" {
		return home, nil
	}
	u, err := home.id.Parse(id)
	if err != nil {
		return nil, fmt.Errorf("%q is not a valid URI reference", id)
	}
	if u.String() == home.id.String() {
		return home, nil
	}
	if u.String() == x.document.id.String() {
		return x.document, nil
	}
	switch found := x.resources[u.String()]; len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, fmt.Errorf("no schema of the document has that $id, and schemas are not loaded from elsewhere")
	}
	return nil, fmt.Errorf("several schemas of the document have that $id")
}

func (x *Index) anchor(name anchorName, within schemaPlace) (schemaPlace, error) {
	found := x.anchors[name]
	own := slices.DeleteFunc(slices.Clone(found), func(p schemaPlace) bool {
		return p.pointer != within.pointer && !strings.HasPrefix(p.pointer, within.pointer+"/")
	})
	if len(own) > 0 {
		found = own
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return schemaPlace{}, fmt.Errorf("no schema of the document has the $anchor %q", name.name)
	}
	return schemaPlace{}, fmt.Errorf("several schemas have the $anchor %q", name.name)
}

// resolve finds what a reference of a schema, one of [schemaReferences], names.
func (s *Schema) resolve(keyword string, n *tree.Node) (target schemaPlace, declared bool, err error) {
	ref := n.Get(keyword)
	if ref == nil || ref.Kind != tree.String {
		return schemaPlace{}, false, nil
	}
	target, err = s.document.resolve(ref.Text, n, schemaPlace{s.Node, s.pointer})
	if keyword == "$dynamicRef" && err == nil {
		if name := target.node.Get("$dynamicAnchor").Str(); name != "" && len(s.document.dynamic[name]) > 1 {
			err = fmt.Errorf("several schemas with an $id have the $dynamicAnchor %q; name one of them with $ref", name)
		}
	}
	return target, true, err
}

// Target returns the schema that the $ref of a schema names, or nil.
func (s *Schema) Target(n *tree.Node) *tree.Node {
	target, _, _ := s.resolve("$ref", n)
	return target.node
}
