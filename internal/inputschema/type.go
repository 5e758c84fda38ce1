package inputschema

import (
	"fmt"

	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// Type returns what is known of the inputs, whose schema is in a document at a location.
func (s *Schema) Type(location string) *schema.Type { return schema.Of(s.Node, written{s, location}) }

// written is a schema with what it refers to.
type written struct {
	schema   *Schema
	location string
}

func (w written) Location() string { return w.location }

func (w written) Follow(n *tree.Node) (*tree.Node, schema.Document, error) {
	target := w.schema.Target(n)
	if target == nil {
		return nil, nil, fmt.Errorf("%s leads nowhere", n.Get("$ref").Str())
	}
	return target, w, nil
}
