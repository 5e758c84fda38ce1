package durable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/gobelin-dev/gobelin/runtime"
)

// State says where a run is.
type State string

// The states of a run.
const (
	Running   State = "running" // an exchange is under way, or about to be
	Waiting   State = "waiting" // for a time
	Undecided State = "unknown" // for a decision: nobody knows whether a request was sent
	Succeeded State = "succeeded"
	Failed    State = "failed"
	Canceled  State = "canceled"
	Broken    State = "broken" // it cannot go on: its document is gone or another one, or the journal was not written by this version
)

// A Status is what the journal has of a run.
type Status struct {
	ID       string
	Document string
	Workflow string
	State    State
	Created  time.Time
	Updated  time.Time
	Until    time.Time       // of a wait
	Unknown  *Unknown        // of state Undecided
	Result   *runtime.Result // so far
	Err      error           // of a run that has ended, as of [runtime.Driver.Run]; of a broken one, why
}

// Runs returns all runs in the store, the last one first, as far as they are known without their
// journals: a run that waits for a time is running, and there are no results. Of states there are
// only those that are given, if any are.
func (e *Engine) Runs(ctx context.Context, states ...State) iter.Seq2[Status, error] {
	const page = 1000
	return func(yield func(Status, error) bool) {
		for offset := 0; ; offset += page {
			rows, err := dbos.ListWorkflows(e.dbos, dbos.WithFilterName(runWorkflow), dbos.WithFilterSortDesc(), dbos.WithFilterLimit(page),
				dbos.WithFilterOffset(offset), dbos.WithFilterLoadInput(false), dbos.WithFilterLoadOutput(true))
			if err == nil {
				err = context.Cause(ctx)
			}
			if err != nil {
				yield(Status{}, err)
				return
			}
			for _, row := range rows {
				s := brief(row)
				if (len(states) == 0 || slices.Contains(states, s.State)) && !yield(s, nil) {
					return
				}
			}
			if len(rows) < page {
				return
			}
		}
	}
}

// brief returns what a row says of a run.
func brief(row dbos.WorkflowStatus) Status {
	s := Status{ID: row.ID, State: Running, Created: row.CreatedAt, Updated: row.UpdatedAt}
	s.Document, _ = row.Attributes[documentAttribute].(string)
	s.Workflow, _ = row.Attributes[workflowAttribute].(string)
	switch row.Status {
	case dbos.WorkflowStatusSuccess:
		var state State
		if decode(row.Output, &state) == nil {
			s.State = state
		}
	case statusCanceled:
		s.State = Canceled
	case dbos.WorkflowStatusError, dbos.WorkflowStatusMaxRecoveryAttemptsExceeded:
		s.State, s.Err = Broken, row.Error
	default:
		if row.Attributes[canceledAttribute] == true {
			s.State = Canceled // soon
			break
		}
		if unknown := row.Attributes[unknownAttribute]; unknown != nil {
			s.State, s.Unknown = Undecided, new(Unknown)
			if decode(unknown, s.Unknown) != nil {
				s.Unknown = nil
			}
		}
	}
	return s
}

// Remove removes a run that has ended, with its journal.
func (e *Engine) Remove(_ context.Context, id string) error {
	row, err := e.row(id, false)
	if err != nil {
		return err
	}
	if !over(row.Status) {
		return fmt.Errorf("run %s has not ended: cancel it before", id)
	}
	return dbos.DeleteWorkflows(e.dbos, []string{id})
}

// ErrNoRun is the error for an id that no run has.
var ErrNoRun = errors.New("there is no such run")

