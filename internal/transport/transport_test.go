package transport

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
)

// asked has a server answer one request with the handler.
func asked(t *testing.T, r *Request, most int64, handler http.HandlerFunc) (Response, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close() // waits until the handler has ended
	r.Method, r.URL = http.MethodGet, server.URL
	return Do(t.Context(), server.Client(), r, Limits{Body: most})
}

// A body without an end is read up to the limit, and no further.
func TestEndlessBody(t *testing.T) {
	_, err := asked(t, &Request{}, 1<<16, func(w http.ResponseWriter, r *http.Request) {
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

// Small on the wire and after the first coding, large after the second.
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
	r := &Request{Header: http.Header{"Accept-Encoding": {"gzip"}}}
	_, err := asked(t, r, 1<<20, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Encoding"] = []string{"gzip", "gzip"}
		_, _ = w.Write(coded)
	})
	if err == nil || !strings.Contains(err.Error(), "larger than 1048576 bytes") {
		t.Errorf("%d bytes on the wire: %v", len(coded), err)
	}
}

func TestHostHeader(t *testing.T) {
	var host string
	r := &Request{Header: http.Header{"Host": {"tenant.example"}}}
	_, err := asked(t, r, 1<<10, func(_ http.ResponseWriter, r *http.Request) { host = r.Host })
	if err != nil || host != "tenant.example" {
		t.Errorf("%q, %v", host, err)
	}
}

func TestLargestLimit(t *testing.T) {
	resp, err := asked(t, &Request{}, math.MaxInt64, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "all") })
	if err != nil || string(resp.Body) != "all" {
		t.Errorf("%+v, %v", resp, err)
	}
}

// roundTrip is a RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A body that is cut off is an error; a response without a body needs none.
func TestLengthOfABody(t *testing.T) {
	tests := []struct {
		method string
		status int
		length int64
		coding string
		body   string
		want   string // of the error
	}{
		{"GET", 200, 10, "", "", "0 of 10 bytes"},
		{"GET", 200, 10, "", "short", "5 of 10 bytes"},
		{"GET", 200, 10, "gzip", "", "0 of 10 bytes"},
		{"GET", 404, 10, "", "", "0 of 10 bytes"},
		{"POST", 200, maxSized + 1, "", "short", "5 of 4194305 bytes"},
		{"GET", 200, 5, "", "whole", ""},
		{"GET", 200, -1, "", "whole", ""},
		{"GET", 200, -1, "", "", ""},
		{"GET", 200, 0, "", "", ""},
		{"GET", 200, 2, "", "more", ""},
		{"HEAD", 200, 10, "", "", ""},
		{"HEAD", 200, 10, "gzip", "", ""},
		{"GET", 304, 10, "", "", ""},
		{"GET", 204, 10, "", "", ""},
	}
	for _, test := range tests {
		client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			header := http.Header{}
			if test.coding != "" {
				header.Set("Content-Encoding", test.coding)
			}
			body := io.NopCloser(strings.NewReader(test.body))
			return &http.Response{StatusCode: test.status, Header: header, ContentLength: test.length, Body: body}, nil
		})}
		resp, err := Do(t.Context(), client, &Request{Method: test.method, URL: "http://h"}, Limits{Body: 1 << 30})
		switch {
		case test.want != "":
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%+v: %v", test, err)
			}
		case err != nil || string(resp.Body) != test.body:
			t.Errorf("%+v: %+v, %v", test, resp, err)
		}
	}
}

// Fields that are not UTF-8 are Latin-1 (E6).
func TestHeaderInLatin1(t *testing.T) {
	sent := http.Header{"X-A": {"Caf\xe9", "Café"}, "X-B": {"plain"}}
	client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: sent, Body: http.NoBody}, nil
	})}
	resp, err := Do(t.Context(), client, &Request{Method: "GET", URL: "http://h"}, Limits{Body: 1})
	if err != nil || !slices.Equal(resp.Header["X-A"], []string{"Café", "Café"}) || resp.Header.Get("X-B") != "plain" {
		t.Errorf("%q, %v", resp.Header, err)
	}
	if sent["X-A"][0] != "Caf\xe9" {
		t.Error("the header of the transport was modified")
	}
}

