package arazzotest

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"time"

	"github.com/gobelin-dev/gobelin/runtime"
)

// Transport returns a transport whose requests a handler answers, in the goroutine that
// sends them.
func Transport(handler http.Handler) http.RoundTripper { return transport{handler} }

type transport struct{ handler http.Handler }

// RoundTrip calls the handler with the request as a server would get it.
func (t transport) RoundTrip(sent *http.Request) (*http.Response, error) {
	if err := context.Cause(sent.Context()); err != nil {
		return nil, err
	}
	got := sent.Clone(sent.Context())
	if got.Body == nil {
		got.Body = http.NoBody
	}
	defer got.Body.Close()
	got.RequestURI = got.URL.RequestURI()
	got.RemoteAddr = "127.0.0.1:1"
	if got.Host == "" {
		got.Host = got.URL.Host
	}
	got.URL = &url.URL{Path: got.URL.Path, RawPath: got.URL.RawPath, RawQuery: got.URL.RawQuery}
	got.Proto, got.ProtoMajor, got.ProtoMinor = "HTTP/1.1", 1, 1
	recorder := httptest.NewRecorder()
	t.handler.ServeHTTP(recorder, got)
	answer := recorder.Result()
	answer.Request = sent
	if sent.Method == http.MethodHead {
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body = http.NoBody
	}
	return answer, nil
}

// serve has a handler answer the requests of a driver.
func serve(d *runtime.Driver, p *runtime.Program, handler http.Handler) {
	client := http.Client{}
	if d.Client != nil {
		client = *d.Client
	}
	client.Transport = Transport(handler)
	d.Client = &client
	if d.Clock == nil {
		d.Clock = &clock{now: time.Now()}
	}
	servers := maps.Clone(d.Servers)
	if servers == nil {
		servers = map[string]string{}
	}
	for _, w := range p.Workflows() {
		for _, s := range w.Servers {
			at, err := s.Resolve(d.ServerVariables)
			if err != nil || servers[s.Source] != "" {
				continue
			}
			if u, err := url.Parse(at); err == nil && u.Host == "" {
				servers[s.Source] = "http://localhost" + u.EscapedPath()
			}
		}
	}
	d.Servers = servers
}

// clock is a clock whose waits end at once.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time at which the clock began, and what was slept since.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep lets the time pass, at once.
func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return context.Cause(ctx)
}
