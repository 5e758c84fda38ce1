package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

// served holds documents by location; a Loader.
type served map[string]string

func (t served) Load(_ context.Context, location string) ([]byte, error) {
	text, ok := t[filepath.ToSlash(location)]
	if !ok {
		return nil, fmt.Errorf("%s: %w", location, fs.ErrNotExist)
	}
	return []byte(text), nil
}

// write writes the texts below a folder.
func (t served) write(test *testing.T, folder string) {
	test.Helper()
	for name, text := range t {
		name = filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			test.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			test.Fatal(err)
		}
	}
}

// described is a description whose operation get has the parameter at ref.
func described(ref string) string {
	return "openapi: 3.0.3\ninfo: {title: A, version: '1'}\nservers: [{url: 'http://h'}]\n" +
		"paths: {/a: {get: {operationId: get, parameters: [{$ref: '" + ref + "'}], responses: {'200': {description: ok}}}}}\n"
}

const (
	parameter = "p: {name: q, in: query, schema: {type: string}}\n"
	flowHead  = "arazzo: 1.0.1\ninfo: {title: A, version: '1'}\n"
	flow      = flowHead + "sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]\n" +
		"workflows: [{workflowId: w, steps: [{stepId: s, operationId: get, parameters: [{name: q, in: query, value: v}]}]}]\n"
)

func parse(t *testing.T, location, text string) *arazzo.Document {
	t.Helper()
	doc, err := arazzo.ParseFile(location, []byte(text))
	if doc == nil {
		t.Fatal(err)
	}
	return doc
}

// References of descriptions lead where references of documents lead.
func TestExternalReferences(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root)
	for _, row := range []struct{ folder, at, ref, file string }{
		{"docs", "docs", "t.yaml", "docs/t.yaml"},
		{"docs/sub", "docs/sub", "../t.yaml", "docs/t.yaml"},
		{"docs", "docs", "ex%20t.yaml", "docs/ex t.yaml"},
		{"docs", "../" + filepath.Base(root) + "/docs", "ex%20t.yaml", "docs/ex t.yaml"},
		{"50%off", "50%off", "t.yaml", "50%off/t.yaml"},
		{"a%20b", "a%20b", "t.yaml", "a%20b/t.yaml"},
		{"a b", "a b", "../t.yaml", "t.yaml"},
		{"docs", filepath.Join(root, "docs"), "ex%20t.yaml", "docs/ex t.yaml"},
		{"docs", "docs", "file://" + filepath.ToSlash(root) + "/other/ex%20t.yaml", "other/ex t.yaml"},
		{"docs", "docs", filepath.ToSlash(root) + "/other/t.yaml", "other/t.yaml"},
	} {
		served{row.folder + "/w.yaml": flow, row.folder + "/api.yaml": described(row.ref + "#/p"), row.file: parameter}.write(t, root)
		doc, err := arazzo.ReadFile(row.at + "/w.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := runtime.Compile(t.Context(), doc); err != nil {
			t.Errorf("$ref %s in %s: %v", row.ref, row.at, err)
		}
		if err := os.Remove(row.file); err != nil {
			t.Fatal(err)
		}
	}
}

// However the entry document is spelled, a source that leads back to it is it.
func TestEntryDocumentOnce(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root)
	served{
		"docs/w.yaml": flowHead + "x: 1\nsourceDescriptions: [{name: called, url: called.yaml, type: arazzo}]\nworkflows:\n" +
			"- {workflowId: w, steps: [{stepId: s, workflowId: $sourceDescriptions.called.c}]}\n" +
			"- {workflowId: leaf, steps: [{stepId: s, workflowId: w}]}\n",
		"docs/called.yaml": flowHead + "sourceDescriptions:\n- {name: back, url: ../docs/w.yaml, type: arazzo}\n" +
			"- {name: absolute, url: 'file://" + filepath.ToSlash(root) + "/docs/w.yaml', type: arazzo}\nworkflows:\n- workflowId: c\n  steps:\n" +
			"  - {stepId: s, workflowId: $sourceDescriptions.back.leaf}\n  - {stepId: t, workflowId: $sourceDescriptions.absolute.leaf}\n",
	}.write(t, root)
	for _, name := range []string{"docs/w.yaml", "./docs/w.yaml", "docs/../docs/w.yaml", filepath.Join(root, "docs/w.yaml")} {
		doc, err := arazzo.ReadFile(name)
		if doc == nil {
			t.Fatal(err)
		}
		program, _ := runtime.Compile(t.Context(), doc)
		unknown := 0
		for _, d := range program.Diagnostics() {
			if d.Code == "unknown-field" {
				unknown++
			} else {
				t.Error(d)
			}
		}
		if unknown != 1 {
			t.Errorf("%s: its diagnostic was found %d times", name, unknown)
		}
	}
}

