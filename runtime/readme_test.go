package runtime_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// TestReadmeProgram builds the program of the README and runs it as it says: on the
// workflow of the example, while its server is running.
func TestReadmeProgram(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program := goBlock.FindSubmatch(readme)
	if program == nil {
		t.Fatal("the README has no program")
	}
	server := httptest.NewServer(&batchapi.Server{Key: "local-key", CancelPolls: 0})
	defer server.Close()
	const address = "http://127.0.0.1:8080"
	if strings.Count(string(program[1]), address) != 1 {
		t.Fatalf("the program does not name %s once", address)
	}
	source := filepath.Join(t.TempDir(), "main.go")
	text := strings.ReplaceAll(string(program[1]), address, server.URL)
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "go", "run", source)
	run.Dir = ".."
	out, err := run.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "ended map[canceled:") {
		t.Errorf("%v\n%s", err, out)
	}
}
