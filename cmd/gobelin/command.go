package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

// The exit codes are a contract with scripts.
const (
	exitSucceeded   = 0
	exitFailed      = 1   // the workflow failed, or check found errors
	exitUsage       = 2   // usage, document or inputs
	exitInterrupted = 130 // Ctrl-C
)

var errInterrupted = errors.New("interrupted")

// exit is an error that has been told already and only carries the exit code.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

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
		Use:           "gobelin",
		Short:         "Run, check and show Arazzo documents",
		Long:          "gobelin interprets Arazzo documents, versions 1.0 and 1.1: workflows of API calls over OpenAPI descriptions.",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w; %s --help lists the flags", err, c.CommandPath())
	})
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(runCommand(), checkCommand(), showCommand(), conformanceCommand())
	err := root.ExecuteContext(ctx)
	var code exit
	switch {
	case err == nil:
		return exitSucceeded
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintf(stderr, "gobelin: %v\n", err)
	if errors.Is(err, errInterrupted) {
		return exitInterrupted
	}
	return exitUsage
}

// sources are the flags that say where descriptions are.
type sources struct {
	remap  []string
	base   string
	strict bool
	adjust func(*runtime.Compiler) error // what else a command's flags say; nil: nothing
}

func (s *sources) flags(c *cobra.Command) {
	c.Flags().StringArrayVar(&s.remap, "source", nil, "`NAME=PATH|URL`: read the source description NAME from there")
	c.Flags().StringVar(&s.base, "base", "", "`DIR|URL` that relative sources start from, instead of the document's own")
	c.Flags().BoolVar(&s.strict, "strict", false, "refuse what is only honoured because it is published so")
}

// compiler makes a compiler of the flags. Descriptions may be remote: the
// document's user has named it on the command line.
func (s *sources) compiler() (*runtime.Compiler, error) {
	c := &runtime.Compiler{
		Loader:  runtime.FilesAndHTTP(&http.Client{Timeout: 30 * time.Second}),
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

// load reads and compiles a document. The program is there for its diagnostics
// even when there is an error, as far as compiling came.
func (s *sources) load(ctx context.Context, path string) (*runtime.Program, error) {
	c, err := s.compiler()
	if err != nil {
		return nil, err
	}
	doc, err := arazzo.ReadFile(filepath.Clean(path))
	if doc == nil {
		return nil, err
	}
	// What is wrong with the shape is among the program's diagnostics too.
	return c.Compile(ctx, doc)
}
