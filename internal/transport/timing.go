package transport

import (
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"
)

// A Timing is how long the parts of an exchange took, of all its requests together
// where a redirect led to another.
type Timing struct {
	DNS, Connect, TLS time.Duration // 0 where a connection was kept from an earlier request
	Wait              time.Duration // from the end of the request to the beginning of the response
	Transfer          time.Duration // from there to the end of its body
	Protocol          string        // of the response: "HTTP/1.1", "HTTP/2.0"
	Remote            string        // address and port of the other side of the last connection
	Reused            bool          // the last connection was kept from an earlier request
}

// stopwatch takes the times of an exchange. Its trace may be called by several
// goroutines, also after the exchange: of a connection that is made in vain.
type stopwatch struct {
	mu                                   sync.Mutex
	timing                               Timing
	resolving, connecting, shaking, wait time.Time
	answer                               time.Time // the beginning of a response
}

// time has a trace report to the stopwatch, too.
func (s *stopwatch) time(trace *httptrace.ClientTrace) {
	t := &s.timing
	trace.DNSStart = func(httptrace.DNSStartInfo) { s.set(&s.resolving) }
	trace.DNSDone = func(httptrace.DNSDoneInfo) { s.add(&t.DNS, &s.resolving) }
	trace.ConnectStart = func(string, string) { s.set(&s.connecting) }
	trace.ConnectDone = func(_, _ string, err error) {
		if err == nil { // else another address is tried
			s.add(&t.Connect, &s.connecting)
		}
	}
	trace.TLSHandshakeStart = func() { s.set(&s.shaking) }
	trace.TLSHandshakeDone = func(tls.ConnectionState, error) { s.add(&t.TLS, &s.shaking) }
	got, wrote, answered := trace.GotConn, trace.WroteRequest, trace.GotFirstResponseByte
	trace.GotConn = func(info httptrace.GotConnInfo) {
		got(info)
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.Reused = info.Reused; info.Conn != nil { // as a RoundTripper of the caller may not have
			t.Remote = info.Conn.RemoteAddr().String()
		}
	}
	trace.WroteRequest = func(info httptrace.WroteRequestInfo) {
		wrote(info)
		s.set(&s.wait)
	}
	trace.GotFirstResponseByte = func() {
		answered()
		s.add(&t.Wait, &s.wait)
		s.set(&s.answer)
	}
}

// set sets a time that is not set.
func (s *stopwatch) set(at *time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at.IsZero() {
		*at = time.Now()
	}
}

// add adds what has passed since a time, which begins anew.
func (s *stopwatch) add(to *time.Duration, since *time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !since.IsZero() {
		*to += time.Since(*since)
		*since = time.Time{}
	}
}

// end returns the times of an exchange whose response was read.
func (s *stopwatch) end(protocol string) *Timing {
	s.mu.Lock()
	defer s.mu.Unlock()
	timing := s.timing
	timing.Protocol = protocol
	if !s.answer.IsZero() {
		timing.Transfer = time.Since(s.answer)
	}
	return &timing
}

// begin forgets the response of the request before, which led here.
func (s *stopwatch) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = time.Time{}
}
