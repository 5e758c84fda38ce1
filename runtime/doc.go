// Package runtime runs Arazzo workflows.
//
// [Compile] links a document with its source descriptions into a [Program]: all
// references resolved, every expression, condition, template and schema parsed.
// A Program is immutable and may run many times at once.
//
// [Program.Run] runs a workflow over net/http. It is a short loop around an
// [Execution], a state machine that performs no I/O, reads no clock and starts
// no goroutine: it says what it needs next and is told what happened. Other
// ways to run (a journal, a simulation, a debugger) are other loops around the
// same machine.
//
// docs/semantics.md defines, ruling by ruling, what a document means when it runs;
// comments here name the rulings (F4, C11).
package runtime
