// Package expr reads and evaluates the two small languages of Arazzo: runtime
// expressions with the texts they are embedded in (Arazzo 1.0.1, Runtime
// Expressions), and simple conditions (Criterion Object, Literals and
// Operators). What the specification leaves open follows the rulings C1–C8 and
// E1–E13 of docs/semantics.md.
//
// The package knows no documents and no HTTP: whoever evaluates supplies the
// values of expressions. What parsing returns is immutable and safe for
// concurrent use.
package expr
