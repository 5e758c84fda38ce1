package transport

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// slow is a server on a pipe: time passes only when everything waits.
type slow struct {
	script chan string   // one for each request: parts, each after a minute less a second; "" sends nothing
	reads  time.Duration // waits before it reads each quarter of a long body, and then answers at once; 0: does neither
}

func (s *slow) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	reads := s.reads
	go func() {
		defer server.Close()
		from := bufio.NewReader(server)
		for {
			request, err := http.ReadRequest(from)
			if err != nil {
				return
			}
			for reads > 0 {
				time.Sleep(reads) // in virtual time, as below
				if _, err := io.CopyN(io.Discard, request.Body, longBody/4); err == io.EOF {
					break
				} else if err != nil {
					return
				}
			}
			for part := range strings.SplitSeq(<-s.script, "|") {
				if part == "" {
					_, _ = io.Copy(io.Discard, from) // until the client goes
					return
				}
				if reads == 0 {
					time.Sleep(59 * time.Second)
				}
				if _, err := io.WriteString(server, part); err != nil {
					return
				}
			}
		}
	}()
	return client, nil
}

const (
	whole = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
	head  = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
	moved = "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
)

func TestPatience(t *testing.T) {
	const (
		unanswered = "the server did not answer within 1m0s, the limit of Driver.RequestTimeout"
		stopped    = "the response stopped in the middle: nothing came for 1m0s, the limit of Driver.RequestTimeout"
	)
	tests := []struct {
		name   string
		limit  time.Duration
		script string
		body   int
		reads  time.Duration
		want   string // of the error
		after  time.Duration
	}{
		{name: "in time", script: whole, after: 59},
		{name: "no answer", script: "", want: unanswered, after: 60},
		{name: "half of a header", script: "HTTP/1.1 200 OK\r\nA: |", want: unanswered, after: 60},
		{name: "header and no body", script: head + "|", want: stopped, after: 59 + 60},
		{name: "half of a body", script: head + "|bo|", want: stopped, after: 2*59 + 60},
		{name: "slow, but never too slow", script: head + "|b|o|d|y", after: 5 * 59},
		{name: "each redirect begins anew", script: moved + "&" + whole, after: 2 * 59},
		{name: "an answer to a redirect that does not come", script: moved + "&", want: unanswered, after: 59 + 60},
		{name: "a long body that is sent slowly", script: whole, body: 2 * longBody, reads: 40 * time.Second, after: 9 * 40},
		{name: "a long body that is not read", script: "", body: 2 * longBody, reads: 2 * time.Minute, want: unanswered, after: 60},
		{name: "coded", script: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 40\r\n\r\n\x1f\x8b\x08|\x00\x00|", want: stopped,
			after: 2*59 + 60},
		{name: "no limit", limit: -1, script: "", want: "enough", after: 3600},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &slow{script: make(chan string, 4), reads: test.reads}
				for answer := range strings.SplitSeq(test.script, "&") {
					server.script <- answer
				}
				client := &http.Client{Transport: &http.Transport{DialContext: server.dial}}
				defer client.CloseIdleConnections()
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, errors.New("enough"))
				defer cancel()
				limit := time.Minute
				if test.limit != 0 {
					limit = test.limit
				}
				patience := NewPatience(ctx, limit)
				defer patience.End()
				r := &Request{Method: "GET", URL: "http://h/a", Header: http.Header{"Accept-Encoding": {"gzip"}}}
				if test.body > 0 {
					r.Method, r.Body = "POST", make([]byte, test.body)
				}
				begun := time.Now()
				_, err := Do(ctx, client, r, Limits{Body: 100, Redirects: true, Patience: patience})
				took := time.Since(begun) / time.Second
				if ctx.Err() != nil {
					err = context.Cause(ctx) // as the driver does
				}
				if took != test.after || fmt.Sprint(err) != test.want && (err != nil || test.want != "") {
					t.Errorf("after %d s: %v; want after %d s: %s", took, err, test.after, test.want)
				}
				var timeout interface{ Timeout() bool }
				if stalled := strings.Contains(test.want, "RequestTimeout"); stalled && !(errors.As(err, &timeout) && timeout.Timeout()) {
					t.Errorf("%T is not a timeout", err)
				}
				if ctx.Err() != nil {
					return
				}
				// The next exchange has all the time again, and later nothing ends it.
				server.reads = 0
				for len(server.script) > 0 {
					<-server.script
				}
				for range 2 {
					server.script <- whole
					if _, err := Do(ctx, client, &Request{Method: "GET", URL: "http://h/"}, Limits{Body: 100, Patience: patience}); err != nil {
						t.Errorf("the next exchange: %v", err)
					}
					time.Sleep(10 * time.Minute)
				}
			})
		})
	}
}

// net/http fails a request with the error of another one that was canceled on
// the same connection. It is not this request's, which is sent again if that
// does no harm.
func TestCanceledElsewhere(t *testing.T) {
	for _, other := range []error{context.Canceled, fmt.Errorf("read: %w", context.Canceled), errOver, errStalled} {
		for _, method := range []string{"GET", "DELETE", "POST"} {
			sent := 0
			client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				sent++
				trace := httptrace.ContextClientTrace(r.Context())
				trace.GotConn(httptrace.GotConnInfo{Reused: sent == 1})
				trace.WroteRequest(httptrace.WroteRequestInfo{})
				if sent == 1 {
					return nil, other
				}
				return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("ok"))}, nil
			})}
			resp, err := Do(t.Context(), client, &Request{Method: method, URL: "http://h/"}, Limits{Body: 10})
			switch {
			case method != "POST" && (err != nil || sent != 2 || resp.Resent != 1):
				t.Errorf("%s, %v: sent %d times, told %d, %v", method, other, sent, resp.Resent, err)
			case method == "POST" && (err == nil || sent != 1 || errors.Is(err, other) || errors.Is(err, context.Canceled) ||
				!strings.Contains(err.Error(), "may have carried out the POST")):
				t.Errorf("%s, %v: sent %d times, %v", method, other, sent, err)
			}
		}
	}
}

// The cause of a request's own cancellation stays with the caller.
func TestCanceledHere(t *testing.T) {
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	var seen error
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		cancel(cause)
		<-r.Context().Done()
		seen = context.Cause(r.Context())
		return nil, r.Context().Err()
	})}
	if _, err := Do(ctx, client, &Request{Method: "GET", URL: "http://h/"}, Limits{}); err == nil || seen != errOver {
		t.Errorf("%v, %v", seen, err)
	}
}
