package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/gobelin-dev/gobelin/description"
	"github.com/gobelin-dev/gobelin/internal/transport"
	"github.com/gobelin-dev/gobelin/runtime"
)

// metadata is what an authorization server says of itself (RFC 8414, OpenID Connect
// Discovery 1.0).
type metadata struct {
	Issuer                      string   `json:"issuer"`
	TokenEndpoint               string   `json:"token_endpoint"`
	AuthorizationEndpoint       string   `json:"authorization_endpoint"`
	DeviceAuthorizationEndpoint string   `json:"device_authorization_endpoint"`
	Methods                     []string `json:"token_endpoint_auth_methods_supported"`
	Names                       bool     `json:"authorization_response_iss_parameter_supported"` // itself, in its answers (RFC 9207)

	refresh string // refreshUrl of a description; "" is TokenEndpoint
}

// grantOf are the grants of the flows of a description.
var grantOf = map[string]string{"clientCredentials": "client_credentials", "password": "password",
	"authorizationCode": "authorization_code", "deviceAuthorization": "device_code"}

// flowOf returns the flow of a description that is meant; zero if there is none.
func flowOf(o *OAuth2, declared description.SecurityScheme) (description.Flow, error) {
	var found []description.Flow
	var names []string
	for _, f := range declared.Flows() {
		grant := grantOf[f.Name]
		switch {
		case o.GrantType == grant && grant != "":
			return f, nil
		case o.GrantType == "" && grant != "",
			(o.GrantType == "refresh_token" || o.GrantType == "token_exchange") && f.TokenURL != "":
			found, names = append(found, f), append(names, grant)
		}
	}
	switch {
	case len(found) == 0:
		return description.Flow{}, nil
	case len(found) > 1 && o.GrantType == "":
		return description.Flow{}, fmt.Errorf("the description declares several flows; say with grant_type which: %s", strings.Join(names, ", "))
	}
	return found[0], nil
}

// endpoints finds the endpoints of a grant: as they are given, as the issuer that is given
// has them, or as the description has them.
func (c *Credentials) endpoints(ctx context.Context, g *grant, flow description.Flow, r runtime.CredentialRequest) (metadata, error) {
	o := g.OAuth2
	at := metadata{TokenEndpoint: o.TokenEndpoint, AuthorizationEndpoint: o.AuthorizationEndpoint,
		DeviceAuthorizationEndpoint: o.DeviceAuthorizationEndpoint}
	switch {
	case g.missing(at) == "":
		return at, nil
	case o.Issuer != "":
		found, err := c.discover(ctx, wellKnown(o.Issuer)...)
		if err != nil {
			return at, err
		}
		if strings.TrimSuffix(found.Issuer, "/") != strings.TrimSuffix(o.Issuer, "/") {
			return at, fmt.Errorf("the metadata of the issuer %s is that of %q", o.Issuer, found.Issuer)
		}
		at.Issuer, at.Methods, at.Names = found.Issuer, found.Methods, found.Names
		if err := g.fill(&at, found, func(field, value string) (string, error) { return secure(o.Issuer, field, value) }); err != nil {
			return at, err
		}
	default:
		if err := g.declared(ctx, &at, flow, r); err != nil {
			return at, err
		}
	}
	if lacks := g.missing(at); lacks != "" {
		return at, fmt.Errorf("the grant %s needs a %s, or an issuer whose metadata has one: the description has none", g.kind, lacks)
	}
	return at, nil
}

// declared finds endpoints in the description. What it names has to be at the origin of the
// source's server: its metadata, and what that names, too, because anybody might have put it there.
// The issuer of such metadata is not taken for what it says that it is.
func (g *grant) declared(ctx context.Context, at *metadata, flow description.Flow, r runtime.CredentialRequest) error {
	own := func(field, value string) (string, error) { return atServer(r, field, value) }
	if at.TokenEndpoint == "" && flow.RefreshURL != "" {
		var err error
		if at.refresh, err = own("token_endpoint", flow.RefreshURL); err != nil {
			return err
		}
	}
	err := g.fill(at, metadata{TokenEndpoint: flow.TokenURL, AuthorizationEndpoint: flow.AuthorizationURL,
		DeviceAuthorizationEndpoint: flow.DeviceAuthorizationURL}, own)
	for _, from := range []string{r.Declared.OpenIDConnectURL(), r.Declared.OAuth2MetadataURL()} {
		if err != nil || from == "" || g.missing(*at) == "" {
			continue
		}
		if from, err = own("issuer", from); err != nil {
			return err
		}
		var found metadata
		if found, err = g.credentials.discover(ctx, from); err == nil {
			at.Methods = found.Methods
			err = g.fill(at, found, own)
		}
	}
	return err
}

