package tree

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/internal/shared"
	"github.com/gobelin-dev/gobelin/internal/value"
)

var everySize = flag.Bool("all", false, "compare texts of the corpus of every size")

// differ returns where two trees differ, value by value and place by place, or
// "". Unread values are read.
func differ(got, want *Node, at string) string {
	got.open()
	switch {
	case got == nil || want == nil:
		if got != want {
			return at + ": one is missing"
		}
		return ""
	case got.Err() != nil:
		return fmt.Sprintf("%s: %v", at, got.Err())
	case got.Kind != want.Kind || got.Text != want.Text || got.Line != want.Line || got.Column != want.Column:
		return fmt.Sprintf("%s: %d:%d %v %q, want %d:%d %v %q", at, got.Line, got.Column, got.Kind, got.Text, want.Line, want.Column,
			want.Kind, want.Text)
	case len(got.Items) != len(want.Items) || len(got.Members) != len(want.Members):
		return fmt.Sprintf("%s: %d items and %d members, want %d and %d", at, len(got.Items), len(got.Members), len(want.Items),
			len(want.Members))
	}
	for i := range got.Items {
		if d := differ(got.Items[i], want.Items[i], fmt.Sprintf("%s/%d", at, i)); d != "" {
			return d
		}
	}
	for i := range got.Members {
		g, w := got.Members[i], want.Members[i]
		if g.Name != w.Name || g.Line != w.Line || g.Column != w.Column {
			return fmt.Sprintf("%s: member %d:%d %q, want %d:%d %q", at, g.Line, g.Column, g.Name, w.Line, w.Column, w.Name)
		}
		if d := differ(g.Value, w.Value, at+"/"+g.Name); d != "" {
			return d
		}
	}
	return ""
}

// outlines leave different parts unread.
var outlines = map[string]*Outline{
	"whole":   whole,
	"nothing": nil,
	"level":   {},
	"levels":  {Each: &Outline{Each: &Outline{Peek: "operationId"}}},
	"named":   {Members: map[string]*Outline{"paths": {Each: &Outline{Each: &Outline{Peek: "operationId"}}}}},
}

// checkQuick compares what the quick readers accept with the full parser.
func checkQuick(t *testing.T, data []byte) (taken bool) {
	t.Helper()
	data = withoutMark(data)
	want, err := parseFull(data)
	for name, o := range outlines {
		got, quickErr := quick(data, o)
		if quickErr != nil {
			continue
		}
		taken = taken || o == whole
		if err != nil {
			tolerated := strings.Contains(err.Error(), "duplicate key") || strings.Contains(err.Error(), "is not a JSON number")
			if o == whole || !tolerated {
				t.Errorf("%s: taken, but the full parser says: %v\n%s", name, err, excerpt(data))
			}
			continue
		}
		if d := differ(got, want, ""); d != "" {
			t.Errorf("%s: %s\n%s", name, d, excerpt(data))
		}
	}
	return taken
}

func excerpt(data []byte) string { return fmt.Sprintf("%.2000q", data) }

func TestQuickReadersReadTheSame(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "quick.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range strings.Split(string(data), "\n=== ")[1:] {
		title, text, _ := strings.Cut(c, "\n")
		text = strings.NewReplacer("␍", "\r", "␉", "\t", "␃\n", "").Replace(text + "\n")
		t.Run(fmt.Sprintf("%d %s", i, title), func(t *testing.T) {
			if taken := checkQuick(t, []byte(text)); taken == strings.HasPrefix(title, "full") {
				t.Errorf("taken: %v\n%s", taken, text)
			}
		})
	}
}

// TestQuickReadersReadTheCorpus compares every text of the corpus, and counts
// those that the quick readers leave to the full parser.
func TestQuickReadersReadTheCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a corpus")
	}
	var texts, taken int
	for name, data := range shared.ReadCorpus(t).Texts() {
		if len(data) > 30_000 && !*everySize {
			continue // the comparison uses the slow parser
		}
		texts++
		if checkQuick(t, data) {
			taken++
		} else if testing.Verbose() {
			t.Log("full: ", name)
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
	t.Logf("%d of %d texts are read quickly", taken, texts)
}

func FuzzQuickReaders(f *testing.F) {
	data, err := os.ReadFile(filepath.Join("testdata", "quick.txt"))
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range strings.Split(string(data), "\n=== ")[1:] {
		_, text, _ := strings.Cut(c, "\n")
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkQuick(t, data) })
}

