package link

import (
	"regexp"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// Other tools put values into texts in ways of their own; Arazzo sends these texts as
// they are. A form here is one of them, with the name of the value in its group.
var placeholders = []*regexp.Regexp{
	regexp.MustCompile(`\{\{\s*(\$?[A-Za-z_][\w.\-#/]*)\s*(?:\(\s*\)|\|[^{}]*)?\s*\}\}`), // {{x}}
	regexp.MustCompile(`\$\{\s*([A-Za-z_][\w.\-#/]*)\s*(?::[^{}]*)?\}`),                  // ${x}, ${x:default}
	regexp.MustCompile(`\{((?:inputs|steps|workflows|outputs|response|request|components)\.[\w.\-#/\[\]]+|statusCode)\}`),
	regexp.MustCompile(`^(\$(?:env|ENV|processEnv|process\.env|secrets|vars|faker|datetime|file)[.(\[{].+)$`),
	regexp.MustCompile(`^(\$(?:guid|uuid|randomUUID|random[A-Z]\w*|timestamp|isoTimestamp|now|datetime)(?:\(\s*\))?)$`),
}

var wordStart = regexp.MustCompile(`^\w[\w.\-]*`)

// quotedExpression is a string of a condition that has the form of an expression.
var quotedExpression = regexp.MustCompile(`'(\$[A-Za-z]+[\w.\-#/]*)'|"(\$[A-Za-z]+[\w.\-#/]*)"`)

// quoted reports the strings in a condition that are expressions: they are text.
func (l *workflowLinker) quoted(c *program.Criterion) {
	for _, m := range quotedExpression.FindAllStringSubmatchIndex(c.Text, -1) {
		found := c.Text[m[0]:m[1]]
		inner := found[1 : len(found)-1]
		e, err := expr.Parse(inner)
		if err != nil || !l.declared(e) {
			continue
		}
		right := inner
		if c.Kind != program.SimpleCriterion {
			right = found[:1] + "{" + inner + "}" + found[:1]
		}
		l.report(l.warn("quoted-expression", c.Place, "%s is the text, not the value of the expression; write %s", found, right).
			focus(m[0], found))
	}
}

// unclosed is an embedded expression without its end.
var unclosed = regexp.MustCompile(`\{(\$[A-Za-z]+[\w.\-#/]*)[^{}\w]*$`)

// foreign reports what is meant as a value, and is text. In a regular expression
// braces have a meaning.
func (l *workflowLinker) foreign(s string, at arazzo.Position) {
	if !strings.ContainsAny(s, "{$") {
		return
	}
	told := 0 // where the last one ends: a form may be inside of another
	for _, form := range placeholders {
		for _, m := range form.FindAllStringSubmatchIndex(s, -1) {
			if m[0] >= told {
				l.reportPlaceholder(s, m[0], m[1], s[m[2]:m[3]], at)
				told = m[1]
			}
		}
	}
	if m := unclosed.FindStringSubmatchIndex(s); m != nil {
		if e, err := expr.Parse(s[m[2]:m[3]]); err == nil && l.declared(e) {
			l.report(l.warn("foreign-placeholder", at, "%s has no } and is used as text; write {%s}", s[m[0]:m[3]], e.Text).
				focus(m[0], s[m[0]:m[3]]))
		}
	}
}

func (l *workflowLinker) reportPlaceholder(s string, start, end int, name string, at arazzo.Position) {
	found := s[start:end]
	e, err := expr.Parse("$" + strings.TrimPrefix(name, "$"))
	switch {
	case err == nil && l.declared(e):
		l.report(l.warn("foreign-placeholder", at, "%s is used as text; write {%s}", found, e.Text).focus(start, found))
	case err == nil:
		l.report(l.warn("foreign-placeholder", at, "%s is used as text; an expression in a text is {%s}", found, e.Text).focus(start, found))
	default:
		whole := wordStart.FindString(strings.TrimPrefix(name, "$"))
		last := whole[strings.LastIndexByte(whole, '.')+1:]
		right := "a value from outside is an input, such as {$inputs." + last + "}"
		if l.inputs.has(last) {
			right = "write {$inputs." + last + "}"
		}
		l.report(l.warn("foreign-placeholder", at, "%s is used as text: Arazzo has no such form; %s", found, right).focus(start, found))
	}
}
