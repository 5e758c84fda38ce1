package runtime_test

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
	gocmp "github.com/google/go-cmp/cmp"
)

// socket answers each connection's one request and keeps its target as it came
// over the wire. The request for the path /redirect is answered with location.
type socket struct {
	listener net.Listener
	targets  chan string
	location string
}

func listen(t *testing.T) *socket {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &socket{listener: listener, targets: make(chan string, 16)}
	t.Cleanup(func() { listener.Close() })
	go s.serve()
	return s
}

func (s *socket) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.answer(conn)
		conn.Close()
	}
}

func (s *socket) answer(conn net.Conn) {
	lines := bufio.NewScanner(conn)
	lines.Scan()
	request := lines.Text()
	for lines.Scan() && lines.Text() != "" {
	}
	target := strings.TrimSuffix(strings.TrimPrefix(request, "GET "), " HTTP/1.1")
	if target == "/redirect" {
		fmt.Fprintf(conn, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", s.location)
		return
	}
	s.targets <- target
	fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

// wirePart is a part of a URL that text may come into.
type wirePart struct {
	name     string
	server   string // of the description; {base} is the socket's URL
	path     string
	override string // Settings.Servers
	variable string // of the server
	in       string // of the argument; empty: path
	argument string
	redirect string // Location
	prefix   string // of the target, before the text
	suffix   string
	special  string // characters that mean something there
	refused  string // characters with which nothing is sent, or a redirect not followed
}

// In each part TEXT is what is tried. All but argument and query have %2F beside
// it: net/url writes the path anew when it has a character that it does not like.
var wireParts = []wirePart{
	{name: "template", path: "/TEXT/%2F/{id}", argument: "a/b", prefix: "/", suffix: "/%2F/a%2Fb", special: "%/?", refused: "#{"},
	{name: "query of the template", path: "/a?q=TEXT&id={id}", argument: "a/b",
		prefix: "/a?q=", suffix: "&id=a%2Fb", special: "%", refused: "#"},
	{name: "server", server: "{base}/TEXT/%2F", path: "/{id}", argument: "a/b",
		prefix: "/", suffix: "/%2F/a%2Fb", special: "%/", refused: "#?{"},
	{name: "override", override: "{base}/TEXT/%2F", path: "/{id}", argument: "a/b",
		prefix: "/", suffix: "/%2F/a%2Fb", special: "%/", refused: "#?"},
	{name: "variable", server: "{base}/{v}/%2F", variable: "TEXT", path: "/{id}", argument: "a/b",
		prefix: "/", suffix: "/%2F/a%2Fb", special: "%/", refused: "#?"},
	{name: "argument", path: "/ä/{id}/b", argument: "TEXT", prefix: "/%C3%A4/", suffix: "/b"},
	{name: "query of the template's argument", path: "/a?b=1&id={id}", argument: "TEXT", prefix: "/a?b=1&id="},
	{name: "query", path: "/ä", in: "query", argument: "TEXT", prefix: "/%C3%A4?id="},
	{name: "redirect", path: "/{id}", argument: "redirect", redirect: "/TEXT/%2F",
		prefix: "/", suffix: "/%2F", special: "/#?", refused: "%"},
}

// What a raw socket sees is what the events tell, and reads as what was meant,
// for every character that is not a letter or digit in every part of a URL.
func TestWhatIsToldIsSent(t *testing.T) {
	s := listen(t)
	chars := []string{"é", "世", "\u2028", "😀"}
	for c := byte(0x20); c < 0x7f; c++ {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') {
			chars = append(chars, string(c))
		}
	}
	for i := range wireParts {
		for _, c := range chars {
			t.Run(wireParts[i].name+" "+c, func(t *testing.T) { wireParts[i].try(t, s, c) })
		}
	}
}

func (p *wirePart) try(t *testing.T, s *socket, char string) {
	text := "x" + char + "y"
	base := "http://" + s.listener.Addr().String()
	fill := strings.NewReplacer("TEXT", text, "{base}", base).Replace
	told, err := p.run(t, s, fill)
	if strings.Contains(p.refused, char) {
		if len(s.targets) > 0 || err == nil && told != base+"/redirect" {
			t.Errorf("%s was sent", told)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	target := <-s.targets
	if base+target != told {
		t.Errorf("the socket saw %s, told was %s", target, told)
	}
	for _, r := range target {
		if r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r) {
			t.Errorf("%q is in the target %s", r, target)
		}
	}
	if strings.Contains(p.special, char) {
		return
	}
	middle, ok := strings.CutPrefix(target, p.prefix)
	middle, isWhole := strings.CutSuffix(middle, p.suffix)
	if got, err := url.PathUnescape(middle); !ok || !isWhole || err != nil || got != text {
		t.Errorf("%s of %s is %q (%v), want %q", middle, target, got, err, text)
	}
}

// run sends one request and returns the URL that the run has reported for it.
func (p *wirePart) run(t *testing.T, s *socket, fill func(string) string) (string, error) {
	t.Helper()
	doc, err := arazzo.Parse(fmt.Appendf(nil, `
arazzo: 1.0.1
info: {title: Wire, version: "1"}
sourceDescriptions: [{name: d, url: d.yaml}]
workflows:
- workflowId: w
  inputs: {type: object}
  steps: [{stepId: s, operationId: get, parameters: [{name: id, in: %s, value: $inputs.id}], outputs: {url: $url}}]
  outputs: {url: $steps.s.outputs.url}
`, cmp.Or(p.in, "path")))
	if err != nil {
		t.Fatal(err)
	}
	description := fmt.Sprintf(`{"openapi": "3.1.0", "info": {"title": "D", "version": "1"},
"servers": [{"url": %q, "variables": {"v": {"default": "v"}}}],
"paths": {%q: {"get": {"operationId": "get", "responses": {"200": {"description": "ok"}}}}}}`,
		fill(cmp.Or(p.server, "{base}")), fill(p.path))
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(description), nil })}
	program, err := c.Compile(t.Context(), doc)
	if err != nil {
		return "", err
	}
	s.location = fill(p.redirect)
	var sent string
	d := runtime.Driver{Client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, OnEvent: func(e runtime.Event) {
		if e, ok := e.(*runtime.RequestSent); ok {
			sent = e.URL
		}
	}}
	if p.override != "" {
		d.Servers = map[string]string{"d": fill(p.override)}
	}
	if p.variable != "" {
		d.ServerVariables = map[string]string{"v": fill(p.variable)}
	}
	result, err := d.Run(t.Context(), program, "w", runtime.Inputs{"id": fill(p.argument)})
	if err != nil {
		return sent, err
	}
	answered, _ := result.Outputs["url"].(string)
	if p.redirect == "" && answered != sent {
		t.Errorf("told was %s, $url is %s", sent, answered)
	}
	return answered, nil
}

