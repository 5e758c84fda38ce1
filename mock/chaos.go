package mock

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Chaos is something that goes wrong on purpose, with some of the requests.
type Chaos struct {
	P          float64       // of the requests, from 0 to 1
	Status     int           // that is answered; 0: none
	RetryAfter string        // the header of that answer; "": none
	Drop       bool          // the connection is closed without an answer
	Latency    time.Duration // before the answer
	Jitter     time.Duration // at most so much more
	Operation  string        // operationId, or a path template; "": all
	Seed       uint64        // of the choice: the same one makes the same choices in a session
}

// mostLatency bounds what a request waits.
const mostLatency = time.Hour

// ParseChaos reads a text such as "p=0.1,status=503,retry-after=1": settings that commas
// separate. They are p (1 if it is missing), status, retry-after, drop, latency (a duration
// such as 50ms, or a range 50ms..2s), operation and seed.
func ParseChaos(text string) (c Chaos, err error) {
	c.P = 1
	for setting := range strings.SplitSeq(text, ",") {
		name, v, _ := strings.Cut(strings.TrimSpace(setting), "=")
		switch name {
		case "p":
			if c.P, err = strconv.ParseFloat(v, 64); err == nil && !(c.P >= 0 && c.P <= 1) {
				err = fmt.Errorf("must be from 0 to 1")
			}
		case "status":
			if c.Status, err = strconv.Atoi(v); err == nil && (c.Status < 200 || c.Status > 599) {
				err = fmt.Errorf("must be from 200 to 599")
			}
		case "retry-after":
			c.RetryAfter = v
		case "drop":
			c.Drop, err = v == "" || v == "true", nil
		case "latency":
			least, most, isRange := strings.Cut(v, "..")
			if c.Latency, err = time.ParseDuration(least); err == nil && isRange {
				c.Jitter, err = time.ParseDuration(most)
				c.Jitter -= c.Latency
			}
			if err == nil && (c.Latency < 0 || c.Jitter < 0 || c.Latency+c.Jitter > mostLatency) {
				err = fmt.Errorf("must be from 0 to %v", mostLatency)
			}
		case "operation":
			c.Operation = v
		case "seed":
			c.Seed, err = strconv.ParseUint(v, 10, 64)
		default:
			err = fmt.Errorf("there is p, status, retry-after, drop, latency, operation and seed")
		}
		if err != nil {
			return c, fmt.Errorf("%s: %w", setting, err)
		}
	}
	if c.Status == 0 && !c.Drop && c.Latency+c.Jitter == 0 {
		return c, fmt.Errorf("%s: nothing goes wrong; give status, drop or latency", text)
	}
	return c, nil
}

// chaos lets go wrong what is to go wrong with the request.
func (x *exchange) chaos() (p *problem, dropped bool) {
	if len(x.server.Chaos) == 0 {
		return nil, false
	}
	x.session.mu.Lock()
	x.session.requests++
	n := x.session.requests
	x.session.mu.Unlock()
	for i, c := range x.server.Chaos {
		if c.Operation != "" && c.Operation != x.op.ID && c.Operation != x.op.Path {
			continue
		}
		choice := mixed(c.Seed ^ mixed(n) ^ uint64(i)<<32)
		if float64(choice>>11)/(1<<53) >= c.P {
			continue
		}
		wait := c.Latency
		if c.Jitter > 0 {
			wait += time.Duration(mixed(choice) % uint64(c.Jitter))
		}
		if wait > 0 {
			x.note("chaos: waits %v", wait)
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-x.Context().Done():
				timer.Stop()
			}
		}
		switch {
		case c.Drop:
			x.note("chaos: the connection is dropped")
			return nil, true
		case c.Status != 0:
			p := newProblem(c.Status, "this answer is one of those that go wrong on purpose")
			if c.RetryAfter != "" {
				p.header.Set("Retry-After", c.RetryAfter)
			}
			if p.Title == "" {
				p.Title = http.StatusText(c.Status)
			}
			return p, false
		}
	}
	return nil, false
}
