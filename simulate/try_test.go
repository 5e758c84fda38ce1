package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

func TestTry(t *testing.T) {
	doc, err := arazzo.ReadFile(os.Getenv("DOC"))
	if err != nil {
		t.Fatal(err)
	}
	c := runtime.Compiler{Files: Files()}
	c.Loader = runtime.LoaderFunc(func(_ context.Context, at string) ([]byte, error) { return os.ReadFile(at) })
	p, err := c.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	r, err := new(Simulator).Program(t.Context(), p)
	fmt.Println(time.Since(start), err)
	text, _ := json.MarshalIndent(r, "", " ")
	fmt.Println(string(text))
}
