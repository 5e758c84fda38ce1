package runtime_test

import (
	"context"
	goruntime "runtime"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

// TestCacheKeepsNoDocuments lets a document go that was linked with a cache,
// while the cache stays: only the descriptions are kept.
func TestCacheKeepsNoDocuments(t *testing.T) {
	files := map[string]string{"api.yaml": "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths: {/a: {get: {operationId: get, responses: {'200': {description: A.}}}}}\n"}
	loader := runtime.LoaderFunc(func(_ context.Context, location string) ([]byte, error) { return []byte(files[location]), nil })
	cache := &runtime.Cache{}
	gone := make(chan bool)
	func() {
		doc, err := arazzo.ParseFile("w.yaml", []byte("arazzo: 1.0.1\ninfo: {title: A, version: '1'}\nsourceDescriptions: [{name: api, url: api.yaml, type: openapi}]\nworkflows: [{workflowId: w, steps: [{stepId: s, operationId: get}]}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (&runtime.Compiler{Loader: loader, Cache: cache}).Compile(t.Context(), doc); err != nil {
			t.Fatal(err)
		}
		goruntime.AddCleanup(doc, func(c chan bool) { close(c) }, gone)
	}()
	deadline := time.After(10 * time.Second)
	for {
		goruntime.GC()
		select {
		case <-gone:
			goruntime.KeepAlive(cache)
			return
		case <-deadline:
			t.Fatal("the document is kept")
		case <-time.After(time.Millisecond):
		}
	}
}
