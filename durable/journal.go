package durable

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gobelin-dev/gobelin/runtime"
)

// origin is what a run begins with: the input of its workflow at DBOS.
type origin struct {
	Document string `json:"document"` // what the caller calls it, see Engine.Program
	Workflow string `json:"workflow"`
	Snapshot []byte `json:"snapshot"` // of an execution that was begun
}

// intent is written down before a request is sent.
type intent struct {
	Method string    `json:"method"`
	Target string    `json:"target"`
	Key    string    `json:"key,omitempty"` // idempotency key that it is sent with
	At     time.Time `json:"at"`
}

// answer is written down when an exchange has ended.
type answer struct {
	Unknown bool `json:"unknown,omitempty"` // nobody knows whether it was sent; the other fields are empty

	Sent []sent `json:"sent,omitempty"`

	Err     string `json:"err,omitempty"` // why there is no response
	Timeout bool   `json:"timeout,omitempty"`

	Status   int             `json:"status,omitempty"`
	Header   http.Header     `json:"header,omitempty"`
	Body     []byte          `json:"body,omitempty"`
	URL      string          `json:"url,omitempty"`
	Received time.Time       `json:"received"`
	Took     time.Duration   `json:"took,omitempty"`
	Resent   int             `json:"resent,omitempty"`
	Timing   *runtime.Timing `json:"timing,omitempty"`
}

// sent is a request as it was told, with its secrets masked.
type sent struct {
	URL      string      `json:"url"`
	Header   http.Header `json:"header,omitempty"`
	Security []string    `json:"security,omitempty"`
	At       time.Time   `json:"at"`
}

// answered makes an entry of what an exchange came to.
func answered(r runtime.Response, err error, now time.Time) answer {
	if err != nil {
		return answer{Err: err.Error(), Timeout: errors.Is(err, context.DeadlineExceeded), Received: now}
	}
	return answer{Status: r.Status, Header: r.Header, Body: r.Body, URL: r.URL, Received: r.Received, Took: r.Took, Resent: r.Resent,
		Timing: r.Timing}
}

// give answers the pending command of an execution.
func (a *answer) give(x *runtime.Execution) error {
	switch {
	case a.Timeout:
		return x.Fail(timeout(a.Err))
	case a.Err != "":
		return x.Fail(errors.New(a.Err))
	}
	return x.Respond(&runtime.Response{Status: a.Status, Header: a.Header, Body: a.Body, URL: a.URL, Received: a.Received, Took: a.Took,
		Resent: a.Resent, Timing: a.Timing})
}

// timeout is the text of an error that was context.DeadlineExceeded.
type timeout string

func (t timeout) Error() string        { return string(t) }
func (t timeout) Is(target error) bool { return target == context.DeadlineExceeded }

// A Decision says what becomes of a run that waits because nobody knows whether a
// request of it was sent. Exactly one of its fields is set.
type Decision struct {
	Answer *runtime.Response `json:"answer,omitempty"` // this is what the server answered
	Resend bool              `json:"resend,omitempty"` // the server has not seen it, or may see it twice
	Fail   string            `json:"fail,omitempty"`   // there is no answer, for this reason: the step fails
}

func (d Decision) check() error {
	n := 0
	for _, set := range []bool{d.Answer != nil, d.Resend, d.Fail != ""} {
		if set {
			n++
		}
	}
	if n != 1 {
		return errors.New("a decision is an answer, to send again, or to fail: exactly one of them")
	}
	if d.Answer != nil && (d.Answer.Status < 100 || d.Answer.Status > 999) {
		return errors.New("an answer needs a status code of three digits")
	}
	return nil
}

// answer returns what a decision says that the exchange came to; nil: to send it again.
func (d Decision) answer(now time.Time) *answer {
	switch {
	case d.Resend:
		return nil
	case d.Fail != "":
		return &answer{Err: d.Fail, Received: now}
	}
	a := answered(*d.Answer, nil, now)
	return &a
}
