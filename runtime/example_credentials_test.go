package runtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

// tokenSource fetches a token when one is asked for, keeps it, and fetches another one
// when the API rejects it.
type tokenSource struct {
	url string // of the token endpoint

	mu    sync.Mutex
	token string
}

func (t *tokenSource) Credential(ctx context.Context, r runtime.CredentialRequest) (string, error) {
	if r.Redirected || r.HTTPScheme != "bearer" {
		return "", nil // the token is for the API alone
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token != "" && t.token != r.Rejected {
		return t.token, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", err
	}
	if answer.Token == "" {
		return "", errors.New("the token endpoint returned no token")
	}
	t.token = answer.Token
	return t.token, nil
}

// Credentials that are fetched when a request needs them, and fetched again when
// they have expired.
func ExampleCredentials() {
	issued := 0
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		issued++
		fmt.Fprintf(w, `{"access_token": "token-%d"}`, issued)
	})
	mux.HandleFunc("GET /account", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token-2" { // the first token has expired
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"owner": "Ada"}`)
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	driver := runtime.Driver{
		Servers:     map[string]string{"bank": server.URL},
		Credentials: &tokenSource{url: server.URL + "/token"},
	}
	result, err := driver.Run(context.Background(), must(accountProgram()), "account", nil)
	fmt.Println(result.Outputs["owner"], err)
	fmt.Println("tokens issued:", issued)
	// Output:
	// Ada <nil>
	// tokens issued: 2
}

func accountProgram() (*runtime.Program, error) {
	doc, err := arazzo.Parse([]byte(`
arazzo: 1.0.1
info: {title: Bank, version: "1"}
sourceDescriptions: [{name: bank, url: bank.yaml}]
workflows:
- workflowId: account
  steps:
  - {stepId: get, operationId: getAccount, outputs: {owner: $response.body#/owner}}
  outputs: {owner: $steps.get.outputs.owner}
`))
	if err != nil {
		return nil, err
	}
	const description = `
openapi: 3.1.0
info: {title: Bank, version: "1"}
servers: [{url: "https://bank.example"}]
security: [{token: []}]
paths: {/account: {get: {operationId: getAccount}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
`
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(description), nil })}
	return c.Compile(context.Background(), doc)
}

// The outputs of a run as a struct.
func ExampleResult_Decode() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"name": "Rex", "path": %q}`, r.URL.Path)
	}))
	defer server.Close()
	driver := runtime.Driver{Servers: map[string]string{"pets": server.URL}}
	result, err := driver.Run(context.Background(), must(exampleProgram()), "w", runtime.Inputs{"id": 7})
	if err != nil {
		panic(err)
	}
	var pet struct {
		Name string `json:"name"`
	}
	if err := result.Decode(&pet); err != nil {
		panic(err)
	}
	fmt.Println(pet.Name)
	// Output: Rex
}
