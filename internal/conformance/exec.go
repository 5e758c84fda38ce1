package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

const (
	execTimeout = 25 * time.Second
	longestWait = 15.0 // seconds that a case may wait in real time
	exitSkip    = 77   // an adapter's exit status: the runner cannot express the case
)

// Exec runs a case with another runner. command is a shell command in which
// {case}, {document}, {inputs}, {workflow}, {servers} and {outputs} are
// replaced: see testdata/conformance/README.md.
func Exec(ctx context.Context, c *Case, command string) Result {
	if why := c.needsMore(); why != "" {
		return c.result(NotApplicable, why)
	}
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return c.result(Failed, err.Error())
	}
	defer os.RemoveAll(dir)
	j := &judge{}
	c, end := j.server.open(c)
	defer end()
	j.c = c
	line, err := c.write(dir, j.server.server, command)
	if err != nil {
		return c.result(Failed, err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, execTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	output, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return c.result(Failed, fmt.Sprintf("no end after %v", execTimeout))
	case err != nil && !errors.As(err, &exit):
		return c.result(Failed, err.Error())
	case exit != nil && exit.ExitCode() == exitSkip:
		return c.result(NotApplicable, strings.TrimSpace(string(output)))
	}
	if want := c.root.Get("outcome").Str(); (want == "succeeded") != (err == nil) {
		tail := output[max(0, len(output)-400):]
		j.differ("outcome: exit status %d, want %s: …%s", cmd.ProcessState.ExitCode(), want, bytes.TrimSpace(tail))
	}
	j.requests()
	if data, err := os.ReadFile(filepath.Join(dir, "outputs.json")); err == nil {
		got, err := value.Decode(data)
		outputs, ok := got.(map[string]any)
		if err != nil || !ok {
			j.differ("outputs.json is not a JSON object: %v", err)
		} else {
			j.outputs(outputs, true)
		}
	}
	return c.result(Passed, j.differences...)
}

// needsMore returns what a case needs for which there is no command-line
// convention.
func (c *Case) needsMore() string {
	if c.root.Get("strict").True() {
		return "strict mode is gobelin's own"
	}
	if settings := c.root.Get("settings"); settings != nil {
		for _, m := range settings.Members {
			if m.Name != "loopDelay" && !(m.Name == "servers" && onlyHere(m.Value)) {
				return "the setting " + m.Name
			}
		}
	}
	if waits := c.root.Get("waits"); waits != nil {
		total := 0.0
		for _, w := range waits.Items {
			total += number(w)
		}
		if total > longestWait && c.root.Get("settings").Get("loopDelay") == nil {
			return fmt.Sprintf("waits of %v s need virtual time", total)
		}
	}
	return ""
}

// onlyHere reports whether all servers are places of the case's own server.
func onlyHere(servers *tree.Node) bool {
	for _, m := range servers.Members {
		if !strings.HasPrefix(m.Value.Str(), "{server}") {
			return false
		}
	}
	return true
}

// write puts a case's files into a folder and returns the command line for it.
func (c *Case) write(dir, server, command string) (string, error) {
	document, text, err := c.text()
	if err != nil {
		return "", err
	}
	files := map[string][]byte{document: text}
	for name, text := range c.sources() {
		if files[path.Join(c.dir, name)], err = text(); err != nil {
			return "", err
		}
	}
	if err := c.beside(files, document); err != nil {
		return "", err
	}
	inputs := []byte("{}")
	if n := c.root.Get("inputs"); n != nil {
		inputs = value.AppendJSON(nil, n.Value())
	}
	files["inputs.json"] = inputs
	for name, data := range files {
		target := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(target, data, 0o644); err != nil {
			return "", err
		}
	}
	root, err := tree.Parse(text)
	if err != nil {
		root = &tree.Node{Kind: tree.Object}
	}
	var servers []string
	if list := root.Get("sourceDescriptions"); list != nil {
		for _, s := range list.Items {
			name, address := s.Get("name").Str(), server
			if given := c.root.Get("settings").Get("servers").Get(name); given != nil {
				address = strings.ReplaceAll(given.Str(), "{server}", server)
			}
			servers = append(servers, name+"="+address)
		}
	}
	workflow := c.root.Get("workflow").Str()
	if list := root.Get("workflows"); workflow == "" && list != nil && len(list.Items) > 0 {
		workflow = list.Items[0].Get("workflowId").Str()
	}
	return strings.NewReplacer(
		"{case}", quote(c.Name),
		"{document}", quote(filepath.Join(dir, filepath.FromSlash(document))),
		"{inputs}", quote(filepath.Join(dir, "inputs.json")),
		"{workflow}", quote(workflow),
		"{servers}", quote(strings.Join(servers, " ")),
		"{outputs}", quote(filepath.Join(dir, "outputs.json")),
	).Replace(command), nil
}

// beside adds the files of the suite that a document names.
func (c *Case) beside(files map[string][]byte, document string) error {
	return fs.WalkDir(c.files, path.Dir(path.Dir(document)), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".yml") {
			return err
		}
		files[name], err = fs.ReadFile(c.files, name)
		return err
	})
}

// quote makes a text one word of the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
