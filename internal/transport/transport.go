// Package transport performs one HTTP exchange as a step wants it: a request,
// the redirects that it leads to (ruling O13), and a body that is read whole (C20).
package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync/atomic"
	"syscall"
)

// A Request is what is sent. It is not changed.
type Request struct {
	Method, URL string
	Header      http.Header
	Body        []byte // nil: none
}

// Limits bound an exchange.
type Limits struct {
	Body      int64 // bytes of the response's body, decoded
	Redirects bool  // whether any are followed
}

// A Response is what came back, after redirects.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // decoded of any Content-Encoding
	URL    string // that answered
}

// Do sends a request and reads the response whole. A nil client is the zero
// Client; its CheckRedirect is not used.
func Do(ctx context.Context, client *http.Client, r *Request, limits Limits) (*Response, error) {
	if client == nil {
		client = &http.Client{}
	}
	for n := 0; ; n++ {
		resp, err := send(ctx, client, r)
		if err != nil {
			return nil, err
		}
		var next *Request
		if limits.Redirects {
			next, err = redirected(r, resp)
		}
		if err == nil && next == nil {
			return read(resp, limits)
		}
		resp.Body.Close()
		switch {
		case err != nil:
			return nil, err
		case n == maxRedirects:
			return nil, fmt.Errorf("stopped after %d redirects", maxRedirects)
		}
		r = next
	}
}

func read(resp *http.Response, limits Limits) (*Response, error) {
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// Its body is the other protocol's, which has no end.
		return nil, errors.New("the server switched to another protocol (status 101); gobelin speaks HTTP only")
	}
	body, err := readBody(resp, limits.Body)
	if err != nil {
		return nil, err
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body, URL: resp.Request.URL.String()}, nil
}

// send sends a request and follows nothing. When the connection that was kept for
// it turns out to be closed it is sent again, if that does no harm: at last on a
// new connection.
func send(ctx context.Context, client *http.Client, r *Request) (*http.Response, error) {
	for {
		var c connection
		resp, err := sendOnce(httptrace.WithClientTrace(ctx, c.trace()), client, r)
		again := c.unanswered(err) && c.reused.Load() && slices.Contains(idempotent, r.Method)
		switch {
		case err == nil:
			return resp, nil
		case !again || ctx.Err() != nil:
			return nil, c.explain(r.Method, err)
		}
	}
}

// idempotent are the methods of which two requests do what one does (RFC 9110
// §9.2.2; QUERY is safe by its own specification). What net/http sends again
// itself is less.
var idempotent = []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete, "QUERY"}

func sendOnce(ctx context.Context, client *http.Client, r *Request) (*http.Response, error) {
	req, err := newRequest(ctx, r)
	if err != nil {
		return nil, err
	}
	transport := client.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	single := hop{transport: transport}
	alone := *client
	alone.Transport = &single
	resp, err := alone.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.Request == nil {
		resp.Request = req // a RoundTripper of the caller's has left it out
	}
	if single.location != nil {
		resp.Header["Location"] = single.location
	}
	return resp, nil
}

// A hop is one request of a client. The client neither sees where it leads, as
// it would follow that in its own way, and fail where it does not understand it.
type hop struct {
	transport http.RoundTripper
	location  []string
}

// RoundTrip takes the Location from the response.
func (h *hop) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := h.transport.RoundTrip(req)
	if err == nil && resp != nil && resp.Header["Location"] != nil {
		h.location = resp.Header["Location"]
		resp.Header = resp.Header.Clone() // it may be the transport's own
		delete(resp.Header, "Location")
	}
	return resp, err
}

func newRequest(ctx context.Context, r *Request) (*http.Request, error) {
	var body io.Reader
	if r.Body != nil {
		body = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, body)
	if err != nil {
		return nil, err
	}
	if r.Header != nil {
		req.Header = r.Header.Clone() // the client adds its cookies
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host // net/http does not send the header
	}
	return req, nil
}

// A connection is what becomes known of the connection of a request.
type connection struct{ reused, answered atomic.Bool }

func (c *connection) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn:              func(info httptrace.GotConnInfo) { c.reused.Store(info.Reused) },
		GotFirstResponseByte: func() { c.answered.Store(true) },
	}
}

// unanswered reports whether the error is the end of a connection on which
// nothing has come back.
func (c *connection) unanswered(err error) bool {
	closed := slices.ContainsFunc([]error{io.EOF, syscall.ECONNRESET, syscall.EPIPE}, func(e error) bool { return errors.Is(err, e) })
	return closed && !c.answered.Load()
}

// explain says what the end of a connection means.
func (c *connection) explain(method string, err error) error {
	switch {
	case !c.unanswered(err):
		return err
	case c.reused.Load():
		return fmt.Errorf("%w: the server closed the connection, kept from an earlier request, before it answered; "+
			"it may have carried out the %s, which is therefore not sent again", err, method)
	}
	return fmt.Errorf("%w: the server closed the connection before it answered", err)
}
