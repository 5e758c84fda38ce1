package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
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
		Long: "Run a workflow of an Arazzo document. WORKFLOW may be left out where there is one.\n\n" +
			"Exit codes: 0 succeeded, 1 the workflow failed, 2 usage, document or inputs, 130 interrupted.",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error { return r.run(c, args) },
	}
	r.sources.flags(c)
	r.requests.flags(c)
	r.sources.adjust = r.requests.compiler
	r.each.flags(c)
	f := c.Flags()
	f.StringArrayVarP(&r.inputs, "input", "i", nil, "`name=value` of an input, read by its declared type, else as JSON, else as text; @file reads a file")
	f.StringVar(&r.inputsFile, "inputs", "", "`FILE` (or -) with the inputs as a JSON or YAML object")
	f.StringArrayVar(&r.servers, "server", nil, "`NAME=URL` to send the requests of a source to, or the URL alone where there is one source")
	f.DurationVar(&r.loopDelay, "loop-delay", time.Second, "wait before a goto repeats a step, growing by 1.5 to 30s; 0 for none")
	f.DurationVar(&r.timeout, "timeout", 0, "end the run after this time; 0 for never")
	f.IntVar(&r.maxSteps, "max-steps", 0, "end the run after so many step executions (default 10000)")
	f.StringVarP(&r.output, "output", "o", "text", "`text|json`: what is printed to standard output")
	return c
}

func (r *run) run(c *cobra.Command, args []string) error {
	if r.output != "text" && r.output != "json" {
		return fmt.Errorf("-o %s: write text or json", r.output)
	}
	if r.each.resume != "" && r.each.file == "" {
		return errors.New("--resume goes with --each")
	}
	recorder := &report.Recorder{}
	workflow := ""
	if len(args) == 2 {
		workflow = args[1]
	}
	program, err := r.load(c.Context(), args[0])
	if err != nil {
		return r.refuse(c, recorder, program, workflow, err)
	}
	info, err := chosen(program, workflow)
	if err != nil {
		return r.refuse(c, recorder, program, workflow, err)
	}
	inputs, err := readInputs(r.inputsFile, r.inputs, c.InOrStdin(), info)
	if err != nil {
		return r.refuse(c, recorder, program, info.ID, err)
	}
	settings, err := r.settings(program)
	if err != nil {
		return r.refuse(c, recorder, program, info.ID, err)
	}
	warn(c, program.Diagnostics())
	ctx := c.Context()
	if r.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, r.timeout, fmt.Errorf("the run took longer than --timeout %v", r.timeout))
		defer cancel()
	}
	if r.each.file != "" {
		return r.each.run(ctx, c, runtime.Driver{Settings: settings, MaxBody: r.maxBody}, program, info.ID, inputs)
	}
	screen := newScreen(c.ErrOrStderr())
	driver := runtime.Driver{Settings: settings, MaxBody: r.maxBody, OnEvent: func(e runtime.Event) { recorder.OnEvent(e); screen.onEvent(e) }}
	result, err := driver.Run(ctx, program, info.ID, inputs)
	screen.close()
	if result != nil {
		result.Outputs = settings.Mask(result.Outputs)
	}
	var invalid *runtime.InputError
	if errors.As(err, &invalid) && result == nil {
		return r.refuse(c, recorder, program, info.ID, err)
	}
	if err := r.print(c, recorder.Run(program, info.ID, result, err)); err != nil {
		return err
	}
	if err == nil {
		return nil
	}
	fmt.Fprintln(c.ErrOrStderr(), inFlags(err.Error()))
	if errors.Is(err, errInterrupted) {
		return exit(exitInterrupted)
	}
	return exit(exitFailed)
}

// refuse tells why a run does not begin.
func (r *run) refuse(c *cobra.Command, recorder *report.Recorder, program *runtime.Program, workflow string, err error) error {
	interrupted := errors.Is(context.Cause(c.Context()), errInterrupted)
	if interrupted {
		err = &runtime.CanceledError{Err: errInterrupted}
	}
	if r.output == "json" {
		if err := r.print(c, recorder.Run(program, workflow, nil, err)); err != nil {
			return err
		}
	}
	if interrupted {
		return err
	}
	var parse *arazzo.ParseError
	var compile *runtime.CompileError
	if !errors.As(err, &parse) && !errors.As(err, &compile) {
		fmt.Fprintln(c.ErrOrStderr(), err)
		return exit(exitUsage)
	}
	return documentError(c, program, err)
}

// warn prints the warnings, and how many notes there are for who wants them.
func warn(c *cobra.Command, diagnostics []arazzo.Diagnostic) {
	notes := 0
	for _, d := range diagnostics {
		if d.Severity == arazzo.Note {
			notes++
			continue
		}
		tell(c, []arazzo.Diagnostic{d})
	}
	if notes > 0 {
		fmt.Fprintf(c.ErrOrStderr(), "%d forms that the specification writes otherwise are honoured; gobelin check names them\n", notes)
	}
}

// chosen is the workflow to run.
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
	return runtime.WorkflowInfo{}, fmt.Errorf("there is no workflow %q; the document has %s", id, ids)
}

var namedServer = regexp.MustCompile(`^([^=/:]+)=(.*)$`)

func (r *run) settings(p *runtime.Program) (runtime.Settings, error) {
	s := runtime.Settings{LoopDelay: r.loopDelay, MaxSteps: r.maxSteps, Servers: map[string]string{}}
	if r.loopDelay == 0 {
		s.LoopDelay = -1
	}
	declared := p.Document().Sources
	for _, text := range r.servers {
		name, address := "", text
		if m := namedServer.FindStringSubmatch(text); m != nil {
			name, address = m[1], m[2]
		}
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return s, fmt.Errorf("--server %s: %q is no http or https URL", secret.Userinfo(text), secret.Userinfo(address))
		}
		switch {
		case name != "" && p.Document().Source(name) == nil:
			return s, fmt.Errorf("--server %s: there is no source description %q", secret.Userinfo(text), name)
		case name == "" && len(declared) != 1:
			return s, fmt.Errorf("--server %s: the document has %d source descriptions; write NAME=URL", secret.Userinfo(text), len(declared))
		case name == "":
			name = declared[0].Name
		}
		s.Servers[name] = address
	}
	return s, r.requests.settings(&s, p)
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
		_, err = c.OutOrStdout().Write(data)
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s\n", run.WorkflowID, run.Status)
	for _, name := range sortedNames(run.Outputs) {
		fmt.Fprintf(&text, "  %s: %s\n", name, value.Text(run.Outputs[name]))
	}
	_, err := io.WriteString(c.OutOrStdout(), text.String())
	return err
}
