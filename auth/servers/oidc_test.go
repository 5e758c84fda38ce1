package servers_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/gobelin-dev/gobelin/auth"
	"github.com/gobelin-dev/gobelin/runtime"
)

// credentials are those for the scheme s, with the virtual clock and a person.
func (p *provider) credentials(t testing.TB, scheme string, out *told) *auth.Credentials {
	t.Helper()
	return &auth.Credentials{Schemes: schemes(t, map[string]string{"s": scheme}), Clock: p.clock, Visit: p.visit(t), OnStep: out.step}
}

func (p *provider) driver(c runtime.Credentials, out *told) *runtime.Driver {
	return &runtime.Driver{Clock: p.clock, Credentials: c, Servers: map[string]string{"api": p.api.URL}, OnEvent: out.event}
}

const offline = "grant_type: authorization_code, client_id: native, scope: openid offline_access"

const oauth = "{type: oauth2, flows: {}}"

// Each grant, with each way in which a client authenticates itself (testdata/grants.yaml): the API
// accepts the token, and no secret is told. The token is kept for another run, and refreshed or
// fetched anew after a 401.
func TestGrants(t *testing.T) {
	p := newProvider(t)
	keyFile := t.TempDir() + "/key.pem"
	if err := os.WriteFile(keyFile, []byte(p.pem), 0o600); err != nil {
		t.Fatal(err)
	}
	subject, refresh := p.signedIn(t)
	for _, test := range cases(t, "grants.yaml", "{issuer}", p.server.URL, "{subject}", subject, "{refresh}", refresh, "{key}", keyFile) {
		t.Run(test.Title, func(t *testing.T) {
			var out told
			program := compile(t, workflow, map[string]string{"api.yaml": description("/items", oauth)})
			p.clock = newClock() // that of the provider goes on by itself
			c := p.credentials(t, test.scheme(t), &out)
			p.tokens()
			for range 2 {
				if _, err := p.driver(c, &out).Run(t.Context(), program, "w", nil); err != nil {
					t.Fatal(err)
				}
			}
			if got := p.tokens(); got != test.Tokens {
				t.Errorf("token requests %q, want %q", got, test.Tokens)
			}
			p.revoke()
			_, err := p.driver(c, &out).Run(t.Context(), program, "w", nil)
			if got := p.tokens(); got != test.Again || (err == nil) != (test.Again != "") {
				t.Errorf("after a 401: token requests %q, want %q: %v", got, test.Again, err)
			}
			if err != nil {
				out.add(err.Error())
			}
			if found := out.has(append(c.Secrets(), "verysecret", "-secret/", p.pem[60:100])...); found != nil {
				t.Errorf("%q was told in %s", found, out.text.String())
			}
		})
	}
}

