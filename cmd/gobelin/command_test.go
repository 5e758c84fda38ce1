package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	if os.Getenv("GOBELIN_TEST_COMMAND") != "" { // by a test that needs a process of its own
		main()
	}
	testscript.Main(m, map[string]func(){"gobelin": func() {
		go bounded(time.Minute, 2<<30)
		main()
	}})
}

// bounded ends the process if it lives longer, or has more memory, than it may.
func bounded(most time.Duration, memory uint64) {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for began := time.Now(); time.Since(began) < most; time.Sleep(10 * time.Millisecond) { // between two measurements
		metrics.Read(samples)
		if has := samples[0].Value.Uint64() - samples[1].Value.Uint64(); has > memory {
			fmt.Fprintf(os.Stderr, "attacked: %d MB of memory\n", has>>20)
			os.Exit(99)
		}
	}
	fmt.Fprintf(os.Stderr, "attacked: not ended after %v\n", most)
	os.Exit(99)
}

// TestScripts runs testdata/*.txtar. Besides the usual commands, "serve N"
// starts the batch API, which takes N polls to end a canceled batch, and sets
// URL; "polled N" waits until it was polled N times. "listen" starts a server
// that records its requests in requests.txt and answers /status/N with N and
// the text of the query parameter say, and those for files in the folder served
// with the files; ?set=NAME sets a cookie, /hang never answers. "listen tls"
// speaks https, with the certificate and key of cert.pem and key.pem.
// "lines N FILE" waits until a file has N lines, "requests N" until
// requests.txt has N lines, and fails if there are more; "append FILE TEXT"
// writes to a file, "once N FILE" requires one result for each of N lines in
// it, and "code N COMMAND..." requires an exit code. "repeated FILE BEGINNING TEXT N"
// writes a file. No process of gobelin may take more than a minute, and 2 GiB (with the race
// detector; without, they are far below one).
func TestScripts(t *testing.T) { script(t, "testdata") }

// TestAttacks runs testdata/attacks/*.txtar in the same way, which takes many
// seconds: it does so only if GOBELIN_ATTACKS is set.
func TestAttacks(t *testing.T) {
	if os.Getenv("GOBELIN_ATTACKS") == "" {
		t.Skip("GOBELIN_ATTACKS is not set")
	}
	script(t, filepath.Join("testdata", "attacks"))
}

// script runs the scripts of a folder.
func script(t *testing.T, dir string) {
	t.Helper()
	var servers sync.Map // of *batchapi.Server by the script's folder
	example, err := filepath.Abs("../../examples/cancel-and-confirm/arazzo/anthropic-batch-cancel-and-confirm-workflow.yml")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: dir,
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
			"listen": func(ts *testscript.TestScript, _ bool, args []string) {
				mux := http.NewServeMux()
				mux.Handle("/", noting(ts.MkAbs("requests.txt")))
				mux.Handle("/served/", http.FileServer(http.Dir(ts.MkAbs("."))))
				server := httptest.NewUnstartedServer(mux)
				ts.Defer(server.Close)
				if len(args) == 0 {
					server.Start()
				} else {
					server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
					server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are to fail
					server.StartTLS()
					writePair(ts, server.TLS.Certificates[0])
				}
				ts.Setenv("URL", server.URL)
			},
			"polled": func(ts *testscript.TestScript, _ bool, args []string) {
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				api, _ := servers.Load(ts.Getenv("WORK"))
				until(ts, fmt.Sprintf("the server is polled %d times", want), func() bool { return api.(*batchapi.Server).Polls() >= want })
			},
			"lines": func(ts *testscript.TestScript, _ bool, args []string) {
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				until(ts, args[1]+" has so many lines", func() bool { return countIn(ts, args[1], "\n") >= want })
			},
			"requests": func(ts *testscript.TestScript, _ bool, args []string) {
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				const request = " HTTP/1.1\r\n"
				until(ts, "there are so many requests", func() bool { return countIn(ts, "requests.txt", request) >= want })
				if got := countIn(ts, "requests.txt", request); got != want {
					ts.Fatalf("%d requests, want %d", got, want)
				}
			},
			"append": func(ts *testscript.TestScript, _ bool, args []string) {
				file, err := os.OpenFile(ts.MkAbs(args[0]), os.O_APPEND|os.O_WRONLY, 0)
				ts.Check(err)
				_, err = file.WriteString(strings.ReplaceAll(args[1], `\n`, "\n"))
				ts.Check(err)
				ts.Check(file.Close())
			},
			"repeated": func(ts *testscript.TestScript, _ bool, args []string) {
				times, err := strconv.Atoi(args[3])
				ts.Check(err)
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), append([]byte(args[1]), bytes.Repeat([]byte(args[2]), times)...), 0o600))
			},
			"once": once,
			"code": func(ts *testscript.TestScript, _ bool, args []string) {
				code := 0
				if err := ts.Exec(args[1], args[2:]...); err != nil {
					var ended *exec.ExitError
					if !errors.As(err, &ended) {
						ts.Fatalf("%v", err)
					}
					code = ended.ExitCode()
				}
				if strconv.Itoa(code) != args[0] {
					ts.Fatalf("exit code %d, want %s", code, args[0])
				}
			},
		},
	})
}

