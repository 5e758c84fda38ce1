package servers_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/gobelin-dev/gobelin/auth"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// provider is an OpenID provider, zitadel/oidc, and an API that accepts its tokens.
type provider struct {
	*storage.Storage
	clock  *clock
	server *httptest.Server // of the provider
	api    *httptest.Server
	key    crypto.Signer // of the client "keyed"
	pem    string
	polls  int // answers of the API before it says that it is done

	mu       sync.Mutex
	ends     map[string]time.Time // of tokens, by their id
	requests []string             // of the token endpoint: grant types
	refused  int                  // requests that the API has refused
	served   int
}

// client is a client that authenticates itself in another way.
type client struct {
	op.Client
	method oidc.AuthMethod
}

// ApplicationType says that redirects may go to any port of this machine.
func (c client) ApplicationType() op.ApplicationType { return op.ApplicationTypeNative }

func (c client) AuthMethod() oidc.AuthMethod { return c.method }
func (c client) GrantTypes() []oidc.GrantType {
	return append(c.Client.GrantTypes(), oidc.GrantTypeTokenExchange, oidc.GrantTypeDeviceCode)
}

func newProvider(t testing.TB) *provider {
	p := &provider{clock: newClock(), ends: map[string]time.Time{}}
	mux := http.NewServeMux()
	p.server = httptest.NewServer(mux)
	t.Cleanup(p.server.Close)
	p.Storage = storage.NewStorageWithClients(storage.NewUserStore(p.server.URL), map[string]*storage.Client{
		"native": storage.NativeClient("native", "http://127.0.0.1/callback"),
		"web":    storage.WebClient("web", "web-secret/+ 7", "http://127.0.0.1/callback"),
		"posts":  storage.WebClient("posts", "post-secret/+ 7", "http://127.0.0.1/callback"),
		"keyed":  storage.WebClient("keyed", "", "http://127.0.0.1/callback"),
		"device": storage.DeviceClient("device", "device-secret/+ 7"),
	})
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p.key, p.pem = key, inPEM(t, key)
	provided := exampleop.SetupServer(p.server.URL, p, nil, true)
	mux.Handle("/", provided)
	mux.HandleFunc("POST /oauth/token", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		p.mu.Lock()
		p.requests = append(p.requests, r.Form.Get("grant_type"))
		p.mu.Unlock()
		provided.ServeHTTP(w, r)
	})
	p.api = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.api.Close)
	return p
}

// inPEM returns a key as PKCS #8.
func inPEM(t testing.TB, key crypto.Signer) string {
	data, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: data}))
}

func (p *provider) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := p.Storage.GetClientByClientID(ctx, id)
	switch id {
	case "posts":
		c = client{c, oidc.AuthMethodPost}
	case "keyed":
		c = client{c, oidc.AuthMethodPrivateKeyJWT}
	case "native":
		c = client{c, oidc.AuthMethodNone}
	case "device", "web":
		c = client{c, oidc.AuthMethodBasic}
	}
	return c, err
}

func (p *provider) GetKeyByIDAndClientID(_ context.Context, id, clientID string) (*jose.JSONWebKey, error) {
	if id != "k1" || clientID != "keyed" {
		return nil, fmt.Errorf("no key %q of %q", id, clientID)
	}
	return &jose.JSONWebKey{KeyID: id, Use: "sig", Key: p.key.Public()}, nil
}

// The API's idea of a token's end is that of the virtual clock.
func (p *provider) CreateAccessToken(ctx context.Context, r op.TokenRequest) (string, time.Time, error) {
	id, end, err := p.Storage.CreateAccessToken(ctx, r)
	p.note(id, end)
	return id, end, err
}

func (p *provider) CreateAccessAndRefreshTokens(ctx context.Context, r op.TokenRequest, last string) (string, string, time.Time, error) {
	id, refresh, end, err := p.Storage.CreateAccessAndRefreshTokens(ctx, r, last)
	p.note(id, end)
	return id, refresh, end, err
}

func (p *provider) note(id string, end time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ends[id] = p.clock.Now().Add(time.Until(end))
}

func (p *provider) SetIntrospectionFromToken(_ context.Context, _ *oidc.IntrospectionResponse, id, _, _ string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.clock.Now().Before(p.ends[id]) {
		return errors.New("it has ended") // which makes it inactive
	}
	return nil
}

// revoke ends all tokens.
func (p *provider) revoke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.ends)
}

// serve is the API: it asks the provider whether a token is good.
func (p *provider) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/elsewhere" { // metadata that somebody has put there
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer": %q, "token_endpoint": %q}`, p.api.URL, p.server.URL+"/oauth/token")
		return
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	request, err := http.NewRequest(http.MethodPost, p.server.URL+"/oauth/introspect",
		strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		panic(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth("web", url.QueryEscape("web-secret/+ 7"))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		panic(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !strings.Contains(string(body), `"active":true`) {
		p.refused++
		http.Error(w, "the token "+token+" is not good", http.StatusUnauthorized)
		return
	}
	p.served++
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"done": %t}`, p.served > p.polls)
}

// tokens returns the grant types of the token requests so far, and forgets them.
func (p *provider) tokens() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := strings.Join(p.requests, " ")
	p.requests = nil
	return list
}

// visit is the person, who signs in as test-user.
func (p *provider) visit(t testing.TB) func(context.Context, auth.Visit) error {
	return func(ctx context.Context, v auth.Visit) error {
		if v.Code != "" {
			return p.CompleteDeviceAuthorization(ctx, v.Code, "id1")
		}
		jar, err := cookiejar.New(nil)
		if err != nil {
			return err
		}
		browser := &http.Client{Jar: jar}
		page, err := browser.Get(v.URL)
		if err != nil {
			return err
		}
		defer page.Body.Close()
		id := page.Request.URL.Query().Get("authRequestID")
		if id == "" {
			text, _ := io.ReadAll(page.Body)
			return fmt.Errorf("no page to sign in: %s: %s", page.Status, text)
		}
		last, err := browser.PostForm(p.server.URL+"/login/username",
			url.Values{"id": {id}, "username": {"test-user@127.0.0.1"}, "password": {"verysecure"}})
		if err != nil {
			return err
		}
		defer last.Body.Close()
		if last.StatusCode != http.StatusOK || !strings.HasSuffix(last.Request.URL.Path, "/callback") {
			text, _ := io.ReadAll(last.Body)
			t.Errorf("signing in ended at %s with %s: %s", last.Request.URL, last.Status, text)
		}
		return nil
	}
}
