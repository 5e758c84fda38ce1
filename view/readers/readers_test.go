// Package readers has the tests of reports by what reads them and was written by
// others: a browser, libraries, schemas. They are a module of their own, so that who imports
// gobelin never sees these.
package readers

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/trace"
	"github.com/gobelin-dev/gobelin/view"
)

// module returns the folder of an npm package that package.json names. Without it the
// test is skipped, but not by .ci/run, which installs them.
func module(t *testing.T, name string) string {
	t.Helper()
	folder := filepath.Join("node_modules", name)
	if _, err := os.Stat(folder); err != nil {
		missing(t, name+" is not installed: npm ci")
	}
	return folder
}

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("GOBELIN_REQUIRE_SHARED") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func program(t *testing.T) *runtime.Program {
	t.Helper()
	doc, err := arazzo.ReadFile("../testdata/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := runtime.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// reported returns a report on a trace of ../testdata.
func reported(t *testing.T, format, name string) string {
	t.Helper()
	file, err := os.Open("../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	events, err := trace.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := view.NewWriter(program(t), "gobelin v1.2.3", view.Output{Format: format, To: &b})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Read(events), w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
