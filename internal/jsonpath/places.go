package jsonpath

import (
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// places is a condition that only reads single places of its document. flat is
// the same condition on an object that has the value of each place under its
// number; for a query, which passes if its place exists, flat is nil.
type places struct {
	paths [][]value.Segment
	flat  test
}

// Places returns the paths of the values that the condition reads of its
// document, or nil if it may read more than single values. Their indexes are the
// arguments of [Condition.TestPlaces]'s at function.
func (c *Condition) Places() [][]value.Segment { return c.places.paths }

// TestPlaces decides the condition, as [Condition.Test] does on an object or
// array, from the values at its places.
func (c *Condition) TestPlaces(at, operand func(i int) (any, bool)) (o Outcome) {
	if c.places.flat == nil {
		_, o.Pass = at(0)
		return o
	}
	doc := make(map[string]any, len(c.places.paths)+1)
	for i := range c.places.paths {
		if v, ok := at(i); ok {
			doc[strconv.Itoa(i)] = v
		}
	}
	if len(c.operands) > 0 {
		doc[operandsName] = c.operandValues(operand)
	}
	return decided(o, within(doc, nil, func(e *evaluation) { o.Pass = c.places.flat.holds(e, doc) }))
}

// findPlaces finds the places of a condition that is one singular query, or a
// predicate all of whose queries are singular (RFC 9535 §2.3.5.1).
func (c *Condition) findPlaces() {
	list := tokens(c.text)
	if c.goessner != nil || !c.predicate && (len(list) != 1 || list[0].kind != pathToken) {
		return
	}
	var found places
	var flat strings.Builder
	operand := 0
	for i, t := range list {
		switch t.kind {
		case operandToken:
			flat.WriteString(operandPlace(operand))
			operand++
		case pathToken:
			segments := singular(t.path()[1:])
			if len(segments) == 0 || i+1 < len(list) && leadsOn(list[i+1].text) {
				return
			}
			place := "$['" + strconv.Itoa(len(found.paths)) + "']"
			if t.length {
				place = t.function() + place + ")"
			}
			flat.WriteString(place)
			found.paths = append(found.paths, segments)
		default:
			if strings.ContainsAny(t.text, "?") {
				return
			}
			flat.WriteString(t.text)
		}
	}
	if c.predicate {
		parsed, err := parse(extended, "$[?"+flat.String()+"]")
		if err != nil {
			return
		}
		filter := rootFilter(parsed)
		if filter == nil {
			return
		}
		found.flat = compileFilter(filter)
	}
	c.places = found
}

// leadsOn reports whether a query continues with text.
func leadsOn(text string) bool {
	text = strings.TrimLeft(text, " \t\n\r")
	return text != "" && (text[0] == '.' || text[0] == '[')
}

// singular parses the segments that pathAt has found. The result is nil if one
// counts from the end of an array or has escapes in its name.
func singular(path string) []value.Segment {
	var segments []value.Segment
	for path != "" {
		n := segmentAt(path)
		if n == 0 {
			return nil
		}
		text := path[:n]
		path = path[n:]
		switch {
		case text[0] == '.':
			segments = append(segments, value.Segment{Name: text[1:], Named: true})
		case text[1] == '\'' || text[1] == '"':
			if strings.Contains(text, `\`) {
				return nil
			}
			segments = append(segments, value.Segment{Name: text[2 : n-2], Named: true})
		default:
			index, ok := value.Index(text[1 : n-1])
			if !ok {
				return nil
			}
			segments = append(segments, value.Segment{Index: index, Indexed: true})
		}
	}
	return segments
}
