package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/auth"
	"github.com/gobelin-dev/gobelin/runtime"
	"go.uber.org/goleak"
	"go.yaml.in/yaml/v3"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testdata/refused.yaml.
func TestRefusedSchemes(t *testing.T) {
	text, err := os.ReadFile("testdata/refused.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Text, Error string }
	if err := yaml.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatal(err)
	}
	for _, test := range cases {
		_, err := auth.Parse(test.Text)
		if err == nil || !strings.Contains(err.Error(), test.Error) || strings.Contains(err.Error(), "s-123456") {
			t.Errorf("%s: %v, want %q", test.Text, err, test.Error)
		}
	}
}

// request asks for the credential of the scheme key of a source.
func request(source string) runtime.CredentialRequest {
	return runtime.CredentialRequest{SecurityRequirement: runtime.SecurityRequirement{Scheme: "key"}, Source: source,
		Server: "https://api.example/v1", Origin: "https://api.example"}
}

// Where a secret can come from, on a command line and in a file beside which others are.
func TestSecrets(t *testing.T) {
	t.Setenv("GOBELIN_TEST_KEY", "from the environment")
	dir := t.TempDir()
	write(t, dir, "key.txt", "from a file\n", 0o644)
	name := write(t, dir, "credentials.yaml", `
env.key: env:GOBELIN_TEST_KEY
file.key: file:key.txt
object.key: {secret: "exec:echo from a command"}
keyring.key: keyring:shop/ada
text.key: "text:env:not a variable"
plain.key: just so
pinned.key: {secret: there, origin: "https://other.example"}
`, 0o600)
	schemes, err := auth.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	c := &auth.Credentials{Schemes: schemes, Keyring: func(name string) (string, error) { return "from the keyring as " + name, nil }}
	for source, want := range map[string]string{"env": "from the environment", "file": "from a file", "object": "from a command",
		"keyring": "from the keyring as shop/ada", "text": "env:not a variable", "plain": "just so", "other": ""} {
		got, err := c.Credential(t.Context(), request(source))
		if got != want || err != nil {
			t.Errorf("%s: %q, want %q: %v", source, got, want, err)
		}
	}
	if _, err := c.Credential(t.Context(), request("pinned")); err == nil || !strings.Contains(err.Error(), "for https://other.example only") {
		t.Errorf("another origin: %v", err)
	}
	redirected := request("plain")
	redirected.Redirected = true
	if got, err := c.Credential(t.Context(), redirected); got != "" || err != nil {
		t.Errorf("after a redirect: %q, %v", got, err)
	}
	if text := fmt.Sprintf("%v %+v %#v", schemes, schemes, schemes); strings.Contains(text, "from") || strings.Contains(text, "just so") {
		t.Errorf("secrets are formatted: %s", text)
	}
}

func write(t *testing.T, dir, name, text string, mode os.FileMode) string {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return name
}

