package transport

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hopSeen is what reached a server.
type hopSeen struct{ Method, Path, Key, Type, Body string }

// redirecting answers each request with the next of the answers and records
// what it was asked.
type redirecting struct {
	answers []http.Header // with Location; none: 200
	status  int
	hops    []hopSeen
}

func (s *redirecting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.hops = append(s.hops, hopSeen{r.Method, r.URL.Path, r.Header.Get("X-Api-Key"), r.Header.Get("Content-Type"), string(body)})
	if r.Header.Get("Referer") != "" {
		panic("a Referer was sent")
	}
	if n := len(s.hops) - 1; n < len(s.answers) {
		w.Header().Set("Location", s.answers[n].Get("Location"))
		w.WriteHeader(s.status)
	}
}

func ask(t *testing.T, client *http.Client, method, url string) error {
	t.Helper()
	r := &Request{Method: method, URL: url, Header: http.Header{"X-Api-Key": {"k"}, "Content-Type": {"text/plain"}}}
	if method != http.MethodGet {
		r.Body = []byte("b")
	}
	_, err := Do(t.Context(), client, r, Limits{Body: 1 << 20, Redirects: true})
	return err
}

// RFC 9110 §15.4.
func TestRedirectedMethod(t *testing.T) {
	tests := []struct {
		status int
		method string
		want   hopSeen
	}{
		{301, "POST", hopSeen{"GET", "/2", "k", "", ""}},
		{302, "POST", hopSeen{"GET", "/2", "k", "", ""}},
		{303, "POST", hopSeen{"GET", "/2", "k", "", ""}},
		{307, "POST", hopSeen{"POST", "/2", "k", "text/plain", "b"}},
		{308, "POST", hopSeen{"POST", "/2", "k", "text/plain", "b"}},
		{301, "PUT", hopSeen{"PUT", "/2", "k", "text/plain", "b"}},
		{302, "DELETE", hopSeen{"DELETE", "/2", "k", "text/plain", "b"}},
		{303, "DELETE", hopSeen{"GET", "/2", "k", "", ""}},
		{308, "PATCH", hopSeen{"PATCH", "/2", "k", "text/plain", "b"}},
		{302, "GET", hopSeen{"GET", "/2", "k", "", ""}},
	}
	for _, test := range tests {
		handler := &redirecting{answers: []http.Header{{"Location": {"/2"}}}, status: test.status}
		server := httptest.NewServer(handler)
		if err := ask(t, server.Client(), test.method, server.URL+"/1"); err != nil {
			t.Error(test.status, test.method, err)
		}
		server.Close()
		if diff := cmp.Diff(test.want, handler.hops[len(handler.hops)-1]); diff != "" {
			t.Errorf("%d %s: %s", test.status, test.method, diff)
		}
	}
}

// Neither a header nor a body is sent to another origin.
func TestRedirectsKeepSecretsAtHome(t *testing.T) {
	other := &redirecting{}
	away := httptest.NewServer(other)
	defer away.Close()
	handler := &redirecting{answers: []http.Header{{"Location": {away.URL + "/away"}}}}
	server := httptest.NewServer(handler)
	defer server.Close()
	tests := []struct {
		status int
		method string
		want   []hopSeen // nothing: not followed
	}{
		{302, "POST", []hopSeen{{"GET", "/away", "", "", ""}}},
		{303, "PUT", []hopSeen{{"GET", "/away", "", "", ""}}},
		{307, "GET", []hopSeen{{"GET", "/away", "", "", ""}}},
		{307, "POST", nil},
		{308, "PATCH", nil},
		{301, "PUT", nil},
		{302, "DELETE", nil},
	}
	for _, test := range tests {
		handler.hops, handler.status, other.hops = nil, test.status, nil
		err := ask(t, server.Client(), test.method, server.URL+"/1")
		if test.want == nil != (err != nil && strings.Contains(err.Error(), "to another origin, "+away.URL)) {
			t.Errorf("%d %s: %v", test.status, test.method, err)
		}
		if diff := cmp.Diff(test.want, other.hops); diff != "" {
			t.Errorf("%d %s: %s", test.status, test.method, diff)
		}
	}
}

// What was dropped is not sent to the first origin either when another one
// redirects back to it.
func TestRedirectsThereAndBack(t *testing.T) {
	home, other := &redirecting{status: 302}, &redirecting{status: 302}
	server, away := httptest.NewServer(home), httptest.NewServer(other)
	defer server.Close()
	defer away.Close()
	home.answers = []http.Header{{"Location": {"/2"}}, {"Location": {away.URL + "/away"}}}
	other.answers = []http.Header{{"Location": {server.URL + "/back"}}}
	if err := ask(t, server.Client(), "GET", server.URL+"/1"); err != nil {
		t.Fatal(err)
	}
	want := []hopSeen{{"GET", "/1", "k", "text/plain", ""}, {"GET", "/2", "k", "", ""}, {"GET", "/back", "", "", ""}}
	if diff := cmp.Diff(want, home.hops); diff != "" {
		t.Error(diff)
	}
}

// A jar's cookies are those for each request, without those for the previous
// one.
func TestRedirectsWithAJar(t *testing.T) {
	var cookies []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookies = append(cookies, r.Header.Get("Cookie"))
		if len(cookies) < 3 {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: strconv.Itoa(len(cookies))})
			w.Header().Set("Location", "/next")
			w.WriteHeader(http.StatusFound)
		}
	}))
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &Request{Method: "GET", URL: server.URL + "/", Header: http.Header{"Cookie": {"own=1"}}}
	if _, err := Do(t.Context(), &http.Client{Jar: jar}, r, Limits{Redirects: true}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"own=1", "own=1; sid=1", "own=1; sid=2"}, cookies); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(http.Header{"Cookie": {"own=1"}}, r.Header); diff != "" {
		t.Errorf("the request was changed: %s", diff)
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
	} {
		handler := &redirecting{answers: []http.Header{{"Location": {location}}}, status: 302}
		server := httptest.NewTLSServer(handler)
		err := ask(t, server.Client(), "GET", server.URL)
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
	if err := ask(t, secure.Client(), "GET", server.URL); err != nil {
		t.Fatal(err)
	}
	up.answers, up.status = []http.Header{{}, {"Location": {server.URL + "/down"}}}, 301
	if err := ask(t, secure.Client(), "GET", secure.URL); err == nil || !strings.Contains(err.Error(), "from https to http") {
		t.Errorf("down again: %v", err)
	}
}

// A 3xx without a valid target is a response like any other, whether redirects
// are followed or not.
func TestRedirectToNowhere(t *testing.T) {
	for _, location := range []string{"", "/files/100%.pdf", "http://%zz", "http://[::1", "http:///x", "http://h:x/"} {
		for _, follow := range []bool{true, false} {
			handler := &redirecting{answers: []http.Header{{"Location": {location}}}, status: 302}
			server := httptest.NewServer(handler)
			resp, err := Do(t.Context(), server.Client(), &Request{Method: "GET", URL: server.URL}, Limits{Body: 1, Redirects: follow})
			server.Close()
			if err != nil || resp.Status != 302 || resp.Header.Get("Location") != location || len(handler.hops) != 1 {
				t.Errorf("%q: %+v, %v, %v", location, resp, err, handler.hops)
			}
		}
	}
}
