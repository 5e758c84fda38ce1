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
	"github.com/gobelin-dev/gobelin/runtime"
)

// TestXPathTellsNoSecrets has conditions whose errors quote what they are given.
func TestXPathTellsNoSecrets(t *testing.T) {
	const secret = `hunter2*"(!`
	for _, condition := range []string{"xs:integer({$inputs.p}) = 1", "matches('a', {$inputs.p})", "{$inputs.p} - 1", "/r = 1",
		"replace('a', 'a', concat('\\', {$inputs.p}))"} {
		doc, err := arazzo.Parse(fmt.Appendf(nil, `{arazzo: 1.0.1, info: {title: t, version: "1"}, sourceDescriptions: [{name: api,
      url: api.yaml, type: openapi}],
workflows: [{workflowId: w, inputs: {type: object, properties: {p: {type: string, format: password}}}, steps: [{stepId: a, operationId: get,
successCriteria: [{context: $response.body, type: xpath, condition: %q}]}]}]}`, condition))
		if err != nil {
			t.Fatal(err)
		}
		c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) {
			return []byte(`{openapi: 3.1.0, info: {title: t, version: "1"}, servers: [{url: "http://h"}], paths: {/x: {get: {operationId: get,
      responses: {"200": {description: ok}}}}}}`), nil
		})}
		program, err := c.Compile(t.Context(), doc)
		if err != nil {
			t.Fatal(err)
		}
		var told bytes.Buffer
		client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			return &http.Response{Request: r, StatusCode: 200, Header: http.Header{"Content-Type": {"application/xml"}},
				Body: io.NopCloser(strings.NewReader("<r>" + secret + "</r>"))}, nil
		})}
		driver := runtime.Driver{Client: client, OnEvent: func(e runtime.Event) {
			data, err := json.Marshal(e)
			if err != nil {
				t.Error(err)
			}
			told.Write(data)
		}}
		result, err := driver.Run(t.Context(), program, "w", runtime.Inputs{"p": secret})
		fmt.Fprint(&told, result, err)
		if !strings.Contains(told.String(), "***") || strings.Contains(told.String(), "hunter2") {
			t.Errorf("%s: %s", condition, told.String())
		}
	}
}
