package runtime_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
)

const secretDocument = `
arazzo: 1.0.1
info: {title: t, version: "1"}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
  - workflowId: all
    inputs:
      type: object
      properties:
        password: {type: string, format: password}
        pin: {type: integer, format: password}
        user:
          type: object
          properties: {pass: {$ref: '#/components/inputs/Password'}, codes: {type: array, items: {type: string, format: password}}}
    steps:
      - stepId: login
        operationId: login
        requestBody: {contentType: application/json, payload: {user: $inputs.user, pin: $inputs.pin, p: $inputs.password}}
        outputs: {token: $response.body#/token, pin: $inputs.pin, sent: $request.body}
      - stepId: echo
        operationId: echo
        parameters: [{name: Authorization, in: header, value: "Bearer {$steps.login.outputs.token}"}, {name: q, in: query,
          value: $inputs.password}]
        outputs: {all: $response.body, token: $response.header.X-Token, url: $url}
      - stepId: basic
        operationId: basic
        successCriteria: [{condition: $response.body#/authorization == 'none'}]
        outputs: {all: $response.body}
components: {inputs: {Password: {type: string, format: password}}}
`

const secretDescription = `
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /login: {post: {operationId: login, requestBody: {content: {application/json: {schema: {}}}}, responses: {'200': {description: ok}}}}
  /echo: {get: {operationId: echo, responses: {'200': {description: ok}}}}
  /basic: {get: {operationId: basic, security: [{basic: []}], responses: {'200': {description: ok}}}}
components: {securitySchemes: {basic: {type: http, scheme: basic}}}
`

// secrets are all that nobody may be told; one begins with another.
var secrets = []string{"hunter", "hunter2-the-long-one", "9876543210", "nested-pass", "a-code", "issued-token", "Basic-pass",
	"c29tZWJvZHk6QmFzaWMtcGFzcw==", "url-pass"}

// echo answers with what it was sent, in values and in names.
func echo(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	authorization := r.Header.Get("Authorization")
	answer, err := json.Marshal(map[string]any{"token": "issued-token", "authorization": authorization, "query": r.URL.RawQuery,
		authorization: 1, string(body): true})
	if err != nil {
		return nil, err
	}
	header := http.Header{"Content-Type": {"application/json"}, "X-Token": {authorization}}
	return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(bytes.NewReader(answer)), Request: r, ContentLength: -1}, nil
}

func TestNothingTellsSecrets(t *testing.T) {
	doc, err := arazzo.Parse([]byte(secretDocument))
	if err != nil {
		t.Fatal(err)
	}
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(secretDescription), nil })}
	program, err := c.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	inputs := runtime.Inputs{
		"password": "hunter2-the-long-one", "pin": int64(9876543210),
		"user": map[string]any{"pass": "nested-pass", "codes": []any{"a-code", "hunter"}},
	}
	var told bytes.Buffer
	var recorder report.Recorder
	x, err := program.Begin("all", inputs, runtime.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	listen := func(e runtime.Event) {
		recorder.OnEvent(e)
		fmt.Fprintf(&told, "%+v\n", e)
		switch e := e.(type) {
		case *runtime.ResponseReceived:
			told.Write(e.Body)
		case *runtime.RequestSent:
			told.Write(e.Body)
		}
	}
	client := http.Client{Transport: roundTripper(echo)}
	driver := runtime.Driver{
		Client:      &client,
		Servers:     map[string]string{"api": "http://somebody:url-pass@api.example"},
		Credentials: runtime.StaticCredentials{"basic": "somebody:Basic-pass"},
		OnEvent:     listen,
	}
	// Every command is answered by an execution that was stored before it.
	for {
		x.Observe(listen)
		command := x.Next()
		if done, ok := command.(*runtime.Done); ok {
			err = done.Err
			break
		}
		snapshot, err := x.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		if x, err = program.Restore(snapshot); err != nil {
			t.Fatal(err)
		}
		if _, err := driver.Advance(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	if err == nil {
		t.Fatal("the last criterion holds")
	}
	fmt.Fprintln(&told, err)
	record, jsonErr := recorder.Run(program, "all", nil, err).JSON()
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	told.Write(record)
	if strings.Count(told.String(), "***") < 30 {
		t.Errorf("little was masked: %s", &told)
	}
	for _, secret := range secrets {
		if i := strings.Index(told.String(), secret); i >= 0 {
			t.Errorf("%s is told: …%s", secret, told.String()[max(0, i-200):min(told.Len(), i+60)])
		}
	}
}
