// Package durable runs workflows that survive the process: each exchange is
// written down before it is sent, and its answer when it has come, so that a run
// goes on where it was, in this process or another, and what was answered is never
// sent again.
//
// The journal is DBOS Transact in an SQLite file or a Postgres database. A run is
// one workflow of DBOS; its state is not stored but made again, by giving the
// machine of package runtime the answers of the journal. So its events are the
// same ones each time, and have the same numbers.
//
// An exchange whose process ended between the two entries is unknown: nobody can
// tell whether the server has seen it. It is sent again if that does no harm
// (RFC 9110, section 9.2.2) or if it has an idempotency key; else the run waits
// for a decision ([Engine.Decide]).
//
// Credentials are not in the journal: whoever goes on with a run supplies them
// again, by the [runtime.Driver]. What a server answered is there as it came, and
// what a caller gave as inputs, too.
package durable