// A snapshot belongs to a program with the same texts and options.
func TestSnapshotOfAnotherProgram(t *testing.T) {
	const other = "p: {name: q, in: query, schema: {type: integer}}\n"
	two := flowHead + "sourceDescriptions: [{name: a, url: a.yaml}, {name: b, url: b.yaml}, {name: c, url: a.yaml}]\nworkflows:\n" +
		"- {workflowId: w, steps: [{stepId: s, operationId: $sourceDescriptions.a.get, parameters: [{name: q, in: query, value: v}]}]}\n"
	files := func() served {
		return served{"a.yaml": described("x.yaml#/p"), "b.yaml": described("y.yaml#/p"),
			"x.yaml": "p: {$ref: 'deep.yaml#/p'}\n", "deep.yaml": parameter, "y.yaml": other}
	}
	compile := func(t *testing.T, c runtime.Compiler, text string) *runtime.Program {
		t.Helper()
		program, err := c.Compile(t.Context(), parse(t, "w.yaml", text))
		if err != nil {
			t.Fatal(err)
		}
		return program
	}
	execution, err := compile(t, runtime.Compiler{Loader: files()}, two).Begin("w", nil, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := execution.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	remap := func(pairs ...string) func(*runtime.Compiler, served) bool {
		return func(c *runtime.Compiler, _ served) bool {
			c.Sources = map[string]string{}
			for pair := range slices.Chunk(pairs, 2) {
				c.Sources[pair[0]] = pair[1]
			}
			return false
		}
	}
	for name, change := range map[string]func(c *runtime.Compiler, files served) bool{
		"nothing": func(*runtime.Compiler, served) bool { return true },
		"a cache that has read more": func(c *runtime.Compiler, files served) bool {
			c.Cache = &runtime.Cache{}
			files["api.yaml"], files["more.yaml"] = described("more.yaml#/p"), parameter
			compile(t, *c, flow)
			return true
		},
		"the file that a reference names":      func(_ *runtime.Compiler, files served) bool { files["x.yaml"] = parameter; return false },
		"the file that this one names":         func(_ *runtime.Compiler, files served) bool { files["deep.yaml"] = other; return false },
		"a description":                        func(_ *runtime.Compiler, files served) bool { files["a.yaml"] += "# other\n"; return false },
		"OverrideActions":                      func(c *runtime.Compiler, _ served) bool { c.OverrideActions = true; return false },
		"Strict":                               func(c *runtime.Compiler, _ served) bool { c.Strict = true; return false },
		"which file a source is":               remap("b", "a.yaml"),
		"which of the same files a source is":  remap("c", "b.yaml"),
		"which files the sources are, swapped": remap("a", "b.yaml", "b", "a.yaml", "c", "b.yaml"),
	} {
		t.Run(name, func(t *testing.T) {
			compiler, files := runtime.Compiler{}, files()
			compiler.Loader = files
			accepted := change(&compiler, files)
			_, err := compile(t, compiler, two).Restore(snapshot)
			if accepted && err != nil || !accepted && (err == nil || !strings.Contains(err.Error(), "is of program")) {
				t.Errorf("error: %v", err)
			}
		})
	}
}

// What came over the network leads to no file of this machine.
func TestRemoteNamesNoFiles(t *testing.T) {
	folder := t.TempDir()
	served{"api.yaml": described("t.yaml#/p"), "t.yaml": parameter}.write(t, folder)
	local := "file://" + filepath.ToSlash(folder)
	const getting = "workflows: [{workflowId: w, steps: [{stepId: s, operationId: get}]}]\n"
	remote := map[string]string{
		"/source.yaml": flowHead + "sourceDescriptions: [{name: api, url: '" + local + "/api.yaml'}]\n" + getting,
		"/self.yaml": strings.Replace(flowHead, "1.0.1", "1.1.0\n$self: "+local+"/self.yaml", 1) +
			"sourceDescriptions: [{name: api, url: api.yaml}]\n" + getting,
		"/reference.yaml": described(local + "/t.yaml#/p"),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, ok := remote[r.URL.Path]; ok {
			fmt.Fprint(w, text)
			return
		}
		http.NotFound(w, r)
	}))
	defer server.Close()
	for path, step := range map[string]struct{ target, message string }{
		"/source.yaml":    {"workflowId: $sourceDescriptions.remote.w", "cannot name local files"},
		"/self.yaml":      {"workflowId: $sourceDescriptions.remote.w", "404"},
		"/reference.yaml": {"operationId: get", "cannot name local files"},
	} {
		doc := parse(t, filepath.Join(folder, "w.yaml"), flowHead+"sourceDescriptions: [{name: remote, url: '"+server.URL+path+"'}]\n"+
			"workflows: [{workflowId: w, steps: [{stepId: s, "+step.target+"}]}]\n")
		compiler := runtime.Compiler{Loader: runtime.FilesAndHTTP(server.Client())}
		if _, err := compiler.Compile(t.Context(), doc); err == nil || !strings.Contains(err.Error(), step.message) {
			t.Errorf("%s: %v, want %q", path, err, step.message)
		}
	}
}

