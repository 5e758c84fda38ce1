package program

import (
	"fmt"
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

// TestStandings says what a value is in each place.
func TestStandings(t *testing.T) {
	for _, c := range []struct {
		kind CriterionKind
		text string
		want standing
	}{
		{RegexCriterion, `^{$inputs.s}$`, asText},
		{RegexCriterion, `[{$inputs.s}]`, asText},
		{RegexCriterion, `\Qa{$inputs.s}`, asLiteral},
		{RegexCriterion, `\Qa\E{$inputs.s}`, asText},
		{RegexCriterion, `\\Q{$inputs.s}`, asText},
		{JSONPathCriterion, `$[?@.a == {$inputs.s}]`, asOperand},
		{JSONPathCriterion, `$[?@.a=={$inputs.s}&&@.b]`, asOperand},
		{JSONPathCriterion, `$[?@.a == {$inputs.s} || @.b]`, asOperand},
		{JSONPathCriterion, `$[?{$inputs.s} < @.a]`, asOperand},
		{JSONPathCriterion, `$[?@.b && {$inputs.s} != @.a]`, asOperand},
		{JSONPathCriterion, `{$inputs.s} == $.a`, asOperand},
		{JSONPathCriterion, `$[?search(@.a, {$inputs.s})]`, asOperand},
		{JSONPathCriterion, `$[{$inputs.s}]`, asOperand},
		{JSONPathCriterion, `$['a', {$inputs.s}]`, asOperand},
		{JSONPathCriterion, `$[?@.a == '{$inputs.s}']`, asLiteral},
		{JSONPathCriterion, `$[?@.a == "x\"{$inputs.s}"]`, asLiteral},
		{JSONPathCriterion, `$[?@.a == {$inputs.s}.b]`, asText},
		{JSONPathCriterion, `$[?@.a == {$inputs.s}b]`, asText},
		{JSONPathCriterion, `$.{$inputs.s}`, asText},
		{JSONPathCriterion, `$..{$inputs.s}`, asText},
		{JSONPathCriterion, `$[{$inputs.s}:]`, asText},
		{JSONPathCriterion, `$[?{$inputs.s}]`, asText},
		{JSONPathCriterion, `$[?!{$inputs.s}]`, asText},
		{JSONPathCriterion, `$[?({$inputs.s})]`, asText},
		{JSONPathCriterion, `$[?@.a && {$inputs.s}]`, asText},
		{JSONPathCriterion, `{$inputs.s}`, asText},
		{XPathCriterion, `//a = {$inputs.s}`, asOperand},
		{XPathCriterion, `//a > {$inputs.s} and b`, asOperand},
		{XPathCriterion, `//a[b > {$inputs.s}]`, asOperand},
		{XPathCriterion, `//a eq {$inputs.s}`, asOperand},
		{XPathCriterion, `2 * {$inputs.s}`, asOperand},
		{XPathCriterion, `a - {$inputs.s}`, asOperand},
		{XPathCriterion, `{$inputs.s} + 1`, asOperand},
		{XPathCriterion, `{$inputs.s} le 1`, asOperand},
		{XPathCriterion, `contains(a, {$inputs.s})`, asOperand},
		{XPathCriterion, `starts-with({$inputs.s}, a)`, asOperand},
		{XPathCriterion, `a = 'it''s {$inputs.s}'`, asLiteral},
		{XPathCriterion, `'\' = "{$inputs.s}"`, asLiteral},
		{XPathCriterion, `a (: {$inputs.s} :)`, ignored},
		{XPathCriterion, `//{$inputs.s}`, asText},
		{XPathCriterion, `a/*{$inputs.s}`, asText},
		{XPathCriterion, `a-{$inputs.s}`, asText},
		{XPathCriterion, `@{$inputs.s}`, asText},
		{XPathCriterion, `child::{$inputs.s}`, asText},
		{XPathCriterion, `a = {$inputs.s}/b`, asText},
		{XPathCriterion, `a = {$inputs.s}b`, asText},
		{XPathCriterion, `a[{$inputs.s}]`, asText},
		{XPathCriterion, `a and {$inputs.s}`, asText},
		{XPathCriterion, `a => {$inputs.s}()`, asText},
		{XPathCriterion, `count(a) {$inputs.s}`, asText},
		{XPathCriterion, `{$inputs.s}`, asText},
	} {
		if got := embeddedCriterion(c.kind, c.text).embeddings(nil)[0].standing; got != c.want {
			t.Errorf("%s: %d, want %d", c.text, got, c.want)
		}
	}
	c := embeddedCriterion(JSONPathCriterion, `$[?(@.a =~ /'/ && @.b == '{$inputs.s}' && @.c == {$inputs.s})]`)
	c.Dialect = jsonpath.Goessner
	parsed, err := c.Fill([]any{`' || 1 == 1 || '`, `'`}, true)
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
			c, err := embeddedCriterion(kind, text).Fill([]any{s}, true)
			if err != nil {
				t.Fatalf("%s with %q: %v", text, s, err)
			}
			if len(c.Shaping) > 0 {
				t.Errorf("%s is shaped by %q", text, s)
			}
			return c.Criterion
		}
		c := filled(RegexCriterion, `^\Q.*{$inputs.s}[\E$`)
		for text, want := range map[string]bool{".*" + s + "[": true, ".*" + s + "[x": false, "x.*" + s + "[": false} {
			if got, _ := c.Regex.Match(text); got != want {
				t.Errorf("%q with %q: %t for %q", c.Text, s, got, text)
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
