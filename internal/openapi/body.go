package openapi

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"mime/multipart"
	"net/textproto"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"golang.org/x/net/html/charset"
	"golang.org/x/net/http/httpguts"
)

// encodeBody writes a payload in its content type (ruling O9). The content
// type comes back because multipart adds its boundary.
func encodeBody(contentType string, v any, media *MediaType) ([]byte, string, error) {
	if raw, ok := v.([]byte); ok {
		return raw, contentType, nil
	}
	var encoding *tree.Node
	if media != nil {
		encoding = media.Encoding
	}
	switch t := baseType(contentType); {
	case isJSONType(contentType):
		return value.AppendJSON(nil, v), contentType, nil
	case t == formType:
		return encodeForm(v, contentType, encoding)
	case t == multipartType:
		return encodeMultipart(v, media)
	case strings.HasPrefix(t, "multipart/"):
		return nil, "", fmt.Errorf("a body of type %s cannot be written; of the multipart types only %s can", t, multipartType)
	}
	switch v.(type) {
	case map[string]any, []any:
		if isXMLType(contentType) {
			return nil, "", fmt.Errorf("a body of type %s is text; the payload is an object or array", baseType(contentType))
		}
	}
	return []byte(value.Text(v)), contentType, nil
}

// encodeForm writes application/x-www-form-urlencoded: objects by name, arrays
// repeat their name, what is nested deeper is JSON, unless the operation's
// encoding says otherwise.
func encodeForm(v any, contentType string, encoding *tree.Node) ([]byte, string, error) {
	members, ok := v.(map[string]any)
	if !ok {
		if text, isText := v.(string); isText {
			return []byte(text), contentType, nil
		}
		return nil, "", fmt.Errorf("a form body is an object or text")
	}
	var parts []string
	for _, name := range sorted(members) {
		p := &Parameter{Name: name, In: "query", Style: "form", Explode: true}
		how := encoding.Get(name)
		if style := how.Get("style").Str(); style != "" {
			p.Style, p.Explode = style, style == "form"
		}
		if explode := how.Get("explode"); explode != nil {
			p.Explode = explode.True()
		}
		member := members[name]
		if _, nested := member.(map[string]any); nested && how.Get("style") == nil && how.Get("explode") == nil {
			member = string(value.AppendJSON(nil, member))
		}
		if text := expand(p, member, encodeFormText); text != "" {
			parts = append(parts, text)
		}
	}
	return []byte(strings.Join(parts, "&")), contentType, nil
}

// encodeFormText escapes as forms do: a blank is a plus.
func encodeFormText(s string) string {
	return strings.ReplaceAll(percent(s, unreserved+" "), " ", "+")
}

