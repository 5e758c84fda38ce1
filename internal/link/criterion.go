package link

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/pattern"
	"github.com/gobelin-dev/gobelin/internal/program"
)

var criterionKinds = map[string]program.CriterionKind{
	"": program.SimpleCriterion, "simple": program.SimpleCriterion, "regex": program.RegexCriterion,
	"jsonpath": program.JSONPathCriterion, "xpath": program.XPathCriterion,
}

// criterion compiles a condition.
func (l *workflowLinker) criterion(decl *arazzo.Criterion) *program.Criterion {
	c := &program.Criterion{Kind: criterionKinds[decl.Type.Type], Text: decl.Condition, Place: decl.At("condition"), Decl: decl}
	c.Version = l.criterionVersion(decl)
	if c.Version == program.GoessnerVersion {
		c.Dialect = jsonpath.Goessner
	}
	if _, known := criterionKinds[decl.Type.Type]; !known {
		if decl.Type.Type == "jsonpointer" { // the parser has reported the others
			l.report(l.error("enum", decl.At("type"), "the type of a criterion is simple, regex, jsonpath or xpath, not %q", decl.Type.Type))
		}
		return c
	}
	if n := decl.Origin(); n.Exists() && (!n.Get("condition").Exists() || c.Kind != program.SimpleCriterion && decl.Context == "") {
		return c // the parser has reported what is missing
	}
	l.condition(c)
	if c.Kind != program.RegexCriterion {
		l.foreign(c.Text, c.Place)
		l.quoted(c)
	}
	if c.Kind == program.SimpleCriterion {
		l.simple(c)
	} else {
		l.query(c)
	}
	return c
}

// criterionVersion returns the version of a criterion's language, which is in its
// type or, as published, next to it (C15).
func (l *workflowLinker) criterionVersion(decl *arazzo.Criterion) string {
	if decl.Version == "" {
		return decl.Type.Version
	}
	l.report(l.asPublished("criterion-version", decl.At("version"), "the version belongs in the type: {type: %s, version: %s}",
		decl.Type.Type, decl.Version).moveVersion(decl))
	return decl.Version
}

// query compiles a condition on a context.
func (l *workflowLinker) query(c *program.Criterion) {
	context := l.context(c.Decl.Context, c.Decl.At("context"))
	c.Context = &context
	switch inner, wrapped := pattern.Unwrapped(c.Text); {
	case c.Kind == program.JSONPathCriterion:
		c.Text = strings.TrimSpace(c.Text)
	case c.Kind == program.RegexCriterion && wrapped:
		l.report(l.asPublished("regex-literal", c.Place, "a pattern has no slashes around it and no flags after it; write %s", inner).
			replace(c.Text, inner))
	}
	if strings.Contains(c.Text, "{$") {
		c.Embedded = l.template(c.Text, c.Place, nil)
	}
	if c.Embedded == nil {
		l.parse(c)
	} else {
		l.parseEmbedded(c)
	}
}

func (l *workflowLinker) simple(c *program.Criterion) {
	condition, err := expr.ParseCondition(c.Text)
	if c.Decl.Context != "" {
		p := l.warn("context-ignored", c.Decl.At("context"), "a simple condition has no context; it is ignored")
		if err == nil {
			p.remove(&c.Decl.Object, "context")
		}
		l.report(p)
	}
	if err != nil {
		l.broken(c, "the condition does not parse", err)
		return
	}
	c.Simple = condition
	classes := expr.StatusClasses(c.Text)
	for _, form := range condition.Forms() {
		if i := slices.IndexFunc(classes, func(sc expr.StatusClass) bool { return sc.Start < form.Start && form.End <= sc.End }); i >= 0 {
			class := classes[i]
			l.report(l.asPublished(string(form.Note), c.Place, "%s is no status code; write %s", c.Text[form.Start:form.End], class.Right).
				correct(0, c.Text, class.Start, class.End, class.Right))
			continue
		}
		p := l.asPublished(string(form.Note), c.Place, "%s", noteMessages[form.Note])
		if form.Note != expr.NoteCookie { // which has no other form
			p = p.correct(0, c.Text, form.Start, form.End, form.Text).explain("write " + cmp.Or(form.Text, "it without"))
		}
		l.report(p)
	}
	for _, e := range condition.Expressions() {
		r := l.resolve(e, c.Place) // conditions have accessors, so a dotted path is valid here
		l.report(r.problems...)
		c.Refs = append(c.Refs, r.Ref)
	}
}

