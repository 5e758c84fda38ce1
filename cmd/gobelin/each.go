package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

// each holds the flags of a run for every line of a file.
type each struct {
	file        string
	concurrency int
	perHost     int
	rate        string
	resume      string
}

func (e *each) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&e.file, "each", "", "`FILE` (or -) of JSON lines: run the workflow once with the inputs of each, on top of those of --inputs and -i, and print a line of JSON for each run")
	f.IntVar(&e.concurrency, "concurrency", 16, "with --each: `N` requests at once; waiting runs do not count")
	f.IntVar(&e.perHost, "per-host", 0, "with --each: `N` requests at once to one host")
	f.StringVar(&e.rate, "rate", "", "with --each: `N/s` requests at most; also N/m and N/h")
	f.StringVar(&e.resume, "resume", "", "with --each: write to `FILE`, behind what is there, and leave out the lines whose runs have ended there")
}

// perSecond reads --rate.
func (e *each) perSecond() (float64, error) {
	if e.rate == "" {
		return 0, nil
	}
	number, unit, _ := strings.Cut(e.rate, "/")
	seconds, ok := map[string]float64{"": 1, "s": 1, "m": 60, "h": 3600}[unit]
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !ok || !(n > 0) || n > 1e9 {
		return 0, fmt.Errorf("--rate %s: write N/s, N/m or N/h", e.rate)
	}
	return n / seconds, nil
}

// maxLine bounds one line of inputs.
const maxLine = 64 << 20

// lines is a batch from a file of inputs to a file of results.
type lines struct {
	workflow string
	common   runtime.Inputs
	done     map[int]bool // lines that an earlier batch has ended

	mu      sync.Mutex
	number  map[int]int // line by index of a run that has not ended
	out     io.Writer
	broken  error // what ended the reading or the writing
	ended   int
	failed  int
	skipped int
}

// scan gives the lines of a text until the context ends, even while nobody
// writes the next one: a terminal.
func (l *lines) scan(ctx context.Context, r io.Reader) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		texts := make(chan []byte, 64)
		go func() {
			defer close(texts)
			scanner := bufio.NewScanner(r)
			scanner.Buffer(nil, maxLine)
			for scanner.Scan() {
				select {
				case texts <- bytes.Clone(scanner.Bytes()):
				case <-ctx.Done():
					return
				}
			}
			if err := scanner.Err(); errors.Is(err, bufio.ErrTooLong) {
				l.fail(fmt.Errorf("a line is longer than %d MiB", maxLine>>20))
			} else if err != nil {
				l.fail(err)
			}
		}()
		for {
			select {
			case text, ok := <-texts:
				if !ok || !yield(text) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// read gives the inputs of each line that is to be run. A line that is no
// object is a run that failed.
func (l *lines) read(ctx context.Context, r io.Reader) iter.Seq[runtime.Inputs] {
	return func(yield func(runtime.Inputs) bool) {
		index, n := 0, 0
		for text := range l.scan(ctx, r) {
			n++
			if text = bytes.TrimSpace(text); len(text) == 0 {
				continue
			}
			if l.done[n] {
				l.mu.Lock()
				l.skipped++
				l.mu.Unlock()
				continue
			}
			v, err := value.Decode(text)
			given, ok := v.(map[string]any)
			if err != nil || !ok {
				l.write(report.NewLine(n, l.workflow, nil, &runtime.InputError{WorkflowID: l.workflow, Violations: []runtime.Violation{{Message: fmt.Sprintf("line %d is no JSON object", n)}}}))
				continue
			}
			inputs := maps.Clone(l.common)
			maps.Copy(inputs, given)
			l.mu.Lock()
			l.number[index] = n
			l.mu.Unlock()
			index++
			if !yield(inputs) {
				return
			}
		}
	}
}

// result writes what a run came to.
func (l *lines) result(r runtime.BatchResult) {
	l.mu.Lock()
	n := l.number[r.Index]
	delete(l.number, r.Index)
	l.mu.Unlock()
	l.write(report.NewLine(n, l.workflow, r.Result, r.Err))
}

func (l *lines) write(line report.Line) {
	data, err := line.JSON()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		_, err = l.out.Write(data)
	}
	l.ended++
	if line.Status != "succeeded" {
		l.failed++
	}
	if err != nil && l.broken == nil {
		l.broken = err
	}
}

// problem is what ended the reading or the writing.
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
func (e *each) run(ctx context.Context, c *cobra.Command, driver runtime.Driver, program *runtime.Program, workflow string, common runtime.Inputs) error {
	rate, err := e.perSecond()
	if err != nil {
		return err
	}
	if e.concurrency < 1 || e.perHost < 0 {
		return errors.New("--concurrency is 1 at least, --per-host 0 at least")
	}
	l := &lines{workflow: workflow, common: common, number: map[int]int{}, out: c.OutOrStdout()}
	if e.resume != "" {
		file, done, err := reopen(e.resume)
		if err != nil {
			return fmt.Errorf("--resume: %w", err)
		}
		defer file.Close()
		l.out, l.done = file, done
	}
	in := c.InOrStdin()
	if e.file != "-" {
		file, err := os.Open(e.file)
		if err != nil {
			return fmt.Errorf("--each: %w", err)
		}
		defer file.Close()
		in = file
	}
	b := runtime.Batch{Driver: driver, Concurrency: e.concurrency, PerHost: e.perHost, Rate: rate}
	bar := newBar(c.ErrOrStderr(), l)
	for r := range b.Run(ctx, program, workflow, l.read(ctx, in)) {
		if r.Result != nil {
			r.Result.Outputs = driver.Mask(r.Result.Outputs)
		}
		l.result(r)
		bar.draw(false)
		if l.problem() != nil {
			break
		}
	}
	bar.draw(true)
	switch err := l.problem(); {
	case err != nil:
		return fmt.Errorf("--each: %w", err)
	case errors.Is(context.Cause(ctx), errInterrupted):
		return exit(exitInterrupted)
	case l.failed > 0:
		return exit(exitFailed)
	}
	return nil
}

// reopen opens the results of an earlier batch, if there are any, for what
// comes behind them. A last line without its end was cut off: it is removed.
func reopen(name string) (*os.File, map[int]bool, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, err
	}
	done, end, err := ended(file)
	if err == nil {
		err = file.Truncate(end)
	}
	if err == nil {
		_, err = file.Seek(end, io.SeekStart)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", name, err), file.Close())
	}
	return file, done, nil
}