func TestDuplicateKeysAreToldWhereTheyAreRead(t *testing.T) {
	if !quickly {
		t.Skip("the build tag fullparsers leaves nothing to be read later")
	}
	for _, text := range []string{"a:\n  x:\n    y: 1\n    y: 2\n  z: 1\nb: 1\n", `{"a": {"x": {"y": 1, "y": 2}, "z": 1}, "b": 1}`} {
		root, err := ParseOutline([]byte(text), &Outline{Members: map[string]*Outline{"a": {}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := root.At("/a/z").Err(); err != nil || root.Get("b").Text != "1" {
			t.Error(err)
		}
		if err := root.At("/a/x").Err(); err == nil || !strings.Contains(err.Error(), `duplicate key "y"`) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestPeekedMembersAreReadWithoutTheOthers(t *testing.T) {
	if !quickly {
		t.Skip("the build tag fullparsers leaves nothing to be read later")
	}
	o := &Outline{Each: &Outline{Peek: "id"}}
	for _, text := range []string{"a:\n  x: [1]\n  id: one\nb: {id: two}\nc:\n  y: 1\n",
		`{"a": {"x": [1], "i\u0064": "one"}, "b": {"id": "two"}, "c": {"y": 1}}`} {
		root, err := ParseOutline([]byte(text), o)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, m := range root.Members {
			ids = append(ids, m.Value.Peek("id").Str())
			if m.Value.Members != nil {
				t.Errorf("%s is read", m.Name)
			}
		}
		if !slices.Equal(ids, []string{"one", "two", ""}) || root.At("/a/x/0").Text != "1" {
			t.Error(ids)
		}
	}
}

func TestSeveralReadAtOnce(t *testing.T) {
	root, err := ParseOutline([]byte("a:\n  b:\n    c: 1\n"), &Outline{Each: &Outline{}})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if root.At("/a/b/c").Text != "1" || !bytes.Contains(root.JSON(), []byte(`"c": 1`)) {
				t.Error("not read")
			}
		})
	}
	wg.Wait()
}

// TestTimeGrowsWithTheText reads texts that were slow when a position was
// counted from the beginning of its line, or a name was looked up among all
// others: a quadratic reader takes minutes.
func TestTimeGrowsWithTheText(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const n = 25_000
	var keys, block strings.Builder
	for i := range n {
		fmt.Fprintf(&keys, `,"k%d":[%d,"x"]`, i, i)
		fmt.Fprintf(&block, "k%d:\n  - {a: [%d, x]}\n", i, i)
	}
	line := keys.String()[1:]
	for name, text := range map[string]string{
		"JSON":                    "{" + line + "}",
		"JSON by the full parser": "{" + line + `,"k0":1}`,
		"block style":             block.String(),
		"flow style":              "a: {" + strings.ReplaceAll(line, ":", ": ") + "}\n",
		"blanks":                  "a:" + strings.Repeat(" ", n) + "b\n",
		"dashes":                  strings.Repeat("- ", 399) + "a\n" + strings.Repeat("# "+strings.Repeat("x", 70)+"\n", n/10),
		"quotes":                  "a: '" + strings.Repeat("''", n) + "'\n",
		"escapes":                 `a: "` + strings.Repeat(`\n`, n) + "\"\n",
		"folded lines":            "a: >\n" + strings.Repeat("  b\n", n),
		"plain lines":             "a: b\n" + strings.Repeat("  b\n", n),
	} {
		start := time.Now()
		for range 2 {
			ParseOutline([]byte(text), nil)
		}
		n, err := Parse([]byte(text))
		took := time.Since(start)
		t.Logf("%s: %d bytes, %v", name, len(text), took)
		if took > time.Minute {
			t.Errorf("%s: %v", name, took)
		} else if err == nil != (name != "JSON by the full parser") {
			t.Errorf("%s: %v, %v", name, n.Kind, err)
		}
	}
}

// description returns a description with that many operations.
func description(operations int) *Node {
	paths := map[string]any{}
	for i := range operations {
		paths[fmt.Sprintf("/items%d/{id}", i)] = map[string]any{"get": map[string]any{
			"operationId": fmt.Sprintf("getItem%d", i), "deprecated": i%2 == 0, "tags": []any{"items", "all"},
			"description": "Returns \"an item\",\nby its id: ü.",
			"parameters": []any{map[string]any{
				"name": "id", "in": "path", "required": true, "schema": map[string]any{"type": "integer", "maximum": 1e6 + 0.5},
			}},
			"responses": map[string]any{"200": map[string]any{"description": "it's the item", "x-rank": int64(i)}},
		}}
	}
	return FromValue(map[string]any{"openapi": "3.1.0", "paths": paths})
}

func BenchmarkRead(b *testing.B) {
	n := description(1000)
	yaml, err := n.YAML()
	if err != nil {
		b.Fatal(err)
	}
	texts := map[string][]byte{"JSON": n.JSON(), "compact": value.AppendJSON(nil, n.Value()), "YAML": yaml}
	for _, text := range []string{"JSON", "compact", "YAML"} {
		for _, outline := range []string{"whole", "levels", "nothing"} {
			b.Run(text+"/"+outline, func(b *testing.B) {
				b.SetBytes(int64(len(texts[text])))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := quick(texts[text], outlines[outline]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