// signedIn returns a token of test-user and a refresh token, by the grant authorization_code.
func (p *provider) signedIn(t testing.TB) (access, refresh string) {
	t.Helper()
	var out told
	c := p.credentials(t, "{"+offline+", issuer: '"+p.server.URL+"'}", &out)
	c.Folder = auth.Folder(t.TempDir())
	access, err := c.Credential(t.Context(), request(p.api.URL))
	if err != nil {
		t.Fatal(err)
	}
	var kept struct {
		Refresh string `json:"refresh_token"`
	}
	files, err := filepath.Glob(filepath.Join(string(c.Folder), "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v in the folder: %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil || kept.Refresh == "" {
		t.Fatalf("no refresh token is kept: %v", err)
	}
	return access, kept.Refresh
}

// A client's key of each type signs what go-jose verifies, for the endpoint, the client and a time.
func TestPrivateKeys(t *testing.T) {
	for name, key := range map[string]func() (crypto.Signer, error){
		"RS256, RS512, PS256, PS384": func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) },
		"ES256":                      func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) },
		"ES384":                      func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P384(), rand.Reader) },
		"ES512":                      func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P521(), rand.Reader) },
		"EdDSA":                      func() (crypto.Signer, error) { _, key, err := ed25519.GenerateKey(rand.Reader); return key, err },
	} {
		for algorithm := range strings.SplitSeq(name, ", ") {
			signer, err := key()
			if err != nil {
				t.Fatal(err)
			}
			time := newClock()
			var claims map[string]any
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				signed, err := jose.ParseSignedCompact(r.PostFormValue("client_assertion"),
					[]jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
				if err != nil {
					t.Errorf("%s: %v", algorithm, err)
					return
				}
				text, err := signed.Verify(signer.Public())
				if err == nil {
					err = json.Unmarshal(text, &claims)
				}
				if err != nil || signed.Signatures[0].Header.KeyID != "k1" {
					t.Errorf("%s: %v, key %q", algorithm, err, signed.Signatures[0].Header.KeyID)
				}
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, `{"access_token": "t", "token_type": "bearer"}`)
			}))
			defer server.Close()
			c := &auth.Credentials{Clock: time, Schemes: map[string]auth.Scheme{"s": {OAuth2: &auth.OAuth2{
				ClientID: "keyed", PrivateKey: auth.Text(inPEM(t, signer)), KeyID: "k1", Algorithm: algorithm, TokenEndpoint: server.URL + "/token"}}}}
			if _, err := c.Credential(t.Context(), request(server.URL)); err != nil {
				t.Errorf("%s: %v", algorithm, err)
			}
			if now := float64(time.Now().Unix()); claims["iss"] != "keyed" || claims["sub"] != "keyed" || claims["aud"] != server.URL+"/token" ||
				claims["iat"] != now || claims["exp"] != now+60 || claims["jti"] == "" {
				t.Errorf("%s: claims %v", algorithm, claims)
			}
		}
	}
}

// request is a request to a server, for the scheme s.
func request(server string) runtime.CredentialRequest {
	return runtime.CredentialRequest{SecurityRequirement: runtime.SecurityRequirement{Scheme: "s"}, Source: "api", Server: server,
		Origin: server}
}

// The tokens of a poll of 12 minutes are valid for 5: each is replaced a minute ahead of its end,
// that is, three times, and the API refuses none.
func TestExpiryInPoll(t *testing.T) {
	for grant, want := range map[string]string{
		"client_id: sid1, client_secret: verysecret": strings.Repeat(" client_credentials", 4),
		offline: " authorization_code" + strings.Repeat(" refresh_token", 3),
	} {
		p := newProvider(t)
		p.polls = 12
		program := compile(t, strings.Replace(workflow, "operationId: get,", `operationId: get,
    successCriteria: [{condition: $response.body#/done == true}],
    onFailure: [{name: again, type: retry, retryAfter: 60, retryLimit: 20, criteria: [{condition: $statusCode == 200}]}],`, 1),
			map[string]string{"api.yaml": description("/items", oauth)})
		var out told
		c := p.credentials(t, "{"+grant+", issuer: '"+p.server.URL+"'}", &out)
		if _, err := p.driver(c, &out).Run(t.Context(), program, "w", nil); err != nil {
			t.Fatal(err)
		}
		if p.refused != 0 || p.served != 13 {
			t.Errorf("the API refused %d requests and served %d, want 0 and 13", p.refused, p.served)
		}
		if got := " " + p.tokens(); got != want {
			t.Errorf("token requests %q, want %q", got, want)
		}
	}
}

// A token that is revoked is replaced after the 401, and the request is sent again, once.
func TestRevocation(t *testing.T) {
	p := newProvider(t)
	program := compile(t, workflow, map[string]string{"api.yaml": description("/items", oauth)})
	var out told
	c := p.credentials(t, "{client_id: sid1, client_secret: verysecret, issuer: '"+p.server.URL+"'}", &out)
	for range 2 {
		if _, err := p.driver(c, &out).Run(t.Context(), program, "w", nil); err != nil {
			t.Fatal(err)
		}
		p.revoke()
	}
	if got := p.tokens(); got != "client_credentials client_credentials" || p.refused != 1 || p.served != 2 {
		t.Errorf("token requests %q, %d refused, %d served", got, p.refused, p.served)
	}
}

