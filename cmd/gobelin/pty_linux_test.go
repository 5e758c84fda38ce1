package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/sys/unix"
)

// onTerminal runs the command with both its outputs on a terminal of a given
// width, and returns what the terminal received.
func onTerminal(t *testing.T, columns uint16, env []string, args ...string) string {
	t.Helper()
	control, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there are no terminals here: %v", err)
	}
	defer control.Close()
	if err := unix.IoctlSetPointerInt(int(control.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(control.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 25, Col: columns}); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), self, args...)
	command.Env = append(append(os.Environ(), "GOBELIN_TEST_COMMAND=1", "TERM=xterm", "CI=", "NO_COLOR="), env...)
	command.Stdout, command.Stderr = terminal, terminal
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	terminal.Close()
	var got bytes.Buffer
	_, _ = io.Copy(&got, control) // ends with an error when the command has ended
	_ = command.Wait()            // its exit code does not matter here
	return strings.ReplaceAll(got.String(), "\r\n", "\n")
}

// commands is a text that a terminal would interpret, as YAML has it: it sets the
// title, colors what follows, begins a line that looks like one of ours, and turns
// the order of what follows around.
const commands = `x\e]0;owned\a\e[31mCOLORED\r\nFORGED\x9b2J\x7f\u202e\u2028`

// hostile has it wherever a document may have a text.
const hostile = `
arazzo: 1.0.1
info: {title: "COMMANDS", version: "1"}
sourceDescriptions: [{name: api, url: api.yaml}]
workflows:
- workflowId: w
  summary: "COMMANDS"
  description: "COMMANDS"
  inputs: {type: object, properties: {text: {type: string}, n: {type: integer}, "COMMANDS": {type: string, description: "COMMANDS"}}}
  steps:
  - stepId: "COMMANDS"
    operationId: get
    description: "COMMANDS"
    successCriteria: [{condition: $statusCode == 200}, {condition: "$response.header.Say == 'COMMANDS'"}]
    outputs: {"COMMANDS": $statusCode}
    onFailure: [{name: "COMMANDS", type: goto, stepId: last, criteria: [{condition: $statusCode == 404}]}, {name: other, type: retry}]
  - {stepId: last, operationId: get}
  outputs: {text: $inputs.text, "COMMANDS": $statusCode}
- workflowId: "COMMANDS"
  steps: [{stepId: a, operationId: "COMMANDS", "COMMANDS": 1}, {stepId: b, operationId: get, successCriteria: [{condition: "COMMANDS ="}]}]
`

const hostileAPI = `
openapi: 3.1.0
info: {title: t, version: "1"}
servers: [{url: "http://127.0.0.1:1"}]
paths: {/a: {get: {operationId: get, responses: {"200": {description: ok}}}}}
`

func hostileDocument(t *testing.T) (document, lines string) {
	t.Helper()
	dir := t.TempDir()
	document = strings.ReplaceAll(hostile, "COMMANDS", commands)
	for name, text := range map[string]string{"w.yaml": document, "api.yaml": hostileAPI, "in.jsonl": strings.Repeat(`{"n": 1}`+"\n", 300)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "w.yaml"), filepath.Join(dir, "in.jsonl")
}

// The text of documents, servers and arguments commands no terminal, and makes no line
// of its own.
func TestTerminalIsNotCommanded(t *testing.T) {
	document, lines := hostileDocument(t)
	text := "x\x1b]0;owned\a\x1b[31mCOLORED\r\nFORGED\u009b2J\x7f\u202e\u2028"
	server := hostileServer(t)
	trace := filepath.Join(t.TempDir(), "trace.jsonl")
	odd := filepath.Join(t.TempDir(), strings.ReplaceAll(text, "/", ""))
	if err := os.Rename(filepath.Dir(document), odd); err != nil {
		t.Fatal(err)
	}
	document, lines = filepath.Join(odd, filepath.Base(document)), filepath.Join(odd, filepath.Base(lines))
	fromDocuments := [][]string{
		{"run", document},
		{"run", document, "u"},
		{"run", document, "w", "--source", "a=1"},
		{"run", document, "w", "-i", "text=" + text},
		{"run", document, "w", "-i", "text=" + text, "--server", server, "--max-steps", "3"},
		{"run", document, "w", "-i", "text=" + text, "--server", server + "/reset", "--max-steps", "3"},
		{"run", document, "w", "-i", "text=" + text, "--server", server + "/redirect", "--max-steps", "3"},
		{"run", document, "w", "-i", "text=" + text, "--server", server, "--max-steps", "3", "-o", "json"},
		{"run", document, "w", "-i", "text=" + text, "--server", server, "--max-steps", "3", "--trace", trace},
		{"run", document, "w", "--each", lines, "--server", server, "--max-steps", "3"},
		{"run", document, "--all", "-i", "text=" + text},
		{"run", document, "--all", "-i", "text=" + text, "-o", "json"},
		{"run", filepath.Dir(document), "-i", "text=" + text},
		{"run", document, "w", "-i", text + "=1", "-i", "n=" + text},
		{"replay", trace, document, "w"},
		{"show", document},
		{"show", document, "-o", "json"},
		{"graph", document},
		{"graph", document, "--format", "mermaid"},
		{"graph", document, "--format", "dot"},
		{"check", document},
		{"check", document, "-o", "json"},
	}
	// What the user has written is told as it is, but for control characters.
	fromArguments := [][]string{
		{"run", document, "w", "--" + text},
		{"run", document, "w", "--server", text},
		{"run", document, "w", "--server", text + "=http://127.0.0.1:1"},
		{"run", document, "w", "--credential", text + "=1"},
		{"run", document, "w", "--server-variable", text + "=1"},
		{"run", document, "w", "-H", text + "=X: 1"},
		{"run", document, "w", "--inputs", text},
		{"run", document, "w", "--source", text + "=1"},
		{"run", document, "w", "--rate", text},
		{"run", document, "w", "-o", text},
		{"run", document, "w", "--proxy", text},
		{"run", document, "w", "--timeout", text},
		{"replay", trace + text},
		{"check", "--explain", text},
		{"run", document, text},
		{"run", text},
		{text},
		{"help", text},
	}
	colors := regexp.MustCompile(`\x1b\[(?:0|[12]|3[12]|1;3[136])m`)
	for i, args := range slices.Concat(fromDocuments, fromArguments) {
		for _, env := range []string{"TERM=xterm", "TERM=dumb"} {
			got := onTerminal(t, 80, []string{env}, args...)
			if got == "" {
				t.Errorf("%q: nothing is shown", args)
			}
			plain := colors.ReplaceAllString(strings.ReplaceAll(got, clearLine, ""), "")
			for _, r := range plain {
				if r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
					t.Errorf("%s %q: the terminal gets %q: %q", env, args, r, got)
					break
				}
			}
			if strings.Contains(got, "\x1b[31mCOLORED") {
				t.Errorf("%s %q: the text is colored: %q", env, args, got)
			}
			for line := range strings.Lines(plain) {
				if i < len(fromDocuments) && strings.HasPrefix(strings.TrimLeft(line, " |"), "FORGED") {
					t.Errorf("%s %q: the text begins a line: %q", env, args, got)
				}
			}
		}
	}
}

