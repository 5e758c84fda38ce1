package source

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// internet is a network whose hosts are all one server: /to redirects to what its
// query says, everything else is a document.
type internet struct {
	addresses map[string]string // of hosts
	server    *httptest.Server
	dialed    []string // hosts to which a connection was made
	asked     []string // hosts that were asked
}

func newInternet(t *testing.T, addresses map[string]string) *internet {
	n := &internet{addresses: addresses}
	n.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.asked = append(n.asked, r.Host)
		switch r.URL.Path {
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
			return
		case "/to":
			to, _ := url.QueryUnescape(r.URL.RawQuery)
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		_, _ = io.WriteString(w, "text of "+r.Host)
	}))
	t.Cleanup(n.server.Close)
	return n
}

// conn is a connection to an address of the network.
type conn struct {
	net.Conn
	at net.IP
}

func (c conn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: c.at, Port: 80} }

func (n *internet) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	at := net.ParseIP(host)
	if at == nil {
		at = net.ParseIP(n.addresses[host])
	}
	if at == nil {
		return nil, errors.New("no such host")
	}
	n.dialed = append(n.dialed, host)
	real, err := new(net.Dialer).DialContext(ctx, network, n.server.Listener.Addr().String())
	return conn{real, at}, err
}

func (n *internet) client(t *testing.T) *http.Client {
	transport := &http.Transport{DialContext: n.dial}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestWhereDocumentsLead(t *testing.T) {
	addresses := map[string]string{"a.example": "93.184.216.34", "b.example": "2606:4700::1111", "inside.example": "10.0.0.7",
		"meta.example": "169.254.169.254", "six.example": "::ffff:127.0.0.1", "localhost": "127.0.0.1", "2130706433": "127.0.0.1",
		"nat.example": "64:ff9b::7f00:1", "corp.example": "192.168.0.9"}
	const local, refused = "/flows/a.yaml", "an address of this machine or its network"
	to := func(host, place string) string { return "http://" + host + "/to?" + url.QueryEscape(place) }
	type ask struct{ by, place, want string }
	tests := []struct {
		name  string
		hosts []string
		asks  []ask
		asked string // the hosts, in order
	}{
		{name: "a local document leads everywhere", asks: []ask{
			{local, "http://a.example/", "text of a.example"}, {local, "http://inside.example/", "text of inside.example"},
			{local, "http://localhost:8080/", "text of localhost:8080"}, {"", "http://127.0.0.1/", "text of 127.0.0.1"},
		}, asked: "a.example inside.example localhost:8080 127.0.0.1"},
		{name: "one of the network leads to public addresses", asks: []ask{
			{"http://a.example/x", "http://a.example/", "text of a.example"}, {"https://a.example/x", "http://b.example/", "text of b.example"},
			{"https://a.example/x", "http://8.8.8.8/", "text of 8.8.8.8"},
		}, asked: "a.example b.example 8.8.8.8"},
		{name: "and not to others", asks: []ask{
			{"http://a.example/", "http://inside.example/", refused}, {"http://a.example/", "http://meta.example/", refused},
			{"http://a.example/", "http://six.example/", refused}, {"http://a.example/", "http://nat.example/", refused},
			{"http://a.example/", "http://localhost/", refused}, {"http://a.example/", "http://127.0.0.1/", refused},
			{"http://a.example/", "http://[::ffff:7f00:1]/", refused}, {"http://a.example/", "http://2130706433/", refused},
			{"http://a.example/", "http://0x7f.1/", refused}, {"http://inside.example/", "http://inside.example/", refused},
		}},
		{name: "a redirect is asked for by the host that sends it", asks: []ask{
			{local, to("a.example", "http://inside.example/"), refused}, {local, to("a.example", "http://127.0.0.1/"), refused},
			{local, to("a.example", "http://b.example/"), "text of b.example"},
			{"http://a.example/", to("b.example", "http://meta.example/"), refused},
		}, asked: "a.example a.example a.example b.example b.example"},
		{name: "hosts inside that a local document has led to", asks: []ask{
			{local, to("inside.example", "/there"), "text of inside.example"},
			{"http://inside.example/", "http://inside.example:81/", "text of inside.example:81"},
			{"http://inside.example/", "http://corp.example/", refused},
			{local, "http://corp.example/", "text of corp.example"},
			{"http://inside.example/", "http://corp.example/", "text of corp.example"},
		}, asked: "inside.example inside.example inside.example:81 corp.example corp.example"},
		{name: "only some hosts", hosts: []string{"a.example", "Inside.example"}, asks: []ask{
			{local, "http://a.example/", "text of a.example"}, {"http://a.example/", "http://inside.example/", "text of inside.example"},
			{local, "http://b.example/", "only from a.example, Inside.example"},
			{local, to("a.example", "http://b.example/"), "only from a.example"},
		}, asked: "a.example inside.example a.example"},
		{name: "redirects that are not followed", asks: []ask{
			{local, to("a.example", "ftp://a.example/"), `scheme "ftp" is not followed`},
			{local, to("a.example", "file:///etc/passwd"), "local files"},
			{local, "http://a.example/to?", "307"},
		}, asked: "a.example a.example a.example"},
		{name: "redirects without an end", asks: []ask{{local, "http://a.example/loop", "stopped after 10 redirects"}},
			asked: strings.TrimSpace(strings.Repeat("a.example ", 11))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := newInternet(t, addresses)
			p := &Policy{Web: &Web{Client: n.client(t), Hosts: test.hosts}}
			for _, ask := range test.asks {
				data, err := p.Read(Asking(t.Context(), ask.by), ask.place)
				got := string(data)
				if err != nil {
					got = err.Error()
				}
				if !strings.Contains(got, ask.want) || (err == nil) != strings.HasPrefix(ask.want, "text") && ask.want != "" {
					t.Errorf("%s leads to %s: %s, want %s", ask.by, ask.place, got, ask.want)
				}
			}
			if got := strings.Join(n.asked, " "); got != test.asked {
				t.Errorf("asked: %s\nwant: %s", got, test.asked)
			}
		})
	}
}

