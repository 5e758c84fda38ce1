package mock_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/mock"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/simulate"
	"golang.org/x/tools/txtar"
)

// TestExchanges serves the descriptions of each testdata/*.txtar, and holds the answers to the
// requests of exchanges.yaml, one after the other, against what is wanted there:
//
//	send: GET /pets/{id}       with what save has kept
//	headers, body              of the request; body is JSON, unless it is text
//	wait: 1s                   before it
//	status: 200
//	at: {/name: Rex}           values of the body, by JSON Pointers; ~text~ is a regular expression
//	absent: [/tag]             what the body does not have
//	header: {Allow: ~GET~}     of the answer; "" is one that is not there
//	save: {id: /id}            keeps a value of the body
//
// server.yaml has the settings.
func TestExchanges(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no test data: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(path.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string][]byte{}
			clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			s := &mock.Server{Now: func() time.Time { return clock }}
			var exchanges *tree.Node
			for _, f := range archive.Files {
				files[f.Name] = f.Data
				switch f.Name {
				case "exchanges.yaml":
					if exchanges, err = tree.Parse(f.Data); err != nil {
						t.Fatal(err)
					}
				case "server.yaml":
					configure(t, s, f.Data)
				}
			}
			loader := runtime.LoaderFunc(func(_ context.Context, at string) ([]byte, error) {
				if data, has := files[path.Base(at)]; has {
					return data, nil
				}
				return nil, fs.ErrNotExist
			})
			for _, f := range archive.Files {
				switch {
				case f.Name == "document.yaml":
					err = s.AddProgram(t.Context(), compile(t, loader, f.Data))
				case strings.HasSuffix(f.Name, ".openapi.yaml"):
					err = s.Add(t.Context(), strings.TrimSuffix(f.Name, ".openapi.yaml"), f.Name, loader)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			saved := map[string]string{}
			for _, e := range exchanges.Items {
				if d, err := time.ParseDuration(e.Get("wait").Str()); err == nil {
					clock = clock.Add(d)
				}
				exchange(t, s, e, saved)
			}
		})
	}
}