// The URLs of sources and of what they refer to are sent as they are written,
// escaped where a URL has to be.
func TestWhatIsFetched(t *testing.T) {
	var targets []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		targets = append(targets, r.RequestURI)
		switch len(targets) {
		case 1: // of the document
			fmt.Fprint(w, `{"arazzo": "1.0.1", "info": {"title": "T", "version": "1"},
"sourceDescriptions": [{"name": "d", "url": "a|b/..%2Fd.yaml?v=ä b"}],
"workflows": [{"workflowId": "w", "steps": [{"stepId": "s", "operationId": "get"}]}]}`)
		case 2: // of the description
			fmt.Fprint(w, `{"openapi": "3.1.0", "info": {"title": "D", "version": "1"}, "servers": [{"url": "é/..%2Fv1"}],
"paths": {"/x": {"$ref": "ü/..%2Fp.yaml#/x"}}}`)
		case 3: // of the path item
			fmt.Fprint(w, `{"x": {"get": {"operationId": "get", "responses": {"200": {"description": "ok"}}}}}`)
		}
	}))
	defer server.Close()
	doc, err := arazzo.Parse(fmt.Appendf(nil, `
arazzo: 1.0.1
info: {title: Wire, version: "1"}
sourceDescriptions: [{name: other, url: "%s/käse/..%%2Fdoc.yaml", type: arazzo}]
workflows: [{workflowId: w, steps: [{stepId: s, workflowId: $sourceDescriptions.other.w}]}]
`, server.URL))
	if err != nil {
		t.Fatal(err)
	}
	c := runtime.Compiler{Loader: runtime.FilesAndHTTP(server.Client())}
	program, err := c.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := program.Run(t.Context(), "w", nil); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"/k%C3%A4se/..%2Fdoc.yaml",
		"/k%C3%A4se/a%7Cb/..%2Fd.yaml?v=%C3%A4%20b",
		"/k%C3%A4se/a%7Cb/%C3%BC/..%2Fp.yaml",
		"/k%C3%A4se/a%7Cb/%C3%A9/..%2Fv1/x",
	}
	if diff := gocmp.Diff(want, targets); diff != "" {
		t.Error(diff)
	}
}
