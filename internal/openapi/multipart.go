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
	"path"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"golang.org/x/net/http/httpguts"
)

// encodeMultipart writes a body in parts: an object by its members, an array by its
// items. Only the parts of multipart/form-data have names. The boundary is derived
// from the content, so that equal payloads have equal bodies. Text is sent as it is
// if the content type has its boundary.
func encodeMultipart(contentType string, v Value, media *MediaType) ([]byte, string, error) {
	isForm := baseType(contentType) == multipartType
	var parts []part
	var err error
	switch payload := v.V.(type) {
	case map[string]any:
		parts, err = media.membersAsParts(payload, v.Order)
	case []any:
		if isForm {
			return nil, "", Unwritable(contentType, media, anArray, len(payload))
		}
		for i := 0; i < len(payload) && err == nil; i++ {
			var p part
			p, err = media.part("", media.encodingAt(i), payload[i], v.Order.At(i))
			parts = append(parts, p)
		}
	default:
		if text, ok := payload.(string); ok && parameter(contentType, "boundary") != "" {
			return []byte(text), contentType, nil
		}
		return nil, "", errors.New("a multipart body must be an object or an array, or text whose boundary the content type names")
	}
	if err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(boundary(parts)); err != nil {
		return nil, "", err
	}
	for _, p := range parts {
		if err := p.write(w, isForm); err != nil {
			return nil, "", err
		}
	}
	err = w.Close()
	params := map[string]string{"boundary": w.Boundary()}
	if baseType(contentType) == relatedType && len(parts) > 0 {
		params["type"] = baseType(cmp.Or(parts[0].contentType, "text/plain")) // of the root, the first part (RFC 2387, §3.1)
	}
	return b.Bytes(), mime.FormatMediaType(baseType(contentType), params), err
}

func boundary(parts []part) string {
	sum := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(sum, "%q %q %d ", p.name, p.filename, len(p.data))
		sum.Write(p.data)
	}
	return "gobelin-" + hex.EncodeToString(sum.Sum(nil)[:12])
}

// parameter returns a parameter of a media type.
func parameter(mediaType, name string) string {
	if !strings.Contains(mediaType, ";") {
		return "" // as most
	}
	_, params, _ := mime.ParseMediaType(mediaType)
	return params[name]
}

func (m *MediaType) membersAsParts(members map[string]any, order *value.Order) (parts []part, err error) {
	order.Each(members, func(name string, member any, inside *value.Order) {
		p := m.styled(name)
		if p == nil || !m.StyledParts {
			more, problem := m.parts(name, member, inside)
			parts, err = append(parts, more...), cmp.Or(err, problem)
			return
		}
		for _, it := range p.items(Value{V: member, Order: inside}, escapeNothing) {
			parts = append(parts, part{name: it.name, data: []byte(it.text)})
		}
	})
	return parts, err
}

// styled returns the parameter equivalent to a property whose Encoding Object
// has style, explode or allowReserved, or nil if it has none of them and the
// content type counts (OpenAPI 3.1.1, Encoding Object).
func (m *MediaType) styled(name string) *Parameter {
	how := m.encodingOf(name)
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

// encodingOf returns the Encoding Object of a property.
func (m *MediaType) encodingOf(name string) *tree.Node {
	if m == nil {
		return nil
	}
	return m.Encoding.Get(name)
}

// encodingAt returns the Encoding Object of the part at a position (OpenAPI 3.2,
// prefixEncoding and itemEncoding).
func (m *MediaType) encodingAt(i int) *tree.Node {
	if m == nil {
		return nil
	}
	if prefix := m.Node.Get("prefixEncoding"); prefix != nil && i < len(prefix.Items) {
		return prefix.Items[i]
	}
	return m.Node.Get("itemEncoding")
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
func (m *MediaType) parts(name string, v any, order *value.Order) (parts []part, err error) {
	items, isArray := v.([]any)
	if !isArray {
		items, order = []any{v}, &value.Order{Inside: []*value.Order{order}}
	}
	for i, item := range items {
		if item == nil {
			continue
		}
		p, err := m.part(name, m.encodingOf(name), item, order.At(i))
		if err != nil {
			return nil, fmt.Errorf("part %q: %w", name, err)
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func (m *MediaType) part(name string, how *tree.Node, v any, order *value.Order) (p part, err error) {
	p = part{name: name, contentType: partType(how), headers: partHeaders(how)}
	switch v := v.(type) {
	case File:
		p.filename, p.data = v.Name, v.Data
		p.contentType = cmp.Or(p.contentType, mime.TypeByExtension(path.Ext(v.Name)), binaryType)
	case []byte:
		p.filename, p.data = name, v
		p.contentType = cmp.Or(p.contentType, binaryType)
	case map[string]any, []any:
		p.data, p.contentType, err = encodeBody(cmp.Or(p.contentType, jsonType), Value{V: v, Order: order}, m.ofProperty(name))
	default:
		if m != nil && slices.Contains(m.Files, name) {
			p.filename, p.contentType = name, cmp.Or(p.contentType, binaryType)
		}
		p.data, err = inCharset(p.contentType, []byte(contentText(p.contentType, Value{V: v})))
	}
	return p, err
}

// ofProperty returns the media type of the part that a property is.
func (m *MediaType) ofProperty(name string) *MediaType {
	if m == nil {
		return nil
	}
	schema, home := property(m.Schema, m.Home, name)
	return &MediaType{Schema: schema, Home: home}
}

// PartType returns the content type that the description declares for a
// property.
func (m *MediaType) PartType(name string) string { return partType(m.encodingOf(name)) }

// partType returns the content type of an Encoding Object: the first of a list, if
// it is one and not a range.
func partType(how *tree.Node) string {
	contentType, _, _ := strings.Cut(how.Get("contentType").Str(), ",")
	if strings.Contains(contentType, "*") {
		return ""
	}
	return strings.TrimSpace(contentType)
}

// partHeaders returns the headers of a part, with the values that their schemas
// fix or default to.
func partHeaders(how *tree.Node) map[string]string {
	headers := how.Get("headers")
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

func (p part) write(w *multipart.Writer, named bool) error {
	header := textproto.MIMEHeader{}
	disposition := ""
	switch {
	case named:
		disposition = `form-data; name="` + quoted.Replace(p.name) + `"`
	case p.filename != "" && p.filename != p.name:
		disposition = "attachment"
	}
	if disposition != "" && p.filename != "" {
		disposition += `; filename="` + quoted.Replace(p.filename) + `"`
	}
	if disposition != "" {
		header.Set("Content-Disposition", disposition)
	}
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
