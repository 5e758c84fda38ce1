package openapi

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/uri"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// encodeBody writes a payload in its content type (ruling O9). It returns the
// content type because multipart adds its boundary.
func encodeBody(contentType string, p Value, media *MediaType) ([]byte, string, error) {
	raw, isRaw := p.V.([]byte)
	if isRaw && !IsJSON(contentType) && !IsSequence(contentType) {
		return raw, contentType, nil // of a file
	}
	var body []byte
	var err error
	switch {
	case isRaw: // the text that the step has
		body = raw
	case IsJSON(contentType):
		body = value.AppendOrdered(nil, p.V, p.Order)
	case IsSequence(contentType):
		body = encodeSequence(contentType, p)
	case IsForm(contentType):
		body, err = encodeForm(p, media)
	case IsMultipart(contentType):
		return encodeMultipart(contentType, p, media)
	case IsXML(contentType) && isCompound(p.V):
		body, err = encodeXML(p, media)
	case isCompound(p.V) && !media.takesObjects(contentType):
		return nil, "", Unwritable(contentType, media, compoundName(p.V), 0)
	default:
		body = []byte(value.TextOrdered(p.V, p.Order))
	}
	if err == nil {
		body, err = inCharset(contentType, body)
	}
	return body, contentType, err
}

// Encode writes a value as a body of the media type, and returns its content type, to which
// multipart adds its boundary.
func (m *MediaType) Encode(v any) (body []byte, contentType string, err error) {
	return encodeBody(m.Type, Value{V: v, OK: true}, m)
}

// Unwritable returns why a body of a content type cannot be written from an object or
// an array, as what says, with so many members; nil if it can.
func Unwritable(contentType string, media *MediaType, what string, members int) error {
	switch {
	case !media.takesObjects(contentType):
		return fmt.Errorf("a body of type %s cannot be written from %s; give it as text, or in another contentType", baseType(contentType), what)
	case baseType(contentType) == multipartType && what == anArray:
		return errors.New("a body of type multipart/form-data must be an object, whose members are its parts")
	case IsXML(contentType) && (what == anArray || members != 1) && rootOf(media) == "":
		return errors.New("the root element of the body has no name: its schema is no $ref and has no xml.name; " +
			"give the body as text, or as an object with one member, which is the root")
	}
	return nil
}

const (
	anObject = "an object"
	anArray  = "an array"
)

func isCompound(v any) bool { return compoundName(v) != "" }

func compoundName(v any) string {
	switch v.(type) {
	case map[string]any:
		return anObject
	case []any:
		return anArray
	}
	return ""
}

// encodeForm writes application/x-www-form-urlencoded: text as it is, an object
// by its members.
func encodeForm(v Value, media *MediaType) ([]byte, error) {
	members, ok := v.V.(map[string]any)
	if !ok {
		if text, isText := v.V.(string); isText {
			return []byte(text), nil
		}
		return nil, errors.New("a form body must be an object or text")
	}
	var pairs []string
	var err error
	v.Order.Each(members, func(name string, member any, order *value.Order) {
		if p := media.styled(name); p != nil {
			escape := escapeForm
			if p.AllowReserved {
				escape.value = encodeReservedForm
			}
			if text := expand(p, Value{V: member, Order: order}, escape); text != "" {
				pairs = append(pairs, text)
			}
			return
		}
		if raw, ok := member.([]byte); ok {
			member = value.Text(raw) // a form is text: base64
		}
		parts, problem := media.parts(name, member, order)
		err = cmp.Or(err, problem)
		for _, part := range parts {
			pairs = append(pairs, FormText(part.name)+"="+FormText(string(part.data)))
		}
	})
	return []byte(strings.Join(pairs, "&")), err
}

// ParseForm reads a form: a name that occurs more than once has an array. Text
// that cannot be unescaped is kept as it is.
func ParseForm(text string) any {
	values, err := url.ParseQuery(text)
	if err != nil {
		return text
	}
	members := make(map[string]any, len(values))
	for name, texts := range values {
		items := make([]any, len(texts))
		for i := range texts {
			items[i] = texts[i]
		}
		members[name] = items
		if len(items) == 1 {
			members[name] = items[0]
		}
	}
	return members
}

// FormText escapes as forms do: a space becomes a plus.
func FormText(s string) string {
	return strings.ReplaceAll(uri.Percent(s, formSet), " ", "+")
}

func encodeReservedForm(s string) string {
	return strings.ReplaceAll(uri.PercentOnce(s, reservedFormSet), " ", "+")
}
