package view

import (
	"fmt"
	"io"
	"slices"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
)

// findings writes what went wrong in the places where it is written, as check writes
// what it finds: failures, and the notes that runs have made.
type findings struct {
	write func([]arazzo.Diagnostic) error
	all   []arazzo.Diagnostic
	noted map[note]bool // by any run
}

// note is what several runs may say.
type note struct {
	at            arazzo.Position
	code, message string
}

func newGitHub(to io.Writer, _ about) format {
	return &findings{noted: map[note]bool{}, write: func(all []arazzo.Diagnostic) error { return check.WriteGitHub(to, all) }}
}

func newSARIF(to io.Writer, _ about) format {
	nothing := func(string) []byte { return nil } // no fixes are written
	return &findings{noted: map[note]bool{}, write: func(all []arazzo.Diagnostic) error { return check.WriteSARIF(to, all, nothing) }}
}

func (f *findings) run(r *run) error {
	failures := r.failures()
	for _, d := range slices.Concat(failures, r.diagnostics) {
		if d.Code == stepFailed || d.Code == runFailed {
			f.all = append(f.all, d)
			continue
		}
		if key := (note{d.Position, d.Code, d.Message}); !f.noted[key] {
			f.noted[key] = true
			f.all = append(f.all, d)
		}
	}
	return nil
}

func (f *findings) close() error { return f.write(f.all) }

// Codes of what failed.
const (
	stepFailed = "step-failed"
	runFailed  = "run-failed"
)

// failures returns why a run failed: a step, what it raised, or what no step shows.
func (r *run) failures() (list []arazzo.Diagnostic) {
	for _, s := range r.steps {
		list = append(list, s.errors()...)
		if !r.fails(s) || s.status != "failed" {
			continue
		}
		at, ok := r.place(s)
		if !ok {
			at = arazzo.Position{File: r.document}
		}
		list = append(list, arazzo.Diagnostic{Severity: arazzo.Error, Code: stepFailed, Position: at,
			Message: fmt.Sprintf("%s, step %q failed: %s", r.path(s), s.id, s.reason)})
	}
	if len(list) == 0 && r.status != "succeeded" {
		message := fmt.Sprintf("%s: %s", r.title(), r.status)
		if r.err != nil {
			message += ": " + r.err.Message
		}
		list = []arazzo.Diagnostic{{Severity: arazzo.Error, Code: runFailed, Position: arazzo.Position{File: r.document}, Message: message}}
	}
	return list
}
