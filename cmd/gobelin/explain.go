package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/explain"
	"github.com/gobelin-dev/gobelin/runtime"
)

// lastFailure remembers of a run what explains its failure: the exchange of the step
// that failed last.
type lastFailure struct {
	exchange, failed *stepExchange
}

// stepExchange is what a step has sent and received, secrets masked.
type stepExchange struct {
	at     runtime.At
	wanted []string // security schemes that were not satisfied
	status int
	header http.Header
	body   []byte
	reason string // why the step failed
}

func (l *lastFailure) onEvent(e runtime.Event) {
	at := runtime.EventAt(e)
	switch e := e.(type) {
	case *runtime.RequestSent:
		l.exchange = &stepExchange{at: at, wanted: e.Wanted}
	case *runtime.ResponseReceived:
		if l.exchange != nil {
			l.exchange.status, l.exchange.header, l.exchange.body = e.Status, e.Header, e.Body
		}
	case *runtime.StepFinished:
		own := l.exchange != nil && l.exchange.at.StepID == at.StepID && l.exchange.at.Depth == at.Depth
		switch {
		case e.Succeeded:
			l.failed = nil
		case own:
			l.exchange.reason, l.failed = e.Reason, l.exchange
		}
	}
}

// explained returns an error of a run, followed by what the server answered and which
// credentials it may have missed, by the names under which they can be given.
func (l *lastFailure) explained(err error, names []string) error {
	var step *runtime.StepError
	if l.failed == nil || !errors.As(err, &step) {
		return err
	}
	f := l.failed
	text := ""
	if f.at.StepID != step.StepID || f.at.WorkflowID != step.WorkflowID {
		text += fmt.Sprintf("\n  workflow %q, step %q: %s", f.at.WorkflowID, f.at.StepID, f.reason)
	}
	if said := explain.Excerpt(f.header.Get("Content-Type"), f.body); said != "" {
		text += "\n  the response: " + said
	}
	if len(f.wanted) > 0 && (f.status == http.StatusUnauthorized || f.status == http.StatusForbidden) {
		name := f.wanted[0]
		for _, other := range names {
			if !slices.Contains(names, name) && strings.HasSuffix(other, "."+name) {
				name = other
			}
		}
		text += fmt.Sprintf("\n  the operation asks for a credential that was not given (%s); use --credential %s=VALUE",
			listed(f.wanted), name)
	}
	return &explainedError{err, text}
}

// explainedError is an error with more lines.
type explainedError struct {
	err  error
	more string
}

func (e *explainedError) Error() string { return e.err.Error() + e.more }
func (e *explainedError) Unwrap() error { return e.err }
