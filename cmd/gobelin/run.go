package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/explain"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/lockfile"
	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

// run holds the flags of gobelin run.
type run struct {
	sources
	chooser
	requests
	exchange
	inputs     []string
	inputsFile string
	servers    []string
	loopDelay  time.Duration
	timeout    time.Duration
	maxSteps   int
	output     string
	failFast   bool
	dryRun     bool
	each       each
	tracing    tracing
	replaying  replaying
	telling    telling
}

func runCommand() *cobra.Command {
	var r run
	c := &cobra.Command{
		Use:   "run DOCUMENT|DIR [WORKFLOW]",
		Short: "Run a workflow, or all workflows of a document or a folder",
		Long: "Run a workflow of an Arazzo document: a file, a URL, or standard input (-). WORKFLOW may be omitted if there is " +
			"only one. With --all, --workflow or --skip, or of a folder, all workflows run that these choose.\n\n" +
			"Exit codes: 0 succeeded, 1 a workflow failed, 2 usage, document or inputs, 130 interrupted.",
		Example: "  gobelin run workflow.yaml -i petId=7 --server https://staging.example\n" +
			"  gobelin run flows --skip cleanup",
		Args: positional("gobelin run DOCUMENT [WORKFLOW]", 1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			defer r.timed(c)()
			return r.run(c, args)
		},
	}
	r.sources.flags(c)
	r.requests.flags(c)
	r.exchange.flags(c)
	r.sources.adjust = r.requests.compiler
	r.each.flags(c)
	r.tracing.flags(c)
	f := c.Flags()
	f.BoolVar(&r.all, "all", false, "run all workflows of the document; what others depend on runs first, and once")
	f.StringArrayVar(&r.only, "workflow", nil, "run the workflow `ID`; repeatable")
	f.StringArrayVar(&r.skip, "skip", nil, "do not run the workflow `ID` on its own; repeatable")
	f.BoolVar(&r.failFast, "fail-fast", false, "of several runs, begin no more after one has failed, and end those of --each")
	f.BoolVar(&r.dryRun, "dry-run", false, "send nothing: show the requests as far as they are known, and name what only a response brings")
	r.flags(c)
	r.complete(c)
	return c
}

// flags adds the flags of the runs of gobelin run and gobelin replay.
func (r *run) flags(c *cobra.Command) {
	r.telling.flags(c)
	f := c.Flags()
	f.StringArrayVarP(&r.inputs, "input", "i", nil, "`name=value` of an input, read by its declared type, else as JSON, else as text; "+
		"@file reads a file, env:VARIABLE the environment; workflow:name is an input of that workflow, which this one depends on")
	f.StringVar(&r.inputsFile, "inputs", "", "`FILE` (or -) with the inputs as a JSON or YAML object")
	f.StringArrayVar(&r.servers, "server", nil,
		"`NAME=URL` to send the requests of a source to, or just the URL if there is only one source")
	f.DurationVar(&r.loopDelay, "loop-delay", time.Second, "wait before a goto repeats a step, growing by 1.5 to 30s; 0 for none")
	f.DurationVar(&r.timeout, "timeout", 0, "end the run after this time; 0 for never")
	f.IntVar(&r.maxSteps, "max-steps", 0, "end the run after `N` step executions (default 10000)")
	f.StringVarP(&r.output, "output", "o", "text", "`text|json`: output format")
}

// prepared is everything that a run needs, as far as it was prepared.
type prepared struct {
	several   bool // any number of workflows is to be run, not one
	documents []selected
	unknown   []string // messages about inputs that no workflow declares
}

