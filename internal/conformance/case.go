// Package conformance runs the cases of testdata/conformance: workflows against
// a scripted server, judged by the requests that reach it, the outcome and the
// outputs. The cases are data; testdata/conformance/README.md describes them.
package conformance

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// A Case is one file of the suite.
type Case struct {
	Name, Dir string
	root      *tree.Node
}

// fields are the members that a case may have.
var fields = []string{"title", "rulings", "document", "documentFile", "sources", "workflow", "inputs", "settings", "responses", "requests", "waits", "outcome", "error", "outputs", "diagnostics", "strict"}

// Load reads all cases below a folder, in the order of their paths.
func Load(dir string) ([]*Case, error) {
	var cases []*Case
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		root, err := tree.Parse(data)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, m := range root.Members {
			if !slices.Contains(fields, m.Name) {
				return fmt.Errorf("%s:%d: a case has no %q", path, m.Line, m.Name)
			}
		}
		name, err := filepath.Rel(dir, strings.TrimSuffix(path, ".yaml"))
		cases = append(cases, &Case{Name: filepath.ToSlash(name), Dir: filepath.Dir(path), root: root})
		return err
	})
	return cases, err
}

// document returns the text and the location of the case's document.
func (c *Case) document() (location string, text []byte, err error) {
	if file := c.root.Get("documentFile").Str(); file != "" {
		location = filepath.Join(c.Dir, filepath.FromSlash(file))
		text, err = os.ReadFile(location)
		return location, text, err
	}
	n := c.root.Get("document")
	if n.Str() != "" {
		return filepath.Join(c.Dir, "case.arazzo.yaml"), []byte(n.Str()), nil
	}
	text, err = n.YAML()
	return filepath.Join(c.Dir, "case.arazzo.yaml"), text, err
}

// source returns the text of a source description that the case holds.
func (c *Case) source(location string) ([]byte, error) {
	if sources := c.root.Get("sources"); sources != nil {
		for _, m := range sources.Members {
			if filepath.Join(c.Dir, m.Name) != location {
				continue
			}
			if m.Value.Str() != "" {
				return []byte(m.Value.Str()), nil
			}
			return m.Value.YAML()
		}
	}
	return os.ReadFile(location)
}
