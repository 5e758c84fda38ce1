package check_test

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/runtime"
	"golang.org/x/tools/txtar"
)

// FuzzProgram checks whatever parses: nothing may panic or hang, and each
// diagnostic has its place and says something.
func FuzzProgram(f *testing.F) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	var api string
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		head := ""
		for _, file := range archive.Files {
			text := string(file.Data)
			switch {
			case file.Name == "head":
				head = text
			case file.Name == "jobs.yaml":
				api = text
			case strings.HasSuffix(file.Name, ".arazzo.yaml") && strings.HasPrefix(text, "arazzo:"):
				f.Add(text)
			case strings.HasSuffix(file.Name, ".arazzo.yaml"):
				f.Add(head + text)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		doc, _ := arazzo.ParseFile("fuzz.arazzo.yaml", []byte(text))
		if doc == nil {
			return
		}
		compiler := runtime.Compiler{Loader: runtime.LoaderFunc(func(_ context.Context, location string) ([]byte, error) {
			if location == "jobs.yaml" {
				return []byte(api), nil
			}
			return nil, fs.ErrNotExist
		})}
		program, _ := compiler.Compile(t.Context(), doc)
		for _, d := range check.Program(program) {
			if d.Code == "" || d.Message == "" || d.File == "" {
				t.Errorf("incomplete: %+v", d)
			}
		}
	})
}
