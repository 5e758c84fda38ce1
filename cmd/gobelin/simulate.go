package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/contract"
	"github.com/gobelin-dev/gobelin/internal/cells"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/simulate"
	"github.com/spf13/cobra"
)

// simulation holds the flags of gobelin simulate.
type simulation struct {
	sources
	chooser
	inputs     []string
	inputsFile string
	answers    string
	seed       uint64
	maxRuns    int
	maxSteps   int
	output     string
}

func simulateCommand() *cobra.Command {
	var s simulation
	c := &cobra.Command{
		Use:   "simulate DOCUMENT|DIR [WORKFLOW]",
		Short: "Run workflows with no server: every request is answered from its description",
		Long: "simulate runs workflows with no server and no socket. Each request is answered from the OpenAPI description, and the " +
			"answers are steered so that first the workflow succeeds, and then, run after run, each action is taken and each criterion " +
			"passes and fails, or is shown to be impossible. Waits take no time.\n\n" +
			"Where the document wants what the description does not declare, that is told, and the run goes on as it was meant; " +
			"with --strict it fails.\n\n" +
			"Exit codes: 0 each workflow can succeed, 1 one cannot, or with --strict a step or an action is impossible, " +
			"or a document of a folder cannot be run, " +
			"2 usage, document or inputs, 130 interrupted.",
		Example: "  gobelin simulate workflow.yaml\n  gobelin simulate flows --strict -o json",
		Args:    positional("gobelin simulate DOCUMENT|DIR [WORKFLOW]", 1, 2),
		RunE:    s.run,
	}
	s.sources.flags(c)
	c.Flags().Lookup("strict").Usage = "answer only what the descriptions declare: a workflow that wants something else fails"
	f := c.Flags()
	f.StringArrayVarP(&s.inputs, "input", "i", nil, "`name=value` of an input, as for gobelin run; others are made up")
	f.StringVar(&s.inputsFile, "inputs", "", "`FILE` (or -) with inputs as a JSON or YAML object")
	f.StringVar(&s.answers, "answers", "", "`FILE` with answers for steps, as JSON or YAML: {step: [{status, headers, body}]}")
	f.Uint64Var(&s.seed, "seed", 0, "make other choices where a schema leaves one; the same `N` makes the same runs")
	f.IntVar(&s.maxRuns, "max-runs", 0, "most runs of a workflow (default 200)")
	f.IntVar(&s.maxSteps, "max-steps", 0, "most requests of a run (default 100)")
	f.StringVarP(&s.output, "output", "o", "text", "`text|json`: output format")
	completeWords(c, map[string]string{"output": "text|json"})
	c.ValidArgsFunction = s.completeWorkflows(1)
	return c
}

// simulated is the simulation of a workflow of one of several documents.
type simulated struct {
	Document string `json:"document"`
	Refused  string `json:"refused,omitempty"` // why the workflow, or the whole document, cannot be run
	*simulate.Report
	// Requests are what of the requests does not fit the descriptions.
	Requests []simulate.Deviation `json:"requests,omitempty"`
}

