// Package shared finds the test data that is not part of the project: the
// specification texts, the JSONPath Compliance Test Suite, the corpus of
// published documents.
package shared

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// Path returns the path of a file of the shared test data: in the folder that
// GOBELIN_SHARED names, else in "shared" beside the checkout. Where it is
// absent the test is skipped, or fails if GOBELIN_REQUIRE_SHARED is set.
func Path(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("GOBELIN_SHARED")
	if dir == "" {
		_, file, _, _ := runtime.Caller(0)
		dir = filepath.Join(filepath.Dir(file), "..", "..", "..", "shared")
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("GOBELIN_REQUIRE_SHARED") != "" {
			t.Fatalf("the shared test data is required and absent: %v", err)
		}
		t.Skipf("SKIPPED, the shared test data is absent: %v", err)
	}
	return path
}

// CorpusTexts iterates over the JSON and YAML files of the corpus: the
// documents and the descriptions beside them.
func CorpusTexts(t testing.TB) iter.Seq2[string, []byte] {
	t.Helper()
	path := Path(t, "corpus.tar.gz")
	return func(yield func(name string, data []byte) bool) {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		unzipped, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		for archive := tar.NewReader(unzipped); ; {
			header, err := archive.Next()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains([]string{".json", ".yaml", ".yml"}, filepath.Ext(header.Name)) {
				continue
			}
			data, err := io.ReadAll(archive)
			if err != nil {
				t.Fatal(err)
			}
			if !yield(header.Name, data) {
				return
			}
		}
	}
}
