package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/runtime"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// OAuth2 says how a token is obtained (RFC 6749, and the RFCs that are named below). What
// is empty is taken from the metadata of the issuer, or else from the description: its endpoints only
// if they are at the origin of the source's server, as whoever wrote the description does not decide
// where the secrets of its reader go.
type OAuth2 struct {
	// GrantType is client_credentials, password, authorization_code (with PKCE, RFC 7636),
	// device_code (RFC 8628), token_exchange (RFC 8693) or refresh_token; "" is that of the only
	// flow that the description declares, or client_credentials.
	GrantType string

	ClientID     string
	ClientSecret Secret
	// ClientAuth is how the client authenticates itself: client_secret_basic, client_secret_post,
	// private_key_jwt (RFC 7523), tls_client_auth (RFC 8705) or none; "" follows from what
	// there is.
	ClientAuth  string
	PrivateKey  Secret       // in PEM, for private_key_jwt: RSA, ECDSA or Ed25519
	KeyID       string       // of PrivateKey, as the server knows it
	Algorithm   string       // with which PrivateKey signs, such as PS256; "" is RS256, ES256, ES384, ES512 or EdDSA, as the key is
	Certificate *Certificate // shown to the token endpoint; for tls_client_auth

	Username, Password Secret // of the grant password
	RefreshToken       Secret // of the grant refresh_token
	SubjectToken       Secret // of the grant token_exchange
	SubjectTokenType   string // "" means an access token

	Scopes   []string // instead of those that the operation requires
	Audience string   // of the token, as several servers and RFC 8693 have it
	Resource string   // of the token (RFC 8707)

	Issuer                      string // whose metadata has what is empty here (OpenID Connect Discovery, RFC 8414)
	TokenEndpoint               string
	AuthorizationEndpoint       string
	DeviceAuthorizationEndpoint string
	RedirectURI                 string // on this machine; "" means a free port of 127.0.0.1
}

// A token is a token with what is needed to replace it.
type token struct {
	Access   string    `json:"access_token"`
	Refresh  string    `json:"refresh_token,omitempty"`
	Obtained time.Time `json:"obtained"`
	Expires  time.Time `json:"expires,omitzero"` // zero: nobody has said
}

// ahead is how long before its end a token is replaced: a fifth of its life, up to a minute.
const ahead = time.Minute

func (t token) fresh(now time.Time) bool {
	return t.Expires.IsZero() || now.Before(t.Expires.Add(-min(ahead, t.Expires.Sub(t.Obtained)/5)))
}

// grant is a token that is asked for: how, where, and for what.
type grant struct {
	*OAuth2
	credentials *Credentials
	kind        string
	at          metadata
	scopes      []string
	key         string // of the token
}

// token returns the token for a request: the one that is kept, unless it is near its end
// or was rejected.
func (c *Credentials) token(ctx context.Context, o *OAuth2, r runtime.CredentialRequest) (string, error) {
	g, err := c.grant(ctx, o, r)
	if err != nil {
		return "", err
	}
	fresh := func(t token) bool { return t.fresh(c.now()) && (r.Rejected == "" || t.Access != r.Rejected) }
	t, err := c.tokens.get(ctx, g.key, fresh, func(last token, ok bool) (token, error) {
		if kept, found := c.Folder.load(g.key); found { // another process may have a newer one
			c.hide(kept.Access, kept.Refresh)
			if fresh(kept) {
				return kept, nil
			}
			if !ok || kept.Obtained.After(last.Obtained) {
				last = kept
			}
		}
		t, err := g.obtain(ctx, last)
		if err != nil {
			return token{}, err
		}
		if err := c.Folder.save(g.key, t); err != nil { // which is no reason not to use it
			c.tell(Step{Title: "the token is not kept for later runs", Note: err.Error()})
		}
		return t, nil
	})
	return t.Access, err
}

