package servers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/auth"
	"github.com/gobelin-dev/gobelin/runtime"
)

// authority issues certificates, into a folder.
type authority struct {
	t      testing.TB
	folder string
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	pool   *x509.CertPool
}

func newAuthority(t testing.TB) *authority {
	a := &authority{t: t, folder: t.TempDir(), pool: x509.NewCertPool()}
	a.key, a.cert = a.issue("authority", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	a.pool.AddCert(a.cert)
	return a
}

// issue writes the certificate name.pem and its key name.key.
func (a *authority) issue(name string, template *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber, template.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	for file, text := range map[string]string{name + ".pem": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		name + ".key": inPEM(a.t, key)} {
		if err := os.WriteFile(filepath.Join(a.folder, file), []byte(text), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	return key, cert
}

// scheme is a scheme with the certificate of a client.
func (a *authority) scheme(name, more string) string {
	return fmt.Sprintf("{certificate: '%s/%s.pem', certificate_key: 'file:%[1]s/%[2]s.key'%s}", a.folder, name, more)
}

// server is a server that tells who its clients are.
func (a *authority) server(demand tls.ClientAuthType, handler http.HandlerFunc) *httptest.Server {
	s := httptest.NewUnstartedServer(handler)
	s.TLS = &tls.Config{ClientAuth: demand, ClientCAs: a.pool}
	s.StartTLS()
	a.t.Cleanup(s.Close)
	a.pool.AddCert(s.Certificate())
	return s
}

func (a *authority) client() *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.pool}}
	a.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// name returns whose certificate came with a request, "" if none did.
func name(r *http.Request) string {
	if len(r.TLS.PeerCertificates) == 0 {
		return ""
	}
	return r.TLS.PeerCertificates[0].Subject.CommonName
}

// A server that demands a certificate gets that of its source; a redirect to another origin, another
// source, or an operation that does not ask for one, goes without.
func TestMutualTLS(t *testing.T) {
	a := newAuthority(t)
	a.issue("one", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	seen := map[string][]string{}
	note := func(at string, then func(http.ResponseWriter, *http.Request)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			seen[at] = append(seen[at], name(r))
			then(w, r)
		}
	}
	fine := func(http.ResponseWriter, *http.Request) {}
	other := a.server(tls.RequestClientCert, note("other", fine))
	one := a.server(tls.RequireAndVerifyClientCert, note("one", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/away") {
			http.Redirect(w, r, other.URL, http.StatusFound)
		}
	}))
	two := a.server(tls.RequestClientCert, note("two", fine))
	const mutual = "{type: mutualTLS}"
	program := compile(t, `arazzo: 1.0.1
info: {title: t, version: "1"}
sourceDescriptions: [{name: one, url: one.yaml, type: openapi}, {name: two, url: two.yaml, type: openapi},
  {name: open, url: open.yaml, type: openapi}]
workflows:
- workflowId: here
  steps: [{stepId: a, operationId: $sourceDescriptions.one.get}, {stepId: b, operationId: $sourceDescriptions.two.get}]
- workflowId: away
  steps: [{stepId: a, operationId: $sourceDescriptions.one.away}]
- workflowId: open
  steps: [{stepId: a, operationId: $sourceDescriptions.open.get}]
`, map[string]string{"two.yaml": description("/two", mutual), "open.yaml": description("/open", mutual+"\nsecurity: []"),
		"one.yaml": description("/one", mutual) + "  /away: {get: {operationId: away, security: [{s: []}]}}\n"})
	for workflow, want := range map[string]string{
		"here": "map[one:[one] two:[]]",
		"away": "map[one:[one] other:[]]",
		"open": "map[]",
	} {
		clear(seen)
		d := runtime.Driver{Client: a.client(), Servers: map[string]string{"one": one.URL, "two": two.URL, "open": one.URL},
			Credentials: &auth.Credentials{Schemes: schemes(t, map[string]string{"one.s": a.scheme("one", "")})}}
		_, err := d.Run(t.Context(), program, workflow, nil)
		if got := fmt.Sprint(seen); got != want || (err == nil) != (workflow != "open") {
			t.Errorf("%s: the servers have seen %s, want %s: %v", workflow, got, want, err)
		}
	}
}

// A client that authenticates itself by its certificate (RFC 8705), and the password of a user, at a
// token endpoint that demands both; the certificate goes to no other server.
func TestTLSClientAuth(t *testing.T) {
	a := newAuthority(t)
	a.issue("shop", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	var form url.Values
	endpoint := a.server(tls.RequireAndVerifyClientCert, func(w http.ResponseWriter, r *http.Request) {
		form = url.Values{}
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		form = r.PostForm
		w.Header().Set("Content-Type", "application/json")
		if name(r) != form.Get("client_id") || form.Get("password") != "pass-w0rd+/" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"error": "invalid_grant", "error_description": "not with %s"}`, form.Get("password"))
			return
		}
		fmt.Fprint(w, `{"access_token": "tok-123456", "token_type": "Bearer", "expires_in": "60"}`)
	})
	var got []string
	api := a.server(tls.RequestClientCert, func(_ http.ResponseWriter, r *http.Request) {
		got = append(got, name(r)+" "+r.Header.Get("Authorization"))
	})
	program := compile(t, workflow, map[string]string{"api.yaml": description("/items", oauth)})
	for password, want := range map[string]string{"pass-w0rd+/": "", "pass-w1rd+/": `the error "invalid_grant": not with ***`} {
		got = nil
		var out told
		c := &auth.Credentials{Client: a.client(), OnStep: out.step, Schemes: schemes(t, map[string]string{"s": a.scheme("shop",
			", client_id: shop, grant_type: password, username: ada, password: "+password+", scope: read, token_endpoint: '"+endpoint.URL+"'")})}
		d := runtime.Driver{Client: a.client(), Servers: map[string]string{"api": api.URL}, Credentials: c, OnEvent: out.event}
		_, err := d.Run(t.Context(), program, "w", nil)
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) || got != nil {
				t.Errorf("%v, want %q; %q", err, want, got)
			}
		} else if err != nil || len(got) != 1 || got[0] != " Bearer tok-123456" || form.Get("username") != "ada" || form.Get("scope") != "read" {
			t.Errorf("the API has seen %q, the token endpoint %v: %v", got, form, err)
		}
		if found := out.has(password, url.QueryEscape(password), "tok-123456"); found != nil {
			t.Errorf("%q was told", found)
		}
	}
}

// A token endpoint that redirects gets no answer: the secret goes nowhere else.
func TestRedirectOfTokenEndpoint(t *testing.T) {
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer other.Close()
	endpoint := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer endpoint.Close()
	c := &auth.Credentials{Schemes: schemes(t, map[string]string{"s": "{client_id: c, client_secret: s-123456, token_endpoint: '" +
		endpoint.URL + "'}"})}
	_, err := c.Credential(t.Context(), request("http://api.example"))
	if err == nil || !strings.Contains(err.Error(), "answered with status 307: redirects are not followed") || asked != 0 {
		t.Errorf("%v; the other server was asked %d times", err, asked)
	}
}