// encodeMultipart writes multipart/form-data. The boundary comes from the
// content, so that equal payloads are equal bodies.
func encodeMultipart(v any, media *MediaType) ([]byte, string, error) {
	members, ok := v.(map[string]any)
	if !ok {
		return nil, "", fmt.Errorf("a multipart body is an object")
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	sum := sha256.Sum256(fmt.Append(value.AppendJSON(nil, withoutFiles(members)), fileDigests(members)))
	if err := w.SetBoundary("gobelin-" + hex.EncodeToString(sum[:12])); err != nil {
		return nil, "", err
	}
	for _, name := range sorted(members) {
		items, isArray := members[name].([]any)
		if !isArray {
			items = []any{members[name]}
		}
		for _, item := range items {
			if item == nil {
				continue // RFC 6570 §2.3: undefined
			}
			if err := writePart(w, name, item, media.part(name)); err != nil {
				return nil, "", err
			}
		}
	}
	err := w.Close()
	return b.Bytes(), w.FormDataContentType(), err
}

// withoutFiles gives the members that have a form in JSON.
func withoutFiles(members map[string]any) map[string]any {
	kept := map[string]any{}
	for name, v := range members {
		if len(files(v)) == 0 {
			kept[name] = v
		}
	}
	return kept
}

// fileDigests tells files apart by their content.
func fileDigests(members map[string]any) (digests [][32]byte) {
	for _, name := range sorted(members) {
		for _, f := range files(members[name]) {
			digests = append(digests, sha256.Sum256(f.Data))
		}
	}
	return digests
}

func files(v any) (list []File) {
	switch v := v.(type) {
	case File:
		return []File{v}
	case []any:
		for _, item := range v {
			list = append(list, files(item)...)
		}
	}
	return list
}

// part is what a description says of one part of a multipart body.
type part struct {
	contentType string
	headers     map[string]string
}

// part reads the Encoding Object of a property (OpenAPI 3.1.1, Encoding
// Object). A header is sent with the value that its schema fixes or defaults to.
func (m *MediaType) part(name string) part {
	var p part
	if m == nil {
		return p
	}
	how := m.Encoding.Get(name)
	p.contentType, _, _ = strings.Cut(how.Get("contentType").Str(), ",")
	p.contentType = strings.TrimSpace(p.contentType)
	if strings.Contains(p.contentType, "*") {
		p.contentType = ""
	}
	if headers := how.Get("headers"); headers != nil {
		p.headers = map[string]string{}
		for _, h := range headers.Members {
			for _, field := range []string{"const", "default"} {
				if v := h.Value.Get("schema").Get(field); v != nil && !strings.EqualFold(h.Name, "Content-Type") {
					p.headers[h.Name] = value.Text(v.Value())
					break
				}
			}
		}
	}
	return p
}

func writePart(w *multipart.Writer, name string, v any, p part) error {
	disposition := map[string]string{"name": name}
	var data []byte
	switch v := v.(type) {
	case File:
		disposition["filename"], data = v.Name, v.Data
		p.contentType = cmp.Or(p.contentType, mime.TypeByExtension(path.Ext(v.Name)), binaryType)
	case []byte:
		disposition["filename"], data = name, v
		p.contentType = cmp.Or(p.contentType, binaryType)
	case map[string]any, []any:
		data = value.AppendJSON(nil, v)
		p.contentType = cmp.Or(p.contentType, "application/json")
	default:
		data = []byte(value.Text(v))
	}
	header := textproto.MIMEHeader{"Content-Disposition": {mime.FormatMediaType("form-data", disposition)}}
	if p.contentType != "" {
		header.Set("Content-Type", p.contentType)
	}
	for field, text := range p.headers {
		if !httpguts.ValidHeaderFieldName(field) || !httpguts.ValidHeaderFieldValue(text) {
			return fmt.Errorf("part %q: the header %q has characters that a header cannot have", name, field)
		}
		header.Set(field, text)
	}
	out, err := w.CreatePart(header)
	if err != nil {
		return err
	}
	_, err = out.Write(data)
	return err
}

const binaryType = "application/octet-stream"

func isXMLType(mediaType string) bool {
	t := baseType(mediaType)
	return t == "application/xml" || t == "text/xml" || strings.HasSuffix(t, "+xml")
}

func sorted(members map[string]any) []string {
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// DecodeBody reads the body of a message (ruling E9): JSON as a value, text as
// a string, an empty body as nil, all else as bytes. The note tells of JSON
// that is none and is therefore taken as text; it is empty otherwise.
func DecodeBody(contentType string, body []byte) (v any, note string) {
	mediaType, params, _ := mime.ParseMediaType(contentType)
	if mediaType == "" {
		mediaType = baseType(contentType)
	}
	switch {
	case len(body) == 0:
		return nil, ""
	case isJSONType(mediaType):
		v, err := value.Decode(bytes.TrimPrefix(body, []byte("\ufeff")))
		if err != nil {
			return text(body, params["charset"]), fmt.Sprintf("the body is no JSON, though its type is %s: %v", mediaType, err)
		}
		return v, ""
	case contentType == "":
		if v, err := value.Decode(body); err == nil {
			return v, ""
		}
		if utf8.Valid(body) {
			return string(body), ""
		}
	case isTextType(mediaType):
		return text(body, params["charset"]), ""
	}
	return body, ""
}

var textTypes = []string{"application/xml", formType, "application/javascript", "application/yaml", "application/x-yaml", "application/x-ndjson", "application/x-jsonl", "application/jsonl", "application/graphql"}

func isTextType(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/") || strings.HasSuffix(mediaType, "+xml") || slices.Contains(textTypes, mediaType)
}

// text reads bytes in a charset; UTF-8 where none is known.
func text(body []byte, label string) string {
	if enc, _ := charset.Lookup(label); enc != nil && label != "" {
		if decoded, err := enc.NewDecoder().Bytes(body); err == nil {
			return string(decoded)
		}
	}
	return strings.ToValidUTF8(string(body), "\ufffd")
}
