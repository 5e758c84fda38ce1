package simulate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/pattern"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// A wish is what a condition wants at a place.
type wish struct {
	place place
	want  schema.Want
	flaw  *flaw // what the description has against it; nil: nothing
}

// A flaw is why the description does not allow what a condition wants.
type flaw struct {
	Deviation
	value bool // it forbids the value, rather than not declaring the place or the status
}

// An option is a list of wishes that make a condition come out as it should, all together.
type option []wish

// The bounds of solving; what is beyond them is not tried.
const (
	maxOptions = 256
	maxValues  = 16
)

// solver finds the options for conditions on the answer to a step.
type solver struct {
	resolver
	w        *walk
	step     *program.Step // whose conditions these are
	pending  *program.Step // whose answer is chosen; a step of a workflow that step calls, if it calls one
	answer   *answer       // with its status, without its body
	current  *program.Criterion
	meant    bool   // it is a success criterion: its author's meaning is followed
	strict   bool   // no flaw is passed over
	refusals []flaw // of what could make it so otherwise
	literals []any  // of all the conditions: one value has to do for several of them
	cut      bool   // there were more options than were kept
}

// product combines options that are all wanted.
func product(a, b []option) (all []option) {
	for _, x := range a {
		for _, y := range b {
			if joined, ok := x.with(y); ok {
				if all = append(all, joined); len(all) == maxOptions {
					return all
				}
			}
		}
	}
	return all
}

// with joins the wishes of two options; ok is false if they contradict one another.
func (o option) with(more option) (joined option, ok bool) {
	joined = slices.Clone(o)
	for _, w := range more {
		i := slices.IndexFunc(joined, func(other wish) bool { return other.place.equal(w.place) })
		switch {
		case i < 0:
			joined = append(joined, w)
			continue
		case joined[i].want.Missing != w.want.Missing:
			return nil, false
		case joined[i].want.Exactly && w.want.Exactly && !value.Equal(joined[i].want.Value, w.want.Value):
			return nil, false
		case w.want.Exactly:
			joined[i] = w
		case w.want.Sized && !joined[i].want.Exactly:
			if joined[i].want.Sized && joined[i].want.Length != w.want.Length {
				return nil, false
			}
			joined[i] = w
		}
	}
	return joined, true
}

var (
	always = []option{{}}
	never  []option
)

func constant(holds bool) []option {
	if holds {
		return always
	}
	return never
}

// both combines options by an operator: all of the lists are wanted, or any.
func both(every bool, lists ...[]option) []option {
	if !every {
		all := slices.Concat(lists...)
		return all[:min(len(all), maxOptions)]
	}
	all := always
	for _, list := range lists {
		all = product(all, list)
	}
	return all
}

// criterion returns the options with which a criterion passes, or fails.
func (s *solver) criterion(c *program.Criterion, want bool) []option {
	s.current = c
	switch {
	case c.Broken != "":
		if want {
			s.refuse("the condition cannot be read: "+c.Broken, nil)
		}
		return constant(!want)
	case c.Simple != nil:
		return s.simple(c, c.Simple.Term(), want)
	case c.Context == nil:
		return always
	}
	context := s.value(c.Context, s.step.Workflow, s.step)
	if context.known && (context.missing || context.value == nil) {
		return constant(!want)
	}
	if c.Embedded != nil {
		filled, known := s.filled(c)
		switch {
		case !known: // it is when it is evaluated
			return always
		case filled == nil:
			return constant(!want)
		}
		c = filled
	}
	switch {
	case c.Kind == program.RegexCriterion:
		return s.regex(c, context, want)
	case c.Kind == program.XPathCriterion:
		return s.xpath(c, context, want)
	case c.Kind != program.JSONPathCriterion || context.place == nil:
		return always
	}
	q := query{s, c, *context.place, *context.place}
	term := c.JSONPath.Term()
	switch {
	case term == nil:
		return always
	case c.JSONPath.RootFilter() != nil && !s.isArray(*context.place):
		options := q.term(c.JSONPath.RootFilter(), want)
		if !want { // it is tried on the children, too (C12): there are none in an empty object
			options = append(options, s.allowed([]wish{s.wish(context, schema.Want{Exactly: true, Value: map[string]any{}})})...)
		}
		return options
	}
	return q.term(term, want)
}

