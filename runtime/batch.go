package runtime

import (
	"context"
	"errors"
	"iter"
	goruntime "runtime"
	"sync"
	"time"

	"github.com/gobelin-dev/gobelin/internal/timetable"
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
		ctx, cancel := context.WithCancelCause(ctx)
		next, stop := iter.Pull(inputs)
		r := &batchRun{
			Batch: b, ctx: ctx, cancel: cancel, program: p, workflow: workflowID, next: next,
			results: make(chan BatchResult), hosts: map[string]*host{},
		}
		r.work, r.due = sync.NewCond(&r.mu), sync.NewCond(&r.mu)
		r.workers = 1
		r.running.Go(r.guarded(r.worker))
		r.running.Go(r.guarded(r.timer))
		unblock := context.AfterFunc(ctx, func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.wakeAll()
		})
		go func() {
			r.running.Wait()
			close(r.results)
		}()
		// Deferred, because a panic or a Goexit of the loop's body comes out of yield.
		defer func() {
			cancel(errors.New("iteration stopped by the caller"))
			for range r.results {
			}
			unblock()
			stop()
			if r.escaped != nil {
				r.escaped()
			}
		}()
		for result := range r.results {
			if !yield(result) {
				return
			}
		}
	}
}

// batchRun is a batch at work.
type batchRun struct {
	*Batch
	ctx      context.Context
	cancel   context.CancelCauseFunc
	program  *Program
	workflow string
	results  chan BatchResult
	next     func() (Inputs, bool)
	running  sync.WaitGroup // workers and the timer

	mu      sync.Mutex
	work    *sync.Cond // workers wait for something to do
	due     *sync.Cond // the timer waits for something to wait for
	count   int        // inputs requested so far
	workers int        // started: as many as there was work for
	idle    int        // workers that wait for something to do
	escaped func()     // repeats in the loop's goroutine the panic or Goexit that ended another
	asking  bool       // a worker asks for inputs
	drained bool       // there are no more inputs
	begun   int        // runs that have not ended
	ready   []*batched // runs that can go on
	waiting timetable.Table[*batched]
	hosts   map[string]*host
	queued  int                // runs in the queues of hosts
	slot    time.Time          // when the next request may begin
	rouse   context.CancelFunc // ends the timer's sleep; nil: it does not sleep
}

// batched is one run of a batch.
type batched struct {
	index int
	x     *Execution
	waits bool   // for time to pass
	held  string // the host at which it has a place; empty: none
}

// host counts the requests to one host.
type host struct {
	busy   int
	queued []*batched
}

// wakeAll makes the workers and the timer look again; the lock is held.
func (r *batchRun) wakeAll() {
	r.work.Broadcast()
	r.wakeTimer()
}

func (r *batchRun) wakeTimer() {
	r.due.Signal()
	if r.rouse != nil {
		r.rouse()
	}
}

func (r *batchRun) over() bool {
	return r.escaped != nil || r.drained && !r.asking && r.begun == 0
}

// worker takes runs and brings each as far as it goes without waiting.
func (r *batchRun) worker() {
	patience := r.Driver.patience(r.ctx)
	defer patience.End()
	for {
		run, more := r.take()
		switch {
		case run != nil:
			r.advance(run, patience)
		case !more:
			return
		}
	}
}

// guarded returns work that foreign code may end, as a function that notices.
func (r *batchRun) guarded(work func()) func() {
	return func() {
		returned := false
		defer func() {
			if !returned {
				r.escape(recover())
			}
		}()
		work()
		returned = true
	}
}

// escape ends the batch because foreign code has ended one of its goroutines: by
// a panic with the value, or by runtime.Goexit where that is nil.
func (r *batchRun) escape(value any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.escaped = goruntime.Goexit
	if value != nil {
		r.escaped = func() { panic(value) }
	}
	r.cancel(errors.New("a panic or runtime.Goexit ended the batch"))
	r.wakeAll()
}

// relieve starts another worker where nobody would look for work while the
// caller is busy; the lock is held.
func (r *batchRun) relieve() {
	if r.idle == 0 && r.workers < r.concurrency() {
		r.workers++
		r.running.Go(r.guarded(r.worker))
	}
}

// take returns the next run that can go on, or begins one; there may be more
// even when it returns nil.
func (r *batchRun) take() (run *batched, more bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		if r.ctx.Err() != nil {
			r.drained = true
			r.release()
		}
		switch {
		case len(r.ready) > 0:
			run := r.ready[0]
			r.ready[0], r.ready = nil, r.ready[1:]
			r.relieve()
			return run, true
		case r.over():
			r.wakeAll()
			return nil, false
		case !r.drained && !r.asking && r.queued < r.concurrency():
			r.relieve()
			return r.begin(), true
		}
		r.idle++
		r.work.Wait()
		r.idle--
	}
}

// release makes every run ready: it will be canceled.
func (r *batchRun) release() {
	r.ready = append(r.ready, r.waiting.Clear()...)
	for _, h := range r.hosts {
		r.ready = append(r.ready, h.queued...)
		h.queued = nil
	}
	r.queued = 0
}

