package jsonpath_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/gobelin-dev/gobelin/jsonpath"
	"github.com/google/go-cmp/cmp"
)

// Documents are any Go values that have a JSON form.
func TestSelect(t *testing.T) {
	type item struct {
		N int `json:"n"`
	}
	for _, test := range []struct {
		query string
		doc   any
		want  []any
	}{
		{"$.items[?@.n > 1]", map[string][]item{"items": {{1}, {2}}}, []any{map[string]any{"n": int64(2)}}},
		{"$.items[?@.n > 1]", json.RawMessage(`{"items": [{"n": 2}]}`), []any{map[string]any{"n": int64(2)}}},
		{"$[?@ == 5]", []uint8{}, nil},
		{"$[?@ == 5]", []uint16{4, 5}, []any{int64(5)}},
		{"$", nil, []any{nil}},
		{"$", math.NaN(), nil},
		{"$", json.RawMessage("{"), nil},
	} {
		q, err := jsonpath.Parse(test.query)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Select(test.doc); len(got) != len(test.want) || len(got) > 0 && !cmp.Equal(got, test.want) {
			t.Errorf("%s of %v: %#v", q, test.doc, got)
		}
	}
}

func TestLocate(t *testing.T) {
	q, err := jsonpath.Parse("$..n")
	if err != nil {
		t.Fatal(err)
	}
	got := q.Locate(map[string]any{"a": []any{map[string]int{"n": 1}}})
	if diff := cmp.Diff([][]any{{"a", 0, "n"}}, got); diff != "" {
		t.Error(diff)
	}
	if got := q.Locate(make(chan int)); got != nil {
		t.Errorf("a channel has %v", got)
	}
}

func TestConditions(t *testing.T) {
	doc := json.RawMessage(`{"status": "ended", "tags": ["a", "b"], "zero": 0, "items": [{"x": 1}, {}]}`)
	for _, test := range []struct {
		condition string
		dialect   jsonpath.Dialect
		want      bool
	}{
		{"$.status == 'ended'", jsonpath.RFC9535, true},
		{"@.status == 'Ended'", jsonpath.RFC9535, false},
		{"$.zero", jsonpath.RFC9535, true},
		{"$.none", jsonpath.RFC9535, false},
		{"$.tags.length == 2", jsonpath.RFC9535, true},
		{"$.items[?(@.x)].length == 1", jsonpath.RFC9535, true},
		{"$[?@.status == 'ended']", jsonpath.RFC9535, true},
		{"$.tags[(@.length-1)]", jsonpath.Goessner, true},
		{"$.items[?(@.x == 2)]", jsonpath.Goessner, false},
	} {
		c, err := test.dialect.ParseCondition(test.condition)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Test(doc); got != test.want {
			t.Errorf("%s: %t", c, got)
		}
		if c.Test(math.Inf(1)) {
			t.Errorf("infinity meets %s", c)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, test := range []struct {
		text   string
		offset int
		parse  func(string) error
	}{
		{"$.a[", 4, func(s string) error { _, err := jsonpath.Parse(s); return err }},
		{"$.a[?(@.b == [1])]", 18, func(s string) error { _, err := jsonpath.Goessner.Parse(s); return err }},
		{"$.a = 1", 4, func(s string) error { _, err := jsonpath.ParseCondition(s); return err }},
		{"$.a == '$inputs.b' || $.a == $inputs.b", 29, func(s string) error { _, err := jsonpath.ParseCondition(s); return err }},
	} {
		var invalid *jsonpath.SyntaxError
		if err := test.parse(test.text); !errors.As(err, &invalid) || invalid.Text != test.text || invalid.Offset != test.offset {
			t.Errorf("%s: %#v", test.text, err)
			continue
		}
		if want := invalid.Message + "\n" + test.text + "\n" + strings.Repeat(" ", test.offset) + "^"; invalid.Error() != want {
			t.Errorf("%s", invalid)
		}
	}
}

// Goroutines share what is parsed and the document; the race detector looks on.
func TestConcurrency(t *testing.T) {
	q, err := jsonpath.Parse("$.a[?@.n > 1]")
	if err != nil {
		t.Fatal(err)
	}
	c, err := jsonpath.ParseCondition("$.a.length == 2")
	if err != nil {
		t.Fatal(err)
	}
	doc := map[string]any{"a": []any{map[string]any{"n": 1}, map[string]any{"n": 2}}}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if len(q.Select(doc)) != 1 || !c.Test(doc) {
				t.Error("the result differs")
			}
		})
	}
	wg.Wait()
}
