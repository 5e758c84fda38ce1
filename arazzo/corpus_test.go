package arazzo_test

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/shared"
)

// What docs/corpus.md says of the corpus.
const (
	corpusDocuments = 1033
	corpusRefused   = 28
)

// TestCorpus parses every published document of the corpus, and writes and
// parses again those that parse: nothing may change.
func TestCorpus(t *testing.T) {
	documents, refused := 0, 0
	for name, data := range corpus(t) {
		documents++
		doc, err := arazzo.ParseFile(name, data)
		if err != nil {
			refused++
			t.Logf("refused: %v", err)
			continue
		}
		text, err := doc.YAML()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for form, written := range map[string][]byte{"YAML": text, "JSON": doc.JSON()} {
			again, err := arazzo.ParseFile(name, written)
			if err != nil || !again.Origin().Equal(doc.Origin()) {
				t.Errorf("%s: written as %s it is another document: %v", name, form, err)
			}
		}
	}
	if documents != corpusDocuments || refused != corpusRefused {
		t.Errorf("%d documents, %d refused; docs/corpus.md says %d and %d", documents, refused, corpusDocuments, corpusRefused)
	}
}

// corpus reads the Arazzo documents of the corpus: those that its manifest
// lists.
func corpus(t *testing.T) map[string][]byte {
	file, err := os.Open(shared.Path(t, "corpus.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	all, listed := map[string][]byte{}, map[string][]byte{}
	archive := tar.NewReader(unzipped)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(header.Name, "corpus/")
		if header.Typeflag != tar.TypeReg || strings.Contains(name, "/openapi/") {
			continue
		}
		if all[name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
	lines := bufio.NewScanner(strings.NewReader(string(all["manifest.tsv"])))
	lines.Scan() // the head
	for lines.Scan() {
		name, _, _ := strings.Cut(lines.Text(), "\t")
		data, ok := all[name]
		if !ok {
			t.Fatalf("the corpus has no %s", name)
		}
		listed[name] = data
	}
	return listed
}
