package mock_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/mock"
	"github.com/gobelin-dev/gobelin/runtime"
)

const (
	example     = "../examples/cancel-and-confirm/"
	description = example + "openapi/anthropic-message-batches-api-openapi.yml"
	document    = example + "arazzo/anthropic-batch-cancel-and-confirm-workflow.yml"
)

func batches(t testing.TB, s *mock.Server) *mock.Server {
	t.Helper()
	at, err := filepath.Abs(description)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(t.Context(), "messageBatchesApi", at, runtime.FileLoader{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestReference runs the reference workflow against the mock of its description alone. A poll
// sees that the batch is being canceled, before one sees that it has ended.
func TestReference(t *testing.T) {
	doc, err := arazzo.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	p, err := runtime.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	clock := &instant{}
	server := httptest.NewServer(batches(t, &mock.Server{Now: clock.Now}))
	defer server.Close()
	var states []string
	d := runtime.Driver{Clock: clock, Servers: map[string]string{"messageBatchesApi": server.URL}, OnEvent: func(e runtime.Event) {
		if r, is := e.(*runtime.ResponseReceived); is {
			v, _ := value.Decode(r.Body)
			state, _ := value.Find(v, []string{"processing_status"})
			states = append(states, r.StepID+" "+value.Text(state))
		}
	}}
	result, err := d.Run(t.Context(), p, "cancel-and-confirm-batch", runtime.Inputs{"apiKey": "key", "requests": requests("a")})
	if err != nil || result.Outputs["processingStatus"] != "ended" {
		t.Errorf("%v, %v", result, err)
	}
	want := []string{"createBatch in_progress", "cancelBatch canceling", "confirmCanceled canceling", "confirmCanceled ended"}
	if !slices.Equal(states, want) {
		t.Errorf("%q, not %q", states, want)
	}
}

func requests(ids ...string) (list []any) {
	for _, id := range ids {
		list = append(list, map[string]any{"custom_id": id, "params": map[string]any{}})
	}
	return list
}

// differs is where the mock of the description (second) differs from the real thing (first):
// in what the description does not say.
const differs = `
create: body/request_counts/canceled: 0, not 1
create: body/request_counts/errored: 0, not 1
create: body/request_counts/expired: 0, not 1
create: body/request_counts/processing: 2, not 1
create: body/request_counts/succeeded: 0, not 1
no path: body/detail: nothing, not text
no path: body/error/message: text, not nothing
no path: body/error/type: text, not nothing
no path: body/request_id: text, not nothing
no path: body/status: nothing, not 404
no path: body/title: nothing, not text
no path: body/type: error, not nothing
no path: type: application/json, not application/problem+json
results too early: 404, not 200
ended: body/request_counts/errored: 0, not 1
ended: body/request_counts/expired: 0, not 1
ended: body/request_counts/processing: 0, not 1
results: lines: 2, not 1
delete too early: 409, not 200
same id: 400, not 200
`

// TestBatchAPI sends the same requests to the server of the example and to the mock of its
// description, and lists where the answers differ.
func TestBatchAPI(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	servers := []http.Handler{&batchapi.Server{Now: clock, CancelTakes: time.Second}, batches(t, &mock.Server{Now: clock, StrictState: true})}
	var got strings.Builder
	for _, step := range []struct {
		name, send string
		body       any
		without    string // a header
		wait       time.Duration
	}{
		{name: "create", send: "POST /v1/messages/batches", body: map[string]any{"requests": requests("a", "b")}},
		{name: "get", send: "GET /v1/messages/batches/1"},
		{name: "no key", send: "GET /v1/messages/batches/1", without: "X-Api-Key"},
		{name: "no version", send: "GET /v1/messages/batches/1", without: "Anthropic-Version"},
		{name: "no requests", send: "POST /v1/messages/batches", body: map[string]any{"requests": []any{}}},
		{name: "wrong id", send: "POST /v1/messages/batches", body: map[string]any{"requests": requests("a b")}},
		{name: "no path", send: "GET /v1/messages/none"},
		{name: "unknown", send: "GET /v1/messages/batches/none"},
		{name: "list", send: "GET /v1/messages/batches"},
		{name: "page", send: "GET /v1/messages/batches?limit=1"},
		{name: "wrong limit", send: "GET /v1/messages/batches?limit=0"},
		{name: "results too early", send: "GET /v1/messages/batches/1/results"},
		{name: "cancel", send: "POST /v1/messages/batches/1/cancel"},
		{name: "canceling", send: "GET /v1/messages/batches/1"},
		{name: "ended", send: "GET /v1/messages/batches/1", wait: time.Minute},
		{name: "cancel again", send: "POST /v1/messages/batches/1/cancel"},
		{name: "results", send: "GET /v1/messages/batches/1/results"},
		{name: "delete", send: "DELETE /v1/messages/batches/1"},
		{name: "deleted", send: "GET /v1/messages/batches/1"},
		{name: "create again", send: "POST /v1/messages/batches", body: map[string]any{"requests": requests("a", "b")}},
		{name: "delete too early", send: "DELETE /v1/messages/batches/2"},
		{name: "same id", send: "POST /v1/messages/batches", body: map[string]any{"requests": requests("a", "a")}},
	} {
		now = now.Add(step.wait)
		var answers []map[string]string
		for i, s := range servers {
			method, target, _ := strings.Cut(step.send, " ")
			for n := range 3 { // the ids of either
				id := fmt.Sprintf("msgbatch_%024d", n)
				if i == 1 {
					id = fmt.Sprintf("batch_%d", n)
				}
				if at := fmt.Sprintf("/batches/%d", n); strings.HasSuffix(target, at) || strings.Contains(target, at+"/") {
					target = strings.Replace(target, at, "/batches/"+id, 1)
				}
			}
			r := httptest.NewRequest(method, target, nil)
			if step.body != nil {
				r = httptest.NewRequest(method, target, strings.NewReader(string(value.AppendJSON(nil, step.body))))
				r.Header.Set("Content-Type", "application/json")
			}
			r.Header.Set("X-Api-Key", "key")
			r.Header.Set("Anthropic-Version", "2023-06-01")
			r.Header.Del(step.without)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			answers = append(answers, places(w.Result()))
		}
		one, other := answers[0], answers[1]
		if one["status"] != other["status"] {
			fmt.Fprintf(&got, "%s: %s, not %s\n", step.name, one["status"], other["status"])
			continue
		}
		all := maps.Clone(one)
		maps.Copy(all, other)
		for _, at := range slices.Sorted(maps.Keys(all)) {
			if strings.Contains(at, "request_counts/") && step.name != "create" && step.name != "ended" { // once is enough
				continue
			}
			if one[at] != other[at] {
				fmt.Fprintf(&got, "%s: %s: %s, not %s\n", step.name, at, cmp.Or(one[at], "nothing"), cmp.Or(other[at], "nothing"))
			}
		}
	}
	if got.String() != strings.TrimPrefix(differs, "\n") {
		t.Errorf("they differ in\n%s", got.String())
	}
}

// places returns the parts of an answer; texts, which may be anything, by their kind.
func places(r *http.Response) map[string]string {
	list := map[string]string{"status": fmt.Sprint(r.StatusCode), "type": r.Header.Get("Content-Type")}
	body, _ := io.ReadAll(r.Body)
	v, err := value.Decode(body)
	if strings.HasSuffix(list["type"], "jsonl") {
		err = io.EOF
		list["lines"] = fmt.Sprint(strings.Count(string(body), "\n"))
	}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, member := range v {
				walk(at+"/"+name, member)
			}
		case []any:
			list[at] = fmt.Sprint(len(v), " items")
			for i, item := range v {
				walk(fmt.Sprint(at, "/", i), item)
			}
		case string:
			if list[at] = "text"; strings.HasSuffix(at, "_status") || at == "body/type" {
				list[at] = v
			}
		case nil:
			list[at] = "null"
		default:
			list[at] = value.Text(v)
		}
	}
	if err == nil {
		walk("body", v)
	}
	return list
}

// instant is a clock whose waits pass at once. The mock has the same one.
type instant struct{ ahead atomic.Int64 }

func (c *instant) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *instant) Sleep(ctx context.Context, d time.Duration) error {
	c.ahead.Add(int64(d))
	return ctx.Err()
}
