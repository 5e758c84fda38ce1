package arazzo

import (
	"reflect"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// Walk calls visit for a document and every object in it, in the order of the
// specification's fields; an object comes before those that it holds.
func Walk(d *Document, visit func(*Object)) { walk(reflect.ValueOf(d).Elem(), visit) }

func walk(v reflect.Value, visit func(*Object)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), visit)
		}
	case reflect.Struct:
		if v.Type() == nodeType {
			return
		}
		table := fieldsOf(v.Type())
		if len(table.fields) == 0 { // an entry of a Map, or an Output
			for i := range v.NumField() {
				walk(v.Field(i), visit)
			}
			return
		}
		o := objectOf(v)
		if v.IsZero() || v.Type() == typeType && o.source != nil && o.source.Kind == tree.String {
			return // a type that is absent, or a string
		}
		visit(o)
		for _, f := range table.fields {
			walk(v.Field(f.index), visit)
		}
	}
}
