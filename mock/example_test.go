package mock_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gobelin-dev/gobelin/mock"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A test of a client has the API of a description to itself, with state.
func Example() {
	description := runtime.LoaderFunc(func(context.Context, string) ([]byte, error) {
		return []byte(`
openapi: 3.1.0
info: {title: Notes, version: "1"}
paths:
  /notes:
    post:
      requestBody: {content: {application/json: {schema: {type: object, properties: {text: {type: string}}}}}}
      responses: {"201": {description: note, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}}
  /notes/{id}:
    get: {responses: {"200": {description: note, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}}}
components: {schemas: {Note: {type: object, properties: {id: {type: integer}, text: {type: string}}}}}
`), nil
	})
	var s mock.Server
	if err := s.Add(context.Background(), "notes", "notes.yaml", description); err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(&s)
	defer server.Close()
	made, err := http.Post(server.URL+"/notes", "application/json", strings.NewReader(`{"text": "buy milk"}`))
	if err != nil {
		log.Fatal(err)
	}
	defer made.Body.Close()
	found, err := http.Get(made.Header.Get("Location"))
	if err != nil {
		log.Fatal(err)
	}
	defer found.Body.Close()
	body, err := io.ReadAll(found.Body)
	fmt.Println(made.StatusCode, found.StatusCode, string(body), err)
	// Output: 201 200 {"id":1,"text":"buy milk"} <nil>
}
