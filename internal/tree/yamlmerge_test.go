package tree

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// mergeCases are texts, each with the JSON text of its meaning.
func mergeCases(t testing.TB) (cases [][3]string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "merge.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range strings.Split("\n"+string(data), "\n=== ")[1:] {
		title, rest, _ := strings.Cut(c, "\n")
		text, want, _ := strings.Cut(rest, "\n---> ")
		cases = append(cases, [3]string{title, text + "\n", want})
	}
	return cases
}

func TestMergeKeys(t *testing.T) {
	for _, c := range mergeCases(t) {
		t.Run(c[0], func(t *testing.T) {
			n, err := Parse([]byte(c[1]))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(value.AppendJSON(nil, n.Value())); got != strings.TrimSpace(c[2]) {
				t.Errorf("%s\nwant %s", got, c[2])
			}
			for _, o := range outlines {
				outlined, err := ParseOutline([]byte(c[1]), o)
				if err != nil {
					t.Fatal(err)
				}
				if d := differ(outlined, n, ""); d != "" {
					t.Error(d)
				}
			}
			checkMerge(t, []byte(c[1]))
		})
	}
}

// TestMergedMembersKeepTheirPlaces checks that a message about a merged member
// points to where it is written.
func TestMergedMembersKeepTheirPlaces(t *testing.T) {
	n, err := Parse([]byte("base: &base\n  a: 1\n  b: 2\nc:\n  <<: *base\n  b: 3\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][4]int{"a": {2, 3, 2, 6}, "b": {6, 3, 6, 6}} {
		m, _ := n.Get("c").Member(name)
		if got := [4]int{m.Line, m.Column, m.Value.Line, m.Value.Column}; got != want {
			t.Errorf("%s is at %v, want %v", name, got, want)
		}
	}
}

// TestMergedMembersAreFound looks up members of an object with so many that
// look-ups use a map.
func TestMergedMembersAreFound(t *testing.T) {
	var own, base strings.Builder
	for i := range 2 * indexed {
		own.WriteString(", a" + strconv.Itoa(i) + ": own")
		base.WriteString(", b" + strconv.Itoa(i) + ": base")
	}
	for _, text := range []string{own.String() + ", a: own", ", a: own"} {
		n, err := Parse([]byte("{<<: {" + (base.String() + ", a: base")[2:] + "}" + text + "}"))
		if err != nil {
			t.Fatal(err)
		}
		if n.Get("a").Str() != "own" || n.Get("b31").Str() != "base" || n.Get("<<") != nil {
			t.Error(n.Get("a"), n.Get("b31"), n.Get("<<"))
		}
	}
}

// checkMerge compares the meaning of a text with how the YAML library decodes
// it.
func checkMerge(t *testing.T, data []byte) {
	t.Helper()
	var want any
	wantErr := yaml.Unmarshal(data, &want)
	n, err := ParseYAML(data)
	mergeErr := err != nil && strings.Contains(err.Error(), "merge key")
	switch {
	case mergeErr && wantErr == nil:
		t.Errorf("%v, but the library returns %v\n%s", err, want, excerpt(data))
	case err != nil || wantErr != nil:
		// The library refuses to merge an alias of a list.
		if err == nil && strings.Contains(wantErr.Error(), "map merge requires") && !strings.Contains(string(data), "*") {
			t.Errorf("merged, but the library says %v\n%s", wantErr, excerpt(data))
		}
	case hasOtherKeys(want): // which the library does not merge
	default:
		if at := differentShape(n, want, ""); at != "" {
			t.Errorf("%s: %s, but the library returns %v\n%s", at, value.AppendJSON(nil, n.Value()), want, excerpt(data))
		}
	}
}

// hasOtherKeys reports whether a value of the YAML library has a map with keys that are
// not strings.
func hasOtherKeys(v any) bool {
	switch v := v.(type) {
	case map[any]any:
		return true
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), hasOtherKeys)
	case []any:
		return slices.ContainsFunc(v, hasOtherKeys)
	}
	return false
}

// differentShape returns where a node and a value of the YAML library do not
// have the same members, items or strings, or "". The library's other scalars,
// and its keys that are not strings, are those of another schema.
func differentShape(n *Node, v any, at string) string {
	switch v := v.(type) {
	case map[string]any:
		if n.Kind != Object || len(n.Members) < len(v) {
			return at
		}
		for _, m := range n.Members {
			inner, ok := v[m.Name]
			if !ok && slices.Contains([]string{"", "~", "null", "Null", "NULL"}, m.Name) { // which the library loses when it merges
				continue
			}
			if !ok {
				return at + "/" + m.Name
			}
			if d := differentShape(m.Value, inner, at+"/"+m.Name); d != "" {
				return d
			}
		}
	case []any:
		if n.Kind != Array || len(n.Items) != len(v) {
			return at
		}
		for i, item := range n.Items {
			if d := differentShape(item, v[i], at+"/"+strconv.Itoa(i)); d != "" {
				return d
			}
		}
	case string:
		if n.Kind == String && n.Text != v {
			return at
		}
	}
	return ""
}

func FuzzMergeKeys(f *testing.F) {
	for _, c := range mergeCases(f) {
		f.Add([]byte(c[1]))
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkMerge(t, data) })
}
