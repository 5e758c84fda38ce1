package runtime_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
)

// plants are the secrets that are planted. The strong one is written differently
// in each place that it may come to, and masked in all of them; the weak one is
// masked only where it is known to be, so that the server does not repeat it; of
// the long one no beginning is to be told, either.
var plants = []plant{
	{"strong", `pl/an+t "ed&<1>`, `pl/an+t "ed&<1>`, true},
	{"weak", "q7Z", "q7Z", false},
	{"long", strings.Repeat("0a1b2c3d", 40), "0a1b2c3d0a1b2c3d", true},
}

type plant struct {
	name, text string
	sought     string // what must not be told
	echo       bool   // the server repeats what it is sent
}

const matrixDescription = `
openapi: 3.1.0
info: {title: t, version: "1"}
servers: [{url: "http://api.example"}]
paths:
  /login: {post: {operationId: login, responses: {'200': {description: ok}}}}
  /echo:
    get: {operationId: echo, responses: {'200': {description: ok}}}
    post: {operationId: send, requestBody: {content: {application/json: {schema: {}}}}, responses: {'200': {description: ok}}}
  /key: {get: {operationId: key, security: [{key: []}], responses: {'200': {description: ok}}}}
  /query-key: {get: {operationId: queryKey, security: [{queryKey: []}], responses: {'200': {description: ok}}}}
  /cookie-key: {get: {operationId: cookieKey, security: [{cookieKey: []}], responses: {'200': {description: ok}}}}
  /basic: {get: {operationId: basic, security: [{basic: []}], responses: {'200': {description: ok}}}}
  /bearer: {get: {operationId: bearer, security: [{bearer: []}], responses: {'200': {description: ok}}}}
  /echo/{v}:
    get: {operationId: path, parameters: [{name: v, in: path, required: true, schema: {}}], responses: {'200': {description: ok}}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    queryKey: {type: apiKey, in: query, name: key}
    cookieKey: {type: apiKey, in: cookie, name: key}
    basic: {type: http, scheme: basic}
    bearer: {type: http, scheme: bearer}
`

// writings are the ways in which a text must not be found: each begins where the
// text does.
func writings(text string) map[string]string {
	cookie := strings.NewReplacer(" ", "%20", `"`, "%22").Replace(text)
	return map[string]string{
		"cookie":      cookie,
		"cookie, URL": url.QueryEscape(cookie),
		"query twice": url.QueryEscape(url.QueryEscape(text)),
		"raw":         text,
		"query":       url.QueryEscape(text),
		"path":        url.PathEscape(text),
		"strict":      strings.ReplaceAll(url.QueryEscape(text), "+", "%20"),
		"JSON":        quoted(text, false),
		"JSON, HTML":  quoted(text, true),
		"JSON twice":  quoted(quoted(text, false), true),
		"HTML":        html.EscapeString(text),
		"base64":      base64.StdEncoding.EncodeToString([]byte(text)),
		"base64, URL": base64.RawURLEncoding.EncodeToString([]byte(text)),
	}
}

// quoted is a text inside of a JSON string.
func quoted(text string, forHTML bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(forHTML)
	if err := e.Encode(text); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\"\n")[1:]
}

// leak finds a text in what was told.
func leak(told, text string) string {
	for name, form := range writings(text) {
		if i := strings.Index(told, form); i >= 0 {
			return fmt.Sprintf("%s: …%s", name, told[max(0, i-160):min(len(told), i+len(form)+20)])
		}
	}
	return ""
}

// fill puts values in the place of names in a document; a list in the place of
// an item is taken apart.
func fill(v any, with map[string]any) any {
	switch v := v.(type) {
	case string:
		if value, ok := with[v]; ok {
			return value
		}
		for name, value := range with {
			if text, ok := value.(string); ok {
				v = strings.ReplaceAll(v, name, text)
			}
		}
		return v
	case []any:
		out := []any{}
		for _, item := range v {
			filled := fill(item, with)
			if list, ok := filled.([]any); ok && item == "SINK" {
				out = append(out, list...)
				continue
			}
			out = append(out, filled)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, member := range v {
			out[name] = fill(member, with)
		}
		return out
	}
	return v
}

// matrixRun is one cell of the matrix.
type matrixRun struct {
	servers, credentials map[string]string
	plant
	program  *runtime.Program
	inputs   runtime.Inputs
	inHeader bool         // the secret of the login
	received bytes.Buffer // by the server
	told     bytes.Buffer // by the run
}

func newMatrixRun(t *testing.T, p plant, form, sink any) *matrixRun {
	t.Helper()
	f, ok := fill(form, map[string]any{"PLANTED": p.text, "USERINFO": url.UserPassword("somebody", p.text).String()}).(map[string]any)
	if !ok {
		t.Fatal("a form must be an object")
	}
	steps := fill(sink, map[string]any{"VALUE": f["value"]})
	document, err := json.Marshal(map[string]any{
		"arazzo": "1.1.0", "info": map[string]any{"title": "t", "version": "1"},
		"sourceDescriptions": []any{map[string]any{"name": "api", "url": "api.yaml"}},
		"workflows":          fill(f["workflows"], map[string]any{"SINK": steps}),
		"components":         f["components"],
	})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := arazzo.Parse(bytes.Replace(document, []byte(`"components":null,`), nil, 1))
	if err != nil {
		t.Fatal(err)
	}
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(matrixDescription), nil })}
	r := &matrixRun{plant: p}
	if r.program, err = c.Compile(t.Context(), doc); err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	r.inputs, _ = f["inputs"].(map[string]any)
	r.credentials, r.servers = texts(f["credentials"]), texts(f["servers"])
	r.inHeader = f["answer"] == "header"
	return r
}