// A file of credentials that others can read is refused, and what else is wrong has its place.
func TestParseFile(t *testing.T) {
	dir := t.TempDir()
	if goruntime.GOOS != "windows" {
		open := write(t, dir, "open.yaml", "key: s", 0o640)
		if _, err := auth.ParseFile(open); err == nil || !strings.Contains(err.Error(), "others than its owner can read") {
			t.Error(err)
		}
	}
	for text, want := range map[string]string{"[a]": ":1:1: must be an object", "a:\n  client: b": ":2:11: ",
		"a: 1": ":1:4: must be a text or an object"} {
		name := write(t, dir, "wrong.yaml", text, 0o600)
		if _, err := auth.ParseFile(name); err == nil || !strings.Contains(err.Error(), name+want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A command is run once for all that need it, and again when what it printed is rejected.
func TestCommand(t *testing.T) {
	if goruntime.GOOS == "windows" {
		t.Skip("the command is one of sh")
	}
	count := filepath.Join(t.TempDir(), "count")
	c := &auth.Credentials{Schemes: map[string]auth.Scheme{
		"key":      {Secret: auth.Command("echo x >> " + count + "; wc -l < " + count)},
		"bad.key":  {Secret: auth.Command("echo s-123456 >&2; exit 3")},
		"none.key": {Secret: auth.Command("true")},
	}}
	ask := func(rejected string) string {
		r := request("api")
		r.Rejected = rejected
		got, err := c.Credential(t.Context(), r)
		if err != nil {
			t.Error(err)
		}
		return strings.TrimSpace(got)
	}
	first, second := ask(""), ask("")
	again := ask(c.Secrets()[0])
	if first != "1" || second != "1" || again != "2" || ask("") != "2" {
		t.Errorf("%q, %q, and after it was rejected %q", first, second, again)
	}
	for source, want := range map[string]string{"bad": "exit status 3", "none": "printed nothing"} {
		_, err := c.Credential(t.Context(), request(source))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s-123") {
			t.Errorf("%s: %v", source, err)
		}
	}
}

// issuer is a token endpoint that counts.
func issuer(t *testing.T, answer string) (url string, asked *int) {
	asked = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		*asked++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, answer, *asked)
	}))
	t.Cleanup(func() {
		server.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return server.URL, asked
}

// Tokens are kept in a folder that only its owner can read, by what they are for, and dropped.
func TestFolder(t *testing.T) {
	endpoint, asked := issuer(t, `{"access_token": "token-%d", "token_type": "bearer", "expires_in": 3600}`)
	folder := auth.Folder(filepath.Join(t.TempDir(), "new", "tokens"))
	ask := func(o auth.OAuth2) string {
		o.TokenEndpoint = endpoint
		c := &auth.Credentials{Folder: folder, Schemes: map[string]auth.Scheme{"key": {OAuth2: &o}}}
		got, err := c.Credential(t.Context(), request("api"))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for i, o := range []auth.OAuth2{{ClientID: "a"}, {ClientID: "b"}, {ClientID: "a", Scopes: []string{"s"}}, {ClientID: "a", Audience: "s"},
		{ClientID: "a", Resource: "https://r.example"},
		{ClientID: "a", GrantType: "password", Username: auth.Text("u"), Password: auth.Text("p")},
		{ClientID: "a", GrantType: "password", Username: auth.Text("v"), Password: auth.Text("p")}} {
		want := fmt.Sprintf("token-%d", i+1)
		if got, again := ask(o), ask(o); got != want || again != want {
			t.Errorf("%+v: %s and %s, want %s", o, got, again, want)
		}
	}
	files, err := filepath.Glob(filepath.Join(string(folder), "*"))
	if err != nil || len(files) != 7 {
		t.Errorf("%d files: %v", len(files), err)
	}
	for _, name := range files {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm()&0o077 != 0 && goruntime.GOOS != "windows" {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		if goruntime.GOOS != "windows" {
			if err := os.Chmod(name, 0o644); err != nil { // somebody else could have written it
				t.Fatal(err)
			}
		}
	}
	if goruntime.GOOS != "windows" && ask(auth.OAuth2{ClientID: "a"}) != "token-8" {
		t.Error("a file that others can read is used")
	}
	if n, err := folder.Forget(); n != 7 || err != nil {
		t.Errorf("%d tokens forgotten: %v", n, err)
	}
	before := *asked
	if ask(auth.OAuth2{ClientID: "a"}); *asked != before+1 {
		t.Error("a token that was forgotten is used")
	}
	if n, err := auth.Folder("missing").Forget(); n != 0 || err != nil {
		t.Errorf("%d tokens of no folder: %v", n, err)
	}
}

// still is a time that does not pass.
type still struct{ time.Time }

func (s *still) Now() time.Time { return s.Time }

func (s *still) Sleep(context.Context, time.Duration) error { return errors.New("nobody waits here") }

// A token is replaced a minute ahead of its end, or a fifth of its life; one whose end nobody has said is
// kept. expires_in may be text.
func TestAheadOfItsEnd(t *testing.T) {
	for expires, test := range map[string]struct {
		kept, replaced time.Duration
	}{
		"3600":   {3539 * time.Second, 3540 * time.Second},
		`"3600"`: {3539 * time.Second, 3540 * time.Second},
		"10":     {7 * time.Second, 8 * time.Second},
		"null":   {1e6 * time.Hour, 0},
		"-5":     {1e6 * time.Hour, 0},
	} {
		endpoint, asked := issuer(t, `{"access_token": "token-%d", "token_type": "bearer", "expires_in": `+expires+`}`)
		clock := &still{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
		begun := clock.Time
		c := &auth.Credentials{Clock: clock, Schemes: map[string]auth.Scheme{
			"key": {OAuth2: &auth.OAuth2{ClientID: "a", TokenEndpoint: endpoint}}}}
		for _, after := range []time.Duration{0, test.kept, test.replaced} {
			clock.Time = begun.Add(after)
			if _, err := c.Credential(t.Context(), request("api")); err != nil {
				t.Fatal(err)
			}
			if want := map[bool]int{false: 1, true: 2}[after == test.replaced && after > 0]; *asked != want {
				t.Errorf("expires_in %s, after %v: %d token requests, want %d", expires, after, *asked, want)
			}
		}
	}
}

// A dry run asks nobody for a token.
func TestPlanned(t *testing.T) {
	endpoint, asked := issuer(t, `{"access_token": "token-%d"}`)
	c := &auth.Credentials{Schemes: map[string]auth.Scheme{"key": {OAuth2: &auth.OAuth2{ClientID: "a", TokenEndpoint: endpoint}}}}
	r := request("api")
	r.Planned = true
	if got, err := c.Credential(t.Context(), r); got == "" || err != nil || *asked != 0 {
		t.Errorf("%q, %v, %d token requests", got, err, *asked)
	}
}
