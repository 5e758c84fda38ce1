package xpath

import (
	"fmt"
	"strings"
	"testing"
)

// TestTerm writes the terms of expressions in another way; "-" is none.
func TestTerm(t *testing.T) {
	for text, want := range map[string]string{
		"/a/b = 'x'":                          "(= a/b x)",
		"//b/@c != 3":                         "(!= ..b/@c 3)",
		"a/text() eq 'x' and not(/a/d)":       "(and (= a x) (not a/d))",
		"/p:a/p:b or count(/a/e) >= 2":        "(or a/b (>= count:a/e 2))",
		"(/a = '1' or /a = '2') and /b":       "(and (or (= a 1) (= a 2)) b)",
		"string(/a) = \"it's\" and exists(b)": "(and (= a it's) b)",
		"/a[1]":                               "-",
		"/a/*":                                "-",
		"/a + 1 = 2":                          "-",
		"contains(/a, 'x')":                   "-",
		"/a/comment()":                        "-",
		"..":                                  "-",
	} {
		e, err := CompileVersion(text, "xpath-31")
		if err != nil {
			t.Fatal(err)
		}
		got := "-"
		if term := e.Term(); term != nil {
			got = written(term)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func written(t *Term) string {
	switch {
	case t.Operator != "":
		parts := []string{t.Operator}
		for _, inner := range t.Terms {
			parts = append(parts, written(inner))
		}
		return "(" + strings.Join(parts, " ") + ")"
	case t.Path == nil:
		return fmt.Sprint(t.Literal)
	}
	text := strings.Join(t.Path, "/")
	if t.Descendant {
		text = ".." + text
	}
	if t.Count {
		text = "count:" + text
	}
	return text
}
