package openapi

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
)

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

// widthOf returns the encoding of a text in UTF-16, nil for any other one. Without a
// mark it is known by the null byte that a first character of ASCII has.
func widthOf(body []byte) encoding.Encoding {
	switch {
	case len(body) < 2:
	case bytes.HasPrefix(body, []byte(marks[1].bytes)), body[0] == 0 && body[1] != 0 && len(body)%2 == 0:
		return marks[1].encoding
	case bytes.HasPrefix(body, []byte(marks[2].bytes)), body[1] == 0 && body[0] != 0 && len(body)%2 == 0:
		return marks[2].encoding
	}
	return nil
}

func hasWideMark(body []byte) bool {
	return bytes.HasPrefix(body, []byte(marks[1].bytes)) || bytes.HasPrefix(body, []byte(marks[2].bytes))
}

// text decodes bytes in a charset, or as UTF-8 if none is known. The note reports
// what was not decoded.
func text(body []byte, label string) (decoded, note string) {
	enc, _ := charset.Lookup(label)
	if enc == nil && label != "" {
		note = fmt.Sprintf("the charset %q of the body is unknown; it was read as UTF-8", label)
	}
	if wide := widthOf(body); wide != nil {
		enc = wide
	}
	for _, mark := range marks {
		if rest, ok := bytes.CutPrefix(body, []byte(mark.bytes)); ok {
			body, enc, note = rest, mark.encoding, ""
			break
		}
	}
	if enc != nil && enc != encoding.Nop && enc != unicode.UTF8 {
		if text, err := enc.NewDecoder().Bytes(body); err == nil {
			body = text
			if n := bytes.Count(text, []byte("\ufffd")); n > 0 {
				note = fmt.Sprintf("the body has bytes that are not of its charset; they were replaced by U+FFFD, %d in all", n)
			}
		}
	}
	if utf8.Valid(body) {
		return string(body), note
	}
	if note == "" {
		note = "the body has bytes that are not UTF-8; they were replaced by U+FFFD"
	}
	return strings.ToValidUTF8(string(body), "\ufffd"), note
}

// Readable returns the text of a body in UTF-8, where it is text in another charset,
// for those who read it and for what looks for secrets in it.
func Readable(contentType string, body []byte) []byte {
	if parameter(contentType, "charset") == "" && widthOf(body) == nil || isASCII(body) && bytes.IndexByte(body, 0) < 0 {
		return body
	}
	label := parameter(contentType, "charset")
	switch {
	case IsJSON(contentType) || IsSequence(contentType):
		if utf8.Valid(body) && widthOf(body) == nil {
			return body
		}
	case !IsXML(contentType) && !IsText(contentType):
		return body
	}
	decoded, _ := text(body, label)
	return []byte(decoded)
}

// inCharset returns a text in the charset that its content type names, or in that of
// its XML declaration.
func inCharset(contentType string, body []byte) ([]byte, error) {
	label := parameter(contentType, "charset")
	if label == "" && IsXML(contentType) {
		label = declaredEncoding(body)
	}
	if label == "" || isASCII(body) && !strings.Contains(strings.ToLower(label), "16") {
		return body, checkForm(contentType, label, body)
	}
	var enc encoding.Encoding
	switch strings.ToLower(label) {
	case "utf-8", "utf8":
		return body, nil
	case "utf-16": // its mark says which (RFC 2781, §4.3)
		enc = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	default:
		// By its registered name: browsers, and with them package charset, mean others.
		if enc, _ = ianaindex.MIME.Encoding(label); enc == nil {
			return nil, fmt.Errorf("the body cannot be written in the charset %q, which is unknown", label)
		}
	}
	encoded, err := enc.NewEncoder().Bytes(body)
	if err != nil {
		return nil, fmt.Errorf("the body has characters that its charset %q does not have; utf-8 has all", label)
	}
	return encoded, nil
}

// checkForm rejects a form in another charset than UTF-8: what it escapes are the
// bytes of UTF-8.
func checkForm(contentType, label string, body []byte) error {
	if label == "" || !IsForm(contentType) || strings.EqualFold(label, "utf-8") {
		return nil
	}
	for i := 0; i+1 < len(body); i++ {
		if body[i] == '%' && body[i+1] >= '8' {
			return fmt.Errorf("a form is written in UTF-8, not in the charset %q", label)
		}
	}
	return nil
}

func isASCII(body []byte) bool {
	for _, c := range body {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
