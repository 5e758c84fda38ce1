package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	goruntime "runtime"
	"sync/atomic"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

// pollingDocument polls a list until it is done, an hour between two polls.
const pollingDocument = `arazzo: 1.0.1
info: {title: Poll, version: "1"}
sourceDescriptions: [{name: items, url: items.yaml, type: openapi}]
workflows:
- workflowId: poll
  inputs: {type: object, properties: {id: {type: string}}}
  steps:
  - stepId: get
    operationId: getList
    parameters: [{name: id, in: path, value: $inputs.id}]
    successCriteria: [{condition: $statusCode == 200}]
    onSuccess: [{name: again, type: goto, stepId: get, criteria: [{condition: $response.body#/done == false}]}]
    outputs: {id: $response.body#/id}
  outputs: {id: $steps.get.outputs.id}
`

// waiting starts that many runs, which all poll once and wait, and returns the
// memory that each of them then holds, and the number of goroutines of all.
func waiting(runs int) (bytesEach float64, goroutines int) {
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { return []byte(description), nil })}
	program := must(c.Compile(context.Background(), must(arazzo.Parse([]byte(pollingDocument)))))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var parked atomic.Int64
	all := make(chan struct{})
	b := runtime.Batch{Driver: runtime.Driver{
		Client:   &http.Client{Transport: notDone{}},
		Settings: runtime.Settings{LoopDelay: time.Hour},
		OnEvent: func(e runtime.Event) {
			if _, ok := e.(*runtime.WaitStarted); ok && parked.Add(1) == int64(runs) {
				close(all)
			}
		},
	}}
	before := heap()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range b.Run(ctx, program, "poll", ids(runs)) {
		}
	}()
	<-all
	after := heap()
	goroutines = goruntime.NumGoroutine()
	cancel()
	<-ended
	return float64(after-before) / float64(runs), goroutines
}

// heap returns the memory in use, including stacks, after a collection.
func heap() uint64 {
	goruntime.GC()
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

func ids(n int) iter.Seq[runtime.Inputs] {
	return func(yield func(runtime.Inputs) bool) {
		for i := range n {
			if !yield(runtime.Inputs{"id": fmt.Sprintf("list_%08d", i)}) {
				return
			}
		}
	}
}

// notDone answers that the list is not done.
type notDone struct{}

func (notDone) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte(`{"id": "list_01HXYZ", "done": false, "progress": {"done": 12, "of": 100}}`)
	return &http.Response{
		StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Request: r, ContentLength: int64(len(body)),
		Header: http.Header{"Content-Type": {"application/json"}, "Date": {"Wed, 25 Nov 2026 12:00:00 GMT"},
			"X-Request-Id": {"req_0123456789"}},
		Body: io.NopCloser(bytes.NewReader(body)),
	}, nil
}