// 64 runs that need one token send one token request; when it is revoked, one more.
func TestBatch(t *testing.T) {
	p := newProvider(t)
	program := compile(t, workflow, map[string]string{"api.yaml": description("/items", oauth)})
	var out told
	c := p.credentials(t, "{client_id: sid1, client_secret: verysecret, issuer: '"+p.server.URL+"'}", &out)
	for _, want := range []string{"client_credentials", "", "client_credentials"} {
		if want != "" {
			p.revoke()
		}
		batch := runtime.Batch{Driver: *p.driver(c, &out), Concurrency: 64}
		n := 0
		for r := range batch.Run(t.Context(), program, "w", slices.Values(make([]runtime.Inputs, 64))) {
			if n++; r.Err != nil {
				t.Error(r.Err)
			}
		}
		if got := p.tokens(); n != 64 || got != want {
			t.Errorf("%d runs, token requests %q, want %q", n, got, want)
		}
	}
}

// A redirect to another origin takes no token along.
func TestRedirect(t *testing.T) {
	p := newProvider(t)
	var there []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		there = append(there, r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer other.Close()
	var here []string
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		here = append(here, r.Header.Get("Authorization"))
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer front.Close()
	program := compile(t, workflow, map[string]string{"api.yaml": description("/items", oauth)})
	var out told
	d := p.driver(p.credentials(t, "{client_id: sid1, client_secret: verysecret, issuer: '"+p.server.URL+"'}", &out), &out)
	d.Servers = map[string]string{"api": front.URL}
	if _, err := d.Run(t.Context(), program, "w", nil); err == nil {
		t.Error("the other origin refuses")
	}
	if len(here) != 1 || !strings.HasPrefix(here[0], "Bearer ") || len(there) != 1 || there[0] != "" {
		t.Errorf("here %q, there %q", here, there)
	}
	if got := p.tokens(); got != "client_credentials" {
		t.Errorf("token requests %q", got)
	}
}

// Two sources with a scheme of one name have a token each, or none.
func TestTwoSources(t *testing.T) {
	p := newProvider(t)
	seen := map[string][]string{}
	listen := func(name string) string {
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			seen[name] = append(seen[name], r.Header.Get("Authorization"))
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	program := compile(t, `arazzo: 1.0.1
info: {title: t, version: "1"}
sourceDescriptions: [{name: one, url: one.yaml, type: openapi}, {name: two, url: two.yaml, type: openapi}]
workflows:
- workflowId: w
  steps:
  - {stepId: a, operationId: $sourceDescriptions.one.get}
  - {stepId: b, operationId: $sourceDescriptions.two.get}
`, map[string]string{"one.yaml": description("/one", oauth), "two.yaml": description("/two", oauth)})
	servers := map[string]string{"one": listen("one"), "two": listen("two")}
	text := "{client_id: sid1, client_secret: verysecret, issuer: '" + p.server.URL + "'"
	run := func(texts map[string]string) error {
		clear(seen)
		d := runtime.Driver{Servers: servers, Credentials: &auth.Credentials{Clock: p.clock, Schemes: schemes(t, texts)}}
		_, err := d.Run(t.Context(), program, "w", nil)
		return err
	}
	if err := run(map[string]string{"one.s": text + ", scope: one}"}); err != nil || !strings.HasPrefix(seen["one"][0], "Bearer ") ||
		seen["two"][0] != "" {
		t.Errorf("a token of the one: %v, %q", err, seen)
	}
	if err := run(map[string]string{"one.s": text + ", scope: one}", "two.s": text + ", scope: two}"}); err != nil ||
		!strings.HasPrefix(seen["one"][0], "Bearer ") || !strings.HasPrefix(seen["two"][0], "Bearer ") || seen["one"][0] == seen["two"][0] {
		t.Errorf("a token for each: %v, %q", err, seen)
	}
	if err := run(map[string]string{"s": text + "}"}); err == nil || !strings.Contains(err.Error(), "as one.s") || len(seen) != 0 {
		t.Errorf("the name fits both: %v, %q", err, seen)
	}
	if err := run(map[string]string{"one.s": text + ", origin: 'https://one.example'}"}); err == nil ||
		!strings.Contains(err.Error(), "it is for https://one.example only") || len(seen) != 0 {
		t.Errorf("the origin is another one: %v, %q", err, seen)
	}
}

// testdata/descriptions.yaml.
func TestDescribedEndpoints(t *testing.T) {
	p := newProvider(t)
	alias := strings.Replace(p.server.URL, "127.0.0.1", "localhost", 1)
	for _, test := range cases(t, "descriptions.yaml", "{issuer}", p.server.URL, "{api}", p.api.URL, "{alias}", alias,
		"{host}", strings.TrimPrefix(p.server.URL, "http://")) {
		t.Run(test.Title, func(t *testing.T) {
			program := compile(t, workflow, map[string]string{"api.yaml": description("/items", inYAML(t, test.Description))})
			out := new(told)
			p.tokens()
			test.Scheme = map[string]any{"client_id": "sid1", "client_secret": "verysecret"}
			maps.Copy(test.Scheme, test.More)
			d := p.driver(p.credentials(t, test.scheme(t), out), out)
			d.Servers = map[string]string{"api": map[string]string{"provider": p.server.URL, "api": p.api.URL}[test.Server]}
			_, err := d.Run(t.Context(), program, "w", nil)
			switch tokens := p.tokens(); {
			case test.Error == "" && tokens != "client_credentials":
				t.Errorf("token requests %q: %v", tokens, err)
			case test.Error != "" && (err == nil || !strings.Contains(err.Error(), test.Error) || tokens != ""):
				t.Errorf("%v, want %q; token requests %q", err, test.Error, tokens)
			}
		})
	}
}

// A grant that needs a person fails where nobody is, and says what to do; what a server refuses is said
// without the secret.
func TestRefused(t *testing.T) {
	p := newProvider(t)
	for text, want := range map[string]string{
		"grant_type: authorization_code, client_id: native":                        "a person has to sign in for the grant authorization_code",
		"client_id: sid1, client_secret: verywrong":                                "/oauth/token answered with status",
		"grant_type: password, client_id: sid1, username: u, password: verysecret": `and the error "unsupported_grant_type"`,
	} {
		program := compile(t, workflow, map[string]string{"api.yaml": description("/items", oauth)})
		var out told
		c := p.credentials(t, "{"+text+", issuer: '"+p.server.URL+"'}", &out)
		c.Visit = nil
		_, err := p.driver(c, &out).Run(t.Context(), program, "w", nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if found := out.has("verywrong", "verysecret"); found != nil || err != nil && strings.Contains(err.Error(), "very") {
			t.Errorf("%q was told: %v", found, err)
		}
	}
}

// A run that ends while it waits for a token ends; the others that wait get theirs.
func TestCanceled(t *testing.T) {
	p := newProvider(t)
	var out told
	c := p.credentials(t, "{grant_type: authorization_code, client_id: native, scope: openid, issuer: '"+p.server.URL+"'}", &out)
	first, cancel := context.WithCancel(t.Context())
	asked := make(chan struct{})
	var once sync.Once
	c.Visit = func(ctx context.Context, v auth.Visit) error {
		here := false
		if once.Do(func() { close(asked); here = true }); here {
			return nil // and nobody comes
		}
		return p.visit(t)(ctx, v)
	}
	errs := make(chan error)
	get := func(ctx context.Context) {
		_, err := c.Credential(ctx, request(p.api.URL))
		errs <- err
	}
	go get(first)
	<-asked
	go get(t.Context())
	cancel()
	one, two := <-errs, <-errs
	if one == nil {
		one, two = two, one
	}
	if !errors.Is(one, context.Canceled) || two != nil {
		t.Errorf("%v; %v", one, two)
	}
}
