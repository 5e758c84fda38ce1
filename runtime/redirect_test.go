package runtime

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hop is what reached a server.
type hop struct{ Method, Path, Key, Type, Body string }

// redirecting answers each request with the next of the answers and keeps what
// it was asked.
type redirecting struct {
	answers []http.Header // with Location; none: 200
	status  int
	hops    []hop
}

func (s *redirecting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.hops = append(s.hops, hop{r.Method, r.URL.Path, r.Header.Get("X-Api-Key"), r.Header.Get("Content-Type"), string(body)})
	if r.Header.Get("Referer") != "" {
		panic("a Referer was sent")
	}
	if n := len(s.hops) - 1; n < len(s.answers) {
		w.Header().Set("Location", s.answers[n].Get("Location"))
		w.WriteHeader(s.status)
	}
}

func send(t *testing.T, client *http.Client, method, url string) error {
	t.Helper()
	d := Driver{Client: client}
	c := &Send{Method: method, URL: url, FollowRedirects: true, Header: http.Header{"X-Api-Key": {"k"}, "Content-Type": {"text/plain"}}}
	if method != http.MethodGet {
		c.Body = []byte("b")
	}
	_, err := d.exchange(t.Context(), c)
	return err
}

// RFC 9110 §15.4.
func TestRedirectedMethod(t *testing.T) {
	tests := []struct {
		status int
		method string
		want   hop
	}{
		{301, "POST", hop{"GET", "/2", "k", "", ""}},
		{302, "POST", hop{"GET", "/2", "k", "", ""}},
		{303, "POST", hop{"GET", "/2", "k", "", ""}},
		{307, "POST", hop{"POST", "/2", "k", "text/plain", "b"}},
		{308, "POST", hop{"POST", "/2", "k", "text/plain", "b"}},
		{301, "PUT", hop{"PUT", "/2", "k", "text/plain", "b"}},
		{302, "DELETE", hop{"DELETE", "/2", "k", "text/plain", "b"}},
		{303, "DELETE", hop{"GET", "/2", "k", "", ""}},
		{308, "PATCH", hop{"PATCH", "/2", "k", "text/plain", "b"}},
		{302, "GET", hop{"GET", "/2", "k", "", ""}},
	}
	for _, test := range tests {
		handler := &redirecting{answers: []http.Header{{"Location": {"/2"}}}, status: test.status}
		server := httptest.NewServer(handler)
		if err := send(t, server.Client(), test.method, server.URL+"/1"); err != nil {
			t.Error(test.status, test.method, err)
		}
		server.Close()
		if diff := cmp.Diff(test.want, handler.hops[len(handler.hops)-1]); diff != "" {
			t.Errorf("%d %s: %s", test.status, test.method, diff)
		}
	}
}

func TestRedirectsKeepSecretsAtHome(t *testing.T) {
	other := &redirecting{}
	away := httptest.NewServer(other)
	defer away.Close()
	handler := &redirecting{answers: []http.Header{{"Location": {away.URL + "/away"}}}, status: 307}
	server := httptest.NewServer(handler)
	defer server.Close()
	if err := send(t, server.Client(), "POST", server.URL+"/1"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]hop{{"POST", "/away", "", "text/plain", "b"}}, other.hops); diff != "" {
		t.Error(diff)
	}
}

func TestRedirectsThatAreNotFollowed(t *testing.T) {
	plain := &redirecting{}
	http1 := httptest.NewServer(plain)
	defer http1.Close()
	for location, want := range map[string]string{
		http1.URL:       "from https to http",
		"ftp://h/x":     `scheme "ftp"`,
		"file:///etc/x": `scheme "file"`,
		"http://%zz":    "Location",
	} {
		handler := &redirecting{answers: []http.Header{{"Location": {location}}}, status: 302}
		server := httptest.NewTLSServer(handler)
		err := send(t, server.Client(), "GET", server.URL)
		server.Close()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", location, err, want)
		}
	}
	if len(plain.hops) != 0 {
		t.Error("the http server was asked")
	}
}

// From http to https and back is as bad as from https to http.
func TestRedirectsUpAreFollowed(t *testing.T) {
	up := &redirecting{}
	secure := httptest.NewTLSServer(up)
	defer secure.Close()
	handler := &redirecting{answers: []http.Header{{"Location": {secure.URL + "/up"}}}, status: 301}
	server := httptest.NewServer(handler)
	defer server.Close()
	if err := send(t, secure.Client(), "GET", server.URL); err != nil {
		t.Fatal(err)
	}
	up.answers, up.status = []http.Header{{}, {"Location": {server.URL + "/down"}}}, 301
	if err := send(t, secure.Client(), "GET", secure.URL); err == nil || !strings.Contains(err.Error(), "from https to http") {
		t.Errorf("down again: %v", err)
	}
}

// A 3xx without a Location is an answer like any other.
func TestRedirectToNowhere(t *testing.T) {
	handler := &redirecting{answers: []http.Header{{}}, status: 302}
	server := httptest.NewServer(handler)
	defer server.Close()
	if err := send(t, server.Client(), "GET", server.URL); err != nil || len(handler.hops) != 1 {
		t.Errorf("%v %v", err, handler.hops)
	}
}
