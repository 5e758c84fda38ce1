package description

import (
	"cmp"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// A SecurityScheme is what a security scheme says of how its credential is obtained. The
// zero SecurityScheme is an unknown one. Its URLs are as they are written: relative ones are
// relative to the server of a request (OpenAPI, Relative References in API URLs), and they are the
// word of whoever wrote the description.
type SecurityScheme struct {
	node *tree.Node
	in   *openapi.Description
}

func init() {
	openapi.DescribedScheme = func(s openapi.SecurityRequirement) any { return SecurityScheme{s.Node, s.Home} }
}

// OpenIDConnectURL returns openIdConnectUrl: where the metadata of an OpenID provider is.
func (s SecurityScheme) OpenIDConnectURL() string { return s.node.Get("openIdConnectUrl").Str() }

// OAuth2MetadataURL returns oauth2MetadataUrl (OpenAPI 3.2): where the metadata of an OAuth 2
// authorization server is (RFC 8414).
func (s SecurityScheme) OAuth2MetadataURL() string { return s.node.Get("oauth2MetadataUrl").Str() }

// Position returns where the scheme is.
func (s SecurityScheme) Position() arazzo.Position {
	if s.in == nil {
		return arazzo.Position{}
	}
	return position(s.node, s.in)
}

// A Flow is a flow of OAuth 2 (OpenAPI, OAuth Flow Object).
type Flow struct {
	Name string // clientCredentials, password, authorizationCode, deviceAuthorization, implicit

	AuthorizationURL, DeviceAuthorizationURL, TokenURL, RefreshURL string // "" if it is not declared
}

// flowNames are the names of 2.0 that OpenAPI 3 has changed.
var flowNames = map[string]string{"application": "clientCredentials", "accessCode": "authorizationCode"}

// Flows returns the flows of a scheme of type oauth2, in their order.
func (s SecurityScheme) Flows() (list []Flow) {
	if name := s.node.Get("flow").Str(); name != "" { // of 2.0
		return []Flow{flow(cmp.Or(flowNames[name], name), s.node)}
	}
	if flows := s.node.Get("flows"); flows != nil {
		for _, m := range flows.Members {
			list = append(list, flow(m.Name, m.Value))
		}
	}
	return list
}

func flow(name string, n *tree.Node) Flow {
	return Flow{name, n.Get("authorizationUrl").Str(), n.Get("deviceAuthorizationUrl").Str(), n.Get("tokenUrl").Str(),
		n.Get("refreshUrl").Str()}
}
