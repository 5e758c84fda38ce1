package eval

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/gobelin-dev/gobelin/internal/program"
)

func TestFilesOf(t *testing.T) {
	constant := func(v any) program.Operand { return program.Operand{Constant: v} }
	file := func(o program.Operand) program.Operand {
		return program.Operand{Kind: program.Object, Names: []string{"file"}, Items: []program.Operand{o}}
	}
	fixed := constant(map[string]any{"file": "a.png"})
	input := file(program.Operand{Kind: program.Reference, Ref: program.Ref{Text: "$inputs.photo"}})
	part := func(o program.Operand) program.Operand {
		return program.Operand{Kind: program.Object, Names: []string{"part"}, Items: []program.Operand{o}}
	}
	tests := []struct {
		contentType string
		payload     program.Operand
		want        []string
	}{
		{"image/png", fixed, []string{"a.png"}},
		{"image/png", input, []string{"$inputs.photo"}},
		{"image/png", file(text("{$inputs.photo}.png")), []string{"{$inputs.photo}.png"}},
		{"image/png", file(text("photos/{$inputs.a}-{$inputs.b}")), []string{"photos/{$inputs.a}-{$inputs.b}"}},
		{"image/png", constant("a.png"), nil},
		{"image/png", constant(map[string]any{"file": "a.png", "size": int64(1)}), nil},
		{"image/png", part(fixed), nil},
		{"application/json", fixed, nil},
		{"application/x-www-form-urlencoded", input, nil},
		{"multipart/form-data", part(fixed), []string{"a.png"}},
		{"Multipart/Form-Data; boundary=x", part(input), []string{"$inputs.photo"}},
		{"multipart/form-data", constant(map[string]any{"part": map[string]any{"file": "a.png"}}), []string{"a.png"}},
		{"multipart/form-data", part(program.Operand{Kind: program.Array, Items: []program.Operand{fixed, input}}),
			[]string{"a.png", "$inputs.photo"}},
		{"multipart/mixed", program.Operand{Kind: program.Array, Items: []program.Operand{fixed}}, []string{"a.png"}},
	}
	for i, test := range tests {
		if got := FilesOf(&program.Body{ContentType: test.contentType, Payload: test.payload}); !slices.Equal(got, test.want) {
			t.Errorf("%d, %s: %q; want %q", i, test.contentType, got, test.want)
		}
	}
}

func TestReadFile(t *testing.T) {
	e := Evaluator{Files: fstest.MapFS{"photos/a.png": {Data: []byte("a")}}}
	tests := []struct{ name, want, err string }{
		{name: "photos/a.png", want: "a"},
		{name: "./photos/../photos/a.png", want: "a"},
		{name: "../a.png", err: `the file "../a.png" is outside the folder that files are read from`},
		{name: "/etc/hosts", err: `the file "/etc/hosts" is outside the folder that files are read from`},
		{name: "b.png", err: "open b.png: file does not exist"},
	}
	for _, test := range tests {
		file, err := e.readFile(map[string]any{"file": test.name})
		if got := string(file.Data); got != test.want || (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
			t.Errorf("%s: %q, %v; want %q, %s", test.name, file.Data, err, test.want, test.err)
		}
	}
}
