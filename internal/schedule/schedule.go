// Package schedule has many tasks take turns. Requests are bounded: how many there
// are at once, to each host, and how many begin in a second. What waits costs no
// goroutine and no timer of its own.
package schedule

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"sync"
	"time"

	"github.com/gobelin-dev/gobelin/internal/timetable"
	"github.com/gobelin-dev/gobelin/internal/transport"
)

// A Task is one of those that take turns. Its methods are called by one goroutine
// at a time.
type Task interface {
	comparable
	// Next brings the task to what it needs next. Called again before it had that, it
	// returns the same; the duration is that of a wait, or what is left of it.
	Next() (Need, time.Duration)
	// Host returns where the request goes that is needed.
	Host() string
	// Send sends the request that is needed.
	Send(ctx context.Context, p *transport.Patience)
	// Elapse says that the time has passed that was needed.
	Elapse()
	// Cancel makes the end the next need.
	Cancel(cause error)
	// Place returns what a Scheduler knows of the task; it is zero at first.
	Place() *Place
}

// A Need is what a task needs to go on.
type Need uint8

// What a task may need.
const (
	Nothing Need = iota // it is at its end
	Request
	Time
)

// A Place is what a Scheduler knows of a task.
type Place struct {
	waits bool   // for time to pass
	held  string // the host at which it has a place; empty: none
}

// A Scheduler brings tasks to their ends. Its fields must not be changed while it
// does.
type Scheduler[T Task] struct {
	Concurrency int     // tasks that are at work at once, at least 1
	PerHost     int     // requests to one host at once; 0: as many
	Rate        float64 // requests that begin in a second; 0: no bound
	Clock       Clock
	Patience    func(context.Context) *transport.Patience // of a worker's requests
}

// A Clock tells the time and lets it pass.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
}

// SystemClock is the system's clock.
type SystemClock struct{}

// Now implements Clock.
func (SystemClock) Now() time.Time { return time.Now() }

// Sleep implements Clock.
func (SystemClock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Run brings the tasks that next returns to their ends, and yields them in the order
// in which they end. next is called for one at a time, when no task can go on. The end
// of the context cancels all tasks that were begun; leaving the loop ends them without
// yielding them. Either way, and also when the loop is left by a panic or by
// runtime.Goexit, no goroutine is left running after the loop. A panic of next, of a
// task or of the clock continues in the loop.
func (s Scheduler[T]) Run(ctx context.Context, next func() (T, bool)) iter.Seq[T] {
	return func(yield func(T) bool) {
		ctx, cancel := context.WithCancelCause(ctx)
		r := &run[T]{Scheduler: s, ctx: ctx, cancel: cancel, next: next, ended: make(chan T)}
		r.hosts.Most = s.PerHost
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
			close(r.ended)
		}()
		// Deferred, because a panic or a Goexit of the loop's body comes out of yield.
		defer func() {
			cancel(errors.New("iteration stopped by the caller"))
			for range r.ended {
			}
			unblock()
			if r.escaped != nil {
				r.escaped()
			}
		}()
		for task := range r.ended {
			if !yield(task) {
				return
			}
		}
	}
}

// run is a Scheduler at work.
type run[T Task] struct {
	Scheduler[T]
	ctx     context.Context
	cancel  context.CancelCauseFunc
	next    func() (T, bool)
	ended   chan T
	running sync.WaitGroup // workers and the timer

	mu      sync.Mutex
	work    *sync.Cond // workers wait for something to do
	due     *sync.Cond // the timer waits for something to wait for
	workers int        // started: as many as there was work for
	idle    int        // workers that wait for something to do
	escaped func()     // repeats in the loop's goroutine the panic or Goexit that ended another
	asking  bool       // a worker asks for a task
	drained bool       // there are no more
	begun   int        // tasks that have not ended
	ready   []T        // tasks that can go on
	waiting timetable.Table[T]
	hosts   timetable.Places[T]
	pace    timetable.Pace     // of requests
	rouse   context.CancelFunc // ends the timer's sleep; nil: it does not sleep
}

// wakeAll makes the workers and the timer look again; the lock is held.
func (r *run[T]) wakeAll() {
	r.work.Broadcast()
	r.wakeTimer()
}

func (r *run[T]) wakeTimer() {
	r.due.Signal()
	if r.rouse != nil {
		r.rouse()
	}
}

func (r *run[T]) over() bool {
	return r.escaped != nil || r.drained && !r.asking && r.begun == 0
}

// worker takes tasks and brings each as far as it goes without waiting.
func (r *run[T]) worker() {
	patience := r.Patience(r.ctx)
	defer patience.End()
	var none T
	for {
		task, more := r.take()
		switch {
		case task != none:
			r.advance(task, patience)
		case !more:
			return
		}
	}
}

