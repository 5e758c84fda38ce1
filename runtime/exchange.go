package runtime

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// exchange sends a request and reads the response whole.
func (d *Driver) exchange(ctx context.Context, c *Send) (*Response, error) {
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("no answer within the step's timeout of %v", c.Timeout))
		defer cancel()
	}
	response, err := d.answer(ctx, c)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return nil, cause
	}
	return response, err
}

func (d *Driver) answer(ctx context.Context, c *Send) (*Response, error) {
	client := http.Client{}
	if d.Client != nil {
		client = *d.Client
	}
	// Redirects follow ruling O13, which the client cannot be told.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	header := c.Header
	if client.Jar != nil {
		header = header.Clone() // the client adds its cookies
	}
	req, err := newRequest(ctx, c, header)
	if err != nil {
		return nil, err
	}
	resp, err := do(&client, req)
	if err == nil && c.FollowRedirects {
		resp, err = follow(&client, req, resp, c.Body)
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := readBody(resp, or(d.MaxBody, defaultMaxBody))
	if err != nil {
		return nil, err
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body, URL: resp.Request.URL.String(), Received: d.clock().Now()}, nil
}

// do sends a request. The response knows its request even where a RoundTripper
// of the caller's has left it out.
func do(client *http.Client, req *http.Request) (*http.Response, error) {
	resp, err := client.Do(req)
	if err == nil && resp.Request == nil {
		resp.Request = req
	}
	return resp, err
}

func newRequest(ctx context.Context, c *Send, header http.Header) (*http.Request, error) {
	var body io.Reader
	if c.Body != nil {
		body = bytes.NewReader(c.Body)
	}
	req, err := http.NewRequestWithContext(ctx, c.Method, c.URL, body)
	if err != nil {
		return nil, err
	}
	req.Header = header
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host // net/http does not send the header
	}
	return req, nil
}

// readBody reads a body, decoded, up to a limit (C20).
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	if n := resp.ContentLength; n > 0 && n <= min(limit, maxSized) && resp.Header["Content-Encoding"] == nil {
		return readSized(resp.Body, n)
	}
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
	return body, nil
}

// maxSized is the length of a body up to which a server is believed before it
// has sent it.
const maxSized = 4 << 20

// readSized reads a body of a length that is known; there is none in the answer
// to a HEAD.
func readSized(from io.Reader, n int64) ([]byte, error) {
	body := make([]byte, n)
	switch _, err := io.ReadFull(from, body); err {
	case nil:
		return body, nil
	case io.EOF:
		return nil, nil
	default:
		return nil, fmt.Errorf("reading the response: %w", err)
	}
}

// maxCodings bounds the codings on top of one another; there is no use for
// more than one.
const maxCodings = 3

// decode undoes the content codings of a body (RFC 9110 §8.4), those that
// net/http has not undone itself because the step has asked for them.
func decode(resp *http.Response) (io.Reader, error) {
	body := bufio.NewReader(resp.Body)
	if _, err := body.Peek(1); err == io.EOF {
		return body, nil // such as the answer to a HEAD
	}
	codings := strings.Split(strings.ToLower(strings.Join(resp.Header.Values("Content-Encoding"), ",")), ",")
	if len(codings) > maxCodings {
		return nil, fmt.Errorf("the response body is in %d content codings; up to %d are read", len(codings), maxCodings)
	}
	for _, coding := range slices.Backward(codings) {
		decoded, err := decodeOne(strings.TrimSpace(coding), body)
		if err != nil {
			return nil, err
		}
		body = bufio.NewReader(decoded)
	}
	return body, nil
}

func decodeOne(coding string, body *bufio.Reader) (decoded io.Reader, err error) {
	switch coding {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		decoded, err = gzip.NewReader(body)
	case "deflate":
		// zlib by RFC 9110; some servers send the bare deflate stream.
		if head, _ := body.Peek(2); len(head) == 2 && (head[0]&15 != 8 || (int(head[0])<<8|int(head[1]))%31 != 0) {
			return flate.NewReader(body), nil
		}
		decoded, err = zlib.NewReader(body)
	default:
		return nil, fmt.Errorf("the response body is in the content coding %q; identity, gzip and deflate are read", coding)
	}
	if err != nil {
		return nil, fmt.Errorf("the response body, coded as %s: %w", coding, err)
	}
	return decoded, nil
}

const maxRedirects = 10

// follow follows the redirects that begin with a response (O13).
func follow(client *http.Client, first *http.Request, resp *http.Response, body []byte) (*http.Response, error) {
	for n := 0; ; n++ {
		next, err := redirected(first, resp, body)
		if err == nil && next == nil {
			return resp, nil
		}
		resp.Body.Close()
		switch {
		case err != nil:
			return nil, err
		case n == maxRedirects:
			return nil, fmt.Errorf("stopped after %d redirects", maxRedirects)
		}
		if resp, err = do(client, next); err != nil {
			return nil, err
		}
	}
}

// redirected makes the request that a response asks for; nil when it is no
// redirect. The method changes as browsers have it (RFC 9110 §15.4: POST to GET
// for 301 and 302, all to GET for 303), and never does one lead from https to
// http, nor anything that a workflow put into a header to another origin.
func redirected(first *http.Request, resp *http.Response, body []byte) (*http.Request, error) {
	last, method := resp.Request, resp.Request.Method
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound:
		if method == http.MethodPost {
			method = http.MethodGet
		}
	case http.StatusSeeOther:
		if method != http.MethodHead {
			method = http.MethodGet
		}
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	target, err := resp.Location()
	switch {
	case errors.Is(err, http.ErrNoLocation):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("the Location of the status %d: %w", resp.StatusCode, err)
	case target.Scheme != "http" && target.Scheme != "https":
		return nil, fmt.Errorf("a redirect to a URL of the scheme %q is not followed", target.Scheme)
	case last.URL.Scheme == "https" && target.Scheme == "http":
		return nil, errors.New("a redirect from https to http is not followed")
	}
	if method != last.Method || last.Body == nil {
		body = nil
	}
	next, err := newRequest(last.Context(), &Send{Method: method, URL: target.String(), Body: body}, first.Header.Clone())
	if err != nil {
		return nil, err
	}
	next.Header = keptHeader(first, next)
	return next, nil
}

// contentHeaders tell of a body; they go where it goes.
var contentHeaders = []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"}

// keptHeader is the header of a redirected request: all of the first request's
// at its own origin, elsewhere only what no secret can be in.
func keptHeader(first, next *http.Request) http.Header {
	header := first.Header.Clone()
	if first.URL.Scheme != next.URL.Scheme || first.URL.Host != next.URL.Host {
		header = http.Header{}
		for _, name := range append([]string{"Accept", "User-Agent"}, contentHeaders...) {
			if values := first.Header.Values(name); values != nil {
				header[name] = values
			}
		}
		next.Host = ""
	}
	if next.Body == nil {
		for _, name := range contentHeaders {
			header.Del(name)
		}
	}
	return header
}
