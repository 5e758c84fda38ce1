package simulate

import (
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

// xpath solves a condition of XPath on a body in XML.
func (s *solver) xpath(c *program.Criterion, context operand, want bool) []option {
	if context.place == nil || context.place.step == nil || len(context.place.tokens)+len(context.place.header) > 0 {
		return always
	}
	a := s.answer
	if context.place.step != s.pending {
		a = s.w.answers[context.place.step]
	}
	if a == nil || a.response == nil || c.XPath == nil {
		return always
	}
	media, term := mediaOf(a.response), c.XPath.Term()
	if media == nil || !openapi.IsXML(media.Type) || term == nil {
		return always
	}
	return xmlQuery{s, media, context.place.step}.term(term, want)
}

// xmlQuery solves a condition of XPath.
type xmlQuery struct {
	*solver
	media *openapi.MediaType
	of    *program.Step
}

func (q xmlQuery) term(t *xpath.Term, want bool) []option {
	switch t.Operator {
	case "not":
		return q.term(t.Terms[0], !want)
	case "and", "or":
		var lists [][]option
		for _, inner := range t.Terms {
			lists = append(lists, q.term(inner, want))
		}
		return both((t.Operator == "and") == want, lists...)
	case "":
		if t.Path == nil || t.Count {
			return always
		}
		return q.truth(q.operand(t), want, true)
	}
	left, right, operator := t.Terms[0], t.Terms[1], t.Operator
	if operator == "=" {
		operator = "=="
	}
	if left.Count || right.Count {
		return q.count(operator, left, right, want)
	}
	return q.comparison(operator, q.operand(left), q.operand(right), compareInXML, want)
}

func (q xmlQuery) operand(t *xpath.Term) operand {
	if t.Path == nil {
		return known(t.Literal)
	}
	tokens, ok := q.media.XMLPlace(t.Path, t.Descendant)
	if !ok {
		return operand{text: t.Text}
	}
	return operand{place: &place{step: q.of, xml: true, tokens: tokens}, text: t.Text}
}

// count solves the comparison of a number of elements with a number.
func (q xmlQuery) count(operator string, left, right *xpath.Term, want bool) []option {
	counted, other, flipped := left, right, false
	if right.Count {
		counted, other, flipped = right, left, true
	}
	n, isNumber := other.Literal.(int64)
	o := q.operand(counted)
	if !isNumber || o.place == nil || len(o.place.tokens) == 0 {
		return always
	}
	last := len(o.place.tokens) - 1
	list := o.place.tokens[last] == "0" // an array of elements; else there is one, or none
	if list {
		o.place.tokens = o.place.tokens[:last]
	}
	var wishes []wish
	for _, length := range []int64{n, n + 1, n - 1, 1, 0} {
		a, b := any(length), any(n)
		if flipped {
			a, b = b, a
		}
		switch {
		case length < 0 || length > 100 || jsonpath.Compare(operator, a, b) != want:
		case list:
			wishes = append(wishes, q.wish(o, schema.Want{Sized: true, Length: int(length)}))
		case length <= 1:
			wishes = append(wishes, q.wish(o, schema.Want{Missing: length == 0}))
		}
	}
	return q.allowed(wishes)
}

// compareInXML compares the text of an element or attribute as XPath does: with a number as a
// number; what is missing fits nothing.
func compareInXML(operator string, a, b any) bool {
	for _, v := range []any{a, b} {
		if _, missing := v.(jsonpath.Nothing); missing {
			return false
		}
	}
	x, xIsNumber := value.ParseNumber(value.Text(a))
	y, yIsNumber := value.ParseNumber(value.Text(b))
	ordered := operator != "==" && operator != "!="
	if (value.IsNumber(a) || value.IsNumber(b) || ordered) && xIsNumber && yIsNumber {
		return jsonpath.Compare(operator, x, y)
	}
	return jsonpath.Compare(operator, value.Text(a), value.Text(b))
}

func literalsOf(t *xpath.Term) (list []any) {
	if t.Operator == "" && t.Path == nil {
		list = append(list, t.Literal)
	}
	for _, inner := range t.Terms {
		list = append(list, literalsOf(inner)...)
	}
	return list
}
