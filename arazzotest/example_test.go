package arazzotest_test

import (
	"net/http"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzotest"
	"github.com/gobelin-dev/gobelin/replay"
	"github.com/gobelin-dev/gobelin/runtime"
)

var t *testing.T // of the test function

// All workflows of a document against the handler of a service, which needs no port.
func ExampleRun() {
	service := http.NewServeMux() // the service under test

	arazzotest.Run(t, arazzotest.Load(t, "workflows.arazzo.yaml"), arazzotest.Options{
		Handler: service,
		Inputs:  map[string]runtime.Inputs{"adopt": {"name": "Rex"}},
		Then: func(t *testing.T, workflowID string, result *runtime.Result) {
			if result.Outputs["state"] != "ready" {
				t.Errorf("state: %v", result.Outputs["state"])
			}
		},
	})
}

// One workflow against a server.
func ExampleRun_server() {
	arazzotest.Run(t, arazzotest.Load(t, "workflows.arazzo.yaml"), arazzotest.Options{
		Workflows: []string{"adopt"},
		Driver: runtime.Driver{
			Servers:     map[string]string{"pets": "https://staging.example"},
			Credentials: runtime.StaticCredentials{"apiKey": "…"},
		},
		Inputs: map[string]runtime.Inputs{"adopt": {"name": "Rex"}},
	})
}

// The runs of a trace, on the responses that it has: the test fails if the document, or
// gobelin, would send something else today.
func ExampleTrace() {
	arazzotest.Run(t, arazzotest.Load(t, "workflows.arazzo.yaml"), arazzotest.Options{
		Recordings: arazzotest.Trace(t, "testdata/run.jsonl"),
	})
}

// A HAR file of a browser does not say what was run.
func ExampleOptions_recordings() {
	var recording *replay.Recording // of replay.ReadHAR
	arazzotest.Run(t, arazzotest.Load(t, "workflows.arazzo.yaml"), arazzotest.Options{
		Recordings: []*replay.Recording{recording},
		Workflows:  []string{"adopt"},
		Inputs:     map[string]runtime.Inputs{"adopt": {"name": "Rex"}},
	})
}
