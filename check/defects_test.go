package check_test

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestDefects checks the pairs of documents of the archives
// testdata/defects/*.txtar: NAME.wrong has one defect, with comments that say what must be
// found, as those of TestDiagnostics; NAME.right is the same without it, and
// nothing may be found. What is not used does not count.
func TestDefects(t *testing.T) {
	archives, err := filepath.Glob("testdata/defects/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, f := range archive.Files {
			files[f.Name] = string(f.Data)
		}
		for _, f := range archive.Files {
			kind, isCase := strings.CutSuffix(f.Name, ".wrong")
			if !isCase {
				continue
			}
			kinds++
			t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar")+"/"+kind, func(t *testing.T) {
				if wrong := files[f.Name]; len(wants(t, wrong)) == 0 || files[kind+".right"] == "" {
					t.Fatalf("%s asks for nothing, or has no %s.right", f.Name, kind)
				}
				if len(wants(t, files[kind+".right"])) > 0 {
					t.Errorf("%s.right asks for something", kind)
				}
				expect(t, f.Name, files)
				expect(t, kind+".right", files)
			})
		}
	}
	t.Logf("%d kinds of defects", kinds)
}
