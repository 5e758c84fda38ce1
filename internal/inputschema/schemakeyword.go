package inputschema

import (
	"strconv"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// schemaKeyword says where a keyword of JSON Schema has schemas, and to what
// these apply.
type schemaKeyword struct {
	shape   schemaShape
	applies schemaApplies
}

type schemaShape uint8

const (
	oneSchema schemaShape = iota
	schemaList
	schemasByName
)

type schemaApplies uint8

const (
	toNothing schemaApplies = iota // until something refers to them
	toValue                        // that the keyword's own schema applies to
	toMembers                      // or items of that value
)

var schemaKeywords = map[string]schemaKeyword{
	"$defs":       {schemasByName, toNothing},
	"definitions": {schemasByName, toNothing},

	"allOf":            {schemaList, toValue},
	"anyOf":            {schemaList, toValue},
	"oneOf":            {schemaList, toValue},
	"not":              {oneSchema, toValue},
	"if":               {oneSchema, toValue},
	"then":             {oneSchema, toValue},
	"else":             {oneSchema, toValue},
	"dependentSchemas": {schemasByName, toValue},
	"dependencies":     {schemasByName, toValue},

	"properties":            {schemasByName, toMembers},
	"patternProperties":     {schemasByName, toMembers},
	"additionalProperties":  {oneSchema, toMembers},
	"unevaluatedProperties": {oneSchema, toMembers},
	"propertyNames":         {oneSchema, toMembers},
	"prefixItems":           {schemaList, toMembers},
	"items":                 {oneSchema, toMembers},
	"contains":              {oneSchema, toMembers},
	"unevaluatedItems":      {oneSchema, toMembers},
	"contentSchema":         {oneSchema, toNothing},
}

// schemaReferences are the keywords that refer to a schema. What a
// $dynamicRef means follows from its place in the document: see [Schema.resolve].
var schemaReferences = []string{"$ref", "$dynamicRef"}

// subschema is a schema inside of another.
type subschema struct {
	keyword, name string // name: of the member or the index of the item, if the keyword has several
	applies       schemaApplies
	node          *tree.Node
}

// pointer returns the way from the outer schema.
func (s *subschema) pointer() string {
	pointer := "/" + value.PointerToken(s.keyword)
	if schemaKeywords[s.keyword].shape != oneSchema {
		pointer += "/" + value.PointerToken(s.name)
	}
	return pointer
}

// subschemas returns the schemas that the keywords of a schema have.
func subschemas(n *tree.Node) (list []subschema) {
	if n == nil || n.Kind != tree.Object {
		return nil
	}
	for _, m := range n.Members {
		k, known := schemaKeywords[m.Name]
		switch {
		case !known:
		case k.shape == oneSchema:
			list = append(list, subschema{m.Name, "", k.applies, m.Value})
		case k.shape == schemaList:
			for i, item := range m.Value.Items {
				list = append(list, subschema{m.Name, strconv.Itoa(i), k.applies, item})
			}
		default:
			for _, member := range m.Value.Members {
				list = append(list, subschema{m.Name, member.Name, k.applies, member.Value})
			}
		}
	}
	return list
}
