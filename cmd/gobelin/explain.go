package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/explain"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

// telling holds the flags for what a run tells besides its progress.
type telling struct {
	explain, verbose, curl bool
}

func (t *telling) flags(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&t.explain, "explain", false, "explain every decision: conditions with values, actions, outputs, waits")
	f.BoolVarP(&t.verbose, "verbose", "v", false, "show requests and responses whole, secrets masked")
	f.BoolVar(&t.curl, "curl", false, "print a curl command for each request; secrets are shell variables, such as $API_KEY")
}

func (t *telling) any() bool { return t.explain || t.verbose || t.curl }

// listener returns a listener that tells what the flags ask for, and has x take notice
// of everything.
func (t *telling) listener(out *terminal, x *explain.Explainer) func(runtime.Event) {
	return func(e runtime.Event) {
		if t.explain {
			t.decision(out, x.Event(e))
		} else {
			x.Note(e)
		}
		switch e := e.(type) {
		case *runtime.RequestSent:
			if t.curl {
				_ = out.print(out.sentence("%s", explain.Curl(e)))
			}
			if t.verbose {
				_ = out.print(message(out, "> ", e.Method+" "+e.URL, e.Header, e.Body))
			}
		case *runtime.ResponseReceived:
			if t.verbose && e.Err == nil {
				status := strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status)))
				_ = out.print(message(out, "< ", status, e.Header, e.Body))
			}
		}
	}
}

// decision prints an explanation below the line of its event.
func (t *telling) decision(out *terminal, said *explain.Explanation) {
	if said == nil || said.Kind == explain.Step {
		return // the progress has the same
	}
	indent := strings.Repeat("  ", said.At.Depth+1)
	text := out.sentence("%s%s%s", indent, said.Text, in(said))
	for _, line := range said.Lines {
		text += out.sentence("%s  %s", indent, line)
	}
	_ = out.print(text)
}

// in says where in the document an explanation is from.
func in(said *explain.Explanation) string {
	if said.Place.Line == 0 || said.Kind == explain.Response {
		return ""
	}
	return " (" + said.Place.String() + ")"
}

// mostVerbose bounds a body that is shown, in bytes.
const mostVerbose = 64 << 10

// message writes a request or a response, each line after a mark.
func message(out *terminal, mark, first string, header http.Header, body []byte) string {
	text := out.sentence("%s%s", mark, first)
	for _, name := range sortedNames(header) {
		for _, v := range header[name] {
			text += out.sentence("%s%s: %s", mark, name, v)
		}
	}
	if len(body) == 0 {
		return text
	}
	text += strings.TrimSpace(mark) + "\n"
	shown := body
	if len(body) > mostVerbose {
		shown = bytes.ToValidUTF8(body[:mostVerbose], nil)
	}
	if !utf8.Valid(body) {
		return text + out.sentence("%s(%d bytes of %s)", mark, len(body), header.Get("Content-Type"))
	}
	for line := range strings.Lines(string(shown)) {
		text += out.sentence("%s%s", mark, strings.TrimSuffix(line, "\n"))
	}
	if len(body) > mostVerbose {
		text += out.sentence("%s… (%d bytes)", mark, len(body))
	}
	return text
}

// explained returns an error of a run, followed by what explains it: the place in the
// document, what was expected and what came, and which credentials may have been
// missing, by the names under which they can be given.
func explained(err error, x *explain.Explainer, names []string) error {
	var (
		step     *runtime.StepError
		budget   *runtime.BudgetError
		canceled *runtime.CanceledError
		lines    []string
	)
	switch f := x.Failure(); {
	case errors.As(err, &budget), errors.As(err, &canceled):
		lines = x.Stopped()
	case f == nil || !errors.As(err, &step):
		return err
	default:
		if f.At.StepID != step.StepID || f.At.WorkflowID != step.WorkflowID {
			lines = append(lines, fmt.Sprintf("workflow %q, step %q: %s", f.At.WorkflowID, f.At.StepID, f.Reason))
		}
		lines = append(lines, f.Lines()...)
		lines = append(lines, hints(f)...)
		if wanted := f.Unauthorized(); len(wanted) > 0 {
			name := wanted[0]
			for _, other := range names {
				if !slices.Contains(names, name) && strings.HasSuffix(other, "."+name) {
					name = other
				}
			}
			lines = append(lines, fmt.Sprintf("the operation asks for a credential that was not given (%s); use --auth %s=VALUE",
				strings.Join(wanted, ", "), name))
		}
	}
	if len(lines) == 0 {
		return err
	}
	return &explainedError{err, "\n  " + strings.Join(lines, "\n  ")}
}

// hints says what can be done about a response that did not come.
func hints(f *explain.Failure) []string {
	if f.Response == nil || f.Response.Err == nil || f.Request == nil {
		return nil
	}
	for _, h := range []struct{ found, hint string }{
		{"certificate", "--cacert FILE trusts another certificate authority"},
		{"connection refused", "nothing listens there; --server URL sends the requests to another place"},
		{"no such host", "there is no such host; --server URL sends the requests to another place"},
		{"larger than", "--max-body BYTES allows more"},
	} {
		if strings.Contains(f.Response.Err.Error(), h.found) {
			return []string{h.hint}
		}
	}
	return nil
}

// explainedError is an error with more lines.
type explainedError struct {
	err  error
	more string
}

func (e *explainedError) Error() string { return e.err.Error() + e.more }
func (e *explainedError) Unwrap() error { return e.err }
