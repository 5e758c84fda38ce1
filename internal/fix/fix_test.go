package fix_test

import (
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/fix"
)

// TestWrite corrects pieces of strings, however they are written.
func TestWrite(t *testing.T) {
	tests := []struct {
		name, scalar string // the summary of a document
		offset       int
		piece        string
		start, end   int
		right        string
		want         string // the scalar then; "" where there is no fix
	}{
		{"at its offset", "one two two", 8, "two", 0, 1, "T", "one two Two"},
		{"elsewhere", "one two", 0, "two", 0, 3, "three", "one three"},
		{"anywhere", "one two", fix.Anywhere, "two", 3, 3, "!", "one two!"},
		{"twice", "two one two", 1, "two", 0, 3, "three", ""},
		{"nowhere", "one", 0, "two", 0, 3, "three", ""},
		{"after its end", "one", 9, "one", 0, 3, "two", "two"},
		{"in quotes with an escape", `"a\tb two"`, fix.Anywhere, "two", 0, 3, `"`, `"a\tb \""`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := "arazzo: 1.0.1\ninfo: {title: T, version: '1'}\nx-text:\n  x: " + test.scalar + "\nsourceDescriptions: []\nworkflows: []\n"
			doc, _ := arazzo.ParseFile("w.yaml", []byte(text))
			piece, ok := fix.Find(doc, arazzo.Position{Pointer: "/x-text/x"}, test.offset, test.piece)
			if !ok {
				if test.want != "" {
					t.Fatal("not found")
				}
				return
			}
			if test.want == "" {
				t.Fatal("found")
			}
			f := piece.Write(test.start, test.end, test.right)
			if f == nil {
				t.Fatal("no fix")
			}
			e := f.Edits[0]
			fixed := text[:e.Start] + e.Text + text[e.End:]
			if want := "arazzo: 1.0.1\ninfo: {title: T, version: '1'}\nx-text:\n  x: " + test.want + "\nsourceDescriptions: [" +
				"]\nworkflows: []\n"; fixed != want {
				t.Errorf("fixed:\n%s", fixed)
			}
			if want := "write " + test.piece[:test.start] + test.right + test.piece[test.end:]; f.Message != want {
				t.Errorf("message %q, want %q", f.Message, want)
			}
		})
	}
}
