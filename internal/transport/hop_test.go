package transport

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// A plain URL is parsed as net/url does, and is written unchanged.
func TestPlainURLs(t *testing.T) {
	texts := map[string]bool{
		"http://h/":                           true,
		"https://a.b-c_d~e:8080/x/y.z;v=1":    true,
		"http://127.0.0.1:1/lists/a?limit=1":  true,
		"http://H/a:b@c,d+e&f=g$":             true,
		"http://h/?q=%20&a[]=/?:@!$'()*+,;=.": true,
		"http://h//a//b/../.":                 true,
		"http://h/a?":                         false, // URL.ForceQuery
		"http://h/a?b#c":                      false,
		"http://h/a#":                         false,
		"http://h":                            false,
		"http://h?a":                          false,
		"http:///a":                           false,
		"http://:1/a":                         false,
		"http://h:/a":                         false,
		"http://h:x/a":                        false,
		"http://h:1:2/a":                      false,
		"http://[::1]/a":                      false,
		"http://h%41/a":                       false,
		"http://u:p@h/a":                      false,
		"http://ä/a":                          false,
		"http://h/%2F":                        false,
		"http://h/a b":                        false,
		"http://h/(a)":                        false, // URL.RawPath
		"http://h/ä":                          false,
		"http://h/a?ä":                        false,
		"http://h/a?\n":                       false,
		"HTTP://h/a":                          false,
		"ftp://h/a":                           false,
		"/a":                                  false,
		"":                                    false,
	}
	for text, want := range texts {
		if got := readAsPlain(t, text); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
	for c := range 256 {
		char := string([]byte{byte(c)})
		for _, text := range []string{"http://h" + char + "/a", "http://h:1" + char + "/a", "http://h/a" + char + "b",
			"http://h/a?b" + char} {
			readAsPlain(t, text)
		}
	}
}

// readAsPlain reports whether a URL is plain, and compares it with the result
// of net/url.
func readAsPlain(t *testing.T, text string) bool {
	t.Helper()
	u, ok := plain(text)
	if !ok {
		return false
	}
	if parsed, err := url.Parse(text); err != nil || *parsed != u || parsed.String() != text {
		t.Errorf("%q is %+v; net/url has %+v, %v", text, u, parsed, err)
	}
	return true
}

func FuzzPlainURL(f *testing.F) {
	f.Add("http://h:1/a/b?c=d")
	f.Fuzz(func(t *testing.T, text string) {
		readAsPlain(t, text)
	})
}

// What http.Client does for a request is done here, too.
func TestWhatAClientAdds(t *testing.T) {
	var authorization string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authorization = r.Header.Get("Authorization")
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
		}
	}))
	defer server.Close()
	withUser := strings.Replace(server.URL, "http://", "http://user:pass@", 1)
	_, err := Do(t.Context(), nil, &Request{Method: "GET", URL: withUser + "/"}, Limits{})
	if err != nil || authorization != "Basic dXNlcjpwYXNz" {
		t.Errorf("Authorization: %q, %v", authorization, err)
	}
	client := &http.Client{Timeout: time.Millisecond}
	_, err = Do(t.Context(), client, &Request{Method: "GET", URL: server.URL + "/slow"}, Limits{})
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("the client's timeout: %v", err)
	}
}

// The errors are those of http.Client.
func TestErrorsOfAClient(t *testing.T) {
	plainHTTP := httptest.NewServer(http.NotFoundHandler())
	defer plainHTTP.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for _, target := range []string{
		strings.Replace(plainHTTP.URL, "http:", "https:", 1) + "/a",
		closed.URL + "/a?b=c",
		closed.URL + "/a%2Fb",
		strings.Replace(closed.URL, "http://", "http://user:pass@", 1) + "/a",
		"http://h:x/",
	} {
		for _, method := range []string{"GET", "PATCH"} {
			var want error
			if req, err := http.NewRequest(method, target, nil); err != nil {
				want = err
			} else {
				_, want = http.DefaultClient.Do(req)
			}
			_, err := Do(t.Context(), nil, &Request{Method: method, URL: target}, Limits{})
			if want == nil || err == nil || err.Error() != want.Error() {
				t.Errorf("%s %s: %v, want %v", method, target, err, want)
			}
			var got *url.Error
			if !errors.As(err, &got) {
				t.Errorf("%s %s: %T", method, target, err)
			}
		}
	}
}

// A RoundTripper that modifies its request does not affect the original.
func TestRoundTripperThatChangesItsRequest(t *testing.T) {
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		r.Header.Set("A", "2")
		r.Header.Set("B", "2")
		r.URL.Path = "/other"
		return &http.Response{StatusCode: 200, Body: http.NoBody, Request: r}, nil
	})}
	r := &Request{Method: "GET", URL: "http://h/a", Header: http.Header{"A": {"1"}}}
	resp, err := Do(t.Context(), client, r, Limits{})
	if err != nil || resp.URL != "http://h/other" || !maps.EqualFunc(r.Header, http.Header{"A": {"1"}}, slices.Equal) {
		t.Errorf("%+v, %v; the request is %+v", resp, err, r)
	}
}

// The caller's trace sees each of its requests, and no others.
func TestTraceOfTheCaller(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	told := 0
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { told++ }})
	for range 3 {
		if _, err := Do(ctx, server.Client(), &Request{Method: "GET", URL: server.URL + "/"}, Limits{Body: 100}); err != nil {
			t.Fatal(err)
		}
		if _, err := Do(t.Context(), server.Client(), &Request{Method: "GET", URL: server.URL + "/"}, Limits{Body: 100}); err != nil {
			t.Fatal(err)
		}
	}
	if told != 3 {
		t.Errorf("%d connections reported, want 3", told)
	}
}

// An exchange allocates less than one through http.Client whose body is
// discarded.
func TestCostOfAnExchange(t *testing.T) {
	body := bytes.Repeat([]byte("x"), 400)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
	defer server.Close()
	client, header := server.Client(), http.Header{"Accept": {"application/json"}}
	patience := NewPatience(t.Context(), time.Minute)
	defer patience.End()
	ours := testing.AllocsPerRun(200, func() {
		r := Request{Method: "GET", URL: server.URL + "/a?b=c", Header: header}
		limits := Limits{Body: 1 << 20, Redirects: true, Patience: patience}
		if resp, err := Do(t.Context(), client, &r, limits); err != nil || len(resp.Body) != len(body) {
			t.Fatal(len(resp.Body), err)
		}
	})
	bare := testing.AllocsPerRun(200, func() {
		req, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/a?b=c", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header["Accept"] = header["Accept"]
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	})
	t.Logf("%.1f allocations, %.1f through http.Client", ours, bare)
	if ours > bare-3 {
		t.Errorf("%.1f allocations, %.1f through http.Client", ours, bare)
	}
}
