package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// at is a connection that says where it leads to.
type at struct {
	net.Conn
	ip net.IP
}

// beside is a transport around another one, as of a tracer.
type beside struct{ sends http.RoundTripper }

func (b beside) RoundTrip(r *http.Request) (*http.Response, error) { return b.sends.RoundTrip(r) }

func (b beside) Around(with func(http.RoundTripper) http.RoundTripper) http.RoundTripper {
	return beside{with(b.sends)}
}

func (a at) RemoteAddr() net.Addr { return &net.TCPAddr{IP: a.ip, Port: 80} }

// A server at a public address redirects a run to public addresses, and not to
// what only this machine or its network can reach. One inside redirects to
// wherever it likes. A transport around another one changes nothing.
func TestRedirectsInside(t *testing.T) {
	t.Run("directly", func(t *testing.T) {
		redirectsInside(t, func(t *http.Transport) http.RoundTripper { return t })
	})
	t.Run("around", func(t *testing.T) {
		redirectsInside(t, func(t *http.Transport) http.RoundTripper { return beside{beside{t}} })
	})
}

func redirectsInside(t *testing.T, around func(*http.Transport) http.RoundTripper) {
	addresses := map[string]string{"a.example": "93.184.216.34", "b.example": "2606:4700::1111", "inside.example": "10.0.0.7",
		"six.example": "::ffff:169.254.169.254", "localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1"}
	for _, test := range []struct {
		from  string
		to    []string // one redirect after another
		want  string   // of the error
		asked string
	}{
		{from: "a.example", to: []string{"b.example"}, asked: "a.example b.example"},
		{from: "a.example", to: []string{"a.example"}, asked: "a.example a.example"},
		{from: "a.example", to: []string{"inside.example"}, want: "http://inside.example, is not followed", asked: "a.example"},
		{from: "a.example", to: []string{"six.example"}, want: "http://six.example, is not followed", asked: "a.example"},
		{from: "a.example", to: []string{"127.0.0.1"}, want: "http://127.0.0.1, is not followed", asked: "a.example"},
		{from: "a.example", to: []string{"localhost"}, want: "http://localhost, is not followed", asked: "a.example"},
		{from: "a.example", to: []string{"b.example", "inside.example"}, want: "http://inside.example, is not", asked: "a.example b.example"},
		{from: "inside.example", to: []string{"localhost"}, asked: "inside.example localhost"},
		{from: "inside.example", to: []string{"a.example"}, asked: "inside.example a.example"},
		{from: "localhost", to: []string{"a.example", "inside.example"}, want: "http://inside.example, is not", asked: "localhost a.example"},
	} {
		var asked []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n := len(asked); n < len(test.to) {
				w.Header().Set("Location", (&url.URL{Scheme: "http", Host: test.to[n], Path: "/"}).String())
				w.WriteHeader(http.StatusFound)
			}
			asked = append(asked, r.Host)
		}))
		dial := func(ctx context.Context, network, address string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			real, err := new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
			return at{real, net.ParseIP(addresses[host])}, err
		}
		transport := &http.Transport{DialContext: dial}
		_, err := Do(t.Context(), &http.Client{Transport: around(transport)},
			&Request{Method: "GET", URL: "http://" + test.from + "/"}, Limits{Body: 100, Redirects: true})
		transport.CloseIdleConnections()
		server.Close()
		if test.want == "" && err != nil || test.want != "" && (!errors.Is(err, ErrInside) || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s, then %v: %v", test.from, test.to, err)
		}
		if got := strings.Join(asked, " "); got != test.asked {
			t.Errorf("%s, then %v: asked %s", test.from, test.to, got)
		}
	}
}