// prepare does everything that precedes the first request.
func (r *run) prepare(ctx context.Context, c *cobra.Command, args []string) (p prepared, err error) {
	p.several = r.several(args[0])
	named := append(args, "")[1]
	switch {
	case p.several && r.each.file != "":
		return p, errors.New("--each runs one workflow; --all, --workflow, --skip and a folder run several")
	case r.failFast && r.each.file == "" && !p.several:
		return p, errors.New("--fail-fast requires --each, or several workflows")
	}
	files, err := r.documents(args[0])
	if err != nil {
		return p, err
	}
	read := newReader(ctx, c.InOrStdin())
	if r.telling.verbose {
		r.pinned = func(file *lockfile.File, pin lockfile.Pin) {
			newTerminal(c.ErrOrStderr()).printf("%s: read from %s, as %s pins it\n", pin.URL, pin.File, file.Path)
		}
	}
	for _, file := range files {
		s := selected{file: file}
		s.program, s.err = r.load(ctx, read, file)
		tellElsewhere(c, s.program)
		err = errors.Join(err, s.err)
		p.documents = append(p.documents, s)
	}
	if err != nil {
		return p, err
	}
	if err := r.choose(p.documents, named, p.several); err != nil {
		return p, err
	}
	if p.unknown, err = read.distribute(r.inputsFile, r.inputs, p.documents); err != nil {
		return p, err
	}
	r.replaying.fill(p.documents)
	return p, r.drivers(p.documents, read)
}

// hosted rejects servers to which nothing can be sent: those that are only a path,
// those with a variable that has no value, or one that it cannot have, and those of
// --server with a query.
func hosted(info runtime.WorkflowInfo, d runtime.Driver) error {
	for _, server := range info.Servers {
		if given := d.Servers[server.Source]; given != "" {
			if _, err := openapi.BaseURL(given); err != nil {
				return fmt.Errorf("--server %s: %w", server.Source, err)
			}
			continue
		}
		at, err := server.Resolve(d.ServerVariables)
		if err == nil && !isURL(at) {
			err = fmt.Errorf("the server %s of source %q has no host", at, server.Source)
		}
		if err != nil {
			return fmt.Errorf("%w; use --server %s=URL", err, server.Source)
		}
	}
	return nil
}

// timed limits the time of a command by --timeout, and returns what ends that.
func (r *run) timed(c *cobra.Command) context.CancelFunc {
	if r.timeout <= 0 {
		return func() {}
	}
	cause := fmt.Errorf("the run took longer than --timeout %v", r.timeout)
	ctx, cancel := context.WithTimeoutCause(c.Context(), r.timeout, cause)
	c.SetContext(ctx)
	return cancel
}

func (r *run) run(c *cobra.Command, args []string) error {
	if r.output != "text" && r.output != "json" {
		return fmt.Errorf("-o %s: must be text or json", r.output)
	}
	switch {
	case r.each.resume != "" && r.each.file == "":
		return errors.New("--resume requires --each")
	case r.telling.any() && r.each.file != "":
		return errors.New("--explain, --verbose and --curl are for runs one after another, not for --each")
	case r.each.retryFailed && r.each.resume == "":
		return errors.New("--retry-failed requires --resume")
	case r.each.file == stdinName && (r.inputsFile == stdinName || args[0] == stdinName),
		r.inputsFile == stdinName && args[0] == stdinName:
		return errors.New("the document, --each and --inputs cannot both read standard input")
	}
	if r.dryRun {
		if err := r.plannable(c); err != nil {
			return err
		}
	}
	ctx := c.Context()
	p, err := r.prepare(ctx, c, args)
	if err != nil {
		return r.tracing.close(r.refuse(ctx, c, p, err))
	}
	if r.dryRun {
		return r.plan(ctx, c, p)
	}
	if err := r.tracing.open(ctx, c, p.documents[0].program); err != nil {
		return err
	}
	switch {
	case r.each.file != "":
		warn(c, p)
		err = r.each.run(ctx, c, p.documents[0], r.failFast, &r.tracing)
	case p.several:
		err = r.many(ctx, c, p)
	default:
		err = r.one(ctx, c, p)
	}
	return r.tracing.close(r.exchange.end(err))
}

