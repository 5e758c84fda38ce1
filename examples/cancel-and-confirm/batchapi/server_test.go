package batchapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func call(s *batchapi.Server, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("X-Api-Key", "k")
	r.Header.Set("Anthropic-Version", "2023-06-01")
	for i := 0; i < len(header); i += 2 {
		r.Header.Del(header[i])
		if header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func batchOf(t *testing.T, w *httptest.ResponseRecorder) batchapi.Batch {
	t.Helper()
	var b batchapi.Batch
	if err := json.Unmarshal(w.Body.Bytes(), &b); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return b
}

func requestsBody(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"custom_id":"q%d","params":{"model":"m"}}`, i))
	}
	return `{"requests":[` + strings.Join(list, ",") + `]}`
}

func TestErrors(t *testing.T) {
	one := requestsBody(1)
	const batches = "/v1/messages/batches"
	tests := []struct {
		name, method, path, body string
		header                   []string
		status                   int
		kind                     string
	}{
		{"no key", "POST", batches, one, []string{"X-Api-Key", ""}, 401, "authentication_error"},
		{"wrong key", "POST", batches, one, []string{"X-Api-Key", "other"}, 401, "authentication_error"},
		{"no version", "POST", batches, one, []string{"Anthropic-Version", ""}, 400, "invalid_request_error"},
		{"no JSON", "POST", batches, "{", nil, 400, "invalid_request_error"},
		{"no requests", "POST", batches, "{}", nil, 400, "invalid_request_error"},
		{"empty requests", "POST", batches, `{"requests":[]}`, nil, 400, "invalid_request_error"},
		{"bad custom_id", "POST", batches, `{"requests":[{"custom_id":"a b","params":{}}]}`, nil, 400, "invalid_request_error"},
		{"duplicate custom_id", "POST", batches, `{"requests":[{"custom_id":"a","params":{}},{"custom_id":"a","params":{}}]}`, nil, 400,
			"invalid_request_error"},
		{"no params", "POST", batches, `{"requests":[{"custom_id":"a"}]}`, nil, 400, "invalid_request_error"},
		{"unknown batch", "GET", batches + "/msgbatch_x", "", nil, 404, "not_found_error"},
		{"unknown path", "GET", "/v1/other", "", nil, 404, "not_found_error"},
		{"results too early", "GET", batches + "/%s/results", "", nil, 404, "not_found_error"},
		{"delete too early", "DELETE", batches + "/%s", "", nil, 409, "invalid_request_error"},
		{"bad limit", "GET", batches + "?limit=0", "", nil, 400, "invalid_request_error"},
		{"unknown page", "GET", batches + "?after_id=x", "", nil, 400, "invalid_request_error"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &batchapi.Server{Key: "k"}
			b := batchOf(t, call(s, "POST", batches, one))
			w := call(s, test.method, strings.ReplaceAll(test.path, "%s", b.ID), test.body, test.header...)
			var e struct {
				Type  string
				Error struct{ Type, Message string }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
				t.Fatal(err)
			}
			if w.Code != test.status || e.Type != "error" || e.Error.Type != test.kind || e.Error.Message == "" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

func TestCountsAddUp(t *testing.T) {
	for _, size := range []int{1, 2, 3, 4, 5, 100} {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		s := &batchapi.Server{CancelTakes: time.Minute, Now: func() time.Time { return now }}
		check := func(w *httptest.ResponseRecorder, status string) batchapi.Batch {
			b := batchOf(t, w)
			c := b.RequestCounts
			if sum := c.Processing + c.Succeeded + c.Errored + c.Canceled + c.Expired; sum != size || b.ProcessingStatus != status {
				t.Errorf("size %d: %+v", size, b)
			}
			return b
		}
		b := check(call(s, "POST", "/v1/messages/batches", requestsBody(size)), "in_progress")
		path := "/v1/messages/batches/" + b.ID
		check(call(s, "GET", path, ""), "in_progress")
		check(call(s, "POST", path+"/cancel", ""), "canceling")
		now = now.Add(59 * time.Second)
		check(call(s, "GET", path, ""), "canceling")
		now = now.Add(time.Second)
		b = check(call(s, "GET", path, ""), "ended")
		if b.EndedAt == nil || !b.EndedAt.Equal(now) || b.ResultsURL == nil {
			t.Errorf("ended: %+v", b)
		}
		if w := call(s, "POST", path+"/cancel", ""); w.Code != http.StatusConflict {
			t.Errorf("cancel of an ended batch: %d", w.Code)
		}
		if lines := strings.Count(call(s, "GET", path+"/results", "").Body.String(), "\n"); lines != size {
			t.Errorf("%d results of %d", lines, size)
		}
	}
}

func TestProcessingEndsByItself(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := &batchapi.Server{ProcessingTakes: time.Hour, Now: func() time.Time { return now }}
	b := batchOf(t, call(s, "POST", "/v1/messages/batches", requestsBody(3)))
	now = now.Add(time.Hour)
	b = batchOf(t, call(s, "GET", "/v1/messages/batches/"+b.ID, ""))
	if b.ProcessingStatus != "ended" || b.RequestCounts.Succeeded != 3 {
		t.Errorf("%+v", b)
	}
	if w := call(s, "DELETE", "/v1/messages/batches/"+b.ID, ""); w.Code != http.StatusOK {
		t.Errorf("delete: %d %s", w.Code, w.Body)
	}
	if w := call(s, "GET", "/v1/messages/batches/"+b.ID, ""); w.Code != http.StatusNotFound {
		t.Errorf("after delete: %d", w.Code)
	}
}

func TestPaging(t *testing.T) {
	s := &batchapi.Server{}
	var ids []string // newest first
	for range 5 {
		ids = append([]string{batchOf(t, call(s, "POST", "/v1/messages/batches", requestsBody(1))).ID}, ids...)
	}
	tests := []struct {
		query string
		want  []string
		more  bool
	}{
		{"", ids, false},
		{"?limit=2", ids[:2], true},
		{"?limit=2&after_id=" + ids[1], ids[2:4], true},
		{"?limit=2&after_id=" + ids[3], ids[4:], false},
		{"?limit=2&before_id=" + ids[3], ids[1:3], true},
		{"?limit=9&before_id=" + ids[3], ids[:3], false},
	}
	for _, test := range tests {
		var page struct {
			Data    []batchapi.Batch
			HasMore bool `json:"has_more"`
		}
		w := call(s, "GET", "/v1/messages/batches"+test.query, "")
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range page.Data {
			got = append(got, b.ID)
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) || page.HasMore != test.more {
			t.Errorf("%s: %v %t", test.query, got, page.HasMore)
		}
	}
}

func TestRateLimit(t *testing.T) {
	s := &batchapi.Server{LimitEvery: 2, RetryAfter: 3 * time.Second}
	call(s, "GET", "/v1/messages/batches", "")
	w := call(s, "GET", "/v1/messages/batches", "")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "3" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// TestResponsesFitTheDescription validates the responses of the server against
// the schemas of the OpenAPI description.
func TestResponsesFitTheDescription(t *testing.T) {
	data, err := os.ReadFile("../openapi/anthropic-message-batches-api-openapi.yml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := openapi.Load(data, "openapi.yml", nil)
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("mem:///openapi", root.Value()); err != nil {
		t.Fatal(err)
	}
	s := &batchapi.Server{Key: "k"}
	batch := batchOf(t, call(s, "POST", "/v1/messages/batches", requestsBody(5)))
	id := "/v1/messages/batches/" + batch.ID
	steps := []struct{ operation, method, path, body string }{
		{"createMessageBatch", "POST", "/v1/messages/batches", requestsBody(2)},
		{"createMessageBatch", "POST", "/v1/messages/batches", "{}"},
		{"retrieveMessageBatch", "GET", id, ""},
		{"retrieveMessageBatchResults", "GET", id + "/results", ""},
		{"cancelMessageBatch", "POST", id + "/cancel", ""},
		{"retrieveMessageBatch", "GET", id, ""},
		{"cancelMessageBatch", "POST", id + "/cancel", ""},
		{"listMessageBatches", "GET", "/v1/messages/batches", ""},
		{"retrieveMessageBatchResults", "GET", id + "/results", ""},
		{"deleteMessageBatch", "DELETE", id, ""},
		{"retrieveMessageBatch", "GET", id, ""},
	}
	for i, step := range steps {
		w := call(s, step.method, step.path, step.body)
		op, err := d.OperationByID(step.operation)
		if err != nil {
			t.Fatal(err)
		}
		declared := op.Response(w.Code)
		if declared == nil || declared.Content[0].Type != w.Header().Get("Content-Type") {
			t.Fatalf("step %d: %d %s is not declared", i, w.Code, w.Header().Get("Content-Type"))
		}
		// The operation's schemas are references into the components.
		ref := declared.Content[0].Schema.Get("$ref").Str()
		if ref == "" {
			ref = "#/paths/~1v1~1messages~1batches~1{message_batch_id}/delete/responses/200/content/application~1json/schema"
		}
		schema, err := c.Compile("mem:///openapi" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(ref))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(w.Body.String()) {
			body, err := value.Decode([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(body); err != nil {
				t.Errorf("step %d: %s: %v", i, line, err)
			}
		}
	}
}
