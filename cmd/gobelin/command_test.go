package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gobelin": main})
}

// TestScripts runs testdata/*.txtar. Beside the usual commands, "serve N"
// starts the batch API, which takes N polls to end a canceled batch, and sets
// URL; "polled N" waits until it was polled N times. "listen" starts a server
// that notes its requests in requests.txt and answers /status/N with N.
func TestScripts(t *testing.T) {
	var servers sync.Map // of *batchapi.Server by the script's folder
	example, err := filepath.Abs("../../examples/cancel-and-confirm/arazzo/anthropic-batch-cancel-and-confirm-workflow.yml")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLE", example)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": func(ts *testscript.TestScript, _ bool, args []string) {
				polls, err := strconv.Atoi(args[0])
				ts.Check(err)
				api := &batchapi.Server{Key: "local-key", CancelPolls: polls}
				server := httptest.NewServer(api)
				ts.Defer(server.Close)
				ts.Setenv("URL", server.URL)
				servers.Store(ts.Getenv("WORK"), api)
			},
			"listen": func(ts *testscript.TestScript, _ bool, _ []string) {
				server := httptest.NewServer(noting(ts.MkAbs("requests.txt")))
				ts.Defer(server.Close)
				ts.Setenv("URL", server.URL)
			},
			"polled": func(ts *testscript.TestScript, _ bool, args []string) {
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				api, _ := servers.Load(ts.Getenv("WORK"))
				for deadline := time.Now().Add(time.Minute); api.(*batchapi.Server).Polls() < want; {
					if time.Now().After(deadline) {
						ts.Fatalf("the server was not polled %d times within a minute", want)
					}
					time.Sleep(time.Millisecond) // between two looks at a condition, not in place of one
				}
			},
		},
	})
}

// noting writes each request to the end of a file.
func noting(file string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dump, err := httputil.DumpRequest(r, true)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		out, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer out.Close()
		fmt.Fprintf(out, "%s\n", dump)
		if status, err := strconv.Atoi(path.Base(r.URL.Path)); err == nil {
			w.WriteHeader(status)
		}
	})
}

func TestReadInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "in.json")
	if err := os.WriteFile(file, []byte(`{"a": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		raw, typ string
		want     any
		fails    bool
	}{
		{"5", "string", "5", false},
		{"5", "integer", int64(5), false},
		{"5", "", int64(5), false},
		{"five", "", "five", false},
		{"five", "integer", nil, true},
		{"five", "string|null", "five", false},
		{"true", "boolean", true, false},
		{"@@x", "string", "@x", false},
		{"@" + file, "string", `{"a": 1}`, false},
		{"@" + file + ".none", "string", nil, true},
	}
	for _, test := range tests {
		got, err := readInput(test.raw, test.typ)
		if got != test.want || (err != nil) != test.fails {
			t.Errorf("%q as %q: %v, %v", test.raw, test.typ, got, err)
		}
	}
	if got, err := readInput("@"+file, "object"); err != nil || got.(map[string]any)["a"] != int64(1) {
		t.Errorf("a file as an object: %v, %v", got, err)
	}
}
