package tree

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "large")
	if err := os.WriteFile(name, []byte("a: b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err := ReadFile(name); string(data) != "a: b\n" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := ReadFile(dir); err == nil {
		t.Error("a folder was read")
	}
	// The file has a hole of that size, which costs nothing.
	if err := os.Truncate(name, MaxText+1); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(name); err == nil || !strings.Contains(err.Error(), "larger than 256 MiB") {
		t.Errorf("error: %v", err)
	}
}
