package schema

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/pattern"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// Fault is the kind of a [Problem].
type Fault uint8

// The faults.
const (
	WrongType Fault = iota
	NotListed       // the value is not one of those that the schema lists
	WrongForm       // format, pattern, range or length
)

// A Problem describes why a value cannot match a schema.
type Problem struct {
	Fault
	Want    string // "must be an integer"
	Listed  []any  // the values that the schema lists
	Place   Place
	HasText bool // Place is known
}

// Refuses returns why a value of type t can never match the schema of want, or
// nil if it may match. asText means that the value is written as text, as in a
// query or a form.
func (want *Type) Refuses(t *Type, asText bool) *Problem {
	var first *Problem
	for _, a := range t.Alternatives() {
		p := want.refuses(a, asText)
		if p == nil {
			return nil
		}
		if first == nil {
			first = p
		}
	}
	return first
}

func (want *Type) refuses(a *Alternative, asText bool) *Problem {
	if !a.Closed || len(a.Values) == 0 {
		return want.each(func(w *Alternative) *Problem { return w.refusesKinds(a, asText) })
	}
	var first *Problem
	for _, v := range a.Values {
		p := want.each(func(w *Alternative) *Problem { return w.refusesValue(v, asText) })
		if p == nil {
			return nil
		}
		if first == nil {
			first = p
		}
	}
	return first
}

// each returns the problem that remains if every alternative has one: that of
// the alternative that came nearest.
func (want *Type) each(judge func(*Alternative) *Problem) *Problem {
	var best *Problem
	for _, w := range want.Alternatives() {
		p := judge(w)
		if p == nil {
			return nil
		}
		if p.Place, p.HasText = w.place(); best == nil || p.Fault > best.Fault {
			best = p
		} else if p.Fault == NotListed && best.Fault == NotListed {
			best.Listed = append(best.Listed, p.Listed...)
		}
	}
	if best != nil && best.Fault == WrongType {
		best.Want = "must be " + want.Kinds().String()
	}
	return best
}

// formats whose texts are certainly not numbers.
var wordFormats = map[string]bool{"uuid": true, "date": true, "date-time": true, "email": true, "uri": true, "hostname": true}

// refusesKinds compares types when the value itself is not known.
func (w *Alternative) refusesKinds(a *Alternative, asText bool) *Problem {
	problem := &Problem{Fault: WrongType}
	if !asText {
		if a.Kinds&w.Kinds == 0 {
			return problem
		}
		return nil
	}
	switch {
	case w.Kinds&String != 0 && a.Kinds&Scalars != 0:
		return nil
	case w.Kinds&a.Kinds != 0, w.Kinds&Array != 0:
		return nil // an array of one item is written like the item
	case a.Kinds&String != 0 && w.Kinds&Object != 0:
		return nil // JSON, which is already text
	case a.Kinds&Array != 0 && w.Kinds&String != 0 && a.scalars():
		return nil // its items separated by commas
	case a.Kinds&String != 0 && w.Kinds&Scalars != 0:
		if w.Kinds&Number != 0 && w.Kinds&String == 0 && wordFormats[a.Format()] {
			return problem
		}
		return nil
	case a.Kinds&Number != 0 && w.Kinds&Number != 0:
		return nil
	case a.Kinds&Null != 0:
		return nil // not sent
	}
	return problem
}

// scalars reports whether the items of an array may be scalars.
func (a *Alternative) scalars() bool {
	items := (&Type{alternatives: []*Alternative{a}}).Items()
	return items == nil || items.Kinds()&Scalars != 0
}

// refusesValue checks a known value.
func (w *Alternative) refusesValue(v any, asText bool) *Problem {
	if asText {
		return w.refusesText(v)
	}
	if w.Kinds&KindOf(v) == 0 {
		return &Problem{Fault: WrongType}
	}
	if w.Closed && !contains(w.Values, v) {
		return w.notListed()
	}
	for _, p := range w.parts {
		if want := p.form(v); want != "" {
			return &Problem{Fault: WrongForm, Want: want}
		}
	}
	return nil
}

func (w *Alternative) notListed() *Problem {
	return &Problem{Fault: NotListed, Listed: append([]any(nil), w.Values...)}
}

// refusesText checks a value that is written as text: it is anything that its
// text can be read as.
func (w *Alternative) refusesText(v any) *Problem {
	if v == nil || w.Kinds&Compound != 0 {
		return nil
	}
	text := value.Text(v)
	number, isNumber := numeric(text)
	var readings []any
	if w.Kinds&String != 0 {
		readings = append(readings, text)
	}
	if isNumber && w.Kinds&number != 0 {
		n, _ := value.ParseNumber(strings.TrimSpace(text))
		readings = append(readings, n)
	}
	if w.Kinds&Boolean != 0 && (text == "true" || text == "false") {
		readings = append(readings, text == "true")
	}
	if w.Kinds&Null != 0 && text == "" {
		return nil
	}
	problem := &Problem{Fault: WrongType}
	for _, reading := range readings {
		p := w.refusesValue(reading, false)
		if p == nil {
			return nil
		}
		problem = p
	}
	return problem
}

// form returns the form that a value must have and lacks, or "" if it may be
// valid.
func (p part) form(v any) string {
	switch v := v.(type) {
	case string:
		return p.textForm(v)
	case nil, bool:
		return ""
	}
	if value.IsNumber(v) {
		return p.numberForm(v)
	}
	return ""
}

func (p part) textForm(s string) string {
	length := utf8.RuneCountInString(s)
	if most, ok := p.count("maxLength"); ok && length > most {
		return fmt.Sprintf("must have at most %d characters", most)
	}
	if least, ok := p.count("minLength"); ok && length < least {
		return fmt.Sprintf("must have at least %d characters", least)
	}
	if text := p.node.Get("pattern").Str(); text != "" {
		if re, err := pattern.Compile(text); err == nil {
			if matches, known := re.Matches(s); known && !matches {
				return "must match " + strconv.Quote(text)
			}
		}
	}
	format := p.node.Get("format").Str()
	if valid := formats[format]; valid != nil && !valid(s) {
		return "must be a valid " + format
	}
	return ""
}

// formats are those that leave no doubt.
var formats = map[string]func(string) bool{
	"date":      func(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil },
	"date-time": isDateTime,
	"uuid":      regexp.MustCompile(`^(?:urn:uuid:|\{)?[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\}?$`).MatchString,
}

// isDateTime accepts what servers accept: RFC 3339 with or without its offset.
func isDateTime(s string) bool {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04:05Z0700",
		"2006-01-02T15:04", "2006-01-02T15:04Z07:00"} {
		if _, err := time.Parse(layout, strings.ToUpper(s)); err == nil {
			return true
		}
	}
	return false
}

func (p part) numberForm(v any) string {
	for _, limit := range []struct {
		keyword, exclusive string
		sign               int
		words, strict      string
	}{
		{"minimum", "exclusiveMinimum", -1, "must be at least ", "must be greater than "},
		{"maximum", "exclusiveMaximum", 1, "must be at most ", "must be less than "},
	} {
		exclusive := p.node.Get(limit.exclusive)
		if n := p.node.Get(limit.keyword); n != nil && n.Kind == tree.Number {
			order := value.CompareNumbers(v, n.Value()) * limit.sign
			switch {
			case order > 0:
				return limit.words + n.Text
			case order == 0 && exclusive.True():
				return limit.strict + n.Text
			}
		}
		if exclusive != nil && exclusive.Kind == tree.Number && value.CompareNumbers(v, exclusive.Value())*limit.sign >= 0 {
			return limit.strict + exclusive.Text
		}
	}
	return ""
}
