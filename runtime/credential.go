package runtime

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/gobelin-dev/gobelin/description"
	"github.com/gobelin-dev/gobelin/internal/authorize"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/transport"
)

// Credentials supplies the credentials of requests (O12). A [Driver] asks for them
// at the last moment, for each request and each redirect, and applies them where
// the operation requires a scheme and the step does not set it itself. They never
// become part of the state of an [Execution], and are masked in all that it reports.
type Credentials interface {
	// Credential returns the credential for a security scheme: the key of an
	// apiKey, "user:password" or "user" for http basic and digest, the token for http bearer,
	// oauth2 and openIdConnect; "" if there is none. An error fails the step. It must be
	// safe for concurrent use.
	Credential(ctx context.Context, r CredentialRequest) (string, error)
}

// Clients are [Credentials] that have certificates for schemes of type mutualTLS.
type Clients interface {
	// ClientFor returns the client for requests to r.Origin, nil if there is no certificate:
	// one like open, which is [Driver].Client, with the certificate. Redirects to another
	// origin go without it. An error fails the step. It must be safe for concurrent use,
	// and return the same client each time, which keeps connections.
	ClientFor(ctx context.Context, r CredentialRequest, open *http.Client) (*http.Client, error)
}

// A CredentialRequest says what a credential is for.
type CredentialRequest struct {
	SecurityRequirement
	Source    string // name of the source description, see [Send]
	Operation string // operationId, or method and path where it has none
	Server    string // base URL of the source's server, to which URLs of its description are relative
	Origin    string // where the request goes: "https://api.example", with a port that is not the scheme's

	// Redirected reports whether a redirect has led from the source's server to
	// Origin, which should not see the credentials of that server.
	Redirected bool
	// Rejected is the credential that this origin has just answered with 401, or "".
	// If Credential returns a different one, the request is sent again, once.
	Rejected string
	// Planned reports that nothing is sent, now or later: any text tells that there is a
	// credential, and none is to be fetched.
	Planned bool
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

// Secrets returns the credentials.
func (c StaticCredentials) Secrets() []string { return slices.Collect(maps.Values(c)) }

// A SecurityRequirement is a security scheme that an operation requires (OpenAPI,
// Security Requirement Object and Security Scheme Object).
type SecurityRequirement struct {
	Scheme     string // its name in the description
	Type       string // apiKey, http, oauth2, openIdConnect, mutualTLS
	HTTPScheme string // of type http: basic, bearer, digest, …
	In, Name   string // where the credential goes: header, query, cookie, and the name there
	Scopes     []string
	Declared   description.SecurityScheme // how the credential is obtained, as the description has it
	SetByStep  bool                       // the step sets it as a parameter, or the HTTP client does (mutualTLS): nothing is to be applied
	Called     bool                       // the source belongs to a document that the entry document calls
	Shared     bool                       // several sources of the entry document are asked for a scheme of this name
}

// mutualTLS is the type of scheme that the HTTP client handles.
const mutualTLS = "mutualTLS"

// security lists for a step the alternatives of what its operation requires.
func security(s *program.Step, shared map[string]bool) (all required) {
	for _, alternative := range s.Operation.Security {
		list, schemes := make([]SecurityRequirement, len(alternative)), make([]authorize.Scheme, len(alternative))
		for i, r := range alternative {
			set := r.Type == mutualTLS || s.Sets(r)
			schemes[i] = authorize.Scheme{SecurityRequirement: r, Set: set}
			list[i] = SecurityRequirement{Scheme: r.Name, Type: r.Type, HTTPScheme: r.Scheme, In: r.In, Name: r.ParamName, Scopes: r.Scopes,
				Declared: openapi.DescribedScheme(r).(description.SecurityScheme), SetByStep: set, Called: s.Source.Called(),
				Shared: shared[r.Name] && !s.Source.Called()}
		}
		all.requirements, all.schemes = append(all.requirements, list), append(all.schemes, schemes)
	}
	return all
}

// required is what the operation of a step requires, for callers and for package authorize.
type required struct {
	requirements [][]SecurityRequirement
	schemes      [][]authorize.Scheme
}

// authorization applies credentials to the exchange of a command.
func (d *Driver) authorization(x *Execution, c *Send, at address) *authorize.Exchange {
	if x.challenges == nil {
		x.challenges = authorize.Challenges{}
	}
	e := &authorize.Exchange{Alternatives: c.schemes, Hide: x.Hide, User: at.user, Challenges: x.challenges}
	if d.Credentials != nil {
		e.Ask = func(ctx context.Context, i, j int, r *transport.Request, rejected string) (string, error) {
			request := c.credential(i, j, at, r)
			request.Rejected = rejected
			credential, err := d.Credentials.Credential(ctx, request)
			return credential, request.explain(err)
		}
	}
	return e
}

// credential asks for what a request needs for c.Security[i][j].
func (c *Send) credential(i, j int, at address, r *transport.Request) CredentialRequest {
	return CredentialRequest{SecurityRequirement: c.Security[i][j], Source: c.Source, Operation: c.Operation, Server: at.url,
		Origin: r.Origin(), Redirected: r.Redirected}
}

func (r CredentialRequest) explain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the credential for %s of source %s: %w", r.Scheme, r.Source, err)
}

// certified returns the client that has a certificate for a request to a source's own
// server, or nil.
func (d *Driver) certified(ctx context.Context, c *Send, at address, r *transport.Request) (*http.Client, error) {
	clients, ok := d.Credentials.(Clients)
	if !ok {
		return nil, nil
	}
	for i, alternative := range c.Security {
		for j, requirement := range alternative {
			if requirement.Type != mutualTLS {
				continue
			}
			request := c.credential(i, j, at, r)
			if client, err := clients.ClientFor(ctx, request, d.Client); client != nil || err != nil {
				return client, request.explain(err)
			}
		}
	}
	return nil, nil
}
