package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

// each holds the flags for running every line of a file.
type each struct {
	file        string
	concurrency int
	perHost     int
	rate        string
	resume      string
	retryFailed bool
}

func (e *each) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&e.file, "each", "", "`FILE` (or -) of JSON lines: run the workflow once with the inputs of each, on top of those of "+
		"--inputs and -i, and print a line of JSON for each run")
	f.IntVar(&e.concurrency, "concurrency", 16, "with --each: `N` requests at once; waiting runs do not count")
	f.IntVar(&e.perHost, "per-host", 0, "with --each: `N` requests at once to one host")
	f.StringVar(&e.rate, "rate", "", "with --each: at most `N/s` requests; also N/m and N/h")
	f.StringVar(&e.resume, "resume", "", "with --each: append to `FILE`, and skip the lines that have a finished result in it")
	f.BoolVar(&e.retryFailed, "retry-failed", false, "with --resume: rerun the lines whose runs failed")
}

// perSecond reads --rate.
func (e *each) perSecond() (float64, error) {
	if e.rate == "" {
		return 0, nil
	}
	number, unit, _ := strings.Cut(e.rate, "/")
	seconds, ok := map[string]float64{"": 1, "s": 1, "m": 60, "h": 3600}[unit]
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !ok || !(n >= 1e-6) || n > 1e9 {
		return 0, fmt.Errorf("--rate %s: must be N/s, N/m or N/h", e.rate)
	}
	return n / seconds, nil
}

// maxLine bounds one line of inputs.
const maxLine = 64 << 20

// lines is a batch from a file of inputs to a file of results.
type lines struct {
	workflow string
	common   runtime.Inputs
	secrets  []string       // names of inputs that are not part of a digest
	before   map[int]record // by line: the result of an earlier batch
	retry    bool           // rerun lines whose runs failed before
	failFast bool           // end with the first run that fails
	end      context.CancelCauseFunc
	record   bool // the output is a file of results
	tracing  *tracing
	longest  int // line of inputs, in bytes

	mu      sync.Mutex
	open    map[int]inputLine // by index of a run that has not ended
	out     io.Writer
	broken  error // what ended the reading or the writing
	begun   bool  // whether a run has begun
	whole   bool  // whether all lines were read
	ended   int
	failed  int
	skipped int // lines that an earlier batch has finished
	lost    int // those of them whose runs failed
}

// inputLine is a line of the file of inputs.
type inputLine struct {
	number int
	text   []byte
	err    error  // why it has no text
	digest string // see lines.digest; empty if it is not needed
}

