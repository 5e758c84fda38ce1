package runtime

import (
	"context"
	"iter"
	"time"

	"github.com/gobelin-dev/gobelin/internal/eval"
	"github.com/gobelin-dev/gobelin/internal/schedule"
	"github.com/gobelin-dev/gobelin/internal/transport"
)

// A Batch runs a workflow once for each of many inputs. Requests are bounded;
// runs that wait are not: a waiting run costs its state alone, no goroutine and
// no timer of its own. The zero Batch is ready for use; its fields must not be
// changed while it runs something.
type Batch struct {
	Driver      Driver  // sends the requests; its OnEvent is called by several goroutines at once
	Concurrency int     // concurrent requests; 0 means 16
	PerHost     int     // concurrent requests to one host; 0 means Concurrency
	Rate        float64 // requests started per second; 0 means no limit
}

const defaultConcurrency = 16

func (b *Batch) concurrency() int {
	if b.Concurrency < 1 {
		return defaultConcurrency
	}
	return b.Concurrency
}

// A BatchResult is the result of one run of a [Batch].
type BatchResult struct {
	Index  int     // of the inputs, from 0
	Result *Result // nil for a run that could not begin
	Err    error   // as of [Driver.Run]
}

// Run runs the workflow with each of the inputs, and yields the results in the
// order in which the runs end. Inputs are requested one at a time, when no run
// that has begun can go on. The end of the context ends all runs that have begun,
// each with its result so far; leaving the loop over the results ends them
// without. Either way, and also when the loop is left by a panic or by
// runtime.Goexit, no goroutine is left running after the loop. A panic of the
// inputs, the transport, a listener or the clock continues in the loop.
func (b *Batch) Run(ctx context.Context, p *Program, workflowID string, inputs iter.Seq[Inputs]) iter.Seq[BatchResult] {
	return func(yield func(BatchResult) bool) {
		next, stop := iter.Pull(inputs)
		defer stop()
		common, count := &batch{b, ctx, p, workflowID}, 0
		s := schedule.Scheduler[*batched]{
			Concurrency: b.concurrency(), PerHost: b.PerHost, Rate: b.Rate, Clock: b.Driver.clock(), Patience: b.Driver.patience,
		}
		ended := s.Run(ctx, func() (*batched, bool) {
			inputs, ok := next()
			if !ok {
				return nil, false
			}
			run := &batched{batch: common, index: count, begin: inputs}
			count++
			return run, true
		})
		for run := range ended {
			if !yield(run.result()) {
				return
			}
		}
	}
}

// batch is what the runs of a batch have in common.
type batch struct {
	*Batch
	ctx      context.Context // of Run
	program  *Program
	workflow string
}

// batched is one run of a batch, as a task of the scheduler. Many of them may wait:
// it is small.
type batched struct {
	*batch
	place schedule.Place
	index int
	x     *Execution
	begin any // what it begins with: the inputs; then nil, or the error of beginning
}

// Next implements schedule.Task.
func (r *batched) Next() (schedule.Need, time.Duration) {
	if inputs, ok := r.begin.(Inputs); ok {
		r.begin = nil
		x, err := r.Driver.begin(r.ctx, r.program, r.workflow, inputs)
		if err != nil {
			r.begin = err
		} else {
			r.Driver.attach(x)
			x.run, r.x = r.index, x
		}
	}
	if r.x == nil {
		return schedule.Nothing, 0
	}
	switch c := r.next().(type) {
	case *Send:
		return schedule.Request, 0
	case *Wait:
		return schedule.Time, c.Left(r.Driver.clock().Now())
	}
	return schedule.Nothing, 0
}

// next lets the run go on to its next command, its last one if the context ends
// meanwhile.
func (r *batched) next() (next Command) {
	if ended := eval.Until(r.ctx, func() { next = r.x.Next() }); ended != nil {
		r.x.Cancel(ended)
		next = r.x.Next()
	}
	return next
}

// Host implements schedule.Task.
func (r *batched) Host() string {
	c, _ := r.x.Next().(*Send)
	at, _ := r.Driver.address(c, r.x.address) // an error is found again when it is sent
	return hostOf(at.url)
}

// Send implements schedule.Task.
func (r *batched) Send(ctx context.Context, p *transport.Patience) {
	c, _ := r.x.Next().(*Send)
	if err := r.Driver.send(ctx, r.x, c, p); err != nil {
		r.x.Cancel(err)
	}
}

// Elapse implements schedule.Task.
func (r *batched) Elapse() {
	if err := r.x.Elapse(); err != nil {
		r.x.Cancel(err)
	}
}

// Cancel implements schedule.Task.
func (r *batched) Cancel(cause error) { r.x.Cancel(cause) }

// Place implements schedule.Task.
func (r *batched) Place() *schedule.Place { return &r.place }

func (r *batched) result() BatchResult {
	if r.x == nil {
		err, _ := r.begin.(error)
		return BatchResult{Index: r.index, Result: notBegun(r.workflow, err), Err: err}
	}
	done, _ := r.x.Next().(*Done)
	return BatchResult{Index: r.index, Result: done.Result, Err: done.Err}
}
