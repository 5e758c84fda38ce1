package arazzo

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// YAML returns the document as YAML 1.2. Fields are in the order in which
// they were read, added ones after them in the order of the specification;
// comments are not kept.
func (d *Document) YAML() ([]byte, error) { return d.written().YAML() }

// JSON returns the document as JSON, indented; the order is that of [Document.YAML].
func (d *Document) JSON() []byte { return d.written().JSON() }

// Node returns the document as it stands, changes by program included.
func (d *Document) Node() Node { return Node{d.written()} }

func (d *Document) written() *tree.Node { return writeObject(reflect.ValueOf(d).Elem()) }

// writeObject writes the fields of the source in their order, then what was
// added since.
func writeObject(v reflect.Value) *tree.Node {
	table, o := fieldsOf(v.Type()), objectOf(v)
	n := &tree.Node{Kind: tree.Object}
	written := map[string]bool{}
	add := func(name string, child *tree.Node) {
		if child != nil {
			n.Members = append(n.Members, tree.Member{Name: name, Value: child})
		}
		written[name] = true
	}
	if o.source != nil && o.source.Kind == tree.Object {
		free := o.free()
		for _, m := range o.source.Members {
			if f := table.byName(m.Name); f != nil {
				add(m.Name, writeField(v.Field(f.index), m.Value))
			} else {
				add(m.Name, free[m.Name])
			}
		}
	}
	for _, f := range table.fields {
		if !written[f.name] {
			add(f.name, writeField(v.Field(f.index), nil))
		}
	}
	for _, extra := range slices.Concat(o.Extensions, o.Unknown) {
		if !written[extra.Name] {
			add(extra.Name, extra.Value.tree)
		}
	}
	return n
}

// free returns the extensions and unknown fields by name.
func (o *Object) free() map[string]*tree.Node {
	if len(o.Extensions)+len(o.Unknown) == 0 {
		return nil
	}
	values := map[string]*tree.Node{}
	for _, f := range slices.Backward(slices.Concat(o.Extensions, o.Unknown)) {
		values[f.Name] = f.Value.tree // of several the first
	}
	return values
}

// writeField returns the node of a field, or nil where it has none. What still
// is as it was read is given back as it was written.
func writeField(v reflect.Value, source *tree.Node) *tree.Node {
	if source != nil && unchanged(v, source) {
		return source
	}
	if v.IsZero() {
		return nil
	}
	return writeValue(v)
}

// unchanged reports whether a scalar still holds what its source says; a
// source of the wrong kind, which reading left at zero, counts as that.
func unchanged(v reflect.Value, source *tree.Node) bool {
	_, free := v.Interface().(freeNames)
	switch {
	case v.Kind() == reflect.String:
		return v.String() == source.Str()
	case v.Type() == floatType || v.Type() == intType || v.Type() == typeType && source.Kind == tree.String:
		read := reflect.New(v.Type()).Elem()
		(&reader{}).value(read, source, "")
		if v.Type() == typeType {
			return v.FieldByName("Type").String() == source.Text && v.FieldByName("Version").String() == ""
		}
		return reflect.DeepEqual(v.Interface(), read.Interface())
	case v.Type() == outType:
		return v.FieldByName("Expression").String() == source.Str() && v.FieldByName("Selector").IsNil()
	case v.Kind() == reflect.Slice && !free:
		return v.IsNil() && source.Kind != tree.Array
	case v.Kind() == reflect.Slice, v.Kind() == reflect.Pointer:
		return v.IsNil() && source.Kind != tree.Object
	}
	return false
}

func writeValue(v reflect.Value) *tree.Node {
	_, free := v.Interface().(freeNames)
	switch {
	case v.Type() == nodeType:
		return v.Interface().(Node).tree
	case v.Type() == floatType:
		return &tree.Node{Kind: tree.Number, Text: strconv.FormatFloat(v.Elem().Float(), 'f', -1, 64)}
	case v.Type() == intType:
		return &tree.Node{Kind: tree.Number, Text: strconv.FormatInt(v.Elem().Int(), 10)}
	case v.Type() == outType && v.FieldByName("Selector").IsNil():
		return &tree.Node{Kind: tree.String, Text: v.FieldByName("Expression").String()}
	case v.Type() == outType:
		return writeValue(v.FieldByName("Selector"))
	case v.Type() == typeType && v.FieldByName("Version").String() == "":
		return &tree.Node{Kind: tree.String, Text: v.FieldByName("Type").String()}
	case v.Kind() == reflect.String:
		return &tree.Node{Kind: tree.String, Text: v.String()}
	case free:
		n := &tree.Node{Kind: tree.Object}
		for i := range v.Len() {
			entry := v.Index(i)
			n.Members = append(n.Members, tree.Member{Name: entry.FieldByName("Name").String(), Value: writeValue(entry.FieldByName("Value"))})
		}
		return n
	case v.Kind() == reflect.Slice:
		n := &tree.Node{Kind: tree.Array}
		for i := range v.Len() {
			n.Items = append(n.Items, writeValue(v.Index(i)))
		}
		return n
	case v.Kind() == reflect.Pointer:
		return writeObject(v.Elem())
	}
	return writeObject(v)
}
