package eval

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// jsonPayload evaluates a payload that is JSON text (O8): its value, and the text
// that is sent; isJSON is false for a text that is not JSON.
func (e *Evaluator) jsonPayload(b *program.Body) (v any, text []byte, ok, isJSON bool) {
	text, gaps := e.jsonText(b)
	v, err := openapi.DecodeJSON(b.ContentType, text)
	if err != nil || len(gaps) == 0 {
		return v, text, err == nil, err == nil
	}
	if len(b.Payload.Template.Parsed.Parts) == 1 || v == nil {
		return nil, nil, false, true // the whole is missing
	}
	// From the last to the first, so that the places of the others stay.
	for _, at := range slices.Backward(gaps) {
		text = withoutMember(text, at, at+len("null"))
	}
	v, err = openapi.DecodeJSON(b.ContentType, text)
	return v, text, err == nil, err == nil
}

// jsonText interpolates a JSON text: inside a string the value's text is escaped,
// elsewhere the value is written as JSON. gaps are the offsets at which a null is
// in place of a missing value.
func (e *Evaluator) jsonText(b *program.Body) (text []byte, gaps []int) {
	inString, closed, n := false, false, 0
	parts := b.Payload.Template.Parsed.Parts
	for i, part := range parts {
		if part.Expr == nil {
			literal := part.Literal
			if closed {
				literal, closed, inString = literal[1:], false, false // its quote went with the string's
			}
			text = append(text, literal...)
			inString = value.InStringAfter(inString, literal)
			continue
		}
		r := &b.Payload.Template.Refs[n]
		n++
		v, ok := e.Look(r)
		if !ok {
			e.missing(r, b.Place)
		}
		var whole any
		if ok {
			whole, ok = e.part(v, r.Text, b.Place)
		}
		switch {
		case ok && inString:
			quoted := value.AppendString(nil, value.Text(whole))
			text = append(text, quoted[1:len(quoted)-1]...)
		case ok:
			text = value.AppendJSON(text, v)
		case inString && !wholeString(parts, i):
			e.leaveHole(r.Text)
		default:
			if closed = inString; closed {
				text = text[:len(text)-1]
			}
			gaps = append(gaps, len(text))
			text = append(text, "null"...)
		}
	}
	return text, gaps
}

const jsonSpace = " \t\n\r"

// wholeString reports whether a part that is inside a string is all of it, and the
// string is a value, not a name.
func wholeString(parts []expr.Part, i int) bool {
	if i == 0 || i+1 == len(parts) || !strings.HasSuffix(parts[i-1].Literal, `"`) || strings.HasSuffix(parts[i-1].Literal, `\"`) {
		return false
	}
	after, ok := strings.CutPrefix(parts[i+1].Literal, `"`)
	return ok && !strings.HasPrefix(strings.TrimLeft(after, jsonSpace), ":")
}

// withoutMember returns a JSON text without the member whose value is text[from:to];
// an item of an array stays.
func withoutMember(text []byte, from, to int) []byte {
	before, isMember := bytes.CutSuffix(bytes.TrimRight(text[:from], jsonSpace), []byte(":"))
	if !isMember {
		return text
	}
	before = bytes.TrimRight(before, jsonSpace)
	name := len(before) - 1 // the quote that ends it
	for escaped := true; escaped; {
		name = bytes.LastIndexByte(before[:name], '"')
		backslashes := name - len(bytes.TrimRight(before[:name], `\`))
		escaped = backslashes%2 == 1
	}
	before = bytes.TrimRight(before[:name], jsonSpace)
	after := text[to:]
	if rest, ok := bytes.CutSuffix(before, []byte(",")); ok {
		before = rest
	} else if rest, ok := bytes.CutPrefix(bytes.TrimLeft(after, jsonSpace), []byte(",")); ok {
		after = rest
	}
	return slices.Concat(before, after)
}
