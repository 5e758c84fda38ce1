// Package transport performs the HTTP exchange of a step: a request, the
// redirects that it leads to (ruling O13), and a body that is read whole (C20).
package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"unicode/utf8"
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
	// Jar has the cookies of the session, to which those of the responses are
	// added; nil: none. A cookie that the header has stays as it is there.
	Jar http.CookieJar
	// Sending is called with the request as it is sent, but not for those that
	// redirects lead to; nil means none.
	Sending func(sent *Request)

	// Client is for this request instead of the exchange's, until a redirect leads to
	// another origin; nil: none is.
	Client *http.Client

	Hop        int            // how many redirects have led to this request
	Redirected bool           // one of them led to another origin
	Cookies    []*http.Cookie // that the jar has added
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

// requests are reused: nothing keeps one after its response has been read, but
// for what it calls.
var requests = sync.Pool{New: func() any { return new(Request) }}

// Exchange is [Do] for a request that need not be on the heap.
func Exchange(ctx context.Context, client *http.Client, r Request, limits Limits) (Response, error) {
	if r.Authorize != nil || r.Sending != nil {
		kept := r
		return Do(ctx, client, &kept, limits)
	}
	reused := requests.Get().(*Request)
	*reused = r
	response, err := Do(ctx, client, reused, limits)
	*reused = Request{}
	requests.Put(reused)
	return response, err
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
	resent := 0
	for n := 0; ; n++ {
		sent, err := r, error(nil)
		if r.Authorize != nil {
			if sent, err = r.Authorize(ctx, r); err != nil {
				return Response{}, err
			}
		}
		if r.Jar != nil {
			sent = sent.withCookies(r.URL)
		}
		if r.Sending != nil {
			r.Sending(sent)
		}
		response, next, way, err := hop(cmp.Or(r.Client, client), r, sent, limits, watch)
		resent += way.resent
		response.Resent = resent
		switch {
		case errors.Is(err, ErrInside):
			return Response{}, fmt.Errorf("a redirect to another origin, %s, is not followed: %w; "+
				"use that origin as the server if it is the right one", r.Origin(), ErrInside)
		case err != nil:
			return Response{}, err
		case next == nil:
			return response, nil
		case next.Redirected && way.public:
			client = guardedClient(client)
		}
		if n == maxRedirects {
			return Response{}, fmt.Errorf("stopped after %d redirects", maxRedirects)
		}
		r = next
	}
}

// hop sends a request, which is r with its credentials. It reads the response
// unless that leads to another request.
func hop(client *http.Client, r, sent *Request, limits Limits, watch *stopwatch) (response Response, next *Request, way way, err error) {
	ctx := limits.Patience.begin()
	defer limits.Patience.rest()
	if watch != nil {
		watch.begin()
	}
	resp, way, err := send(ctx, client, sent, limits.Patience, watch)
	if err != nil {
		return Response{}, nil, way, limits.Patience.explain(err, false)
	}
	defer resp.Body.Close()
	limits.Patience.answering()
	if r.Jar != nil {
		keepCookies(r, resp)
	}
	if limits.Redirects {
		if next, err = redirected(r, resp); err != nil || next != nil {
			return Response{}, next, way, err
		}
	}
	response, err = read(r, resp, limits)
	if watch != nil {
		response.Timing = watch.end(resp.Proto)
	}
	return response, nil, way, limits.Patience.explain(err, true)
}

// way is how a request was sent.
type way struct {
	resent int  // how often it was sent again, by net/http or here
	public bool // it went to a public address
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
	return Response{Status: resp.StatusCode, Header: inUTF8(resp.Header), Body: body, URL: url}, nil
}

// inUTF8 returns a header whose values are UTF-8: those that are not are read as
// Latin-1, which fields of HTTP were in (RFC 9110, §5.5).
func inUTF8(header http.Header) http.Header {
	out, cloned := header, false
	for name, values := range header {
		for i, text := range values {
			if utf8.ValidString(text) {
				continue
			}
			if !cloned { // it may be the transport's own
				out, cloned = header.Clone(), true
			}
			runes := make([]rune, len(text))
			for j := range len(text) {
				runes[j] = rune(text[j])
			}
			out[name][i] = string(runes)
		}
	}
	return out
}

// send sends a request without following redirects. If the connection was kept
// from an earlier request and turns out to be closed, the request is sent again
// if that does no harm: at last on a new connection.
func send(ctx context.Context, client *http.Client, r *Request, p *Patience, clock *stopwatch) (resp *http.Response, by way, err error) {
	for written := 0; ; {
		c, watched := watch(ctx, clock)
		resp, err := sendOnce(watched, client, r, p)
		written += int(c.written.Load())
		if err == nil {
			by = way{resent: max(written-1, 0), public: c.public.Load()}
			c.release()
			return resp, by, nil
		}
		switch {
		case ctx.Err() != nil:
			return nil, way{}, err
		case !c.unanswered(err) || !c.reused.Load() || !slices.Contains(idempotent, r.Method):
			return nil, way{}, c.explain(r.Method, err)
		}
	}
}

// idempotent are the methods for which two requests have the effect of one (RFC
// 9110 §9.2.2; QUERY is safe by its own specification). net/http itself resends
// fewer.
var idempotent = []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete, "QUERY"}