// filled returns a condition with the values of its embedded expressions (C16), as far as they
// are known before the answer; nil if it is none with them.
func (s *solver) filled(c *program.Criterion) (filled *program.Criterion, known bool) {
	var values []any
	for r := range program.Each(c.Embedded.Refs) {
		v, there, known := s.before(s.reference(r, s.step.Workflow, s.step))
		switch {
		case !known:
			return nil, false
		case !there:
			return nil, true
		}
		values = append(values, v)
	}
	f, err := c.Fill(values, true)
	if err != nil {
		return nil, true
	}
	return f.Criterion, true
}

func (s *solver) isArray(p place) bool {
	kinds := s.typed(p).Type.Kinds()
	return kinds&schema.Array != 0 && kinds&schema.Object == 0
}

// refuse notes why the description does not let a condition come out as it should.
func (s *solver) refuse(message string, at *schema.Place) {
	f := flaw{Deviation: Deviation{Position: s.position(), Message: message}, value: true}
	f.relate(at)
	s.refusals = append(s.refusals, f)
}

func (s *solver) position() arazzo.Position {
	return within(s.step.Workflow, s.current.Place)
}

// allowed leaves out the wishes that the description has something against: in strict mode
// all of them, else those for a value that it forbids, unless a step succeeds by it.
func (s *solver) allowed(list []wish) (options []option) {
	for _, w := range list {
		if w.flaw != nil && (s.strict || w.flaw.value && !s.meant) {
			s.refusals = append(s.refusals, *w.flaw)
			continue
		}
		if options = append(options, option{w}); s.fulfilled(w) { // it comes first
			last := len(options) - 1
			options[0], options[last] = options[last], options[0]
		}
	}
	return options
}

// fulfilled reports whether what was chosen before is as a wish has it.
func (s *solver) fulfilled(w wish) bool {
	v, there, chosen := s.chosen(w.place)
	switch {
	case !chosen || there == w.want.Missing:
		return false
	case w.want.Exactly:
		return value.Equal(v, w.want.Value)
	case !w.want.Sized:
		return true
	}
	switch v := v.(type) {
	case []any:
		return len(v) == w.want.Length
	case string:
		return utf8.RuneCountInString(v) == w.want.Length
	}
	return false
}

// simple solves a simple condition.
func (s *solver) simple(c *program.Criterion, t *expr.Term, want bool) []option {
	switch t.Operator {
	case "!":
		return s.simple(c, t.Terms[0], !want)
	case "&&", "||":
		var lists [][]option
		for _, inner := range t.Terms {
			lists = append(lists, s.simple(c, inner, want))
		}
		return both((t.Operator == "&&") == want, lists...)
	case "":
		return s.truth(s.operand(c, t), want, false)
	}
	return s.comparison(t.Operator, s.operand(c, t.Terms[0]), s.operand(c, t.Terms[1]), compareSimply, want)
}

func (s *solver) operand(c *program.Criterion, t *expr.Term) operand {
	if t.Embedded && t.Count == 1 && t.First < len(c.Refs) {
		if r := &c.Refs[t.First]; strings.Trim(t.Text, `'"`) == "{"+r.Text+"}" { // its text
			if v, there, known := s.before(s.reference(r, s.step.Workflow, s.step)); known && there {
				return operand{known: true, value: value.Text(v), text: t.Text}
			}
		}
	}
	switch {
	case t.Operator != "" || t.Embedded:
		return unknown
	case t.Count == 0:
		return known(t.Literal)
	case t.First >= len(c.Refs):
		return unknown
	}
	r := &c.Refs[t.First]
	if r.Kind == program.StatusCode && s.step == s.pending {
		return known(int64(s.answer.status))
	}
	return s.reference(r, s.step.Workflow, s.step)
}

// learn notes the literals of a condition.
func (s *solver) learn(c *program.Criterion) {
	var simple func(t *expr.Term)
	simple = func(t *expr.Term) {
		if t.Operator == "" && t.Count == 0 && !t.Embedded {
			s.literals = append(s.literals, t.Literal)
		}
		for _, inner := range t.Terms {
			simple(inner)
		}
	}
	var path func(t *jsonpath.Term)
	path = func(t *jsonpath.Term) {
		if t.Kind == jsonpath.LiteralTerm {
			s.literals = append(s.literals, t.Literal)
		}
		for _, step := range t.Path {
			if step.Filter != nil {
				path(step.Filter)
			}
		}
		for _, inner := range t.Terms {
			path(inner)
		}
	}
	if c.Simple != nil {
		simple(c.Simple.Term())
	}
	if c.JSONPath != nil && c.Embedded == nil {
		if t := c.JSONPath.Term(); t != nil {
			path(t)
		}
	}
	if c.XPath != nil && c.Embedded == nil {
		if t := c.XPath.Term(); t != nil {
			s.literals = append(s.literals, literalsOf(t)...)
		}
	}
}