// grant finds out how a token is to be obtained.
func (c *Credentials) grant(ctx context.Context, o *OAuth2, r runtime.CredentialRequest) (*grant, error) {
	g := &grant{OAuth2: o, credentials: c, scopes: o.Scopes}
	if g.scopes == nil {
		g.scopes = r.Scopes
	}
	flow, err := flowOf(o, r.Declared)
	if err != nil {
		return nil, err
	}
	g.kind = cmp.Or(o.GrantType, grantOf[flow.Name], "client_credentials")
	if g.at, err = c.endpoints(ctx, g, flow, r); err != nil {
		return nil, err
	}
	user, subject := "", ""
	if g.kind == "password" {
		if user, err = c.read(ctx, o.Username, ""); err != nil {
			return nil, err
		}
	}
	for _, s := range []Secret{o.SubjectToken, o.RefreshToken} {
		if s != (Secret{}) {
			subject += fmt.Sprintf("%d:%s ", s.kind, s.text)
		}
	}
	scopes := slices.Sorted(slices.Values(g.scopes))
	parts, err := json.Marshal([]any{g.at.TokenEndpoint, o.ClientID, scopes, o.Audience, o.Resource, g.kind, user, subject})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(parts)
	g.key = hex.EncodeToString(sum[:])
	return g, nil
}

// obtain obtains a token: by the refresh token of the last one, if it has one that is
// still good, or by the grant.
func (g *grant) obtain(ctx context.Context, last token) (token, error) {
	if last.Refresh != "" {
		t, err := g.request(ctx, "refresh token", cmp.Or(g.at.refresh, g.at.TokenEndpoint),
			url.Values{"grant_type": {"refresh_token"}, "refresh_token": {last.Refresh}})
		if refused, ok := errors.AsType[*Error](err); !ok || refused.Status >= 500 {
			return t, err
		}
	}
	switch g.kind {
	case "authorization_code":
		return g.signIn(last, func() (token, error) {
			params, err := g.authorize(ctx)
			if err != nil {
				return token{}, err
			}
			return g.request(ctx, "authorization code", g.at.TokenEndpoint, params)
		})
	case "device_code":
		return g.signIn(last, func() (token, error) { return g.device(ctx) })
	}
	params, err := g.params(ctx)
	if err != nil {
		return token{}, err
	}
	return g.request(ctx, strings.ReplaceAll(g.kind, "_", " "), g.at.TokenEndpoint, params)
}

// signIn obtains a token for which a person signs in, unless nobody is there, or the one for which
// that was just done is rejected.
func (g *grant) signIn(last token, obtain func() (token, error)) (token, error) {
	c := g.credentials
	c.mu.Lock()
	again := c.signedIn[g.key] && last.fresh(c.now())
	c.mu.Unlock()
	switch {
	case again:
		return token{}, errors.New("the token that was just issued is rejected; nobody is asked to sign in again")
	case c.Visit == nil:
		return token{}, fmt.Errorf("a person has to sign in for the grant %s, and nobody is there; "+
			"\"gobelin auth\" at a terminal keeps the token for later runs", g.kind)
	}
	t, err := obtain()
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.signedIn == nil {
			c.signedIn = map[string]bool{}
		}
		c.signedIn[g.key] = true
	}
	return t, err
}

const (
	deviceGrant     = "urn:ietf:params:oauth:grant-type:device_code"
	exchangeGrant   = "urn:ietf:params:oauth:grant-type:token-exchange"
	accessTokenType = "urn:ietf:params:oauth:token-type:access_token"
)

// params returns the parameters of a token request of the grant.
func (g *grant) params(ctx context.Context) (url.Values, error) {
	params := url.Values{"grant_type": {g.kind}}
	var needed map[string]Secret
	switch g.kind {
	case "client_credentials":
	case "password":
		needed = map[string]Secret{"username": g.Username, "password": g.Password}
	case "refresh_token":
		needed = map[string]Secret{"refresh_token": g.RefreshToken}
	case "token_exchange":
		needed = map[string]Secret{"subject_token": g.SubjectToken}
		params.Set("grant_type", exchangeGrant)
		params.Set("subject_token_type", cmp.Or(g.SubjectTokenType, accessTokenType))
		params.Set("requested_token_type", accessTokenType)
	default:
		return nil, fmt.Errorf("the grant_type %q is not known; %s are", g.kind, strings.Join(grants, ", "))
	}
	for name, s := range needed {
		if s == (Secret{}) {
			return nil, fmt.Errorf("the grant %s needs a %s", g.kind, name)
		}
		text, err := g.credentials.read(ctx, s, "")
		if err != nil {
			return nil, err
		}
		params.Set(name, text)
	}
	g.aim(params)
	return params, nil
}

