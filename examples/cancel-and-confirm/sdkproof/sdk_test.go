package sdkproof_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
)

// client is the SDK as its users have it, pointed at a server on loopback.
// Environment variables for other programs are ignored.
func client(t *testing.T, api *batchapi.Server, options ...option.RequestOption) anthropic.Client {
	t.Helper()
	for _, name := range []string{"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "ANTHROPIC_CUSTOM_HEADERS"} {
		t.Setenv(name, "")
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	base := []option.RequestOption{option.WithBaseURL(server.URL), option.WithAPIKey("key"), option.WithMaxRetries(0),
		option.WithHTTPClient(server.Client())}
	return anthropic.NewClient(append(base, options...)...)
}

func params(n int) anthropic.MessageBatchNewParams {
	var p anthropic.MessageBatchNewParams
	for i := range n {
		p.Requests = append(p.Requests, anthropic.MessageBatchNewParamsRequest{
			CustomID: fmt.Sprintf("q-%d", i),
			Params: anthropic.MessageBatchNewParamsRequestParams{
				Model: "claude-haiku-4-5", MaxTokens: 16,
				Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("hello"))},
			},
		})
	}
	return p
}

func TestCreateCancelPollResultsDelete(t *testing.T) {
	api := &batchapi.Server{Key: "key", CancelPolls: 2}
	batches := client(t, api).Messages.Batches
	batch, err := batches.New(t.Context(), params(6))
	if err != nil {
		t.Fatal(err)
	}
	if batch.ProcessingStatus != anthropic.MessageBatchProcessingStatusInProgress || batch.RequestCounts.Processing != 6 {
		t.Errorf("created: %+v", batch)
	}
	canceled, err := batches.Cancel(t.Context(), batch.ID, anthropic.MessageBatchCancelParams{})
	if err != nil || canceled.ProcessingStatus != anthropic.MessageBatchProcessingStatusCanceling || canceled.CancelInitiatedAt.IsZero() {
		t.Fatalf("canceled: %+v %v", canceled, err)
	}
	polls := 0
	for batch.ProcessingStatus != anthropic.MessageBatchProcessingStatusEnded {
		if polls++; polls > 10 {
			t.Fatal("the batch does not end")
		}
		if batch, err = batches.Get(t.Context(), batch.ID, anthropic.MessageBatchGetParams{}); err != nil {
			t.Fatal(err)
		}
	}
	if polls != 3 || batch.RequestCounts.Succeeded != 2 || batch.RequestCounts.Canceled != 4 {
		t.Errorf("after %d polls: %+v", polls, batch.RequestCounts)
	}
	seen := map[string]int{}
	stream := batches.ResultsStreaming(t.Context(), batch.ID, anthropic.MessageBatchResultsParams{})
	for stream.Next() {
		result := stream.Current()
		seen[string(result.Result.Type)]++
		if result.Result.Type == "succeeded" && (result.Result.AsSucceeded().Message.Model == "" || result.CustomID == "") {
			t.Errorf("result: %s", result.RawJSON())
		}
	}
	if err := stream.Err(); err != nil || seen["succeeded"] != 2 || seen["canceled"] != 4 {
		t.Errorf("results: %v %v", seen, err)
	}
	deleted, err := batches.Delete(t.Context(), batch.ID, anthropic.MessageBatchDeleteParams{})
	if err != nil || deleted.ID != batch.ID {
		t.Errorf("deleted: %+v %v", deleted, err)
	}
}

func TestListPages(t *testing.T) {
	batches := client(t, &batchapi.Server{Key: "key"}).Messages.Batches
	for range 7 {
		if _, err := batches.New(t.Context(), params(1)); err != nil {
			t.Fatal(err)
		}
	}
	pages := batches.ListAutoPaging(t.Context(), anthropic.MessageBatchListParams{Limit: anthropic.Int(3)})
	seen := map[string]bool{}
	for pages.Next() {
		seen[pages.Current().ID] = true
	}
	if err := pages.Err(); err != nil || len(seen) != 7 {
		t.Errorf("%d batches, %v", len(seen), err)
	}
}

func TestErrorTypes(t *testing.T) {
	tests := []struct {
		name   string
		status int
		kind   string
		server *batchapi.Server
		key    string
		call   func(anthropic.MessageBatchService, string) error
	}{
		{"invalid request", http.StatusBadRequest, "invalid_request_error", &batchapi.Server{}, "key",
			func(s anthropic.MessageBatchService, _ string) error {
				_, err := s.New(t.Context(), anthropic.MessageBatchNewParams{Requests: []anthropic.MessageBatchNewParamsRequest{}})
				return err
			}},
		{"wrong key", http.StatusUnauthorized, "authentication_error", &batchapi.Server{Key: "other"}, "key",
			func(s anthropic.MessageBatchService, _ string) error {
				_, err := s.New(t.Context(), params(1))
				return err
			}},
		{"unknown batch", http.StatusNotFound, "not_found_error", &batchapi.Server{}, "key",
			func(s anthropic.MessageBatchService, _ string) error {
				_, err := s.Get(t.Context(), "msgbatch_none", anthropic.MessageBatchGetParams{})
				return err
			}},
		{"delete before the end", http.StatusConflict, "invalid_request_error", &batchapi.Server{}, "key",
			func(s anthropic.MessageBatchService, id string) error {
				_, err := s.Delete(t.Context(), id, anthropic.MessageBatchDeleteParams{})
				return err
			}},
		{"rate limit", http.StatusTooManyRequests, "rate_limit_error", &batchapi.Server{LimitEvery: 2, RetryAfter: time.Second}, "key",
			func(s anthropic.MessageBatchService, id string) error {
				_, err := s.Get(t.Context(), id, anthropic.MessageBatchGetParams{})
				return err
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			batches := client(t, test.server, option.WithAPIKey(test.key)).Messages.Batches
			id := ""
			if batch, err := batches.New(t.Context(), params(1)); err == nil {
				id = batch.ID
			}
			err := test.call(batches, id)
			var failed *anthropic.Error
			if !errors.As(err, &failed) || failed.StatusCode != test.status || string(failed.Type()) != test.kind ||
				failed.RequestID == "" {
				t.Fatalf("error: %v", err)
			}
		})
	}
}

// TestRetryAfterIsUnderstood lets the SDK retry a 429 by itself.
func TestRetryAfterIsUnderstood(t *testing.T) {
	api := &batchapi.Server{LimitEvery: 2}
	batches := client(t, api, option.WithMaxRetries(1)).Messages.Batches
	batch, err := batches.New(t.Context(), params(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := batches.Get(t.Context(), batch.ID, anthropic.MessageBatchGetParams{}); err != nil {
		t.Errorf("the SDK did not come back: %v", err)
	}
}
