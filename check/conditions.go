package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// step judges all that a step holds.
func (t *typing) step(s *program.Step) {
	passing, failure := t.outcomes(s)
	t.successStatus(s, passing)
	success := meant(s, passing)
	at := &scope{workflow: s.Workflow, step: s, statuses: success}
	for _, c := range s.Criteria {
		t.criterion(at, c)
	}
	for o := range program.Each(s.Outputs) {
		t.lookups(at, &o.Value)
	}
	t.actions(s, success, s.OnSuccess, false)
	t.actions(s, failure, s.OnFailure, true)
	t.request(s)
}

// meant returns the codes with which a step succeeds, as far as its values are
// concerned. If criteria let pass no status that the operation declares, a finding of its own,
// and one success is declared, that is the response to be read.
func meant(s *program.Step, passing codes) codes {
	if s.Operation == nil || passing.and(success).empty() || declares(s.Operation, passing) {
		return passing
	}
	list := covers(s.Operation)
	only := -1
	for i, r := range s.Operation.Responses {
		switch {
		case !strings.HasPrefix(r.Code, "2"):
		case only >= 0:
			return passing
		default:
			only = i
		}
	}
	if only < 0 {
		return passing
	}
	return list[only]
}

// successStatus compares the status codes that the criteria let pass with those
// that the operation declares.
func (t *typing) successStatus(s *program.Step, success codes) {
	if s.Operation == nil || len(s.Criteria) == 0 {
		return
	}
	var about []*program.Criterion
	for _, c := range s.Criteria {
		if mentionsStatus(c) {
			about = append(about, c)
		}
	}
	if len(about) == 0 {
		return
	}
	if success.empty() || len(s.Operation.Responses) == 0 || declares(s.Operation, success) {
		return
	}
	last := about[len(about)-1]
	report := t.report(s.Workflow.Document, arazzo.Warning, "status-undeclared", last.Place,
		"the step succeeds only with status %s, but %s declares %s", success, label(s), declaredCodes(s.Operation))
	if n := s.Operation.Node.Get("responses"); n != nil && s.Source != nil && s.Source.Description != nil {
		report.Related = schemaPlace(schema.Place{Location: s.Source.Description.Location(), Line: n.Line, Column: n.Column},
			"the responses are declared here")
	}
}

// actions judges the actions that are tried when the step ends with one of
// some status codes.
func (t *typing) actions(s *program.Step, possible codes, list []*program.Action, failed bool) {
	for _, a := range list {
		pass, _ := t.passing(a.Criteria)
		at := &scope{workflow: s.Workflow, step: s, statuses: possible.and(pass).and(anyResponse)}
		if s.Operation != nil && at.statuses.empty() {
			continue // it is never selected
		}
		at.failed = failed && !slices.ContainsFunc(a.Criteria, mentionsStatus)
		for _, c := range a.Criteria {
			t.criterion(at, c)
		}
		for in := range program.Each(a.Inputs) {
			t.lookups(at, &in.Value)
		}
		if a.Workflow != nil && len(a.Inputs) > 0 {
			t.arguments(at, a.Workflow, a.Inputs, a.Place, false)
		}
	}
}

// criterion judges one condition.
func (t *typing) criterion(at *scope, c *program.Criterion) {
	c.All(func(r *program.Ref) { t.lookup(at, r) })
	switch {
	case c.Simple != nil:
		t.simple(at, c, c.Simple.Term())
	case c.Context == nil || c.Context.Kind != program.Reference:
	case c.Kind == program.RegexCriterion:
		t.regex(at, c)
	case c.Kind == program.JSONPathCriterion || c.Kind == program.XPathCriterion:
		if !t.foreign(at, c) && c.JSONPath != nil {
			t.jsonpath(at, c)
		}
	}
}

// foreign reports a condition in a language that the body has no use for.
func (t *typing) foreign(at *scope, c *program.Criterion) bool {
	wrong, b := t.wrongLanguage(at, &c.Context.Ref, c.Kind == program.JSONPathCriterion, c.Kind == program.XPathCriterion)
	if wrong == "" {
		return false
	}
	instead := ""
	if language := languageOf[b.form]; language != "" {
		instead = "; write one of type " + language
	}
	t.reportLanguage(at, c.Place, b, "a condition of type %s never passes here: the response %s of %s is %s (%s)%s",
		c.Kind, at.codes(), label(at.step), wrong, b.media, instead)
	return true
}

// languageOf are the types of conditions for the forms of bodies.
var languageOf = map[form]string{jsonForm: "jsonpath", xmlForm: "xpath", textForm: "regex"}

