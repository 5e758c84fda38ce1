package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/secret"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/report"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

// run holds the flags of gobelin run.
type run struct {
	sources
	requests
	inputs     []string
	inputsFile string
	servers    []string
	loopDelay  time.Duration
	timeout    time.Duration
	maxSteps   int
	output     string
	each       each
}

func runCommand() *cobra.Command {
	var r run
	c := &cobra.Command{
		Use:   "run DOCUMENT [WORKFLOW]",
		Short: "Run a workflow",
		Long: "Run a workflow of an Arazzo document. WORKFLOW may be omitted if there is only one.\n\n" +
			"Exit codes: 0 succeeded, 1 the workflow failed, 2 usage, document or inputs, 130 interrupted.",
		Args: positional("gobelin run DOCUMENT [WORKFLOW]", 1, 2),
		RunE: func(c *cobra.Command, args []string) error { return r.run(c, args) },
	}
	r.sources.flags(c)
	r.requests.flags(c)
	r.sources.adjust = r.requests.compiler
	r.each.flags(c)
	f := c.Flags()
	f.StringArrayVarP(&r.inputs, "input", "i", nil, "`name=value` of an input, read by its declared type, else as JSON, else as text; "+
		"@file reads a file, env:VARIABLE the environment")
	f.StringVar(&r.inputsFile, "inputs", "", "`FILE` (or -) with the inputs as a JSON or YAML object")
	f.StringArrayVar(&r.servers, "server", nil,
		"`NAME=URL` to send the requests of a source to, or just the URL if there is only one source")
	f.DurationVar(&r.loopDelay, "loop-delay", time.Second, "wait before a goto repeats a step, growing by 1.5 to 30s; 0 for none")
	f.DurationVar(&r.timeout, "timeout", 0, "end the run after this time; 0 for never")
	f.IntVar(&r.maxSteps, "max-steps", 0, "end the run after `N` step executions (default 10000)")
	f.StringVarP(&r.output, "output", "o", "text", "`text|json`: output format")
	return c
}

// prepared is everything that a run needs, as far as it was prepared.
type prepared struct {
	program *runtime.Program
	info    runtime.WorkflowInfo
	inputs  runtime.Inputs
	driver  runtime.Driver // without its listener
}

// prepare does everything that precedes the first request.
func (r *run) prepare(ctx context.Context, c *cobra.Command, args []string) (p prepared, err error) {
	if len(args) == 2 {
		p.info.ID = args[1]
	}
	if p.program, err = r.load(ctx, args[0]); err != nil {
		return p, err
	}
	info, err := chosen(p.program, p.info.ID)
	if err != nil {
		return p, err
	}
	p.info = info
	if len(info.Errors) > 0 {
		return p, &runtime.CompileError{Diagnostics: info.Errors}
	}
	read := newReader(ctx, c.InOrStdin())
	if p.inputs, err = read.inputs(r.inputsFile, r.inputs, info); err != nil {
		return p, err
	}
	if p.driver, err = r.driver(p.program, read); err != nil {
		return p, err
	}
	return p, hosted(info, p.driver.Servers)
}

// hosted rejects servers that are only a path, to which nothing can be sent.
func hosted(info runtime.WorkflowInfo, given map[string]string) error {
	for _, server := range info.Servers {
		if given[server.Source] == "" && !isURL(server.URL) && !strings.HasPrefix(server.URL, "{") {
			return fmt.Errorf("the server %s of source %q has no host; use --server %s=URL", server.URL, server.Source, server.Source)
		}
	}
	return nil
}

func (r *run) run(c *cobra.Command, args []string) error {
	if r.output != "text" && r.output != "json" {
		return fmt.Errorf("-o %s: must be text or json", r.output)
	}
	switch {
	case r.each.resume != "" && r.each.file == "":
		return errors.New("--resume requires --each")
	case r.each.retryFailed && r.each.resume == "":
		return errors.New("--retry-failed requires --resume")
	case r.each.file == "-" && r.inputsFile == "-":
		return errors.New("--each and --inputs cannot both read standard input")
	}
	ctx := c.Context()
	if r.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, r.timeout, fmt.Errorf("the run took longer than --timeout %v", r.timeout))
		defer cancel()
	}
	recorder := &report.Recorder{}
	p, err := r.prepare(ctx, c, args)
	if err != nil {
		return r.refuse(ctx, c, recorder, p, err)
	}
	warn(c, p)
	driver := p.driver
	if r.each.file != "" {
		return r.each.run(ctx, c, driver, p)
	}
	screen := newScreen(newTerminal(c.ErrOrStderr()))
	driver.OnEvent = func(e runtime.Event) { recorder.OnEvent(e); screen.onEvent(e) }
	result, err := driver.Run(ctx, p.program, p.info.ID, p.inputs)
	screen.close()
	if result != nil {
		result.Outputs = result.Masked()
	}
	var invalid *runtime.InputError
	if errors.As(err, &invalid) && result == nil {
		return r.refuse(ctx, c, recorder, p, err)
	}
	if err := r.print(c, recorder.Run(p.program, p.info.ID, result, err)); err != nil {
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

// refuse reports why a run does not begin.
func (r *run) refuse(ctx context.Context, c *cobra.Command, recorder *report.Recorder, p prepared, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = &runtime.CanceledError{Err: cause}
	}
	if r.output == "json" {
		if err := r.print(c, recorder.Run(p.program, p.info.ID, nil, err)); err != nil {
			return err
		}
	}
	return documentError(c, p.program, err)
}