// hostileServer answers with what a terminal would interpret: as reason, in headers and
// bodies, as the place of a redirect.
func hostileServer(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	const text = "x\x1b]0;owned\a\x1b[31mCOLORED\u009b2J\x7f\u202e\u2028"
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r, err := http.ReadRequest(bufio.NewReader(conn))
				switch {
				case err != nil:
				case strings.HasPrefix(r.URL.Path, "/reset"):
					fmt.Fprintf(conn, "HTTP/9.9 %s\r\n%[1]s: %[1]s\r\n\r\n", text)
				case strings.HasPrefix(r.URL.Path, "/redirect"):
					fmt.Fprintf(conn, "HTTP/1.1 302 %s\r\nLocation: ht%[1]stp://%[1]s/\r\nContent-Length: 0\r\n\r\n", text)
				default:
					fmt.Fprintf(conn, "HTTP/1.1 404 %s\r\nSay: %[1]s\r\nContent-Type: text/plain%[1]s\r\nContent-Length: %d\r\n\r\n%[1]s\nFORGED",
						text, len(text)+len("\nFORGED"))
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// A dumb terminal, a CI system and NO_COLOR get what they can show.
func TestTerminalKinds(t *testing.T) {
	document, lines := hostileDocument(t)
	tests := []struct {
		env         []string
		live, color bool
	}{
		{nil, true, true},
		{[]string{"NO_COLOR=1"}, true, false},
		{[]string{"TERM=dumb"}, false, false},
		{[]string{"CI=true"}, false, true},
	}
	for _, test := range tests {
		got := onTerminal(t, 80, test.env, "run", document, "w")
		if live := strings.Contains(got, "\r\x1b[K"); live != test.live {
			t.Errorf("%v: a live line: %t: %q", test.env, live, got)
		}
		if color := strings.Contains(got, "\x1b[31m✗\x1b[0m"); color != (test.live && test.color) {
			t.Errorf("%v: a red mark: %t: %q", test.env, color, got)
		}
		got = onTerminal(t, 80, test.env, "check", "--strict", document)
		if color := strings.Contains(got, "\x1b[1"); color != test.color {
			t.Errorf("%v: check in colors: %t: %q", test.env, color, got)
		}
		got = onTerminal(t, 80, test.env, "run", document, "w", "--each", lines)
		if live := strings.Contains(got, "\r\x1b[K"); live != test.live {
			t.Errorf("%v: a bar: %t", test.env, live)
		}
	}
}

// No result is on the line of the bar, and the bar fits the width.
func TestBarAndResults(t *testing.T) {
	document, lines := hostileDocument(t)
	const columns = 30
	got := onTerminal(t, columns, nil, "run", document, "w", "--each", lines, "--rate", "1000/s")
	results, bars := 0, 0
	for line := range strings.Lines(got) {
		drawn := strings.Split(strings.TrimSuffix(line, "\n"), "\r\x1b[K")
		for _, text := range drawn {
			switch {
			case strings.HasPrefix(text, "{"):
				results++
			case strings.Contains(text, "{"):
				t.Errorf("a result is printed after the bar: %q", line)
			case strings.ContainsAny(text, "█░"):
				bars++
				if n := len([]rune(text)); n >= columns {
					t.Errorf("the bar has %d columns of %d: %q", n, columns, text)
				}
			}
		}
	}
	if results != 300 || bars == 0 {
		t.Errorf("%d results and %d bars", results, bars)
	}
}