// scan yields the nonempty lines of a text until the context ends, even while
// waiting for the next line, as from a terminal.
func (l *lines) scan(ctx context.Context, r io.Reader) iter.Seq[inputLine] {
	return func(yield func(inputLine) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		read := make(chan inputLine)
		go func() {
			defer close(read)
			reader := bufio.NewReaderSize(decoded(r), 64<<10)
			for n := 1; ; n++ {
				text, err := readLine(reader, l.longest)
				if err == io.EOF {
					return
				}
				if err != nil && !errors.Is(err, errLongLine) {
					l.fail(err)
					return
				}
				text = bytes.TrimSpace(text)
				if err == nil && len(text) == 0 {
					continue
				}
				select {
				case read <- inputLine{number: n, text: text, err: err}:
				case <-ctx.Done():
					return
				}
			}
		}()
		for {
			select {
			case line, ok := <-read:
				if !ok || !yield(line) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

var errLongLine = fmt.Errorf("is longer than %d MiB", maxLine>>20)

// readLine reads a line, including its line break if it has one. It keeps
// nothing of a line that is too long.
func readLine(r *bufio.Reader, longest int) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := r.ReadSlice('\n')
		if long = long || len(line)+len(part) > longest; long {
			line = nil
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF && (long || len(line) > 0):
			err = nil // the next call returns it again
		}
		if err == nil && long {
			err = errLongLine
		}
		return line, err
	}
}

// object reads the inputs of a line; ok is false if it is not an object.
func (line inputLine) object() (inputs map[string]any, ok bool) {
	if line.err != nil {
		return nil, false
	}
	v, err := value.Decode(line.text)
	inputs, ok = v.(map[string]any)
	return inputs, err == nil && ok
}

// digest returns a digest of the inputs of a line that depends on their values,
// not on how they are written. It excludes secrets, because it is written to a
// file.
func (l *lines) digest(line inputLine) string {
	inputs, ok := line.object()
	if !ok {
		return digest(line.text)
	}
	for _, name := range l.secrets {
		delete(inputs, name)
	}
	return digest(value.AppendJSON(nil, inputs))
}

// skips reports whether an earlier batch has finished the line. It is an error
// if it did so with other inputs.
func (l *lines) skips(line inputLine) (bool, error) {
	before, ok := l.before[line.number]
	if !ok || !before.Done() || l.retry && before.Status == "failed" {
		return false, nil
	}
	if before.Inputs != "" && before.Inputs != l.digest(line) {
		return false, fmt.Errorf("line %d has other inputs than those whose result is there; start with a new file of results", line.number)
	}
	return true, nil
}

// verify checks before the first request that the results of an earlier batch
// belong to the inputs, and rewinds the inputs.
func (l *lines) verify(ctx context.Context, file *os.File) error {
	last := 0
	for line := range l.scan(ctx, file) {
		if _, err := l.skips(line); err != nil {
			return err
		}
		last = line.number
	}
	if err := errors.Join(l.problem(), context.Cause(ctx)); err != nil {
		return err
	}
	if most := slices.Max(slices.Collect(maps.Keys(l.before))); most > last {
		return fmt.Errorf("there is a result of line %d, and the inputs end at line %d; start with a new file of results", most, last)
	}
	_, err := file.Seek(0, io.SeekStart)
	return err
}

// read yields the inputs of each line to run. A line that is not an object is a
// failed run.
func (l *lines) read(ctx context.Context, r io.Reader) iter.Seq[runtime.Inputs] {
	return func(yield func(runtime.Inputs) bool) {
		index := 0
		for line := range l.scan(ctx, r) {
			skip, err := l.skips(line)
			if err != nil {
				l.fail(err)
				return
			}
			if skip {
				l.skip(line.number)
				continue
			}
			if l.record {
				line.digest = l.digest(line)
			}
			given, ok := line.object()
			if !ok {
				l.refuse(line)
				continue
			}
			inputs := runtime.Inputs{}
			maps.Copy(inputs, l.common)
			maps.Copy(inputs, given)
			line.text = nil
			l.mu.Lock()
			l.open[index] = line
			l.begun = true
			l.mu.Unlock()
			index++
			if !yield(inputs) {
				return
			}
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.whole = ctx.Err() == nil
	}
}

// skip counts a line that an earlier batch has finished.
func (l *lines) skip(number int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.skipped++
	if l.before[number].Status == "failed" {
		l.lost++
	}
}

// refuse writes the result of a line without inputs.
func (l *lines) refuse(line inputLine) {
	why := "is not a JSON object"
	if line.err != nil {
		why = line.err.Error()
	}
	violation := runtime.Violation{Message: fmt.Sprintf("line %d %s", line.number, why)}
	l.write(line, nil, &runtime.InputError{WorkflowID: l.workflow, Violations: []runtime.Violation{violation}})
}

// result writes the result of a run.
func (l *lines) result(r runtime.BatchResult) {
	l.mu.Lock()
	line := l.open[r.Index]
	delete(l.open, r.Index)
	l.mu.Unlock()
	l.write(line, r.Result, r.Err)
}

func (l *lines) write(line inputLine, result *runtime.Result, err error) {
	r := record{report.NewLine(line.number, l.workflow, result, err), line.digest}
	data, err := json.Marshal(r)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		_, err = l.out.Write(append(data, '\n'))
	}
	l.ended++
	if r.Status != "succeeded" {
		l.failed++
	}
	if err != nil && l.broken == nil {
		l.broken = err
	}
	if l.failFast && r.Status == "failed" {
		l.end(errFailedRun)
	}
}

// onEvent ends the batch as soon as a run fails, before another one begins.
func (l *lines) onEvent(e runtime.Event) {
	l.tracing.onEvent(e)
	if !l.failFast {
		return
	}
	if f, ok := e.(*runtime.WorkflowFinished); ok && f.Err != nil && f.Depth == 0 {
		l.end(errFailedRun)
	}
}

var errFailedRun = errors.New("ended, as a run failed (--fail-fast)")

// problem returns what ended the reading or the writing.
func (l *lines) problem() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.broken
}

func (l *lines) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken == nil {
		l.broken = err
	}
}

// run runs the workflow once for each line.
func (e *each) run(ctx context.Context, c *cobra.Command, s selected, failFast bool, t *tracing) error {
	rate, err := e.perSecond()
	if err != nil {
		return err
	}
	w, driver := s.workflows[0], s.driver
	driver.DependencyInputs = w.dependency
	l := &lines{
		workflow: w.ID, common: w.inputs, secrets: secrets(w.WorkflowInfo), retry: e.retryFailed, failFast: failFast,
		open: map[int]inputLine{}, out: c.OutOrStdout(), longest: maxLine, tracing: t,
	}
	in, err := e.input(c.InOrStdin())
	if err != nil {
		return fmt.Errorf("--each: %w", err)
	}
	defer in.Close()
	b := &runtime.Batch{Driver: driver, Concurrency: e.concurrency, PerHost: e.perHost, Rate: rate}
	if e.resume == "" {
		return l.run(ctx, c, b, s.program, in)
	}
	results, err := openResults(e.resume, newHeader(w.ID, s.program.Document().Text()))
	if err != nil {
		return fmt.Errorf("--resume: %w", err)
	}
	l.out, l.before, l.record = results.file, results.runs, true
	if file, ok := in.(*os.File); ok && regular(file) && len(l.before) > 0 {
		err = l.verify(ctx, file)
	}
	if err != nil {
		err = fmt.Errorf("--resume %s: %w", e.resume, err)
	} else {
		err = l.run(ctx, c, b, s.program, in)
	}
	if closed := results.close(); closed != nil {
		return failure{exitFailed, fmt.Errorf("--resume: %w", closed)}
	}
	return err
}

