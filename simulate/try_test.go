package simulate

import (
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
	p, err := runtime.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	r, err := new(Simulator).Program(t.Context(), p)
	fmt.Println(time.Since(start), err)
	text, _ := json.MarshalIndent(r, "", " ")
	fmt.Println(string(text))
}
