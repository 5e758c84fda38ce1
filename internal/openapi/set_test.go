package openapi

import (
	"strings"
	"testing"
)

func TestSetIsBounded(t *testing.T) {
	reads := 0
	s := NewSet(func(string) (*Text, error) { reads++; return NewText([]byte("a: 1\n")), nil })
	s.bytes = maxBytes - 1
	if _, err := s.Text("a.yaml"); err != nil {
		t.Error(err)
	}
	if _, err := s.Text("b.yaml"); err == nil || !strings.Contains(err.Error(), "larger than 1024 MiB") {
		t.Errorf("error: %v", err)
	}
	if _, err := s.Text("./a.yaml"); err != nil || reads != 1 {
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
	s := NewSet(func(location string) (*Text, error) { return NewText([]byte(files[location])), nil })
	d, err := s.Description("api.yaml")
	if err != nil {
		t.Fatal(err)
	}
	op, err := d.OperationByID("o")
	if err != nil || len(op.Parameters) != 1 || op.Parameters[0].Home != d || len(s.Texts()) != 2 {
		t.Errorf("%+v, %v, %d texts", op, err, len(s.Texts()))
	}
	if _, err := s.Description("sub/p.yaml"); err == nil {
		t.Error("a file with parameters is a description")
	}
}
