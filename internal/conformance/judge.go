package conformance

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// judge compares what a run did with what its case expects.
type judge struct {
	c           *Case
	server      scripted
	differences []string
}

func (j *judge) differ(format string, args ...any) {
	j.differences = append(j.differences, fmt.Sprintf(format, args...))
}

func (j *judge) requests() {
	expected := repeated(j.c.root.Get("requests"))
	j.server.mu.Lock()
	seen := j.server.seen
	j.server.mu.Unlock()
	if len(seen) != len(expected) {
		var got []string
		for _, r := range seen {
			got = append(got, r.method+" "+r.path)
		}
		if len(got) > 12 {
			got = append(got[:12], "…")
		}
		j.differ("%d requests, want %d: %s", len(seen), len(expected), strings.Join(got, ", "))
		return
	}
	for i, r := range seen {
		j.request(fmt.Sprintf("request %d", i+1), r, expected[i])
	}
}

func (j *judge) request(which string, got request, want *tree.Node) {
	if line := got.method + " " + got.path; line != want.Get("method").Str()+" "+want.Get("path").Str() {
		j.differ("%s: %s, want %s %s", which, line, want.Get("method").Str(), want.Get("path").Str())
	}
	if other := want.Get("origin").Str() == "other"; other != got.other {
		j.differ("%s: it came to the other origin: %v, want %v", which, got.other, other)
	}
	if raw := want.Get("rawQuery"); raw != nil {
		if got.query != raw.Text {
			j.differ("%s: query %s, want %s", which, got.query, raw.Text)
		}
	} else if query := wantedQuery(want.Get("query")); !reflect.DeepEqual(query, got.values()) {
		j.differ("%s: query %v, want %v", which, got.values(), query)
	}
	j.headers(which, got.header, want.Get("headers"))
	if text, ok := wantedBytes(want); ok && string(got.body) != text {
		j.differ("%s: body %q, want %q", which, got.body, text)
	}
	if n := want.Get("body"); n != nil {
		body, _, _ := openapi.DecodeBody("application/json", got.body)
		if !value.Equal(body, n.Value()) {
			j.differ("%s: body %s, want %s", which, got.body, value.AppendJSON(nil, n.Value()))
		}
	}
	if n := want.Get("form"); n != nil {
		form, err := url.ParseQuery(string(got.body))
		if want := wantedQuery(n); err != nil || !reflect.DeepEqual(want, form) {
			j.differ("%s: form %v, want %v (%v)", which, form, want, err)
		}
	}
	if n := want.Get("parts"); n != nil {
		j.parts(which, got, n)
	}
}

// wantedBytes returns the text or the bytes of a body or part.
func wantedBytes(want *tree.Node) (text string, ok bool) {
	if n := want.Get("base64"); n != nil {
		decoded, _ := base64.StdEncoding.DecodeString(n.Text)
		return string(decoded), true
	}
	n := want.Get("text")
	return n.Str(), n != nil
}

func wantedQuery(n *tree.Node) url.Values {
	query := url.Values{}
	if n == nil {
		return query
	}
	for _, m := range n.Members {
		items := []*tree.Node{m.Value}
		if m.Value.Kind == tree.Array {
			items = m.Value.Items
		}
		for _, item := range items {
			query[m.Name] = append(query[m.Name], item.Text)
		}
	}
	return query
}

func (j *judge) headers(which string, got http.Header, want *tree.Node) {
	if want == nil {
		return
	}
	for _, m := range want.Members {
		values := got.Values(m.Name)
		if m.Value.Kind == tree.Null {
			if len(values) > 0 {
				j.differ("%s: header %s is there", which, m.Name)
			}
			continue
		}
		if text := strings.Join(values, ", "); text != m.Value.Text {
			j.differ("%s: header %s is %q, want %q", which, m.Name, text, m.Value.Text)
		}
	}
}

// parts compares a multipart body part by part, in order.
func (j *judge) parts(which string, got request, want *tree.Node) {
	_, params, err := mime.ParseMediaType(got.header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		j.differ("%s: the content type %q has no boundary", which, got.header.Get("Content-Type"))
		return
	}
	r := multipart.NewReader(bytes.NewReader(got.body), params["boundary"])
	for i := 0; ; i++ {
		part, err := r.NextRawPart()
		if err == io.EOF && i == len(want.Items) {
			return
		}
		if err != nil || i >= len(want.Items) {
			j.differ("%s: the parts are not %d: %v", which, len(want.Items), err)
			return
		}
		name, w := fmt.Sprintf("%s, part %d", which, i+1), want.Items[i]
		data, err := io.ReadAll(part)
		if part.FormName() != w.Get("name").Str() || part.FileName() != w.Get("filename").Str() || err != nil {
			j.differ("%s: name %q, filename %q, want %q and %q (%v)", name, part.FormName(), part.FileName(), w.Get("name").Str(),
				w.Get("filename").Str(), err)
		}
		j.headers(name, http.Header(part.Header), w.Get("headers"))
		if text, _ := wantedBytes(w); string(data) != text {
			j.differ("%s: %q, want %q", name, data, text)
		}
	}
}

// outputs compares the workflow's outputs; known is false for a runner that
// does not report them.
func (j *judge) outputs(got map[string]any, known bool) {
	want := j.c.root.Get("outputs")
	if want == nil || !known {
		return
	}
	if !value.Equal(got, want.Value()) {
		j.differ("outputs: %s, want %s", value.AppendJSON(nil, got), value.AppendJSON(nil, want.Value()))
	}
}

// codes compares the set of diagnostics.
func (j *judge) codes(got []string) {
	want := j.c.root.Get("diagnostics")
	if want == nil {
		return
	}
	var expected []string
	for _, item := range want.Items {
		expected = append(expected, item.Text)
	}
	slices.Sort(got)
	slices.Sort(expected)
	if got = slices.Compact(got); !slices.Equal(got, slices.Compact(expected)) {
		j.differ("diagnostics: %v, want %v", got, expected)
	}
}