// truth wants an operand to pass on its own: as a condition, or with exists by being there.
func (s *solver) truth(o operand, want, exists bool) []option {
	switch {
	case o.known:
		return constant((exists && !o.missing || !exists && !o.missing && expr.Truthy(o.value)) == want)
	case o.place == nil:
		return always
	}
	passes := func(v any, there bool) bool { return there && (exists || expr.Truthy(v)) }
	return s.place(o, func(v any, there bool) bool { return passes(v, there) == want }, true)
}

// comparison wants a comparison to come out as want says.
func (s *solver) comparison(operator string, a, b operand, by compare, want bool) []option {
	holds := func(x any, xThere bool, y any, yThere bool) bool {
		return by(operator, orNothing(x, xThere), orNothing(y, yThere)) == want
	}
	if a.place != nil && b.place != nil { // one of them is what it is, if it is chosen already
		if v, there, chosen := s.chosen(*b.place); chosen {
			b = operand{known: true, value: v, missing: !there, text: b.text}
		} else if v, there, chosen := s.chosen(*a.place); chosen {
			a = operand{known: true, value: v, missing: !there, text: a.text}
		}
	}
	switch {
	case a.known && b.known:
		return constant(holds(a.value, !a.missing, b.value, !b.missing))
	case a.place != nil && b.known:
		return s.place(a, func(v any, there bool) bool { return holds(v, there, b.value, !b.missing) }, b.value == nil, b.value)
	case b.place != nil && a.known:
		return s.place(b, func(v any, there bool) bool { return holds(a.value, !a.missing, v, there) }, a.value == nil, a.value)
	case a.place != nil && b.place != nil:
		return s.pair(a, b, func(x, y any) bool { return holds(x, true, y, true) })
	}
	return always
}

func orNothing(v any, there bool) any {
	if !there {
		return jsonpath.Nothing{}
	}
	return v
}

// pair wants two places to have values that fit one another.
func (s *solver) pair(a, b operand, holds func(x, y any) bool) (options []option) {
	for _, x := range s.candidates(s.typed(*a.place).Type, nil) {
		for _, y := range s.candidates(s.typed(*b.place).Type, []any{x}) {
			if holds(x, y) && len(options) < maxValues {
				left := s.allowed([]wish{s.wish(a, schema.Want{Exactly: true, Value: x})})
				right := s.allowed([]wish{s.wish(b, schema.Want{Exactly: true, Value: y})})
				options = append(options, product(left, right)...)
			}
		}
	}
	return options
}

// chosen returns the value that a place has by what was chosen before.
func (s *solver) chosen(p place) (v any, there, chosen bool) {
	if p.step == nil {
		v, there = value.Find(s.w.inputs, p.tokens)
		return v, there, true
	}
	if p.step == s.pending {
		return nil, false, false
	}
	a := s.w.answers[p.step]
	if a == nil {
		return nil, false, true // it has not been executed
	}
	v, there = a.at(p)
	return v, there, true
}

// before returns what an operand comes to before the answer, if that is known.
func (s *solver) before(o operand) (v any, there, known bool) {
	switch {
	case o.known:
		return o.value, !o.missing, true
	case o.place == nil:
		return nil, false, false
	}
	return s.chosen(*o.place)
}

// typed returns what is known of the value at a place.
func (s *solver) typed(p place) schema.Found {
	if p.step == nil {
		return typeAt(s.w.types.inputs(s.root), p.tokens)
	}
	a := s.answer
	if p.step != s.pending {
		if a = s.w.answers[p.step]; a == nil {
			return schema.Found{Presence: schema.Unknown, Type: schema.Any()}
		}
	}
	switch {
	case p.header != "":
		return s.w.types.header(a.response, p.header)
	case p.xml:
		return typeAt(typeOfXML(mediaOf(a.response)), p.tokens)
	}
	return typeAt(s.w.types.body(a.response), p.tokens)
}

