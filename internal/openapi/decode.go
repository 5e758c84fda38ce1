package openapi

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"mime"
	"regexp"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// JSONText returns the JSON text of a body that [DecodeBody] would read as
// JSON, or try to.
func JSONText(contentType string, body []byte) ([]byte, bool) {
	switch {
	case len(body) == 0:
		return nil, false
	case contentType == "":
		return body, true
	}
	return bytes.TrimPrefix(body, []byte(marks[0].bytes)), IsJSON(contentType)
}

// DecodeBody reads the body of a message (ruling E9): JSON as a value, JSON values in
// a row and events as an array, text as a string, an empty body as nil, everything
// else as bytes. The note reports JSON that could not be read as such, and was read as
// text; lost reports bytes that could not be read in their charset. Both are empty
// otherwise.
func DecodeBody(contentType string, body []byte) (v any, note, lost string) {
	mediaType, params, _ := mime.ParseMediaType(contentType)
	if mediaType == "" {
		mediaType = baseType(contentType)
	}
	if len(body) == 0 {
		return nil, "", ""
	}
	label := params["charset"]
	switch {
	case IsJSON(mediaType), IsSequence(mediaType):
		data, lost := jsonText(body, label)
		v, err := DecodeJSON(mediaType, data)
		switch {
		case errors.Is(err, value.ErrRoom):
			return string(data), asText(mediaType, err), lost
		case err != nil:
			return string(data), fmt.Sprintf("the body is not JSON, though its type is %s: %v", mediaType, err), lost
		}
		return v, "", lost
	case mediaType == "":
		decoded, lost := text(body, "")
		if v, err := value.Decode([]byte(decoded)); err == nil && lost == "" {
			return v, "", ""
		}
		if !utf8.Valid(body) && !hasWideMark(body) {
			return body, "", ""
		}
	case IsXML(mediaType):
		label = cmp.Or(label, declaredEncoding(body))
	case IsEvents(mediaType):
		decoded, lost := text(body, "utf-8")
		events, err := decodeEvents(decoded)
		if err != nil {
			return decoded, asText(mediaType, err), lost
		}
		return events, "", lost
	case IsText(mediaType):
	default:
		return body, "", ""
	}
	decoded, lost := text(body, label)
	return decoded, "", lost
}

// jsonText returns the text of a body of a JSON type, which is UTF-8 whatever the
// label says (RFC 8259 §8.1), unless it cannot be. The body is not copied.
func jsonText(body []byte, label string) (data []byte, lost string) {
	if utf8.Valid(body) && widthOf(body) == nil {
		return bytes.TrimPrefix(body, []byte(marks[0].bytes)), ""
	}
	decoded, lost := text(body, label)
	return []byte(decoded), lost
}

func asText(mediaType string, err error) string {
	return fmt.Sprintf("the body is not read as %s, but as text: %v", mediaType, err)
}

// DecodeJSON reads the text of a JSON media type: one value, or an array of those that
// are in a row.
func DecodeJSON(mediaType string, text []byte) (any, error) {
	if IsSequence(mediaType) {
		return decodeSequence(mediaType, text)
	}
	return value.Decode(text)
}

var encodingDeclaration = regexp.MustCompile(`^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']`)

// declaredEncoding returns the encoding that an XML declaration names (XML 1.0,
// §4.3.3).
func declaredEncoding(body []byte) string {
	if m := encodingDeclaration.FindSubmatch(body); m != nil {
		return string(m[1])
	}
	return ""
}
