package durable

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/google/uuid"
)

// A Config says how an [Engine] runs workflows. Only Store and Program are required.
type Config struct {
	// Store is where the journal is: "sqlite:PATH", or the URL of a Postgres database.
	// An SQLite file is created with mode 0600 if it is not there, and is synchronized
	// with the disk at each entry, unless "?sync=normal" follows its path: then the last
	// entries may be lost if the power fails, and never if a process does.
	Store string
	// Program returns the program of a document, by the name that [Engine.Start] was
	// given. Of a run that was begun by another version of the document the restored
	// state is refused. It must be safe for concurrent use.
	Program func(ctx context.Context, document string) (*runtime.Program, error)
	// Driver performs the exchanges, with its Client, Servers, Credentials and limits.
	// Its OnEvent is not used. A jar of its NewJar is as old as the process.
	Driver runtime.Driver
	// OnEvent, if not nil, is called with the events of runs, of which each has its number,
	// from 1. When another process, or the same one later, goes on with a run, the events
	// so far are told again, with the same numbers: a listener that has kept them skips those that it
	// has. It must be safe for concurrent use; the events of one run come one after the other.
	OnEvent func(id string, n int, e runtime.Event)
	// IdempotencyKeys maps the names of sources to the header field that their servers take
	// an idempotency key from; requests of theirs that would do harm twice get one. Without an
	// entry, a key that the step sets as Idempotency-Key is known for what it is; "" is none.
	IdempotencyKeys map[string]string
	// OnUnknown, if not nil, is called when a run waits for a decision.
	OnUnknown func(Unknown)
	// Lease is how long a process may be silent before others take over its runs; 0 means
	// 10 s.
	Lease time.Duration
	// Logger gets what DBOS logs; nil means nowhere.
	Logger *slog.Logger
}

// Unknown is an exchange of which nobody knows whether its request was sent.
type Unknown struct {
	ID         string `json:"id"` // of the run
	WorkflowID string `json:"workflowId"`
	StepID     string `json:"stepId"`
	Method     string `json:"method"`
	Target     string `json:"target"` // path and query; what of it is a secret of the document is masked
}

const (
	defaultLease = 10 * time.Second
	// format is the version of the journal: runs of another one are left alone.
	format      = "gobelin-1"
	application = "gobelin"
	runWorkflow = "run"
)

// An Engine runs workflows, and goes on with those of processes that are dead. It
// is safe for concurrent use.
type Engine struct {
	driver    runtime.Driver
	program   func(ctx context.Context, document string) (*runtime.Program, error)
	onEvent   func(id string, n int, e runtime.Event)
	onUnknown func(Unknown)
	keys      map[string]string
	lease     *lease

	dbos  dbos.Context
	store *store

	mu      sync.Mutex
	ended   map[string]*ending // of runs that someone here waits for; nil: not yet
	stop    context.CancelFunc
	beating sync.WaitGroup
	failed  error // of the lease
	closing bool
	sending sync.WaitGroup // exchanges that are under way
}

