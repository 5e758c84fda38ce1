package simulate_test

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/internal/shared"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/simulate"
)

var update = flag.Bool("update", false, "write docs/corpus-simulation.md")

const listing = "../docs/corpus-simulation.md"

// TestCorpus simulates the workflows of the corpus whose sources are present and that can be
// run, as their authors meant them and strictly. It says how many succeed, how many are taken
// along every way that is possible, and whether check tells why a strict simulation fails
// where it fails. What does not succeed is in docs/corpus-simulation.md, one by one.
func TestCorpus(t *testing.T) {
	corpus := shared.ReadCorpus(t)
	every := 20 // documents, of which one is taken
	if os.Getenv("GOBELIN_CORPUS") != "" || *update {
		every = 1
	}
	var c census
	start := time.Now()
	for i, d := range corpus.Documents {
		if !d.Complete || i%every != 0 {
			continue
		}
		doc, err := arazzo.ParseFile(d.Name, corpus.File(d.Name))
		if err != nil {
			continue
		}
		compiler := runtime.Compiler{Base: d.Base, Files: simulate.Files(),
			Loader: runtime.LoaderFunc(func(ctx context.Context, at string) ([]byte, error) { return corpus.Load(ctx, at) })}
		p, err := compiler.Compile(t.Context(), doc)
		if err != nil {
			continue
		}
		found := check.Program(p)
		for _, w := range p.Workflows() {
			if len(w.Errors) > 0 {
				c.refused++
				continue
			}
			meant, err := new(simulate.Simulator).Workflow(t.Context(), p, w.ID)
			if err != nil {
				t.Errorf("%s %s: %v", d.Name, w.ID, err)
				continue
			}
			strictly, err := (&simulate.Simulator{Strict: true}).Workflow(t.Context(), p, w.ID)
			if err != nil {
				t.Errorf("%s %s, strictly: %v", d.Name, w.ID, err)
				continue
			}
			c.count(d.Name, meant, strictly, found)
		}
	}
	t.Logf("%d workflows (%d refused) in %v: %d succeed, %d of them strictly, %d complete; %d runs", c.total, c.refused, time.Since(start),
		c.succeeded, c.strictly, c.complete, c.runs)
	t.Logf("%d strict failures, %d told by check at their place; %d criteria that check says never pass, %d never did", c.failures, c.told,
		c.claims, c.held)
	t.Log(c.kinds)
	if c.total == 0 || c.failures == 0 || c.claims == 0 {
		t.Fatal("nothing was simulated")
	}
	if 100*c.told < 98*c.failures || 100*c.held < 98*c.claims {
		t.Error("check and the strict simulation disagree")
	}
	if every > 1 {
		return
	}
	if 100*c.succeeded < 99*c.total || 100*c.complete < 98*c.total {
		t.Error("too few succeed, or are complete")
	}
	text := c.listing()
	if *update {
		if err := os.WriteFile(listing, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if there, err := os.ReadFile(listing); err != nil || !bytes.Equal(there, text) {
		t.Errorf("%s is not what was found (%v); run GOBELIN_CORPUS=1 go test ./simulate -run TestCorpus -update", listing, err)
	}
}

// census is what was counted.
type census struct {
	total, refused, succeeded, strictly, complete, runs int
	// Of strict simulations: those that fail, and those of them whose reason check tells.
	failures, told int
	// Of the success criteria of which check says that they never pass: those that were
	// evaluated, and those of them that never passed.
	claims, held int
	kinds        map[string]int // of branches that were not seen

	failed, unseen, impossible, untold, refuted []string // rows of tables
	codes                                       map[string]int
}

func (c *census) count(document string, meant, strictly *simulate.Report, found []arazzo.Diagnostic) {
	if c.kinds == nil {
		c.kinds, c.codes = map[string]int{}, map[string]int{}
	}
	c.total++
	c.runs += len(meant.Runs)
	row := func(at arazzo.Position, what string) string {
		name := document
		if at.File != "" && at.File != document {
			name = at.File
		}
		return fmt.Sprintf("| `%s:%d:%d` | `%s` | %s |", name, at.Line, at.Column, meant.WorkflowID, what)
	}
	if meant.Succeeded {
		c.succeeded++
	} else {
		c.failed = append(c.failed, row(place(meant), codes(tells(meant, found))))
	}
	if meant.Complete() {
		c.complete++
	}
	for _, b := range meant.Unseen() {
		c.kinds[fmt.Sprintf("%s impossible=%t", b.Kind, b.Impossible)]++
		switch {
		case b.Impossible && b.Kind != "criterion":
			c.impossible = append(c.impossible, row(b.Position, b.Kind))
		case !b.Impossible && meant.Succeeded:
			c.unseen = append(c.unseen, row(b.Position, b.Kind))
		}
	}
	if strictly.Succeeded {
		c.strictly++
	} else {
		c.failures++
		if list := tells(strictly, found); list != nil {
			c.told++
			c.codes[codes(list)]++
		} else {
			c.untold = append(c.untold, row(place(strictly), ""))
		}
	}
	for _, s := range strictly.Steps {
		for _, b := range s.Branches {
			if b.Kind != "criterion" || s.Executed == 0 || !strings.HasSuffix(b.What, " is true") || strings.Contains(b.What, " of action ") {
				continue
			}
			i := slices.IndexFunc(found, func(d arazzo.Diagnostic) bool {
				return (d.Code == "status-undeclared" || d.Code == "criterion-language" || d.Code == "unsent-value") && same(d.Position, b.Position)
			})
			if i < 0 {
				continue
			}
			if c.claims++; !b.Seen {
				c.held++
			} else {
				c.refuted = append(c.refuted, row(b.Position, "`"+found[i].Code+"`"))
			}
		}
	}
}

func place(r *simulate.Report) (at arazzo.Position) {
	if r.FailedAt != nil {
		at = *r.FailedAt
	}
	return at
}

func same(a, b arazzo.Position) bool { return a.File == b.File && a.Line == b.Line }

// tells returns the diagnostics that say why a simulation failed: at the place where it did,
// at an output that is missing there, or at a condition that leads out of a loop and cannot.
func tells(r *simulate.Report, found []arazzo.Diagnostic) (list []string) {
	places := []arazzo.Position{place(r)}
	for _, m := range r.MissingOutputs {
		if name, step, ok := strings.Cut(strings.TrimPrefix(m.What, "output "), " of step "); ok &&
			strings.Contains(r.Failure, "$steps."+step+".outputs."+name) {
			places = append(places, m.Position)
		}
	}
	for _, s := range r.Steps {
		for _, b := range s.Branches {
			if same(s.Position, place(r)) && b.Impossible {
				places = append(places, b.Position)
			}
		}
	}
	for _, d := range found {
		if d.Severity != arazzo.Note && slices.ContainsFunc(places, func(at arazzo.Position) bool { return same(at, d.Position) }) &&
			!slices.Contains(list, d.Code) {
			list = append(list, d.Code)
		}
	}
	slices.Sort(list)
	return list
}

func codes(list []string) string {
	if list == nil {
		return "–"
	}
	return "`" + strings.Join(list, "`, `") + "`"
}

// listing returns docs/corpus-simulation.md.
func (c *census) listing() []byte {
	var b bytes.Buffer
	of := func(n, all int) string { return fmt.Sprintf("%d of %d (%.1f %%)", n, all, 100*float64(n)/float64(all)) }
	fmt.Fprintf(&b, "# Simulation of the corpus, one by one\n\nWritten by `GOBELIN_CORPUS=1 go test ./simulate -run TestCorpus -update`; "+
		"[corpus.md](corpus.md) says\nwhat the corpus is.\n\n")
	fmt.Fprintf(&b, "| | |\n|---|---|\n| succeed with the author's meaning followed | %s |\n| succeed strictly | %s |\n"+
		"| every step, action and outcome of a criterion seen, or impossible | %s |\n"+
		"| strict failures that `check` tells where they happen | %s |\n"+
		"| success criteria that `check` says never pass, and never did | %s |\n",
		of(c.succeeded, c.total), of(c.strictly, c.total), of(c.complete, c.total), of(c.told, c.failures), of(c.held, c.claims))
	table := func(title, text, columns string, rows []string) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", title, text)
		if len(rows) > 0 {
			slices.Sort(rows)
			fmt.Fprintf(&b, "\n%s\n%s\n", columns, strings.Join(slices.Compact(rows), "\n"))
		}
	}
	const by, what = "| at | workflow | told by `check` as |\n|---|---|---|", "| at | workflow | what |\n|---|---|---|"
	table("Workflows that do not succeed", fmt.Sprintf("%d; each is a defect of its document, which `check` tells there.", len(c.failed)),
		by, c.failed)
	table("Not seen in workflows that succeed", fmt.Sprintf("%d, and not shown to be impossible.", len(c.unseen)),
		what, c.unseen)
	table("Steps and actions that are impossible", fmt.Sprintf("%d.", len(c.impossible)), what, c.impossible)
	table("Strict failures that check does not tell", fmt.Sprintf("%d.", len(c.untold)), by, c.untold)
	table("Criteria that check says never pass, and that passed strictly", fmt.Sprintf("%d.", len(c.refuted)), by, c.refuted)
	var counts []string
	for _, code := range slices.SortedFunc(maps.Keys(c.codes), func(x, y string) int {
		return cmp.Or(c.codes[y]-c.codes[x], strings.Compare(x, y))
	}) {
		counts = append(counts, fmt.Sprintf("| %d | %s |", c.codes[code], code))
	}
	fmt.Fprintf(&b, "\n## What check tells where strict simulations fail\n\n| workflows | codes |\n|---:|---|\n%s\n",
		strings.Join(counts, "\n"))
	return b.Bytes()
}
