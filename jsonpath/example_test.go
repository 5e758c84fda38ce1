package jsonpath_test

import (
	"encoding/json"
	"fmt"

	"github.com/gobelin-dev/gobelin/jsonpath"
)

var order = json.RawMessage(`{
	"status": "ended",
	"items": [{"name": "pen", "price": 2}, {"name": "lamp", "price": 30}]
}`)

func ExampleParse() {
	q, err := jsonpath.Parse("$.items[?@.price > 10].name")
	if err != nil {
		panic(err)
	}
	fmt.Println(q.Select(order))
	fmt.Println(q.Locate(order))
	// Output:
	// [lamp]
	// [[items 1 name]]
}

// Most documents have comparisons, which are not queries.
func ExampleParseCondition() {
	c, err := jsonpath.ParseCondition("$.status == 'ended' && $.items[?@.price > 10]")
	if err != nil {
		panic(err)
	}
	fmt.Println(c.Test(order))
	fmt.Println(c.Test(map[string]any{"status": "ended"}))
	// Output:
	// true
	// false
}

// An error shows the place.
func ExampleParseCondition_error() {
	_, err := jsonpath.ParseCondition("$.status = 'ended'")
	fmt.Println(err)
	// Output:
	// invalid comparison operator
	// $.status = 'ended'
	//          ^
}

func ExampleDialect_Parse() {
	q, err := jsonpath.Goessner.Parse("$.items[(@.length-1)].name")
	if err != nil {
		panic(err)
	}
	fmt.Println(q.Select(order))
	// Output: [lamp]
}
