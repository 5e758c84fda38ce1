package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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

// hostile has a stepId, an output and a summary that a terminal would
// interpret.
const hostile = `
arazzo: 1.0.1
info: {title: t, version: "1"}
sourceDescriptions: [{name: api, url: api.yaml}]
workflows:
- workflowId: w
  summary: "\e]0;owned\a"
  inputs: {type: object, properties: {text: {type: string}, n: {type: integer}}}
  steps:
  - stepId: "s\e[2J"
    operationId: get
  outputs: {text: $inputs.text}
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
	for name, text := range map[string]string{"w.yaml": hostile, "api.yaml": hostileAPI, "in.jsonl": strings.Repeat(`{"n": 1}`+"\n", 300)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "w.yaml"), filepath.Join(dir, "in.jsonl")
}

// The text of documents and servers has no control sequences on a terminal.
func TestTerminalIsNotCommanded(t *testing.T) {
	document, _ := hostileDocument(t)
	text := "x\x1b]0;owned\a\r\nw succeeded\u009b31m\u202e"
	for _, args := range [][]string{
		{"run", document, "-i", "text=" + text},
		{"run", document, "-i", "text=" + text, "-o", "json"},
		{"run", document, "--all", "-i", "text=" + text},
		{"run", document, "--all", "-i", "text=" + text, "-o", "json"},
		{"run", filepath.Dir(document), "-i", "text=" + text},
		{"show", document},
		{"show", document, "-o", "json"},
		{"check", document},
		{"check", document, "-o", "json"},
		{"run", document, "\x1b[2J"},
		{"run", "\x1b[2J"},
	} {
		for _, env := range []string{"TERM=xterm", "TERM=dumb"} {
			got := onTerminal(t, 80, []string{env}, args...)
			if got == "" {
				t.Errorf("%q: nothing is shown", args)
			}
			for _, bad := range []string{"\x1b]", "\x1b[2J", "\a", "\u009b", "\u202e", "\nw succeeded\\u"} {
				if strings.Contains(got, bad) {
					t.Errorf("%s %q: the terminal gets %q: %q", env, args, bad, got)
				}
			}
		}
	}
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
		got := onTerminal(t, 80, test.env, "run", document)
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
		got = onTerminal(t, 80, test.env, "run", document, "--each", lines)
		if live := strings.Contains(got, "\r\x1b[K"); live != test.live {
			t.Errorf("%v: a bar: %t", test.env, live)
		}
	}
}

// No result is on the line of the bar, and the bar fits the width.
func TestBarAndResults(t *testing.T) {
	document, lines := hostileDocument(t)
	const columns = 30
	got := onTerminal(t, columns, nil, "run", document, "--each", lines, "--rate", "1000/s")
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
