package runtime

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gobelin-dev/gobelin/internal/eval"
	"github.com/gobelin-dev/gobelin/internal/schedule"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/transport"
)

// A Driver runs programs over net/http with real timers. The zero Driver is ready
// for use. It may run many executions at once, from several goroutines; its fields
// must not be changed meanwhile.
type Driver struct {
	Client  *http.Client // nil means one like http.DefaultClient; its CheckRedirect is not used: redirects follow ruling O13
	Clock   Clock        // nil means the system clock
	OnEvent func(Event)  // if not nil, called with every event of a run, by the goroutine that runs it
	MaxBody int64        // most bytes of a response body, beyond which the step fails (C20); 0 means 64 MiB

	// RequestTimeout ends a request to which nothing comes: no beginning of the
	// response for so long, or then no further byte; the step fails (C20). 0 means
	// 60 s, a negative timeout none.
	RequestTimeout time.Duration

	// Servers maps names of sources, see [Send], to the base URLs that replace the
	// servers which their descriptions declare (O11).
	Servers map[string]string
	// ServerVariables maps names of variables in server URLs, as "source.name" or, for
	// all sources of the entry document, alone, to values (O11).
	ServerVariables map[string]string
	// Headers are sent with all requests to a source's own server, by the name of
	// the source, see [Send], where the step does not set the field. As credentials,
	// they are no part of the run, go to no other origin, and are not shown.
	Headers map[string]http.Header
	// NewJar, if not nil, is called for each run, and returns the jar that its
	// cookies are kept in: what a response sets, later requests send, unless the
	// step sets a cookie of that name. A jar is no part of a snapshot. One for all
	// runs, such as [cookies.Jar], can be returned as well.
	NewJar func() http.CookieJar
	// Credentials supplies the credentials of security schemes (O12), as
	// [StaticCredentials] does; nil means none. If they are [Clients] as well, they have
	// certificates; those that a method Secrets() []string returns are masked from the
	// beginning, others when they are applied.
	Credentials Credentials

	Settings // embedded; see its fields
}

// A Clock tells the time and lets it pass. It must be safe for concurrent use.
type Clock interface {
	Now() time.Time
	// Sleep returns when d has passed, or with an error as soon as ctx is done.
	Sleep(ctx context.Context, d time.Duration) error
}

const (
	defaultMaxBody        = 64 << 20
	defaultRequestTimeout = time.Minute
)

// Run runs the workflow with a zero [Driver]; see [Driver.Run].
func (p *Program) Run(ctx context.Context, workflowID string, inputs Inputs) (*Result, error) {
	return new(Driver).Run(ctx, p, workflowID, inputs)
}

// Run runs a workflow to its end. When it does not succeed, the result so far
// is returned together with an error: *StepError for a failed workflow,
// *BudgetError, *CanceledError for the end of the context. For a run that cannot
// begin the result is nil, and the error is that of [Program.Begin].
func (d *Driver) Run(ctx context.Context, p *Program, workflowID string, inputs Inputs) (*Result, error) {
	x, err := d.begin(ctx, p, workflowID, inputs)
	if err != nil {
		return notBegun(workflowID, err), err
	}
	return d.Continue(ctx, x)
}

// notBegun returns the result of a run that could not begin: nil, unless its context ended
// before.
func notBegun(workflowID string, err error) *Result {
	if _, canceled := errors.AsType[*CanceledError](err); !canceled {
		return nil
	}
	return &Result{WorkflowID: workflowID, Outputs: map[string]any{}}
}

// begin begins a run that ends with a context.
func (d *Driver) begin(ctx context.Context, p *Program, workflowID string, inputs Inputs) (x *Execution, err error) {
	ended := eval.Until(ctx, func() { x, err = p.begin(ctx.Done(), workflowID, inputs, d.Settings) })
	if ended != nil {
		return nil, &CanceledError{Err: ended}
	}
	return x, err
}

// Continue runs an execution to its end, from wherever it is; it returns what
// [Driver.Run] returns.
func (d *Driver) Continue(ctx context.Context, x *Execution) (*Result, error) {
	patience := d.patience(ctx)
	defer patience.End()
	x.end = ctx.Done()
	for {
		done, err := d.advance(ctx, x, patience)
		switch {
		case err != nil:
			x.Cancel(err)
		case done != nil:
			return done.Result, done.Err
		}
	}
}

// Advance performs the pending command of an execution and answers it. It returns
// nil, or the last command at the end of the run. When the context ends before
// there is an answer, its cause is the error and the command is still pending: the
// execution may be stored ([Execution.Snapshot]), and performs the command again
// when it is continued.
func (d *Driver) Advance(ctx context.Context, x *Execution) (*Done, error) {
	patience := d.patience(ctx)
	defer patience.End()
	return d.advance(ctx, x, patience)
}

func (d *Driver) patience(ctx context.Context) *transport.Patience {
	return transport.NewPatience(ctx, cmp.Or(d.RequestTimeout, defaultRequestTimeout))
}

