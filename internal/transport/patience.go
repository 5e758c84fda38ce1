package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// A Patience ends an exchange in which nothing has come or gone for some time.
// It serves many exchanges, one after the other, because a context and a timer
// of its own for each would cost more than all else that this package does.
//
// It also keeps from net/http why a context has ended. net/http may put a
// connection back while the request on it is being canceled, and then fails
// whatever has taken it with the cause of the other's cancellation.
type Patience struct {
	parent context.Context
	limit  time.Duration // 0: none

	ctx    context.Context // canceled when the patience has run out, or the parent has ended
	cancel context.CancelCauseFunc
	leave  func() bool // the parent
	timer  *time.Timer

	mu   sync.Mutex
	turn int // counts the requests; negative between them
}

// NewPatience returns a Patience for exchanges under a context; call End after
// the last one. A limit of 0 or less is none.
func NewPatience(ctx context.Context, limit time.Duration) *Patience {
	return &Patience{parent: ctx, limit: limit, turn: -1}
}

// End releases what the Patience holds.
func (p *Patience) End() {
	if p.ctx != nil {
		p.timer.Stop()
		p.leave()
		p.cancel(errOver)
	}
}

// Why a Patience cancels.
var (
	errOver    = errors.New("the exchange is over")
	errStalled = errors.New("nothing comes")
)

// begin returns the context of a request that begins now.
func (p *Patience) begin() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn = -p.turn
	if p.ctx != nil && p.ctx.Err() == nil {
		p.wait()
		return p.ctx
	}
	p.End()
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(p.parent))
	p.ctx, p.cancel = ctx, cancel
	p.leave = context.AfterFunc(p.parent, func() { cancel(errOver) })
	p.timer = time.AfterFunc(1<<62, func() { cancel(errStalled) })
	p.wait()
	return p.ctx
}

// wait begins to wait, anew.
func (p *Patience) wait() {
	if p.limit > 0 {
		p.timer.Reset(p.limit)
	}
}

// rest ends the waiting: the exchange is over, or does something else.
func (p *Patience) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn = -p.turn - 1
	if !p.timer.Stop() && p.limit > 0 {
		p.cancel(errStalled) // it is about to be, and not in the next exchange
	}
}

// progress waits anew, if it is still for the same request.
func (p *Patience) progress(turn int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.turn == turn {
		p.wait()
	}
}

// answering waits anew because a part of the response has come.
func (p *Patience) answering() { p.progress(p.turn) } // only its own goroutine changes the turn

// explain returns the error of an exchange, which may have ended because the
// patience has run out.
func (p *Patience) explain(err error, answered bool) error {
	if err == nil || context.Cause(p.ctx) != errStalled {
		return err
	}
	return &StalledError{Limit: p.limit, Answered: answered}
}

// A StalledError says that a server has sent nothing for too long.
type StalledError struct {
	Limit    time.Duration
	Answered bool // the response had begun
}

// Error says what did not come.
func (e *StalledError) Error() string {
	if e.Answered {
		return fmt.Sprintf("the response stopped in the middle: nothing came for %v, the limit of Driver.RequestTimeout", e.Limit)
	}
	return fmt.Sprintf("the server did not answer within %v, the limit of Driver.RequestTimeout", e.Limit)
}

// Timeout marks the error as net.Error does.
func (e *StalledError) Timeout() bool { return true }

// longBody is the length from which it may take long to send a body.
const longBody = 256 << 10

// sending returns the body of a request that is sent now.
func (p *Patience) sending(body []byte) io.ReadCloser {
	if len(body) < longBody {
		return io.NopCloser(bytes.NewReader(body))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return &sending{bytes.NewReader(body), p, p.turn}
}

// sending is the body of a request, which net/http reads as fast as it can send
// it, and maybe for longer than the exchange takes.
type sending struct {
	io.Reader
	patience *Patience
	turn     int
}

// Read reads some of the body.
func (s *sending) Read(b []byte) (int, error) {
	s.patience.progress(s.turn)
	return s.Reader.Read(b)
}

// Close does nothing.
func (s *sending) Close() error { return nil }
