package arazzo

import (
	"reflect"
	"strings"
	"sync"
)

// A field is what the struct tags say of one fixed field of an object.
type field struct {
	name     string
	index    int
	required bool
	filled   bool     // an array of at least one item
	enum     []string // the values of a string; nil: any
	since    string   // the version that has brought it; empty: 1.0
}

type fieldTable struct {
	fields []field
	names  []string
}

var fieldTables sync.Map // reflect.Type to *fieldTable

// fieldsOf returns the fixed fields of an object's struct type.
func fieldsOf(t reflect.Type) *fieldTable {
	if table, ok := fieldTables.Load(t); ok {
		return table.(*fieldTable)
	}
	table := &fieldTable{}
	for i := range t.NumField() {
		tag, ok := t.Field(i).Tag.Lookup("arazzo")
		if !ok {
			continue
		}
		options := strings.Split(tag, ",")
		f := field{name: options[0], index: i, enum: strings.Fields(t.Field(i).Tag.Get("enum")), since: t.Field(i).Tag.Get("since")}
		for _, option := range options[1:] {
			f.required = f.required || option == "required"
			f.filled = f.filled || option == "filled"
		}
		table.fields = append(table.fields, f)
		table.names = append(table.names, f.name)
	}
	fieldTables.Store(t, table)
	return table
}

func (t *fieldTable) byName(name string) *field {
	for i := range t.fields {
		if t.fields[i].name == name {
			return &t.fields[i]
		}
	}
	return nil
}

var (
	nodeType  = reflect.TypeFor[Node]()
	floatType = reflect.TypeFor[*float64]()
	intType   = reflect.TypeFor[*int64]()
	typeType  = reflect.TypeFor[ExpressionType]()
	outType   = reflect.TypeFor[Output]()
)

func objectOf(v reflect.Value) *Object { return v.FieldByName("Object").Addr().Interface().(*Object) }
