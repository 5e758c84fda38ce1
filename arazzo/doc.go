// Package arazzo reads and writes Arazzo documents (versions 1.0 and 1.1 of the
// specification): a typed model that knows where in the source everything
// stands, all mistakes of shape in one pass, and a writer that keeps the order.
//
// The package evaluates nothing; package runtime links and runs a document.
package arazzo
