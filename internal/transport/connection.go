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

// A connection is what becomes known of the connection of a request.
type connection struct {
	reused, answered atomic.Bool
	got              atomic.Int32 // how many there have been
	composed         bool         // with the trace of the caller's context
	trace            httptrace.ClientTrace
}

// connections are used again: their trace is what they cost.
var connections = sync.Pool{New: func() any {
	c := new(connection)
	c.trace.GotConn = func(info httptrace.GotConnInfo) { c.reused.Store(info.Reused); c.got.Add(1) }
	c.trace.GotFirstResponseByte = func() { c.answered.Store(true) }
	return c
}}

// watch returns a connection, and the context of the request that it is to
// know of.
func watch(ctx context.Context) (*connection, context.Context) {
	c := connections.Get().(*connection)
	c.reused.Store(false)
	c.answered.Store(false)
	c.got.Store(0)
	c.composed = httptrace.ContextClientTrace(ctx) != nil
	return c, httptrace.WithClientTrace(ctx, &c.trace)
}

// release hands a connection on to another request, after a response. It keeps
// those that may hear more of this one: of a connection that was given up, or,
// since the two traces are now one, of the caller's.
func (c *connection) release() {
	if c.got.Load() == 1 && !c.composed {
		connections.Put(c)
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
