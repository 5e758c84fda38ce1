package report_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
)

// logged runs the example with a key and returns what is logged from a level on,
// without times, addresses and durations.
func logged(t *testing.T, key string, least slog.Level) string {
	t.Helper()
	server := httptest.NewServer(&batchapi.Server{Key: "right-key", CancelPolls: 1})
	defer server.Close()
	doc, err := arazzo.ReadFile("../examples/cancel-and-confirm/arazzo/anthropic-batch-cancel-and-confirm-workflow.yml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := runtime.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: least, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		switch {
		case a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime && !a.Value.Time().IsZero(),
			a.Value.Kind() == slog.KindDuration:
			return slog.Attr{}
		}
		return a
	}}))
	d := runtime.Driver{OnEvent: report.Log(t.Context(), logger), Servers: map[string]string{"messageBatchesApi": server.URL},
		Settings: runtime.Settings{LoopDelay: -1}}
	_, _ = d.Run(t.Context(), p, "cancel-and-confirm-batch", runtime.Inputs{"apiKey": key,
		"requests": []any{map[string]any{"custom_id": "a", "params": map[string]any{}}}})
	return strings.ReplaceAll(text.String(), server.URL, "")
}

func TestLog(t *testing.T) {
	const want = `level=INFO msg="workflow started" workflow=cancel-and-confirm-batch inputs="map[apiKey:*** ` +
		`requests:[map[custom_id:a params:map[]]]]"
level=INFO msg="step started" workflow=cancel-and-confirm-batch step=createBatch attempt=1 visit=1 operation="POST /v1/messages/batches"
level=WARN msg="step failed" workflow=cancel-and-confirm-batch step=createBatch attempt=1 visit=1 ` +
		`reason="the criterion $statusCode == 200 is not met: $statusCode is 401"
level=ERROR msg="workflow failed" workflow=cancel-and-confirm-batch error="workflow \"cancel-and-confirm-batch\", step ` +
		`\"createBatch\": the criterion $statusCode == 200 is not met: $statusCode is 401"
`
	if diff := cmp.Diff(want, logged(t, "wrong-key", slog.LevelInfo)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Every kind of event that the run has is logged at Debug, and no secret.
func TestLogAll(t *testing.T) {
	got := logged(t, "right-key", slog.LevelDebug)
	for _, part := range []string{
		`level=DEBUG msg="request sent" workflow=cancel-and-confirm-batch step=createBatch attempt=1 visit=1 ` +
			`method=POST url=/v1/messages/batches`,
		`level=DEBUG msg="response received" workflow=cancel-and-confirm-batch step=createBatch attempt=1 visit=1 status=200`,
		`level=DEBUG msg="criterion evaluated" workflow=cancel-and-confirm-batch step=createBatch`,
		`condition="$statusCode == 200" passed=true`,
		`level=DEBUG msg="outputs evaluated"`,
		`level=DEBUG msg="action selected"`, `type=goto target=confirmCanceled`,
		`level=INFO msg="step finished" workflow=cancel-and-confirm-batch step=confirmCanceled attempt=1 visit=2`,
		`level=INFO msg="workflow finished"`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("not logged: %s", part)
		}
	}
	if strings.Contains(got, "right-key") || strings.Contains(got, `msg=event`) || strings.Contains(got, "time=") {
		t.Errorf("logged:\n%s", got)
	}
}

// The events of a run as records of a logger.
func ExampleLog() {
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	driver := runtime.Driver{OnEvent: report.Log(context.Background(), logger)}
	_ = driver
}
