package openapi

import (
	"cmp"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// maxSought bounds how many schemas are looked at for an element.
const maxSought = 2_000

// XMLPlace returns the reference tokens of what of a value becomes the element, or with @ the
// attribute, that a path of local names leads to in the XML that is written of it; what the
// schema does not have is a member of that name. With descendant the path begins at the first
// element of its first name. ok is false if no value becomes that.
func (m *MediaType) XMLPlace(path []string, descendant bool) (tokens []string, ok bool) {
	if m == nil || len(path) == 0 {
		return nil, false
	}
	s := xmlSearch{left: maxSought}
	root := rootOf(m)
	if local(root) == path[0] {
		return s.inside(root, m.Schema, m.Home, path[1:])
	}
	if descendant {
		return s.anywhere(root, m.Schema, m.Home, path)
	}
	if root != "" {
		return nil, false
	}
	return s.inside("", m.Schema, m.Home, path)
}

func local(name string) string { return name[strings.LastIndexByte(name, ':')+1:] }

type xmlSearch struct{ left int }

// inside follows a path from the element that a value of a schema is.
func (s *xmlSearch) inside(own string, schema *tree.Node, home *Description, path []string) ([]string, bool) {
	if len(path) == 0 {
		return nil, true
	}
	if s.left--; s.left < 0 {
		return nil, false
	}
	schema, home = resolved(schema, home)
	if items := schema.Get("items"); items != nil { // an array that is an element
		item, _ := resolved(items, home)
		if name := cmp.Or(item.Get("xml").Get("name").Str(), own); local(name) != path[0] {
			return nil, false
		}
		tokens, ok := s.inside(own, items, home, path[1:])
		return append([]string{"0"}, tokens...), ok
	}
	var tokens []string
	found, ok := false, false
	s.members(schema, home, func(name string, member *tree.Node, at *Description) bool {
		tokens, ok, found = s.member(name, member, at, path)
		return !found
	})
	if !found && path[0][0] != '@' {
		return path, true
	}
	return tokens, ok
}

// member follows a path that may lead through a member of an object.
func (s *xmlSearch) member(name string, schema *tree.Node, home *Description, path []string) (tokens []string, ok, found bool) {
	schema, home = resolved(schema, home)
	items := schema.Get("items")
	own := cmp.Or(schema.Get("xml").Get("name").Str(), name)
	first := path[0]
	rest := schema
	tokens = []string{name}
	switch nodeType(schema, items != nil) {
	case "attribute":
		own = "@" + own
	case "none":
		if items == nil {
			return nil, false, false
		}
		item, _ := resolved(items, home)
		own = cmp.Or(item.Get("xml").Get("name").Str(), name)
		tokens, rest = append(tokens, "0"), items
	case "element":
	default:
		return nil, false, false
	}
	if at := strings.TrimPrefix(own, "@"); local(at) != strings.TrimPrefix(first, "@") || (own != at) != (first[0] == '@') {
		return nil, false, false
	}
	more, ok := s.inside(own, rest, home, path[1:])
	return append(tokens, more...), ok, true
}

// members calls visit for the members that a schema declares, until it returns false.
func (s *xmlSearch) members(schema *tree.Node, home *Description, visit func(name string, member *tree.Node, home *Description) bool) bool {
	if s.left--; s.left < 0 {
		return false
	}
	schema, home = resolved(schema, home)
	if properties := schema.Get("properties"); properties != nil {
		for _, m := range properties.Members {
			if !visit(m.Name, m.Value, home) {
				return false
			}
		}
	}
	for _, field := range []string{"allOf", "oneOf", "anyOf"} {
		if list := schema.Get(field); list != nil {
			for _, part := range list.Items {
				if !s.members(part, home, visit) {
					return false
				}
			}
		}
	}
	return true
}

// anywhere looks for the first element that a path begins with below a value of a schema.
func (s *xmlSearch) anywhere(own string, schema *tree.Node, home *Description, path []string) (tokens []string, ok bool) {
	if s.left--; s.left < 0 {
		return nil, false
	}
	schema, home = resolved(schema, home)
	if items := schema.Get("items"); items != nil {
		if tokens, ok = s.inside(own, schema, home, path); ok {
			return tokens, true
		}
		tokens, ok = s.anywhere(own, items, home, path)
		return append([]string{"0"}, tokens...), ok
	}
	s.members(schema, home, func(name string, member *tree.Node, at *Description) bool {
		var found bool
		tokens, ok, found = s.member(name, member, at, path)
		return !found
	})
	if ok {
		return tokens, true
	}
	s.members(schema, home, func(name string, member *tree.Node, at *Description) bool {
		if tokens, ok = s.anywhere(name, member, at, path); ok {
			tokens = append([]string{name}, tokens...)
		}
		return !ok
	})
	return tokens, ok
}
