package runtime

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gobelin-dev/gobelin/internal/transport"
)

// A Driver runs programs over net/http with real timers. The zero Driver is
// ready for use; its fields must not be changed while it runs something. It may
// run many executions at once.
type Driver struct {
	Client  *http.Client // nil: http.DefaultClient. Its CheckRedirect is not used: redirects follow ruling O13.
	Clock   Clock        // nil: the real time
	OnEvent func(Event)  // told what a run does, by the goroutine that runs it; nil: nobody
	MaxBody int64        // bytes of a response body that are read (C20); 0: 64 MiB

	// Servers has base URLs by source name, see [Send]; they replace the servers
	// that the descriptions declare (O11).
	Servers map[string]string
	// ServerVariables has values for the variables of server URLs (O11).
	ServerVariables map[string]string
	// Credentials has the credentials of security schemes (O12), such as
	// [StaticCredentials]; nil: none.
	Credentials Credentials

	Settings // embedded; see its fields
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
	d.attach(x)
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
		if err := d.clock().Sleep(ctx, c.Left(d.clock().Now())); err != nil {
			return nil, err
		}
		return nil, x.Elapse()
	}
	return nil, nil
}

// attach prepares an execution that the driver drives: what it tells goes to the
// driver's listener, and what the driver was given is a secret before it is used,
// as a restored execution may know it from an answer.
func (d *Driver) attach(x *Execution) {
	if d.OnEvent != nil {
		x.Observe(d.OnEvent)
	}
	if x.attached {
		return
	}
	x.attached = true
	static, _ := d.Credentials.(StaticCredentials)
	for _, credential := range static {
		x.Hide(credential)
	}
	for _, server := range d.Servers {
		if u, err := url.Parse(server); err == nil && u.User != nil {
			x.hideUser(u.User)
		}
	}
}

// send answers a command to send; the error is that of the context.
func (d *Driver) send(ctx context.Context, x *Execution, c *Send) error {
	response, err := d.exchange(ctx, x, c)
	switch {
	case err == nil:
		return x.Respond(&response)
	case context.Cause(ctx) != nil:
		return context.Cause(ctx)
	}
	return x.fail(err, d.clock().Now())
}

// exchange performs the exchange that a command asks for. Credentials that are
// answered with 401 are asked for anew, once.
func (d *Driver) exchange(ctx context.Context, x *Execution, c *Send) (Response, error) {
	at, err := d.address(c, x.address)
	if err != nil {
		return Response{}, err
	}
	x.goesTo(at)
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("no answer within the step's timeout of %v", c.Timeout))
		defer cancel()
	}
	request := transport.Request{Method: c.Method, URL: at.url + c.Target, Header: c.Header, Body: c.Body}
	if (len(c.Security) == 0 || d.Credentials == nil) && at.user == nil {
		x.Sent(request.URL, request.Header)
		return d.receiveOpen(ctx, c, request)
	}
	r := new(request)
	a := &authorization{driver: d, execution: x, send: c, user: at.user, first: r}
	r.Authorize = func(ctx context.Context, hop *transport.Request) (*transport.Request, error) {
		authorized, err := a.authorize(ctx, hop)
		if err == nil && hop == r {
			x.Sent(authorized.URL, authorized.Header)
		}
		return authorized, err
	}
	response, err := d.receive(ctx, c, r)
	if err != nil || response.Status != http.StatusUnauthorized {
		return response, err
	}
	again, err := a.refresh(ctx)
	if err != nil || !again {
		return response, err
	}
	return d.receive(ctx, c, r)
}

// openRequests are used again: nothing keeps a request without credentials once
// it has its response.
var openRequests = sync.Pool{New: func() any { return new(transport.Request) }}

// receiveOpen is receive for a request without credentials.
func (d *Driver) receiveOpen(ctx context.Context, c *Send, request transport.Request) (Response, error) {
	r := openRequests.Get().(*transport.Request)
	*r = request
	response, err := d.receive(ctx, c, r)
	*r = transport.Request{}
	openRequests.Put(r)
	return response, err
}

// receive sends a request and reads the response whole.
func (d *Driver) receive(ctx context.Context, c *Send, request *transport.Request) (Response, error) {
	limits := transport.Limits{Body: cmp.Or(d.MaxBody, defaultMaxBody), Redirects: c.FollowRedirects}
	r, err := transport.Do(ctx, d.Client, request, limits)
	switch cause := context.Cause(ctx); {
	case err == nil:
		return Response{Status: r.Status, Header: r.Header, Body: r.Body, URL: r.URL, Received: d.clock().Now()}, nil
	case cause != nil:
		return Response{}, cause
	}
	return Response{}, err
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