func (s *simulation) run(c *cobra.Command, args []string) error {
	if s.output != "text" && s.output != "json" {
		return fmt.Errorf("-o %s: must be text or json", s.output)
	}
	ctx := c.Context()
	read := newReader(ctx, c.InOrStdin())
	sim := simulate.Simulator{Strict: s.strict, Seed: s.seed, MaxRuns: s.maxRuns, MaxSteps: s.maxSteps}
	s.strict = false // the document itself is read as ever
	s.adjust = func(c *runtime.Compiler) error { c.Files = simulate.Files(); return nil }
	if s.answers != "" {
		text, err := read.text(s.answers)
		if err == nil {
			sim.Answers, err = simulate.ReadAnswers(text)
		}
		if err != nil {
			return fmt.Errorf("--answers %s: %w", s.answers, err)
		}
	}
	files, err := s.documents(args[0])
	if err != nil {
		return err
	}
	s.all = len(args) == 1
	var list []simulated
	var documents []selected
	folder := isFolder(args[0])
	for _, file := range files {
		d := selected{file: file}
		d.program, d.err = s.load(ctx, read, file)
		tellElsewhere(c, d.program)
		switch {
		case d.err == nil:
			documents = append(documents, d)
		case !folder:
			return documentError(c, d.program, d.err)
		default:
			list = append(list, simulated{Document: file.Path, Refused: d.err.Error()})
		}
	}
	if len(documents) > 0 {
		if err := s.choose(documents, append(args, "")[1], s.all); err != nil {
			return err
		}
		unknown, err := read.distribute(s.inputsFile, s.inputs, documents)
		if err != nil {
			return err
		}
		warnUnknown(c, prepared{unknown: unknown})
	}
	out := newTerminal(c.OutOrStdout())
	t := &simulationText{out: out, several: len(files) > 1}
	failed := len(list) > 0 // of documents that cannot be run
	for _, r := range list {
		if s.output == "text" {
			if err := out.print(out.sentence("%s: cannot be run: %s", r.Document, cells.Message(r.Refused))); err != nil {
				return err
			}
		}
	}
	for i := range documents {
		d := &documents[i]
		for _, w := range d.workflows {
			r, err := s.simulate(ctx, sim, d, w)
			if err != nil {
				return err
			}
			failed = failed || r.Refused != "" || !r.Succeeded || sim.Strict && len(impossible(r.Report)) > 0
			if list = append(list, *r); s.output == "text" {
				t.workflow(r)
				if err := out.print(t.b.String()); err != nil {
					return err
				}
				t.b.Reset()
			}
		}
	}
	if s.output == "json" {
		err = out.json(struct {
			Simulations []simulated `json:"simulations"`
		}{list})
	} else if t.several {
		err = out.print("\n" + total(list))
	}
	if err != nil {
		return err
	}
	if failed {
		return exit(exitFailed)
	}
	return nil
}

// simulate simulates a workflow, and holds its requests against the descriptions.
func (s *simulation) simulate(ctx context.Context, sim simulate.Simulator, d *selected, w job) (*simulated, error) {
	r := &simulated{Document: d.file.Path}
	checker := contract.Checker{Program: d.program, Requests: true}
	sim.Inputs = w.inputs
	sim.OnEvent = checker.Listener(func(e runtime.Event) {
		found, ok := e.(*runtime.DiagnosticRaised)
		if !ok || found.Diagnostic.Code != contract.Parameter && found.Diagnostic.Code != contract.RequestBody {
			return
		}
		step := fmt.Sprintf("step %s: %s", found.StepID, found.Diagnostic.Message)
		if !slices.ContainsFunc(r.Requests, func(o simulate.Deviation) bool { return o.Message == step }) {
			r.Requests = append(r.Requests, simulate.Deviation{Position: found.Diagnostic.Position, Message: step})
		}
	})
	report, err := sim.Workflow(ctx, d.program, w.ID)
	var refused *runtime.CompileError
	if errors.As(err, &refused) {
		r.Report, r.Refused = &simulate.Report{WorkflowID: w.ID}, err.Error()
		return r, nil
	}
	r.Report = report
	return r, err
}

// impossible returns the steps and actions that no answer leads to.
func impossible(r *simulate.Report) (list []simulate.Branch) {
	for _, b := range r.Unseen() {
		if b.Impossible && b.Kind != "criterion" {
			list = append(list, b)
		}
	}
	return list
}

// total says how many workflows were simulated, and with which results.
func total(list []simulated) string {
	var simulated, succeeded, complete, documents, workflows int
	for _, r := range list {
		switch {
		case r.Report == nil:
			documents++
			continue
		case r.Refused != "":
			workflows++
			continue
		case r.Succeeded:
			succeeded++
		}
		if simulated++; r.Complete() {
			complete++
		}
	}
	text := fmt.Sprintf("%s: %d can succeed, in %d all that is possible was seen", count(simulated, "workflow"), succeeded, complete)
	if workflows > 0 {
		text += fmt.Sprintf("; %s cannot be run", count(workflows, "workflow"))
	}
	if documents > 0 {
		text += fmt.Sprintf("; %s cannot be run", count(documents, "document"))
	}
	return text + "\n"
}

