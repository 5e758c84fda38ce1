// Package openapi reads OpenAPI descriptions (2.0, 3.0, 3.1, 3.2) as far as a
// client needs them: it finds operations, binds arguments to their parameters,
// builds requests by the rules of style and explode, and reads responses.
//
// A description is a tree with positions; an operation is parsed only when it
// is needed, so that sloppy parts of a description that nobody uses do no harm.
// The package knows nothing of Arazzo and performs no I/O.
package openapi
