// Package shared finds the test data that is not part of the project: the
// specification texts, the JSONPath Compliance Test Suite and the corpus of
// published documents.
package shared

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Path returns the path of a file of the shared test data: in the folder that
// GOBELIN_SHARED names, else in "shared" next to the checkout. If it is absent
// the test is skipped, or fails if GOBELIN_REQUIRE_SHARED is set.
func Path(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("GOBELIN_SHARED")
	if dir == "" {
		_, file, _, _ := runtime.Caller(0)
		dir = filepath.Join(filepath.Dir(file), "..", "..", "..", "shared")
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if Required() {
			t.Fatalf("the shared test data is required but absent: %v", err)
		}
		t.Skipf("SKIPPED, the shared test data is absent: %v", err)
	}
	return path
}

// Required reports whether the shared data must be there, as in CI. What is long is
// done in full only then.
func Required() bool { return os.Getenv("GOBELIN_REQUIRE_SHARED") != "" }
