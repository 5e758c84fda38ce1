package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

var shellBlock = regexp.MustCompile("(?s)```sh (build|server|client)\n(.*?)```")

// TestReadmeCommands follows the README by copying: it builds the command, starts
// the server of the example, and runs the commands for another terminal. Only the
// address and the place of the binary are others.
func TestReadmeCommands(t *testing.T) {
	if os.Getenv("GOBELIN_README") == "" {
		t.Skip("GOBELIN_README is not set: it builds two commands, which takes seconds")
	}
	if runtime.GOOS == "windows" {
		t.Skip("runs a shell")
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string]string{}
	for _, block := range shellBlock.FindAllStringSubmatch(string(readme), -1) {
		blocks[block[1]] += block[2]
	}
	binary := filepath.Join(t.TempDir(), "gobelin")
	shell := func(line string, replace ...string) *exec.Cmd {
		c := exec.CommandContext(t.Context(), "sh", "-ec", "exec "+strings.NewReplacer(replace...).Replace(strings.TrimSpace(line)))
		c.Dir = "../.."
		return c
	}
	if out, err := shell(blocks["build"], "go build", "go build -o "+binary).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	example := filepath.Join(t.TempDir(), "example")
	if out, err := shell("go build -o " + example + " ./examples/cancel-and-confirm").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const address = "127.0.0.1:8080"
	server := shell(blocks["server"], "go run ./examples/cancel-and-confirm", example, address, "127.0.0.1:0")
	stdout, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer server.Wait()
	defer server.Process.Kill()
	first, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, url, found := strings.Cut(strings.TrimSpace(first), "http://")
	if !found {
		t.Fatalf("the server begins with %q", first)
	}
	wants := []string{"workflow cancel-and-confirm-batch", "[jsonpath-predicate]", "processingStatus: ended"}
	for line := range strings.Lines(blocks["client"]) {
		out, err := shell(line, "./gobelin", binary, address, url).CombinedOutput()
		if err != nil || len(wants) == 0 || !strings.Contains(string(out), wants[0]) {
			t.Fatalf("%s: %v\n%s", strings.TrimSpace(line), err, out)
		}
		wants = wants[1:]
	}
	if len(wants) > 0 {
		t.Errorf("no command prints %q", wants)
	}
}