// until waits for a condition.
func until(ts *testscript.TestScript, what string, holds func() bool) {
	for deadline := time.Now().Add(time.Minute); !holds(); {
		if time.Now().After(deadline) {
			ts.Fatalf("not within a minute: %s", what)
		}
		time.Sleep(time.Millisecond) // between two checks of a condition, not instead of one
	}
}

// countIn counts a text in a file, which may not exist yet.
func countIn(ts *testscript.TestScript, name, text string) int {
	data, err := os.ReadFile(ts.MkAbs(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		ts.Fatalf("%v", err)
	}
	return strings.Count(string(data), text)
}

// once requires one result for each line in a file of results.
func once(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	_, results, _ := strings.Cut(ts.ReadFile(args[1]), "\n")
	seen := map[int]int{}
	for text := range strings.Lines(results) {
		var result struct{ Line int }
		ts.Check(json.Unmarshal([]byte(text), &result))
		seen[result.Line]++
	}
	for line := 1; line <= want; line++ {
		if seen[line] != 1 {
			ts.Fatalf("line %d has %d results", line, seen[line])
		}
	}
	if len(seen) != want {
		ts.Fatalf("%d lines have results, want %d", len(seen), want)
	}
}

// noting appends each request to a file.
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
		if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
			fmt.Fprintf(out, "certificate of %s\n", r.TLS.PeerCertificates[0].Subject.Organization)
		}
		if name := r.URL.Query().Get("set"); name != "" {
			w.Header().Set("Set-Cookie", name+"=secret-0f9a; Path=/")
		}
		if r.URL.Path == "/hang" {
			<-r.Context().Done()
		}
		if status, err := strconv.Atoi(path.Base(r.URL.Path)); err == nil {
			w.WriteHeader(status)
		}
		fmt.Fprint(w, r.URL.Query().Get("say"))
	})
}

// writePair writes a certificate and its key.
func writePair(ts *testscript.TestScript, pair tls.Certificate) {
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	ts.Check(err)
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: key},
	} {
		ts.Check(os.WriteFile(ts.MkAbs(name), pem.EncodeToMemory(block), 0o600))
	}
}

func TestReadInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "in.json")
	if err := os.WriteFile(file, []byte(`{"a": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	read := newReader(t.Context(), nil)
	input := func(raw, typ string) (any, error) {
		text, err := read.value(raw)
		if err != nil {
			return nil, err
		}
		return typed(text, typ, isFile(raw))
	}
	t.Setenv("GOBELIN_TEST_VALUE", "7")
	write := func(name, text string) string {
		name = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	tests := []struct {
		raw, typ string
		want     any
		fails    bool
	}{
		{"env:GOBELIN_TEST_VALUE", "string", "7", false},
		{"env:GOBELIN_TEST_VALUE", "", int64(7), false},
		{"env:GOBELIN_TEST_NO_VALUE", "string", nil, true},
		{"env::X", "string", "env:X", false},
		{"@" + write("line", "token\r\n"), "string", "token", false},
		{"@" + write("line", "token\n"), "", "token", false},
		{"@" + write("mark", "\ufefftoken"), "string", "token", false},
		{"@" + write("utf16le", "\xff\xfe\xe4\x00b\x00"), "string", "äb", false},
		{"@" + write("utf16be", "\xfe\xff\x00\xe4\x00b"), "string", "äb", false},
		{"@" + write("bytes", "a\xff"), "string", "a\xff", false},
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
		got, err := input(test.raw, test.typ)
		if (err != nil) != test.fails || err == nil && got != test.want {
			t.Errorf("%q as %q: %v, %v", test.raw, test.typ, got, err)
		}
	}
	if got, err := input("@"+file, "object"); err != nil || got.(map[string]any)["a"] != int64(1) {
		t.Errorf("a file as an object: %v, %v", got, err)
	}
}

// endless never ends.
type endless struct{}

func (endless) Read(data []byte) (int, error) {
	clear(data)
	return len(data), nil
}

func TestStandardInputIsBounded(t *testing.T) {
	read := newReader(t.Context(), endless{})
	read.most = 2 << 20
	_, err := read.distribute("-", nil, nil)
	if err == nil || !strings.Contains(err.Error(), "larger than 2 MiB") {
		t.Errorf("%v, want larger than 2 MiB", err)
	}
}
