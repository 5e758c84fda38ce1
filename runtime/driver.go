package runtime

import (
	"context"
	"net/http"
	"time"
)

// A Driver runs programs over net/http with real timers. The zero Driver is
// ready for use; its fields must not be changed while it runs something. It may
// run many executions at once.
type Driver struct {
	Client   *http.Client // nil: http.DefaultClient. Its CheckRedirect is not used: redirects follow ruling O13.
	Clock    Clock        // nil: the real time
	OnEvent  func(Event)  // told what a run does, by the goroutine that runs it; nil: nobody
	MaxBody  int64        // bytes of a response body that are read (C20); 0: 64 MiB
	Settings              // see there
}

// A Clock tells the time and lets it pass.
type Clock interface {
	Now() time.Time
	// Sleep returns when d has passed, or at once with the context's error.
	Sleep(ctx context.Context, d time.Duration) error
}

const defaultMaxBody = 64 << 20

// Run runs the workflow with a zero [Driver]; see [Driver.Run].
func (p *Program) Run(ctx context.Context, workflowID string, inputs Inputs) (*Result, error) {
	return new(Driver).Run(ctx, p, workflowID, inputs)
}

// Run runs a workflow to its end. When it does not succeed, the result so far
// is returned together with an error: *StepError for a failed workflow,
// *BudgetError, *CanceledError for the end of the context. A run that cannot
// begin returns no result: the error is an *InputError, or tells that there is
// no such workflow.
func (d *Driver) Run(ctx context.Context, p *Program, workflowID string, inputs Inputs) (*Result, error) {
	x, err := p.Begin(workflowID, inputs, d.Settings)
	if err != nil {
		return nil, err
	}
	return d.Continue(ctx, x)
}

// Continue runs an execution to its end, from wherever it is.
func (d *Driver) Continue(ctx context.Context, x *Execution) (*Result, error) {
	for {
		done, err := d.Advance(ctx, x)
		switch {
		case err != nil:
			x.Cancel(err)
		case done != nil:
			return done.Result, done.Err
		}
	}
}

// Advance performs the pending command of an execution and answers it; at the
// end of the run it returns it. When the context ends before there is an answer,
// its cause is the error and the command is still pending: the execution may be
// stored ([Execution.Snapshot]), and when it goes on performs the command anew.
func (d *Driver) Advance(ctx context.Context, x *Execution) (*Done, error) {
	if d.OnEvent != nil {
		x.Observe(d.OnEvent)
	}
	command := x.Next()
	if done, ok := command.(*Done); ok {
		return done, nil
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	switch c := command.(type) {
	case *Send:
		return nil, d.send(ctx, x, c)
	case *Wait:
		if err := d.clock().Sleep(ctx, c.Duration); err != nil {
			return nil, err
		}
		x.Elapse()
	}
	return nil, nil
}

// send answers a command to send; the error is that of the context.
func (d *Driver) send(ctx context.Context, x *Execution, c *Send) error {
	response, err := d.exchange(ctx, c)
	switch {
	case err == nil:
		x.Respond(&response)
	case context.Cause(ctx) != nil:
		return context.Cause(ctx)
	default:
		x.Fail(err)
	}
	return nil
}

func (d *Driver) clock() Clock {
	if d.Clock == nil {
		return realTime{}
	}
	return d.Clock
}

// realTime is the Clock of the operating system.
type realTime struct{}

func (realTime) Now() time.Time { return time.Now() }

func (realTime) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