// ask asks for the next inputs. The lock is held, but not while it does.
func (r *batchRun) ask() (Inputs, bool) {
	r.asking = true
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.asking = false
		r.work.Broadcast()
	}()
	return r.next()
}

// begin starts a run with the next inputs; nil when it cannot begin. The lock
// is held, but not while the inputs are asked for.
func (r *batchRun) begin() *batched {
	inputs, ok := r.ask()
	if !ok {
		r.drained = true
		return nil
	}
	run := &batched{index: r.count}
	r.count++
	r.begun++
	r.mu.Unlock()
	defer r.mu.Lock()
	x, err := r.program.Begin(r.workflow, inputs, r.Driver.Settings)
	if err != nil {
		r.end(BatchResult{Index: run.index, Err: err})
		return nil
	}
	r.Driver.attach(x)
	run.x = x
	return run
}

// end delivers the result of a run.
func (r *batchRun) end(result BatchResult) {
	r.results <- result
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.begun--; r.over() {
		r.wakeAll()
	}
}

// advance brings a run to its next wait, or to its end.
func (r *batchRun) advance(run *batched, patience *transport.Patience) {
	for {
		command := run.x.Next()
		if done, ok := command.(*Done); ok {
			r.end(BatchResult{Index: run.index, Result: done.Result, Err: done.Err})
			return
		}
		if err := context.Cause(r.ctx); err != nil {
			r.leave(run)
			run.x.Cancel(err)
			continue
		}
		switch c := command.(type) {
		case *Send:
			if !r.enter(run, c) {
				return
			}
			if r.ctx.Err() != nil {
				continue // while it waited for the rate: nothing is sent
			}
			err := r.Driver.send(r.ctx, run.x, c, patience)
			r.leave(run)
			if err != nil {
				run.x.Cancel(err)
			}
		case *Wait:
			if run.waits {
				run.waits = false
				if err := run.x.Elapse(); err != nil {
					run.x.Cancel(err)
				}
				continue
			}
			r.park(run, c.Left(r.Driver.clock().Now()))
			return
		}
	}
}

// enter waits for the rate, and takes a place at the host of a request. Where
// there is none the run joins the host's queue, and enter returns false.
func (r *batchRun) enter(run *batched, c *Send) bool {
	if r.PerHost > 0 && run.held == "" {
		at, _ := r.Driver.address(c, run.x.address) // an error is found again when it is sent
		name := hostOf(at.url)
		r.mu.Lock()
		h := r.hosts[name]
		if h == nil {
			h = &host{}
			r.hosts[name] = h
		}
		if h.busy >= r.PerHost {
			h.queued = append(h.queued, run)
			r.queued++
			r.mu.Unlock()
			return false
		}
		h.busy++
		run.held = name
		r.mu.Unlock()
	}
	if !(r.Rate > 0) { // not a number either
		return true
	}
	now := r.Driver.clock().Now()
	r.mu.Lock()
	slot := r.slot
	if slot.Before(now) {
		slot = now
	}
	r.slot = slot.Add(time.Duration(min(float64(time.Second)/r.Rate, 1<<60))) // 36 years: no overflow
	r.mu.Unlock()
	// Who waited looks at the context.
	_ = r.Driver.clock().Sleep(r.ctx, slot.Sub(now))
	return true
}

// leave passes a run's place at its host to the next in the queue.
func (r *batchRun) leave(run *batched) {
	if run.held == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.hosts[run.held]
	h.busy--
	if len(h.queued) > 0 {
		next := h.queued[0]
		h.queued[0], h.queued = nil, h.queued[1:]
		h.busy++
		r.queued--
		next.held = run.held
		r.ready = append(r.ready, next)
		r.work.Signal()
	}
	run.held = ""
}

// park puts a run into the timetable.
func (r *batchRun) park(run *batched, d time.Duration) {
	run.waits = true
	until := r.Driver.clock().Now().Add(d)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting.Add(until, run) {
		r.wakeTimer()
	}
}

// timer makes runs ready when their waits are over.
func (r *batchRun) timer() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clock := r.Driver.clock()
	for r.ctx.Err() == nil && !r.over() {
		now := clock.Now()
		for run, ok := r.waiting.Due(now); ok; run, ok = r.waiting.Due(now) {
			r.ready = append(r.ready, run)
			r.work.Signal()
		}
		if next, ok := r.waiting.Next(); ok {
			r.sleep(clock, next.Sub(now))
		} else {
			r.due.Wait()
		}
	}
}

// sleep lets time pass, less when it is roused. The lock is held, but not while
// it sleeps.
func (r *batchRun) sleep(clock Clock, d time.Duration) {
	var ctx context.Context
	ctx, r.rouse = context.WithCancel(r.ctx)
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.rouse()
		r.rouse = nil
	}()
	// Its error says that it was roused: the timetable has changed.
	_ = clock.Sleep(ctx, d)
}