// place returns the options with which the value at a place, or its absence, is as it
// should be. literals are what it is compared with.
func (s *solver) place(o operand, holds func(v any, there bool) bool, absence bool, literals ...any) []option {
	found := s.typed(*o.place)
	var list []wish
	for _, v := range s.candidates(found.Type, append(literals, s.literals...)) {
		if holds(v, true) {
			list = append(list, s.wish(o, schema.Want{Exactly: true, Value: v}))
		}
	}
	if holds(nil, false) && len(o.place.tokens)+len(o.place.header) > 0 {
		w := s.wish(o, schema.Want{Missing: true})
		if absence {
			list = append(list, w)
		} else {
			list = append([]wish{w}, list...)
		}
	}
	if absence && holds(map[string]any{"a": 1}, true) && found.Type.Kinds()&schema.Compound != 0 { // any value will do
		list = append([]wish{s.wish(o, schema.Want{})}, list...)
	}
	slices.SortStableFunc(list, func(a, b wish) int { return cmp.Compare(a.rank(), b.rank()) })
	if len(list) > 0 && list[0].flaw == nil { // flaws are for want of better
		list = slices.DeleteFunc(list, func(w wish) bool { return w.flaw != nil })
	}
	options := s.allowed(list)
	if v, there, chosen := s.chosen(*o.place); chosen && holds(v, there) { // it stays as it is
		stays := wish{place: *o.place, want: schema.Want{Exactly: there, Value: v, Missing: !there}}
		options = append([]option{{stays}}, options...)
	}
	if len(options) == 0 && len(list) == 0 {
		s.refuse(fmt.Sprintf("no value of %s makes it so", s.subject(o)), placeOf(found))
	}
	return options[:min(len(options), maxValues)]
}

func placeOf(found schema.Found) *schema.Place {
	if found.Type == nil {
		return nil
	}
	if at, ok := found.Type.Place(); ok {
		return &at
	}
	return nil
}

func (w wish) rank() int {
	switch {
	case w.flaw == nil:
		return 0
	case !w.flaw.value:
		return 1
	}
	return 2
}

// subject names a place in messages.
func (s *solver) subject(o operand) string {
	if o.text != "" {
		return o.text
	}
	return o.place.String()
}

// String returns the place as an expression.
func (p place) String() string {
	pointer := ""
	for _, token := range p.tokens {
		pointer += "/" + value.PointerToken(token)
	}
	switch {
	case p.step == nil:
		return "$inputs." + strings.Join(p.tokens, ".")
	case p.header != "":
		return "$response.header." + p.header
	case pointer == "":
		return "$response.body"
	}
	return "$response.body#" + pointer
}

// wish returns the wish for a place, with what the description has against it.
func (s *solver) wish(o operand, want schema.Want) wish {
	w := wish{place: *o.place, want: want}
	if o.place.step != nil && o.place.step.Operation == nil {
		return w
	}
	found := s.typed(*o.place)
	refuse := func(isValue bool, at *schema.Place, format string, args ...any) {
		w.flaw = &flaw{Deviation: Deviation{Position: s.position(), Message: fmt.Sprintf(format, args...)}, value: isValue}
		w.flaw.relate(at)
	}
	switch {
	case want.Missing:
		if found.Presence == schema.Always {
			refuse(true, placeOf(found), "%s is always there: the description requires it", s.subject(o))
		}
	case found.Presence == schema.Never || found.Presence == schema.Undeclared:
		hint := ""
		if len(found.Names) > 0 && found.At < len(o.place.tokens) {
			hint = nearest.Hint(o.place.tokens[found.At], found.Names)
		}
		at := found.Place
		refuse(false, &at, "%s is not declared%s", s.subject(o), hint)
	case want.Exactly:
		if m := found.Type.Misfit(want.Value); m != nil {
			at := m.Place
			if len(m.Listed) > 0 {
				text := literal(want.Value)
				refuse(true, &at, "%s is never %s: its values are %s%s", s.subject(o), text, listed(m.Listed), hint(want.Value, m.Listed))
			} else {
				refuse(true, &at, "%s is never %s: it %s", s.subject(o), literal(want.Value), m.Want)
			}
		}
	}
	return w
}

