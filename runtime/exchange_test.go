package runtime

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// asked has a server answer one request with the handler.
func asked(t *testing.T, d *Driver, ctx context.Context, c *Send, handler http.HandlerFunc) (*Response, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close() // waits until the handler has ended
	d.Client = server.Client()
	c.Method, c.URL = http.MethodGet, server.URL
	return d.exchange(ctx, c)
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

// A body without an end is read up to the limit, and no further.
func TestEndlessBody(t *testing.T) {
	_, err := asked(t, &Driver{MaxBody: 1 << 16}, t.Context(), &Send{}, func(w http.ResponseWriter, r *http.Request) {
		for chunk := make([]byte, 1<<12); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	if err == nil || !strings.Contains(err.Error(), "larger than 65536 bytes") {
		t.Errorf("%v", err)
	}
}

// What is small on the wire, and in the first coding, and large in the second.
func TestDecompressionBomb(t *testing.T) {
	coded := make([]byte, 1<<24)
	for range 2 {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(coded); err != nil || z.Close() != nil {
			t.Fatal(err)
		}
		coded = b.Bytes()
	}
	c := &Send{Header: http.Header{"Accept-Encoding": {"gzip"}}}
	_, err := asked(t, &Driver{MaxBody: 1 << 20}, t.Context(), c, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Encoding"] = []string{"gzip", "gzip"}
		_, _ = w.Write(coded)
	})
	if err == nil || !strings.Contains(err.Error(), "larger than 1048576 bytes") {
		t.Errorf("%d bytes on the wire: %v", len(coded), err)
	}
}

func TestHostHeader(t *testing.T) {
	var host string
	_, err := asked(t, &Driver{}, t.Context(), &Send{Header: http.Header{"Host": {"tenant.example"}}}, func(_ http.ResponseWriter, r *http.Request) { host = r.Host })
	if err != nil || host != "tenant.example" {
		t.Errorf("%q, %v", host, err)
	}
}
