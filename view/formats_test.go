package view_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The reports on a trace that are compared whole. They were read, line by line, against
// the trace.
func TestFormats(t *testing.T) {
	for format, name := range map[string]string{"md": "shop.md", "github": "shop.github.txt", "ctrf": "shop.ctrf.json",
		"sarif": "shop.sarif.json"} {
		t.Run(format, func(t *testing.T) {
			got := reported(t, format, shop(t), program(t))
			name := "testdata/" + name
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
