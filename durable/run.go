package durable

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/gobelin-dev/gobelin/runtime"
)

// The names of entries in the journal.
const (
	intentEntry = "intent"
	answerEntry = "answer"
	sleepEntry  = "DBOS.sleep" // as DBOS names it
	recvEntry   = "DBOS.recv"
)

// The attributes of a run, which a list shows without reading its journal.
const (
	documentAttribute = "document"
	workflowAttribute = "workflow"
	unknownAttribute  = "unknown"
	canceledAttribute = "canceled"
)

// decideTopic is that of messages with a [Decision].
const decideTopic = "decide"

// forever is how long a run waits for a decision.
const forever = 10 * 365 * 24 * time.Hour

// A run is one run in this process.
type run struct {
	engine *Engine
	id     string
	driver runtime.Driver
	x      *runtime.Execution
	clock  *clock
	listen func(n int, e runtime.Event) // may be nil
	events int                          // so far
	sent   []sent                       // of the exchange that is under way
	sends  int                          // exchanges so far
}

// clock tells the times of the journal as long as that is read.
type clock struct {
	runtime.Clock // nil: waits are the journal's, and nobody sleeps by this one
	engine        *Engine
	past          time.Time // zero: now
}

func (c *clock) Now() time.Time {
	if !c.past.IsZero() {
		return c.past
	}
	return c.engine.now()
}

// newRun begins or makes again an execution.
func (e *Engine) newRun(id string, program *runtime.Program, o origin, listen func(n int, e runtime.Event)) (*run, error) {
	x, err := program.Restore(o.Snapshot)
	if err != nil {
		return nil, fmt.Errorf("run %s: document %s: %w", id, o.Document, err)
	}
	r := &run{engine: e, id: id, driver: e.driver, x: x, clock: &clock{engine: e}, listen: listen}
	r.driver.Clock = r.clock
	r.driver.OnEvent = r.told
	x.Observe(r.told)
	return r, nil
}

// told passes an event on, with its number.
func (r *run) told(e runtime.Event) {
	if request, ok := e.(*runtime.RequestSent); ok {
		r.sent = append(r.sent, sent{URL: request.URL, Header: request.Header, Security: request.Security, At: r.clock.Now()})
	}
	r.events++
	if r.listen != nil {
		r.listen(r.events, e)
	}
}

// perform is the workflow at DBOS: it takes a run to its end. The error is that of
// the journal or of the document; what the run came to is in the machine.
func (e *Engine) perform(ctx dbos.Context, o origin) (State, error) {
	id, err := dbos.GetWorkflowID(ctx)
	if err != nil {
		return "", err
	}
	state, err := e.toEnd(ctx, id, o)
	if err == nil || ctx.Err() != nil || errors.Is(err, dbos.ErrConflictingWorkflowID) {
		return state, err
	}
	// A store that cannot be written to, or a document that is not there, is no end of the run, which
	// DBOS would take the error for. It goes on when the store is opened again; who waits here is told.
	e.finished(id, ending{err: fmt.Errorf("run %s cannot go on (store %s): %w", id, e.store.name, err)})
	<-ctx.Done()
	return "", context.Cause(ctx)
}

func (e *Engine) toEnd(ctx dbos.Context, id string, o origin) (State, error) {
	row, err := e.row(id, false)
	if err != nil {
		return "", err
	}
	if row.Attributes[canceledAttribute] == true {
		if err := dbos.CancelWorkflow(e.dbos, id); err != nil {
			return "", err
		}
		<-ctx.Done()
		return "", context.Cause(ctx)
	}
	program, err := e.program(ctx, o.Document)
	if err != nil {
		return "", err
	}
	var listen func(n int, e runtime.Event)
	if e.onEvent != nil {
		listen = func(n int, event runtime.Event) { e.onEvent(id, n, event) }
	}
	r, err := e.newRun(id, program, o, listen)
	if err != nil {
		return "", err
	}
	done, err := r.loop(ctx)
	if err != nil {
		return "", err
	}
	e.finished(id, ending{done.Result, done.Err})
	if done.Err != nil {
		return Failed, nil
	}
	return Succeeded, nil
}

