//go:build unix

package runtime_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gobelin-dev/gobelin/runtime"
)

// A named pipe without a writer would block for ever.
func TestFileLoaderRefusesPipes(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("named pipes cannot be made here: %v", err)
	}
	for location, message := range map[string]string{pipe: "a named pipe", "/dev/null": "a device", t.TempDir(): "a directory"} {
		if _, err := (runtime.FileLoader{}).Load(t.Context(), location); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: %v", location, err)
		}
	}
}