// parse compiles the text of a criterion that has no embedded expressions.
func (l *workflowLinker) parse(c *program.Criterion) {
	if err := c.Compile(c.Text); err != nil {
		l.broken(c, "the condition is not "+c.Kind.Language(), err)
		return
	}
	if c.Kind == program.JSONPathCriterion {
		l.notes(c)
		l.jsonpathOperands(c, c.JSONPath)
	}
}

// notes reports what is not JSONPath, though it is accepted as published.
func (l *workflowLinker) notes(c *program.Criterion) {
	for _, note := range c.JSONPath.Notes() {
		p := l.asPublished(note, c.Place, "%s", predicateMessage(note, c))
		if at := strings.Index(c.Text, lengthProperty); note == jsonpath.NoteLength && at >= 0 {
			p.inside(c.Text, at, at+len(lengthProperty))
		}
		if right := c.JSONPath.Correction(); right != "" {
			p.replace(c.Text, right)
		}
		l.report(p)
	}
}

func (l *workflowLinker) jsonpathOperands(c *program.Criterion, parsed *jsonpath.Condition) {
	for _, text := range parsed.Operands() {
		e, err := expr.Parse(text)
		if err != nil {
			l.broken(c, "an operand is not a valid runtime expression", err)
			return
		}
		if i := strings.Index(c.Decl.Condition, text); strings.Count(c.Decl.Condition, text) == 1 {
			e.Offset = i
			for j := range e.Forms {
				e.Forms[j].Start, e.Forms[j].End = e.Forms[j].Start+i, e.Forms[j].End+i
			}
		}
		c.Refs = append(c.Refs, l.ref(e, c.Place))
	}
}

// parseEmbedded tries a condition with sample values, until one fits where it
// stands. That none does is an error only where no value is a part of the condition.
func (l *workflowLinker) parseEmbedded(c *program.Criterion) {
	var parsed program.Filled
	var err error
	for _, v := range samples {
		values := make([]any, len(c.Embedded.Refs))
		for i := range values {
			values[i] = v
		}
		if parsed, err = c.Fill(values, false); err == nil {
			break
		}
	}
	switch {
	case err == nil && c.Kind == program.JSONPathCriterion:
		if !c.Free() {
			for _, note := range parsed.JSONPath.Notes() {
				l.report(l.asPublished(note, c.Place, "%s", noteMessage(note, parsed.JSONPath)))
			}
		}
		l.jsonpathOperands(c, parsed.JSONPath)
	case err != nil && !c.Free():
		l.broken(c, "the condition is not "+c.Kind.Language(), err)
	}
}

// broken reports a condition that does not parse: it fails whenever it is decided
// (C17).
func (l *workflowLinker) broken(c *program.Criterion, what string, err error) {
	p := l.syntax("condition-syntax", c.Place, what, err)
	c.Broken = what + ": " + program.SyntaxMessage(err)
	p.tolerable = true
	l.report(p)
}

var samples = []any{"x", int64(1), "$", "@.x", "?@.x", "=="}

const lengthProperty = ".length"

// noteMessage explains what is not JSONPath.
func noteMessage(note string, parsed *jsonpath.Condition) string {
	switch {
	case note == jsonpath.NoteFunction:
		return "functions such as length(…) are of RFC 9535, not of " + program.GoessnerVersion + "; write version: rfc9535"
	case note != jsonpath.NoteLength:
		return "a comparison is not a JSONPath query; it is evaluated as a predicate on the context"
	case parsed.Length():
		return "JSONPath has no length property; for an array or a string, use the function length(…)"
	}
	return "JSONPath has no length property; the function count(…) is the number of nodes that a query selects"
}

// predicateMessage explains what is not JSONPath, and what would be. Only one of the
// messages about a condition has the whole condition as it should be.
func predicateMessage(note string, c *program.Criterion) string {
	message := noteMessage(note, c.JSONPath)
	if note == jsonpath.NoteFunction {
		return message
	}
	right := c.JSONPath.Suggestion()
	if right == "" || note == jsonpath.NoteLength && len(c.JSONPath.Notes()) > 1 {
		return message
	}
	message += "; write " + right
	switch {
	case c.JSONPath.Correction() != "":
	case note == jsonpath.NoteLength && c.JSONPath.Length():
		message += " if an array or a string is meant"
	default:
		message += " if the context cannot be empty"
	}
	return message
}
