package openapi

import (
	"bytes"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http/httpguts"
)

// The following reads requests back by the style tables of OpenAPI 3.1.1 and
// 3.2.0. It shares nothing with serialize.go: it splits text where the tables
// have delimiters, and leaves unescaping to net/url.

// A row is a row of the style tables, in one location.
type row struct {
	in, style string
	explode   bool
}

var rows = []row{
	{"path", "matrix", false}, {"path", "matrix", true}, {"path", "label", false}, {"path", "label", true},
	{"path", "simple", false}, {"path", "simple", true},
	{"query", "form", false}, {"query", "form", true}, {"query", "spaceDelimited", false}, {"query", "pipeDelimited", false},
	{"query", "deepObject", true},
	{"header", "simple", false}, {"header", "simple", true},
	{"cookie", "form", false}, {"cookie", "form", true}, {"cookie", "cookie", false}, {"cookie", "cookie", true},
}

// inner and outer are the delimiters of a row: those within an item, and those
// between items.
func (r row) inner() string {
	return map[string]string{"spaceDelimited": "%20", "pipeDelimited": "%7C"}[r.style]
}

func (r row) outer() string {
	switch {
	case r.in == "cookie":
		return "; "
	case r.style == "matrix":
		return ";"
	case r.style == "label":
		return "."
	case r.style == "simple":
		return ","
	}
	return "&"
}

func (r row) named() bool { return r.style != "simple" && r.style != "label" }

func (r row) escaped() bool { return r.in != "header" && r.style != "cookie" }

// reversible reports whether a row distinguishes its values from other texts,
// and its names from other names: nothing that it leaves unescaped is a
// delimiter.
func (r row) reversible(allowReserved bool, texts, names []string) bool {
	unsafe := ""
	switch {
	case r.style == "spaceDelimited":
		unsafe = " "
	case r.style == "pipeDelimited":
		unsafe = "|"
	case r.style == "label":
		unsafe = "."
	case !r.escaped():
		unsafe = ",;="
	}
	if allowReserved {
		unsafe += "%,;="
	}
	for _, text := range slices.Concat(texts, names) {
		if strings.ContainsAny(text, unsafe) && unsafe != "" || r.in == "header" && !httpguts.ValidHeaderFieldValue(text) {
			return false
		}
	}
	return !slices.Equal(texts, []string{""}) || r.named()
}

func (r row) unescape(t *testing.T, text string) string {
	if !r.escaped() {
		return text
	}
	plain, err := url.PathUnescape(text)
	if err != nil {
		t.Fatalf("%+v: %q: %v", r, text, err)
	}
	return plain
}

func (r row) splitInner(text string) []string {
	if d := r.inner(); d != "" {
		return strings.Split(text, d)
	}
	return strings.Split(text, ",")
}

// pairs splits the sent text into names and values; a row without names returns
// only the names of its members.
func (r row) pairs(sent string) (pairs [][2]string) {
	if r.style == "matrix" || r.style == "label" {
		sent = sent[1:]
	}
	for _, item := range strings.Split(sent, r.outer()) {
		name, text, _ := strings.Cut(item, "=")
		pairs = append(pairs, [2]string{name, text})
	}
	return pairs
}

// array reads an array back; a single string is an array with one item.
func (r row) array(t *testing.T, name, sent string) (items []string) {
	if !r.named() {
		if r.style == "label" {
			sent = sent[1:]
		}
		delimiter := ","
		if r.explode {
			delimiter = r.outer()
		}
		for _, text := range strings.Split(sent, delimiter) {
			items = append(items, r.unescape(t, text))
		}
		return items
	}
	for _, pair := range r.pairs(sent) {
		if got := r.unescape(t, pair[0]); got != name {
			t.Fatalf("%+v: the name is %q in %q, want %q", r, got, sent, name)
		}
		texts := []string{pair[1]}
		if !r.explode {
			texts = r.splitInner(pair[1])
		}
		for _, text := range texts {
			items = append(items, r.unescape(t, text))
		}
	}
	return items
}