// Documents that name others without end are not read without end.
func TestLoadingIsBounded(t *testing.T) {
	naming := func(n int) string { // the document n, which names the next one
		return fmt.Sprintf("%ssourceDescriptions: [{name: next, url: d%d.yaml, type: arazzo}]\n"+
			"workflows: [{workflowId: w%d, steps: [{stepId: s, workflowId: $sourceDescriptions.next.w%d}]}]\n", flowHead, n+1, n, n+1)
	}
	loads := 0
	compiler := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) {
		loads++
		return []byte(naming(loads)), nil
	})}
	_, err := compiler.Compile(t.Context(), parse(t, "w.yaml", naming(0)))
	if err == nil || !strings.Contains(err.Error(), "more than 100 levels deep") || loads != 101 {
		t.Errorf("%d loads, error: %v", loads, err)
	}
	loads = 0
	compiler.Loader = runtime.LoaderFunc(func(context.Context, string) ([]byte, error) {
		loads++
		return []byte(flowHead + "workflows: []\n"), nil
	})
	var wide strings.Builder
	wide.WriteString(flowHead + "sourceDescriptions:\n")
	for i := range 10_001 {
		fmt.Fprintf(&wide, "- {name: s%d, url: s%d.yaml, type: arazzo}\n", i, i)
	}
	wide.WriteString("workflows: [{workflowId: w, steps: [{stepId: s, workflowId: $sourceDescriptions.s10000.w}]}]\n")
	_, err = compiler.Compile(t.Context(), parse(t, "w.yaml", wide.String()))
	if err == nil || !strings.Contains(err.Error(), "more than 10000 documents") || loads != 10_000 {
		t.Errorf("%d loads, error: %v", loads, err)
	}
}

// A context that ends stops loading, and the cache keeps nothing of that.
func TestLoadingIsCanceled(t *testing.T) {
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	files := served{"api.yaml": described("t.yaml#/p"), "t.yaml": parameter}
	loads := 0
	compiler := runtime.Compiler{Cache: &runtime.Cache{},
		Loader: runtime.LoaderFunc(func(ctx context.Context, location string) ([]byte, error) {
			if loads++; loads == 1 {
				cancel(cause)
			}
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return files.Load(ctx, location)
		})}
	if program, err := compiler.Compile(ctx, parse(t, "w.yaml", flow)); program != nil || !errors.Is(err, cause) || loads != 1 {
		t.Errorf("%d loads, error: %v", loads, err)
	}
	if _, err := compiler.Compile(t.Context(), parse(t, "w.yaml", flow)); err != nil {
		t.Error(err)
	}
}

