package runtime

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestLoaders(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/there" {
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	if _, err := (FileLoader{}).Load(t.Context(), server.URL+"/there"); err == nil ||
		!strings.Contains(err.Error(), "unless the caller allows it") {
		t.Errorf("a FileLoader read a URL: %v", err)
	}
	remote := FilesAndHTTP(server.Client())
	if _, err := remote.Load(t.Context(), server.URL+"/there"); err != nil {
		t.Error(err)
	}
	if _, err := remote.Load(t.Context(), server.URL+"/gone"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a missing description: %v", err)
	}
	secret := strings.Replace(server.URL, "://", "://user:letmein@", 1) + "/gone"
	if _, err := remote.Load(t.Context(), secret); err == nil || strings.Contains(err.Error(), "letmein") {
		t.Errorf("a password is shown: %v", err)
	}
	for _, place := range []string{"ftp://h/o.yaml", "urn:example:b"} {
		if _, err := remote.Load(t.Context(), place); err == nil || !strings.Contains(err.Error(), "is not supported") {
			t.Errorf("%s: %v", place, err)
		}
	}
	if data, err := remote.Load(t.Context(), "load_test.go"); err != nil || len(data) == 0 {
		t.Error(err)
	}
}
