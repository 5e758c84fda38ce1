// Package expr parses and evaluates the two small languages of Arazzo: runtime
// expressions, with the texts that they are embedded in (Arazzo 1.0.1, Runtime
// Expressions), and simple conditions (Criterion Object, Literals and
// Operators). What the specification leaves open is decided by the rulings C1–C8
// and E1–E13 of docs/semantics.md.
//
// The package does not know documents or HTTP: the caller supplies the values
// that expressions refer to. What parsing returns is immutable and safe for
// concurrent use. The public package of the same name evaluates it against an
// Env, package runtime against a run.
package expr
