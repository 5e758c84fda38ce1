package link

import (
	"cmp"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/program"
)

var criterionKinds = map[string]program.CriterionKind{
	"": program.SimpleCriterion, "simple": program.SimpleCriterion, "regex": program.RegexCriterion,
	"jsonpath": program.JSONPathCriterion, "xpath": program.XPathCriterion,
}

// criterion compiles a condition.
func (l *workflowLinker) criterion(decl *arazzo.Criterion) *program.Criterion {
	c := &program.Criterion{Kind: criterionKinds[decl.Type.Type], Text: decl.Condition, Place: decl.At("condition"), Decl: decl}
	version := decl.Type.Version
	if decl.Version != "" {
		l.asPublished("criterion-version", decl.At("version"), "version belongs into the type: {type: %s, version: %s}", decl.Type.Type, decl.Version)
		l.moveVersion(decl)
		version = decl.Version
	}
	c.Version = version
	if version == program.GoessnerVersion {
		c.Dialect = jsonpath.Goessner
	}
	if _, known := criterionKinds[decl.Type.Type]; !known {
		if decl.Type.Type == "jsonpointer" { // the parser has told the others
			l.error("enum", decl.At("type"), "the type of a criterion is simple, regex, jsonpath or xpath, not %q", decl.Type.Type)
		}
		return c
	}
	if n := decl.Origin(); n != nil && (n.Get("condition") == nil || c.Kind != program.SimpleCriterion && decl.Context == "") {
		return c // the parser has told what is missing
	}
	if c.Kind == program.SimpleCriterion {
		if decl.Context != "" {
			l.warn("context-ignored", decl.At("context"), "a simple condition has no context; it is ignored")
			if _, err := expr.ParseCondition(decl.Condition); err == nil {
				l.remove(&decl.Object, "context")
			}
		}
		l.simple(c)
		return c
	}
	context := l.context(decl.Context, decl.At("context"))
	c.Context = &context
	if c.Kind == program.JSONPathCriterion {
		c.Text = strings.TrimSpace(c.Text)
	}
	if strings.Contains(c.Text, "{$") {
		c.Embedded = l.template(c.Text, c.Place, nil)
	}
	if c.Embedded == nil {
		l.parse(c)
	} else {
		l.parseEmbedded(c)
	}
	return c
}

func (l *workflowLinker) simple(c *program.Criterion) {
	condition, err := expr.ParseCondition(c.Text)
	if err != nil {
		l.syntax("condition-syntax", c.Place, "the condition does not parse", err)
		return
	}
	c.Simple = condition
	for _, form := range condition.Forms() {
		l.asPublished(string(form.Note), c.Place, "%s", noteMessages[form.Note])
		l.correct(c.Place, 0, c.Text, form.Start, form.End, form.Text)
		l.explain("write " + cmp.Or(form.Text, "it without"))
	}
	l.inCondition = true
	defer func() { l.inCondition = false }()
	for _, e := range condition.Expressions() {
		c.Refs = append(c.Refs, l.resolve(e, c.Place, false))
	}
}

// parse compiles the text of a criterion that has no embedded expressions.
func (l *workflowLinker) parse(c *program.Criterion) {
	if err := c.Compile(c.Text); err != nil {
		l.syntax("condition-syntax", c.Place, "the condition is no "+languages[c.Kind], err)
		return
	}
	if c.Kind != program.JSONPathCriterion {
		return
	}
	for _, note := range c.JSONPath.Notes() {
		place := c.Place
		if at := strings.Index(c.Text, lengthProperty); note == jsonpath.NoteLength && at >= 0 {
			place = l.inside(place, c.Text, at, at+len(lengthProperty))
		}
		l.asPublished(note, place, "%s", l.predicateMessage(note, c))
		if right := c.JSONPath.Correction(); right != "" {
			l.correct(c.Place, 0, c.Text, 0, len(c.Text), right)
		}
	}
	l.jsonpathOperands(c, c.JSONPath)
}

func (l *workflowLinker) jsonpathOperands(c *program.Criterion, parsed *jsonpath.Condition) {
	for _, text := range parsed.Operands() {
		e, err := expr.Parse(text)
		if err != nil {
			l.syntax("condition-syntax", c.Place, "an operand is no runtime expression", err)
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

// parseEmbedded tries a condition with values. A text and a number are the same
// to XPath and to regular expressions; what JSONPath allows depends on the
// value.
func (l *workflowLinker) parseEmbedded(c *program.Criterion) {
	var parsed *program.Criterion
	var err error
	for _, v := range []any{"x", int64(1)} {
		values := make([]any, len(c.Embedded.Refs))
		for i := range values {
			values[i] = v
		}
		if parsed, err = c.Filled(values, false); err == nil {
			break
		}
	}
	switch {
	case c.Kind != program.JSONPathCriterion && err != nil:
		l.syntax("condition-syntax", c.Place, "the condition is no "+languages[c.Kind], err)
	case c.Kind == program.JSONPathCriterion && err == nil:
		l.jsonpathOperands(c, parsed.JSONPath)
	}
}

const lengthProperty = ".length"

// predicateMessage says what is no JSONPath. What the whole would be stands in
// one message only.
func (l *workflowLinker) predicateMessage(note string, c *program.Criterion) string {
	message := map[string]string{
		"jsonpath-predicate": "a comparison is no JSONPath query; it is evaluated as a predicate on the context",
		"length-property":    "JSONPath has no length property; of an array or a text, it is the function length(…)",
	}[note]
	if note == jsonpath.NoteLength && !c.JSONPath.Length() {
		message = "JSONPath has no length property; the function count(…) is the number of nodes that a query selects"
	}
	right := c.JSONPath.Suggestion()
	if right == "" || note == jsonpath.NoteLength && len(c.JSONPath.Notes()) > 1 {
		return message
	}
	message += "; write " + right
	switch {
	case c.JSONPath.Correction() != "":
	case note == jsonpath.NoteLength && c.JSONPath.Length():
		message += " where an array or a text is meant"
	default:
		message += " where the context cannot be empty"
	}
	return message
}

var languages = [...]string{"simple condition", "regular expression (RE2)", "JSONPath", "XPath"}
