package simulate_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/shared"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/simulate"
)

// TestCorpus simulates the workflows of the corpus whose sources are present and that can be
// run, and says how many succeed, how many are taken along every way that is possible, and
// why the others are not.
func TestCorpus(t *testing.T) {
	corpus := shared.ReadCorpus(t)
	verbose := os.Getenv("GOBELIN_CORPUS") != ""
	every := 20 // documents, of which one is taken
	if verbose || shared.Required() {
		every = 1
	}
	total, succeeded, complete, strict, runs, refused := 0, 0, 0, 0, 0, 0
	failures, unseen, impossible, kinds := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	start, slowest := time.Now(), map[string]time.Duration{}
	for i, d := range corpus.Documents {
		if !d.Complete || i%every != 0 {
			continue
		}
		doc, err := arazzo.ParseFile(d.Name, corpus.File(d.Name))
		if err != nil {
			continue
		}
		c := runtime.Compiler{Loader: runtime.LoaderFunc(func(ctx context.Context, at string) ([]byte, error) { return corpus.Load(ctx, at) }),
			Base: d.Base, Files: simulate.Files()}
		p, err := c.Compile(t.Context(), doc)
		if err != nil {
			continue
		}
		for _, w := range p.Workflows() {
			if len(w.Errors) > 0 {
				refused++
				continue
			}
			began := time.Now()
			r, err := new(simulate.Simulator).Workflow(t.Context(), p, w.ID)
			if took := time.Since(began); took > 100*time.Millisecond {
				slowest[d.Name+" "+w.ID] = took
			}
			total++
			if err != nil {
				failures[fmt.Sprintf("%s %s: %v", d.Name, w.ID, err)]++
				continue
			}
			runs += len(r.Runs)
			if r.Succeeded {
				succeeded++
				if len(r.Deviations) == 0 {
					strict++
				}
			} else {
				failures[fmt.Sprintf("%s %s: %s", d.Name, w.ID, r.Failure)]++
			}
			if r.Complete() {
				complete++
			}
			for _, b := range r.Unseen() {
				line := fmt.Sprintf("%s:%d %s: %s", d.Name, b.Position.Line, b.What, b.Reason)
				if b.Impossible {
					impossible[line]++
				} else {
					unseen[line]++
				}
				kinds[fmt.Sprintf("%s impossible=%t", b.Kind, b.Impossible)]++
			}
		}
	}
	t.Logf("%d workflows (%d refused), %d succeed, %d of them as the description declares, %d complete; %d runs in %v",
		total, refused, succeeded, strict, complete, runs, time.Since(start))
	t.Log(kinds)
	if verbose {
		for what, list := range map[string]map[string]int{"FAILED": failures, "UNSEEN": unseen, "IMPOSSIBLE": impossible} {
			for _, line := range slices.Sorted(maps.Keys(list)) {
				t.Log(what, strings.ReplaceAll(line, "\n", " "))
			}
		}
		names := slices.SortedFunc(maps.Keys(slowest), func(a, b string) int { return cmp.Compare(slowest[b], slowest[a]) })
		for _, name := range names[:min(len(names), 20)] {
			t.Log("SLOW", slowest[name], name)
		}
	}
	if total == 0 || every == 1 && 100*succeeded < 98*total {
		t.Errorf("%d of %d succeed", succeeded, total)
	}
	if every == 1 && 100*complete < 97*total {
		t.Errorf("%d of %d complete", complete, total)
	}
}
