package check_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/runtime"
	"golang.org/x/tools/txtar"
)

// TestDiagnostics checks the documents of the archives testdata/*.txtar. Each
// file NAME.arazzo.yaml is a case; the other files are what it refers to. One
// that does not begin with "arazzo:" gets the file "head" in front. What must be
// found stands as a comment on the line where it is found,
//
//	# want: SEVERITY CODE "part of the message"
//
// any number of them one behind the other; "# want+1:" and "# want-1:" mean the
// next line and the one before. Nothing else may be found.
func TestDiagnostics(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, f := range archive.Files {
			files[f.Name] = string(f.Data)
		}
		for _, f := range archive.Files {
			title, isCase := strings.CutSuffix(f.Name, ".arazzo.yaml")
			if !isCase || strings.HasPrefix(f.Name, "called/") {
				continue
			}
			cases++
			t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar")+"/"+title, func(t *testing.T) {
				expect(t, f.Name, files)
			})
		}
	}
	t.Logf("%d cases", cases)
}

func expect(t *testing.T, name string, files map[string]string) {
	text := files[name]
	if !strings.HasPrefix(text, "arazzo:") {
		text = files["head"] + text
	}
	wanted := wants(t, text)
	for _, d := range checkText(t, name, text, files) {
		if d.File != name {
			t.Errorf("found elsewhere: %v", d)
			continue
		}
		found := false
		for i, w := range wanted {
			if w.line == d.Line && w.code == d.Code && w.severity == d.Severity.String() && strings.Contains(d.Message, w.message) {
				wanted = append(wanted[:i:i], wanted[i+1:]...)
				found = true
				break
			}
		}
		if !found {
			t.Errorf("not wanted: %v", d)
		}
	}
	for _, w := range wanted {
		t.Errorf("%s:%d: not found: %s %s %q", name, w.line, w.severity, w.code, w.message)
	}
}

// checkText checks a document that is in memory, as an editor would.
func checkText(t *testing.T, name, text string, files map[string]string) []arazzo.Diagnostic {
	t.Helper()
	doc, err := arazzo.ParseFile(name, []byte(text))
	if doc == nil {
		t.Fatal(err)
	}
	compiler := runtime.Compiler{Loader: runtime.LoaderFunc(func(_ context.Context, location string) ([]byte, error) {
		if data, ok := files[path.Clean(filepath.ToSlash(location))]; ok {
			return []byte(data), nil
		}
		return nil, fmt.Errorf("%s: %w", location, fs.ErrNotExist)
	})}
	program, err := compiler.Compile(t.Context(), doc)
	var compile *runtime.CompileError
	if err != nil && !errors.As(err, &compile) {
		t.Fatal(err)
	}
	return check.Program(program)
}

// want is a diagnostic that a comment asks for.
type want struct {
	line                    int
	severity, code, message string
}

var (
	wantComment = regexp.MustCompile(`# want([+-][0-9]+)?: (.*)$`)
	wantOne     = regexp.MustCompile(`^(error|warning|note) ([a-z0-9-]+)( "(?:[^"\\]|\\.)*")?\s*`)
)

func wants(t *testing.T, text string) (list []want) {
	for i, line := range strings.Split(text, "\n") {
		m := wantComment.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		offset, _ := strconv.Atoi(m[1])
		for rest := m[2]; rest != ""; {
			one := wantOne.FindStringSubmatch(rest)
			if one == nil {
				t.Fatalf("line %d: %q is no want", i+1, rest)
			}
			message := ""
			if one[3] != "" {
				var err error
				if message, err = strconv.Unquote(strings.TrimSpace(one[3])); err != nil {
					t.Fatalf("line %d: %v", i+1, err)
				}
			}
			list = append(list, want{i + 1 + offset, one[1], one[2], message})
			rest = rest[len(one[0]):]
		}
	}
	return list
}
