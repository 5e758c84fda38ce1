package jsonpath_test

import (
	"testing"

	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/syntax"
	"github.com/gobelin-dev/gobelin/internal/value"
)

func FuzzPredicate(f *testing.F) {
	for _, seed := range []string{"$.a == 'x'", "$.items.length > 0 || $.b", "$[?@.s=='x']", "$.t > $inputs.b", "count($.a[*]) == 1",
		"$..a[0:1:2]",
		"!($.a<1)&&@.b!=null", `$["a\n"] == "\u0041"`, "$.a[?@.b.length==$inputs.n]", "match($.a,'b')",
		"$.a[?(@.b)].length == 0", "1 < @..[0:2].length && $.a.*.length != $inputs.n"} {
		f.Add(seed, `{"a":[1,{"b":"x"}],"s":"x","items":[],"t":1e400,"length":2}`)
	}
	f.Fuzz(func(t *testing.T, s, text string) {
		doc, err := value.Decode([]byte(text))
		if err != nil {
			doc = text
		}
		for _, dialect := range []jsonpath.Dialect{jsonpath.RFC9535, jsonpath.Goessner} {
			c, err := jsonpath.ParseCondition(s, dialect)
			if err != nil {
				if e, ok := err.(*syntax.Error); !ok || e.Offset < 0 || e.Offset > len(s) {
					t.Fatalf("an error without a place: %#v", err)
				}
				continue
			}
			c.Test(doc, func(i int) (any, bool) { return doc, i%2 == 0 }, false)
			c.Correction()
			c.Term()
			c.RootFilter()
		}
	})
}

// FuzzLiteral checks that a value put into a condition stays one literal.
func FuzzLiteral(f *testing.F) {
	for _, seed := range []string{"x", "' || true || '", `\' || $.a == '`, "\"", "\x00\n", "\\", "😀"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc := map[string]any{"a": string([]rune(s))}
		literal, err := jsonpath.Literal(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"$.a == " + literal, "$.a == '" + jsonpath.EscapeIn('\'', s) + "'", `$.a == "` + jsonpath.EscapeIn('"', s) +
			`"`} {
			c, err := jsonpath.ParseCondition(text, jsonpath.RFC9535)
			if err != nil {
				if len(s) > 16<<10 {
					return
				}
				t.Fatalf("%s: %v", text, err)
			}
			if !c.Test(doc, nil, false).Pass {
				t.Fatalf("%s is not true for %q", text, s)
			}
		}
	})
}
