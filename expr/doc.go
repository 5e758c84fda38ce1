// Package expr evaluates the runtime expressions of Arazzo documents outside of
// a run (Arazzo 1.0.1 and 1.1.0, Runtime Expressions and Criterion Object):
//
//	e, err := expr.Parse("$response.body#/id")
//	…
//	id, ok := e.Eval(env)
//
// There are three kinds of text. [Parse] reads an expression, which has a value;
// [ParseTemplate] a text with expressions in braces, which has a text;
// [ParseCondition] a simple condition, which is true or false. A string of a
// document is an expression where Parse accepts it, and otherwise a template.
//
// Expressions mean here what they mean when package runtime runs a document: the
// code that evaluates them is the same. What the specification leaves open is
// decided by the rulings of docs/semantics.md, C1–C8 for conditions and E1–E13 for
// values. Only what depends on the declarations of a document is left out:
// expressions in a text without braces (E1a), and names with brackets that do not
// parse as accessors, such as $inputs.filter[status] (E5).
//
// # Values
//
// A value is nil, bool, string, int64, float64, json.Number (for a number that
// neither int64 nor float64 holds exactly), []byte (for bytes that are not
// text), []any or map[string]any. An [Env] may hold any other Go value that
// encoding/json can marshal; it is converted when an expression leads to it. A Go
// value without JSON form is missing.
//
// Missing is not null: a value that is missing is reported by a second result,
// and nil is always the JSON null. In conditions a missing value is compared as
// null (C6).
//
// # Concurrency
//
// What parsing returns is immutable and safe for concurrent use. Evaluating only
// reads the Env, so that goroutines may share one that nobody modifies.
package expr
