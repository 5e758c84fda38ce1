package graph_test

import (
	"context"
	"fmt"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/graph"
	"github.com/gobelin-dev/gobelin/runtime"
)

func Example() {
	doc, err := arazzo.ReadFile("testdata/menu.yaml")
	if err != nil {
		panic(err)
	}
	program, err := runtime.Compile(context.Background(), doc)
	if err != nil {
		panic(err)
	}
	g, err := graph.New(program)
	if err != nil {
		panic(err)
	}
	fmt.Print(g.Mermaid())
	// Output:
	// flowchart TD
	//   subgraph w0["choose"]
	//     w0start((" "))
	//     w0s0["pick<br/>POST /choice"]
	//     w0succeeded(["succeeded"])
	//     w0start --> w0s0
	//   end
	//   w0s0 --> w0succeeded
}
