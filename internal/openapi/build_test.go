package openapi

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/uri"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/google/go-cmp/cmp"
)

// TestBuild runs the rows of testdata/requests.yaml.
func TestBuild(t *testing.T) {
	data, err := os.ReadFile("testdata/requests.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range root.Get("rows").Items {
		t.Run(row.Get("title").Str(), func(t *testing.T) { build(t, row) })
	}
}

func build(t *testing.T, row *tree.Node) {
	op := operationOf(t, row)
	var keys []ArgKey
	var values []Value
	if args := row.Get("args"); args != nil {
		for _, a := range args.Items {
			keys = append(keys, ArgKey{a.Get("name").Str(), a.Get("in").Str()})
			values = append(values, Value{V: a.Get("value").Value(), OK: a.Get("value") != nil})
		}
	}
	b, err := op.Bind(keys)
	if want := row.Get("bind"); want != nil || err != nil {
		if err == nil || !strings.Contains(err.Error(), want.Str()) {
			t.Fatalf("%v, want %s", err, want.Str())
		}
		return
	}
	var payload *Payload
	if n := row.Get("payload"); n != nil {
		payload = &Payload{ContentType: row.Get("type").Str(), Value: n.Value()}
		if payload.ContentType == "" {
			payload.ContentType = op.DefaultContentType()
		}
	}
	server := "http://h"
	if n := row.Get("server"); n != nil {
		server = n.Text
	}
	r, err := b.Build(values, payload)
	r.URL = server + r.URL
	if want := row.Get("error"); want != nil || err != nil {
		if err == nil || !strings.Contains(err.Error(), want.Str()) {
			t.Fatalf("%v, want %s", err, want.Str())
		}
		return
	}
	compare(t, row, b, &r)
}

func operationOf(t *testing.T, row *tree.Node) *Operation {
	version := map[string]any{"openapi": "3.1.1"}
	switch n := row.Get("version"); n.Str() {
	case "2.0":
		version = map[string]any{"swagger": "2.0"}
	case "3.0.4":
		version = map[string]any{"openapi": "3.0.4"}
	}
	path := "/a"
	if n := row.Get("path"); n != nil {
		path = n.Text
	}
	operation, _ := row.Get("operation").Value().(map[string]any)
	if operation == nil {
		operation = map[string]any{}
	}
	operation["operationId"] = "o"
	version["paths"] = map[string]any{path: map[string]any{"post": operation}}
	d, err := Load(value.AppendJSON(nil, version), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	op, err := d.OperationByID("o")
	if err != nil {
		t.Fatal(err)
	}
	return op
}

func compare(t *testing.T, row *tree.Node, b *Binding, r *Request) {
	if r.URL != row.Get("url").Str() {
		t.Errorf("URL %s, want %s", r.URL, row.Get("url").Str())
	}
	if headers := row.Get("headers"); headers != nil {
		for _, m := range headers.Members {
			if got := r.Header.Get(m.Name); got != m.Value.Text {
				t.Errorf("%s: %q, want %q", m.Name, got, m.Value.Text)
			}
		}
	}
	if n := row.Get("body"); n != nil && string(r.Body) != n.Text {
		t.Errorf("body %s, want %s", r.Body, n.Text)
	}
	if n := row.Get("parts"); n != nil {
		var want []string
		for _, item := range n.Items {
			want = append(want, item.Text)
		}
		if diff := cmp.Diff(want, partLines(t, r)); diff != "" {
			t.Error(diff)
		}
	}
	if n := row.Get("undeclared"); n != nil && len(n.Items) != len(b.Undeclared()) {
		t.Errorf("undeclared %v", b.Undeclared())
	}
	if n := row.Get("required"); n != nil && !slices.ContainsFunc(b.Required(),
		func(p *Parameter) bool { return p.Name == n.Items[0].Text }) {
		t.Errorf("required %v", b.Required())
	}
}

// partLines returns the parts of a body as name, file name, type and text.
func partLines(t *testing.T, r *Request) (lines []string) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	for reader := multipart.NewReader(bytes.NewReader(r.Body), params["boundary"]); ; {
		part, err := reader.NextRawPart()
		if err == io.EOF {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Join([]string{part.FormName(), part.FileName(), part.Header.Get("Content-Type"), string(data)}, " "))
	}
}

func TestParseForm(t *testing.T) {
	want := map[string]any{"a": "1", "b": []any{"2", "x y"}}
	if diff := cmp.Diff(want, ParseForm("a=1&b=2&b=x+y")); diff != "" {
		t.Error(diff)
	}
	if got := ParseForm("a=%zz"); got != "a=%zz" {
		t.Errorf("a form that is none: %v", got)
	}
}

func TestAddedCredentials(t *testing.T) {
	r := &Request{URL: "http://h/a?b=1", Header: map[string][]string{"Cookie": {"c=1"}}}
	r.AddQuery("k=" + uri.Encode("a b/"))
	r.AddCookie("s=" + uri.CookieValue(`a+/="; `))
	if r.URL != "http://h/a?b=1&k=a%20b%2F" || r.Header.Get("Cookie") != "c=1; s=a+/=%22%3B%20" {
		t.Errorf("%s %v", r.URL, r.Header)
	}
}

func TestDefaultContentTypeOfRanges(t *testing.T) {
	for declared, want := range map[string]string{"*/*": "application/json", "application/*": "application/json", "text/*": "text/plain",
		"multipart/*": "multipart/form-data", "image/*": "application/octet-stream", "image/png": "image/png"} {
		op := &Operation{Body: &Body{Content: []*MediaType{{Type: declared}}}}
		if got := op.DefaultContentType(); got != want {
			t.Errorf("%s: %s, want %s", declared, got, want)
		}
	}
}