// texts is an object of texts.
func texts(v any) map[string]string {
	out := map[string]string{}
	members, _ := v.(map[string]any)
	for name, member := range members {
		out[name], _ = member.(string)
	}
	return out
}

// answer is the scripted server.
func (r *matrixRun) answer(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
	}
	header := http.Header{"Content-Type": {"application/json"}, "X-Echo": request.Header.Values("X-V"), "X-Token": {r.text}}
	said := map[string]any{"token": r.text, "benign": "a benign text"}
	if request.URL.Path != "/login" {
		path, query := request.URL.Path, ""
		for name, values := range request.URL.Query() {
			query += name + ": " + strings.Join(values, ",")
		}
		cookies := ""
		for _, cookie := range request.Cookies() {
			cookies += cookie.Value
		}
		said = map[string]any{"benign": "a benign text", "path": path, "rawPath": request.URL.EscapedPath(),
			"query": query, "rawQuery": request.URL.RawQuery, "cookies": cookies,
			"authorization": request.Header.Get("Authorization"), "key": request.Header.Get("X-Key"), "html": html.EscapeString(path + query),
			"body": string(body), string(body): 1,
			"form": formOf(body), "v": request.Header.Get("X-V"), "base64": base64.StdEncoding.EncodeToString([]byte(request.Header.Get("X-V")))}
	}
	if r.inHeader {
		delete(said, "token")
	}
	if !r.inHeader || request.URL.Path != "/login" {
		delete(header, "X-Token")
	}
	text, err := json.Marshal(said)
	if err != nil {
		return nil, err
	}
	cookies, _ := url.PathUnescape(request.Header.Get("Cookie"))
	fmt.Fprintf(&r.received, "%s\n%s\n%s\n%s\n%s\n", body, text, header, request.URL, cookies)
	if request.URL.Path != "/login" && !r.echo {
		header.Del("X-Echo")
		text = []byte(`{"benign": "a benign text"}`)
	}
	return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(bytes.NewReader(text)), Request: request, ContentLength: -1}, nil
}

func formOf(body []byte) string {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return ""
	}
	return values.Get("v")
}

// tell writes all that an event says.
func tell(w io.Writer, e runtime.Event) {
	fmt.Fprintf(w, "%T %+v\n", e, e)
	switch e := e.(type) {
	case *runtime.RequestSent:
		fmt.Fprintf(w, "%s\n", e.Body)
	case *runtime.ResponseReceived:
		fmt.Fprintf(w, "%s\n", e.Body)
	}
}

// run runs the cell: with a listener, with one and a snapshot before each
// answer, or with none.
func (r *matrixRun) run(t *testing.T, how string) {
	t.Helper()
	r.told.Reset()
	r.received.Reset()
	var recorder report.Recorder
	driver := runtime.Driver{Client: &http.Client{Transport: roundTripper(r.answer)}, Servers: r.servers,
		Credentials: runtime.StaticCredentials(r.credentials)}
	if how != "unobserved" {
		driver.OnEvent = func(e runtime.Event) {
			recorder.OnEvent(e)
			tell(&r.told, e)
		}
	}
	x, err := r.program.Begin("main", r.inputs, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		done, err := driver.Advance(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		if done != nil {
			fmt.Fprintln(&r.told, done.Err, done.Result.Diagnostics)
			done.Result.Outputs = nil // the run's result, which is not masked
			record, err := recorder.Run(r.program, "main", done.Result, done.Err).JSON()
			if err != nil {
				t.Fatal(err)
			}
			r.told.Write(record)
			return
		}
		if how == "restored" {
			snapshot, err := x.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			if text := leak(string(snapshot), r.sought); len(r.credentials) > 0 && text != "" {
				t.Errorf("the snapshot: %s", text)
			}
			if x, err = r.program.Restore(snapshot); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestSecretsOfEveryFormInEverySink runs each form of a secret with each sink:
// the secret comes to the server, and nothing that is told has it.
func TestSecretsOfEveryFormInEverySink(t *testing.T) {
	data, err := os.ReadFile("testdata/secrets.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range root.Get("forms").Items {
		for _, sink := range root.Get("sinks").Members {
			for _, p := range plants {
				if not := form.Get("not").Str(); not == p.name {
					continue
				}
				t.Run(form.Get("name").Str()+"/"+sink.Name+"/"+p.name, func(t *testing.T) {
					r := newMatrixRun(t, p, form.Value(), sink.Value.Value())
					for _, how := range []string{"observed", "restored", "unobserved"} {
						r.run(t, how)
						r.judge(t, how)
					}
				})
			}
		}
	}
}

// judge looks for the secret in what the server has received and in what was
// told.
func (r *matrixRun) judge(t *testing.T, how string) {
	t.Helper()
	if leak(r.received.String(), r.text) == "" {
		t.Fatalf("%s: the secret does not come to the server: %s", how, &r.received)
	}
	if how != "unobserved" && (!strings.Contains(r.told.String(), "***") || !strings.Contains(r.told.String(), "a benign text")) {
		t.Errorf("%s: nothing was masked, or too much: %s", how, &r.told)
	}
	if text := leak(r.told.String(), r.sought); text != "" {
		t.Errorf("%s: %s", how, text)
	}
}
