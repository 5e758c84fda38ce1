package runtime_test

import (
	"context"
	"fmt"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

// TestCacheKeepsNoDocuments lets a document go that was linked with a cache,
// while the cache stays: only the descriptions are kept.
func TestCacheKeepsNoDocuments(t *testing.T) {
	files := map[string]string{"api.yaml": "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths: {/a: {get: {operationId: get, " +
		"responses: {'200': {description: A.}}}}}\n"}
	loader := runtime.LoaderFunc(func(_ context.Context, location string) ([]byte, error) { return []byte(files[location]), nil })
	cache := &runtime.Cache{}
	gone := make(chan bool)
	func() {
		doc, err := arazzo.ParseFile("w.yaml",
			[]byte("arazzo: 1.0.1\ninfo: {title: A, version: '1'}\nsourceDescriptions: [{name: api, url: api.yaml, type: openapi}]\nworkflows: "+
				"[{workflowId: w, steps: [{stepId: s, operationId: get}]}]\n"))
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

// TestCacheIsShared has compilers read operations whose references go through
// two further files, all at once: the race detector finds what is not guarded.
func TestCacheIsShared(t *testing.T) {
	const operations = 20
	files := map[string]string{}
	paths := &strings.Builder{}
	for i := range operations {
		fmt.Fprintf(paths, "  /p%d: {get: {operationId: o%[1]d, parameters: [{$ref: 'a%[1]d.yaml#/p'}], responses: {'200': {description: "+
			"ok}}}}\n", i)
		files[fmt.Sprintf("a%d.yaml", i)] = fmt.Sprintf("p: {$ref: 'b%d.yaml#/p'}\n", i)
		files[fmt.Sprintf("b%d.yaml", i)] = "p: {name: q, in: query, schema: {type: string}}\n"
	}
	files["api.yaml"] = "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths:\n" + paths.String()
	loader := runtime.LoaderFunc(func(_ context.Context, location string) ([]byte, error) { return []byte(files[location]), nil })
	cache := &runtime.Cache{}
	var group sync.WaitGroup
	for i := range operations {
		group.Go(func() {
			text := fmt.Sprintf("arazzo: 1.0.1\ninfo: {title: A, version: '1'}\nsourceDescriptions: [{name: api, url: api.yaml, type: openapi}]\n"+
				"workflows: [{workflowId: w, steps: [{stepId: s, operationId: o%d, parameters: [{name: q, in: query, value: v}]}]}]\n", i)
			doc, err := arazzo.ParseFile("w.yaml", []byte(text))
			if err != nil {
				t.Error(err)
				return
			}
			program, err := (&runtime.Compiler{Loader: loader, Cache: cache}).Compile(t.Context(), doc)
			if err != nil || len(program.Diagnostics()) != 0 {
				t.Error(err, program.Diagnostics())
			}
		})
	}
	group.Wait()
}