// A host that had a public address when a local document led to it may have
// another one when its own document leads to it.
func TestNameThatMoves(t *testing.T) {
	n := newInternet(t, map[string]string{"a.example": "93.184.216.34"})
	client := n.client(t)
	p := &Policy{Web: &Web{Client: client}}
	if _, err := p.Read(Asking(t.Context(), "/a.yaml"), "http://a.example/"); err != nil {
		t.Fatal(err)
	}
	client.CloseIdleConnections()
	n.addresses["a.example"] = "127.0.0.1"
	if data, err := p.Read(Asking(t.Context(), "http://a.example/"), "http://a.example/"); err == nil {
		t.Errorf("read %q", data)
	}
}

// A kept connection to an address inside serves no document of the network.
func TestKeptConnection(t *testing.T) {
	n := newInternet(t, map[string]string{"a.example": "127.0.0.1"})
	shared := n.client(t)
	if resp, err := shared.Get("http://a.example/"); err != nil {
		t.Fatal(err)
	} else if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.Body.Close() != nil {
		t.Fatal(err)
	}
	p := &Policy{Web: &Web{Client: shared}}
	if data, err := p.Read(Asking(t.Context(), "http://b.example/"), "http://a.example/"); err == nil {
		t.Errorf("read %q", data)
	}
}

// A proxy resolves names by itself: what can be seen of them decides.
func TestThroughAProxy(t *testing.T) {
	n := newInternet(t, nil)
	proxy, err := url.Parse(n.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{Proxy: http.ProxyURL(proxy)}
	defer transport.CloseIdleConnections()
	p := &Policy{Web: &Web{Client: &http.Client{Transport: transport}}}
	if data, err := p.Read(Asking(t.Context(), "http://a.example/"), "http://b.example/"); err != nil || string(data) != "text of b.example" {
		t.Errorf("%q, %v", data, err)
	}
	for _, host := range []string{"localhost", "169.254.169.254", "[::1]", "2130706433"} {
		if data, err := p.Read(Asking(t.Context(), "http://a.example/"), "http://"+host+"/"); err == nil {
			t.Errorf("%s: read %q", host, data)
		}
	}
}

// Of a RoundTripper of the caller only names are known.
func TestOwnRoundTripper(t *testing.T) {
	p := &Policy{Web: &Web{Client: &http.Client{Transport: http.NewFileTransport(http.Dir(t.TempDir()))}}}
	_, err := p.Read(Asking(t.Context(), "http://a.example/"), "http://b.example/none")
	if err == nil || !strings.Contains(err.Error(), "404") {
		t.Error(err)
	}
	if _, err := p.Read(Asking(t.Context(), "http://a.example/"), "http://127.0.0.1/"); err == nil || strings.Contains(err.Error(), "404") {
		t.Error(err)
	}
}

func TestNoNetwork(t *testing.T) {
	if _, err := new(Policy).Read(t.Context(), "http://a.example/"); err == nil {
		t.Error("read")
	}
	if _, err := new(Policy).Read(Asking(t.Context(), "http://a.example/"), os.DevNull); err == nil {
		t.Error("a document of the network led to a file")
	}
}
