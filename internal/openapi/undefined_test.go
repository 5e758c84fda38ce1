package openapi

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// emptyValues are the columns of testdata/undefined.yaml.
var emptyValues = map[string]Value{
	"missing": {}, "null": {OK: true}, "array": {V: []any{}, OK: true}, "object": {V: map[string]any{}, OK: true},
	"text":  {V: "", OK: true},
	"nulls": {V: []any{nil}, OK: true}, "members": {V: map[string]any{"m": nil}, OK: true},
}

// schemas are the types that a parameter may declare: how a value is written
// does not depend on them.
var schemas = []map[string]any{
	{"type": "string"}, {"type": "integer"}, {"type": "boolean"}, {"type": "array", "items": map[string]any{"type": "string"}},
	{"type": "object"}, {"type": []any{"string", "null"}}, {"type": "string", "nullable": true}, {},
}

// TestUndefined checks all locations, styles and types against the table in
// testdata/undefined.yaml.
func TestUndefined(t *testing.T) {
	data, err := os.ReadFile("testdata/undefined.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, row := range root.Get("rows").Items {
		for _, declared := range parameters(row) {
			for _, version := range row.Get("versions").Items {
				op := withParameter(t, version.Text, declared)
				for column, v := range emptyValues {
					want := row.Get(column)
					if want == nil {
						want = root.Get("defaults").Get(column)
					}
					if want == nil || want.Text == "ask" {
						continue
					}
					asked++
					expected := want.Text
					if byName := row.Get("by name"); expected == "none" && byName != nil && declared["required"] == true && v.OK {
						expected = byName.Text
					}
					if text := sentFor(op, declared, v); text != expected &&
						!(expected == "none" && text == "fails" && declared["required"] == true) {
						t.Errorf("%s %s of %s: %q, want %q", version.Text, column, value.AppendJSON(nil, declared), text, expected)
					} else if expected == "none" && declared["required"] == true && text != "fails" {
						t.Errorf("%s %s of %s: a request without it is sent", version.Text, column, value.AppendJSON(nil, declared))
					}
				}
			}
		}
	}
	if asked < 5000 {
		t.Errorf("%d cells", asked)
	}
}

// parameters returns the declarations that a row is about.
func parameters(row *tree.Node) (list []map[string]any) {
	in := row.Get("in").Str()
	for _, schema := range schemas {
		for _, required := range []bool{true, false} {
			if in == "path" && !required {
				continue
			}
			for _, how := range manners(row) {
				p := map[string]any{"name": "p", "in": in, "required": required}
				if row.Get("empty") != nil {
					p["allowEmptyValue"] = true
				}
				for name, v := range how {
					p[name] = v
				}
				switch content := row.Get("content"); {
				case content != nil:
					p["content"] = map[string]any{content.Text: map[string]any{"schema": schema}}
				case row.Get("formats") == nil:
					p["schema"] = schema
				default:
					for name, v := range schema {
						p[name] = v
					}
				}
				list = append(list, p)
			}
		}
	}
	return list
}

// manners returns the ways of writing that a row names.
func manners(row *tree.Node) (list []map[string]any) {
	if row.Get("content") != nil {
		return []map[string]any{{}}
	}
	if formats := row.Get("formats"); formats != nil {
		for _, format := range formats.Items {
			list = append(list, map[string]any{"collectionFormat": format.Text})
		}
		return list
	}
	for _, style := range row.Get("styles").Items {
		for _, explode := range []bool{true, false} {
			list = append(list, map[string]any{"style": style.Text, "explode": explode})
		}
	}
	return list
}

func withParameter(t *testing.T, version string, declared map[string]any) *Operation {
	t.Helper()
	path := "/a"
	if declared["in"] == "path" {
		path = "/{p}/a"
	}
	field := "openapi"
	if version == "2.0" {
		field = "swagger"
	}
	text := value.AppendJSON(nil, map[string]any{field: version,
		"paths": map[string]any{path: map[string]any{"post": map[string]any{"operationId": "o", "parameters": []any{declared}}}}})
	d, err := Load(text, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	op, err := d.OperationByID("o")
	if err != nil {
		t.Fatal(err)
	}
	return op
}

// sentFor returns what a request contains for the parameter p: "none" for
// nothing, "fails" if there is no request.
func sentFor(op *Operation, declared map[string]any, v Value) string {
	in := declared["in"].(string)
	var keys []ArgKey
	var values []Value
	var payload *Payload
	if in == "formData" {
		members := map[string]any{}
		if v.OK {
			members["p"] = v.V
		}
		payload = &Payload{ContentType: op.DefaultContentType(), Value: members, Order: &value.Order{Names: []string{"p"}}}
	} else {
		keys, values = []ArgKey{{"p", in}}, []Value{v}
	}
	b, err := op.Bind(keys)
	if err != nil {
		return err.Error()
	}
	r, err := b.Build(values, payload)
	var none *NoValueError
	if errors.As(err, &none) && none.Name == "p" && none.In == in && none.Lack != "" {
		return "fails"
	}
	if err != nil {
		return err.Error()
	}
	sent, found := "", false
	switch in {
	case "path":
		sent, found = strings.CutSuffix(strings.TrimPrefix(r.URL, "/"), "/a")
	case "header":
		lines := r.Header["P"]
		sent, found = strings.Join(lines, "\n"), lines != nil
	case "cookie":
		sent = r.Header.Get("Cookie")
		found = sent != ""
	case "formData":
		sent, found = string(r.Body), len(r.Body) > 0
	default:
		_, sent, found = strings.Cut(r.URL, "?")
	}
	if !found {
		return "none"
	}
	return sent
}
