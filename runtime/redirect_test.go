package runtime

import (
	"net/http"
	"testing"
)

func TestRedirectsKeepSecretsAtHome(t *testing.T) {
	request := func(url string) *http.Request {
		r, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"X-Api-Key": {"k"}, "Accept": {"*/*"}}
		return r
	}
	policy := redirects(true)
	tests := []struct {
		name    string
		via     []string
		to      string
		refused bool
		key     bool
	}{
		{"same origin", []string{"https://a/1"}, "https://a/2", false, true},
		{"another host", []string{"https://a/1"}, "https://b/2", false, false},
		{"another port", []string{"http://a:1/"}, "http://a:2/", false, false},
		{"https to http", []string{"https://a/1"}, "http://a/2", true, true},
		{"http to https and back", []string{"http://a/1", "https://a/2"}, "http://a/3", true, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var via []*http.Request
			for _, url := range test.via {
				via = append(via, request(url))
			}
			next := request(test.to)
			if err := policy(next, via); (err != nil) != test.refused {
				t.Errorf("error: %v", err)
			}
			if (next.Header.Get("X-Api-Key") != "") != test.key {
				t.Errorf("header: %v", next.Header)
			}
		})
	}
	if err := redirects(false)(request("http://a/"), []*http.Request{request("http://a/")}); err != http.ErrUseLastResponse {
		t.Errorf("a redirect that is not followed: %v", err)
	}
}
