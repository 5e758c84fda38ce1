package main

import (
	"os"
	"testing"
)

func TestDiagnosticsDocumentIsUpToDate(t *testing.T) {
	got, err := os.ReadFile("../../../docs/diagnostics.md")
	if err != nil || string(got) != markdown() {
		t.Errorf("docs/diagnostics.md is not what the catalogue says: run go generate ./check (%v)", err)
	}
}
