// Package view writes what runs did for those who look at it elsewhere: test reports
// of CI systems, HAR files for the tools of browsers, pages. Every format is made from
// the same events, of a run that is under way or of a trace.
package view

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/trace"
)

// An Output is a format, one of [Formats], with where it is written to.
type Output struct {
	Format string
	To     io.Writer
}

// Formats returns the names of the formats.
func Formats() []string { return slices.Sorted(maps.Keys(formats)) }

// format writes runs, each when it is over.
type format interface {
	run(*run) error
	close() error
}

// about is what is known before the first run.
type about struct {
	tool    string           // "gobelin v1.2.3"
	program *runtime.Program // nil: it is not known
}

var formats = map[string]func(io.Writer, about) format{
	"ctrf":   newCTRF,
	"github": newGitHub,
	"har":    newHAR,
	"html":   newPage,
	"junit":  newJUnit,
	"md":     newMarkdown,
	"sarif":  newSARIF,
}

// A Writer writes runs in several formats at once. It may be used by several
// goroutines, as the listener of a [runtime.Batch] is. Until a run is over its events
// are kept in memory; of bodies beyond 256 MiB only the beginning is.
type Writer struct {
	about about
	outs  []output

	mu   sync.Mutex
	open map[int]*run
	kept int // bytes of bodies, of runs that are open
	err  error
}

type output struct {
	name   string
	format format
	buffer *bufio.Writer
}

// NewWriter returns a Writer of reports on runs of a program, which is where what has
// happened has its place; without one (nil) places are left out. tool is what writes
// them, such as "gobelin v1.2.3".
func NewWriter(p *runtime.Program, tool string, outs ...Output) (*Writer, error) {
	w := &Writer{about: about{tool: tool, program: p}, open: map[int]*run{}}
	for _, o := range outs {
		begin := formats[o.Format]
		if begin == nil {
			return nil, fmt.Errorf("there is no format %q%s", o.Format, nearest.Hint(o.Format, Formats()))
		}
		buffer := bufio.NewWriterSize(o.To, 64<<10)
		w.outs = append(w.outs, output{o.Format, begin(buffer, w.about), buffer})
	}
	return w, nil
}

// Begin begins a run, whose index is 0 unless there are several. The program may be
// another one than that of the Writer. A run of a batch begins with its first event.
func (w *Writer) Begin(index int, p *runtime.Program, workflowID string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begin(index, p, workflowID, time.Now()).named = true
}

func (w *Writer) begin(index int, p *runtime.Program, workflowID string, at time.Time) *run {
	r := &run{index: index, workflowID: workflowID, began: at}
	if r.of(cmp.Or(p, w.about.program)); r.program != nil {
		r.document = r.stack.Program.Entry().Location
	}
	w.open[index] = r
	return r
}

// OnEvent takes an event. It is meant for runtime.Driver.OnEvent.
func (w *Writer) OnEvent(e runtime.Event) { w.event(runtime.EventAt(e).Run, e, false) }

// Listener returns a listener for one of several runs that are not those of a
// [runtime.Batch].
func (w *Writer) Listener(index int) func(runtime.Event) {
	return func(e runtime.Event) { w.event(index, e, false) }
}

func (w *Writer) event(index int, e runtime.Event, cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.open[index]
	if r == nil {
		at := runtime.EventAt(e)
		r = w.begin(index, nil, at.WorkflowID, at.Time)
	}
	w.kept += r.event(e, cut, maxKept-w.kept)
}

// End ends a run, which came to result and err; result may be nil. What is reported of
// it is written.
func (w *Writer) End(index int, result *runtime.Result, err error) {
	outcome := report.NewLine(0, "", result, err)
	w.end(index, outcome.Status, outcome.Error, time.Now())
}

func (w *Writer) end(index int, status string, err *report.Error, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.open[index]
	if r == nil {
		r = w.begin(index, nil, "", at)
	}
	delete(w.open, index)
	w.kept -= r.kept
	r.status, r.err, r.ended = status, err, at
	if err != nil {
		r.workflowID = cmp.Or(r.workflowID, err.WorkflowID)
	}
	for _, o := range w.outs {
		if e := o.format.run(r); e != nil && w.err == nil {
			w.err = fmt.Errorf("%s: %w", o.name, e)
		}
	}
}

// Close writes the ends of all reports. The error is the first of writing.
func (w *Writer) Close() error {
	for _, index := range slices.Sorted(maps.Keys(w.open)) { // whose trace ends with a crash
		w.end(index, "canceled", &report.Error{Type: "canceled", Message: "the run has no end in the trace"}, w.open[index].last())
	}
	for _, o := range w.outs {
		if e := cmp.Or(o.format.close(), o.buffer.Flush()); e != nil && w.err == nil {
			w.err = fmt.Errorf("%s: %w", o.name, e)
		}
	}
	return w.err
}

// Read takes all events of a trace. What a crash has cut off at its end is left out.
func (w *Writer) Read(from *trace.Reader) error {
	for {
		v, err := from.Next()
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
		switch v := v.(type) {
		case *trace.RunStarted:
			w.mu.Lock()
			r := w.begin(v.Run, nil, v.WorkflowID, v.Time)
			r.document, r.named = v.Document, true
			if v.Program != from.Header.Program { // it was made of something else than the others
				r.of(nil)
			}
			w.mu.Unlock()
		case *trace.RunFinished:
			w.end(v.Run, v.Status, v.Err, v.Time)
		case runtime.Event:
			w.event(runtime.EventAt(v).Run, v, from.Cut)
		}
	}
}