func (d *Driver) advance(ctx context.Context, x *Execution, patience *transport.Patience) (done *Done, err error) {
	defer eval.Ended(ctx, &err)
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
		return nil, d.send(ctx, x, c, patience)
	case *Wait:
		if err = d.clock().Sleep(ctx, c.Left(d.clock().Now())); err == nil {
			err = x.Elapse()
		}
	}
	return nil, err
}

// attach prepares an execution that the driver drives: its events go to the
// driver's listener, and the driver's credentials are masked before they are used,
// as a restored execution may have them from a response.
func (d *Driver) attach(x *Execution) {
	if d.OnEvent != nil {
		x.Observe(d.OnEvent)
		x.now = d.clock().Now
	}
	if x.attached {
		return
	}
	x.attached = true
	if d.NewJar != nil {
		x.jar = transport.Hiding(d.NewJar(), x.Hide)
	}
	if known, ok := d.Credentials.(interface{ Secrets() []string }); ok {
		for _, credential := range known.Secrets() {
			x.Hide(credential)
		}
	}
	for _, header := range d.Headers {
		for _, v := range secret.InFields(header) {
			x.Hide(v)
		}
	}
	for _, server := range d.Servers {
		if u, err := url.Parse(server); err == nil && u.User != nil {
			x.hideUser(u.User)
		}
	}
}

// send performs a command and answers it; the error is that of the context.
func (d *Driver) send(ctx context.Context, x *Execution, c *Send, patience *transport.Patience) error {
	var start time.Time
	if c.Timeout > 0 {
		start = d.clock().Now()
	}
	response, err := d.exchange(ctx, x, c, patience)
	took := time.Duration(0)
	if c.Timeout > 0 {
		took = d.clock().Now().Sub(start)
	}
	switch {
	case err == nil:
		response.Took = took
		return x.Respond(&response)
	case context.Cause(ctx) != nil:
		return context.Cause(ctx)
	}
	return x.fail(err, d.clock().Now(), took)
}

// exchange performs the exchange that a command asks for. If the answer is 401, its
// challenge is answered, and the credentials are asked for again, once each.
func (d *Driver) exchange(ctx context.Context, x *Execution, c *Send, patience *transport.Patience) (Response, error) {
	at, err := d.address(c, x.address)
	if err != nil {
		return Response{}, err
	}
	x.goesTo(at)
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, exceeded(c.Timeout))
		defer cancel()
		patience = d.patience(ctx)
		defer patience.End()
	}
	more := d.Headers[c.Source]
	request := transport.Request{Method: c.Method, URL: at.url + c.Target, Header: transport.Added(c.Header, more), Body: c.Body, Jar: x.jar}
	if (len(c.Security) == 0 || d.Credentials == nil) && at.user == nil && x.jar == nil {
		x.Sent(request.URL, secret.Fields(request.Header, more))
		return d.receive(ctx, c, request, patience)
	}
	if request.Client, err = d.certified(ctx, c, at, &request); err != nil {
		return Response{}, err
	}
	a := d.authorization(x, c, at)
	request.Authorize = a.Authorize
	request.Sending = func(sent *transport.Request) { x.Sent(sent.URL, transport.Shown(sent, more), a.Schemes()...) }
	for {
		response, err := d.receive(ctx, c, request, patience)
		if err != nil || response.Status != http.StatusUnauthorized {
			return response, err
		}
		if again, err := a.Again(ctx, response.Header); err != nil || !again {
			return response, err
		}
	}
}

// Exchange performs an exchange that an execution asks for, and leaves it to the
// caller to answer with what it returns: for a loop that writes it down before. c is the
// pending command, or a copy of it with more header fields. The error has no secrets.
func (d *Driver) Exchange(ctx context.Context, x *Execution, c *Send) (Response, error) {
	d.attach(x)
	patience := d.patience(ctx)
	defer patience.End()
	start := d.clock().Now()
	response, err := d.exchange(ctx, x, c, patience)
	if err != nil {
		return Response{}, x.secrets.Error(err)
	}
	response.Took = d.clock().Now().Sub(start)
	return response, nil
}

// receive sends a request and reads the whole response.
func (d *Driver) receive(ctx context.Context, c *Send, request transport.Request, patience *transport.Patience) (Response, error) {
	limits := transport.Limits{
		Body: cmp.Or(d.MaxBody, defaultMaxBody), Redirects: c.FollowRedirects, Patience: patience, Timed: d.OnEvent != nil,
	}
	r, err := transport.Exchange(ctx, d.Client, request, limits)
	switch cause := context.Cause(ctx); {
	case err == nil:
		return Response{Status: r.Status, Header: r.Header, Body: r.Body, URL: r.URL, Received: d.clock().Now(), Resent: r.Resent,
			Timing: (*Timing)(r.Timing)}, nil
	case cause != nil:
		return Response{}, cause
	}
	return Response{}, err
}

func (d *Driver) clock() Clock { return cmp.Or[Clock](d.Clock, schedule.SystemClock{}) }
