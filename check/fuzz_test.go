package check_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/runtime"
)

// FuzzFix checks and fixes any text: nothing panics, a document that parses
// still does, and what is fixed is not changed again.
func FuzzFix(f *testing.F) {
	for _, e := range catalogue() {
		f.Add([]byte(document(e.Wrong)))
	}
	files := map[string]string{"api.yaml": sharedAPI(f), "stock.yaml": stock}
	compiler := runtime.Compiler{Loader: runtime.LoaderFunc(func(_ context.Context, location string) ([]byte, error) {
		return []byte(files[location]), nil
	})}
	find := func(text []byte) []arazzo.Diagnostic {
		doc, err := arazzo.ParseFile(fixedFile, text)
		if doc == nil {
			return err.(*arazzo.ParseError).Diagnostics
		}
		program, _ := compiler.Compile(context.Background(), doc) // the error's diagnostics are the program's too
		return check.Program(program)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, before := arazzo.Parse(text)
		fixed, applied, _ := check.Fix(fixedFile, text, find)
		if applied == 0 && !bytes.Equal(fixed, text) {
			t.Errorf("nothing was fixed, but changed:\n%s\nto\n%s", text, fixed)
		}
		// A field that has its right name now can have errors of its own.
		if doc, after := arazzo.Parse(fixed); before == nil && doc == nil {
			t.Errorf("fixed it cannot be read: %v\n%s", after, fixed)
		}
		if again, n, _ := check.Fix(fixedFile, fixed, find); n != 0 || !bytes.Equal(again, fixed) {
			t.Errorf("fixed a second time it changes:\n%s\nto\n%s", fixed, again)
		}
	})
}