// Whatever the initial size and the chunks, all bytes are read, and at most one
// beyond the limit.
func TestReadAll(t *testing.T) {
	readers := map[string]func(io.Reader) io.Reader{
		"whole":        func(r io.Reader) io.Reader { return r },
		"byte by byte": iotest.OneByteReader,
		"with the end": iotest.DataErrReader,
	}
	for name, reader := range readers {
		for room := range int64(8) {
			for text, want := range map[string]string{"": "", "abc": "abc", "abcd": "abcd", "abcde": "abcde", "abcdef": "abcde"} {
				if got, err := readAll(reader(strings.NewReader(text)), room, 4, NewPatience(t.Context(), 0)); err != nil || string(got) != want {
					t.Errorf("%s, room for %d, %q: %q, %v", name, room, text, got, err)
				}
			}
		}
	}
	broken := iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("abc")))
	if _, err := readAll(broken, 8, 4, NewPatience(t.Context(), 0)); err != iotest.ErrTimeout {
		t.Errorf("%v, want %v", err, iotest.ErrTimeout)
	}
}

// A 101 that nobody asked for has no end.
func TestSwitchedProtocol(t *testing.T) {
	ended := make(chan struct{})
	_, err := asked(t, &Request{}, 1<<10, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
		go func() {
			_, _ = io.Copy(io.Discard, conn) // until the client goes
			conn.Close()
			close(ended)
		}()
	})
	<-ended
	if err == nil || !strings.Contains(err.Error(), "101") {
		t.Error(err)
	}
}

// leaving is a server that closes each connection on its second request,
// without sending a byte.
type leaving struct {
	listener net.Listener
	requests atomic.Int32
}

func (s *leaving) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		go s.answer(conn)
	}
}

func (s *leaving) answer(conn net.Conn) {
	defer conn.Close()
	from := bufio.NewReader(conn)
	for n := range 2 {
		request, err := http.ReadRequest(from)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return
		}
		s.requests.Add(1)
		if n == 0 {
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	}
}

// An idempotent request is sent again if the kept connection turns out to be
// closed; another request fails and says why.
func TestClosedConnection(t *testing.T) {
	methods := map[string]bool{"GET": true, "HEAD": true, "OPTIONS": true, "PUT": true, "DELETE": true, "QUERY": true,
		"POST": false, "PATCH": false}
	for method, again := range methods {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := &leaving{listener: listener}
		go s.serve()
		client := &http.Client{Transport: &http.Transport{}}
		r := &Request{Method: method, URL: "http://" + listener.Addr().String(), Header: http.Header{"A": {"1"}}, Body: []byte("b")}
		if method == "HEAD" || method == "GET" {
			r.Body = nil
		}
		if _, err := Do(t.Context(), client, &Request{Method: "GET", URL: r.URL}, Limits{Body: 10}); err != nil {
			t.Fatal(err)
		}
		resp, err := Do(t.Context(), client, r, Limits{Body: 10})
		client.CloseIdleConnections()
		listener.Close()
		requests := int32(2)
		if again {
			requests = 3
		}
		if again != (resp.Resent == 1) {
			t.Errorf("%s: sent again %d times", method, resp.Resent)
		}
		if s.requests.Load() != requests || again != (err == nil) {
			t.Errorf("%s: %d requests, %v", method, s.requests.Load(), err)
		}
		if !again && (err == nil || !strings.Contains(err.Error(), "it may have carried out the "+method)) {
			t.Errorf("%s: %v", method, err)
		}
		if len(r.Header) != 1 {
			t.Errorf("%s: the header was changed: %v", method, r.Header)
		}
	}
}

// A new connection does not know of earlier requests.
func TestConnectionClosedAtOnce(t *testing.T) {
	_, err := asked(t, &Request{}, 10, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if err == nil || !strings.HasSuffix(err.Error(), "the server closed the connection before it answered") {
		t.Error(err)
	}
}