// A document of one origin cannot pass itself off as one of another.
func TestIdentityOfAnotherOrigin(t *testing.T) {
	const claim = "$self: https://bank.example/api.yaml\n"
	named := func(self, path string) string {
		return "openapi: 3.2.0\n" + self + "info: {title: A, version: '1'}\nservers: [{url: 'http://h'}]\n" +
			"paths: {" + path + ": {get: {operationId: get, responses: {'200': {description: ok}}}}}\n"
	}
	files := served{
		"https://bank.example/api.yaml":   named("", "/bank"),
		"https://evil.example/other.yaml": named(claim, "/evil"),
		"mirror.yaml":                     named(claim, "/mirror"),
	}
	for sources, want := range map[string]string{
		"{name: api, url: 'https://bank.example/api.yaml'}, {name: other, url: 'https://evil.example/other.yaml'}": "GET /bank",
		"{name: other, url: 'https://evil.example/other.yaml'}, {name: api, url: 'https://bank.example/api.yaml'}": "GET /bank",
		"{name: api, url: 'https://bank.example/api.yaml'}, {name: other, url: mirror.yaml}":                       "GET /mirror",
	} {
		compiler := runtime.Compiler{Loader: files}
		program, err := compiler.Compile(t.Context(), parse(t, "w.yaml", flowHead+"sourceDescriptions: ["+sources+"]\n"+
			"workflows: [{workflowId: w, steps: [{stepId: s, operationId: $sourceDescriptions.api.get}]}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := program.Workflows()[0].Steps[0].Operation; got != want {
			t.Errorf("[%s]: %s, want %s", sources, got, want)
		}
	}
}

// What one document may read, another may not, though both have the same cache:
// whether the file was read before decides nothing.
func TestCacheOpensNoFolders(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(t.TempDir())
	write := func(name, text string) string {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return at
	}
	write("ours/api.yaml", described("t.yaml#/p"))
	write("ours/t.yaml", parameter)
	naming := func(url string) string { return strings.Replace(flow, "url: api.yaml", "url: "+url, 1) }
	documents := []struct{ location, text, want string }{
		{write("ours/a.yaml", flow), flow, ""},
		{filepath.Join(dir, "theirs/a.yaml"), naming("../ours/api.yaml"), "is outside"},
		{filepath.Join(dir, "ours/sub/a.yaml"), naming("../api.yaml"), "is outside"},
		{filepath.Join(dir, "ours/b.yaml"), flow, ""},
	}
	for _, order := range [][]int{{0, 1, 2, 3}, {1, 2, 0, 1, 3}} {
		cache := &runtime.Cache{}
		for _, i := range order {
			d := documents[i]
			_, err := (&runtime.Compiler{Cache: cache}).Compile(t.Context(), parse(t, d.location, d.text))
			if d.want == "" && err != nil || d.want != "" && (err == nil || !strings.Contains(err.Error(), d.want)) {
				t.Errorf("%v, %s: %v", order, d.location, err)
			}
		}
		open := &runtime.Compiler{Cache: cache, Loader: runtime.FileLoader{Roots: []string{dir}}}
		if _, err := open.Compile(t.Context(), parse(t, documents[1].location, documents[1].text)); err != nil {
			t.Error(err)
		}
	}
}

// A loader knows which document asks.
func TestAskedBy(t *testing.T) {
	files := served{"api.yaml": described("t.yaml#/p"), "t.yaml": parameter}
	var asked []string
	compiler := runtime.Compiler{Loader: runtime.LoaderFunc(func(ctx context.Context, location string) ([]byte, error) {
		asked = append(asked, runtime.AskedBy(ctx)+" "+location)
		return files.Load(ctx, location)
	})}
	if _, err := compiler.Compile(t.Context(), parse(t, "w.yaml", flow)); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(asked, ", "), "w.yaml api.yaml, api.yaml t.yaml"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What the caller has named itself is read, whatever document it stands for; a
// document of the network still leads to nothing else.
func TestPlacesOfTheCaller(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"api.yaml": described("t.yaml#/p"), "t.yaml": parameter} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := filepath.Join(dir, "api.yaml")
	for _, test := range []struct {
		url      string
		compiler runtime.Compiler
		want     string
	}{
		{url: "api.yaml", compiler: runtime.Compiler{Base: dir}},
		{url: "../api.yaml", compiler: runtime.Compiler{Base: filepath.Join(dir, "sub")}, want: "is outside"},
		{url: "https://h.example/x.yaml", compiler: runtime.Compiler{Sources: map[string]string{"api": at}}},
		{url: "https://h.example/x.yaml", compiler: runtime.Compiler{Base: dir}, want: "unless the caller allows it"},
		{url: "file://" + at, compiler: runtime.Compiler{Base: dir}, want: "cannot name local files"},
	} {
		text := strings.Replace(flow, "url: api.yaml", "url: "+test.url, 1)
		_, err := test.compiler.Compile(t.Context(), parse(t, "https://h.example/w.yaml", text))
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s, base %q, sources %v: %v", test.url, test.compiler.Base, test.compiler.Sources, err)
		}
	}
}