// object reads an object back.
func (r row) object(t *testing.T, name, sent string) map[string]string {
	members := map[string]string{}
	switch {
	case r.style == "deepObject":
		for _, pair := range r.pairs(sent) {
			key := r.unescape(t, pair[0])
			inner, ok := strings.CutPrefix(key, name+"[")
			if !ok || !strings.HasSuffix(inner, "]") {
				t.Fatalf("%+v: %q is no member of %q", r, key, name)
			}
			members[strings.TrimSuffix(inner, "]")] = r.unescape(t, pair[1])
		}
	case r.explode:
		for _, pair := range r.pairs(sent) {
			members[r.unescape(t, pair[0])] = r.unescape(t, pair[1])
		}
	default:
		flat := r.array(t, name, sent)
		for i := 0; i+1 < len(flat); i += 2 {
			members[flat[i]] = flat[i+1]
		}
	}
	return members
}

// sentAs returns what the request contains for the parameter.
func (r row) sentAs(t *testing.T, request *Request) string {
	u, err := url.Parse("http://h" + request.URL)
	if err != nil || u.Host != "h" || u.Fragment != "" {
		t.Fatalf("%+v: %s is not the URL that it should be: %v", r, request.URL, err)
	}
	switch r.in {
	case "path":
		if n := strings.Count(u.EscapedPath(), "/"); n != 2 {
			t.Fatalf("%+v: the path %s has %d slashes", r, u.EscapedPath(), n)
		}
		return strings.TrimSuffix(strings.TrimPrefix(u.EscapedPath(), "/a"), "/z")
	case "header":
		return request.Header.Get("Color")
	case "cookie":
		return request.Header.Get("Cookie")
	}
	return u.RawQuery
}

func FuzzRequest(f *testing.F) {
	for i := range rows {
		for _, text := range []string{`"a b&c=d/ä%20"`, `["a,b", "", "c|d", "e.f"]`, `{"R": "100", "G,": "a=b", "": ""}`,
			`{"a": [1, {"b": null}]}`, `null`} {
			f.Add(uint8(i), false, "color", text)
			f.Add(uint8(i), true, "color", text)
		}
	}
	f.Add(uint8(7), true, "na me[]&=", `"x"`)
	f.Fuzz(func(t *testing.T, which uint8, allowReserved bool, name, text string) {
		r := rows[int(which)%len(rows)]
		if r.in == "path" || r.in == "header" {
			name = "color"
		}
		v, err := value.Decode([]byte(text))
		if err != nil {
			v = strings.ToValidUTF8(text, "")
		}
		p := &Parameter{Name: name, In: r.in, Style: r.style, Explode: r.explode, AllowReserved: allowReserved}
		op := &Operation{Method: "GET", Path: "/a{color}/z", Parameters: []*Parameter{p}}
		if r.in != "path" {
			op.Path = "/a"
		}
		b, err := op.Bind([]ArgKey{{name, r.in}})
		if err != nil {
			t.Fatal(err)
		}
		request, err := b.Build([]Value{{V: v, OK: true}}, nil)
		if err != nil {
			return // rejected
		}
		sent := r.sentAs(t, &request)
		if r.in == "cookie" && !r.escaped() && strings.ContainsAny(name, "=;,") {
			return
		}
		switch v := v.(type) {
		case string:
			if r.reversible(allowReserved, []string{v}, nil) && r.explode && r.style != "deepObject" {
				if diff := cmp.Diff([]string{v}, r.array(t, name, sent)); diff != "" && r.style != "simple" {
					t.Fatalf("%+v: %q: %s", r, sent, diff)
				}
			}
		case []any:
			if texts, ok := allTexts(v); ok && len(texts) > 0 && r.style != "deepObject" && r.reversible(allowReserved, texts, nil) {
				if diff := cmp.Diff(texts, r.array(t, name, sent)); diff != "" {
					t.Fatalf("%+v: %q: %s", r, sent, diff)
				}
			}
		case map[string]any:
			want, texts := map[string]string{}, []string{}
			for key, member := range v {
				text, ok := member.(string)
				if !ok {
					return
				}
				want[key], texts = text, append(texts, text)
			}
			if len(want) > 0 && r.reversible(allowReserved, texts, slices.Collect(maps.Keys(want))) &&
				!(len(want) == 1 && want[""] == "" && len(texts) == 1) {
				if diff := cmp.Diff(want, r.object(t, name, sent)); diff != "" {
					t.Fatalf("%+v: %q: %s", r, sent, diff)
				}
			}
		}
	})
}

