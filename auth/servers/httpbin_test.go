package servers_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/auth"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/mccutchen/go-httpbin/v2/httpbin"
)

// go-httpbin demands basic, bearer and digest: the right credential is accepted, a wrong one and
// none is not, and none is told.
func TestHTTPBin(t *testing.T) {
	server := httptest.NewServer(httpbin.New())
	defer server.Close()
	for _, test := range []struct{ path, scheme, right, wrong string }{
		{"/basic-auth/user/pass-w0rd", "{type: http, scheme: basic}", "user:pass-w0rd", "user:pass-w1rd"},
		{"/hidden-basic-auth/user/pass-w0rd", "{type: http, scheme: basic}", "user:pass-w0rd", "user:"},
		{"/bearer", "{type: http, scheme: bearer}", "tok-12345", ""},
		{"/bearer", "{type: oauth2, flows: {}}", "tok-12345", ""},
		{"/digest-auth/auth/user/pass-w0rd/MD5", "{type: http, scheme: digest}", "user:pass-w0rd", "user:pass-w1rd"},
		{"/digest-auth/auth/user/pass-w0rd/SHA-256", "{type: http, scheme: digest}", "user:pass-w0rd", "other:pass-w0rd"},
	} {
		program := compile(t, workflow, map[string]string{"api.yaml": description(test.path, test.scheme)})
		for _, credential := range []string{test.right, test.wrong, ""} {
			var out told
			d := runtime.Driver{Servers: map[string]string{"api": server.URL}, OnEvent: out.event}
			if credential != "" {
				d.Credentials = &auth.Credentials{Schemes: map[string]auth.Scheme{"s": {Secret: auth.Text(credential)}}}
			}
			_, err := d.Run(t.Context(), program, "w", nil)
			if (err == nil) != (credential == test.right) {
				t.Errorf("%s, %q: %v", test.path, credential, err)
			}
			_, password, _ := strings.Cut(credential, ":")
			if strings.Contains(test.path, password) {
				password = "" // it is in the path, too
			}
			if found := out.has(password); found != nil {
				t.Errorf("%s: %q was told", test.path, found)
			}
		}
	}
}
