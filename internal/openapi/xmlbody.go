package openapi

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// An object is written as XML by the XML Objects of its schema (OpenAPI 3.2, XML
// Object; the names of its nodeType are those of the earlier attribute and wrapped).

// EncodeXML writes an object or array as a body of a media type in XML (ruling O9).
func EncodeXML(v any, media *MediaType) (string, error) {
	if !isCompound(v) {
		return "", errors.New("an XML document is written from an object or an array")
	}
	text, err := encodeXML(Value{V: v}, media)
	return string(text), err
}

// encodeXML writes an object or array whose root element the schema names, or which
// has a single member that is the root.
func encodeXML(v Value, media *MediaType) ([]byte, error) {
	w := xmlWriter{}
	var schema *tree.Node
	var home *Description
	if media != nil {
		schema, home = resolved(media.Schema, media.Home)
	}
	members, isObject := v.V.(map[string]any)
	if err := Unwritable("application/xml", media, compoundName(v.V), len(members)); err != nil {
		return nil, err
	}
	if name := rootOf(media); name != "" {
		w.element(name, schema, home, v.V, v.Order)
	} else if isObject {
		w.members(schema, home, members, v.Order)
	}
	return w.text, w.err
}

// rootOf returns the name of the root element, which the schema of a body has or is
// referred to by; "" if it has none.
func rootOf(media *MediaType) string {
	if media == nil {
		return ""
	}
	schema, _ := resolved(media.Schema, media.Home)
	ref := media.Schema.Get("$ref").Str()
	return cmp.Or(schema.Get("xml").Get("name").Str(), ref[strings.LastIndexByte(ref, '/')+1:])
}

type xmlWriter struct {
	text  []byte
	err   error
	depth int
}

// maxXMLDepth bounds the nesting of elements.
const maxXMLDepth = 1000

// nodeType returns what a value of a schema is in XML.
func nodeType(schema *tree.Node, isArray bool) string {
	xml := schema.Get("xml")
	switch {
	case xml.Get("nodeType") != nil:
		return xml.Get("nodeType").Str()
	case xml.Get("attribute").True():
		return "attribute"
	case isArray && !xml.Get("wrapped").True():
		return "none"
	}
	return "element"
}

// qualified returns the name of a node with the prefix that its schema has for it.
func qualified(name string, schema *tree.Node) string {
	if prefix := schema.Get("xml").Get("prefix").Str(); prefix != "" {
		return prefix + ":" + name
	}
	return name
}

// value writes a member of an object, or an item that is given the name of its array.
func (w *xmlWriter) value(name string, schema *tree.Node, home *Description, v any, order *value.Order) {
	schema, home = resolved(schema, home)
	xml := schema.Get("xml")
	items, isArray := v.([]any)
	own := cmp.Or(xml.Get("name").Str(), name)
	switch nodeType(schema, isArray) {
	case "attribute":
		return // written with its element
	case "none":
		if isArray {
			w.items(name, schema, home, items, order)
		} else if members, ok := v.(map[string]any); ok {
			w.members(schema, home, members, order)
		}
		return
	case "text":
		w.characters(xmlText.Replace, v)
		return
	case "cdata":
		w.characters(func(text string) string { return "<![CDATA[" + cdata(text) + "]]>" }, v)
		return
	}
	w.element(own, schema, home, v, order)
}

func (w *xmlWriter) characters(escape func(string) string, v any) {
	if v == nil {
		return
	}
	text := value.Text(v)
	w.fail(checkXML(text))
	w.text = append(w.text, escape(text)...)
}

func (w *xmlWriter) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// items writes each item of an array as an element, which is called as the schema of
// the items says, else as the array is.
func (w *xmlWriter) items(name string, schema *tree.Node, home *Description, items []any, order *value.Order) {
	for i, item := range items {
		w.value(name, schema.Get("items"), home, item, order.At(i))
	}
}

