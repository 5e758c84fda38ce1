package servers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/auth"
	"github.com/gobelin-dev/gobelin/runtime"
	"go.yaml.in/yaml/v3"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil))) // the servers log each request
	os.Exit(m.Run())
}

// description declares GET of a path, with a security scheme s.
func description(path, scheme string) string {
	return `openapi: 3.2.0
info: {title: t, version: "1"}
servers: [{url: "http://nowhere.invalid"}]
components: {securitySchemes: {s: ` + scheme + `}}
paths:
  ` + path + `: {get: {operationId: get, security: [{s: []}], responses: {"200": {description: ok}}}}
`
}

// workflow has one step, which is executed until it succeeds.
const workflow = `arazzo: 1.0.1
info: {title: t, version: "1"}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: w
  steps: [{stepId: a, operationId: get, outputs: {body: $response.body}}]
  outputs: {body: $steps.a.outputs.body}
`

func compile(t testing.TB, document string, sources map[string]string) *runtime.Program {
	t.Helper()
	doc, err := arazzo.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(_ context.Context, name string) ([]byte, error) {
		return []byte(sources[path.Base(name)]), nil
	})}
	p, err := c.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// schemes reads schemes as a credentials file has them.
func schemes(t testing.TB, texts map[string]string) map[string]auth.Scheme {
	t.Helper()
	all := map[string]auth.Scheme{}
	for name, text := range texts {
		var err error
		if all[name], err = auth.Parse(text); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return all
}

// told is all that a run says of itself.
type told struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *told) event(e runtime.Event) {
	text, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	o.add(string(text))
}

func (o *told) step(s auth.Step) { o.add(fmt.Sprintf("%+v", s)) }

func (o *told) add(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.WriteString(text + "\n")
}

// has reports which of some secrets were told.
func (o *told) has(secrets ...string) (found []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range secrets {
		if s != "" && strings.Contains(o.text.String(), s) {
			found = append(found, s)
		}
	}
	return found
}

// clock is a time that only waits let pass.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

// newClock returns a clock behind that of the servers, which goes on by itself: what is signed
// after a wait is not signed in their future.
func newClock() *clock { return &clock{now: time.Now().Add(-30 * time.Second)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return context.Cause(ctx)
}

// A testCase is a case of a file in testdata.
type testCase struct {
	Title, Tokens, Again, Server, Error string
	Scheme, Description, More           map[string]any
}

func (c *testCase) scheme(t testing.TB) string { return inYAML(t, c.Scheme) }

// cases reads a file of testdata with some texts replaced.
func cases(t testing.TB, name string, replaced ...string) (list []testCase) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err == nil {
		err = yaml.Unmarshal([]byte(strings.NewReplacer(replaced...).Replace(string(text))), &list)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// inYAML returns an object as JSON, which is YAML.
func inYAML(t testing.TB, v map[string]any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
