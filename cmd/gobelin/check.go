package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"
)

// checkFlags are the flags of check.
type checkFlags struct {
	from     sources
	output   string
	severity string
	disable  []string
	explain  string
	fix      bool
	diff     bool
}

func checkCommand() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check DOCUMENT|DIR...",
		Short: "Report what is wrong with documents, without sending a request",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 && f.explain == "" {
				return fmt.Errorf("name a document or a folder")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if f.explain != "" {
				return explain(c.OutOrStdout(), f.explain)
			}
			return f.run(c, args)
		},
	}
	f.from.flags(c)
	c.Flags().StringVarP(&f.output, "output", "o", "text", "`text|json|sarif|github`: output format")
	c.Flags().StringVar(&f.severity, "severity", "note", "`error|warning|note`: the lowest severity to report")
	c.Flags().StringSliceVar(&f.disable, "disable", nil, "do not report `CODE`; repeatable")
	c.Flags().StringVar(&f.explain, "explain", "", "explain `CODE`, with an example")
	c.Flags().BoolVar(&f.fix, "fix", false, "apply the corrections that are certain to the documents")
	c.Flags().BoolVar(&f.diff, "diff", false, "with --fix: print the changes instead of writing them")
	return c
}

func explain(w io.Writer, code string) error {
	e, ok := check.Explain(code)
	if !ok {
		return fmt.Errorf("unknown code %q; see docs/diagnostics.md for the list", code)
	}
	_, err := fmt.Fprint(w, e)
	return err
}

var severities = map[string]arazzo.Severity{"error": arazzo.Error, "warning": arazzo.Warning, "note": arazzo.Note}

// checker makes a checker from the flags.
func (f *checkFlags) checker() (*check.Checker, error) {
	compiler, err := f.from.compiler()
	if err != nil {
		return nil, err
	}
	least, ok := severities[f.severity]
	if !ok {
		return nil, fmt.Errorf("--severity %s: must be error, warning or note", f.severity)
	}
	for _, code := range f.disable {
		if _, ok := check.Explain(code); !ok {
			return nil, fmt.Errorf("--disable %s: unknown code", code)
		}
	}
	return &check.Checker{
		Loader: compiler.Loader, Sources: compiler.Sources, Base: compiler.Base, Strict: compiler.Strict,
		Tell: func(d arazzo.Diagnostic) bool { return d.Severity <= least && !slices.Contains(f.disable, d.Code) },
	}, nil
}

func (f *checkFlags) run(c *cobra.Command, args []string) error {
	if !slices.Contains([]string{"text", "json", "sarif", "github"}, f.output) {
		return fmt.Errorf("-o %s: must be text, json, sarif or github", f.output)
	}
	for _, name := range args {
		if err := refuseURL(name); err != nil {
			return err
		}
	}
	checker, err := f.checker()
	if err != nil {
		return err
	}
	if f.fix {
		if err := f.correct(c, checker, args); err != nil || f.diff {
			return err
		}
	} else if f.diff {
		return fmt.Errorf("--diff requires --fix")
	}
	if t := newTerminal(c.ErrOrStderr()); t.live {
		checker.Progress = func(done, total int) {
			if total > 1 {
				t.draw("", "", fmt.Sprintf("%d of %d", done, total))
			}
			if done == total {
				t.leave(false)
			}
		}
	}
	results, err := checker.Check(c.Context(), args...)
	if err != nil {
		return err
	}
	if len(results) == 0 {
		return fmt.Errorf("there is no Arazzo document in %s", strings.Join(args, ", "))
	}
	var list []arazzo.Diagnostic
	for _, r := range results {
		if r.Err != nil {
			return r.Err
		}
		for _, d := range r.Diagnostics {
			d.Message = inFlags(d.Message)
			list = append(list, d)
		}
	}
	if err := f.print(c.OutOrStdout(), list); err != nil {
		return err
	}
	if len(arazzo.Errors(list)) > 0 {
		return exit(exitFailed)
	}
	return nil
}

func (f *checkFlags) print(w io.Writer, list []arazzo.Diagnostic) error {
	source := func(file string) []byte {
		data, err := tree.ReadFile(file)
		if err != nil {
			return nil
		}
		return data
	}
	out := newTerminal(w)
	var text strings.Builder
	var err error
	switch f.output {
	case "json":
		err = check.WriteJSON(&text, list)
	case "sarif":
		err = check.WriteSARIF(&text, list, source)
	case "github":
		err = check.WriteGitHub(&text, list)
	default:
		err = check.WriteText(&text, list, source, out.color)
	}
	if err != nil {
		return err
	}
	return out.print(text.String())
}

// correct fixes the documents, or prints what it would change.
func (f *checkFlags) correct(c *cobra.Command, checker *check.Checker, args []string) error {
	files, err := check.Find(args...)
	if err != nil {
		return err
	}
	for _, file := range files {
		before, err := tree.ReadFile(file.Path)
		if err != nil {
			return err
		}
		after, applied, _ := check.Fix(file.Path, before, func(text []byte) []arazzo.Diagnostic {
			return checker.Text(c.Context(), file, text)
		})
		if applied == 0 {
			continue
		}
		if f.diff {
			if err := newTerminal(c.OutOrStdout()).print(string(diff.Diff(file.Path, before, file.Path, after))); err != nil {
				return err
			}
			continue
		}
		if err := replaceFile(file.Path, after); err != nil {
			return failure{exitFailed, err}
		}
		newTerminal(c.ErrOrStderr()).printf("%s: %d corrected\n", file.Path, applied)
	}
	return nil
}

// tell prints the diagnostics that matter to someone who wants to run a
// document.
func tell(c *cobra.Command, diagnostics []arazzo.Diagnostic) {
	if len(diagnostics) > 0 {
		newTerminal(c.ErrOrStderr()).printf("%s\n", inFlags(strings.TrimSpace(arazzo.JoinDiagnostics(diagnostics))))
	}
}
