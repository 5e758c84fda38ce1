package openapi

import (
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// A style says how a value becomes text (OpenAPI 3.1.1, Style Values; RFC 6570
// for the styles that it defines).
type style struct {
	first     string // in front of all
	separator string // between exploded items
	joiner    string // between items that are not exploded
	named     bool   // items are name=value
	bareEmpty bool   // an empty value is the name alone
}

var styles = map[string]style{
	"simple":         {separator: ",", joiner: ","},
	"label":          {first: ".", separator: ".", joiner: ","},
	"matrix":         {first: ";", separator: ";", joiner: ",", named: true, bareEmpty: true},
	"form":           {separator: "&", joiner: ",", named: true},
	"spaceDelimited": {separator: "&", joiner: "%20", named: true},
	"pipeDelimited":  {separator: "&", joiner: "%7C", named: true},
	"tabDelimited":   {separator: "&", joiner: "%09", named: true},
	"deepObject":     {separator: "&", joiner: ",", named: true},
	"cookie":         {separator: "; ", joiner: ",", named: true},
}

// expand writes a value in a style; "" for what RFC 6570 §2.3 calls undefined
// (null, an empty array or object). encode escapes names and values.
func expand(p *Parameter, v any, encode func(string) string) string {
	st, ok := styles[p.Style]
	if !ok {
		st = styles["form"]
	}
	if p.In == "cookie" {
		st.separator = "; "
	}
	if p.In == "header" || p.In == "path" && p.Style == "simple" {
		st.named = false
	}
	if p.ContentType != "" {
		return st.item(encode(p.Name), encode(contentText(p.ContentType, v)))
	}
	switch v := v.(type) {
	case nil:
		return ""
	case []any:
		return expandArray(p, st, v, encode)
	case map[string]any:
		return expandObject(p, st, v, encode)
	}
	return st.first + st.item(encode(p.Name), encode(value.Text(v)))
}

// item writes a name and a value as the style has them.
func (st style) item(name, text string) string {
	switch {
	case !st.named:
		return text
	case text == "" && st.bareEmpty:
		return name
	}
	return name + "=" + text
}

func expandArray(p *Parameter, st style, items []any, encode func(string) string) string {
	var texts []string
	for _, item := range items {
		if item != nil {
			texts = append(texts, encode(value.Text(item)))
		}
	}
	if len(texts) == 0 {
		return ""
	}
	if !p.Explode {
		return st.first + st.item(encode(p.Name), strings.Join(texts, st.joiner))
	}
	for i := range texts {
		texts[i] = st.item(encode(p.Name), texts[i])
	}
	return st.first + strings.Join(texts, st.separator)
}

func expandObject(p *Parameter, st style, members map[string]any, encode func(string) string) string {
	names := make([]string, 0, len(members))
	for name, v := range members {
		if v != nil {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	var parts []string
	for _, name := range names {
		text := encode(value.Text(members[name]))
		switch {
		case p.Style == "deepObject":
			parts = append(parts, encode(p.Name+"["+name+"]")+"="+text)
		case p.Explode:
			parts = append(parts, encode(name)+"="+text)
		default:
			parts = append(parts, encode(name), text)
		}
	}
	if p.Explode || p.Style == "deepObject" {
		return st.first + strings.Join(parts, st.separator)
	}
	return st.first + st.item(encode(p.Name), strings.Join(parts, st.joiner))
}

// contentText writes a value in a media type.
func contentText(mediaType string, v any) string {
	if isJSONType(mediaType) {
		return string(value.AppendJSON(nil, v))
	}
	return value.Text(v)
}

const (
	unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	// The reserved characters of RFC 3986 §2.2 without those that would end the
	// value or the query.
	reserved = unreserved + ":/?[]@!$'()*,;+"
)

// percent escapes all bytes but those of keep (RFC 3986 §2.1).
func percent(s, keep string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; strings.IndexByte(keep, c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte("0123456789ABCDEF"[c>>4])
			b.WriteByte("0123456789ABCDEF"[c&15])
		}
	}
	return b.String()
}

// encodePath keeps slashes and what else may stand in a path.
func encodePath(s string) string { return percent(s, unreserved+"/:@!$'()*,;+=&") }

func encodeStrict(s string) string   { return percent(s, unreserved) }
func encodeReserved(s string) string { return percent(s, reserved) }
func encodeNothing(s string) string  { return s }
