package runtime

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/transport"
	"github.com/gobelin-dev/gobelin/internal/uri"
	"golang.org/x/net/http/httpguts"
)

// Credentials supplies the credentials of requests (O12). A [Driver] asks for them
// at the last moment, for each request and each redirect, and applies them where
// the operation requires a scheme and the step does not set it itself. They never
// become part of the state of an [Execution], and are masked in all that it reports.
type Credentials interface {
	// Credential returns the credential for a security scheme: the key of an
	// apiKey, "user:password" or "user" for http basic, the token for http bearer, oauth2 and
	// openIdConnect; "" if there is none. An error fails the step. It must be safe
	// for concurrent use.
	Credential(ctx context.Context, r CredentialRequest) (string, error)
}

// A CredentialRequest says what a credential is for.
type CredentialRequest struct {
	SecurityRequirement
	Source    string // name of the source description, see [Send]
	Operation string // operationId, or method and path where it has none
	Origin    string // where the request goes: "https://api.example", with a port that is not the scheme's

	// Redirected reports whether a redirect has led from the source's server to
	// Origin, which should not see the credentials of that server.
	Redirected bool
	// Rejected is the credential that this origin has just answered with 401, or "".
	// If Credential returns a different one, the request is sent again, once.
	Rejected string
}

// StaticCredentials are fixed credentials, by the name of their scheme or by source
// and scheme, as "source.scheme". The name of a scheme alone applies to the sources
// of the entry document; those of documents that it calls need their own, and a name
// that fits several sources fails the step. They go to the source's server and nowhere
// else.
type StaticCredentials map[string]string

// Credential implements [Credentials]: it returns the credential of the scheme, ""
// after a redirect to another origin.
func (c StaticCredentials) Credential(_ context.Context, r CredentialRequest) (string, error) {
	if r.Redirected {
		return "", nil
	}
	if credential, ok := c[r.Source+"."+r.Scheme]; ok || r.Called {
		return credential, nil
	}
	if c[r.Scheme] != "" && r.Shared {
		return "", fmt.Errorf("several sources have a scheme %s; give the credential as %s.%[1]s", r.Scheme, r.Source)
	}
	return c[r.Scheme], nil
}

// A SecurityRequirement is a security scheme that an operation requires (OpenAPI,
// Security Requirement Object and Security Scheme Object).
type SecurityRequirement struct {
	Scheme     string // its name in the description
	Type       string // apiKey, http, oauth2, openIdConnect, mutualTLS
	HTTPScheme string // of type http: basic, bearer, …
	In, Name   string // where the credential goes: header, query, cookie, and the name there
	Scopes     []string
	SetByStep  bool // the step sets it as a parameter, or the HTTP client does (mutualTLS): nothing is to be applied
	Called     bool // the source belongs to a document that the entry document calls
	Shared     bool // several sources of the entry document are asked for a scheme of this name
}

// mutualTLS is the type of scheme that the HTTP client handles.
const mutualTLS = "mutualTLS"

// security lists for a step the alternatives of what its operation requires.
func security(s *program.Step, shared map[string]bool) [][]SecurityRequirement {
	var alternatives [][]SecurityRequirement
	for _, alternative := range s.Operation.Security {
		list := make([]SecurityRequirement, len(alternative))
		for i, r := range alternative {
			list[i] = SecurityRequirement{Scheme: r.Name, Type: r.Type, HTTPScheme: r.Scheme, In: r.In, Name: r.ParamName, Scopes: r.Scopes,
				SetByStep: r.Type == mutualTLS || sets(s, r), Called: s.Source.Called(), Shared: shared[r.Name] && !s.Source.Called()}
		}
		alternatives = append(alternatives, list)
	}
	return alternatives
}

// sets reports whether the step sets what a scheme asks for as a parameter. A
// cookie may be in a Cookie header of the step's own, whose value is not known
// before the run: it counts for all cookies.
func sets(s *program.Step, scheme openapi.SecurityRequirement) bool {
	for _, a := range s.Arguments {
		switch {
		case openapi.SameParameter(a.In, a.Name, scheme.In, scheme.ParamName),
			a.In == "header" && scheme.In == "cookie" && strings.EqualFold(a.Name, "Cookie"):
			return true
		}
	}
	return false
}

// satisfied returns the schemes of the first alternative that the step satisfies by
// itself.
func satisfied(alternatives [][]SecurityRequirement) []string {
	for _, alternative := range alternatives {
		if len(alternative) > 0 && !slices.ContainsFunc(alternative, func(r SecurityRequirement) bool { return !r.SetByStep }) {
			return schemes(alternative)
		}
	}
	return nil
}

// wanted returns the schemes of all alternatives, unless one of them is to have no
// credential.
func wanted(alternatives [][]SecurityRequirement) (list []string) {
	for _, alternative := range alternatives {
		if len(alternative) == 0 {
			return nil
		}
		list = append(list, schemes(alternative)...)
	}
	return list
}

