// Package jsonpath evaluates JSONPath on JSON values:
//
//	q, err := jsonpath.Parse("$.items[?@.price > 10].name")
//	…
//	names := q.Select(doc)
//
// [Parse] reads a query of RFC 9535; [Goessner] reads the dialect that came
// before it. [ParseCondition] reads the condition of an Arazzo criterion of type
// jsonpath (Arazzo 1.0.1, Criterion Object): a query, which is met if it selects a
// node, or a comparison such as $.status == 'ended', which is not a query but is
// what most documents have. Conditions mean here what they mean when package
// runtime runs a document; the rulings C10–C13 of docs/semantics.md say what that
// is.
//
// # Values
//
// A document is nil, bool, string, int64, float64, json.Number, []any or
// map[string]any, as are the values that a query selects. Any other Go value that
// encoding/json can marshal is converted, at each call, so that
// json.RawMessage(text) is the document that a JSON text holds. Nothing is
// selected from, and no condition met by, a value without JSON form, or one that
// would take longer than about a second. Numbers are compared exactly.
//
// # Concurrency
//
// What parsing returns is immutable and safe for concurrent use. Evaluating only
// reads the document.
package jsonpath
