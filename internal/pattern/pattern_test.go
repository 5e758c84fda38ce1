package pattern

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/syntax"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// TestPatterns runs the cases of testdata/patterns.yaml. What is regular is also
// tried, with the same result.
func TestPatterns(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "patterns.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range root.Items {
		text := c.Get("pattern").Str()
		t.Run(fmt.Sprintf("line %d %s", c.Line, text), func(t *testing.T) { testPattern(t, c, text) })
	}
}

func testPattern(t *testing.T, c *tree.Node, text string) {
	p, err := Compile(text)
	if want := c.Get("error"); want != nil {
		var invalid *syntax.Error
		if !errors.As(err, &invalid) || int64(invalid.Offset) != want.Value() {
			t.Fatalf("%v, want an error at %s", err, want.Text)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if tried := p.regular == nil; tried != c.Get("tried").True() {
		t.Errorf("tried: %t", tried)
	}
	if s := c.Get("given up"); s != nil {
		if matches, err := p.Match(s.Str()); matches || err != ErrBudget {
			t.Errorf("%t, %v", matches, err)
		}
	}
	for list, want := range map[string]bool{"matches": true, "not": false} {
		texts := c.Get(list)
		if texts == nil {
			continue
		}
		for _, s := range texts.Items {
			if got, err := p.Match(s.Str()); got != want || err != nil {
				t.Errorf("%q: %t, %v", s.Str(), got, err)
			}
			tree, groups, err := parse(text)
			if err != nil {
				continue // it is RE2's
			}
			if got, _, err := newMatcher(tree, groups).match(nil, s.Str()); got != want || err != nil {
				t.Errorf("%q when it is tried: %t, %v", s.Str(), got, err)
			}
		}
	}
}

func TestUnwrapped(t *testing.T) {
	for text, want := range map[string]string{
		"/^ok$/": "^ok$", "/^ok/": "^ok", "/ok$/": "ok$", "/^ok$/i": "(?i)^ok$",
		"/ok/i": "(?i)ok", "/^a[/]b$/gims": "(?ims)^a[/]b$", `/^a\/b/u`: `^a\/b`,
		"/users/": "", "/users": "", "^/users/$": "", "/^a/b$/": "", "//i": "", "/users/me": "", "/v1/items": "", "": "", "/": "",
	} {
		if got, ok := Unwrapped(text); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %t", text, got, ok)
		}
	}
}

// FuzzMatch compares what is tried with RE2, which takes the same patterns another
// way, and looks for what does not come back.
func FuzzMatch(f *testing.F) {
	for _, s := range []string{"^(a|b)*c$|a", `\bx\B|x`, "[^a-c]{2,3}?|bcd", `(?i)aß|AẞSS`, "(?:a*)*b|aab", `(?=a)(.)\1|aa`} {
		pattern, text, _ := strings.Cut(s, "|")
		f.Add(pattern, text)
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 50 || len(text) > 50 || !utf8.ValidString(pattern) || !utf8.ValidString(text) {
			return
		}
		tree, groups, err := parse(pattern)
		if err != nil {
			return
		}
		got, _, err := newMatcher(tree, groups).match(nil, text)
		written, regular := write(tree)
		if !regular || err != nil {
			return
		}
		re, err := regexp.Compile(written)
		if err != nil {
			return // too large
		}
		if want := re.MatchString(text); got != want {
			t.Errorf("%q in %q: %t, RE2's %s: %t", pattern, text, got, written, want)
		}
	})
}
