// Package jsonpath evaluates JSONPath: RFC 9535 queries, the older Goessner
// dialect, and the conditions of Arazzo criteria of type jsonpath, most of
// which are published as a comparison ($.status == 'ended'), which is not a
// query. The rulings C10–C13 and C16 of docs/semantics.md say how those are read.
//
// What parsing returns is immutable and safe for concurrent use. Documents are
// plain JSON values: nil, bool, string, int64, float64, json.Number, []any and
// map[string]any. Numbers are compared as float64, so that integers beyond 2^53
// may be equal to their neighbors.
package jsonpath