var grants = []string{"client_credentials", "password", "authorization_code", "device_code", "token_exchange", "refresh_token"}

// aim adds what the token is for.
func (g *grant) aim(params url.Values) {
	for name, value := range map[string]string{"scope": strings.Join(g.scopes, " "), "audience": g.Audience, "resource": g.Resource} {
		if value != "" {
			params.Set(name, value)
		}
	}
}

// request sends a token request.
func (g *grant) request(ctx context.Context, title, endpoint string, params url.Values) (token, error) {
	config := clientcredentials.Config{ClientID: g.ClientID, TokenURL: endpoint, EndpointParams: params,
		AuthStyle: oauth2.AuthStyleInParams}
	method, err := g.authenticate(ctx, params)
	if err != nil {
		return token{}, err
	}
	switch method {
	case secretBasic:
		config.AuthStyle = oauth2.AuthStyleInHeader
		fallthrough
	case secretPost:
		if config.ClientSecret, err = g.credentials.read(ctx, g.ClientSecret, ""); err != nil {
			return token{}, err
		}
	}
	client, err := g.client(ctx, title, method)
	if err != nil {
		return token{}, err
	}
	got, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, client))
	if err != nil {
		return token{}, g.explain(err)
	}
	if kind := got.Type(); kind != "Bearer" && kind != "N_A" {
		return token{}, fmt.Errorf("%s has issued a token of the type %q; those of the type Bearer can be sent", endpoint, kind)
	}
	g.credentials.hide(got.AccessToken, got.RefreshToken)
	t := token{Access: got.AccessToken, Refresh: got.RefreshToken, Obtained: g.credentials.now()}
	if life := seconds(got.Extra("expires_in")); life > 0 {
		t.Expires = t.Obtained.Add(life)
	}
	return t, nil
}

// seconds reads expires_in, which some servers send as text.
func seconds(v any) time.Duration {
	var n float64
	switch v := v.(type) {
	case float64:
		n = v
	case int64:
		n = float64(v)
	case string:
		n, _ = strconv.ParseFloat(v, 64)
	}
	return time.Duration(min(max(n, 0), math.MaxInt32)) * time.Second
}

// An Error is the answer of an authorization server that issues no token (RFC 6749, section
// 5.2). Its texts are the server's; those that [Credentials] return have no secret.
type Error struct {
	Endpoint          string
	Status            int
	Code, Description string // error and error_description, "" if the answer has none
}

// Error says where, and what was answered.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s answered with status %d", e.Endpoint, e.Status)
	switch {
	case e.Code != "":
		text += " and the error " + strconv.Quote(e.Code)
	case e.Status/100 == 3:
		text += ": redirects are not followed with what a client sends"
	}
	if e.Description != "" {
		text += ": " + strings.ToValidUTF8(e.Description[:min(len(e.Description), maxDescription)], "")
	}
	return text
}

const maxDescription = 300

// explain returns what a failed request means, without what else was answered: a server may
// repeat what it was sent.
func (g *grant) explain(err error) error {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		e := &Error{Status: refused.Response.StatusCode, Endpoint: refused.Response.Request.URL.Redacted(),
			Code: refused.ErrorCode, Description: refused.ErrorDescription}
		g.credentials.mu.Lock()
		defer g.credentials.mu.Unlock()
		e.Code, e.Description = g.credentials.known.Text(e.Code), g.credentials.known.Text(e.Description)
		return e
	}
	return err
}

// client returns the client for the endpoints of a grant, which follows no redirects.
func (g *grant) client(ctx context.Context, title, method string) (*http.Client, error) {
	client := g.credentials.Client
	if g.Certificate != nil {
		var err error
		if client, err = g.credentials.certified(ctx, g.Certificate, client); err != nil {
			return nil, err
		}
	}
	return g.credentials.teller(client, title, method), nil
}
