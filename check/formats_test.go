package check_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/txtar"
)

// TestFormats writes the diagnostics of testdata/format/*.txtar: the file
// diagnostics.json, whose files are in the archive, must become text, github and
// sarif.
func TestFormats(t *testing.T) {
	archives, err := filepath.Glob("testdata/format/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal(archives, err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string][]byte{}
			for _, f := range archive.Files {
				files[f.Name] = f.Data
			}
			list := readDiagnostics(t, files["diagnostics.json"])
			source := func(file string) []byte { return files[file] }
			formats := map[string]func(*bytes.Buffer) error{
				"text":   func(b *bytes.Buffer) error { return check.WriteText(b, list, source, false) },
				"color":  func(b *bytes.Buffer) error { return check.WriteText(b, list, source, true) },
				"github": func(b *bytes.Buffer) error { return check.WriteGitHub(b, list) },
				"sarif":  func(b *bytes.Buffer) error { return check.WriteSARIF(b, list, source) },
				"json":   func(b *bytes.Buffer) error { return check.WriteJSON(b, list) },
			}
			for format, write := range formats {
				want, ok := files[format]
				if !ok {
					continue
				}
				var got bytes.Buffer
				if err := write(&got); err != nil {
					t.Fatal(err)
				}
				text := got.String()
				if format == "sarif" {
					validSARIF(t, got.Bytes())
					text = withoutRules(t, got.Bytes())
				}
				if diff := cmp.Diff(string(want), strings.ReplaceAll(text, "\x1b", "ESC")); diff != "" {
					t.Errorf("%s (-want +got):\n%s", format, diff)
				}
			}
		})
	}
}

func readDiagnostics(t *testing.T, data []byte) (list []arazzo.Diagnostic) {
	t.Helper()
	var read []struct {
		arazzo.Position
		Code, Severity, Message, Excerpt string
		Related                          []arazzo.Related
		Fix                              *arazzo.Fix
	}
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	for _, d := range read {
		severity := arazzo.Severity(slices.Index([]string{"error", "warning", "note"}, d.Severity))
		list = append(list, arazzo.Diagnostic{Code: d.Code, Severity: severity, Position: d.Position, Message: d.Message, Excerpt: d.Excerpt,
			Related: d.Related, Fix: d.Fix})
	}
	return list
}

// withoutRules gives the results of a log alone: the rules are the catalogue.
func withoutRules(t *testing.T, data []byte) string {
	t.Helper()
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct{ ID string }
				}
			}
			Results []json.RawMessage
		}
	}
	if err := json.Unmarshal(data, &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 || log.Runs[0].Tool.Driver.Name != "gobelin" {
		t.Errorf("the head of the log: %+v", log)
	}
	var b strings.Builder
	for _, r := range log.Runs[0].Results {
		var result struct {
			RuleID    string
			RuleIndex int
		}
		if err := json.Unmarshal(r, &result); err != nil {
			t.Fatal(err)
		}
		if rules := log.Runs[0].Tool.Driver.Rules; rules[result.RuleIndex].ID != result.RuleID {
			t.Errorf("rule %d is %s, not %s", result.RuleIndex, rules[result.RuleIndex].ID, result.RuleID)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, r); err != nil {
			t.Fatal(err)
		}
		b.Write(compact.Bytes())
		b.WriteByte('\n')
	}
	return b.String()
}

// validSARIF validates a log against the schema of SARIF 2.1.0 in the file that
// GOBELIN_SARIF_SCHEMA names. The schema is not in this repository; the npm
// package @microsoft/jest-sarif has it.
func validSARIF(t *testing.T, data []byte) {
	t.Helper()
	name := os.Getenv("GOBELIN_SARIF_SCHEMA")
	if name == "" {
		return
	}
	schema, err := jsonschema.NewCompiler().Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	log, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(log); err != nil {
		t.Error(err)
	}
}

// TestSARIFOfTheCatalogue writes one log of what all examples have.
func TestSARIFOfTheCatalogue(t *testing.T) {
	var list []arazzo.Diagnostic
	texts := map[string][]byte{}
	for _, e := range catalogue() {
		files := map[string]string{"api.yaml": sharedAPI(t), "stock.yaml": stock}
		text := document(e.Wrong)
		for _, d := range findText(t, text, files) {
			d.File = e.Code + ".yaml"
			if d.Fix != nil {
				for i := range d.Fix.Edits {
					d.Fix.Edits[i].File = d.File
				}
			}
			texts[d.File] = []byte(text)
			list = append(list, d)
		}
	}
	var b bytes.Buffer
	if err := check.WriteSARIF(&b, list, func(file string) []byte { return texts[file] }); err != nil {
		t.Fatal(err)
	}
	validSARIF(t, b.Bytes())
	if results := strings.Count(withoutRules(t, b.Bytes()), "\n"); results != len(list) || results < 60 {
		t.Errorf("%d results of %d diagnostics", results, len(list))
	}
}
