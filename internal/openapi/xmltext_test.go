package openapi

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

// shape returns the markup of a document, with its texts.
func shape(t *testing.T, document string) string {
	t.Helper()
	var b strings.Builder
	put := func(kind, text string) { b.WriteString(kind + text + "\n") }
	d := xml.NewDecoder(strings.NewReader(document))
	text := ""
	for {
		token, err := d.Token()
		if data, ok := token.(xml.CharData); ok {
			text += string(data)
			continue
		}
		if text != "" {
			put("text ", text)
			text = ""
		}
		switch token := token.(type) {
		case nil:
			if err != io.EOF {
				t.Fatalf("%s: %v", document, err)
			}
			return b.String()
		case xml.StartElement:
			put("<", token.Name.Local)
			for _, a := range token.Attr {
				put("@"+a.Name.Local+" ", a.Value)
			}
		case xml.EndElement:
			put(">", token.Name.Local)
		case xml.Comment:
			put("comment ", string(token))
		case xml.ProcInst:
			put("instruction ", string(token.Inst))
		}
	}
}

// FuzzXMLTemplate looks for a value that is more than text (O8).
func FuzzXMLTemplate(f *testing.F) {
	for _, s := range []string{"a", "]]", "]]>", ">", "--", "-", "?>", "<b/>", `" c="`,
		"' c='", "&lt;", "&#0;", "\r\n\t", "é\U0001F600", "a b", "]"} {
		f.Add(s)
	}
	templates := []string{"<a>x§y</a>", `<a b="x§y" c="z"/>`, "<a b='x§y'>z</a>", "<a><![CDATA[x§y]]>z</a>", "<a><![CDATA[§>z]]></a>",
		"<a><![CDATA[x]§>z]]></a>", "<a><![CDATA[x]]§]]></a>", "<a><!-- x§y --></a>", "<a><?p x§y?></a>", "<a><b c='>'/>§</a>"}
	f.Fuzz(func(t *testing.T, value string) {
		if value == "" || !utf8.ValidString(value) || strings.Contains(value, "VALUE") {
			return
		}
		for _, template := range templates {
			before, after, _ := strings.Cut(template, "§")
			w := XMLTemplate{}
			w.Literal(before)
			text, err := w.Value(value, false)
			if err != nil {
				continue
			}
			// Outside of texts and attributes a line break cannot be escaped.
			if strings.Contains(value, "\r") && strings.ContainsAny(template, "!?") {
				continue
			}
			want := strings.ReplaceAll(shape(t, before+"VALUE"+after), "VALUE", value)
			if got := shape(t, before+text+after); got != want {
				t.Errorf("%q in %s: %s", value, template, before+text+after)
			}
		}
	})
}
