package explain_test

import (
	"bytes"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/explain"
	"github.com/gobelin-dev/gobelin/runtime"
)

var curls = []struct {
	name string
	e    runtime.RequestSent
	want string
}{
	{"plain", runtime.RequestSent{Method: "GET", URL: "http://a.example/x"}, "curl http://a.example/x"},
	{"query", runtime.RequestSent{Method: "GET", URL: "http://a.example/x?a=1&b=it's"}, `curl 'http://a.example/x?a=1&b=it'\''s'`},
	{"secrets", runtime.RequestSent{Method: "POST", URL: "http://a.example/x?api_key=***&b=%2A%2A%2A",
		Body:   []byte(`{"user":"u","password":"***"}`),
		Header: http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer ***"}, "X-Key": {"***"}}},
		`curl -X POST -H 'Authorization: Bearer '"$AUTHORIZATION" -H 'Content-Type: application/json' -H 'X-Key: '"$X_KEY"` +
			` --data-raw '{"user":"u","password":"'"$PASSWORD"'"}' 'http://a.example/x?api_key='"$API_KEY"'&b='"$B"`},
	{"globs, dots, an empty header, no type", runtime.RequestSent{Method: "PUT", URL: "http://a.example/../[x]", Body: []byte("@a"),
		Header: http.Header{"X-Empty": {""}}},
		`curl -X PUT --globoff --path-as-is -H 'X-Empty;' -H 'Content-Type:' --data-raw @a 'http://a.example/../[x]'`},
	{"what curl does itself", runtime.RequestSent{Method: "GET", URL: "http://a.example",
		Header: http.Header{"Accept": {"*/*"}, "Accept-Encoding": {"gzip"}}}, "curl --compressed http://a.example"},
	{"HEAD", runtime.RequestSent{Method: "HEAD", URL: "http://a.example"}, "curl --head http://a.example"},
	{"lines", runtime.RequestSent{Method: "POST", URL: "http://a.example", Body: []byte("it's 5%\\\n\x00\xff***"),
		Header: http.Header{"Content-Type": {"x/y"}}},
		`printf 'it'\''s 5%%\\\n\000\377%s' "$SECRET" | curl -X POST -H 'Content-Type: x/y' --data-binary @- http://a.example`},
	{"large", runtime.RequestSent{Method: "POST", URL: "http://a.example", Body: bytes.Repeat([]byte("a"), 70_000),
		Header: http.Header{"Content-Type": {"x/y"}}},
		"curl -X POST -H 'Content-Type: x/y' --data-binary @FILE http://a.example # FILE has the 70000 bytes of the body"},
}

func TestCurl(t *testing.T) {
	for _, c := range curls {
		if got := explain.Curl(&c.e); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// TestCurlInAShell lets a shell take the lines apart: the words and the input that
// curl would get are those of the request.
func TestCurlInAShell(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no shell")
	}
	const curl = `curl() { for a; do printf '%s\n' "$a"; done; case "$*" in *@-*) cat;; esac; }; ` +
		`API_KEY='k $1' PASSWORD=p AUTHORIZATION=t X_KEY=x B=b SECRET=s; `
	for _, c := range curls {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", curl+explain.Curl(&c.e)).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v %s", c.name, err, out)
			continue
		}
		got := string(out)
		real := strings.NewReplacer("api_key=***", "api_key=k $1", "%2A%2A%2A", "b", "Bearer ***", "Bearer t", `"***"`, `"p"`, "***", "s")
		words := []string{real.Replace(c.e.URL)}
		if len(c.e.Body) > 0 && len(c.e.Body) < 1000 {
			words = append(words, real.Replace(string(c.e.Body)))
		}
		for _, want := range words {
			if !strings.Contains(got, want) {
				t.Errorf("%s: the shell has %q, without %q", c.name, got, want)
			}
		}
	}
}
