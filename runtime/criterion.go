package runtime

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

var criterionKinds = map[string]criterionKind{
	"": simpleCriterion, "simple": simpleCriterion, "regex": regexCriterion,
	"jsonpath": jsonpathCriterion, "xpath": xpathCriterion,
}

const goessnerVersion = "draft-goessner-dispatch-jsonpath-00"

// criterion compiles a condition.
func (l *workflowLinker) criterion(decl *arazzo.Criterion) *criterion {
	c := &criterion{kind: criterionKinds[decl.Type.Type], text: decl.Condition, place: decl.At("condition"), decl: decl}
	version := decl.Type.Version
	if decl.Version != "" {
		l.asPublished("criterion-version", decl.At("version"), "version belongs into the type: {type: %s, version: %s}", decl.Type.Type, decl.Version)
		l.moveVersion(decl)
		version = decl.Version
	}
	c.version = version
	if version == goessnerVersion {
		c.dialect = jsonpath.Goessner
	}
	if _, known := criterionKinds[decl.Type.Type]; !known {
		if decl.Type.Type == "jsonpointer" { // the parser has told the others
			l.error("enum", decl.At("type"), "the type of a criterion is simple, regex, jsonpath or xpath, not %q", decl.Type.Type)
		}
		return c
	}
	if n := decl.Origin(); n != nil && (n.Get("condition") == nil || c.kind != simpleCriterion && decl.Context == "") {
		return c // the parser has told what is missing
	}
	if c.kind == simpleCriterion {
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
	c.context = &context
	if c.kind == jsonpathCriterion {
		c.text = strings.TrimSpace(c.text)
	}
	if strings.Contains(c.text, "{$") {
		c.embedded = l.template(c.text, c.place, nil)
	}
	if c.embedded == nil {
		l.parse(c)
	} else {
		l.parseEmbedded(c)
	}
	return c
}

func (l *workflowLinker) simple(c *criterion) {
	condition, err := expr.ParseCondition(c.text)
	if err != nil {
		l.syntax("condition-syntax", c.place, "the condition does not parse", err)
		return
	}
	c.simple = condition
	for _, form := range condition.Forms() {
		l.asPublished(string(form.Note), c.place, "%s", noteMessages[form.Note])
		l.correct(c.place, 0, c.text, form.Start, form.End, form.Text)
		l.explain("write " + or(form.Text, "it without"))
	}
	l.inCondition = true
	defer func() { l.inCondition = false }()
	for _, e := range condition.Expressions() {
		c.refs = append(c.refs, l.resolve(e, c.place, false))
	}
}

// parse compiles the text of a criterion that has no embedded expressions.
func (l *workflowLinker) parse(c *criterion) {
	if err := c.compile(c.text); err != nil {
		l.syntax("condition-syntax", c.place, "the condition is no "+languages[c.kind], err)
		return
	}
	if c.kind != jsonpathCriterion {
		return
	}
	for _, note := range c.jsonpath.Notes() {
		place := c.place
		if at := strings.Index(c.text, lengthProperty); note == jsonpath.NoteLength && at >= 0 {
			place = l.inside(place, c.text, at, at+len(lengthProperty))
		}
		l.asPublished(note, place, "%s", l.predicateMessage(note, c))
		if right := c.jsonpath.Correction(); right != "" {
			l.correct(c.place, 0, c.text, 0, len(c.text), right)
		}
	}
	l.jsonpathOperands(c, c.jsonpath)
}

func (l *workflowLinker) jsonpathOperands(c *criterion, parsed *jsonpath.Condition) {
	for _, text := range parsed.Operands() {
		e, err := expr.Parse(text)
		if err != nil {
			l.syntax("condition-syntax", c.place, "an operand is no runtime expression", err)
			return
		}
		if i := strings.Index(c.decl.Condition, text); strings.Count(c.decl.Condition, text) == 1 {
			e.Offset = i
			for j := range e.Forms {
				e.Forms[j].Start, e.Forms[j].End = e.Forms[j].Start+i, e.Forms[j].End+i
			}
		}
		c.refs = append(c.refs, l.ref(e, c.place))
	}
}

// parseEmbedded tries a condition with values. A text and a number are the same
// to XPath and to regular expressions; what JSONPath allows depends on the
// value.
func (l *workflowLinker) parseEmbedded(c *criterion) {
	var parsed *criterion
	var err error
	for _, v := range []any{"x", int64(1)} {
		values := make([]any, len(c.embedded.refs))
		for i := range values {
			values[i] = v
		}
		if parsed, err = c.filled(values, false); err == nil {
			break
		}
	}
	switch {
	case c.kind != jsonpathCriterion && err != nil:
		l.syntax("condition-syntax", c.place, "the condition is no "+languages[c.kind], err)
	case c.kind == jsonpathCriterion && err == nil:
		l.jsonpathOperands(c, parsed.jsonpath)
	}
}

const lengthProperty = ".length"

// predicateMessage says what is no JSONPath. What the whole would be stands in
// one message only.
func (l *workflowLinker) predicateMessage(note string, c *criterion) string {
	message := map[string]string{
		"jsonpath-predicate": "a comparison is no JSONPath query; it is evaluated as a predicate on the context",
		"length-property":    "JSONPath has no length property; of an array or a text, it is the function length(…)",
	}[note]
	if note == jsonpath.NoteLength && !c.jsonpath.Length() {
		message = "JSONPath has no length property; the function count(…) is the number of nodes that a query selects"
	}
	right := c.jsonpath.Suggestion()
	if right == "" || note == jsonpath.NoteLength && len(c.jsonpath.Notes()) > 1 {
		return message
	}
	message += "; write " + right
	switch {
	case c.jsonpath.Correction() != "":
	case note == jsonpath.NoteLength && c.jsonpath.Length():
		message += " where an array or a text is meant"
	default:
		message += " where the context cannot be empty"
	}
	return message
}

var languages = [...]string{"simple condition", "regular expression (RE2)", "JSONPath", "XPath"}

// compile parses text as the criterion's language.
func (c *criterion) compile(text string) (err error) {
	switch c.kind {
	case regexCriterion:
		c.regex, err = regexp.Compile(text)
	case jsonpathCriterion:
		c.jsonpath, err = jsonpath.ParseCondition(text, c.dialect)
	case xpathCriterion:
		c.xpath, err = xpath.CompileVersion(text, c.version)
	}
	return err
}

// operandList gathers the operands of a criterion for its event; nil when
// nobody listens.
type operandList []Operand

func (x *Execution) tell(l *operandList, r *ref, v any, ok bool) {
	if l != nil {
		*l = append(*l, Operand{Text: r.text, Value: x.shownOperand(r, v), Missing: !ok})
	}
}

// verdict is how a criterion was decided.
type verdict struct {
	passed bool
	reason string
}

// passes reports whether all criteria pass, and tells each evaluation. action
// names the action that they belong to.
func (x *Execution) passes(f *frame, action string, criteria []*criterion) (bool, string) {
	for _, c := range criteria {
		var operands *operandList
		if x.listener != nil {
			operands = new(operandList)
		}
		v := x.evaluate(f, c, operands)
		if x.listener != nil {
			x.emit(&CriterionEvaluated{At: x.where(f), Action: action, Condition: c.text, Type: criterionNames[c.kind],
				Operands: *operands, Passed: v.passed, Reason: v.reason})
		}
		if !v.passed {
			reason := "the criterion " + c.text + " is not met"
			if v.reason != "" {
				reason += ": " + v.reason
			}
			return false, reason
		}
	}
	return true, ""
}

func (x *Execution) evaluate(f *frame, c *criterion, operands *operandList) verdict {
	if c.kind == simpleCriterion {
		return x.evaluateSimple(f, c, operands)
	}
	if c.slots != nil && x.listener == nil && f.Exchange.scan() && f.Exchange.compound {
		return x.evaluatePlaces(f, c)
	}
	context, ok := x.value(f, c.context)
	x.tell(operands, &c.context.ref, context, ok)
	if !ok || context == nil {
		return verdict{reason: "the context " + c.context.ref.text + " is missing"}
	}
	if c.embedded != nil {
		parsed, err := x.substitute(f, c, operands)
		if err != nil {
			x.learnAnswer(f)
			return verdict{reason: x.secrets.Text(syntaxMessage(err))}
		}
		c = parsed
	}
	switch c.kind {
	case regexCriterion:
		return verdict{passed: c.regex.MatchString(value.Text(context))}
	case xpathCriterion:
		passed, err := c.xpath.Test(value.Text(context))
		if err != nil {
			x.learnAnswer(f)
			return verdict{reason: x.secrets.Text(err.Error())}
		}
		return verdict{passed: passed}
	}
	return x.evaluateJSONPath(f, c, context, operands)
}

func (x *Execution) evaluateSimple(f *frame, c *criterion, operands *operandList) verdict {
	passed := c.simple.Eval(func(i int) (any, bool) {
		v, ok := x.look(f, &c.refs[i])
		x.tell(operands, &c.refs[i], v, ok)
		if !ok {
			x.missing(f, c.refs[i].text, c.place)
		}
		return v, ok
	})
	return verdict{passed: passed, reason: x.operandReason(f, passed, c.refs)}
}

// operandReason tells the operands of a condition that is not met: they are
// what its reader wants to see.
func (x *Execution) operandReason(f *frame, passed bool, refs []ref) string {
	if passed {
		return ""
	}
	x.learnAnswer(f)
	var parts []string
	for i := range refs {
		if refs[i].kind == constantRef {
			continue
		}
		text := "missing"
		if v, ok := x.look(f, &refs[i]); ok {
			text = shorten(string(value.AppendJSON(nil, x.shownOperand(&refs[i], v))))
		}
		parts = append(parts, refs[i].text+" is "+text)
	}
	return strings.Join(parts, ", ")
}

const shortest = 80

// shorten cuts a text that is too long for a message.
func shorten(s string) string {
	if runes := []rune(s); len(runes) > shortest {
		return string(runes[:shortest]) + "…"
	}
	return s
}

func (x *Execution) evaluateJSONPath(f *frame, c *criterion, context any, operands *operandList) verdict {
	if _, isText := context.(string); isText && f.Exchange != nil && f.Exchange.Note != "" {
		return verdict{reason: f.Exchange.Note}
	}
	outcome := c.jsonpath.Test(context, func(i int) (any, bool) {
		v, ok := x.look(f, &c.refs[i])
		x.tell(operands, &c.refs[i], v, ok)
		return v, ok
	}, x.program.strict)
	if outcome.RootFilter {
		x.raise(f, "jsonpath-root-filter", c.place, fmt.Sprintf(
			"%s filters the children of the root; it was tried on the root itself", x.secrets.Text(c.text)))
	}
	return verdict{passed: outcome.Pass}
}

// evaluatePlaces decides a condition on the places that it reads, without the
// rest of its context.
func (x *Execution) evaluatePlaces(f *frame, c *criterion) verdict {
	return verdict{passed: c.jsonpath.TestPlaces(func(i int) (any, bool) {
		found := f.Exchange.found[c.slots[i]]
		return found.V, found.OK
	}, func(i int) (any, bool) { return x.look(f, &c.refs[i]) })}
}
