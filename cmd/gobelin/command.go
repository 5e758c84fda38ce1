package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/gobelin-dev/gobelin/lockfile"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

// The exit codes are a stable interface for scripts.
const (
	exitSucceeded   = 0
	exitFailed      = 1   // the workflow failed, or check found errors
	exitUsage       = 2   // usage, document or inputs
	exitInterrupted = 130 // Ctrl-C
)

var errInterrupted = errors.New("interrupted")

// exit is an error that has been reported already and only carries the exit
// code.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// failure is an error with its exit code; other errors have exitUsage.
type failure struct {
	code exit
	err  error
}

func (f failure) Error() string { return f.err.Error() }
func (f failure) Unwrap() error { return f.err }

// execute runs the command line and returns the exit code.
func execute(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		select {
		case <-signals:
			signal.Stop(signals) // a second one ends the process at once
			cancel(errInterrupted)
		case <-ctx.Done():
		}
	}()
	root := &cobra.Command{
		Use:   "gobelin",
		Short: "Run, check and describe Arazzo documents",
		Long: "gobelin runs, checks and describes Arazzo documents, versions 1.0 and 1.1: workflows of API calls over " +
			"OpenAPI descriptions.",
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("gobelin {{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w; %s --help lists the flags", err, c.CommandPath())
	})
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		if c.Flags().Changed("insecure") {
			newTerminal(stderr).printf("%s\n", insecureWarning)
		}
		return checkBounds(c)
	}
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(runCommand(), checkCommand(), showCommand(), graphCommand(), reportCommand(), replayCommand(), diffCommand(),
		simulateCommand(), mockCommand(), vendorCommand(), authCommand(), conformanceCommand())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	err := misplaced(root, args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	return exitCode(err, stderr)
}

// exitCode reports an error, unless that is done, and returns its exit code.
func exitCode(err error, stderr io.Writer) int {
	var code exit
	switch {
	case err == nil:
		return exitSucceeded
	case errors.As(err, &code):
		return int(code)
	}
	newTerminal(stderr).printf("gobelin: %s\n", inFlags(err.Error()))
	var failed failure
	switch {
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.As(err, &failed):
		return int(failed.code)
	}
	return exitUsage
}

// misplaced returns what is missing if a command line begins with a document.
func misplaced(root *cobra.Command, args []string) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return nil
	}
	for _, c := range root.Commands() {
		if c.Name() == args[0] || args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd {
			return nil
		}
	}
	_, err := os.Stat(args[0])
	if err == nil || isURL(args[0]) || slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(args[0])) {
		return fmt.Errorf("%s is not a command; to run a document: gobelin run %s", args[0], args[0])
	}
	return nil
}

// positional checks the number of arguments of a command: from least to most,
// which the usage names.
func positional(usage string, least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fmt.Errorf("name a document: %s", usage)
		case len(args) > most:
			return fmt.Errorf("too many arguments, from %q on: %s", args[most], usage)
		}
		return nil
	}
}

// bounds are the least and the greatest values of numeric flags.
var bounds = map[string][2]int64{
	"concurrency": {1, 10_000},
	"from":        {0, 1 << 40},
	"jobs":        {1, 10_000},
	"max-body":    {1, 1 << 40},
	"max-runs":    {1, 1 << 40},
	"max-steps":   {1, 1 << 40},
	"per-host":    {0, 10_000},
	"run":         {0, 1 << 40},
	"trace-body":  {-1, 1 << 40},
}

// checkBounds rejects numeric flags that are out of bounds, and negative
// durations.
func checkBounds(c *cobra.Command) error {
	for name, bound := range bounds {
		if !c.Flags().Changed(name) {
			continue
		}
		text := c.Flags().Lookup(name).Value.String()
		if n, err := strconv.ParseInt(text, 10, 64); err != nil || n < bound[0] || n > bound[1] {
			return fmt.Errorf("--%s %s: must be from %d to %d", name, text, bound[0], bound[1])
		}
	}
	for _, name := range []string{"loop-delay", "request-timeout", "timeout"} {
		if flag := c.Flags().Lookup(name); flag != nil && strings.HasPrefix(flag.Value.String(), "-") {
			return fmt.Errorf("--%s %s: must not be negative", name, flag.Value)
		}
	}
	return nil
}

// sources are the flags that locate descriptions.
type sources struct {
	network
	remap  []string
	base   string
	strict bool
	adjust func(*runtime.Compiler) error      // applies a command's other flags; nil: none
	pinned func(*lockfile.File, lockfile.Pin) // is told what is read from a lock file; nil: nobody
}

func (s *sources) flags(c *cobra.Command) {
	c.Flags().StringArrayVar(&s.remap, "source", nil, "`NAME=PATH|URL`: read the source description NAME from there")
	c.Flags().StringVar(&s.base, "base", "", "`DIR|URL` that relative sources are resolved against, instead of the document's own")
	c.Flags().BoolVar(&s.strict, "strict", false, "reject non-standard forms that are otherwise accepted")
	s.network.flags(c)
	s.complete(c)
}

// compiler makes a compiler from the flags. Descriptions may be remote: the
// document's user has named it on the command line.
func (s *sources) compiler() (*runtime.Compiler, error) {
	loader, err := s.loader()
	if err != nil {
		return nil, err
	}
	loader.OnPinned = s.pinned
	c := &runtime.Compiler{
		Loader:  loader,
		Sources: map[string]string{},
		Base:    s.base,
		Strict:  s.strict,
	}
	for _, text := range s.remap {
		name, location, ok := strings.Cut(text, "=")
		if !ok || name == "" || location == "" {
			return nil, fmt.Errorf("--source %s: write NAME=PATH or NAME=URL", text)
		}
		c.Sources[name] = location
	}
	if s.adjust != nil {
		return c, s.adjust(c)
	}
	return c, nil
}