// one runs the only workflow.
func (r *run) one(ctx context.Context, c *cobra.Command, p prepared) error {
	s := &p.documents[0]
	w := s.workflows[0]
	x, err := s.begin(w)
	if err != nil {
		return r.refuse(ctx, c, p, err)
	}
	warn(c, p)
	record, result, err := r.execute(ctx, c, *s, w, x)
	if err := r.print(c, record); err != nil {
		return failure{exitFailed, err}
	}
	if result != nil && r.output == "text" {
		tell(c, result.Diagnostics)
	}
	if err == nil {
		return nil
	}
	return failure{exitFailed, err}
}

// begin begins the run of a workflow. Nothing is sent. If it cannot be run, that is an
// error of the document.
func (s *selected) begin(w job) (*runtime.Execution, error) {
	settings := s.driver.Settings
	settings.DependencyInputs = w.dependency
	x, err := s.program.Begin(w.ID, w.inputs, settings)
	var compile, known *runtime.CompileError
	if errors.As(err, &compile) {
		all := compile.Diagnostics
		if errors.As(s.err, &known) {
			all = slices.Concat(known.Diagnostics, all)
		}
		s.err = &runtime.CompileError{Diagnostics: all}
	}
	return x, err
}

// execute brings a run to its end, and shows its progress.
func (r *run) execute(ctx context.Context, c *cobra.Command, s selected, w job, x *runtime.Execution) (*report.Run,
	*runtime.Result, error) {
	recorder := &report.Recorder{}
	screen := newScreen(newTerminal(c.ErrOrStderr()))
	driver, explainer := s.driver, explain.New(s.program)
	trace, tell := r.tracing.begin(s.program, w.ID), r.telling.listener(screen.terminal, explainer)
	driver.OnEvent = r.tracing.listener(s.program, func(e runtime.Event) {
		recorder.OnEvent(e)
		screen.onEvent(e)
		tell(e)
		trace(e)
	})
	result, err := r.replaying.drive(ctx, &driver, x)
	screen.close()
	err = r.tracing.err(s.program, 0, err)
	r.tracing.end(result, err)
	if result != nil {
		result.Outputs = result.Masked()
	}
	return recorder.Run(s.program, w.ID, result, err), result, explained(err, explainer, schemes([]runtime.WorkflowInfo{w.WorkflowInfo}))
}

// refuse reports why nothing is run.
func (r *run) refuse(ctx context.Context, c *cobra.Command, p prepared, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = &runtime.CanceledError{Err: cause}
	}
	if err := r.tracing.refused(ctx, c, p, err); err != nil {
		return err
	}
	if r.output == "json" {
		if err := r.printRefusal(c, p, err); err != nil {
			return err
		}
	}
	if context.Cause(ctx) != nil {
		return err
	}
	var rest []error
	told := false
	for _, s := range p.documents {
		if s.err == nil {
			continue
		}
		var reported exit
		if e := documentError(c, s.program, s.err); errors.As(e, &reported) {
			told = true
		} else {
			rest = append(rest, e)
		}
	}
	switch {
	case len(rest) > 0:
		return errors.Join(rest...)
	case told:
		return exit(exitUsage)
	}
	var inputs *runtime.InputError
	if !errors.As(err, &inputs) {
		return err
	}
	warnUnknown(c, p)
	if len(p.documents) == 1 {
		return fmt.Errorf("%w\n\"gobelin show %s\" lists the inputs", err, p.documents[0].file.Path)
	}
	return err
}

// printRefusal prints the record of what is not run.
func (r *run) printRefusal(c *cobra.Command, p prepared, err error) error {
	recorder := &report.Recorder{}
	if !p.several {
		var program *runtime.Program
		id := ""
		for _, s := range p.documents {
			program = s.program
			for _, w := range s.workflows {
				id = w.ID
			}
		}
		return r.print(c, recorder.Run(program, id, nil, err))
	}
	var records []documentRun
	for _, s := range p.documents {
		if s.err != nil {
			records = append(records, documentRun{s.file.Path, recorder.Run(s.program, "", nil, s.err)})
		}
	}
	return r.printMany(c, records, err)
}