// element writes an element with its attributes.
func (w *xmlWriter) element(name string, schema *tree.Node, home *Description, v any, order *value.Order) {
	if w.depth++; w.depth > maxXMLDepth {
		w.fail(fmt.Errorf("the payload is nested more than %d levels deep", maxXMLDepth))
	}
	if w.err != nil {
		return
	}
	tag := w.name(qualified(name, schema))
	w.text = append(append(w.text, '<'), tag...)
	declared := map[string]bool{}
	w.namespace(schema, declared)
	if v == nil {
		w.text = append(w.text, ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>`...)
		w.depth--
		return
	}
	members, isObject := v.(map[string]any)
	if isObject {
		w.attributes(schema, home, members, order, declared)
	}
	w.text = append(w.text, '>')
	switch items, isArray := v.([]any); {
	case isObject:
		w.members(schema, home, members, order)
	case isArray:
		w.items(name, schema, home, items, order)
	default:
		w.characters(xmlText.Replace, v)
	}
	w.text = append(append(append(w.text, "</"...), tag...), '>')
	w.depth--
}

func (w *xmlWriter) members(schema *tree.Node, home *Description, members map[string]any, order *value.Order) {
	order.Each(members, func(name string, member any, inside *value.Order) {
		s, h := property(schema, home, name)
		w.value(name, s, h, member, inside)
	})
}

// attributes writes the members of an object that are attributes.
func (w *xmlWriter) attributes(schema *tree.Node, home *Description, members map[string]any, order *value.Order, declared map[string]bool) {
	order.Each(members, func(name string, member any, _ *value.Order) {
		s, _ := resolved(property(schema, home, name))
		if nodeType(s, false) != "attribute" || member == nil {
			return
		}
		if isCompound(member) {
			w.fail(fmt.Errorf("%q is an attribute, and cannot be written from %s", name, compoundName(member)))
			return
		}
		text := value.Text(member)
		w.fail(checkXML(text))
		w.namespace(s, declared)
		attribute := w.name(qualified(cmp.Or(s.Get("xml").Get("name").Str(), name), s))
		w.text = append(w.text, " "+attribute+`="`+xmlAttribute.Replace(text)+`"`...)
	})
}

// namespace declares the namespace of a schema in the tag that is being written.
func (w *xmlWriter) namespace(schema *tree.Node, declared map[string]bool) {
	xml := schema.Get("xml")
	namespace, prefix := xml.Get("namespace").Str(), xml.Get("prefix").Str()
	if namespace == "" || declared[prefix] || prefix == "" && xml.Get("attribute").True() {
		return
	}
	declared[prefix] = true
	attribute := "xmlns"
	if prefix != "" {
		attribute = w.name("xmlns:" + prefix)
	}
	w.fail(checkXML(namespace))
	w.text = append(w.text, " "+attribute+`="`+xmlAttribute.Replace(namespace)+`"`...)
}

// name rejects what cannot be a name.
func (w *xmlWriter) name(name string) string {
	if !isXMLName(name) || checkXML(name) != nil || strings.ContainsAny(name[:1], "-.0123456789") {
		w.fail(fmt.Errorf("%q is no name that an element or attribute can have", name))
	}
	return name
}

// resolved follows the references of a schema within what was read when the program
// was linked: a run reads nothing. One that leads nowhere says nothing.
func resolved(schema *tree.Node, home *Description) (*tree.Node, *Description) {
	for range maxReferences {
		if schema.Get("$ref").Str() == "" || home == nil {
			return schema, home
		}
		var err error
		if schema, home, err = home.followRead(schema); err != nil {
			return nil, home
		}
	}
	return nil, home
}

// maxPreloaded bounds how many schemas of a body are looked at before a run.
const maxPreloaded = 10_000

// preload reads the documents that the schema of a body refers to.
func preload(schema *tree.Node, home *Description, seen map[*tree.Node]bool) {
	if schema == nil || seen[schema] || len(seen) >= maxPreloaded {
		return
	}
	seen[schema] = true
	schema, home, err := home.Resolve(schema)
	if err != nil || schema.Kind != tree.Object {
		return
	}
	for _, m := range schema.Members {
		switch m.Name {
		case "properties":
			for _, property := range m.Value.Members {
				preload(property.Value, home, seen)
			}
		case "allOf", "oneOf", "anyOf":
			for _, part := range m.Value.Items {
				preload(part, home, seen)
			}
		case "items", "additionalProperties":
			preload(m.Value, home, seen)
		}
	}
}

// maxComposed bounds how many schemas of a composition are looked into.
const maxComposed = 256

// property returns the schema of a member: that of the schema itself or of what it
// is composed of, the first that has it; nil if none has.
func property(schema *tree.Node, home *Description, name string) (*tree.Node, *Description) {
	left := maxComposed
	if found, at := propertyIn(schema, home, name, &left); found != nil {
		return found, at
	}
	schema, home = resolved(schema, home)
	if more := schema.Get("additionalProperties"); more != nil && more.Kind == tree.Object {
		return more, home
	}
	return nil, home
}

func propertyIn(schema *tree.Node, home *Description, name string, left *int) (*tree.Node, *Description) {
	if *left--; *left < 0 {
		return nil, home
	}
	if schema, home = resolved(schema, home); schema == nil {
		return nil, home
	}
	if found := schema.Get("properties").Get(name); found != nil {
		return found, home
	}
	for _, field := range []string{"allOf", "oneOf", "anyOf"} {
		list := schema.Get(field)
		if list == nil {
			continue
		}
		for _, part := range list.Items {
			if found, at := propertyIn(part, home, name, left); found != nil {
				return found, at
			}
		}
	}
	return nil, home
}
