// Package auth obtains the credentials of security schemes: keys and passwords from where
// they are kept, tokens of OAuth 2 and OpenID Connect, and certificates.
//
//	driver.Credentials = &auth.Credentials{Schemes: map[string]auth.Scheme{
//		"key": {Secret: auth.Text("k")},
//		"login": {OAuth2: &auth.OAuth2{
//			GrantType:     "client_credentials",
//			ClientID:      "shop",
//			ClientSecret:  auth.Command("pass show shop"),
//			TokenEndpoint: "https://id.example/token",
//		}},
//	}}
//
// A credential goes to the server of the source whose scheme it is for, and nowhere else;
// docs/credentials.md has the rules.
package auth

import (
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gobelin-dev/gobelin/internal/schedule"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/transport"
	"github.com/gobelin-dev/gobelin/runtime"
)

// Credentials are the credentials of a [runtime.Driver]. One that is fetched is fetched when
// a request needs it, once for all runs that wait for it, and kept. The zero Credentials
// have none. They are safe for concurrent use, and must not be copied; their fields must not be
// changed after the first use.
type Credentials struct {
	// Schemes says how the credential of a scheme is obtained, by the name of the scheme
	// or of source and scheme, as in [runtime.StaticCredentials].
	Schemes map[string]Scheme

	Client  *http.Client                      // for authorization servers; nil means one like http.DefaultClient. Redirects are not followed
	Clock   runtime.Clock                     // nil means the system clock
	Folder  Folder                            // where tokens are kept beyond the process; "" means nowhere
	Keyring func(name string) (string, error) // returns what [Keyring] names; nil means that there is none

	// Visit asks a person to sign in at an address. nil means that nobody is there: a grant
	// that needs a person fails. It returns at once or when it was told; an error ends the flow.
	Visit func(ctx context.Context, v Visit) error
	// OnStep, if not nil, is called with each step of a flow, secrets masked; for one flow after
	// another, but for several keys at once.
	OnStep func(Step)

	mu       sync.Mutex
	known    secret.Set // all that must not be told
	texts    map[string]bool
	names    runtime.StaticCredentials
	clients  map[*Certificate]*http.Client
	signedIn map[string]bool // keys of tokens for which a person was asked
	secrets  flights[string]
	tokens   flights[token]
	metadata flights[metadata]
}

// A Scheme says how the credential of a security scheme is obtained: one of its fields is
// set, beside Origin.
type Scheme struct {
	Secret      Secret       // the key of an apiKey, "user:password" of basic and digest, a token
	OAuth2      *OAuth2      // a token of oauth2, openIdConnect or http bearer
	Certificate *Certificate // of mutualTLS

	// Origin is the only one that the credential may go to, as "https://api.example"; a request
	// to another one fails. "" means that of the source's server, whatever it is.
	Origin string
}

// A Certificate is a client's certificate and its key, in PEM.
type Certificate struct {
	Chain []byte
	Key   Secret
}

// A Visit asks a person to open a page, and to confirm a code if there is one.
type Visit struct {
	URL  string
	Code string // of a device, "" if the page needs none
}

// Credential implements [runtime.Credentials].
func (c *Credentials) Credential(ctx context.Context, r runtime.CredentialRequest) (string, error) {
	s, err := c.scheme(ctx, r)
	if s == nil || err != nil {
		return "", err
	}
	var credential string
	switch {
	case r.Planned:
		if s.OAuth2 != nil || s.Secret != (Secret{}) {
			return secret.Masked, nil
		}
	case s.OAuth2 != nil:
		credential, err = c.token(ctx, s.OAuth2, r)
	default:
		credential, err = c.read(ctx, s.Secret, r.Rejected)
	}
	return credential, c.masked(err)
}

// scheme returns the scheme that a request is for, nil if there is none.
func (c *Credentials) scheme(ctx context.Context, r runtime.CredentialRequest) (*Scheme, error) {
	c.mu.Lock()
	if c.names == nil {
		c.names = runtime.StaticCredentials{}
		for name := range c.Schemes {
			c.names[name] = name
		}
	}
	names := c.names
	c.mu.Unlock()
	name, err := names.Credential(ctx, r)
	if name == "" || err != nil {
		return nil, err
	}
	s := c.Schemes[name]
	if s.Origin != "" && s.Origin != r.Origin {
		return nil, fmt.Errorf("it is for %s only, and the request goes to %s", s.Origin, r.Origin)
	}
	return &s, nil
}

// ClientFor implements [runtime.Clients]: a client with the certificate of a scheme.
func (c *Credentials) ClientFor(ctx context.Context, r runtime.CredentialRequest, open *http.Client) (*http.Client, error) {
	s, err := c.scheme(ctx, r)
	if s == nil || err != nil || s.Certificate == nil {
		return nil, err
	}
	return c.certified(ctx, s.Certificate, open)
}

// certified returns a client like open that has a certificate; its connections are its own.
func (c *Credentials) certified(ctx context.Context, cert *Certificate, open *http.Client) (*http.Client, error) {
	key, err := c.read(ctx, cert.Key, "")
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.clients[cert]; known != nil {
		return known, nil
	}
	if open == nil {
		open = http.DefaultClient
	}
	base := open.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	pair, err := tls.X509KeyPair(cert.Chain, []byte(key))
	if err != nil {
		return nil, fmt.Errorf("the certificate and its key: %w", err)
	}
	with, err := withCertificate(base, pair)
	if err != nil {
		return nil, err
	}
	client := *open
	client.Transport = with
	if c.clients == nil {
		c.clients = map[*Certificate]*http.Client{}
	}
	c.clients[cert] = &client
	return &client, nil
}

// withCertificate returns a transport like another one that has a certificate.
func withCertificate(open http.RoundTripper, pair tls.Certificate) (with http.RoundTripper, err error) {
	switch t := open.(type) {
	case *http.Transport:
		t = t.Clone()
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = &tls.Config{}
		}
		t.TLSClientConfig.Certificates = []tls.Certificate{pair}
		return t, nil
	case transport.Wrapper:
		around := t.Around(func(inner http.RoundTripper) http.RoundTripper {
			var changed http.RoundTripper
			changed, err = withCertificate(inner, pair)
			return changed
		})
		return around, err
	}
	return nil, fmt.Errorf("a certificate needs a client whose Transport is an *http.Transport, not %T", open)
}

// Secrets returns the credentials that are known so far, for [runtime.Driver] to mask.
func (c *Credentials) Secrets() []string {
	for _, s := range c.Schemes {
		if s.Secret.kind == literal && s.Secret != (Secret{}) {
			c.hide(s.Secret.text)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Keys(c.texts))
}

// hide keeps secrets out of all that is told from now on.
func (c *Credentials) hide(texts ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.texts == nil {
		c.texts = map[string]bool{}
	}
	for _, text := range texts {
		if text != "" && !c.texts[text] {
			c.texts[text] = true
			c.known.AddCredential(text)
		}
	}
}

// masked is an error without secrets: a server may repeat in its answer what it was sent.
func (c *Credentials) masked(err error) error {
	if err == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known.Error(err)
}

func (c *Credentials) clock() runtime.Clock {
	if c.Clock == nil {
		return schedule.SystemClock{}
	}
	return c.Clock
}

func (c *Credentials) now() time.Time { return c.clock().Now() }