func (r *run) loop(ctx dbos.Context) (*runtime.Done, error) {
	for {
		switch c := r.x.Next().(type) {
		case *runtime.Done:
			return c, nil
		case *runtime.Wait:
			if _, err := dbos.Sleep(ctx, c.Left(r.clock.Now())); err != nil {
				return nil, err
			}
			if err := r.x.Elapse(); err != nil {
				return nil, err
			}
		case *runtime.Send:
			a, err := r.exchange(ctx, c)
			if err != nil {
				return nil, err
			}
			if err := a.give(r.x); err != nil {
				return nil, err
			}
		}
		r.clock.past = time.Time{}
	}
}

// exchange returns what an exchange comes to, in the end by a decision.
func (r *run) exchange(ctx dbos.Context, c *runtime.Send) (*answer, error) {
	r.sends++
	for {
		a, err := r.attempt(ctx, c)
		if err != nil || !a.Unknown {
			return a, err
		}
		if a, err = r.decision(ctx, c); err != nil || a != nil {
			return a, err
		}
	}
}

// attempt sends a request, unless the journal has its answer.
func (r *run) attempt(ctx dbos.Context, c *runtime.Send) (*answer, error) {
	if err := r.engine.begin(ctx); err != nil {
		return nil, err
	}
	defer r.engine.sending.Done()
	send, key := r.keyed(c)
	here := false // the intent was written by this process
	_, err := dbos.RunAsStep(ctx, func(context.Context) (intent, error) {
		here = true
		return intent{Method: c.Method, Target: c.Target, Key: key, At: r.engine.now()}, nil
	}, dbos.WithStepName(intentEntry))
	if err != nil {
		return nil, err
	}
	r.sent = nil
	now := false // the answer came to this process
	a, err := dbos.RunAsStep(ctx, func(ctx context.Context) (answer, error) {
		now = true
		if !here && key == "" && !idempotent(c.Method) {
			return answer{Unknown: true, Received: r.engine.now()}, nil
		}
		if err := r.engine.lease.held(ctx); err != nil {
			return answer{}, err
		}
		response, err := r.driver.Exchange(ctx, r.x, send)
		if ctx.Err() != nil {
			return answer{}, context.Cause(ctx)
		}
		a := answered(response, err, r.engine.now())
		a.Sent = r.sent
		return a, nil
	}, dbos.WithStepName(answerEntry))
	if err != nil {
		return nil, err
	}
	if !now && !a.Unknown {
		r.again(&a)
	}
	return &a, nil
}

// again tells the requests of an answer from the journal.
func (r *run) again(a *answer) {
	for _, s := range a.Sent {
		r.clock.past = s.At
		r.x.Sent(s.URL, s.Header, s.Security...)
	}
	r.clock.past = a.Received
}

// decision waits for a person; nil means to send again.
func (r *run) decision(ctx dbos.Context, c *runtime.Send) (*answer, error) {
	u := Unknown{ID: r.id, WorkflowID: c.WorkflowID, StepID: c.StepID, Method: c.Method, Target: c.Target}
	// The list of runs shows it.
	if err := dbos.SetWorkflowAttributes(ctx, r.id, map[string]any{unknownAttribute: u}, dbos.WithMergeAttributes()); err != nil {
		return nil, err
	}
	if r.engine.onUnknown != nil {
		r.engine.onUnknown(u)
	}
	d, err := dbos.Recv[Decision](ctx, decideTopic, forever)
	if err == nil {
		err = d.check()
	}
	if err != nil {
		return nil, err
	}
	if err := dbos.SetWorkflowAttributes(ctx, r.id, map[string]any{unknownAttribute: nil}, dbos.WithMergeAttributes()); err != nil {
		return nil, err
	}
	return d.answer(r.clock.Now()), nil
}

// idempotent reports whether several requests of a method do the work of one (RFC
// 9110, section 9.2.2).
func idempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}

// keyed returns a command with an idempotency key, and the key; "" if the request
// has none. The step may set it by itself.
func (r *run) keyed(c *runtime.Send) (*runtime.Send, string) {
	name, ours := r.engine.keys[c.Source]
	if !ours {
		name = "Idempotency-Key"
	}
	if key := c.Header.Get(name); key != "" && name != "" {
		return c, key
	}
	if !ours || name == "" || idempotent(c.Method) {
		return c, ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", r.id, r.sends))
	key := hex.EncodeToString(sum[:16])
	send := *c
	send.Header = c.Header.Clone()
	send.Header.Set(name, key)
	return &send, key
}
