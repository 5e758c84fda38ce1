// Package transport performs the HTTP exchange of a step: a request, the
// redirects that it leads to (ruling O13), and a body that is read whole (C20).
package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// A Request is a request to send. It is not modified.
type Request struct {
	Method, URL string
	Header      http.Header
	Body        []byte // nil: none

	// Authorize returns the request with the credentials for the origin that it
	// is sent to; nil means none. It is called anew for each redirect, which
	// carries no credential along.
	Authorize func(ctx context.Context, r *Request) (*Request, error)
	// Redirected reports whether a redirect has led to another origin before
	// this request.
	Redirected bool
}

// Origin returns the origin that the request goes to (RFC 6454).
func (r *Request) Origin() string {
	u, err := url.Parse(r.URL)
	if err != nil {
		return ""
	}
	return origin(u)
}

// Limits bound an exchange.
type Limits struct {
	Body      int64 // bytes of the response's body, decoded
	Redirects bool  // whether any are followed
	Timed     bool  // the response has its Timing

	// Patience ends the exchange if nothing comes; its context is that of the
	// exchange. nil: it may take forever.
	Patience *Patience
}

// A Response is the final response, after redirects.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // with any Content-Encoding decoded
	URL    string // of the request that it answers
	Resent int    // how often a request was sent again
	Timing *Timing
}

// Do sends a request and reads the response whole. A nil client is one of this
// package, see [NewTransport]; a client's CheckRedirect is not used.
func Do(ctx context.Context, client *http.Client, r *Request, limits Limits) (Response, error) {
	if client == nil {
		client = standard()
	}
	if limits.Patience == nil {
		limits.Patience = NewPatience(ctx, 0)
		defer limits.Patience.End()
	}
	var watch *stopwatch
	if limits.Timed {
		watch = new(stopwatch)
	}
	for n, resent := 0, 0; ; n++ {
		sent, err := r, error(nil)
		if r.Authorize != nil {
			if sent, err = r.Authorize(ctx, r); err != nil {
				return Response{}, err
			}
		}
		response, next, err := hop(client, r, sent, limits, watch)
		resent += response.Resent
		response.Resent = resent
		switch {
		case err != nil:
			return Response{}, err
		case next == nil:
			return response, nil
		case n == maxRedirects:
			return Response{}, fmt.Errorf("stopped after %d redirects", maxRedirects)
		}
		r = next
	}
}

// hop sends a request, which is r with its credentials. It reads the response
// unless that leads to another request.
func hop(client *http.Client, r, sent *Request, limits Limits, watch *stopwatch) (response Response, next *Request, err error) {
	ctx := limits.Patience.begin()
	defer limits.Patience.rest()
	if watch != nil {
		watch.begin()
		ctx = watch.watch(ctx)
	}
	resp, resent, err := send(ctx, client, sent, limits.Patience)
	if err != nil {
		return Response{}, nil, limits.Patience.explain(err, false)
	}
	defer resp.Body.Close()
	limits.Patience.answering()
	if limits.Redirects {
		if next, err = redirected(r, resp); err != nil || next != nil {
			return Response{Resent: resent}, next, err
		}
	}
	response, err = read(r, resp, limits)
	response.Resent = resent
	if watch != nil {
		response.Timing = watch.end(resp.Proto)
	}
	return response, nil, limits.Patience.explain(err, true)
}

func read(r *Request, resp *http.Response, limits Limits) (Response, error) {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// Its body belongs to the other protocol and has no end.
		return Response{}, errors.New("the server switched to another protocol (status 101); gobelin speaks HTTP only")
	}
	if resp.StatusCode < 100 || resp.StatusCode > 999 {
		return Response{}, fmt.Errorf("the server answered with %03d, which is not a status code", resp.StatusCode)
	}
	body, err := readBody(resp, limits)
	if err != nil {
		return Response{}, err
	}
	url := r.URL // without credentials
	if r.Authorize == nil {
		url = answered(r, resp)
	}
	return Response{Status: resp.StatusCode, Header: resp.Header, Body: body, URL: url}, nil
}

// send sends a request without following redirects. If the connection was kept
// from an earlier request and turns out to be closed, the request is sent again
// if that does no harm: at last on a new connection. It returns how often the
// request was sent again, by net/http or here.
func send(ctx context.Context, client *http.Client, r *Request, p *Patience) (resp *http.Response, resent int, err error) {
	for written := 0; ; {
		c, watched := watch(ctx)
		resp, err := sendOnce(watched, client, r, p)
		written += int(c.written.Load())
		if err == nil {
			c.release()
			return resp, max(written-1, 0), nil
		}
		switch {
		case ctx.Err() != nil:
			return nil, 0, err
		case !c.unanswered(err) || !c.reused.Load() || !slices.Contains(idempotent, r.Method):
			return nil, 0, c.explain(r.Method, err)
		}
	}
}

// idempotent are the methods for which two requests have the effect of one (RFC
// 9110 §9.2.2; QUERY is safe by its own specification). net/http itself resends
// fewer.
var idempotent = []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete, "QUERY"}
