package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptrace"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
)

// A connection is what is known of the connection of a request.
type connection struct {
	reused, answered atomic.Bool
	got              atomic.Int32 // how many connections the request has got
	written          atomic.Int32 // on how many of them it was sent
	public           atomic.Bool  // the last one is to a public address
	once             bool         // it is not for the pool
	trace            httptrace.ClientTrace
}

// connections is a pool: a connection costs as much as its trace.
var connections = sync.Pool{New: func() any { return newConnection() }}

func newConnection() *connection {
	c := new(connection)
	c.trace.GotConn = func(info httptrace.GotConnInfo) {
		c.reused.Store(info.Reused)
		c.got.Add(1)
		c.public.Store(Public(info.Conn))
	}
	c.trace.WroteRequest = func(info httptrace.WroteRequestInfo) {
		if info.Err == nil {
			c.written.Add(1)
		}
	}
	c.trace.GotFirstResponseByte = func() { c.answered.Store(true) }
	return c
}

// watch returns a connection, and a context in which the request reports to it, and
// to a stopwatch if that is not nil.
func watch(ctx context.Context, clock *stopwatch) (*connection, context.Context) {
	if clock != nil {
		c := newConnection()
		c.once = true
		clock.time(&c.trace)
		return c, httptrace.WithClientTrace(ctx, &c.trace)
	}
	c := connections.Get().(*connection)
	c.reused.Store(false)
	c.answered.Store(false)
	c.got.Store(0)
	c.written.Store(0)
	c.public.Store(false)
	c.once = httptrace.ContextClientTrace(ctx) != nil
	return c, httptrace.WithClientTrace(ctx, &c.trace)
}

// release returns a connection to the pool after a response. It drops those
// that may hear more of this request: one that was given up, one that is timed, or
// one whose trace is composed with the caller's.
func (c *connection) release() {
	if c.got.Load() == 1 && !c.once {
		connections.Put(c)
	}
}

// unanswered reports whether the error is the end of a connection on which no
// response has begun.
func (c *connection) unanswered(err error) bool {
	closed := slices.ContainsFunc([]error{io.EOF, syscall.ECONNRESET, syscall.EPIPE}, func(e error) bool { return errors.Is(err, e) })
	return (closed || elsewhere(err)) && !c.answered.Load()
}

// elsewhere reports whether the error of a request that was not canceled itself
// is that of another one, which was canceled on the same connection.
func elsewhere(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, errOver) || errors.Is(err, errStalled)
}

// explain says what the end of a connection means.
func (c *connection) explain(method string, err error) error {
	switch {
	case !c.unanswered(err):
		return err
	case elsewhere(err):
		// Without that error: who asks for it means this request.
		return fmt.Errorf("the connection was closed, together with an earlier request on it, before the server answered; "+
			"it may have carried out the %s, which is therefore not sent again", method)
	case c.reused.Load():
		return fmt.Errorf("%w: the server closed the connection, kept from an earlier request, before it answered; "+
			"it may have carried out the %s, which is therefore not sent again", err, method)
	}
	return fmt.Errorf("%w: the server closed the connection before it answered", err)
}