// wrongLanguage names the form of a body, as a whole, that JSONPath or XPath is
// applied to in vain, or returns "".
func (t *typing) wrongLanguage(at *scope, r *program.Ref, jsonpath, xpath bool) (form string, b body) {
	if r.Kind != program.ResponseBody || len(tokens(r)) > 0 {
		return "", body{}
	}
	f, b := t.without(at)
	switch {
	case jsonpath && (f == xmlForm || f == binaryForm || f == textForm), xpath && f == binaryForm:
		return formNames[f], b
	case xpath && f == jsonForm:
		return "JSON", b
	}
	return "", b
}

func (t *typing) reportLanguage(at *scope, place arazzo.Position, b body, format string, args ...any) {
	d := t.report(at.workflow.Document, arazzo.Warning, "criterion-language", place, format, args...)
	d.Related = responsePlace(b)
}

// regex reports a pattern that none of the listed values matches.
func (t *typing) regex(at *scope, c *program.Criterion) {
	if c.Regex == nil {
		return
	}
	context := t.reference(at, &c.Context.Ref).Type
	values, closed := context.Values()
	if !closed || len(values) == 0 || context.Kinds()&schema.String == 0 {
		return
	}
	for _, v := range values {
		if v == nil {
			continue
		}
		if matches, known := c.Regex.Matches(value.Text(v)); matches || !known {
			return
		}
	}
	place, _ := context.Place()
	d := t.report(at.workflow.Document, arazzo.Warning, "criterion-impossible", c.Place, "no possible value of %s matches %s: %s",
		c.Context.Ref.Text, c.Text, listValues(values))
	d.Related = schemaPlace(place, "its values are listed here")
}

func listValues(values []any) string {
	var texts []string
	for _, v := range values {
		if _, missing := v.(nothing); !missing && (v != nil || len(values) == 1) {
			texts = append(texts, literal(v))
		}
	}
	return listNames(texts)
}

func literal(v any) string {
	if s, ok := v.(string); ok {
		return "'" + s + "'"
	}
	return value.Text(v)
}

// side is an operand of a comparison.
type side struct {
	t       *schema.Type
	text    string
	literal bool
	status  bool
	missing bool // it may be missing, which in JSONPath is other than null
}

// simple judges the comparisons of a simple condition.
func (t *typing) simple(at *scope, c *program.Criterion, term *expr.Term) {
	switch term.Operator {
	case "":
		return
	case "||", "&&", "!":
		for _, inner := range term.Terms {
			t.simple(at, c, inner)
		}
		return
	}
	left, right := t.side(at, c, term.Terms[0]), t.side(at, c, term.Terms[1])
	t.comparison(at, c, simpleLanguage, term.Operator, left, right)
}

func (t *typing) side(at *scope, c *program.Criterion, term *expr.Term) side {
	s := side{text: term.Text, t: schema.Any()}
	switch {
	case term.Operator != "":
		s.t = schema.Kind(schema.Boolean)
	case term.Embedded:
		s.t = schema.Kind(schema.String)
	case term.Count == 0:
		s.t, s.literal = schema.Constant(term.Literal), true
	case term.First < len(c.Refs):
		r := &c.Refs[term.First]
		s.t = orMissing(t.reference(at, r), nil)
		s.status = r.Kind == program.StatusCode
	}
	return s
}

// orMissing adds what a value that can be missing counts as.
func orMissing(found schema.Found, missing any) *schema.Type {
	if found.Presence == schema.Always || !found.Type.Known() {
		return found.Type
	}
	if _, isNothing := missing.(nothing); isNothing {
		return schema.Union(found.Type, schema.Missing(missing))
	}
	return schema.Union(found.Type, schema.Constant(missing))
}

