package contract_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Who imports the packages of a run, of a document or of a check builds nothing of
// libopenapi: only this package, what is about it, and who answers requests do.
func TestOnlyContractsBuildLibopenapi(t *testing.T) {
	const module = "github.com/gobelin-dev/gobelin/"
	allowed := []string{module + "contract", module + "interop", module + "mock", module + "cmd/gobelin"}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Deps " "}}`, module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	building := 0
	for line := range strings.Lines(string(out)) {
		name, deps, _ := strings.Cut(line, " ")
		if !strings.Contains(deps, "github.com/pb33f/") {
			continue
		}
		if building++; !slices.Contains(allowed, name) {
			t.Errorf("%s builds libopenapi", name)
		}
	}
	if building != len(allowed) {
		t.Errorf("%d packages build libopenapi, not %d", building, len(allowed))
	}
}
