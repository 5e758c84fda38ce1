package openapi

import (
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/uri"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// A style says how a value becomes text (OpenAPI 3.1.1, Style Values; RFC 6570
// for the styles that it defines).
type style struct {
	first     string // before everything
	separator string // between items
	joiner    string // within an item that is not exploded
	named     bool   // items are name=value
	bareEmpty bool   // an item with an empty value is just its name
}

var styles = map[string]style{
	"simple":         {separator: ",", joiner: ","},
	"label":          {first: ".", separator: ".", joiner: ","},
	"matrix":         {first: ";", separator: ";", joiner: ",", named: true, bareEmpty: true},
	"form":           {separator: "&", joiner: ",", named: true},
	"spaceDelimited": {separator: "&", joiner: " ", named: true},
	"pipeDelimited":  {separator: "&", joiner: "|", named: true},
	"tabDelimited":   {separator: "&", joiner: "\t", named: true},
	"deepObject":     {separator: "&", joiner: ",", named: true},
	"cookie":         {separator: "; ", joiner: ",", named: true},
}

// style returns the parameter's style in its location: cookies are separated by
// semicolons, whatever the style (OpenAPI 3.1.1, Appendix D).
func (p *Parameter) style() style {
	st, ok := styles[p.Style]
	if !ok {
		st = styles[defaultStyles[p.In]]
	}
	switch {
	case p.In == "cookie":
		st.separator = "; "
	case p.In == "header" || p.In == "path" && st.first == "":
		st.separator, st.named = ",", false
	}
	return st
}

// An escaping is how names and values are escaped.
type escaping struct{ name, value func(string) string }

var (
	escapeAll      = escaping{uri.Encode, uri.Encode}
	escapeReserved = escaping{uri.Encode, encodeReserved}
	escapePath     = escaping{uri.Encode, encodePath}
	escapeSegment  = escaping{uri.Encode, encodeSegment}
	escapeForm     = escaping{FormText, FormText}
	escapeNothing  = escaping{encodeNothing, encodeNothing}
)

// An item is one of the pieces that the separator of a style separates.
type item struct {
	name, text string
	named      bool
}

// expand writes a value in the parameter's style; "" for a value that is
// undefined in the sense of RFC 6570 §2.3 (null, an empty array or object).
func expand(p *Parameter, v Value, escape escaping) string {
	if text, ok := p.plain(v); ok {
		st := p.style()
		return st.first + st.write(item{escape.name(p.Name), escape.value(text), st.named})
	}
	st := p.style()
	items := p.items(v, escape)
	if len(items) == 0 {
		return ""
	}
	texts := make([]string, len(items))
	for i, it := range items {
		texts[i] = st.write(it)
	}
	first := st.first
	if p.ContentType != "" {
		first = ""
	}
	return first + strings.Join(texts, st.separator)
}

// isPlain reports whether a value is a single item, as most are; plain returns
// its text.
func (p *Parameter) isPlain(v Value) bool {
	switch v.V.(type) {
	case string, int64:
		return p.ContentType == ""
	}
	return false
}

func (p *Parameter) plain(v Value) (string, bool) {
	if !p.isPlain(v) {
		return "", false
	}
	if n, ok := v.V.(int64); ok {
		return strconv.FormatInt(n, 10), true
	}
	return v.V.(string), true
}

func (st style) write(it item) string {
	switch {
	case !it.named:
		return it.text
	case it.text == "" && st.bareEmpty:
		return it.name
	}
	return it.name + "=" + it.text
}

// items returns the pieces of a value, or none for an undefined one.
func (p *Parameter) items(v Value, escape escaping) []item {
	st, name := p.style(), escape.name(p.Name)
	if p.ContentType != "" {
		if v.V == nil && !IsJSON(p.ContentType) {
			return nil // other media types have no null
		}
		return []item{{name, escape.value(contentText(p.ContentType, v)), st.named}}
	}
	switch members := v.V.(type) {
	case nil:
		return nil
	case []any:
		return p.arrayItems(st, members, v.Order, escape)
	case map[string]any:
		if p.Style == "deepObject" {
			return deepItems(p.Name, members, v.Order, escape)
		}
		return p.objectItems(st, members, v.Order, escape)
	}
	return []item{{name, escape.value(value.Text(v.V)), st.named}}
}

// join puts a value that is not exploded into one item. All delimiters except
// the comma are escaped like any character (OpenAPI 3.1.1, Appendix E).
func (p *Parameter) join(st style, texts []string, escape escaping) []item {
	joiner := st.joiner
	if joiner != "," {
		joiner = escape.value(joiner)
	}
	return []item{{escape.name(p.Name), strings.Join(texts, joiner), st.named}}
}

func (p *Parameter) arrayItems(st style, members []any, order *value.Order, escape escaping) (items []item) {
	var texts []string
	for i, member := range members {
		if member != nil {
			text := escape.value(value.TextOrdered(member, order.At(i)))
			texts, items = append(texts, text), append(items, item{escape.name(p.Name), text, st.named})
		}
	}
	if p.Explode || len(texts) == 0 {
		return items
	}
	return p.join(st, texts, escape)
}

func (p *Parameter) objectItems(st style, members map[string]any, order *value.Order, escape escaping) (items []item) {
	var texts []string
	order.Each(members, func(name string, member any, inside *value.Order) {
		if member != nil {
			text := escape.value(value.TextOrdered(member, inside))
			texts, items = append(texts, escape.value(name), text), append(items, item{escape.name(name), text, true})
		}
	})
	if p.Explode || len(texts) == 0 {
		return items
	}
	return p.join(st, texts, escape)
}

// deepItems writes name[member]=value. For deeper objects, which the style does
// not define, brackets are added, and arrays repeat their name (ruling O6).
func deepItems(name string, members map[string]any, order *value.Order, escape escaping) (items []item) {
	order.Each(members, func(member string, v any, inside *value.Order) {
		inner := name + "[" + member + "]"
		switch v := v.(type) {
		case nil:
		case map[string]any:
			items = append(items, deepItems(inner, v, inside, escape)...)
		case []any:
			p := &Parameter{Name: inner, In: "query", Style: "form", Explode: true}
			items = append(items, p.arrayItems(styles["form"], v, inside, escape)...)
		default:
			items = append(items, item{escape.name(inner), escape.value(value.Text(v)), true})
		}
	})
	return items
}

// contentText writes a value in a media type.
func contentText(mediaType string, v Value) string {
	if IsJSON(mediaType) {
		return string(value.AppendOrdered(nil, v.V, v.Order))
	}
	return value.TextOrdered(v.V, v.Order)
}

const (
	// The reserved characters of RFC 3986 §2.2 without those that a query
	// cannot contain and those that have a meaning in a form (OpenAPI 3.1.1,
	// Appendix C: "any tooling still needs to percent-encode" # [ ] & = +).
	reserved = uri.Unreserved + ":/?@!$'()*,;"
	// The characters that a path segment can contain besides (RFC 3986 §3.3).
	segmentReserved = uri.Unreserved + ":@!$'()*,;+=&"
)

var (
	pathSet         = uri.SetOf(segmentReserved + "/")
	segmentSet      = uri.SetOf(segmentReserved)
	querySet        = uri.SetOf(reserved + "&=+")
	reservedFormSet = uri.SetOf(reserved + " ")
	formSet         = uri.SetOf(uri.Unreserved + " ")
	cookieSet       = uri.SetOf(uri.Unreserved + ":/?#[]@!$&'()*+=")
	reservedSet     = uri.SetOf(reserved)
)

// encodePath keeps slashes and everything else that a path can contain.
func encodePath(s string) string { return uri.PercentOnce(s, pathSet) }

// encodeSegment is encodePath without slashes, which the value of a parameter
// cannot contain (OpenAPI 3.1.1, Path Templating).
func encodeSegment(s string) string { return uri.PercentOnce(s, segmentSet) }

func encodeReserved(s string) string { return uri.PercentOnce(s, reservedSet) }

// encodeCookie keeps the reserved characters that a cookie can contain (RFC
// 6265 §4.1.1).
func encodeCookie(s string) string { return uri.PercentOnce(s, cookieSet) }

func encodeNothing(s string) string { return s }