func hint(v any, list []any) string {
	var names []string
	for _, other := range list {
		if text, ok := other.(string); ok {
			names = append(names, text)
		}
	}
	if text, ok := v.(string); ok {
		return nearest.Hint(text, names)
	}
	return ""
}

// mostListed bounds the values in a message.
const mostListed = 20

func listed(list []any) string {
	var texts []string
	for _, v := range list[:min(len(list), mostListed)] {
		texts = append(texts, literal(v))
	}
	if len(list) > mostListed {
		texts = append(texts, "…")
	}
	return strings.Join(texts, ", ")
}

func literal(v any) string {
	text := string(value.AppendJSON(nil, v))
	if s, ok := v.(string); ok {
		text = "'" + s + "'"
	}
	if runes := []rune(text); len(runes) > 80 {
		text = string(runes[:80]) + "…"
	}
	return text
}

// candidates returns values that a comparison with literals may be about: those that the
// type lists, else those around the literals, and at the boundaries of the type.
func (s *solver) candidates(t *schema.Type, literals []any) (list []any) {
	add := func(v any) {
		if !slices.ContainsFunc(list, func(other any) bool {
			return schema.KindOf(other) == schema.KindOf(v) && value.Equal(other, v)
		}) {
			list = append(list, v)
		}
	}
	for _, v := range literals { // what is written, before what is near it
		if v != nil {
			add(v)
		}
	}
	kinds := t.Kinds()
	for _, v := range literals {
		if n, ok := value.ParseNumber(value.Text(v)); ok {
			if kinds&schema.Number != 0 {
				add(n)
			}
			if kinds&schema.String != 0 {
				add(value.Text(v))
			}
			if i, isInt := n.(int64); isInt && i > -1<<50 && i < 1<<50 {
				add(i + 1)
				add(i - 1)
			} else if f, isFloat := n.(float64); isFloat {
				add(f + 1)
				add(f - 1)
			}
		}
		if text, ok := v.(string); ok {
			switch text {
			case "true", "false":
				add(text == "true")
			}
			add(text + "x")
			add("")
		}
		if b, ok := v.(bool); ok {
			add(!b)
			add(value.Text(b))
		}
	}
	for _, a := range t.Alternatives() {
		if a.Closed {
			for _, v := range a.Values {
				if schema.KindOf(v) != schema.AnyKind {
					add(v)
				}
			}
			continue
		}
		if a.Kinds&schema.Number != 0 {
			for _, n := range a.Numbers() {
				add(n)
			}
		}
		if a.Kinds&schema.String != 0 && len(list) < 64 {
			add(s.w.types.sampler.Sample(t, "text", nil, schema.Want{}))
			add("")
		}
		if a.Kinds&schema.Boolean != 0 {
			add(true)
			add(false)
		}
		if a.Kinds&schema.Null != 0 {
			add(nil)
		}
	}
	if slices.ContainsFunc(literals, func(v any) bool { return v == nil }) {
		add(nil)
	}
	return list
}

// regex wants a text to match, or not to.
func (s *solver) regex(c *program.Criterion, context operand, want bool) []option {
	matches := func(v any) bool {
		matched, ok := c.Regex.Matches(value.Text(v))
		return ok && matched
	}
	if context.known {
		return constant(matches(context.value) == want)
	}
	if ref := c.Context.Ref; c.Context.Kind == program.Reference && ref.Kind == program.StatusCode && s.step == s.pending {
		return constant(matches(int64(s.answer.status)) == want)
	}
	if context.place == nil {
		return always
	}
	literals := []any{"-"}
	if want {
		literals = nil
		if text, ok := pattern.Sample(c.Regex.String(), 0); ok {
			literals = append(literals, text)
		}
	}
	return s.place(context, func(v any, there bool) bool { return (there && v != nil && matches(v)) == want }, false, literals...)
}

// query solves a condition of JSONPath.
type query struct {
	*solver
	c       *program.Criterion
	root    place
	context place // of @
}

func (q query) at(p place) operand { return operand{place: &p} }

