package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// TestMock serves the document of the example, and its description alone, runs the workflow
// with the flags that the mock prints, and interrupts it.
func TestMock(t *testing.T) {
	const example = "../../examples/cancel-and-confirm/"
	const document = example + "arazzo/anthropic-batch-cancel-and-confirm-workflow.yml"
	for _, served := range []string{document, "messageBatchesApi=" + example + "openapi/anthropic-message-batches-api-openapi.yml"} {
		server := command(t, "mock", served, "--addr", "127.0.0.1:0", "-v")
		out, err := server.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		var flags, printed string
		for flags == "" {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			printed += line
			_, flags, _ = strings.Cut(strings.TrimSpace(line), "for gobelin run: ")
		}
		if told := strings.Contains(printed, "1 workflow, of which 1 can succeed\n"); told != (served == document) {
			t.Errorf("%s: it prints\n%s", served, printed)
		}
		args := append([]string{"run", document, "--inputs", example + "inputs.yaml", "--loop-delay", "300ms"}, strings.Fields(flags)...)
		ran, err := command(t, args...).CombinedOutput()
		if err != nil || !strings.Contains(string(ran), "processingStatus: ended") {
			t.Errorf("%s: %v\n%s", served, err, ran)
		}
		if runtime.GOOS == "windows" { // has no signals
			server.Process.Kill()
			server.Wait()
			continue
		}
		if err := server.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(lines)
		if err != nil || !strings.Contains(string(rest), "POST /v1/messages/batches 200 createMessageBatch") {
			t.Errorf("%v\n%s", err, rest)
		}
		if err := server.Wait(); err != nil {
			t.Errorf("interrupted: %v", err)
		}
	}
}

func command(t *testing.T, args ...string) *exec.Cmd {
	c := exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Env = append(os.Environ(), "GOBELIN_TEST_COMMAND=1")
	return c
}
