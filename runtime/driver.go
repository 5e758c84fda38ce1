package runtime

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
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
	if d.OnEvent != nil {
		x.Observe(d.OnEvent)
	}
	for {
		command := x.Next()
		if done, ok := command.(*Done); ok {
			return done.Result, done.Err
		}
		if err := context.Cause(ctx); err != nil {
			x.Cancel(err)
			continue
		}
		switch c := command.(type) {
		case *Send:
			response, err := d.exchange(ctx, c)
			switch {
			case err == nil:
				x.Respond(response)
			case context.Cause(ctx) != nil:
				x.Cancel(context.Cause(ctx))
			default:
				x.Fail(err)
			}
		case *Wait:
			if err := d.clock().Sleep(ctx, c.Duration); err != nil {
				x.Cancel(err)
			} else {
				x.Elapse()
			}
		}
	}
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

// exchange sends a request and reads the response whole.
func (d *Driver) exchange(ctx context.Context, c *Send) (*Response, error) {
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("no answer within the step's timeout of %v", c.Timeout))
		defer cancel()
	}
	req, err := http.NewRequestWithContext(ctx, c.Method, c.URL, bytes.NewReader(c.Body))
	if err != nil {
		return nil, err
	}
	req.Header = c.Header.Clone()
	if c.Body == nil {
		req.Body, req.GetBody = nil, nil
	}
	client := http.Client{}
	if d.Client != nil {
		client = *d.Client
	}
	client.CheckRedirect = redirects(c.FollowRedirects)
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	limit := or(d.MaxBody, defaultMaxBody)
	decoded, err := decode(resp)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(decoded, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading the response: %w", err)
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("the response body is larger than %d bytes", limit)
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body, URL: resp.Request.URL.String(), Received: d.clock().Now()}, nil
}

// decode undoes the content codings of a body (RFC 9110 §8.4), those that
// net/http has not undone itself because the step has asked for them.
func decode(resp *http.Response) (io.Reader, error) {
	var body io.Reader = resp.Body
	codings := strings.Split(strings.ToLower(strings.Join(resp.Header.Values("Content-Encoding"), ",")), ",")
	for _, coding := range slices.Backward(codings) {
		var err error
		switch strings.TrimSpace(coding) {
		case "", "identity":
		case "gzip", "x-gzip":
			body, err = gzip.NewReader(body)
		case "deflate":
			body, err = zlib.NewReader(body)
		default:
			return nil, fmt.Errorf("the response body is in the content coding %q; identity, gzip and deflate are read", strings.TrimSpace(coding))
		}
		if err == io.EOF {
			return resp.Body, nil // no body, such as the answer to a HEAD
		}
		if err != nil {
			return nil, fmt.Errorf("the response body, coded as %s: %w", strings.TrimSpace(coding), err)
		}
	}
	return body, nil
}

const maxRedirects = 10

// redirects gives a client's policy (O13): never from https to http, and
// nothing that a workflow put into a header leaves its origin.
func redirects(follow bool) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		first, last := via[0].URL, via[len(via)-1].URL
		switch {
		case !follow:
			return http.ErrUseLastResponse
		case len(via) > maxRedirects:
			return fmt.Errorf("stopped after %d redirects", maxRedirects)
		case last.Scheme == "https" && req.URL.Scheme != "https":
			return errors.New("a redirect from https to http is not followed")
		}
		if !sameOrigin(first, req.URL) {
			kept := http.Header{}
			for _, name := range []string{"Accept", "Content-Type", "User-Agent"} {
				if v := req.Header.Values(name); v != nil {
					kept[name] = v
				}
			}
			req.Header = kept
		}
		return nil
	}
}

func sameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host }