// allTexts returns the items of an array of strings.
func allTexts(items []any) (texts []string, ok bool) {
	for _, item := range items {
		text, isText := item.(string)
		if !isText {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}

// FuzzBody reads forms and multipart bodies back with net/url and mime/multipart.
func FuzzBody(f *testing.F) {
	f.Add(`{"a": "x y&z=ü%20+", "l": ["p", "", "q"], "o": {"k": [1]}, "n": null, "\"\\": "quoted"}`)
	f.Add(`{"": "", "a\r\nb": "c\r\n--gobelin"}`)
	f.Add(`[1]`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := value.Decode([]byte(text))
		if err != nil {
			return
		}
		want := url.Values{}
		members, _ := v.(map[string]any)
		for name, member := range members {
			items, isArray := member.([]any)
			if !isArray {
				items = []any{member}
			}
			for _, item := range items {
				switch item := item.(type) {
				case nil:
				case string:
					want[name] = append(want[name], item)
				default:
					want[name] = append(want[name], string(value.AppendJSON(nil, item)))
				}
			}
		}
		op := &Operation{Method: "POST", Path: "/a"}
		b, err := op.Bind(nil)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := b.Build(nil, &Payload{ContentType: formType, Value: v}); err == nil && members != nil {
			got, err := url.ParseQuery(string(r.Body))
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Fatalf("%s: %v %s", r.Body, err, diff)
			}
		}
		if r, err := b.Build(nil, &Payload{ContentType: multipartType, Value: v}); err == nil {
			if diff := cmp.Diff(lineBreaksEscaped(want), parts(t, &r)); diff != "" {
				t.Fatalf("%s: %s", r.Body, diff)
			}
		}
	})
}

// lineBreaksEscaped returns the names as the HTML Standard writes them in
// multipart bodies.
func lineBreaksEscaped(values url.Values) url.Values {
	out := url.Values{}
	for name, texts := range values {
		name = strings.NewReplacer("\r", "%0D", "\n", "%0A").Replace(name)
		out[name] = append(out[name], texts...)
		slices.Sort(out[name])
	}
	return out
}

func parts(t *testing.T, r *Request) url.Values {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	got := url.Values{}
	for reader := multipart.NewReader(bytes.NewReader(r.Body), params["boundary"]); ; {
		part, err := reader.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		got[part.FormName()] = append(got[part.FormName()], string(data))
	}
	for name := range got {
		slices.Sort(got[name])
	}
	return got
}

// FuzzDecodeBody decodes what a server sends under any media type: the value is a
// JSON value or bytes, and a JSON text is decoded as the places in it are read.
func FuzzDecodeBody(f *testing.F) {
	for _, contentType := range []string{"", "application/json", "application/json; charset=utf-16", "text/plain; charset=iso-8859-1",
		"text/xml",
		"application/x-ndjson", "application/json-seq", "text/event-stream", "application/x-www-form-urlencoded", "image/png", "a/b+json", ";;"} {
		for _, body := range []string{"", `{"a": [1, "ü"]}`, "\xff\xfe{\x00}\x00", "\xef\xbb\xbf[]", "1\n2\n", "\x1e{}\n\x1e[",
			"id: 1\ndata: a\ndata: b\n\n:\r\n",
			`<?xml version="1.0" encoding="latin1"?><a>` + "\xe9</a>", "a=b&c=%zz"} {
			f.Add(contentType, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		v, _, _ := DecodeBody(contentType, body)
		if _, isBytes := v.([]byte); !isBytes && !value.IsPlain(v) {
			t.Fatalf("%q: %#v is not a JSON value", contentType, v)
		}
		text, ok := JSONText(contentType, body)
		if !ok {
			return
		}
		if same, err := value.Decode(text); err == nil && len(text) > 0 && !value.Equal(same, v) {
			t.Fatalf("%q: %#v, its text is %s", contentType, v, text)
		}
	})
}
