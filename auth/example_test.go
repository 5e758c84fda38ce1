package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/auth"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A token of OAuth 2 for the scheme "login" of a description, which names the token endpoint.
func ExampleCredentials() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/token" {
			fmt.Fprint(w, `{"access_token": "t-1", "token_type": "Bearer", "expires_in": 600}`)
			return
		}
		fmt.Fprintf(w, `{"authorized": %t}`, r.Header.Get("Authorization") == "Bearer t-1")
	}))
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	defer server.Close()

	driver := runtime.Driver{
		Servers: map[string]string{"shop": server.URL},
		Credentials: &auth.Credentials{Schemes: map[string]auth.Scheme{
			"login": {OAuth2: &auth.OAuth2{ClientID: "me", ClientSecret: auth.Text("s")}},
		}},
	}
	result, err := driver.Run(context.Background(), shop(), "orders", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Outputs["authorized"])
	// Output: true
}

func shop() *runtime.Program {
	doc, err := arazzo.Parse([]byte(`
arazzo: 1.0.1
info: {title: Shop, version: "1"}
sourceDescriptions: [{name: shop, url: shop.yaml}]
workflows:
- workflowId: orders
  steps: [{stepId: list, operationId: list, outputs: {authorized: $response.body#/authorized}}]
  outputs: {authorized: $steps.list.outputs.authorized}
`))
	if err != nil {
		panic(err)
	}
	const description = `
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {/orders: {get: {operationId: list, security: [{login: [read]}]}}}
components: {securitySchemes: {login: {type: oauth2, flows: {clientCredentials: {tokenUrl: token, scopes: {read: ""}}}}}}
`
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(description), nil })}
	p, err := c.Compile(context.Background(), doc)
	if err != nil {
		panic(err)
	}
	return p
}
