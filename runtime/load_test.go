package runtime

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

func TestResolveLocation(t *testing.T) {
	tests := []struct{ base, ref, want string }{
		{"docs/w.yaml", "../api/o.yaml", "api/o.yaml"},
		{"docs/w.yaml", "./o%20p.yaml", "docs/o p.yaml"},
		{"w.yaml", "https://h/o.yaml", "https://h/o.yaml"},
		{"https://h/a/w.yaml", "../o.yaml", "https://h/o.yaml"},
		{"w.yaml", "file:///etc/o.yaml", "/etc/o.yaml"},
		{"w.yaml", "o.yaml#/paths", "o.yaml"},
		{"/abs/w.yaml", "/other/o.yaml", "/other/o.yaml"},
		{"base/.", "o.yaml", "base/o.yaml"},
		{"https://h/base/.", "o.yaml", "https://h/base/o.yaml"},
	}
	for _, test := range tests {
		if got := filepath.ToSlash(resolveLocation(test.base, test.ref)); got != test.want {
			t.Errorf("%s from %s: %s, want %s", test.ref, test.base, got, test.want)
		}
	}
}

func TestLoaders(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/there" {
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	if _, err := Files.Load(t.Context(), server.URL+"/there"); err == nil || !strings.Contains(err.Error(), "unless the caller allows it") {
		t.Errorf("Files read a URL: %v", err)
	}
	remote := FilesAndHTTP(server.Client())
	if _, err := remote.Load(t.Context(), server.URL+"/there"); err != nil {
		t.Error(err)
	}
	if _, err := remote.Load(t.Context(), server.URL+"/gone"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a missing description: %v", err)
	}
	if data, err := remote.Load(t.Context(), "load_test.go"); err != nil || len(data) == 0 {
		t.Error(err)
	}
}