// term solves a logical expression.
func (q query) term(t *jsonpath.Term, want bool) []option {
	switch t.Operator {
	case "!":
		return q.term(t.Terms[0], !want)
	case "&&", "||":
		var lists [][]option
		for _, inner := range t.Terms {
			lists = append(lists, q.term(inner, want))
		}
		return both((t.Operator == "&&") == want, lists...)
	case "":
		if t.Kind == jsonpath.QueryTerm {
			return q.exists(t, want)
		}
		return always
	}
	left, right := t.Terms[0], t.Terms[1]
	if left.Kind == jsonpath.CallTerm || right.Kind == jsonpath.CallTerm {
		return q.call(t.Operator, left, right, want)
	}
	return q.comparison(t.Operator, q.operand(left), q.operand(right), jsonpath.Compare, want)
}

func (q query) start(t *jsonpath.Term) place {
	if t.Relative {
		return q.context
	}
	return q.root
}

func (q query) operand(t *jsonpath.Term) operand {
	switch t.Kind {
	case jsonpath.LiteralTerm:
		return known(t.Literal)
	case jsonpath.OperandTerm:
		if t.Operand >= len(q.c.Refs) {
			return unknown
		}
		r := &q.c.Refs[t.Operand]
		tokens, _, ok := along(t.Path)
		switch {
		case !ok:
			return unknown
		case r.Kind == program.StatusCode && q.step == q.pending:
			return known(int64(q.answer.status))
		}
		return q.reference(r, q.step.Workflow, q.step).below(tokens)
	case jsonpath.QueryTerm:
		if tokens, _, ok := along(t.Path); ok {
			o := q.at(q.start(t)).below(tokens)
			o.text = o.place.String()
			return o
		}
	}
	return unknown
}

// exists wants a query to select something, or nothing.
func (q query) exists(t *jsonpath.Term, want bool) []option {
	at := q.start(t)
	return q.selects(at, t.Path, want)
}

func (q query) selects(at place, path []jsonpath.Step, want bool) []option {
	tokens, n, whole := along(path)
	inner := q.at(at).below(tokens)
	if whole {
		if !want && len(tokens) == 0 {
			return never
		}
		return q.truth(inner, want, true)
	}
	step, rest := path[n], path[n+1:]
	items := *inner.place
	switch step.Kind {
	case jsonpath.EachStep, jsonpath.FilterStep:
	default:
		return always
	}
	first := *q.at(items).below([]string{"0"}).place
	if want {
		options := q.selects(first, rest, true)
		if step.Kind == jsonpath.FilterStep {
			filter := q
			filter.context = first
			options = product(filter.term(step.Filter, true), options)
		}
		return product(q.allowed([]wish{{place: first}}), options)
	}
	empty := q.wish(q.at(items), schema.Want{Sized: true})
	list := q.allowed([]wish{empty})
	if step.Kind == jsonpath.FilterStep {
		filter := q
		filter.context = first
		list = append(filter.term(step.Filter, false), list...)
	}
	return list
}

// call solves the comparison of a length or a count with a number.
func (q query) call(operator string, left, right *jsonpath.Term, want bool) []option {
	call, other, flipped := left, right, false
	if call.Kind != jsonpath.CallTerm {
		call, other, flipped = right, left, true
	}
	n, isNumber := other.Literal.(int64)
	length := call.Function == "length" || call.Function == "length_of" // the latter is .length (C11a)
	if other.Kind != jsonpath.LiteralTerm || !isNumber || len(call.Terms) != 1 || !length && call.Function != "count" {
		return always
	}
	inner := call.Terms[0]
	tokens, at, whole := along(inner.Path)
	target := q.at(q.start(inner)).below(tokens)
	if call.Function == "count" && !whole && at == len(inner.Path)-1 && inner.Path[at].Kind == jsonpath.EachStep {
		whole = true
	} else if call.Function == "count" {
		switch { // something is counted, or nothing
		case jsonpath.Compare(operator, int64(1), n) == want && jsonpath.Compare(operator, int64(0), n) != want:
			return q.exists(inner, true)
		case jsonpath.Compare(operator, int64(0), n) == want:
			return q.exists(inner, false)
		}
		return always
	}
	if !whole {
		return always
	}
	var list []wish
	for _, length := range []int64{n, n + 1, n - 1, 1, 0} {
		a, b := any(length), any(n)
		if flipped {
			a, b = b, a
		}
		if length >= 0 && length <= 100 && jsonpath.Compare(operator, a, b) == want {
			list = append(list, q.wish(target, schema.Want{Sized: true, Length: int(length)}))
		}
	}
	return q.allowed(list)
}