// warn prints the warnings, the number of notes, and inputs that may be
// misspelled.
func warn(c *cobra.Command, p prepared) {
	notes := 0
	for _, d := range p.program.Diagnostics() {
		if d.Severity == arazzo.Note {
			notes++
			continue
		}
		tell(c, []arazzo.Diagnostic{d})
	}
	out := newTerminal(c.ErrOrStderr())
	if notes > 0 {
		out.printf("accepted %s; run \"gobelin check\" for details\n", count(notes, "non-standard form"))
	}
	for _, message := range undeclared(p.program, p.info, p.inputs) {
		out.printf("warning: %s\n", message)
	}
}

// count returns a number of things: "1 run", "2 runs".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// chosen returns the workflow to run.
func chosen(p *runtime.Program, id string) (runtime.WorkflowInfo, error) {
	workflows := p.Workflows()
	if id == "" && len(workflows) == 1 {
		return workflows[0], nil
	}
	for _, w := range workflows {
		if w.ID == id {
			return w, nil
		}
	}
	ids := strings.Join(p.WorkflowIDs(), ", ")
	if id == "" {
		return runtime.WorkflowInfo{}, fmt.Errorf("the document has several workflows; name one: %s", ids)
	}
	return runtime.WorkflowInfo{}, fmt.Errorf("unknown workflow %q; the document has %s", id, ids)
}

var namedServer = regexp.MustCompile(`^([^=/:]+)=(.*)$`)

// driver applies the flags of a run: where it sends to, with which credentials,
// and what the specification leaves open.
func (r *run) driver(p *runtime.Program, read reader) (runtime.Driver, error) {
	d := runtime.Driver{MaxBody: r.maxBody, Servers: map[string]string{},
		Settings: runtime.Settings{LoopDelay: r.loopDelay, MaxSteps: r.maxSteps}}
	if r.loopDelay == 0 {
		d.LoopDelay = -1
	}
	declared, known := p.Document().Sources, sourceNames(p)
	for _, text := range r.servers {
		name, address := "", text
		if m := namedServer.FindStringSubmatch(text); m != nil {
			name, address = m[1], m[2]
		}
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return d, fmt.Errorf("--server %s: %q is not an http or https URL", secret.Userinfo(text), secret.Userinfo(address))
		}
		switch {
		case name != "" && !slices.Contains(known, name):
			return d, fmt.Errorf("--server %s: unknown source description %q%s", secret.Userinfo(text), name, nearest.Hint(name, known))
		case name == "" && len(declared) != 1:
			return d, fmt.Errorf("--server %s: the document has %d source descriptions; write NAME=URL", secret.Userinfo(text),
				len(declared))
		case name == "":
			name = declared[0].Name
		}
		d.Servers[name] = address
	}
	return d, r.requests.driver(&d, p, read)
}

// sourceNames returns the names of the sources of a document, and of those that
// its workflows reach through others.
func sourceNames(p *runtime.Program) (names []string) {
	for _, s := range p.Document().Sources {
		names = append(names, s.Name)
	}
	for _, w := range p.Workflows() {
		for _, server := range w.Servers {
			names = append(names, server.Source)
		}
	}
	return names
}

func (r *run) print(c *cobra.Command, run *report.Run) error {
	if r.output == "json" {
		for i := range run.Diagnostics {
			run.Diagnostics[i].Message = inFlags(run.Diagnostics[i].Message)
		}
		if run.Error != nil {
			run.Error.Message = inFlags(run.Error.Message)
		}
		data, err := run.JSON()
		if err != nil {
			return err
		}
		return newTerminal(c.OutOrStdout()).print(string(data))
	}
	out := newTerminal(c.OutOrStdout())
	text := out.sentence("%s %s", run.WorkflowID, run.Status)
	for _, name := range sortedNames(run.Outputs) {
		text += out.sentence("  %s: %s", name, value.Text(run.Outputs[name]))
	}
	return out.print(text)
}
