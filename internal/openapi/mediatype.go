package openapi

import (
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/schema"
)

const (
	jsonType      = "application/json"
	formType      = "application/x-www-form-urlencoded"
	multipartType = "multipart/form-data"
	relatedType   = "multipart/related"
	binaryType    = "application/octet-stream"
)

// baseType is a media type without parameters, in lower case.
func baseType(mediaType string) string {
	t, _, _ := strings.Cut(mediaType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// IsForm reports whether a media type is that of forms in URL encoding.
func IsForm(mediaType string) bool { return baseType(mediaType) == formType }

// IsMultipart reports whether a media type is one of bodies in parts.
func IsMultipart(mediaType string) bool { return strings.HasPrefix(baseType(mediaType), "multipart/") }

// IsJSON reports whether a media type is one of JSON's (ruling E9).
func IsJSON(mediaType string) bool {
	if mediaType == jsonType {
		return true // most are, and this costs nothing
	}
	t := baseType(mediaType)
	return strings.HasSuffix(t, "/json") || strings.HasSuffix(t, "+json")
}

// IsXML reports whether a media type is one of XML's (RFC 7303).
func IsXML(mediaType string) bool {
	t := baseType(mediaType)
	return t == "application/xml" || t == "text/xml" || strings.HasSuffix(t, "+xml")
}

var textTypes = []string{formType, "application/javascript", "application/yaml", "application/x-yaml", "application/graphql"}

// IsText reports whether a body of a media type is read as text (ruling E9).
// Where it is JSON, XML, a sequence or events too, it is read as that.
func IsText(mediaType string) bool {
	t := baseType(mediaType)
	return strings.HasPrefix(t, "text/") || strings.HasSuffix(t, "+yaml") || slices.Contains(textTypes, t)
}

var pageTypes = []string{"text/html", "text/javascript", "application/javascript", "application/x-javascript"}

// IsPage reports whether a media type is one that servers give to JSON because it is
// the default of what they are written in.
func IsPage(mediaType string) bool {
	return mediaType != jsonType && slices.Contains(pageTypes, baseType(mediaType))
}

// binaryTypes are types, and the first and last parts of types, of bodies that
// are certainly neither JSON nor text.
var (
	binaryTypes = []string{binaryType, "application/pdf", "application/cbor", "application/msgpack", "application/x-msgpack",
		"application/vnd.msgpack", "application/protobuf", "application/x-protobuf", "application/vnd.google.protobuf"}
	binaryPrefixes = []string{"image/", "audio/", "video/"}
)

// IsBinary reports whether a body of a media type is certainly read as bytes.
func IsBinary(mediaType string) bool {
	t := baseType(mediaType)
	if IsJSON(t) || IsXML(t) || IsText(t) {
		return false
	}
	return slices.Contains(binaryTypes, t) || strings.HasSuffix(t, "zip") ||
		slices.ContainsFunc(binaryPrefixes, func(prefix string) bool { return strings.HasPrefix(t, prefix) })
}

// takesObjects reports whether a body of a content type, which is declared like this, can be
// written from an object or an array: as JSON where the type is unknown, of which many are
// JSON's in published descriptions, where JSON is a form of it, and where the type says
// nothing of a form, but its schema has only objects or arrays.
func (m *MediaType) takesObjects(contentType string) bool {
	if takesObjects(contentType) || m == nil || !isFormless(contentType) || IsRange(m.Type) {
		return takesObjects(contentType)
	}
	kinds := schema.Of(m.Schema, readHome{m.Home}).Kinds() &^ schema.Null
	return kinds != 0 && kinds&^schema.Compound == 0
}

// isFormless reports whether a media type is text or bytes of whatever form.
func isFormless(mediaType string) bool {
	t := baseType(mediaType)
	return t == "text/plain" || t == binaryType
}

func takesObjects(mediaType string) bool {
	t := baseType(mediaType)
	switch {
	case IsJSON(t), IsXML(t), IsForm(t), IsMultipart(t), IsSequence(t), strings.HasSuffix(t, "yaml"):
		return true
	}
	return !IsText(t) && !IsBinary(t) && !strings.HasSuffix(t, "+cbor")
}

// IsRange reports whether a media type is a range, such as text/*.
func IsRange(mediaType string) bool { return strings.HasSuffix(baseType(mediaType), "*") }

// within reports whether a media type is the declared one, or of its range.
func within(contentType, declared string) bool {
	t, d := baseType(contentType), baseType(declared)
	prefix, isRange := strings.CutSuffix(d, "*")
	return t == d || isRange && strings.HasPrefix(t, strings.TrimPrefix(prefix, "*/"))
}

// Offers reports whether a response that is declared with a media type or range
// can be what an Accept header asks for with another; types of JSON go for one another,
// as servers take them.
func Offers(declared, asked string) bool {
	return !strings.Contains(declared, "/") || within(declared, asked) || within(asked, declared) || IsJSON(declared) && IsJSON(asked)
}

// Media returns what a body declares for a content type, as [MediaOf] does.
func (b *Body) Media(contentType string) (media *MediaType) {
	if b == nil {
		return nil
	}
	return MediaOf(b.Content, contentType)
}

// MediaOf returns what of a content is for a content type: for the type itself, else
// for a range that it is in; nil when there is neither.
func MediaOf(content []*MediaType, contentType string) (media *MediaType) {
	for _, m := range content {
		if within(contentType, m.Type) && (media == nil || IsRange(media.Type)) {
			media = m
		}
	}
	return media
}