// simulationText writes reports.
type simulationText struct {
	out     *terminal
	several bool // documents
	b       strings.Builder
}

func (t *simulationText) line(depth int, format string, args ...any) {
	t.b.WriteString(strings.Repeat("  ", depth) + t.out.sentence(format, args...))
}

func (t *simulationText) workflow(r *simulated) {
	name, verdict := r.WorkflowID, "can succeed"
	switch {
	case r.Report != nil && r.FailedAt != nil:
		name = r.FailedAt.String() + ": " + name
	case t.several:
		name = r.Document + ", " + name
	}
	switch {
	case r.Refused != "":
		t.line(0, "%s: cannot be run: %s", name, r.Refused)
		return
	case !r.Succeeded:
		verdict = "cannot succeed: " + r.Failure
	}
	t.line(0, "%s: %s", name, verdict)
	seen, all := map[string]int{}, map[string]int{}
	for _, s := range r.Steps {
		for _, b := range s.Branches {
			if all[b.Kind]++; b.Seen {
				seen[b.Kind]++
			}
		}
	}
	var statuses, declared, used, operations int
	for _, op := range r.Operations {
		declared += len(op.Declared)
		statuses += len(op.Answered)
	}
	for _, source := range r.Sources {
		used += source.Used
		operations += source.Operations
	}
	t.line(1, "seen in %s: %s, %s, %s; %s, statuses %s", count(len(r.Runs), "run"), of("steps", seen["step"], all["step"]),
		of("actions", seen["action"], all["action"]), of("outcomes of criteria", seen["criterion"], all["criterion"]),
		of("operations", used, operations), fmt.Sprintf("%d of %d declared", statuses, declared))
	for i, run := range r.Runs {
		t.line(1, "%s %s: %s", fmt.Sprintf("%2d", i+1), run.For, pathOf(run))
	}
	last := ""
	for _, b := range r.Unseen() {
		if b.Kind == "criterion" && b.Reason == last {
			continue // as of its action
		}
		last = b.Reason
		what := "not seen"
		if b.Impossible {
			what = "impossible"
		}
		reason := b.Reason
		if len(b.Related) > 0 && b.Related[0].Declared != nil {
			reason += " (" + b.Related[0].Declared.String() + ")"
		}
		t.line(1, "%s: %s: %s: %s", b.Position.String(), what, b.What, cells.Message(reason))
	}
	for _, b := range r.MissingOutputs {
		t.line(1, "%s: missing: %s: %s", b.Position.String(), b.What, b.Reason)
	}
	t.deviations("differs", r.Deviations)
	t.deviations("request", r.Requests)
	if r.Limit != "" {
		t.line(1, "ended by the bound of %s before all was tried", r.Limit)
	}
}

func of(what string, n, all int) string { return fmt.Sprintf("%s %d of %d", what, n, all) }

func (t *simulationText) deviations(what string, list []simulate.Deviation) {
	for _, d := range list {
		message := d.Message
		if d.Declared != nil {
			message += " (" + d.Declared.String() + ")"
		}
		t.line(1, "%s: %s: %s", d.Position.String(), what, message)
	}
}

// pathOf writes the steps of a run, each with the status of its answer and what came then.
func pathOf(run simulate.Run) string {
	var parts []string
	for _, v := range run.Path {
		text := v.StepID
		if v.Status > 0 {
			text += fmt.Sprintf(" %d", v.Status)
		}
		if v.Action != "" {
			text += " [" + v.Action + "]"
		}
		if v.Depth > 0 {
			text = "(" + text + ")"
		}
		parts = append(parts, text)
	}
	const most = 30
	if len(parts) > most {
		parts = append(parts[:most], fmt.Sprintf("… %d more", len(parts)-most))
	}
	end := "succeeds"
	if !run.Succeeded {
		end = "fails"
	}
	return strings.Join(append(parts, end), " → ")
}
