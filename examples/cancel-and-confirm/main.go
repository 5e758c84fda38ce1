// Command cancel-and-confirm starts a local server of the Message Batches API
// and runs the workflow next to it: create a batch, cancel it, poll until it
// has ended. It needs no network and no key.
package main

import (
	"context"
	"embed"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
	"github.com/gobelin-dev/gobelin/runtime"
)

//go:embed arazzo openapi
var files embed.FS

func main() {
	polls := flag.Int("polls", 3, "how many polls see the batch still canceling")
	delay := flag.Duration("loop-delay", 200*time.Millisecond, "wait before the first poll is repeated; 0 for none")
	serve := flag.String("serve", "", "only serve, on this address, and wait")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *polls, *delay, *serve); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, polls int, delay time.Duration, serve string) error {
	address := serve
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	api := &batchapi.Server{Key: "local-key", CancelPolls: polls}
	server := &http.Server{Handler: api}
	go server.Serve(listener)
	defer server.Close()
	url := "http://" + listener.Addr().String()
	fmt.Println("serving the Message Batches API at", url)
	if serve != "" {
		fmt.Println(`it accepts the API key "local-key"; Ctrl-C ends it`)
		<-ctx.Done()
		return nil
	}
	return cancelAndConfirm(ctx, api, url, delay)
}

func cancelAndConfirm(ctx context.Context, api *batchapi.Server, url string, delay time.Duration) error {
	text, err := files.ReadFile("arazzo/anthropic-batch-cancel-and-confirm-workflow.yml")
	if err != nil {
		return err
	}
	doc, err := arazzo.ParseFile("arazzo/anthropic-batch-cancel-and-confirm-workflow.yml", text)
	if err != nil {
		return err
	}
	compiler := runtime.Compiler{Loader: runtime.LoaderFunc(func(_ context.Context, location string) ([]byte, error) {
		return files.ReadFile(location)
	})}
	program, err := compiler.Compile(ctx, doc)
	if err != nil {
		return err
	}
	if delay == 0 {
		delay = -1
	}
	driver := runtime.Driver{
		OnEvent:  show,
		Settings: runtime.Settings{LoopDelay: delay}, Servers: map[string]string{"messageBatchesApi": url},
	}
	result, err := driver.Run(ctx, program, "cancel-and-confirm-batch", runtime.Inputs{
		"apiKey":   "local-key",
		"requests": requests(6),
	})
	if err != nil {
		return err
	}
	outputs, err := json.MarshalIndent(result.Outputs, "", "  ")
	if err != nil {
		return err
	}
	fmt.Printf("outputs: %s\n", outputs)
	batch, _ := api.Batch(result.Outputs["batchId"].(string))
	fmt.Printf("the server counts %+v after %d polls\n", batch.RequestCounts, api.Polls())
	return nil
}

func requests(n int) []any {
	var list []any
	for i := range n {
		list = append(list, map[string]any{
			"custom_id": fmt.Sprintf("question-%d", i+1),
			"params": map[string]any{
				"model": "claude-haiku-4-5", "max_tokens": 64,
				"messages": []any{map[string]any{"role": "user", "content": "Say hello."}},
			},
		})
	}
	return list
}

// show prints a line for each event that a reader wants to follow.
func show(e runtime.Event) {
	at := runtime.EventAt(e)
	switch e := e.(type) {
	case *runtime.RequestSent:
		fmt.Printf("%-16s %s %s\n", at.StepID, e.Method, e.URL)
	case *runtime.OutputsEvaluated:
		if status, ok := e.Outputs["processingStatus"]; ok {
			fmt.Printf("%-16s the batch is %v\n", at.StepID, status)
		}
	case *runtime.ActionSelected:
		if e.Action != "" {
			fmt.Printf("%-16s action %s: %s %s\n", at.StepID, e.Action, e.Type, e.Target)
		}
	case *runtime.WaitStarted:
		fmt.Printf("%-16s waits %v (%s)\n", at.StepID, e.Duration, e.Reason)
	}
}
