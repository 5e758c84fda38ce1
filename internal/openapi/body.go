package openapi

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/uri"
	"github.com/gobelin-dev/gobelin/internal/value"
	"golang.org/x/net/html/charset"
	"golang.org/x/net/http/httpguts"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
)

// encodeBody writes a payload in its content type (ruling O9). It returns the
// content type because multipart adds its boundary.
func encodeBody(contentType string, v Value, media *MediaType) ([]byte, string, error) {
	if raw, ok := v.V.([]byte); ok {
		return raw, contentType, nil
	}
	switch t := baseType(contentType); {
	case IsJSON(contentType):
		return value.AppendJSON(nil, v.V), contentType, nil
	case t == formType:
		return encodeForm(v, contentType, media)
	case t == multipartType:
		return encodeMultipart(v, media)
	case IsMultipart(t):
		return nil, "", fmt.Errorf("a body of type %s cannot be written; of the multipart types only %s can", t, multipartType)
	}
	switch v.V.(type) {
	case map[string]any, []any:
		if IsXML(contentType) {
			return nil, "", fmt.Errorf("a body of type %s must be text; the payload is an object or array", baseType(contentType))
		}
	}
	return []byte(value.Text(v.V)), contentType, nil
}

// encodeForm writes application/x-www-form-urlencoded: text as it is, an object
// by its members.
func encodeForm(v Value, contentType string, media *MediaType) ([]byte, string, error) {
	members, ok := v.V.(map[string]any)
	if !ok {
		if text, isText := v.V.(string); isText {
			return []byte(text), contentType, nil
		}
		return nil, "", fmt.Errorf("a form body must be an object or text")
	}
	var pairs []string
	for _, name := range ordered(members, v.Order) {
		if p := media.styled(name); p != nil {
			escape := escapeForm
			if p.AllowReserved {
				escape.value = encodeReservedForm
			}
			if text := expand(p, Value{V: members[name]}, escape); text != "" {
				pairs = append(pairs, text)
			}
			continue
		}
		member := members[name]
		if raw, ok := member.([]byte); ok {
			member = value.Text(raw) // a form is text: base64
		}
		for _, part := range media.parts(name, member) {
			pairs = append(pairs, FormText(part.name)+"="+FormText(string(part.data)))
		}
	}
	return []byte(strings.Join(pairs, "&")), contentType, nil
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

// encodeMultipart writes multipart/form-data. The boundary is derived from the
// content, so that equal payloads have equal bodies.
func encodeMultipart(v Value, media *MediaType) ([]byte, string, error) {
	members, ok := v.V.(map[string]any)
	if !ok {
		return nil, "", fmt.Errorf("a multipart body must be an object")
	}
	var parts []part
	for _, name := range ordered(members, v.Order) {
		p := media.styled(name)
		if p == nil || !media.StyledParts {
			parts = append(parts, media.parts(name, members[name])...)
			continue
		}
		for _, it := range p.items(Value{V: members[name]}, escapeNothing) {
			parts = append(parts, part{name: it.name, data: []byte(it.text)})
		}
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(boundary(parts)); err != nil {
		return nil, "", err
	}
	for _, p := range parts {
		if err := p.write(w); err != nil {
			return nil, "", err
		}
	}
	err := w.Close()
	return b.Bytes(), w.FormDataContentType(), err
}

func boundary(parts []part) string {
	sum := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(sum, "%q %q %d ", p.name, p.filename, len(p.data))
		sum.Write(p.data)
	}
	return "gobelin-" + hex.EncodeToString(sum.Sum(nil)[:12])
}

// styled returns the parameter equivalent to a property whose Encoding Object
// has style, explode or allowReserved, or nil if it has none of them and the
// content type counts (OpenAPI 3.1.1, Encoding Object).
func (m *MediaType) styled(name string) *Parameter {
	if m == nil {
		return nil
	}
	how := m.Encoding.Get(name)
	style, explode, allowReserved := how.Get("style"), how.Get("explode"), how.Get("allowReserved")
	if style == nil && explode == nil && allowReserved == nil {
		return nil
	}
	p := &Parameter{Name: name, In: "query", Style: cmp.Or(style.Str(), "form"), AllowReserved: allowReserved.True()}
	p.Explode = p.Style == "form" || p.Style == "deepObject"
	if explode != nil {
		p.Explode = explode.True()
	}
	return p
}

// A part is a piece of a form or multipart body.
type part struct {
	name, filename, contentType string
	headers                     map[string]string
	data                        []byte
}

// parts writes a property by its content type: each item of an array separately
// (OpenAPI 3.2, Encoding Object), an undefined value (RFC 6570 §2.3) not at
// all.
func (m *MediaType) parts(name string, v any) (parts []part) {
	items, isArray := v.([]any)
	if !isArray {
		items = []any{v}
	}
	for _, item := range items {
		if item != nil {
			parts = append(parts, m.part(name, item))
		}
	}
	return parts
}

func (m *MediaType) part(name string, v any) part {
	p := part{name: name}
	file := false
	if m != nil {
		p.contentType, p.headers = m.PartType(name), m.partHeaders(name)
		file = slices.Contains(m.Files, name)
	}
	switch v := v.(type) {
	case File:
		p.filename, p.data = v.Name, v.Data
		p.contentType = cmp.Or(p.contentType, mime.TypeByExtension(path.Ext(v.Name)), binaryType)
	case []byte:
		p.filename, p.data = name, v
		p.contentType = cmp.Or(p.contentType, binaryType)
	case map[string]any, []any:
		p.data = value.AppendJSON(nil, v)
		p.contentType = cmp.Or(p.contentType, "application/json")
	default:
		p.data = []byte(contentText(p.contentType, v))
		if file {
			p.filename, p.contentType = name, cmp.Or(p.contentType, binaryType)
		}
	}
	return p
}

// PartType returns the content type that the description declares for a
// property: the first of a list, if it is one and not a range.
func (m *MediaType) PartType(name string) string {
	if m == nil {
		return ""
	}
	contentType, _, _ := strings.Cut(m.Encoding.Get(name).Get("contentType").Str(), ",")
	if strings.Contains(contentType, "*") {
		return ""
	}
	return strings.TrimSpace(contentType)
}

// partHeaders returns the headers of a part, with the values that their schemas
// fix or default to.
func (m *MediaType) partHeaders(name string) map[string]string {
	headers := m.Encoding.Get(name).Get("headers")
	if headers == nil {
		return nil
	}
	texts := map[string]string{}
	for _, h := range headers.Members {
		for _, field := range []string{"const", "default"} {
			if v := h.Value.Get("schema").Get(field); v != nil && !strings.EqualFold(h.Name, "Content-Type") {
				texts[h.Name] = value.Text(v.Value())
				break
			}
		}
	}
	return texts
}

// quoted writes the name of a part as browsers do (beyond ASCII, RFC 7578 §4.2
// only has UTF-8).
var quoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "%0D", "\n", "%0A")