// Wait returns what a run came to, as [runtime.Driver.Run] does, in whichever process it
// is. It returns, too, with an error, when ctx ends or the run is broken.
func (e *Engine) Wait(ctx context.Context, id string) (*runtime.Result, error) {
	e.mu.Lock()
	if _, waited := e.ended[id]; !waited {
		e.ended[id] = nil
	}
	e.mu.Unlock()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		e.mu.Lock()
		done, failed := e.ended[id], e.failed
		if done != nil {
			delete(e.ended, id)
		}
		e.mu.Unlock()
		switch {
		case done != nil:
			return done.result, done.err
		case failed != nil:
			return nil, failed
		}
		row, err := e.row(id, false)
		if err != nil {
			return nil, err
		}
		if over(row.Status) {
			s, err := e.Status(ctx, id, nil)
			if err != nil {
				return nil, err
			}
			if s.State != Running && s.State != Waiting && s.State != Undecided {
				return s.Result, s.Err
			}
			// It was resumed meanwhile.
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

const statusCanceled = dbos.WorkflowStatusCancelled

const pollInterval = 50 * time.Millisecond

func over(s dbos.WorkflowStatusType) bool {
	switch s {
	case dbos.WorkflowStatusSuccess, dbos.WorkflowStatusError, statusCanceled, dbos.WorkflowStatusMaxRecoveryAttemptsExceeded:
		return true
	}
	return false
}

// row returns what DBOS has of a run.
func (e *Engine) row(id string, input bool) (dbos.WorkflowStatus, error) {
	rows, err := dbos.ListWorkflows(e.dbos, dbos.WithFilterWorkflowIDs(id), dbos.WithFilterLoadInput(input), dbos.WithFilterLoadOutput(true))
	switch {
	case err != nil:
		return dbos.WorkflowStatus{}, err
	case len(rows) == 0:
		return dbos.WorkflowStatus{}, fmt.Errorf("run %s: %w", id, ErrNoRun)
	}
	return rows[0], nil
}

func (e *Engine) origin(id string) (o origin, err error) {
	row, err := e.row(id, true)
	if err != nil {
		return o, err
	}
	return o, decode(row.Input, &o)
}

// decode reads a value that DBOS has as JSON text or as what that decodes to.
func decode(v any, into any) error {
	text, ok := v.(string)
	if !ok {
		data, err := json.Marshal(v)
		if err != nil {
			return err
		}
		text = string(data)
	}
	return json.Unmarshal([]byte(text), into)
}

// Status makes a run again from its journal, as far as that goes, without sending anything, and
// tells where it is. listener, if not nil, gets its events with their numbers.
func (e *Engine) Status(ctx context.Context, id string, listener func(n int, event runtime.Event)) (*Status, error) {
	row, err := e.row(id, true)
	if err != nil {
		return nil, err
	}
	var o origin
	if err := decode(row.Input, &o); err != nil {
		return nil, fmt.Errorf("run %s: %w", id, err)
	}
	told := brief(row)
	s, canceled := &told, told.State == Canceled
	s.Document, s.Workflow, s.Unknown = o.Document, o.Workflow, nil
	program, err := e.program(ctx, o.Document)
	if err != nil {
		s.State, s.Err = Broken, err
		return s, nil
	}
	r, err := e.newRun(id, program, o, listener)
	if err != nil {
		s.State, s.Err = Broken, err
		return s, nil
	}
	if err := r.read(s); err != nil {
		return nil, fmt.Errorf("run %s: %w", id, err)
	}
	if canceled {
		r.x.Cancel(context.Canceled)
		done, _ := r.x.Next().(*runtime.Done)
		s.State, s.Result, s.Err, s.Unknown = Canceled, done.Result, done.Err, nil
	}
	return s, nil
}

// read takes a run as far as its journal goes.
func (r *run) read(s *Status) error {
	entries, err := dbos.GetWorkflowSteps(r.engine.dbos, r.id)
	if err != nil {
		return err
	}
	last := 0 // entry that was read
	// next returns the next entry of a name; those of others before it are of DBOS.
	next := func(name string, into any) (bool, error) {
		for len(entries) > 0 {
			entry := entries[0]
			entries, last = entries[1:], entry.StepID
			if entry.StepName == name {
				return true, decode(entry.Output, into)
			}
		}
		return false, nil
	}
	for {
		switch c := r.x.Next().(type) {
		case *runtime.Done:
			s.State, s.Result, s.Err = Succeeded, c.Result, c.Err
			if c.Err != nil {
				s.State = Failed
			}
			return nil
		case *runtime.Wait:
			var deadline int64
			ok, err := next(sleepEntry, &deadline)
			if !ok || err != nil {
				return err
			}
			if until := time.UnixMilli(deadline); len(entries) == 0 && until.After(r.engine.now()) {
				s.State, s.Until = Waiting, until
				return nil
			}
			if err := r.x.Elapse(); err != nil {
				return err
			}
		case *runtime.Send:
			var a answer
			ok, err := next(answerEntry, &a)
			if !ok || err != nil {
				return err
			}
			given := &a
			if a.Unknown {
				var d Decision
				decided, err := next(recvEntry, &d)
				if err != nil {
					return err
				}
				// DBOS keeps a place after it for the end of its patience.
				if decided && len(entries) > 0 && entries[0].StepID == last+1 {
					entries = entries[1:]
				}
				if !decided {
					s.State, s.Unknown = Undecided, &Unknown{ID: r.id, WorkflowID: c.WorkflowID, StepID: c.StepID, Method: c.Method, Target: c.Target}
					return nil
				}
				if given = d.answer(a.Received); given == nil {
					continue // it is sent again
				}
			}
			r.again(given)
			if err := given.give(r.x); err != nil {
				return err
			}
		}
	}
}