// endpoint returns an endpoint by its name in metadata.
func (m *metadata) endpoint(name string) *string {
	switch name {
	case "authorization_endpoint":
		return &m.AuthorizationEndpoint
	case "device_authorization_endpoint":
		return &m.DeviceAuthorizationEndpoint
	}
	return &m.TokenEndpoint
}

// needs are the endpoints that a grant needs.
func (g *grant) needs() []string {
	switch g.kind {
	case "authorization_code":
		return []string{"token_endpoint", "authorization_endpoint"}
	case "device_code":
		return []string{"token_endpoint", "device_authorization_endpoint"}
	}
	return []string{"token_endpoint"}
}

// missing returns the first endpoint that a grant needs and has not, or "".
func (g *grant) missing(at metadata) string {
	for _, name := range g.needs() {
		if *at.endpoint(name) == "" {
			return name
		}
	}
	return ""
}

// fill adds endpoints that the grant needs and has not, as with returns them.
func (g *grant) fill(at *metadata, found metadata, with func(field, value string) (string, error)) (err error) {
	for _, name := range g.needs() {
		if here, there := at.endpoint(name), *found.endpoint(name); *here == "" && there != "" {
			if *here, err = with(name, there); err != nil {
				return err
			}
		}
	}
	return nil
}

// atServer resolves a URL of a description, which is relative to the server, and must be at its
// origin.
func atServer(r runtime.CredentialRequest, field, value string) (string, error) {
	base, err := url.Parse(r.Server + "/")
	if err != nil {
		return "", err
	}
	u, err := base.Parse(value)
	if err != nil {
		return "", fmt.Errorf("the description has a URL that cannot be read, %q, for the %s", value, field)
	}
	if at := (&transport.Request{URL: u.String()}).Origin(); at != r.Origin || u.User != nil {
		return "", fmt.Errorf("the description names %s as %s, which is not at the origin of its server, %s; "+
			"if it is the right one, say so with %[2]s: %[1]s", u.Redacted(), field, r.Origin)
	}
	return u.String(), nil
}

// secure refuses an endpoint that the metadata of an issuer has without TLS, where its own is with.
func secure(issuer, field, value string) (string, error) {
	if strings.HasPrefix(issuer, "https:") && !strings.HasPrefix(value, "https:") {
		return "", fmt.Errorf("the issuer %s names %s as its %s, without TLS", issuer, value, field)
	}
	return value, nil
}

// wellKnown returns where the metadata of an issuer can be.
func wellKnown(issuer string) []string {
	issuer = strings.TrimSuffix(issuer, "/")
	list := []string{issuer + "/.well-known/openid-configuration"}
	if u, err := url.Parse(issuer); err == nil {
		u.Path = "/.well-known/oauth-authorization-server" + u.Path // RFC 8414, section 3.1
		list = append(list, u.String())
	}
	return list
}

// maxMetadata bounds a text of metadata.
const maxMetadata = 1 << 20

// discover reads metadata at the first of several places that has it, once.
func (c *Credentials) discover(ctx context.Context, places ...string) (metadata, error) {
	return c.metadata.get(ctx, places[0], func(metadata) bool { return true }, func(metadata, bool) (m metadata, err error) {
		for _, at := range places {
			var missing bool
			if m, missing, err = c.readMetadata(ctx, at); !missing {
				break
			}
		}
		return m, err
	})
}

func (c *Credentials) readMetadata(ctx context.Context, at string) (m metadata, missing bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return m, false, err
	}
	request.Header.Set("Accept", "application/json")
	response, err := c.teller(c.Client, "discovery", "").Do(request)
	if err != nil {
		return m, false, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return m, response.StatusCode == http.StatusNotFound, fmt.Errorf("reading the metadata of the authorization server: %w",
			&Error{Endpoint: at, Status: response.StatusCode})
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxMetadata+1))
	switch {
	case err != nil:
	case len(data) > maxMetadata:
		err = errors.New("they are too large")
	default:
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		return m, false, fmt.Errorf("reading the metadata of the authorization server at %s: %w", at, err)
	}
	return m, false, nil
}
