package openapi

import (
	"errors"
	"strings"
	"testing"
)

func TestSetIsBounded(t *testing.T) {
	reads := 0
	s := NewSet(func(string, string) (*Text, error) { reads++; return NewText([]byte("a: 1\n")), nil })
	s.bytes = maxBytes - 1
	if _, err := s.Text("a.yaml", ""); err != nil {
		t.Error(err)
	}
	if _, err := s.Text("b.yaml", ""); err == nil || !strings.Contains(err.Error(), "larger than 1024 MiB") {
		t.Errorf("error: %v", err)
	}
	if _, err := s.Text("./a.yaml", ""); err != nil || reads != 1 {
		t.Errorf("%d reads, error: %v", reads, err)
	}
}

// A reference back to the description resolves to the description.
func TestReferenceBack(t *testing.T) {
	files := map[string]string{
		"api.yaml": "openapi: 3.1.0\nx: {p: {name: q, in: query}}\n" +
			"paths: {/p: {get: {operationId: o, parameters: [{$ref: 'sub/p.yaml#/p'}]}}}\n",
		"sub/p.yaml": "p: {$ref: '../api.yaml#/x/p'}\n",
	}
	s := NewSet(func(location, _ string) (*Text, error) { return NewText([]byte(files[location])), nil })
	d, err := s.Description("api.yaml", "")
	if err != nil {
		t.Fatal(err)
	}
	op, err := d.OperationByID("o")
	if err != nil || len(op.Parameters) != 1 || op.Parameters[0].Home != d || len(s.Texts()) != 2 {
		t.Errorf("%+v, %v, %d texts", op, err, len(s.Texts()))
	}
	if _, err := s.Description("sub/p.yaml", ""); err == nil {
		t.Error("a file with parameters is a description")
	}
}

// What came over the network may not lead everywhere, but keeps nobody else from
// there, in whatever order they ask.
func TestWhoAsks(t *testing.T) {
	reads := 0
	refusing := func(_, by string) (*Text, error) {
		if reads++; by == "http://h/a.yaml" {
			return nil, errors.New("refused")
		}
		return NewText([]byte("a: 1\n")), nil
	}
	s := NewSet(refusing)
	for range 2 {
		if _, err := s.Text("http://inside/b.yaml", "http://h/a.yaml"); err == nil {
			t.Error("read for the network")
		}
	}
	if _, err := s.Text("http://inside/b.yaml", "a.yaml"); err != nil || reads != 2 {
		t.Errorf("%d reads, %v", reads, err)
	}
	if _, err := s.Text("http://inside/b.yaml", "http://h/a.yaml"); err != nil || reads != 2 {
		t.Errorf("what is part of the program anyway: %d reads, %v", reads, err)
	}
}
