package openapi

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escapes are the references that text needs where a character of it would be
// markup, or would be changed by whoever reads it (XML 1.0, §2.11 and §3.3.3).
var (
	xmlText      = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "\r", "&#13;")
	xmlAttribute = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "\r", "&#13;", "\n", "&#10;",
		"\t", "&#9;")
)

// checkXML returns an error for text with a character that XML 1.0 does not have,
// not even as a reference (§2.2).
func checkXML(text string) error {
	for i, r := range text {
		invalid := r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff
		if r == utf8.RuneError {
			_, size := utf8.DecodeRuneInString(text[i:])
			invalid = size == 1
		}
		if invalid {
			return fmt.Errorf("it has the character %U, which XML does not have", r)
		}
	}
	return nil
}

// An XMLTemplate follows a text with values in it, so that each value is written
// as its place demands and never is markup.
type XMLTemplate struct {
	in   xmlPlace
	seen string // what was read of the markup that a place begins or ends with
}

// An xmlPlace is a place in XML text at which a value may stand.
type xmlPlace uint8

const (
	inText xmlPlace = iota
	inTag
	inDouble // an attribute value in double quotes
	inSingle
	inCDATA
	inComment
	inInstruction
	inDeclaration // <!DOCTYPE …>
)

// xmlEnds are the markup that ends a place, and what follows it.
var xmlEnds = map[xmlPlace]struct {
	end  string
	then xmlPlace
}{
	inDouble: {`"`, inTag}, inSingle: {"'", inTag}, inCDATA: {"]]>", inText}, inComment: {"-->", inText}, inInstruction: {"?>", inText},
	inDeclaration: {">", inText},
}

// xmlStarts are the beginnings of markup in text; the first that fits counts.
var xmlStarts = []struct {
	start string
	in    xmlPlace
}{{"<![CDATA[", inCDATA}, {"<!--", inComment}, {"<!", inDeclaration}, {"<?", inInstruction}, {"<", inTag}}

// Literal reads a piece of the text between two values.
func (t *XMLTemplate) Literal(text string) {
	for text = t.seen + text; text != ""; {
		switch t.in {
		case inText:
			at := strings.IndexByte(text, '<')
			if at < 0 {
				t.seen = ""
				return
			}
			for _, s := range xmlStarts {
				if strings.HasPrefix(text[at:], s.start) {
					t.in, text = s.in, text[at+len(s.start):]
					break
				}
			}
		case inTag:
			at := strings.IndexAny(text, `"'>`)
			if at < 0 {
				t.seen = ""
				return
			}
			t.in = map[byte]xmlPlace{'"': inDouble, '\'': inSingle, '>': inText}[text[at]]
			text = text[at+1:]
		default:
			ends := xmlEnds[t.in]
			before, after, found := strings.Cut(text, ends.end)
			if !found {
				t.seen = ""
				if n := len(ends.end) - 1; n > 0 {
					t.seen = before[max(len(before)-n, 0):]
				}
				return
			}
			t.in, text = ends.then, after
		}
	}
	t.seen = ""
}

// Value returns a value as the place demands that the text has come to. The body of
// a response that is a document is an element where elements may be.
func (t *XMLTemplate) Value(text string, isBody bool) (string, error) {
	if err := checkXML(text); err != nil {
		return "", err
	}
	t.seen = ""
	switch t.in {
	case inText:
		if isBody && isXMLDocument(text) {
			return text, nil
		}
		return xmlText.Replace(text), nil
	case inDouble, inSingle:
		return xmlAttribute.Replace(text), nil
	case inCDATA:
		return cdata(text), nil
	case inTag:
		if isXMLName(text) {
			return text, nil
		}
		return "", errors.New("it is in a tag, outside of quotes, and is not a name")
	}
	if t.in == inComment && !strings.Contains(text, "--") && text == strings.Trim(text, "->") ||
		t.in == inInstruction && !strings.ContainsAny(text, "?>") || t.in == inDeclaration && isXMLName(text) {
		return text, nil
	}
	return "", errors.New("it is in a comment, an instruction or a declaration, and may end it")
}

// cdata writes text for a section that it cannot end, whatever is around it.
func cdata(text string) string {
	const again = "]]><![CDATA["
	text = strings.ReplaceAll(text, ">", again+">")
	if strings.HasSuffix(text, "]") {
		text += again
	}
	return text
}

// isXMLName reports whether text is a part of a name, and nothing else.
func isXMLName(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r < utf8.RuneSelf && !strings.ContainsRune("-._:", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// isXMLDocument reports whether text is one element, with what may be around it.
func isXMLDocument(text string) bool {
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = func(_ string, text io.Reader) (io.Reader, error) { return text, nil } // it is decoded already
	depth, elements := 0, 0
	for {
		token, err := d.Token()
		switch token := token.(type) {
		case nil:
			return err == io.EOF && elements == 1
		case xml.StartElement:
			if depth == 0 {
				elements++
			}
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && strings.Trim(string(token), "\ufeff \t\r\n") != "" {
				return false
			}
		}
	}
}
