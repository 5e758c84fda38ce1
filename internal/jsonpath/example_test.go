package jsonpath_test

import (
	"fmt"

	"github.com/gobelin-dev/gobelin/internal/jsonpath"
)

func ExampleParse() {
	q, err := jsonpath.Parse("$.items[?@.n > 1].name")
	if err != nil {
		panic(err)
	}
	fmt.Println(q.Select(map[string]any{"items": []any{
		map[string]any{"n": int64(1), "name": "a"},
		map[string]any{"n": int64(2), "name": "b"},
	}}))
	// Output: [b]
}

// Most published conditions are comparisons, which are no queries.
func ExampleParseCondition() {
	c, err := jsonpath.ParseCondition("$.status == 'ended'", jsonpath.RFC9535)
	if err != nil {
		panic(err)
	}
	fmt.Println(c.Test(map[string]any{"status": "ended"}, nil, false).Pass)
	fmt.Println(c.Notes(), c.Correction())
	// Output:
	// true
	// [jsonpath-predicate] $[?$.status == 'ended']
}
