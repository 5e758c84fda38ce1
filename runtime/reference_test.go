package runtime_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

const referenceFile = "../examples/cancel-and-confirm/arazzo/anthropic-batch-cancel-and-confirm-workflow.yml"

// childVariable tells a process of the tests that it continues one command of
// an execution; see TestSnapshotInNewProcess.
const childVariable = "GOBELIN_TEST_CONTINUE"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		if err := continueOnce(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func reference() (*runtime.Program, error) {
	doc, err := arazzo.ReadFile(referenceFile)
	if err != nil {
		return nil, err
	}
	return runtime.Compile(context.Background(), doc)
}

func referenceInputs() runtime.Inputs {
	var requests []any
	for i := range 6 {
		requests = append(requests, map[string]any{"custom_id": fmt.Sprint("q", i), "params": map[string]any{"model": "m"}})
	}
	return runtime.Inputs{"apiKey": "secret-key", "requests": requests}
}

// recorded is a server that notes the requests it gets.
type recorded struct {
	batchapi.Server
	mu    sync.Mutex
	lines []string
}

func (r *recorded) seen() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

func (r *recorded) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	r.lines = append(r.lines, fmt.Sprintf("%s %s %s %s", req.Method, req.URL, req.Header.Get("X-Api-Key"), body))
	r.mu.Unlock()
	req.Body = io.NopCloser(bytes.NewReader(body))
	r.Server.ServeHTTP(w, req)
}

func serve(t *testing.T, polls int) (*recorded, runtime.Driver) {
	t.Helper()
	api := &recorded{Server: batchapi.Server{Key: "secret-key", CancelPolls: polls}}
	server := httptest.NewServer(api)
	t.Cleanup(func() { server.Close(); http.DefaultClient.CloseIdleConnections() })
	return api, runtime.Driver{Servers: map[string]string{"messageBatchesApi": server.URL},
		Settings: runtime.Settings{LoopDelay: time.Nanosecond}}
}

func TestReferencePollsUntilEnded(t *testing.T) {
	program, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	for _, polls := range []int{0, 1, 5, 50} {
		t.Run(fmt.Sprint(polls), func(t *testing.T) {
			api, driver := serve(t, polls)
			driver.LoopDelay = -1
			result, err := driver.Run(t.Context(), program, "cancel-and-confirm-batch", referenceInputs())
			if err != nil {
				t.Fatal(err)
			}
			if api.Polls() != polls+1 {
				t.Errorf("%d polls, the server needs %d", api.Polls(), polls+1)
			}
			batch, ok := api.Batch(result.Outputs["batchId"].(string))
			if !ok {
				t.Fatal("the server does not know the batch")
			}
			c := batch.RequestCounts
			want := map[string]any{"batchId": batch.ID, "processingStatus": "ended", "requestCounts": map[string]any{
				"processing": int64(c.Processing), "succeeded": int64(c.Succeeded), "errored": int64(c.Errored), "canceled": int64(c.Canceled),
				"expired": int64(c.Expired)}}
			if diff := cmp.Diff(want, result.Outputs); diff != "" {
				t.Errorf("outputs (-want +got):\n%s", diff)
			}
		})
	}
}

// serverVariable tells a process of TestSnapshotInNewProcess where to send to.
const serverVariable = "GOBELIN_TEST_SERVER"

// handedOn is what a process of TestSnapshotInNewProcess prints.
type handedOn struct {
	Snapshot json.RawMessage
	Outputs  map[string]any
	Done     bool
}

// continueOnce restores an execution from standard input, carries out its
// pending command, and prints the next snapshot.
func continueOnce() error {
	program, err := reference()
	if err != nil {
		return err
	}
	snapshot, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	x, err := program.Restore(snapshot)
	if err != nil {
		return err
	}
	out := handedOn{}
	switch c := x.Next().(type) {
	case *runtime.Send:
		req, err := http.NewRequest(c.Method, os.Getenv(serverVariable)+c.Target, bytes.NewReader(c.Body))
		if err != nil {
			return err
		}
		req.Header = c.Header
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		if err := x.Respond(&runtime.Response{Status: resp.StatusCode, Header: resp.Header, Body: body}); err != nil {
			return err
		}
	case *runtime.Wait:
		if err := x.Elapse(); err != nil {
			return err
		}
	case *runtime.Done:
		out.Done, out.Outputs = true, c.Result.Outputs
		if c.Err != nil {
			return c.Err
		}
	}
	x.Next()
	if out.Snapshot, err = x.Snapshot(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

func TestSnapshotInNewProcess(t *testing.T) {
	program, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	whole, driver := serve(t, 2)
	want, err := driver.Run(t.Context(), program, "cancel-and-confirm-batch", referenceInputs())
	if err != nil {
		t.Fatal(err)
	}
	pieces, driver := serve(t, 2)
	x, err := program.Begin("cancel-and-confirm-batch", referenceInputs(), driver.Settings)
	if err != nil {
		t.Fatal(err)
	}
	x.Next()
	snapshot, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	processes := 0
	for {
		processes++
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), childVariable+"=1", serverVariable+"="+driver.Servers["messageBatchesApi"])
		child.Stdin = bytes.NewReader(snapshot)
		child.Stderr = os.Stderr
		data, err := child.Output()
		if err != nil {
			t.Fatal(err)
		}
		var out handedOn
		if err := json.Unmarshal(data, &out); err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		if out.Done {
			gotJSON, _ := json.Marshal(out.Outputs)
			wantJSON, _ := json.Marshal(want.Outputs)
			if !bytes.Equal(gotJSON, wantJSON) {
				t.Errorf("outputs %s, want %s", gotJSON, wantJSON)
			}
			break
		}
		snapshot = out.Snapshot
	}
	// Five requests, two waits between the polls, and the end.
	if processes != 8 {
		t.Errorf("%d processes, want 8", processes)
	}
	if !slices.Equal(pieces.seen(), whole.seen()) {
		t.Errorf("requests in pieces:\n%v\nwhole:\n%v", pieces.seen(), whole.seen())
	}
}

func TestCancelEndsAWaitAtOnce(t *testing.T) {
	program, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	_, driver := serve(t, 1000)
	driver.LoopDelay = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	driver.OnEvent = func(e runtime.Event) {
		if _, waits := e.(*runtime.WaitStarted); waits {
			cancel()
		}
	}
	result, err := driver.Run(ctx, program, "cancel-and-confirm-batch", referenceInputs())
	var canceled *runtime.CanceledError
	if !asError(err, &canceled) || canceled.StepID != "confirmCanceled" {
		t.Fatalf("error: %v", err)
	}
	if result.Outputs["processingStatus"] != "canceling" {
		t.Errorf("outputs so far: %v", result.Outputs)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	program, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	_, driver := serve(t, 1)
	var told bytes.Buffer
	driver.OnEvent = func(e runtime.Event) {
		data, err := json.Marshal(e)
		if err != nil {
			t.Error(err)
		}
		told.Write(data)
	}
	if _, err := driver.Run(t.Context(), program, "cancel-and-confirm-batch", referenceInputs()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(told.Bytes(), []byte(`"***"`)) || bytes.Contains(told.Bytes(), []byte("secret-key")) {
		t.Errorf("the events are not masked: %s", told.Bytes())
	}
}
