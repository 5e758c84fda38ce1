// Package arazzo reads and writes Arazzo documents (versions 1.0 and 1.1 of the
// specification): a typed model that knows where in the source everything
// is, all mistakes of shape in one pass, and a writer that keeps the order.
//
//	doc, err := arazzo.ReadFile("orders.arazzo.yaml")
//	…
//	for _, w := range doc.Workflows {
//
// The model has a type for each object of the specification, named and built as
// it is there, from [Document] down. What can be any JSON value (a payload, the
// value of a parameter, a schema, an extension) is a [Node]. Documents may be
// changed, or made, by program, and are written by [Document.YAML] and
// [Document.JSON].
//
// # Places and edits
//
// Every object knows the [Position] of what is in it: [Object.At],
// [Object.NameAt], [Document.Locate] and [Document.Within]. An editor, or a rule
// of your own that returns a [Diagnostic], changes the text and not the model, so
// that the rest of it stays as it is: [Document.Replace],
// [Document.ReplaceValue] and [Document.Remove] return an [Edit].
//
// The package evaluates nothing; package runtime links and runs a document, and
// package check says what can be known about it before.
package arazzo
