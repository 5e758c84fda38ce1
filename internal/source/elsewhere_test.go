package source

import (
	"path/filepath"
	"strings"
	"testing"
)

// Where publishers put what is not where a document says.
func TestElsewhere(t *testing.T) {
	for _, test := range []struct {
		by, place string
		files     string // that there are
		want      string // groups, the likeliest first
	}{
		{"r/a/b/w.yaml", "r/a/b/openapi/x.yaml", "r/openapi/x.yaml r/a/openapi/x.yaml", "r/a/openapi/x.yaml|r/openapi/x.yaml"},
		{"r/a/b/w.yaml", "r/a/specs/x.yaml", "r/specs/x.yaml r/a/b/specs/x.yaml", "r/a/b/specs/x.yaml|r/specs/x.yaml"},
		{"r/a/w.yaml", "../../other/x.yaml", "r/other/x.yaml", "r/other/x.yaml"},
		{"r/a/w.yaml", "/api/v1/x.yaml", "r/api/v1/x.yaml", "r/api/v1/x.yaml"},
		{"r/a/w.yaml", "r/a/x.yaml", "r/a/x.json r/a/x.yml r/x.json", "r/a/x.yml r/a/x.json|r/x.json"},
		{"r/a/w.yaml", "r/a/x", "r/a/x.yaml", "r/a/x.yaml"},
		{"r/a/w.yaml", "r/a/gone/x.YAML", "r/a/x.YAML r/a/api/x.json r/specs/x.YAML r/openapi/x.YAML",
			"r/a/x.YAML|r/openapi/x.YAML r/specs/x.YAML|r/a/api/x.json"},
		{"r/a/w.yaml", "r/a/gone/x.yaml", "r/gone/x.yml r/a/x.yaml", "r/gone/x.yml|r/a/x.yaml"},
		{"r/a/w.yaml", "r/a/x.yaml", "r/a/x.txt r/b/x.yaml x.yaml openapi/x.yaml other/r/a/x.yaml", ""},
		{"r/a/w.yaml", "r/a/x.yaml", "r/x.yaml/file", ""},
		{"r/a/w.yaml", "r/a/there.yaml", "r/a/there.yaml r/there.yaml", ""},
		{"https://a.example/w.yaml", "r/a/x.yaml", "r/x.yaml", ""},
		{"", "r/a/x.yaml", "r/x.yaml", ""},
		{"r/a/w.yaml", "https://a.example/x.yaml", "r/x.yaml", ""},
		{"elsewhere/w.yaml", "elsewhere/x.yaml", "r/x.yaml x.yaml", ""},
	} {
		t.Chdir(folders(t, append(strings.Fields(test.files), "r/.git/HEAD", "r/a/b/w.yaml")...))
		var groups []string
		ctx := Asking(Named(t.Context(), "r/a/w.yaml"), test.by)
		for group := range new(Policy).Elsewhere(ctx, filepath.FromSlash(test.place)) {
			groups = append(groups, filepath.ToSlash(strings.Join(group, " ")))
		}
		if got := strings.Join(groups, "|"); got != test.want {
			t.Errorf("%s from %s, of %s: %s, want %s", test.place, test.by, test.files, got, test.want)
		}
	}
}

// What is looked for is bounded, whatever a document names.
func TestElsewhereIsBounded(t *testing.T) {
	folder := strings.Repeat("d/", 1000)
	looked := 0
	for range Near(folder+strings.Repeat("../", 500)+"x.yaml", folder, absolute("/"), func(string) bool { looked++; return false }) {
		t.Error("found")
	}
	if looked == 0 || looked > 3*(maxAbove+1)*(3+len(descriptionFolders)) {
		t.Errorf("looked at %d places", looked)
	}
}
