package jsonpath

import (
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// FuzzSelect compares what is selected with what the library selects, which
// evaluates without a bound and members in any order.
func FuzzSelect(f *testing.F) {
	for _, s := range []string{"$..[?@.a > 1 || !@.b]", "$[::-1, 'a', ?count(@.*) == 2]",
		"$[?@.a == $..b]", "$.a[1:3]..*", "$[?length(@) != value(@..a)]"} {
		f.Add(s, `{"a": [1, {"a": "x", "b": null}, [2, true]], "b": {"a": 2}}`)
	}
	f.Fuzz(func(t *testing.T, query, document string) {
		if len(query) > 60 || len(document) > 200 || strings.Contains(query, "match") {
			return
		}
		q, err := Parse(query)
		if err != nil {
			return
		}
		doc, err := value.Decode([]byte(document))
		if err != nil {
			return
		}
		got, err := q.Select(doc)
		if err != nil {
			return
		}
		texts := func(list []any) (texts []string) {
			for _, v := range list {
				texts = append(texts, string(value.AppendJSON(nil, v)))
			}
			slices.Sort(texts)
			return texts
		}
		if want := q.rfc.Select(doc, doc); !slices.Equal(texts(got), texts(want)) {
			t.Errorf("%s on %s: %s, not %s", query, document, texts(got), texts(want))
		}
		places, err := q.Locate(doc)
		if err != nil || len(places) != len(got) {
			t.Errorf("%s on %s: %d places of %d values: %v", query, document, len(places), len(got), err)
		}
	})
}
