package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what the command prints into testdata/failures")

// TestFailures runs the archives of testdata/failures, and compares what the terminal
// would show. The comment of an archive says what is wrong. "args" has the arguments,
// where URL is a server that answers each request with the file "reply", byte for byte,
// TLS one that speaks https, CLOSED one that does not listen. "api.yaml" of the folder
// is there unless the archive has its own. "want" is the exit code, standard output and
// standard error; -update writes it. The files are for reading: who has never seen the
// document should know what to change.
func TestFailures(t *testing.T) {
	archives, err := filepath.Glob("testdata/failures/*.txtar")
	if err != nil || len(archives) < 20 {
		t.Fatalf("%d archives, %v", len(archives), err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := printed(t, archive)
			want := file(archive, "want")
			if *update {
				*want = txtar.File{Name: "want", Data: []byte(got)}
				if err := os.WriteFile(name, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if string(want.Data) != got {
				t.Errorf("got:\n%s\nwant:\n%s", got, want.Data)
			}
		})
	}
}

// file returns a file of an archive; one that is not there is empty, and added.
func file(a *txtar.Archive, name string) *txtar.File {
	for i := range a.Files {
		if a.Files[i].Name == name {
			return &a.Files[i]
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name})
	return &a.Files[len(a.Files)-1]
}

// printed runs the command of an archive.
func printed(t *testing.T, archive *txtar.Archive) string {
	dir := t.TempDir()
	api, err := os.ReadFile("testdata/failures/api.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append([]txtar.File{{Name: "api.yaml", Data: api}}, archive.Files...) {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reply := bytes.ReplaceAll(bytes.TrimSuffix(file(archive, "reply").Data, []byte("\n")), []byte("\n"), []byte("\r\n"))
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if len(reply) == 0 { // never
			<-r.Context().Done()
			return
		}
		connection, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = connection.Write(reply)
			_ = connection.Close()
		}
	})
	server := httptest.NewServer(handler)
	secure := httptest.NewUnstartedServer(handler)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are to fail
	secure.StartTLS()
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	addresses := map[string]string{"URL": server.URL, "TLS": secure.URL, "CLOSED": "http://" + closed.Addr().String()}
	t.Cleanup(func() { server.CloseClientConnections(); server.Close(); secure.Close() })

	args := strings.Fields(string(file(archive, "args").Data))
	for i := range args {
		for name, address := range addresses {
			args[i] = strings.ReplaceAll(args[i], name, address)
		}
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), executable, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOBELIN_TEST_COMMAND=1")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	code := 0
	var ended *exec.ExitError
	if err := command.Run(); errors.As(err, &ended) {
		code = ended.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("exit code %d\n%s\n%s", code, stdout.String(), stderr.String())
	for name, address := range addresses {
		text = strings.ReplaceAll(text, strings.TrimPrefix(strings.TrimPrefix(address, "http://"), "https://"), strings.ToLower(name)+".example")
	}
	text = strings.ReplaceAll(text, dir+string(filepath.Separator), "")
	return text
}
