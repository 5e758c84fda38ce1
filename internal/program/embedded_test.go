package program

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
)

func embeddedCriterion(kind CriterionKind, text string) *Criterion {
	t := &Template{Parsed: expr.ParseTemplate(text, nil)}
	for _, part := range t.Parsed.Parts {
		if part.Expr != nil {
			t.Refs = append(t.Refs, Ref{Text: part.Expr.Text})
		}
	}
	return &Criterion{Kind: kind, Text: text, Embedded: t}
}

// TestEmbeddedRefused has places where a value would be syntax.
func TestEmbeddedRefused(t *testing.T) {
	for _, c := range []struct {
		kind    CriterionKind
		text    string
		value   any
		message string
	}{
		{RegexCriterion, `a\{$inputs.s}`, "d", `follow a \`},
		{RegexCriterion, `[a-{$inputs.s}]`, "z", "range"},
		{RegexCriterion, `[{$inputs.s}-z]`, "a", "range"},
		{RegexCriterion, `[{$inputs.s}]`, "", "empty"},
		{RegexCriterion, `x{{$inputs.s}}`, int64(5), "repetition"},
		{RegexCriterion, `x{2,{$inputs.s}}`, int64(5), "repetition"},
		{RegexCriterion, `(?{$inputs.s})`, "i", "invalid or unsupported"},
		{RegexCriterion, `(?P<{$inputs.s}>a)`, "n", "capture"},
		{RegexCriterion, `[[:{$inputs.s}:]]`, "alpha", "character class"},
		{RegexCriterion, `\p{{$inputs.s}}`, "L", ""},
		{XPathCriterion, `//{$inputs.s}`, "a", "not a step"},
		{XPathCriterion, `a{$inputs.s}`, int64(-5), "unexpected"},
		{XPathCriterion, `'a'{$inputs.s}`, "b", "unexpected"},
		{JSONPathCriterion, `$.a{$inputs.s}`, int64(5), ""},
		{JSONPathCriterion, `$[?@.a == 1{$inputs.s}]`, int64(-5), "follow another"},
	} {
		var values []any
		e := embeddedCriterion(c.kind, c.text)
		for range e.Embedded.Refs {
			values = append(values, c.value)
		}
		if _, err := e.Filled(values, true); err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s with %v: %v", c.text, c.value, err)
		}
	}
	e := embeddedCriterion(JSONPathCriterion, `$[?(@.a =~ /x{$inputs.s}/)]`)
	e.Dialect = jsonpath.Goessner
	if _, err := e.Filled([]any{"/ || @.b == 1 || @.a =~ /"}, true); err == nil {
		t.Error("a value ended a regular expression")
	}
	e = embeddedCriterion(JSONPathCriterion, `$[?(@.a =~ /'/ && @.b == '{$inputs.s}' && @.c == {$inputs.s})]`)
	e.Dialect = jsonpath.Goessner
	parsed, err := e.Filled([]any{`' || 1 == 1 || '`, `'`}, true)
	if err != nil || parsed.Text != `$[?(@.a =~ /'/ && @.b == '\' || 1 == 1 || \'' && @.c ==  '\'' )]` {
		t.Error(err, parsed.Text)
	}
}

// FuzzEmbedded looks for a value that is more than text (C16).
func FuzzEmbedded(f *testing.F) {
	for _, s := range []string{"a", "", `'`, `"`, `\`, `\E`, `]`, `^`, `-`, `[:alpha:]`, `a|b`, `.*`, `' or '1'='1`, `' || true || '`,
		"{$inputs.s}", "é\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || len(s) > 100 {
			return
		}
		filled := func(kind CriterionKind, text string) *Criterion {
			c, err := embeddedCriterion(kind, text).Filled([]any{s}, true)
			if err != nil {
				t.Fatalf("%s with %q: %v", text, s, err)
			}
			return c
		}
		for text, want := range map[string]string{
			`^{$inputs.s}$`: s, `^(?:zz|{$inputs.s})$`: s, `^{$inputs.s}{2}$`: s + s, `^\Q.*{$inputs.s}[\E$`: ".*" + s +
				"[", `^[]^"]{$inputs.s}$`: "]" + s,
		} {
			c := filled(RegexCriterion, text)
			if !c.Regex.MatchString(want) || c.Regex.MatchString(want+"x") || c.Regex.MatchString("x"+want) {
				t.Errorf("%s with %q is %s", text, s, c.Text)
			}
		}
		if s != "" {
			c := filled(RegexCriterion, `^[{$inputs.s}]$`)
			for _, r := range s + "az^]\\-:" {
				if c.Regex.MatchString(string(r)) != strings.ContainsRune(s, r) {
					t.Errorf("%q in %s", r, c.Text)
				}
			}
		}
		for _, text := range []string{`$[?@.a == {$inputs.s}]`, `$[?@.a == '{$inputs.s}']`, `$[?@.a == "{$inputs.s}"]`} {
			c := filled(JSONPathCriterion, text)
			for a, want := range map[string]bool{s: true, s + "x": false} {
				if got := c.JSONPath.Test([]any{map[string]any{"a": a}}, nil, true).Pass; got != want {
					t.Errorf("%s on %q: %t", c.Text, a, got)
				}
			}
		}
		for _, text := range []string{`string-length({$inputs.s}) = %d`, `'\' != '\\' and string-length("{$inputs.s}") = %d`,
			`string-length('{$inputs.s}') = %d`} {
			if passed, err := filled(XPathCriterion, fmt.Sprintf(text, utf8.RuneCountInString(s))).XPath.Test("<a/>"); !passed || err != nil {
				t.Errorf("%s with %q: %v", text, s, err)
			}
		}
	})
}
