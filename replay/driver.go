package replay

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/runtime"
)

// A Driver runs a program on a recording: nothing is sent, and no time passes. It
// drives one run.
type Driver struct {
	Recording *Recording
	OnEvent   func(runtime.Event) // as of [runtime.Driver]; events have no time
	Settings  runtime.Settings

	// Live, if not nil, goes on with the run from exchange number From (counted from
	// 0): what comes before is replayed.
	Live *runtime.Driver
	From int
}

// A Divergence is the error of a run that sends something else than the recording has.
type Divergence struct {
	Exchange           int // from 0
	WorkflowID, StepID string
	Differences        []string
}

// Error says where they part, and how.
func (d *Divergence) Error() string {
	where := fmt.Sprintf("request %d", d.Exchange+1)
	if d.StepID != "" {
		where += fmt.Sprintf(" (workflow %q, step %q)", d.WorkflowID, d.StepID)
	}
	return where + " is not that of the recording:\n  " + strings.Join(d.Differences, "\n  ")
}

// Run runs a workflow to its end; it returns what [runtime.Driver.Run] returns. Where
// the run parts from the recording it is canceled, and the error is a
// *[runtime.CanceledError] for a *[Divergence].
func (d *Driver) Run(ctx context.Context, p *runtime.Program, workflowID string, inputs runtime.Inputs) (*runtime.Result, error) {
	x, err := p.Begin(workflowID, inputs, d.Settings)
	if err != nil {
		return nil, err
	}
	return d.Continue(ctx, x)
}

// Continue is [Driver.Run] for an execution that has begun.
func (d *Driver) Continue(ctx context.Context, x *runtime.Execution) (*runtime.Result, error) {
	var sending *runtime.RequestSent // as events show it, not yet told
	x.Observe(func(e runtime.Event) {
		if request, ok := e.(*runtime.RequestSent); ok {
			sending = request
		} else {
			d.tell(e)
		}
	})
	for next, sent := 0, 0; ; {
		if err := context.Cause(ctx); err != nil {
			x.Cancel(err)
		}
		switch c := x.Next().(type) {
		case *runtime.Done:
			if c.Err == nil && !d.Recording.Sparse && d.Live == nil && next < len(d.Recording.Exchanges) {
				return c.Result, &Divergence{Exchange: next, Differences: []string{"the run is at its end; the recording goes on with " +
					d.Recording.Exchanges[next].text()}}
			}
			return c.Result, c.Err
		case *runtime.Wait:
			if err := x.Elapse(); err != nil {
				x.Cancel(err)
			}
		case *runtime.Send:
			if d.Live != nil && sent == d.From {
				return d.Live.Continue(ctx, x)
			}
			var err error
			if next, err = d.answer(x, c, &sending, next); err != nil {
				x.Cancel(err)
			}
			sent++
		}
	}
}

func (d *Driver) tell(e runtime.Event) {
	if d.OnEvent != nil {
		d.OnEvent(e)
	}
}

// answer answers a request from the recording, and returns which exchange comes next.
// shown is the event of the request, once the execution was told that it goes out.
func (d *Driver) answer(x *runtime.Execution, c *runtime.Send, shown **runtime.RequestSent, next int) (int, error) {
	part := func(differences ...string) error {
		return &Divergence{Exchange: next, WorkflowID: c.WorkflowID, StepID: c.StepID, Differences: differences}
	}
	at := d.find(c, next)
	switch {
	case at == len(d.Recording.Exchanges) && !d.Recording.Sparse:
		return next, part(fmt.Sprintf("the recording ends here; the run goes on with %s %s", c.Method, c.Target))
	case at == len(d.Recording.Exchanges):
		return next, part(fmt.Sprintf("the recording has no further request %s %s", c.Method, c.Target))
	}
	e := &d.Recording.Exchanges[at]
	for {
		if e.Request != nil {
			x.Sent(e.Request.URL, shownHeader(c, e.Request), e.Request.Security...)
			if list := differences(c, *shown, e.Request); len(list) > 0 {
				return next, part(list...)
			}
			d.tell(*shown)
		}
		if e.Response != nil || d.Recording.Sparse || at+1 == len(d.Recording.Exchanges) {
			break
		}
		at++ // it was sent again
		e = &d.Recording.Exchanges[at]
	}
	if e.Cut {
		return next, errors.New("a body in the trace is not whole: record it again with room for larger bodies")
	}
	switch r := e.Response; {
	case r == nil:
		return next, errors.New("the recording has no answer to this request")
	case r.Err != nil:
		return at + 1, x.Fail(r.Err)
	default:
		return at + 1, x.Respond(&runtime.Response{Status: r.Status, Header: r.Header, Body: r.Body, URL: r.URL, Received: r.Time,
			Resent: r.Resent, Timing: r.Timing, Took: e.took()})
	}
}

// took returns how long an exchange took, 0 if that is not known.
func (e *Exchange) took() time.Duration {
	if e.Request == nil || e.Request.Time.IsZero() {
		return 0
	}
	return e.Response.Time.Sub(e.Request.Time)
}

// text is the request of an exchange, in a line.
func (e *Exchange) text() string {
	if e.Request == nil {
		return "a request that was not sent"
	}
	return e.Request.Method + " " + e.Request.URL
}

// find returns the exchange for a request. Of a sparse recording it is the next one
// with the method and the target.
func (d *Driver) find(c *runtime.Send, next int) int {
	if !d.Recording.Sparse {
		return next
	}
	for i := next; i < len(d.Recording.Exchanges); i++ {
		recorded := d.Recording.Exchanges[i].Request
		if c.Method == recorded.Method && sameTarget(c.Target, recorded) {
			return i
		}
	}
	return len(d.Recording.Exchanges)
}
