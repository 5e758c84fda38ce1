package runtime

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/expr"
	"github.com/gobelin-dev/gobelin/jsonpath"
)

func embeddedCriterion(kind criterionKind, text string) *criterion {
	t := &template{parsed: expr.ParseTemplate(text, nil)}
	for _, part := range t.parsed.Parts {
		if part.Expr != nil {
			t.refs = append(t.refs, ref{text: part.Expr.Text})
		}
	}
	return &criterion{kind: kind, text: text, embedded: t}
}

// TestEmbeddedRefused has places where a value would be syntax.
func TestEmbeddedRefused(t *testing.T) {
	for _, c := range []struct {
		kind    criterionKind
		text    string
		value   any
		message string
	}{
		{regexCriterion, `a\{$inputs.s}`, "d", `behind a \`},
		{regexCriterion, `[a-{$inputs.s}]`, "z", "range"},
		{regexCriterion, `[{$inputs.s}-z]`, "a", "range"},
		{regexCriterion, `[{$inputs.s}]`, "", "empty"},
		{regexCriterion, `x{{$inputs.s}}`, int64(5), "repetition"},
		{regexCriterion, `x{2,{$inputs.s}}`, int64(5), "repetition"},
		{regexCriterion, `(?{$inputs.s})`, "i", "invalid or unsupported"},
		{regexCriterion, `(?P<{$inputs.s}>a)`, "n", "capture"},
		{regexCriterion, `[[:{$inputs.s}:]]`, "alpha", "character class"},
		{regexCriterion, `\p{{$inputs.s}}`, "L", ""},
		{xpathCriterion, `//{$inputs.s}`, "a", "not a step"},
		{xpathCriterion, `a{$inputs.s}`, int64(-5), "unexpected"},
		{xpathCriterion, `'a'{$inputs.s}`, "b", "unexpected"},
		{jsonpathCriterion, `$.a{$inputs.s}`, int64(5), ""},
		{jsonpathCriterion, `$[?@.a == 1{$inputs.s}]`, int64(-5), "behind another"},
	} {
		var values []any
		e := embeddedCriterion(c.kind, c.text)
		for range e.embedded.refs {
			values = append(values, c.value)
		}
		if _, err := e.filled(values, true); err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s with %v: %v", c.text, c.value, err)
		}
	}
	e := embeddedCriterion(jsonpathCriterion, `$[?(@.a =~ /x{$inputs.s}/)]`)
	e.dialect = jsonpath.Goessner
	if _, err := e.filled([]any{"/ || @.b == 1 || @.a =~ /"}, true); err == nil {
		t.Error("a value ended a regular expression")
	}
	e = embeddedCriterion(jsonpathCriterion, `$[?(@.a =~ /'/ && @.b == '{$inputs.s}' && @.c == {$inputs.s})]`)
	e.dialect = jsonpath.Goessner
	parsed, err := e.filled([]any{`' || 1 == 1 || '`, `'`}, true)
	if err != nil || parsed.text != `$[?(@.a =~ /'/ && @.b == '\' || 1 == 1 || \'' && @.c ==  '\'' )]` {
		t.Error(err, parsed.text)
	}
}

// FuzzEmbedded looks for a value that is more than text (C16).
func FuzzEmbedded(f *testing.F) {
	for _, s := range []string{"a", "", `'`, `"`, `\`, `\E`, `]`, `^`, `-`, `[:alpha:]`, `a|b`, `.*`, `' or '1'='1`, `' || true || '`, "{$inputs.s}", "é\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || len(s) > 100 {
			return
		}
		filled := func(kind criterionKind, text string) *criterion {
			c, err := embeddedCriterion(kind, text).filled([]any{s}, true)
			if err != nil {
				t.Fatalf("%s with %q: %v", text, s, err)
			}
			return c
		}
		for text, want := range map[string]string{
			`^{$inputs.s}$`: s, `^(?:zz|{$inputs.s})$`: s, `^{$inputs.s}{2}$`: s + s, `^\Q.*{$inputs.s}[\E$`: ".*" + s + "[", `^[]^"]{$inputs.s}$`: "]" + s,
		} {
			c := filled(regexCriterion, text)
			if !c.regex.MatchString(want) || c.regex.MatchString(want+"x") || c.regex.MatchString("x"+want) {
				t.Errorf("%s with %q is %s", text, s, c.text)
			}
		}
		if s != "" {
			c := filled(regexCriterion, `^[{$inputs.s}]$`)
			for _, r := range s + "az^]\\-:" {
				if c.regex.MatchString(string(r)) != strings.ContainsRune(s, r) {
					t.Errorf("%q in %s", r, c.text)
				}
			}
		}
		for _, text := range []string{`$[?@.a == {$inputs.s}]`, `$[?@.a == '{$inputs.s}']`, `$[?@.a == "{$inputs.s}"]`} {
			c := filled(jsonpathCriterion, text)
			for a, want := range map[string]bool{s: true, s + "x": false} {
				if got := c.jsonpath.Test([]any{map[string]any{"a": a}}, nil, true).Pass; got != want {
					t.Errorf("%s on %q: %t", c.text, a, got)
				}
			}
		}
		for _, text := range []string{`string-length({$inputs.s}) = %d`, `'\' != '\\' and string-length("{$inputs.s}") = %d`, `string-length('{$inputs.s}') = %d`} {
			if passed, err := filled(xpathCriterion, fmt.Sprintf(text, utf8.RuneCountInString(s))).xpath.Test("<a/>"); !passed || err != nil {
				t.Errorf("%s with %q: %v", text, s, err)
			}
		}
	})
}
