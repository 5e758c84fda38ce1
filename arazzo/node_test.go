package arazzo

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

func TestNodes(t *testing.T) {
	tests := []struct {
		value any
		kind  Kind
		name  string
		len   int
		str   string
		json  string
	}{
		{nil, KindNull, "null", 0, "", `null`},
		{true, KindBool, "a boolean", 0, "", `true`},
		{int64(5), KindNumber, "a number", 0, "", `5`},
		{json.Number("1.10"), KindNumber, "a number", 0, "", `1.10`},
		{"a\n", KindString, "a string", 0, "a\n", `"a\n"`},
		{[]any{"a", []any{}}, KindArray, "an array", 2, "", `["a",[]]`},
		{map[string]any{"b": 1, "a": map[string]any{}}, KindObject, "an object", 2, "", `{"a":{},"b":1}`},
	}
	for _, test := range tests {
		n := NewNode(test.value)
		text, err := json.Marshal(map[string]Node{"n": n})
		switch {
		case !n.Exists() || n.Kind() != test.kind || n.Kind().String() != test.name:
			t.Errorf("%v: it is %s", test.value, n.Kind())
		case n.Len() != test.len || n.Str() != test.str:
			t.Errorf("%v: length %d, string %q", test.value, n.Len(), n.Str())
		case err != nil || string(text) != `{"n":`+test.json+`}` || n.String() != test.json:
			t.Errorf("%v: %s and %s, %v", test.value, text, n, err)
		}
	}
	if KindMissing.String() != "missing" || Kind(99).String() != "missing" {
		t.Error(KindMissing, Kind(99))
	}
}

// TestMissingNodes asks the zero Node everything.
func TestMissingNodes(t *testing.T) {
	n := NewNode(map[string]any{"a": []any{1}}).Get("b").At("/c")
	if n != (Node{}) || n.Exists() || n.Kind() != KindMissing || n.Str()+n.String() != "" || n.Value() != nil || n.Len() != 0 ||
		n.Position() != (Position{}) {
		t.Errorf("%#v", n)
	}
	for range n.Items() {
		t.Error("it has an item")
	}
	for range n.Members() {
		t.Error("it has a member")
	}
	if !n.Equal(Node{}) || n.Equal(NewNode(nil)) || NewNode(nil).Equal(n) {
		t.Error("missing equals null, or not itself")
	}
	if text, err := json.Marshal([]Node{n}); err != nil || string(text) != "[null]" {
		t.Errorf("%s, %v", text, err)
	}
}

func TestNodesOfADocument(t *testing.T) {
	doc, err := Parse([]byte(sourceTest))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for name, v := range doc.Origin().At("/workflows/0/steps/0").Members() {
		got = append(got, fmt.Sprint(name, " ", v.Position().Line, ":", v.Position().Column, " ", v.Kind()))
		if name == "successCriteria" {
			for range v.Items() {
				break // a loop may end early
			}
		}
	}
	want := []string{"stepId 7:13 a string", "operationId 8:18 a string", "successCriteria 10:5 an array",
		"outputs 15:14 an object", "parametres 16:17 an array"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestPlacesOfNames(t *testing.T) {
	doc, err := ParseFile("d.yaml", []byte(sourceTest))
	if err != nil {
		t.Fatal(err)
	}
	step := &doc.Workflows[0].Steps[0].Object
	for _, test := range []struct {
		names          []string
		value, name    string
		pointer        string
		ofName, ending string
	}{
		{nil, "7:5", "7:5", "/workflows/0/steps/0", "", ""},
		{[]string{"outputs", "o"}, "15:18", "15:15", "/workflows/0/steps/0/outputs/o", "15:16", "15:32"},
		{[]string{"successCriteria", "1"}, "13:7", "13:7", "/workflows/0/steps/0/successCriteria/1", "", ""},
		{[]string{"outputs", "p"}, "15:14", "15:14", "/workflows/0/steps/0/outputs", "", ""},
		{[]string{"p", "q"}, "7:5", "7:5", "/workflows/0/steps/0", "", ""},
	} {
		value, name := step.At(test.names...), step.NameAt(test.names...)
		at := func(line, column int) string { return fmt.Sprintf("%d:%d", line, column) }
		if at(value.Line, value.Column) != test.value || at(name.Line, name.Column) != test.name ||
			value.Pointer != test.pointer || name.Pointer != test.pointer {
			t.Errorf("%q: %+v and %+v", test.names, value, name)
		}
		if test.ofName == "" {
			continue
		}
		value, name = doc.Locate(value), doc.Locate(name)
		if at(value.EndLine, value.EndColumn) != test.ending || at(name.EndLine, name.EndColumn) != test.ofName {
			t.Errorf("%q: the ends are %+v and %+v", test.names, value, name)
		}
	}
}

func TestMinor(t *testing.T) {
	minors := map[string]int{"": 0, "1.0.1": 0, "1.0.0-rc.1": 0, "1.1.0": 1, "1.1.2-draft": 1, "1.1": 0, "1.10.0": 0, "2.1.1": 0}
	for version, minor := range minors {
		if got := (&Document{Version: version}).Minor(); got != minor {
			t.Errorf("%q: %d", version, got)
		}
	}
}
