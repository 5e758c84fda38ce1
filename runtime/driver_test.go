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
	return d.exchange(ctx, &Execution{}, c)
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
