package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/uri"
)

// sendOnce sends a request through the client. What http.Client does besides
// calling its transport (most of all, copying the header for redirects that it
// does not see here) is done only where it matters: for a jar, a timeout, a
// password in the URL, and a RoundTripper of the caller, whose results
// http.Client checks.
func sendOnce(ctx context.Context, client *http.Client, r *Request, p *Patience) (*http.Response, error) {
	req, err := newRequest(ctx, r, p)
	if err != nil {
		return nil, err
	}
	transport := client.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	direct, ok := transport.(*http.Transport)
	if ok && client.Jar == nil && client.Timeout == 0 && req.URL.User == nil {
		return exchange(direct, req)
	}
	req.Header = req.Header.Clone() // the client adds its cookies
	single := oneHop{transport: transport}
	alone := *client
	alone.Transport = &single
	resp, err := alone.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.Request == nil {
		resp.Request = req // a RoundTripper of the caller has omitted it
	}
	if single.location != nil {
		resp.Header["Location"] = single.location
	}
	return resp, nil
}

// exchange sends a request and returns the errors of http.Client.
func exchange(transport *http.Transport, req *http.Request) (*http.Response, error) {
	resp, err := transport.RoundTrip(req)
	if err == nil {
		return resp, nil
	}
	var record tls.RecordHeaderError
	if errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/" {
		err = http.ErrSchemeMismatch
	}
	return nil, &url.Error{Op: req.Method[:1] + strings.ToLower(req.Method[1:]), URL: req.URL.String(), Err: err}
}

// oneHop is one request of a client. It hides the target of a redirect from the
// client, which would follow it in its own way, and fail if it did not
// understand it.
type oneHop struct {
	transport http.RoundTripper
	location  []string
}

// RoundTrip removes the Location from the response.
func (h *oneHop) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := h.transport.RoundTrip(req)
	if err == nil && resp != nil && resp.Header["Location"] != nil {
		h.location = resp.Header["Location"]
		resp.Header = resp.Header.Clone() // it may be the transport's own
		delete(resp.Header, "Location")
	}
	return resp, err
}

// newRequest is [http.NewRequestWithContext] for a request that is sent as it
// is: its header is not copied, and one allocation holds it and its URL.
func newRequest(ctx context.Context, r *Request, p *Patience) (*http.Request, error) {
	var made struct {
		request http.Request
		url     url.URL
	}
	var ok bool
	if made.url, ok = plain(r.URL); !ok {
		parsed, err := url.Parse(r.URL)
		if err != nil {
			return nil, err
		}
		made.url = *parsed
		made.url.Host = strings.TrimSuffix(parsed.Host, ":")
	}
	req := &made.request
	// Only a copy gets a context into a request.
	*req = *(&http.Request{Method: r.Method, URL: &made.url, Host: made.url.Host, Header: r.Header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(ctx)
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if host := req.Header["Host"]; len(host) > 0 && host[0] != "" {
		req.Host = host[0] // net/http does not send the header
	}
	if r.Body != nil {
		setBody(req, r.Body, p)
	}
	return req, nil
}

func setBody(req *http.Request, body []byte, p *Patience) {
	req.ContentLength = int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) {
		if len(body) == 0 {
			return http.NoBody, nil
		}
		return p.sending(body), nil
	}
	req.Body, _ = req.GetBody()
}

// answered returns the URL that a response is from.
func answered(r *Request, resp *http.Response) string {
	if u, ok := plain(r.URL); ok && u == *resp.Request.URL {
		return r.URL
	}
	return resp.Request.URL.String()
}

var (
	hostSet = uri.SetOf(uri.Unreserved)
	portSet = uri.SetOf("0123456789")
	// What net/url keeps as it is in a path.
	pathSet  = uri.SetOf(uri.Unreserved + "$&+,/:;=@")
	querySet = uri.SetOf(uri.Unreserved + "!$%&'()*+,/:;=?@[]")
)

// plain is [url.Parse] for a URL in which nothing is escaped before its query,
// as in most; URL.String writes it unchanged.
func plain(text string) (u url.URL, ok bool) {
	scheme := "http"
	rest, ok := strings.CutPrefix(text, "http://")
	if !ok {
		scheme = "https"
		rest, ok = strings.CutPrefix(text, "https://")
	}
	slash := strings.IndexByte(rest, '/')
	if !ok || slash < 0 {
		return url.URL{}, false
	}
	name, port, hasPort := strings.Cut(rest[:slash], ":")
	path, query, hasQuery := strings.Cut(rest[slash:], "?")
	switch {
	case name == "" || !hostSet.Holds(name) || !portSet.Holds(port) || !pathSet.Holds(path) || !querySet.Holds(query),
		hasPort && port == "", hasQuery && query == "":
		return url.URL{}, false
	}
	return url.URL{Scheme: scheme, Host: rest[:slash], Path: path, RawQuery: query}, true
}
