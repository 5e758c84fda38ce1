package shared

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// A Corpus is the corpus of published documents, in memory.
type Corpus struct {
	Documents []CorpusDocument
	files     map[string][]byte
}

// A CorpusDocument is an Arazzo document of the corpus.
type CorpusDocument struct {
	Name     string // its path
	Base     string // the base of its relative sources; empty: its own location
	Complete bool   // all its sources are in the corpus
}

// ReadCorpus reads the corpus. If it is absent the test is treated as [Path]
// describes.
func ReadCorpus(t testing.TB) *Corpus {
	t.Helper()
	file, err := os.Open(Path(t, "corpus.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	c := &Corpus{files: map[string][]byte{}}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if c.files[strings.TrimPrefix(header.Name, "corpus/")], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
	for i, line := range strings.Split(strings.TrimSpace(string(c.files["manifest.tsv"])), "\n") {
		if cells := strings.Split(line, "\t"); i > 0 && len(cells) == 6 {
			c.Documents = append(c.Documents, CorpusDocument{cells[0], cells[1], cells[5] == "yes"})
		}
	}
	return c
}

// File returns a file of the corpus.
func (c *Corpus) File(name string) []byte { return c.files[name] }

// Load implements the Loader of package runtime.
func (c *Corpus) Load(_ context.Context, location string) ([]byte, error) {
	if data, ok := c.files[path.Clean(location)]; ok {
		return data, nil
	}
	return nil, fmt.Errorf("%s: %w", location, fs.ErrNotExist)
}

// Texts returns an iterator over the JSON and YAML files, documents and
// descriptions, by name.
func (c *Corpus) Texts() iter.Seq2[string, []byte] {
	return func(yield func(name string, data []byte) bool) {
		for _, name := range slices.Sorted(maps.Keys(c.files)) {
			if slices.Contains([]string{".json", ".yaml", ".yml"}, path.Ext(name)) && !yield(name, c.files[name]) {
				return
			}
		}
	}
}