func compile(t *testing.T, loader runtime.Loader, data []byte) *runtime.Program {
	t.Helper()
	doc, err := arazzo.ParseFile("document.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	c := runtime.Compiler{Loader: loader, Files: simulate.Files()}
	p, err := c.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func configure(t *testing.T, s *mock.Server, data []byte) {
	t.Helper()
	settings, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	s.StrictState = settings.Get("strictState").True()
	s.AnyCredential = settings.Get("anyCredential").True()
	s.AnyRequest = settings.Get("anyRequest").True()
	s.Admin = settings.Get("admin").Str()
	if seed, ok := settings.Get("seed").Value().(int64); ok {
		s.Seed = uint64(seed)
	}
	if most, ok := settings.Get("maxBody").Value().(int64); ok {
		s.MaxBody = most
	}
	if list := settings.Get("chaos"); list != nil {
		for _, item := range list.Items {
			c, err := mock.ParseChaos(item.Str())
			if err != nil {
				t.Fatal(err)
			}
			s.Chaos = append(s.Chaos, c)
		}
	}
}

// exchange sends a request, and compares the answer.
func exchange(t *testing.T, s *mock.Server, e *tree.Node, saved map[string]string) {
	t.Helper()
	var pairs []string
	for name, text := range saved {
		pairs = append(pairs, "{"+name+"}", text)
	}
	fill := strings.NewReplacer(pairs...)
	method, target, _ := strings.Cut(fill.Replace(e.Get("send").Str()), " ")
	var body []byte
	contentType := ""
	if n := e.Get("body"); n != nil {
		if contentType = "application/json"; n.Kind == tree.String {
			body = []byte(n.Text)
		} else {
			body = []byte(fill.Replace(string(value.AppendJSON(nil, n.Value()))))
		}
	}
	r := httptest.NewRequest(method, target, strings.NewReader(string(body)))
	r.Header.Set("Content-Type", contentType)
	if contentType == "" {
		r.Header.Del("Content-Type")
	}
	if headers := e.Get("headers"); headers != nil {
		for _, m := range headers.Members {
			r.Header.Set(m.Name, m.Value.Text)
		}
	}
	w := httptest.NewRecorder()
	dropped := serve(s, w, r)
	failed := func(format string, args ...any) {
		t.Helper()
		t.Errorf("line %d, %s %s: "+format+"\n%d %v %s", append(append([]any{e.Line, method, target}, args...), w.Code, w.Header(), w.Body)...)
	}
	if dropped != e.Get("dropped").True() {
		failed("dropped: %t", dropped)
	}
	if want := e.Get("status"); want != nil && want.Text != value.Text(int64(w.Code)) {
		failed("the status is not %s", want.Text)
	}
	answered, _ := value.Decode(w.Body.Bytes())
	find := func(pointer string) (any, bool) {
		tokens, err := value.SplitPointer(pointer)
		if err != nil {
			t.Fatal(err)
		}
		return value.Find(answered, tokens)
	}
	fits := func(got any, want *tree.Node) bool {
		text := fill.Replace(want.Text)
		if pattern, ok := strings.CutPrefix(text, "~"); ok && want.Kind == tree.String {
			return regexp.MustCompile(strings.TrimSuffix(pattern, "~")).MatchString(value.Text(got))
		}
		if want.Kind == tree.String {
			return got == text
		}
		return value.Equal(got, want.Value())
	}
	if at := e.Get("at"); at != nil {
		for _, m := range at.Members {
			if got, has := find(m.Name); !has || !fits(got, m.Value) {
				failed("%s is %v, not %s", m.Name, got, m.Value.Text)
			}
		}
	}
	if list := e.Get("absent"); list != nil {
		for _, item := range list.Items {
			if got, has := find(item.Str()); has {
				failed("%s is %v", item.Str(), got)
			}
		}
	}
	if text := e.Get("text"); text != nil && !fits(w.Body.String(), text) {
		failed("the body is not %s", text.Text)
	}
	if header := e.Get("header"); header != nil {
		for _, m := range header.Members {
			if got := strings.Join(w.Header().Values(m.Name), ", "); !fits(got, m.Value) {
				failed("the header %s is %q, not %s", m.Name, got, m.Value.Text)
			}
		}
	}
	if keep := e.Get("save"); keep != nil {
		for _, m := range keep.Members {
			v, has := find(m.Value.Str())
			if !has {
				failed("%s is not there", m.Value.Str())
			}
			saved[m.Name] = value.Text(v)
		}
	}
}

// serve answers a request, unless the connection is dropped.
func serve(s *mock.Server, w http.ResponseWriter, r *http.Request) (dropped bool) {
	defer func() {
		if reason, is := recover().(error); is {
			dropped = errors.Is(reason, http.ErrAbortHandler)
			if !dropped {
				panic(reason)
			}
		}
	}()
	s.ServeHTTP(w, r)
	return false
}

func TestParseChaos(t *testing.T) {
	for text, want := range map[string]string{
		"p=2,status=503": "p=2: must be from 0 to 1", "status=99": "status=99: must be from 200 to 599", "p=0.5": "nothing goes wrong",
		"latency=2s..1s": "must be from 0 to 1h0m0s", "x=1": "x=1: there is p, status", "latency=forever": "time: invalid duration",
		"p=NaN,drop": "must be from 0 to 1",
	} {
		if _, err := mock.ParseChaos(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %s", text, err, want)
		}
	}
}

func TestNames(t *testing.T) {
	description := []byte("openapi: 3.0.0\ninfo: {title: t, version: '1'}\nservers: [{url: /v1}]\n" +
		"paths: {/a: {get: {responses: {'200': {description: ok}}}}}\n")
	loader := runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return description, nil })
	var s mock.Server
	if err := s.Add(t.Context(), "one", "one.yaml", loader); err != nil || s.BasePath("one") != "/v1" {
		t.Fatalf("%v, %s", err, s.BasePath("one"))
	}
	if err := s.Add(t.Context(), "one", "two.yaml", loader); err == nil || !strings.Contains(err.Error(), `the name "one"`) {
		t.Errorf("%v", err)
	}
	err := s.Add(t.Context(), "two", "two.yaml", loader)
	if err != nil || s.BasePath("one") != "/one" || !slices.Equal(s.Sources(), []string{"one", "two"}) {
		t.Errorf("%v, %s, %s", err, s.BasePath("one"), s.Sources())
	}
}
