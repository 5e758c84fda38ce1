package runtime

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// asked has a server answer one request with the handler.
func asked(t *testing.T, d *Driver, ctx context.Context, c *Send, handler http.HandlerFunc) (Response, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close() // waits until the handler has ended
	d.Client = server.Client()
	d.Servers = map[string]string{"api": server.URL}
	c.Method, c.Source = http.MethodGet, "api"
	patience := d.patience(ctx)
	defer patience.End()
	return d.exchange(ctx, &Execution{}, c, patience)
}

// stall sends the beginning of a body and then nothing, until the client goes.
func stall(begun chan<- struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("begin"))
		_ = http.NewResponseController(w).Flush()
		if begun != nil {
			close(begun)
		}
		<-r.Context().Done()
	}
}

func TestTimeoutInTheMiddleOfABody(t *testing.T) {
	_, err := asked(t, &Driver{}, t.Context(), &Send{Timeout: 50 * time.Millisecond}, stall(nil))
	if err == nil || err.Error() != "no answer within the step's timeout of 50ms" {
		t.Errorf("%v", err)
	}
}

// The limit of a request is told apart from that of its step and that of the run.
func TestTimeoutOfARequest(t *testing.T) {
	const short = 20 * time.Millisecond
	tests := []struct {
		driver, step, run time.Duration
		want              string
	}{
		{driver: short, want: "the response stopped in the middle: nothing came for 20ms, the limit of Driver.RequestTimeout"},
		{driver: short, step: time.Hour, run: time.Hour,
			want: "the response stopped in the middle: nothing came for 20ms, the limit of Driver.RequestTimeout"},
		{driver: time.Hour, step: short, run: time.Hour, want: "no answer within the step's timeout of 20ms"},
		{driver: -1, step: short, want: "no answer within the step's timeout of 20ms"},
		{driver: time.Hour, step: time.Hour, run: short, want: "the run is over"},
	}
	for _, test := range tests {
		ctx, cancel := t.Context(), context.CancelFunc(func() {})
		if test.run > 0 {
			ctx, cancel = context.WithTimeoutCause(ctx, test.run, errors.New("the run is over"))
		}
		_, err := asked(t, &Driver{RequestTimeout: test.driver}, ctx, &Send{Timeout: test.step}, stall(nil))
		cancel()
		if err == nil || err.Error() != test.want {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

func TestCancelInTheMiddleOfABody(t *testing.T) {
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	begun := make(chan struct{})
	go func() {
		<-begun
		cancel(cause)
	}()
	if _, err := asked(t, &Driver{}, ctx, &Send{}, stall(begun)); err != cause {
		t.Errorf("%v", err)
	}
}
