// Package authorize applies credentials to the requests of an exchange (ruling O12):
// those of which alternative, where each goes, and what is sent again after a 401.
package authorize

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/transport"
	"github.com/gobelin-dev/gobelin/internal/uri"
	"golang.org/x/net/http/httpguts"
)

// A Scheme is a security scheme that a request needs.
type Scheme struct {
	openapi.SecurityRequirement
	Set bool // by the step as a parameter, or by the HTTP client: nothing is to be applied
}

func (s *Scheme) is(httpScheme string) bool { return s.Type == "http" && s.Scheme == httpScheme }

// Satisfied returns the schemes of the first alternative for which nothing is to be
// applied.
func Satisfied(alternatives [][]Scheme) []string {
	for _, alternative := range alternatives {
		if len(alternative) > 0 && !slices.ContainsFunc(alternative, func(s Scheme) bool { return !s.Set }) {
			return names(alternative)
		}
	}
	return nil
}

// Wanted returns the schemes of all alternatives, unless one of them is to have no
// credential.
func Wanted(alternatives [][]Scheme) (list []string) {
	for _, alternative := range alternatives {
		if len(alternative) == 0 {
			return nil
		}
		list = append(list, names(alternative)...)
	}
	return list
}

func names(alternative []Scheme) (list []string) {
	for _, s := range alternative {
		list = append(list, s.Name)
	}
	return list
}

// An Exchange applies the credentials of one exchange.
type Exchange struct {
	Alternatives [][]Scheme
	// Ask returns the credential for Alternatives[i][j] at the origin of a request, ""
	// if there is none; rejected is the one that this origin has just answered with 401.
	// nil: there are none.
	Ask        func(ctx context.Context, i, j int, r *transport.Request, rejected string) (string, error)
	Hide       func(credential string) // called before one is applied
	User       *url.Userinfo           // of the server's URL, or nil
	Challenges Challenges              // of the run; must not be nil

	last       *transport.Request // that was authorized
	given      map[string]string  // the credentials applied, by scheme
	schemes    []string           // that are satisfied
	instead    map[string]string  // those applied after a 401, by scheme
	digest     string             // the credential that answers challenges, of those given
	challenged bool               // a challenge was answered, and the answer sent
}

// Schemes returns the names of the schemes that the last request satisfies.
func (e *Exchange) Schemes() []string { return e.schemes }

// Authorize returns a request with the credentials of its origin: of the first
// alternative for which it has all. r itself is not changed.
func (e *Exchange) Authorize(ctx context.Context, r *transport.Request) (*transport.Request, error) {
	out := openapi.Request{URL: r.URL, Header: r.Header.Clone()}
	e.last, e.given, e.schemes, e.digest = r, map[string]string{}, nil, ""
	for i, alternative := range e.Alternatives {
		values, err := e.values(ctx, i)
		if err != nil {
			return nil, err
		}
		if values == nil {
			continue
		}
		for j := range alternative {
			s := &alternative[j]
			if s.Set {
				continue
			}
			if err := e.apply(&out, s, values[j]); err != nil {
				return nil, err
			}
			e.given[s.Name] = values[j]
		}
		e.schemes = names(alternative)
		break
	}
	authorized := *r
	authorized.URL, authorized.Header = out.URL, out.Header
	if c := e.Challenges[r.Origin()]; e.digest != "" && c != nil {
		if err := set(&out, "Authorization", c.answer(e.digest, &authorized)); err != nil {
			return nil, err
		}
	}
	if e.User != nil && !r.Redirected && e.digest == "" && out.Header.Get("Authorization") == "" {
		password, _ := e.User.Password()
		out.Header.Set("Authorization", openapi.CredentialText("http", "basic", e.User.Username()+":"+password))
	}
	return &authorized, nil
}

// values returns the credentials of an alternative, parallel to it; nil where one
// is missing.
func (e *Exchange) values(ctx context.Context, i int) ([]string, error) {
	alternative := e.Alternatives[i]
	if len(alternative) == 0 || e.Ask == nil {
		return nil, nil
	}
	values := make([]string, len(alternative))
	for j, s := range alternative {
		if s.Set {
			continue
		}
		credential, fresh := e.instead[s.Name]
		if !fresh || e.last.Redirected {
			var err error
			if credential, err = e.Ask(ctx, i, j, e.last, ""); err != nil {
				return nil, err
			}
		}
		if credential == "" {
			return nil, nil
		}
		values[j] = credential
	}
	return values, nil
}

// Again reports whether the request is to be sent again after a 401: because its
// header has a challenge that the credentials answer, or because there are others than
// those that were just rejected. Each is done once.
func (e *Exchange) Again(ctx context.Context, header http.Header) (bool, error) {
	if e.digest != "" && !e.challenged {
		if c := challengeOf(header); c != nil {
			e.Challenges[e.last.Origin()], e.challenged = c, true
			return true, nil
		}
	}
	if e.instead != nil || len(e.given) == 0 {
		return false, nil
	}
	e.instead = maps.Clone(e.given)
	changed := false
	for i, alternative := range e.Alternatives {
		for j, s := range alternative {
			rejected, used := e.given[s.Name]
			if !used || s.Set {
				continue
			}
			credential, err := e.Ask(ctx, i, j, e.last, rejected)
			if err != nil {
				return false, err
			}
			if credential != "" && credential != rejected {
				e.instead[s.Name], changed = credential, true
			}
		}
	}
	e.challenged = false
	return changed, nil
}

func (e *Exchange) apply(r *openapi.Request, s *Scheme, credential string) error {
	e.Hide(credential)
	if (s.is("basic") || s.is("digest")) && !strings.Contains(credential, ":") {
		credential += ":" // a user without a password (RFC 7617, section 2)
		e.Hide(credential)
	}
	if s.is("digest") {
		_, password, _ := strings.Cut(credential, ":")
		e.Hide(password)
		e.digest = credential
		return nil
	}
	text := openapi.CredentialText(s.Type, s.Scheme, credential)
	switch s.In {
	case "query":
		if e.last.Hop == 0 { // else the query is the Location's (O13)
			r.AddQuery(uri.Encode(s.ParamName) + "=" + uri.Encode(text))
		}
		return nil
	case "cookie":
		r.AddCookie(s.ParamName + "=" + uri.CookieValue(text))
		return nil
	}
	if err := set(r, s.ParamName, text); err != nil {
		return fmt.Errorf("the credential for scheme %q %w", s.Name, err)
	}
	return nil
}

// set sets a header field. The error does not have the value.
func set(r *openapi.Request, name, value string) error {
	if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
		return fmt.Errorf("has characters that are not valid in the header %s", name)
	}
	r.Header.Set(name, value)
	return nil
}
