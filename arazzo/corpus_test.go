package arazzo_test

import (
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

// corpus gives the Arazzo documents of the corpus by name.
func corpus(t *testing.T) map[string][]byte {
	t.Helper()
	c, texts := shared.ReadCorpus(t), map[string][]byte{}
	for _, d := range c.Documents {
		texts[d.Name] = c.File(d.Name)
	}
	return texts
}