// guarded returns work that foreign code may end, as a function that notices.
func (r *run[T]) guarded(work func()) func() {
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

// escape ends the run because foreign code has ended one of its goroutines: by
// a panic with the value, or by runtime.Goexit where that is nil.
func (r *run[T]) escape(value any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.escaped = runtime.Goexit
	if value != nil {
		r.escaped = func() { panic(value) }
	}
	r.cancel(errors.New("a panic or runtime.Goexit ended the batch"))
	r.wakeAll()
}

// relieve starts another worker where nobody would look for work while the
// caller is busy; the lock is held.
func (r *run[T]) relieve() {
	if r.idle == 0 && r.workers < r.Concurrency {
		r.workers++
		r.running.Go(r.guarded(r.worker))
	}
}

// take returns the next task that can go on, or a new one; there may be more even
// when it returns none.
func (r *run[T]) take() (task T, more bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		if r.ctx.Err() != nil {
			r.drained = true
			r.release()
		}
		switch {
		case len(r.ready) > 0:
			var none T
			task := r.ready[0]
			r.ready[0], r.ready = none, r.ready[1:]
			r.relieve()
			return task, true
		case r.over():
			r.wakeAll()
			return task, false
		case !r.drained && !r.asking && r.hosts.Queued() < r.Concurrency:
			r.relieve()
			return r.ask(), true
		}
		r.idle++
		r.work.Wait()
		r.idle--
	}
}

// release makes every task ready: it will be canceled.
func (r *run[T]) release() {
	r.ready = append(append(r.ready, r.waiting.Clear()...), r.hosts.Clear()...)
}

// ask asks for a new task. The lock is held, but not while it does.
func (r *run[T]) ask() (task T) {
	r.asking = true
	r.mu.Unlock()
	var more bool
	defer func() {
		r.mu.Lock()
		r.asking = false
		if more {
			r.begun++
		} else {
			r.drained = true
		}
		r.work.Broadcast()
	}()
	task, more = r.next()
	return task
}

// advance brings a task to its next wait, or to its end.
func (r *run[T]) advance(task T, patience *transport.Patience) {
	for {
		need, left := task.Next()
		if need == Nothing {
			r.end(task)
			return
		}
		if err := context.Cause(r.ctx); err != nil {
			r.leave(task)
			task.Cancel(err)
			continue
		}
		switch need {
		case Request:
			if !r.enter(task) {
				return
			}
			if r.ctx.Err() != nil {
				continue // while it waited for the rate: nothing is sent
			}
			task.Send(r.ctx, patience)
			r.leave(task)
		case Time:
			if at := task.Place(); at.waits {
				at.waits = false
				task.Elapse()
				continue
			}
			r.park(task, left)
			return
		}
	}
}

// end delivers a task that is at its end.
func (r *run[T]) end(task T) {
	r.ended <- task
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.begun--; r.over() {
		r.wakeAll()
	}
}

// enter waits for the rate, and takes a place at the host of a request. Where
// there is none the task joins the host's queue, and enter returns false.
func (r *run[T]) enter(task T) bool {
	if at := task.Place(); r.PerHost > 0 && at.held == "" {
		name := task.Host()
		r.mu.Lock()
		taken := r.hosts.Take(name, task)
		if taken {
			at.held = name
		}
		r.mu.Unlock()
		if !taken {
			return false
		}
	}
	if !(r.Rate > 0) { // not a number either
		return true
	}
	now := r.Clock.Now()
	r.mu.Lock()
	wait := r.pace.Wait(now, r.Rate)
	r.mu.Unlock()
	// Who waited looks at the context.
	_ = r.Clock.Sleep(r.ctx, wait)
	return true
}

// leave passes a task's place at its host to the next in the queue.
func (r *run[T]) leave(task T) {
	at := task.Place()
	if at.held == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if next, ok := r.hosts.Leave(at.held); ok {
		next.Place().held = at.held
		r.ready = append(r.ready, next)
		r.work.Signal()
	}
	at.held = ""
}

// park puts a task into the timetable.
func (r *run[T]) park(task T, d time.Duration) {
	task.Place().waits = true
	until := r.Clock.Now().Add(d)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting.Add(until, task) {
		r.wakeTimer()
	}
}

// timer makes tasks ready when their waits are over.
func (r *run[T]) timer() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.ctx.Err() == nil && !r.over() {
		now := r.Clock.Now()
		for task, ok := r.waiting.Due(now); ok; task, ok = r.waiting.Due(now) {
			r.ready = append(r.ready, task)
			r.work.Signal()
		}
		if next, ok := r.waiting.Next(); ok {
			r.sleep(next.Sub(now))
		} else {
			r.due.Wait()
		}
	}
}

// sleep lets time pass, less when it is roused. The lock is held, but not while
// it sleeps.
func (r *run[T]) sleep(d time.Duration) {
	var ctx context.Context
	ctx, r.rouse = context.WithCancel(r.ctx)
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.rouse()
		r.rouse = nil
	}()
	// Its error says that it was roused: the timetable has changed.
	_ = r.Clock.Sleep(ctx, d)
}
