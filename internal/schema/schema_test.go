package schema_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/google/go-cmp/cmp"
)

// file is a document of one file.
type file struct{ root *tree.Node }

func (f file) Location() string { return "types.yaml" }

func (f file) Follow(n *tree.Node) (*tree.Node, schema.Document, error) {
	target := f.root.At(strings.TrimPrefix(n.Get("$ref").Str(), "#"))
	if target == nil {
		return nil, nil, errors.New("leads nowhere")
	}
	return target, f, nil
}

func cases(t *testing.T, kind string, run func(*testing.T, file, *tree.Node)) {
	data, err := os.ReadFile("testdata/types.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range root.Get(kind).Items {
		t.Run(fmt.Sprint("line ", c.Line), func(t *testing.T) { run(t, file{root}, c) })
	}
}

func texts(n *tree.Node) (list []string) {
	if n != nil {
		for _, item := range n.Items {
			list = append(list, item.Text)
		}
	}
	return list
}

var presences = map[schema.Presence]string{schema.Unknown: "unknown", schema.Undeclared: "undeclared", schema.Never: "never",
	schema.Sometimes: "sometimes", schema.Always: "always"}

func TestFollow(t *testing.T) {
	cases(t, "follow", func(t *testing.T, f file, c *tree.Node) {
		tokens, err := value.SplitPointer(c.Get("at").Str())
		if err != nil {
			t.Fatal(err)
		}
		found := schema.Of(c.Get("schema"), f).Follow(tokens)
		if got := presences[found.Presence]; got != c.Get("is").Str() {
			t.Fatalf("is %s", got)
		}
		if want := c.Get("kinds"); want != nil && found.Type.Kinds().String() != want.Str() {
			t.Errorf("is %v", found.Type.Kinds())
		}
		if want := texts(c.Get("names")); want != nil {
			if diff := cmp.Diff(want, found.Names); diff != "" {
				t.Error(diff)
			}
			if found.Place.Line == 0 {
				t.Error("the schema that does not have it has no place")
			}
		}
	})
}

func TestValues(t *testing.T) {
	cases(t, "values", func(t *testing.T, f file, c *tree.Node) {
		typ := schema.Of(c.Get("schema"), f)
		values, closed := typ.Values()
		want, _ := c.Get("values").Value().([]any)
		if closed != (want != nil) || closed && !cmp.Equal(want, values) {
			t.Errorf("%v %v", values, closed)
		}
		if got := typ.Kinds().String(); got != c.Get("kinds").Str() {
			t.Errorf("is %s", got)
		}
	})
}

func TestRefuses(t *testing.T) {
	cases(t, "refuses", func(t *testing.T, f file, c *tree.Node) {
		given := schema.Constant(c.Get("value").Value())
		if of := c.Get("of"); of != nil {
			given = schema.Of(of, f)
		}
		got := ""
		if p := schema.Of(c.Get("schema"), f).Refuses(given, c.Get("text").True()); p != nil {
			if got = p.Want; p.Fault == schema.NotListed {
				got = "listed"
			}
		}
		if got != c.Get("because").Str() {
			t.Errorf("refused: %q", got)
		}
	})
}

func TestRequired(t *testing.T) {
	cases(t, "required", func(t *testing.T, f file, c *tree.Node) {
		if diff := cmp.Diff(texts(c.Get("names")), schema.Of(c.Get("schema"), f).Required()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestWideSchemasAreBounded checks that a schema that branches without end soon
// becomes open.
func TestWideSchemasAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("defs:\n")
	for i := range 200 {
		fmt.Fprintf(&b, "  S%d:\n    oneOf:\n", i)
		for j := range 8 {
			fmt.Fprintf(&b, "      - {allOf: [{$ref: '#/defs/S%d'}, {properties: {p%d: {$ref: '#/defs/S%d'}}}]}\n", (i+j+1)%200, j,
				(i*7+j)%200)
		}
	}
	root, err := tree.Parse([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan schema.Presence, 1)
	go func() {
		done <- schema.Of(root.At("/defs/S0"), file{root}).Follow([]string{"p0", "p1", "p2", "p3", "x"}).Presence
	}()
	select {
	case p := <-done:
		if p != schema.Unknown {
			t.Error(presences[p])
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no end")
	}
}

func TestMadeTypes(t *testing.T) {
	made := schema.ObjectOf([]string{"a", "b"}, []*schema.Type{schema.Constant("x"),
		schema.ArrayOf([]*schema.Type{schema.Kind(schema.Integer)})})
	for pointer, want := range map[string]string{"/a": "always a string", "/b/0": "always an integer", "/b/1": "never", "/c": "never"} {
		tokens, _ := value.SplitPointer(pointer)
		found := made.Follow(tokens)
		got := presences[found.Presence]
		if found.Type != nil {
			got += " " + found.Type.Kinds().String()
		}
		if got != want {
			t.Errorf("%s is %s, want %s", pointer, got, want)
		}
	}
	if union := schema.Union(schema.Constant("x"), schema.Constant(nil)); union.Kinds() != schema.String|schema.Null {
		t.Error(union.Kinds())
	}
	if found := schema.Constant(map[string]any{"a": []any{int64(1)}}).Follow([]string{"a", "0"}); found.Presence != schema.Always {
		t.Error(presences[found.Presence])
	}
}