// comparison reports one that can never be true, or that compares with a
// value that is none of those listed.
func (t *typing) comparison(at *scope, c *program.Criterion, l language, operator string, left, right side) {
	if left.status || right.status {
		return // which codes can pass is a question of control flow
	}
	text := left.text + " " + operator + " " + right.text
	outcome := l.chance(operator, left.t, right.t)
	if outcome.pass && (outcome.fail || operator != "!=" || left.literal && right.literal) {
		return
	}
	if right.literal && !left.literal {
		left, right = right, left
	}
	// left is the literal, where there is one.
	verdict := "is never true"
	if outcome.pass {
		verdict = "is always true"
	}
	values, closed := right.t.Values()
	place, _ := right.t.Place()
	if left.literal && closed && right.t.Kinds()&schema.String != 0 {
		if word, ok := t.text(left); ok && (operator == "==" || operator == "!=") {
			d := t.report(at.workflow.Document, arazzo.Warning, "comparison-value", c.Place, "the comparison of %s with %s %s: its values are %s%s",
				right.text, literal(word), verdict, listValues(values), hintValue(word, values))
			d.Related = schemaPlace(place, "its values are listed here")
			t.respellWord(at, d, c, word, values)
			return
		}
	}
	if outcome.pass && right.missing && left.literal && left.t.Kinds() == schema.Null {
		d := t.report(at.workflow.Document, arazzo.Warning, "comparison-null", c.Place,
			"the comparison %s %s: %s is %s, and where it is missing, that is not null in JSONPath; %s on its own passes where it is there",
			text, verdict, right.text, describe(right.t), right.text)
		d.Related = schemaPlace(place, "its schema")
		return
	}
	if outcome.pass {
		return // that something is not null or of another type is worth no word
	}
	d := t.report(at.workflow.Document, arazzo.Warning, "comparison-type", c.Place, "the comparison %s %s: %s is %s", text, verdict,
		right.text, describe(right.t))
	if !left.literal {
		d.Message += fmt.Sprintf(", %s is %s", left.text, describe(left.t))
	}
	d.Related = schemaPlace(place, "its schema")
}

// text is a literal that is a string.
func (t *typing) text(s side) (string, bool) {
	values, closed := s.t.Values()
	if !closed || len(values) != 1 {
		return "", false
	}
	text, ok := values[0].(string)
	return text, ok
}

func hintValue(text string, values []any) string {
	return nearest.Hint(text, stringsOf(values))
}

// describe says what a value is, with its values where there are few.
func describe(t *schema.Type) string {
	kinds, text := t.Kinds(), t.Kinds().String()
	if values, closed := t.Values(); closed && len(values) > 0 && kinds&(schema.Boolean|schema.Null) != kinds {
		text = "one of " + listValues(values)
	}
	if kinds&schema.Null == 0 {
		return text + ", never null"
	}
	return text
}

// jsonpath judges a condition of that type.
func (t *typing) jsonpath(at *scope, c *program.Criterion) {
	term := c.JSONPath.Term()
	if term == nil {
		return
	}
	context := t.reference(at, &c.Context.Ref).Type
	q := query{context: context, root: context, owner: &c.Context.Ref, text: c.Text, place: c.Place}
	t.criterionTerms(at, c, q, term)
	if c.JSONPath.Predicate() {
		t.correctLengths(c, q, term)
	}
}

func (t *typing) criterionTerms(at *scope, c *program.Criterion, q query, term *jsonpath.Term) {
	t.judge(at, c, q, term)
}

// terms judges the filter of a query that belongs to no criterion.
func (t *typing) terms(at *scope, q query, term *jsonpath.Term) {
	t.judge(at, &program.Criterion{Text: q.text, Place: q.place}, q, term)
}

func (t *typing) judge(at *scope, c *program.Criterion, q query, term *jsonpath.Term) {
	switch {
	case term.Operator == "||" || term.Operator == "&&" || term.Operator == "!":
		for _, inner := range term.Terms {
			t.judge(at, c, q, inner)
		}
	case term.Operator != "":
		left, right := t.pathSide(at, c, q, term.Terms[0]), t.pathSide(at, c, q, term.Terms[1])
		t.comparison(at, c, jsonpathLanguage, term.Operator, left, right)
	case term.Kind == jsonpath.QueryTerm:
		if term.Relative {
			t.query(at, q, term.Path)
		} else {
			t.query(at, q.atRoot(), term.Path)
		}
	}
}

func (q query) atRoot() query {
	q.context = q.root
	return q
}

// pathSide is an operand of a comparison of JSONPath.
func (t *typing) pathSide(at *scope, c *program.Criterion, q query, term *jsonpath.Term) side {
	s := side{t: schema.Any(), text: term.Text}
	switch term.Kind {
	case jsonpath.LiteralTerm:
		s.t, s.literal, s.text = schema.Constant(term.Literal), true, literal(term.Literal)
	case jsonpath.OperandTerm:
		if term.Operand < len(c.Refs) && len(term.Path) == 0 {
			r := &c.Refs[term.Operand]
			s.t, s.text = orMissing(t.reference(at, r), nothing{}), r.Text
		}
	case jsonpath.QueryTerm:
		if !term.Relative {
			q = q.atRoot()
		}
		t.query(at, q, term.Path)
		if s.text = pathText(term.Path); term.Relative {
			s.text = "@" + s.text[1:]
		}
		if found := along(q.context, term.Path); found.Type != nil {
			s.t, s.missing = orMissing(found, nothing{}), found.Presence != schema.Always
		}
	case jsonpath.CallTerm:
		t.judge(at, c, q, term.Terms[0])
	}
	return s
}
