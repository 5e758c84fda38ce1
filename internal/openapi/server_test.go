package openapi

import (
	"os"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// TestServers runs the rows of testdata/servers.yaml.
func TestServers(t *testing.T) {
	data, err := os.ReadFile("testdata/servers.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range root.Get("base").Items {
		got, err := BaseURL(row.Get("server").Str())
		if want := row.Get("error"); want != nil {
			if err == nil || !strings.Contains(err.Error(), want.Str()) {
				t.Errorf("line %d: %s, %v; want %s", row.Line, got, err, want.Str())
			}
		} else if err != nil || got != row.Get("url").Str() {
			t.Errorf("line %d: %s, %v; want %s", row.Line, got, err, row.Get("url").Str())
		}
	}
	for _, row := range root.Get("variables").Items {
		s := Server{URL: row.Get("server").Str(), Variables: []ServerVariable{{Name: "v"}}}
		got, err := s.Resolve(map[string]string{"v": row.Get("v").Text})
		if want := row.Get("url"); want == nil {
			if err == nil || !strings.Contains(err.Error(), "would choose another host") {
				t.Errorf("line %d: %s, %v; want an error", row.Line, got, err)
			}
		} else if err != nil || got != want.Str() {
			t.Errorf("line %d: %s, %v; want %s", row.Line, got, err, want.Str())
		}
	}
}