func (p part) write(w *multipart.Writer) error {
	disposition := `form-data; name="` + quoted.Replace(p.name) + `"`
	if p.filename != "" {
		disposition += `; filename="` + quoted.Replace(p.filename) + `"`
	}
	header := textproto.MIMEHeader{"Content-Disposition": {disposition}}
	if p.contentType != "" {
		header.Set("Content-Type", p.contentType)
	}
	for field, text := range p.headers {
		header.Set(field, text)
	}
	for field, texts := range header {
		if !httpguts.ValidHeaderFieldName(field) || !httpguts.ValidHeaderFieldValue(texts[0]) {
			return fmt.Errorf("part %q: the header %q has characters that a header cannot have", p.name, field)
		}
	}
	out, err := w.CreatePart(header)
	if err != nil {
		return err
	}
	_, err = out.Write(p.data)
	return err
}

// JSONText returns the JSON text of a body that [DecodeBody] would read as
// JSON, or try to.
func JSONText(contentType string, body []byte) ([]byte, bool) {
	switch {
	case len(body) == 0:
		return nil, false
	case contentType == "":
		return body, true
	}
	return bytes.TrimPrefix(body, []byte("\ufeff")), IsJSON(contentType)
}

// DecodeBody reads the body of a message (ruling E9): JSON as a value, text as
// a string, an empty body as nil, everything else as bytes. The note reports
// invalid JSON, which is read as text; it is empty otherwise.
func DecodeBody(contentType string, body []byte) (v any, note string) {
	mediaType, params, _ := mime.ParseMediaType(contentType)
	if mediaType == "" {
		mediaType = baseType(contentType)
	}
	switch {
	case len(body) == 0:
		return nil, ""
	case IsJSON(mediaType):
		decoded := text(body, params["charset"])
		if utf8.Valid(body) && !hasUTF16Mark(body) {
			decoded = strings.TrimPrefix(string(body), "\ufeff") // JSON is UTF-8 (RFC 8259 §8.1)
		}
		v, err := value.Decode([]byte(decoded))
		switch {
		case errors.Is(err, value.ErrValues):
			return decoded, fmt.Sprintf("the body is not read as %s, but as text: %v", mediaType, err)
		case err != nil:
			return decoded, fmt.Sprintf("the body is not JSON, though its type is %s: %v", mediaType, err)
		}
		return v, ""
	case mediaType == "":
		if v, err := value.Decode(bytes.TrimPrefix(body, []byte("\ufeff"))); err == nil {
			return v, ""
		}
		if utf8.Valid(body) || hasUTF16Mark(body) {
			return text(body, ""), ""
		}
	case IsXML(mediaType):
		return text(body, cmp.Or(params["charset"], declaredEncoding(body))), ""
	case IsText(mediaType):
		return text(body, params["charset"]), ""
	}
	return body, ""
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

// marks are the byte order marks; they override a charset (Encoding Standard,
// §6).
var marks = []struct {
	bytes    string
	encoding encoding.Encoding
}{
	{"\xef\xbb\xbf", unicode.UTF8},
	{"\xfe\xff", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
	{"\xff\xfe", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
}

func hasUTF16Mark(body []byte) bool {
	return bytes.HasPrefix(body, []byte(marks[1].bytes)) || bytes.HasPrefix(body, []byte(marks[2].bytes))
}

// text decodes bytes in a charset, or as UTF-8 if none is known.
func text(body []byte, label string) string {
	enc, _ := charset.Lookup(label)
	for _, mark := range marks {
		if rest, ok := bytes.CutPrefix(body, []byte(mark.bytes)); ok {
			body, enc = rest, mark.encoding
			break
		}
	}
	if enc != nil && enc != encoding.Nop {
		if decoded, err := enc.NewDecoder().Bytes(body); err == nil {
			return string(decoded)
		}
	}
	return strings.ToValidUTF8(string(body), "\ufffd")
}
