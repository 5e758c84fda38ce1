// Package attack is a suite of attacks: documents, descriptions, inputs, answers
// of servers, snapshots and numbers that want to crash, hang or flood a run, or to
// make it send something where it may not. Each has the error or outcome that it
// must lead to, within bounds of time and memory.
//
// The attacks are data in testdata, and changes made at every place of something
// valid: of a document, a description, a snapshot. `go test` runs the quick ones;
// with GOBELIN_ATTACKS set, all.
package attack
