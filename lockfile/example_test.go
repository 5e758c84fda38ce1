package lockfile_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/lockfile"
	"github.com/gobelin-dev/gobelin/runtime"
)

// What a document leads to is pinned once; a compiler then reads it without the
// network.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	doc, err := arazzo.ParseFile(filepath.Join(dir, "flow.yaml"), []byte(`
arazzo: 1.0.1
info: {title: Flow, version: "1"}
sourceDescriptions: [{name: api, url: https://docs.example/api.yaml}]
workflows: [{workflowId: list, steps: [{stepId: list, operationId: listItems}]}]
`))
	if err != nil {
		log.Fatal(err)
	}
	network := runtime.LoaderFunc(func(context.Context, string) ([]byte, error) { // usually a runtime.RemoteLoader
		return []byte(`{"openapi": "3.1.0", "info": {"title": "A", "version": "1"},
			"paths": {"/items": {"get": {"operationId": "listItems"}}}}`), nil
	})

	var remote lockfile.Remote
	if err := remote.Collect(ctx, &runtime.Compiler{Loader: network}, doc); err != nil {
		log.Fatal(err)
	}
	before := &lockfile.File{Path: lockfile.Beside(doc.Location)}
	pinned, err := before.Pin([]string{doc.Location}, remote.Texts)
	if err != nil {
		log.Fatal(err)
	}
	if err := pinned.Write(remote.Texts, before); err != nil {
		log.Fatal(err)
	}

	program, err := (&runtime.Compiler{Loader: new(lockfile.Loader)}).Compile(ctx, doc)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(program.WorkflowIDs(), pinned.Pins[0].File)
	// Output: [list] arazzo.vendor/docs.example/api.yaml
}
