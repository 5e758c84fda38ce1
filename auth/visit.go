package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// authorize has a person sign in and returns the parameters of the token request (RFC 6749,
// section 4.1, with RFC 7636, RFC 8252 and RFC 9207).
func (g *grant) authorize(ctx context.Context) (url.Values, error) {
	redirect, err := url.Parse(cmp.Or(g.RedirectURI, "http://127.0.0.1:0/callback"))
	if err != nil || redirect.Scheme != "http" || !loopback(redirect.Hostname()) {
		return nil, fmt.Errorf("redirect_uri %q must be an http URL of this machine, such as http://127.0.0.1:8085/callback", g.RedirectURI)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(redirect.Hostname(), cmp.Or(redirect.Port(), "0")))
	if err != nil {
		return nil, fmt.Errorf("waiting for the redirect of the authorization server: %w", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return nil, err
	}
	redirect.Host = net.JoinHostPort(redirect.Hostname(), port)
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	config := oauth2.Config{ClientID: g.ClientID, RedirectURL: redirect.String(), Scopes: g.scopes,
		Endpoint: oauth2.Endpoint{AuthURL: g.at.AuthorizationEndpoint}}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	aims := url.Values{}
	g.aim(aims)
	for _, name := range []string{"audience", "resource"} {
		if aims.Has(name) {
			options = append(options, oauth2.SetAuthURLParam(name, aims.Get(name)))
		}
	}
	g.credentials.hide(verifier)
	page := config.AuthCodeURL(state, options...)

	answers := make(chan url.Values, 1)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		if r.URL.Path != cmp.Or(redirect.Path, "/") || query.Get("state") != state { // of somebody else on this machine
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(w, "gobelin has the answer of the authorization server. This page can be closed.")
		select {
		case answers <- query:
		default: // it was there before
		}
	})}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // until it is shut down
	}()
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if server.Shutdown(last) != nil {
			server.Close()
		}
		<-served
	}()

	g.credentials.tellPage(page)
	if err := g.credentials.Visit(ctx, Visit{URL: page}); err != nil {
		return nil, err
	}
	var answer url.Values
	select {
	case answer = <-answers:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	g.credentials.hide(answer.Get("code"))
	switch by := answer.Get("iss"); {
	case answer.Get("error") != "":
		return nil, &Error{Endpoint: g.at.AuthorizationEndpoint, Status: http.StatusFound,
			Code: answer.Get("error"), Description: answer.Get("error_description")}
	case g.at.Issuer != "" && (by != "" || g.at.Names) && by != g.at.Issuer:
		return nil, fmt.Errorf("the answer of the authorization server is that of %q, not of %s", by, g.at.Issuer)
	case answer.Get("code") == "":
		return nil, errors.New("the answer of the authorization server has no code")
	}
	return url.Values{"grant_type": {"authorization_code"}, "code": {answer.Get("code")}, "redirect_uri": {redirect.String()},
		"code_verifier": {verifier}}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// device has a person sign in on another device (RFC 8628), and asks for the token until
// that has happened.
func (g *grant) device(ctx context.Context) (token, error) {
	c := g.credentials
	params := url.Values{}
	g.aim(params)
	method, err := g.authenticate(ctx, params)
	if err != nil {
		return token{}, err
	}
	config := oauth2.Config{ClientID: g.ClientID, Endpoint: oauth2.Endpoint{DeviceAuthURL: g.at.DeviceAuthorizationEndpoint}}
	client, err := g.client(ctx, "device authorization", method)
	if err != nil {
		return token{}, err
	}
	switch method {
	case secretPost, secretBasic:
		text, err := c.read(ctx, g.ClientSecret, "")
		if err != nil {
			return token{}, err
		}
		if method == secretPost {
			params.Set("client_secret", text)
		} else {
			client.Transport.(*teller).basic = url.UserPassword(url.QueryEscape(g.ClientID), url.QueryEscape(text))
		}
	}
	var options []oauth2.AuthCodeOption
	for name := range params {
		options = append(options, oauth2.SetAuthURLParam(name, params.Get(name)))
	}
	begun := c.now()
	answer, err := config.DeviceAuth(context.WithValue(ctx, oauth2.HTTPClient, client), options...)
	if err != nil {
		return token{}, g.explain(err)
	}
	c.hide(answer.DeviceCode)
	visit := Visit{URL: answer.VerificationURI, Code: answer.UserCode}
	if u, err := url.Parse(visit.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return token{}, fmt.Errorf("the authorization server names %q as the page to sign in at", visit.URL)
	}
	if err := c.Visit(ctx, visit); err != nil {
		return token{}, err
	}
	pause := time.Duration(cmp.Or(max(answer.Interval, 0), 5)) * time.Second
	life := time.Until(answer.Expiry)
	if answer.Expiry.IsZero() || life > maxDevice {
		life = maxDevice
	}
	for {
		if err := c.clock().Sleep(ctx, pause); err != nil {
			return token{}, err
		}
		t, err := g.request(ctx, "device code", g.at.TokenEndpoint, url.Values{"grant_type": {deviceGrant}, "device_code": {answer.DeviceCode}})
		refused, ok := errors.AsType[*Error](err)
		switch {
		case ok && refused.Code == "slow_down":
			pause += 5 * time.Second
		case !ok || refused.Code != "authorization_pending":
			return t, err
		}
		if c.now().Sub(begun) > life {
			return token{}, errors.New("nobody has signed in while the code was valid")
		}
	}
}

// maxDevice is the longest time for which a device is waited for.
const maxDevice = time.Hour

// mask hides secrets in a text.
func (c *Credentials) mask(text string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known.Text(strings.ToValidUTF8(text, ""))
}
