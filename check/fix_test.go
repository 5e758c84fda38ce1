package check_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"golang.org/x/tools/txtar"
)

// TestFixes fixes the documents of the archives testdata/fix/*.txtar: NAME.before,
// completed as the catalogue's examples are, must become NAME.after, and that
// stay as it is. Without NAME.after nothing may be changed.
func TestFixes(t *testing.T) {
	archives, err := filepath.Glob("testdata/fix/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{"api.yaml": sharedAPI(t), "stock.yaml": stock}
		for _, f := range archive.Files {
			files[f.Name] = string(f.Data)
		}
		for _, f := range archive.Files {
			title, isCase := strings.CutSuffix(f.Name, ".before")
			if !isCase {
				continue
			}
			cases++
			t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar")+"/"+title, func(t *testing.T) {
				want, ok := files[title+".after"]
				if !ok {
					want = files[f.Name]
				}
				fixes(t, document(files[f.Name]), document(want), files)
			})
		}
	}
	t.Logf("%d cases", cases)
}

const fixedFile = "example.arazzo.yaml"

func fixes(t *testing.T, before, want string, files map[string]string) {
	find := func(text []byte) []arazzo.Diagnostic { return findText(t, string(text), files) }
	got, _, rest := check.Fix(fixedFile, []byte(before), find)
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s\n%v", got, want, arazzo.JoinDiagnostics(rest))
	}
	again, applied, _ := check.Fix(fixedFile, got, find)
	if applied > 0 || string(again) != string(got) {
		t.Errorf("fixed again it becomes\n%s", again)
	}
	if had := find([]byte(before)); len(rest) > len(had) {
		t.Errorf("the fixed document has more diagnostics:\n%v", arazzo.JoinDiagnostics(rest))
	}
	if _, err := arazzo.Parse(got); err != nil && len(arazzo.Errors(find([]byte(before)))) == 0 {
		t.Errorf("the fixed document does not parse: %v", err)
	}
}

// findText is checkText for a text that may not parse.
func findText(t *testing.T, text string, files map[string]string) []arazzo.Diagnostic {
	t.Helper()
	if doc, err := arazzo.ParseFile(fixedFile, []byte(text)); doc == nil {
		return err.(*arazzo.ParseError).Diagnostics
	}
	return checkText(t, fixedFile, text, files)
}

// TestCatalogueFixes corrects the wrong forms of the catalogue to the right ones
// wherever a fix is offered.
func TestCatalogueFixes(t *testing.T) {
	fixed := 0
	for _, e := range catalogue() {
		files := map[string]string{"api.yaml": sharedAPI(t), "stock.yaml": stock}
		if e.API != "" {
			files["api.yaml"] = e.API
		}
		got, applied, _ := check.Fix(fixedFile, []byte(document(e.Wrong)),
			func(text []byte) []arazzo.Diagnostic { return findText(t, string(text), files) })
		if applied == 0 {
			continue
		}
		fixed++
		t.Run(e.Code, func(t *testing.T) {
			if want := document(e.Right); string(got) != want {
				t.Errorf("it becomes\n%s\nwant\n%s", got, want)
			}
		})
	}
	t.Logf("%d of %d examples are fixed", fixed, len(catalogue()))
}