// input opens the file of inputs. A pipe is opened when it is read, because
// opening waits for a writer.
func (e *each) input(stdin io.Reader) (io.ReadCloser, error) {
	if e.file == "-" {
		return io.NopCloser(stdin), nil
	}
	if info, err := os.Stat(e.file); err == nil && info.Mode().Type() == fs.ModeNamedPipe {
		return &pipe{name: e.file}, nil
	}
	return os.Open(e.file)
}

// pipe is a named pipe that is opened when it is read. It stays open until the
// process ends, as a read may still be waiting.
type pipe struct {
	name string
	file *os.File
}

func (p *pipe) Read(data []byte) (n int, err error) {
	if p.file == nil {
		if p.file, err = os.Open(p.name); err != nil {
			return 0, err
		}
	}
	return p.file.Read(data)
}

func (p *pipe) Close() error { return nil }

func regular(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode().IsRegular()
}

// secrets returns the names of inputs whose values must not be revealed.
func secrets(info runtime.WorkflowInfo) (names []string) {
	for _, in := range info.Inputs {
		if in.Secret {
			names = append(names, in.Name)
		}
	}
	return names
}

// run runs the lines that are to be run.
func (l *lines) run(ctx context.Context, c *cobra.Command, b *runtime.Batch, program *runtime.Program, in io.Reader) error {
	ctx, l.end = context.WithCancelCause(ctx)
	defer l.end(nil)
	if l.failFast || l.tracing.listens() {
		b.Driver.OnEvent = l.tracing.listener(program, l.onEvent)
	}
	reading, stop := context.WithCancel(ctx)
	defer stop()
	bar := newBar(newTerminal(c.ErrOrStderr()), l)
	if !l.record {
		l.out = bar.beside(l.out)
	}
	for r := range b.Run(ctx, program, l.workflow, l.read(reading, in)) {
		if r.Result != nil {
			r.Result.Outputs = r.Result.Masked()
		}
		r.Err = l.tracing.err(program, r.Index, r.Err)
		l.tracing.ended(r.Index, r.Result, r.Err)
		l.result(r)
		bar.update()
		if l.problem() != nil {
			stop() // the batch waits for the consumer
			break
		}
	}
	l.tracing.tell(bar.terminal)
	bar.end()
	err := l.problem()
	if err == nil && !l.whole {
		err = context.Cause(ctx)
	}
	switch {
	case errors.Is(context.Cause(ctx), errInterrupted):
		return exit(exitInterrupted)
	case err != nil && (l.begun || l.failed > 0):
		return failure{exitFailed, fmt.Errorf("--each: %w", err)}
	case err != nil:
		return fmt.Errorf("--each: %w", err)
	case l.failed+l.lost > 0:
		return exit(exitFailed)
	}
	return nil
}

// bar shows the progress of a batch on a terminal, elsewhere only its result.
type bar struct {
	*terminal
	l     *lines
	began time.Time
	drawn time.Time
}

func newBar(t *terminal, l *lines) *bar { return &bar{terminal: t, l: l, began: time.Now()} }

// text describes the progress of the batch.
func (b *bar) text() (text string, ended, open int) {
	l := b.l
	l.mu.Lock()
	defer l.mu.Unlock()
	speed := float64(l.ended) / max(time.Since(b.began).Seconds(), 1e-3)
	text = fmt.Sprintf("%s, %d not succeeded, %.0f/s", count(l.ended, "run"), l.failed, speed)
	if l.skipped > 0 {
		text += fmt.Sprintf(", %d already done", l.skipped)
	}
	if l.lost > 0 {
		text += fmt.Sprintf(" (%d of them failed)", l.lost)
	}
	return text, l.ended, len(l.open)
}

// update draws the bar, at a limited rate.
func (b *bar) update() {
	if !b.live || time.Since(b.drawn) < redrawn {
		return
	}
	b.drawn = time.Now()
	text, ended, open := b.text()
	b.draw("", "", fmt.Sprintf("%s %s, %d under way", progress(ended, ended+open), text, open))
}

// end prints the result of the batch.
func (b *bar) end() {
	b.leave(false)
	text, _, _ := b.text()
	b.printf("%s\n", text)
}

const barWidth = 24

// progress returns a bar for the ended runs among those begun.
func progress(part, whole int) string {
	full := barWidth * part / max(whole, 1)
	return strings.Repeat("█", full) + strings.Repeat("░", barWidth-full)
}
