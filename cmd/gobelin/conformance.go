package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/gobelin-dev/gobelin/internal/conformance"
	suite "github.com/gobelin-dev/gobelin/testdata/conformance"
	"github.com/spf13/cobra"
)

type conformanceRun struct {
	dir, filter, exec, output string
	jobs                      int
	quiet                     bool
}

func conformanceCommand() *cobra.Command {
	var r conformanceRun
	c := &cobra.Command{
		Use:   "conformance",
		Short: "Run the Arazzo conformance suite, against gobelin or another runner",
		Long: "Run the Arazzo conformance suite against gobelin, or with --exec against another runner.\n\n" +
			"COMMAND is given to sh. In it {case} is replaced by the case's name, {document} by the path of its document, {inputs}\n" +
			"by that of a JSON file with the inputs, {workflow} by the workflow's id, {servers} by the base URL of each source as\n" +
			"NAME=URL separated by spaces, and {outputs} by the file to which the workflow's outputs may be written as a JSON\n" +
			"object. Exit status 0 means that the workflow succeeded, 77 that the runner cannot express the case, any other that\n" +
			"it did not succeed.\n\n" +
			"Exit codes: 0 all applicable cases passed, 1 some failed, 2 usage.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return r.run(c) },
	}
	f := c.Flags()
	f.StringVar(&r.dir, "suite", "", "`DIR` with the cases, instead of the embedded ones")
	f.StringVar(&r.filter, "filter", "", "`REGEXP` that a case's name, title or rulings must match")
	f.StringVar(&r.exec, "exec", "", "`COMMAND` of another runner")
	f.StringVarP(&r.output, "output", "o", "text", "`text|json`: output format")
	f.IntVar(&r.jobs, "jobs", runtime.GOMAXPROCS(0), "run `N` cases at once")
	f.BoolVarP(&r.quiet, "quiet", "q", false, "print only the table, not the failures")
	return c
}

func (r *conformanceRun) run(c *cobra.Command) error {
	if r.output != "text" && r.output != "json" {
		return fmt.Errorf("-o %s: must be text or json", r.output)
	}
	filter, err := regexp.Compile(r.filter)
	if err != nil {
		return fmt.Errorf("--filter: %w", err)
	}
	var files fs.FS = suite.Files
	if r.dir != "" {
		files = os.DirFS(r.dir)
	}
	cases, err := conformance.Load(files)
	if err != nil {
		return err
	}
	var chosen []*conformance.Case
	for _, each := range cases {
		if filter.MatchString(each.Name + " " + each.Title + " " + strings.Join(each.Rulings, " ")) {
			chosen = append(chosen, each)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("no case matches --filter %s", r.filter)
	}
	results := r.results(c.Context(), chosen)
	out := newTerminal(c.OutOrStdout())
	if r.output == "json" {
		err = out.json(results)
	} else {
		err = out.print(r.text(results))
	}
	if err != nil {
		return err
	}
	for _, result := range results {
		if result.Status == conformance.Failed {
			return exit(exitFailed)
		}
	}
	return context.Cause(c.Context())
}

// results runs the cases, several at once, and keeps their order.
func (r *conformanceRun) results(ctx context.Context, cases []*conformance.Case) []conformance.Result {
	results := make([]conformance.Result, len(cases))
	next := make(chan int)
	var wait sync.WaitGroup
	for range min(r.jobs, len(cases)) {
		wait.Go(func() {
			for i := range next {
				if r.exec == "" {
					results[i] = conformance.Run(ctx, cases[i])
				} else {
					results[i] = conformance.Exec(ctx, cases[i], r.exec)
				}
			}
		})
	}
	for i := range cases {
		next <- i
	}
	close(next)
	wait.Wait()
	return results
}

// text prints what failed, and a table by area.
func (r *conformanceRun) text(results []conformance.Result) string {
	w := &strings.Builder{}
	type row struct{ passed, failed, skipped int }
	var areas []string
	rows := map[string]*row{}
	total := &row{}
	for _, result := range results {
		if rows[result.Area] == nil {
			rows[result.Area] = &row{}
			areas = append(areas, result.Area)
		}
		for _, each := range []*row{rows[result.Area], total} {
			switch result.Status {
			case conformance.Passed:
				each.passed++
			case conformance.Failed:
				each.failed++
			default:
				each.skipped++
			}
		}
		if result.Status == conformance.Failed && !r.quiet {
			fmt.Fprintf(w, "FAIL %s [%s] %s\n    %s\n", result.Name, strings.Join(result.Rulings, " "), result.Title,
				strings.Join(result.Differences, "\n    "))
		}
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "area\tpassed\tfailed\tnot applicable\t")
	for _, area := range areas {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t\n", area, rows[area].passed, rows[area].failed, rows[area].skipped)
	}
	fmt.Fprintf(table, "all\t%d\t%d\t%d\t\n", total.passed, total.failed, total.skipped)
	table.Flush()
	return w.String()
}
