package description_test

import (
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/description"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/google/go-cmp/cmp"
)

// Security schemes of 2.0 and 3.2, by reference too, and what they do not have.
func TestSecuritySchemes(t *testing.T) {
	type facts struct {
		Flows            []description.Flow
		OpenID, OAuth2   string
		File             string
		Line             int
		Scopes           []string
		Type, HTTPScheme string
	}
	for name, test := range map[string]struct {
		files map[string]string
		want  facts
	}{
		"2.0": {map[string]string{"api.yaml": `swagger: "2.0"
info: {title: t, version: "1"}
paths: {"/pets/{id}": {get: {operationId: get, parameters: [{name: id, in: path, required: true, type: string}], security: [{s: [read]}]}}}
securityDefinitions:
  s: {type: oauth2, flow: accessCode, authorizationUrl: "https://a.example/auth", tokenUrl: "https://a.example/token", scopes: {}}
`}, facts{Flows: []description.Flow{{Name: "authorizationCode", AuthorizationURL: "https://a.example/auth",
			TokenURL: "https://a.example/token"}}, File: "api.yaml", Line: 5, Scopes: []string{"read"}, Type: "oauth2"}},
		"3.2": {map[string]string{"api.yaml": `openapi: 3.2.0
info: {title: t, version: "1"}
paths: {"/pets/{id}": {get: {operationId: get, parameters: [{name: id, in: path, required: true, schema: {}}], security: [{s: []}]}}}
components: {securitySchemes: {s: {$ref: "more.yaml#/s"}}}
`, "more.yaml": `
s:
  type: oauth2
  oauth2MetadataUrl: /.well-known/oauth-authorization-server
  flows:
    clientCredentials: {tokenUrl: token, refreshUrl: refresh, scopes: {}}
    deviceAuthorization: {deviceAuthorizationUrl: device, tokenUrl: token, scopes: {}}
`}, facts{Flows: []description.Flow{{Name: "clientCredentials", TokenURL: "token", RefreshURL: "refresh"},
			{Name: "deviceAuthorization", DeviceAuthorizationURL: "device", TokenURL: "token"}},
			OAuth2: "/.well-known/oauth-authorization-server", File: "more.yaml", Line: 3, Type: "oauth2"}},
		"OpenID": {map[string]string{"api.yaml": `openapi: 3.1.0
info: {title: t, version: "1"}
paths: {"/pets/{id}": {get: {operationId: get, parameters: [{name: id, in: path, required: true, schema: {}}], security: [{s: []}]}}}
components: {securitySchemes: {s: {type: openIdConnect, openIdConnectUrl: "https://id.example"}}}
`}, facts{OpenID: "https://id.example", File: "api.yaml", Line: 4, Type: "openIdConnect"}},
		"unknown": {map[string]string{"api.yaml": `openapi: 3.1.0
info: {title: t, version: "1"}
paths: {"/pets/{id}": {get: {operationId: get, parameters: [{name: id, in: path, required: true, schema: {}}], security: [{s: []}]}}}
`}, facts{}},
	} {
		t.Run(name, func(t *testing.T) {
			r := sent(t, test.files).Security[0][0]
			got := facts{r.Declared.Flows(), r.Declared.OpenIDConnectURL(), r.Declared.OAuth2MetadataURL(), r.Declared.Position().File,
				r.Declared.Position().Line, r.Scopes, r.Type, r.HTTPScheme}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if p := (description.SecurityScheme{}).Position(); p != (arazzo.Position{}) || (runtime.SecurityRequirement{}).Declared.Flows() != nil {
		t.Error("the zero scheme is somewhere")
	}
}
