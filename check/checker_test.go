package check_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/runtime"
	"golang.org/x/tools/txtar"
)

// unpack writes an archive into a folder and goes there.
func unpack(t *testing.T, name string) *txtar.Archive {
	t.Helper()
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, f := range archive.Files {
		if err := os.MkdirAll(filepath.Dir(f.Name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f.Name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return archive
}

// countingLoader tells what it loads.
type countingLoader struct {
	runtime.FileLoader
	count func(location string)
}

func (c countingLoader) Load(ctx context.Context, location string) ([]byte, error) {
	c.count(location)
	return c.FileLoader.Load(ctx, location)
}

func TestFolder(t *testing.T) {
	archive := unpack(t, "testdata/folder/walk.txtar")
	var mu sync.Mutex
	loads := map[string]int{}
	last := 0
	c := &check.Checker{
		Loader: countingLoader{count: func(location string) {
			mu.Lock()
			defer mu.Unlock()
			loads[filepath.ToSlash(location)]++
		}},
		Progress: func(done, total int) {
			if done != last+1 || total != 6 {
				t.Errorf("%d of %d after %d", done, total, last)
			}
			last = done
		},
	}
	for range 2 {
		last = 0
		results, err := c.Check(t.Context(), "flows")
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, r := range results {
			fmt.Fprintln(&b, filepath.ToSlash(r.File))
			for _, d := range r.Diagnostics {
				fmt.Fprintf(&b, "  %s:%d %s %s\n", filepath.ToSlash(d.File), d.Line, d.Severity, d.Code)
			}
		}
		if want := strings.TrimSpace(string(archive.Comment)); strings.TrimSpace(b.String()) != want {
			t.Errorf("got\n%s\nwant\n%s", b.String(), want)
		}
	}
	for location, n := range loads {
		if n != 1 {
			t.Errorf("%s was loaded %d times", location, n)
		}
	}
}

func TestFolderIsCanceled(t *testing.T) {
	unpack(t, "testdata/folder/walk.txtar")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := new(check.Checker).Check(ctx, "flows"); err == nil {
		t.Error("a canceled check has no error")
	}
	if _, err := new(check.Checker).Check(t.Context(), "nowhere"); err == nil {
		t.Error("a folder that does not exist has no error")
	}
}

func TestTell(t *testing.T) {
	unpack(t, "testdata/folder/walk.txtar")
	c := &check.Checker{Tell: func(d arazzo.Diagnostic) bool { return d.Severity == arazzo.Error }}
	results, err := c.Check(t.Context(), "flows/broken.yaml", "flows/a/notes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 2 || len(results[0].Diagnostics) != 1 || len(results[1].Diagnostics) != 0 {
		t.Errorf("%+v", results)
	}
}

// A document that is called by another spelling of its place, and sources with
// encoded names in a folder above.
func TestFolderSpellings(t *testing.T) {
	unpack(t, "testdata/folder/spellings.txtar")
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	caller := "flows/a/caller.yaml"
	text, err := os.ReadFile(caller)
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.ReplaceAll(string(text), "{folder}", "file://"+filepath.ToSlash(folder)))
	if err := os.WriteFile(caller, text, 0o600); err != nil {
		t.Fatal(err)
	}
	results, err := new(check.Checker).Check(t.Context(), "flows")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range results {
		for _, d := range r.Diagnostics {
			got = append(got, filepath.Base(r.File)+" "+filepath.Base(d.File)+" "+d.Code)
		}
	}
	if want := []string{"caller.yaml caller.yaml source-elsewhere", "called.yaml called.yaml unknown-field"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBegins(t *testing.T) {
	archive := unpack(t, "testdata/folder/begins.txtar")
	files, err := check.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range files {
		found[filepath.ToSlash(f.Path)] = true
	}
	for _, f := range archive.Files {
		if want := strings.HasPrefix(f.Name, "yes/"); found[f.Name] != want {
			t.Errorf("%s begins as an Arazzo document: %v, want %v", f.Name, found[f.Name], want)
		}
	}
}