func schemes(alternative []SecurityRequirement) (list []string) {
	for _, r := range alternative {
		list = append(list, r.Scheme)
	}
	return list
}

// authorization applies the credentials of one exchange.
type authorization struct {
	driver    *Driver
	execution *Execution
	send      *Send
	user      *url.Userinfo      // of the server's URL
	last      *transport.Request // that was authorized
	given     map[string]string  // the credentials applied, by scheme
	schemes   []string           // that are satisfied
	instead   map[string]string  // those applied after a 401, by scheme
}

// authorize returns a request with the credentials of its origin: of the first
// alternative for which it has all. r itself is not changed.
func (a *authorization) authorize(ctx context.Context, r *transport.Request) (*transport.Request, error) {
	out := openapi.Request{URL: r.URL, Header: r.Header.Clone()}
	a.last, a.given, a.schemes = r, map[string]string{}, nil
	for _, alternative := range a.send.Security {
		values, err := a.values(ctx, alternative)
		if err != nil {
			return nil, err
		}
		if values == nil {
			continue
		}
		for i, requirement := range alternative {
			if requirement.SetByStep {
				continue
			}
			if err := a.apply(&out, requirement, values[i]); err != nil {
				return nil, err
			}
			a.given[requirement.Scheme] = values[i]
		}
		if a.execution.listener != nil {
			a.schemes = schemes(alternative)
		}
		break
	}
	if a.user != nil && !r.Redirected && out.Header.Get("Authorization") == "" {
		password, _ := a.user.Password()
		out.Header.Set("Authorization", openapi.CredentialText("http", "basic", a.user.Username()+":"+password))
	}
	authorized := *r
	authorized.URL, authorized.Header = out.URL, out.Header
	return &authorized, nil
}

// values returns the credentials of an alternative, parallel to it; nil where one
// is missing.
func (a *authorization) values(ctx context.Context, alternative []SecurityRequirement) ([]string, error) {
	if len(alternative) == 0 || a.driver.Credentials == nil {
		return nil, nil
	}
	values := make([]string, len(alternative))
	for i, requirement := range alternative {
		if requirement.SetByStep {
			continue
		}
		credential, fresh := a.instead[requirement.Scheme]
		if !fresh || a.last.Redirected {
			var err error
			if credential, err = a.ask(ctx, requirement, ""); err != nil {
				return nil, err
			}
		}
		if credential == "" {
			return nil, nil
		}
		values[i] = credential
	}
	return values, nil
}

func (a *authorization) ask(ctx context.Context, requirement SecurityRequirement, rejected string) (string, error) {
	credential, err := a.driver.Credentials.Credential(ctx, CredentialRequest{SecurityRequirement: requirement, Source: a.send.Source,
		Operation: a.send.Operation, Origin: a.last.Origin(), Redirected: a.last.Redirected, Rejected: rejected})
	if err != nil {
		return "", fmt.Errorf("the credential for %s of source %s: %w", requirement.Scheme, a.send.Source, err)
	}
	return credential, nil
}

// refresh reports whether there are other credentials than those that were just
// rejected; the next request gets them.
func (a *authorization) refresh(ctx context.Context) (bool, error) {
	if a.instead != nil || len(a.given) == 0 {
		return false, nil
	}
	a.instead = maps.Clone(a.given)
	changed := false
	for _, alternative := range a.send.Security {
		for _, requirement := range alternative {
			rejected, used := a.given[requirement.Scheme]
			if !used || requirement.SetByStep {
				continue
			}
			credential, err := a.ask(ctx, requirement, rejected)
			if err != nil {
				return false, err
			}
			if credential != "" && credential != rejected {
				a.instead[requirement.Scheme], changed = credential, true
			}
		}
	}
	return changed, nil
}

func (a *authorization) apply(r *openapi.Request, requirement SecurityRequirement, credential string) error {
	a.execution.Hide(credential)
	if requirement.Type == "http" && requirement.HTTPScheme == "basic" && !strings.Contains(credential, ":") {
		credential += ":" // a user without a password (RFC 7617, section 2)
		a.execution.Hide(credential)
	}
	text := openapi.CredentialText(requirement.Type, requirement.HTTPScheme, credential)
	switch requirement.In {
	case "query":
		if a.last.Hop > 0 {
			return nil // the query is the Location's (O13)
		}
		r.AddQuery(uri.Encode(requirement.Name) + "=" + uri.Encode(text))
	case "cookie":
		r.AddCookie(requirement.Name + "=" + uri.CookieValue(text))
	default:
		if !httpguts.ValidHeaderFieldName(requirement.Name) || !httpguts.ValidHeaderFieldValue(text) {
			return fmt.Errorf("the credential for scheme %q has characters that are not valid in the header %s",
				requirement.Scheme, requirement.Name)
		}
		r.Header.Set(requirement.Name, text)
	}
	return nil
}
