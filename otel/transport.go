package otelgobelin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
	"go.opentelemetry.io/otel/trace"
)

// transport tells the requests of a run, and sends the context of their spans along.
type transport struct {
	run   *run
	sends http.RoundTripper // nil means http.DefaultTransport
}

// Around returns the same around another transport: gobelin guards redirects by it.
func (t *transport) Around(with func(http.RoundTripper) http.RoundTripper) http.RoundTripper {
	return &transport{t.run, with(t.sends)}
}

// RoundTrip sends a request. Its span ends when the body of the response has been read.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	x := t.begin(r)
	ctx := httptrace.WithClientTrace(x.ctx, &httptrace.ClientTrace{GotConn: x.connected})
	r = r.Clone(ctx)
	t.run.propagator.Inject(x.ctx, propagation.HeaderCarrier(r.Header))
	sends := t.sends
	if sends == nil {
		sends = http.DefaultTransport
	}
	response, err := sends.RoundTrip(r)
	if err != nil {
		x.end(err)
		return nil, err
	}
	x.answered(response)
	if response.Body == nil || response.Body == http.NoBody {
		x.end(nil)
		return response, nil
	}
	response.Body = &body{response.Body, x}
	return response, nil
}

// exchange is a request that is told.
type exchange struct {
	run        *run
	ctx        context.Context
	span       trace.Span
	began      time.Time
	method     string
	host       string
	port       int
	attributes []attribute.KeyValue // of the metric, beside method and server
	once       sync.Once
	failed     bool // by its status
}

// methods are those that the conventions know; others are _OTHER.
var methods = map[string]bool{"GET": true, "HEAD": true, "POST": true, "PUT": true, "DELETE": true, "CONNECT": true, "OPTIONS": true,
	"TRACE": true, "PATCH": true, "QUERY": true}

func (t *transport) begin(r *http.Request) *exchange {
	x := &exchange{run: t.run, began: time.Now(), method: r.Method, host: r.URL.Hostname()}
	if x.port, _ = strconv.Atoi(r.URL.Port()); x.port == 0 {
		x.port = map[string]int{"http": 80, "https": 443}[r.URL.Scheme]
	}
	name := r.Method
	attributes := []attribute.KeyValue{semconv.ServerAddress(x.host), semconv.ServerPort(x.port), semconv.URLFull(t.run.shown(r))}
	if !methods[r.Method] {
		attributes = append(attributes, semconv.HTTPRequestMethodOriginal(r.Method))
		x.method, name = "_OTHER", "HTTP"
	}
	attributes = append(attributes, semconv.HTTPRequestMethodKey.String(x.method))
	if t.run.hops > 0 {
		attributes = append(attributes, semconv.HTTPRequestResendCount(t.run.hops))
	}
	t.run.hops++
	x.ctx, x.span = t.run.tracer.Start(trace.ContextWithSpan(r.Context(), trace.SpanFromContext(t.run.parent(len(t.run.open)))), name,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
	return x
}

// shown returns the URL of a request without secrets: the one of the event that has
// announced it. Of one that a redirect leads to only the origin is known to have none.
func (r *run) shown(sent *http.Request) string {
	if r.url != "" {
		url := r.url
		r.url = ""
		return url
	}
	return sent.URL.Scheme + "://" + sent.URL.Host + "/REDACTED"
}

func (x *exchange) connected(c httptrace.GotConnInfo) {
	if at, err := netip.ParseAddrPort(c.Conn.RemoteAddr().String()); err == nil {
		x.span.SetAttributes(semconv.NetworkPeerAddress(at.Addr().String()), semconv.NetworkPeerPort(int(at.Port())))
	}
}

func (x *exchange) answered(r *http.Response) {
	_, version, _ := strings.Cut(r.Proto, "/")
	version = strings.TrimSuffix(version, ".0")
	x.attributes = append(x.attributes, semconv.HTTPResponseStatusCode(r.StatusCode), semconv.NetworkProtocolVersion(version))
	if r.StatusCode >= 400 {
		x.failed = true
		x.attributes = append(x.attributes, semconv.ErrorTypeKey.String(strconv.Itoa(r.StatusCode)))
	}
	x.span.SetAttributes(x.attributes...)
}

// end ends the exchange, once.
func (x *exchange) end(err error) {
	x.once.Do(func() {
		switch {
		case err != nil:
			what := semconv.ErrorTypeKey.String(cause(err))
			if !x.failed {
				x.attributes = append(x.attributes, what)
			}
			x.span.SetAttributes(what)
			x.span.SetStatus(codes.Error, what.Value.AsString()) // the text of the error may have the URL, with secrets
		case x.failed:
			x.span.SetStatus(codes.Error, "")
		}
		x.span.End()
		x.run.requests.Record(x.ctx, time.Since(x.began).Seconds(), httpconv.RequestMethodAttr(x.method), x.host, x.port, x.attributes...)
	})
}

// cause is the kind of an error of an exchange.
func cause(err error) string {
	var named *net.DNSError
	var op *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.As(err, &named):
		return "name_resolution"
	case errors.As(err, &op):
		return op.Op // dial, read, write
	}
	return fmt.Sprintf("%T", err)
}

// body is the body of a response, which ends the exchange.
type body struct {
	io.ReadCloser
	exchange *exchange
}

// Read reads the body.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == io.EOF:
		b.exchange.end(nil)
	case err != nil:
		b.exchange.end(err)
	}
	return n, err
}

// Close closes the body.
func (b *body) Close() error {
	b.exchange.end(nil)
	return b.ReadCloser.Close()
}