// Open opens a store, makes it if it is not there, and goes on with the runs in it whose
// process is dead.
func Open(ctx context.Context, c Config) (*Engine, error) {
	if c.Program == nil {
		return nil, errors.New("durable: Config.Program is nil")
	}
	s, err := openStore(ctx, c.Store)
	if err != nil {
		return nil, err
	}
	duration := c.Lease
	if duration <= 0 {
		duration = defaultLease
	}
	logger := c.Logger
	if logger == nil {
		logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	owner := uuid.NewString()
	e := &Engine{driver: c.Driver, program: c.Program, onEvent: c.OnEvent, onUnknown: c.OnUnknown,
		keys: c.IdempotencyKeys, store: s, ended: map[string]*ending{}, lease: &lease{table: s, owner: owner, duration: duration}}
	e.dbos, err = dbos.NewContext(context.WithoutCancel(ctx), dbos.Config{AppName: application, SystemDBPool: s.postgres,
		SQLiteSystemDB: s.sqlite, Logger: logger, ApplicationVersion: format, ExecutorID: owner})
	if err != nil {
		s.close()
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	if err := e.launch(ctx); err != nil {
		dbos.Shutdown(e.dbos, time.Second)
		s.close()
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	return e, nil
}

func (e *Engine) launch(ctx context.Context) error {
	dbos.RegisterWorkflow(e.dbos, e.perform, dbos.WithWorkflowName(runWorkflow), dbos.WithMaxRecoveryAttempts(1<<30))
	// Before there can be a run of this process, its row is there.
	if err := e.lease.begin(ctx); err != nil {
		return err
	}
	if err := dbos.Launch(e.dbos); err != nil {
		return err
	}
	beat, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.stop = stop
	e.beating.Go(func() { e.live(beat) })
	return nil
}

// live renews the lease, and takes over from the dead.
func (e *Engine) live(ctx context.Context) {
	ticker := time.NewTicker(e.lease.duration / 5)
	defer ticker.Stop()
	for {
		err := e.lease.renew(ctx)
		if err == nil {
			err = e.takeOver(ctx)
		}
		if errors.Is(err, ErrFenced) {
			e.mu.Lock()
			e.failed = err
			e.mu.Unlock()
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// takeOver goes on with the runs of dead processes.
func (e *Engine) takeOver(ctx context.Context) error {
	dead, err := e.lease.dead(ctx)
	if err != nil {
		return err
	}
	for _, owner := range dead {
		runs, err := dbos.ListWorkflows(e.dbos, dbos.WithFilterExecutorIDs(owner), dbos.WithFilterStatus(dbos.WorkflowStatusPending),
			dbos.WithFilterLoadInput(false), dbos.WithFilterLoadOutput(false))
		if err != nil {
			return err
		}
		ids := make([]string, len(runs))
		for i, run := range runs {
			ids[i] = run.ID
		}
		if len(ids) > 0 {
			if _, err := dbos.ResumeWorkflows[State](e.dbos, ids); err != nil {
				return err
			}
		}
		if err := e.lease.table.remove(ctx, owner); err != nil {
			return err
		}
	}
	return nil
}

// grace is how long Close waits for exchanges that are under way.
const grace = 10 * time.Second

// Close stops the runs of this process where they are, and closes the store. Exchanges
// that are under way have 10 s to end, or are unknown. Another process goes on with the runs at
// once; this one, when it opens the store again.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closing = true
	e.mu.Unlock()
	sent := make(chan struct{})
	go func() {
		e.sending.Wait()
		close(sent)
	}()
	select {
	case <-sent:
	case <-time.After(grace):
	}
	e.stop()
	e.beating.Wait()
	err := dbos.Shutdown(e.dbos, 10*time.Second)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return errors.Join(err, e.lease.table.leave(ctx, e.lease.owner), e.store.close())
}

// Start begins a run with an id that the caller chooses: to start it again is to do nothing, so
// that a caller that does not know whether it has started one starts it. An id of another document,
// workflow, inputs or settings is an error.
func (e *Engine) Start(ctx context.Context, id, document, workflow string, inputs runtime.Inputs, settings runtime.Settings) error {
	if id == "" {
		return errors.New("a run needs an id")
	}
	program, err := e.program(ctx, document)
	if err != nil {
		return err
	}
	x, err := program.Begin(workflow, inputs, settings)
	if err != nil {
		return err
	}
	snapshot, err := x.Snapshot()
	if err != nil {
		return err
	}
	o := origin{Document: document, Workflow: workflow, Snapshot: snapshot}
	e.mu.Lock()
	failed := e.failed
	e.mu.Unlock()
	if failed != nil {
		return failed
	}
	named := dbos.WithWorkflowAttributes(map[string]any{documentAttribute: document, workflowAttribute: workflow})
	if _, err := dbos.RunWorkflow(e.dbos, e.perform, o, dbos.WithWorkflowID(id), named); err != nil {
		return fmt.Errorf("run %s: %w", id, err)
	}
	was, err := e.origin(id)
	if err != nil {
		return err
	}
	if was.Document != o.Document || was.Workflow != o.Workflow || !bytes.Equal(was.Snapshot, o.Snapshot) {
		return fmt.Errorf("run %s is there, of workflow %s of %s with other inputs, settings or texts: choose another id", id,
			was.Workflow, was.Document)
	}
	return nil
}

// ending is what a run came to.
type ending struct {
	result *runtime.Result
	err    error
}

// finished keeps what a run came to for those who wait for it.
func (e *Engine) finished(id string, end ending) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, waited := e.ended[id]; waited {
		e.ended[id] = &end
	}
}

// begin notes that an exchange begins, unless the engine is being closed: then the
// error is that of the context, when it has ended.
func (e *Engine) begin(ctx context.Context) error {
	e.mu.Lock()
	closing := e.closing
	if !closing {
		e.sending.Add(1)
	}
	e.mu.Unlock()
	if closing {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	return nil
}

// Cancel ends a run, whichever process it is in. Its exchange that is under way may
// reach the server.
func (e *Engine) Cancel(_ context.Context, id string) error {
	// Whoever takes the run over just now resumes it, also if it is canceled: it finds this.
	err := dbos.SetWorkflowAttributes(e.dbos, id, map[string]any{canceledAttribute: true}, dbos.WithMergeAttributes())
	if err != nil {
		return err
	}
	return dbos.CancelWorkflow(e.dbos, id)
}

// Decide answers a run that waits because an exchange is unknown.
func (e *Engine) Decide(_ context.Context, id string, d Decision) error {
	if err := d.check(); err != nil {
		return err
	}
	return dbos.Send(e.dbos, id, d, decideTopic)
}

func (e *Engine) now() time.Time {
	if e.driver.Clock != nil {
		return e.driver.Clock.Now()
	}
	return time.Now()
}