// ended gives the lines whose runs have ended, and where the last whole line ends.
func ended(file io.Reader) (done map[int]bool, end int64, err error) {
	done = map[int]bool{}
	reader := bufio.NewReader(file)
	for n := 1; ; n++ {
		text, err := reader.ReadBytes('\n')
		if err == io.EOF {
			return done, end, nil
		}
		if err != nil {
			return nil, 0, err
		}
		var line report.Line
		if err := json.Unmarshal(text, &line); err != nil || line.Line < 1 {
			return nil, 0, fmt.Errorf("line %d is no result of a batch", n)
		}
		if line.Done() {
			done[line.Line] = true
		}
		end += int64(len(text))
	}
}

// bar shows how far a batch is, on a terminal; elsewhere only what it came to.
type bar struct {
	w     io.Writer
	live  bool
	l     *lines
	began time.Time
	drawn time.Time
}

func newBar(w io.Writer, l *lines) *bar {
	return &bar{w: w, live: isTerminal(w), l: l, began: time.Now()}
}

func (b *bar) draw(last bool) {
	if !last && (!b.live || time.Since(b.drawn) < redraw) {
		return
	}
	b.drawn = time.Now()
	b.l.mu.Lock()
	ended, failed, open, skipped := b.l.ended, b.l.failed, len(b.l.number), b.l.skipped
	b.l.mu.Unlock()
	text := fmt.Sprintf("%d runs, %d not succeeded, %.0f/s", ended, failed, float64(ended)/max(time.Since(b.began).Seconds(), 1e-3))
	if skipped > 0 {
		text += fmt.Sprintf(", %d were there", skipped)
	}
	switch {
	case !b.live:
		fmt.Fprintln(b.w, text)
	case last:
		fmt.Fprintf(b.w, "\r\x1b[K%s\n", text)
	default:
		fmt.Fprintf(b.w, "\r\x1b[K%s %s, %d under way", progress(ended, ended+open), text, open)
	}
}

const barWidth = 24

// progress is a bar of what has ended among what has begun.
func progress(part, whole int) string {
	full := barWidth * part / max(whole, 1)
	return strings.Repeat("█", full) + strings.Repeat("░", barWidth-full)
}
