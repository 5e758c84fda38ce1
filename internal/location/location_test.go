package location

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

func TestResolve(t *testing.T) {
	data, err := os.ReadFile("testdata/resolve.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for list, got := range map[string]func(paths, *tree.Node) (string, error){
		"rows":    func(p paths, n *tree.Node) (string, error) { return p.resolve(n.Get("base").Str(), n.Get("ref").Str()) },
		"clean":   func(p paths, n *tree.Node) (string, error) { return p.clean(n.Get("location").Str()), nil },
		"folders": func(p paths, n *tree.Node) (string, error) { return p.resolve(p.in(n.Get("folder").Str()), "o.yaml") },
	} {
		for _, row := range root.Get(list).Items {
			t.Run(fmt.Sprint("line ", row.Line), func(t *testing.T) {
				p := paths{windows: row.Get("system").Str() == "windows"}
				location, err := got(p, row)
				if message := row.Get("error").Str(); message != "" {
					if err == nil || !strings.Contains(err.Error(), message) {
						t.Errorf("%q, %v; want the error %q", location, err, message)
					}
					return
				}
				if want := row.Get("want").Str(); location != want || err != nil {
					t.Errorf("%q, %v; want %q", location, err, want)
				}
				opaque := Scheme(location) != "" && !strings.Contains(location, "://")
				if again := p.clean(location); again != location && !opaque {
					t.Errorf("%q is not canonical: %q", location, again)
				}
			})
		}
	}
}

func TestSame(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	for _, row := range []struct {
		a, b string
		same bool
	}{
		{"w.yaml", "./w.yaml", true},
		{"w.yaml", filepath.Join(folder, "w.yaml"), true},
		{"a/../w.yaml", "w.yaml", true},
		{"w.yaml", "v.yaml", false},
		{"", ".", false},
		{"https://h/w.yaml", "HTTPS://H:443/./w.yaml", true},
		{"https://h/w.yaml", "http://h/w.yaml", false},
		{"https://h/w%7E.yaml", "https://h/w~.yaml", true},
		{"urn:a:b", "urn:a:b", true},
	} {
		if Same(row.a, row.b) != row.same {
			t.Errorf("%q and %q: %v", row.a, row.b, !row.same)
		}
	}
}

func TestRelative(t *testing.T) {
	for _, row := range []struct {
		windows  bool
		ref      string
		relative bool
	}{
		{false, "o.yaml", true},
		{false, "../o.yaml#/x", true},
		{false, "/o.yaml", false},
		{false, "https://h/o.yaml", false},
		{false, "urn:a", false},
		{true, `a\o.yaml`, true},
		{true, `\o.yaml`, false},
		{true, "C:/o.yaml", false},
	} {
		if (paths{windows: row.windows}).relative(row.ref) != row.relative {
			t.Errorf("%q: %v", row.ref, !row.relative)
		}
	}
}

// FuzzResolve: what came over the network leads to no file, and what a
// reference leads to is canonical.
func FuzzResolve(f *testing.F) {
	for _, ref := range []string{"a%20b/../o.yaml", "file:///a", "//h/x", `\\h\s\x`, "C:/x", "https://h:443/./x?y", "urn:x:y", "%2e%2e/x",
		"./a:b", "%"} {
		f.Add("docs/w.yaml", ref, false)
		f.Add("https://h/a/w.yaml", ref, true)
		f.Add(`\\h\s\w.yaml`, ref, true)
	}
	f.Fuzz(func(t *testing.T, base, ref string, windows bool) {
		p := paths{windows: windows}
		base = p.clean(base)
		got, err := p.resolve(base, ref)
		if err != nil {
			return
		}
		scheme, rest := p.scheme(got)
		if from, _ := p.scheme(base); from != "" && scheme == "" {
			t.Errorf("%q from %q leads to the file %q", ref, base, got)
		}
		opaque := scheme != "" && (scheme != "http" && scheme != "https" || !strings.HasPrefix(rest, "//"))
		if again := p.clean(got); !opaque && again != got {
			t.Errorf("%q from %q is %q, which is not canonical: %q", ref, base, got, again)
		}
	})
}
