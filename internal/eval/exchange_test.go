package eval

import (
	"net/http"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/internal/program"
)

func TestRetryAfter(t *testing.T) {
	const (
		limit = 5 * time.Minute
		noon  = "Fri, 27 Nov 2026 12:00:00 GMT"
		later = "Fri, 27 Nov 2026 12:00:30 GMT"
	)
	received := time.Date(2026, time.November, 27, 12, 0, 10, 0, time.UTC)
	tests := []struct {
		retryAfter, date string
		received         time.Time
		want             time.Duration
		ok               bool
	}{
		{retryAfter: ""},
		{retryAfter: "soon"},
		{retryAfter: "-1"},
		{retryAfter: "1.5"},
		{retryAfter: "0", ok: true},
		{retryAfter: " 7 ", want: 7 * time.Second, ok: true},
		{retryAfter: "300", want: limit, ok: true},
		{retryAfter: "301", want: limit, ok: true},
		{retryAfter: "99999999999999999999", want: limit, ok: true},
		{retryAfter: later, received: received, want: 20 * time.Second, ok: true},
		{retryAfter: later, received: received, date: noon, want: 20 * time.Second, ok: true},
		{retryAfter: noon, received: received, ok: true},
		{retryAfter: "Sat, 28 Nov 2026 12:00:00 GMT", received: received, want: limit, ok: true},
		{retryAfter: later, date: noon, want: 30 * time.Second, ok: true},
		{retryAfter: later},
		{retryAfter: later, date: "today"},
	}
	for _, test := range tests {
		e := &Exchange{Answer: http.Header{"Retry-After": {test.retryAfter}, "Date": {test.date}}}
		if got, ok := e.RetryAfter(test.received, limit); got != test.want || ok != test.ok {
			t.Errorf("Retry-After %q, Date %q, received %v: %v, %v; want %v, %v",
				test.retryAfter, test.date, test.received, got, ok, test.want, test.ok)
		}
	}
	var none *Exchange
	if got, ok := none.RetryAfter(received, limit); ok {
		t.Errorf("without an exchange: %v", got)
	}
}

// What is missing in a body that has no members is explained by what the body is.
func TestWhyMissing(t *testing.T) {
	pointer := &program.Ref{Kind: program.ResponseBody, Pointer: []string{"id"}}
	for _, test := range []struct{ contentType, body, want string }{
		{"text/html", "<html/>", ": the body of the response is text (text/html)"},
		{"image/png", "\x89PNG", ": the body of the response is bytes (image/png)"},
		{"application/json", "<html/>", ": the body of the response is text"},
		{"application/json", "", ": the body of the response is empty"},
		{"application/json", "{}", ""},
	} {
		e := &Exchange{Status: 200, Answer: http.Header{"Content-Type": {test.contentType}}, Body: []byte(test.body)}
		if got := e.whyMissing(pointer); got != test.want {
			t.Errorf("%+v: %q", test, got)
		}
		if got := e.whyMissing(&program.Ref{Kind: program.ResponseBody}); got != "" {
			t.Errorf("%+v, as a whole: %q", test, got)
		}
	}
}