// warn prints the warnings, the number of notes, and inputs that may be
// misspelled.
func warn(c *cobra.Command, p prepared) {
	notes := 0
	for _, s := range p.documents {
		for _, d := range s.program.Diagnostics() {
			if d.Severity == arazzo.Note {
				notes++
				continue
			}
			tell(c, []arazzo.Diagnostic{d})
		}
	}
	out := newTerminal(c.ErrOrStderr())
	if notes > 0 {
		out.printf("accepted %s; run \"gobelin check\" for details\n", count(notes, "non-standard form"))
	}
	warnUnknown(c, p)
}

func warnUnknown(c *cobra.Command, p prepared) {
	for _, message := range p.unknown {
		newTerminal(c.ErrOrStderr()).printf("warning: %s\n", message)
	}
}

// count returns a number of things: "1 run", "2 runs".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

var namedServer = regexp.MustCompile(`^([^=/:]+)=(.*)$`)

// drivers applies the flags of a run to each document: where it sends to, with which
// credentials, and what the specification leaves open.
func (r *run) drivers(documents []selected, read reader) error {
	d := runtime.Driver{MaxBody: r.maxBody, Settings: runtime.Settings{LoopDelay: r.loopDelay, MaxSteps: r.maxSteps}}
	if r.loopDelay == 0 {
		d.LoopDelay = -1
	}
	if err := r.exchange.driver(&d, &r.network, infos(documents), read, r.each.file != ""); err != nil {
		return err
	}
	if err := r.requests.driver(&d, infos(documents), read); err != nil {
		return err
	}
	for i := range documents {
		s := &documents[i]
		s.driver = d
		var err error
		if s.driver.Servers, err = r.serversOf(documents, *s); err != nil {
			return err
		}
		for _, w := range s.workflows {
			if r.replaying.offline() || r.dryRun {
				continue // nothing is sent
			}
			if err := hosted(w.WorkflowInfo, s.driver); err != nil {
				return err
			}
		}
	}
	return nil
}

// serversOf returns the servers for one of the documents: a name without a source is
// of the only one that requests of its workflows go to.
func (r *run) serversOf(documents []selected, s selected) (map[string]string, error) {
	servers := map[string]string{}
	known, own := requestSources(infos(documents)), requestSources(infos([]selected{s}))
	for _, text := range r.servers {
		name, address := "", text
		if m := namedServer.FindStringSubmatch(text); m != nil {
			name, address = m[1], m[2]
		}
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("--server %s: %q is not an http or https URL", secret.Userinfo(text), secret.Userinfo(address))
		}
		switch {
		case name != "" && !slices.Contains(known, name):
			return nil, fmt.Errorf("--server %s: no request goes to a source %q%s", secret.Userinfo(text), name, hint(name, known))
		case name == "" && len(own) > 1:
			return nil, fmt.Errorf("--server %s: the requests of %s go to several sources; write NAME=URL%s", secret.Userinfo(text),
				s.file.Path, hint("", own))
		case name == "" && len(own) == 1:
			name = own[0]
		}
		servers[name] = address
	}
	return servers, nil
}

func (r *run) print(c *cobra.Command, run *report.Run) error {
	if r.output == "json" {
		flagged(run)
		t := newTerminal(c.OutOrStdout())
		if !t.shown {
			return t.above(func() error { return run.WriteJSON(t.w) })
		}
		data, err := run.JSON()
		if err != nil {
			return err
		}
		return t.print(string(data))
	}
	out := newTerminal(c.OutOrStdout())
	text := out.sentence("%s %s", run.WorkflowID, run.Status)
	for _, name := range sortedNames(run.Outputs) {
		text += out.sentence("  %s: %s", name, value.Text(run.Outputs[name]))
	}
	return out.print(text)
}

// flagged replaces the fields in the messages of a record by flags.
func flagged(run *report.Run) {
	for i := range run.Diagnostics {
		run.Diagnostics[i].Message = inFlags(run.Diagnostics[i].Message)
	}
	for _, s := range run.Steps {
		s.Reason = inFlags(s.Reason)
	}
	if run.Error != nil {
		run.Error.Message = inFlags(run.Error.Message)
	}
}
