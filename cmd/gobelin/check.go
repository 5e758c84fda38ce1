package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/contract"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/source"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"
)

// checkFlags are the flags of check.
type checkFlags struct {
	from     sources
	output   string
	severity string
	failOn   string
	disable  []string
	explain  string
	openapi  bool
	fix      bool
	diff     bool

	read reader
	kept *keptTexts
}

func checkCommand() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check DOCUMENT|DIR...",
		Short: "Report what is wrong with documents, without sending a request",
		Long: "Report what is wrong with documents: files, all Arazzo documents in folders, URLs, or standard input (-). " +
			"No workflow is run.\n\nExit codes: 0 nothing found that fails (--fail-on), 1 something found, 2 usage or unreadable files.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 && f.explain == "" {
				return fmt.Errorf("name a document or a folder")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if f.explain != "" {
				return explainCode(c.OutOrStdout(), f.explain)
			}
			return f.run(c, args)
		},
	}
	f.from.flags(c)
	c.Flags().StringVarP(&f.output, "output", "o", "text", "`text|json|sarif|github`: output format")
	c.Flags().StringVar(&f.severity, "severity", "note", "`error|warning|note`: the lowest severity to report")
	c.Flags().StringVar(&f.failOn, "fail-on", "error", "`error|warning|note`: the lowest severity that makes the exit code 1")
	c.Flags().StringSliceVar(&f.disable, "disable", nil, "do not report `CODE`; repeatable")
	c.Flags().StringVar(&f.explain, "explain", "", "explain `CODE`, with an example")
	c.Flags().BoolVar(&f.openapi, "descriptions", false, "hold the OpenAPI descriptions that are read against the schema of OpenAPI, too")
	c.Flags().BoolVar(&f.fix, "fix", false, "apply the corrections that are certain to the documents")
	c.Flags().BoolVar(&f.diff, "diff", false, "with --fix: print the changes instead of writing them")
	f.complete(c)
	return c
}

func explainCode(w io.Writer, code string) error {
	e, ok := check.Explain(code)
	if !ok {
		return fmt.Errorf("unknown code %q%s", code, codeHint(code))
	}
	_, err := fmt.Fprint(w, e)
	return err
}

func codeHint(code string) string {
	return cmp.Or(nearest.Hint(code, check.Codes()), "; docs/diagnostics.md lists them")
}

var severities = map[string]arazzo.Severity{"error": arazzo.Error, "warning": arazzo.Warning, "note": arazzo.Note}

// checker makes a checker from the flags.
func (f *checkFlags) checker() (*check.Checker, error) {
	compiler, err := f.from.compiler()
	if err != nil {
		return nil, err
	}
	for flag, value := range map[string]string{"severity": f.severity, "fail-on": f.failOn} {
		if _, ok := severities[value]; !ok {
			return nil, fmt.Errorf("--%s %s: must be error, warning or note", flag, value)
		}
	}
	least := severities[f.severity]
	if severities[f.failOn] > least && f.failOn != "error" {
		return nil, fmt.Errorf("--fail-on %s has no effect with --severity %s, which leaves those out", f.failOn, f.severity)
	}
	for _, code := range f.disable {
		if _, ok := check.Explain(code); !ok && code != contract.Description && code != contract.DescriptionUnjudged {
			return nil, fmt.Errorf("--disable %s: unknown code%s", code, codeHint(code))
		}
	}
	f.kept = &keptTexts{loader: compiler.Loader, texts: map[string][]byte{}, scopes: map[string]string{}}
	if f.openapi {
		f.kept.read = map[string][]byte{}
	}
	return &check.Checker{
		Loader: f.kept, Sources: compiler.Sources, Base: compiler.Base, Strict: compiler.Strict,
		Tell: func(d arazzo.Diagnostic) bool { return d.Severity <= least && !slices.Contains(f.disable, d.Code) },
	}, nil
}

func (f *checkFlags) run(c *cobra.Command, args []string) error {
	if !slices.Contains([]string{"text", "json", "sarif", "github"}, f.output) {
		return fmt.Errorf("-o %s: must be text, json, sarif or github", f.output)
	}
	f.read = newReader(c.Context(), c.InOrStdin())
	checker, err := f.checker()
	if err != nil {
		return err
	}
	paths := slices.DeleteFunc(slices.Clone(args), isStream)
	files, err := find(paths...)
	if err != nil {
		return err
	}
	var streams []check.File
	for _, name := range args {
		if isStream(name) {
			streams = append(streams, check.File{Path: name})
		}
	}
	files = append(files, streams...)
	if err := f.known(c.Context(), files, checker.Sources); err != nil {
		return err
	}
	if f.fix {
		if err := f.correct(c, checker, files); err != nil || f.diff {
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
	results, err := checker.Check(c.Context(), paths...)
	if err != nil {
		return err
	}
	for _, stream := range streams {
		r := check.Result{File: stream.Path}
		text, err := f.text(c.Context(), stream)
		if r.Err = err; err == nil {
			r.Diagnostics = checker.Text(c.Context(), stream, text)
		}
		results = append(results, r)
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
	for _, location := range sortedNames(f.kept.read) { // with --descriptions
		list = append(list, slices.DeleteFunc(contract.CheckDescription(location, f.kept.read[location]),
			func(d arazzo.Diagnostic) bool { return !checker.Tell(d) })...)
	}
	if err := f.print(c.OutOrStdout(), list); err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(d arazzo.Diagnostic) bool { return d.Severity <= severities[f.failOn] }) {
		return exit(exitFailed)
	}
	return nil
}

// keptTexts is a loader that keeps what is not in files, for excerpts: the texts of
// URLs, pipes and standard input.
type keptTexts struct {
	loader runtime.Loader
	mu     sync.Mutex
	texts  map[string][]byte
	scopes map[string]string // in which they were loaded
	read   map[string][]byte // all that was loaded, if it is to be kept
}

// Load implements [runtime.Loader].
func (k *keptTexts) Load(ctx context.Context, location string) ([]byte, error) {
	scope := k.Scope(ctx, location)
	k.mu.Lock()
	kept, known := k.texts[location], k.scopes[location] == scope
	k.mu.Unlock()
	if kept != nil && known {
		return kept, nil
	}
	text, err := k.loader.Load(ctx, location)
	if err == nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		if isURL(location) {
			k.texts[location], k.scopes[location] = text, scope
		}
		if k.read != nil {
			k.read[location] = text
		}
	}
	return text, err
}

// Scope tells a cache what the loader's answer depends on.
func (k *keptTexts) Scope(ctx context.Context, location string) string {
	return source.ScopeOf(k.loader, ctx, location)
}

// Elsewhere tells a compiler where else a file may be.
func (k *keptTexts) Elsewhere(ctx context.Context, location string) iter.Seq[[]string] {
	return source.ElsewhereOf(k.loader, ctx, location)
}

func (k *keptTexts) keep(location string, text []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.texts[location] = text
}

func (k *keptTexts) text(location string) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.texts[location]
}

// text returns the text of a document.
func (f *checkFlags) text(ctx context.Context, file check.File) ([]byte, error) {
	switch {
	case isURL(file.Path):
		return f.kept.Load(ctx, file.Path)
	case !isStream(file.Path):
		return tree.ReadFile(file.Path)
	case f.kept.text(file.Path) == nil:
		text, err := f.read.text(file.Path)
		if err != nil {
			return nil, err
		}
		f.kept.keep(file.Path, text)
	}
	return f.kept.text(file.Path), nil
}

// known returns an error if --source names a source that no document has. Those of
// a document that a document calls are not looked for.
func (f *checkFlags) known(ctx context.Context, files []check.File, remapped map[string]string) error {
	if len(remapped) == 0 {
		return nil
	}
	var names []string
	for _, file := range files {
		text, err := f.text(ctx, file)
		if err != nil {
			return err
		}
		if doc, _ := arazzo.ParseFile(file.Path, text); doc != nil {
			for _, s := range doc.Sources {
				names = append(names, s.Name)
			}
		}
	}
	for _, name := range sortedNames(remapped) {
		first, _, _ := strings.Cut(name, ".")
		if !slices.Contains(names, name) && !slices.Contains(names, first) {
			return fmt.Errorf("--source %s: %s", name, unknownSource(name, names))
		}
	}
	return nil
}

func (f *checkFlags) print(w io.Writer, list []arazzo.Diagnostic) error {
	source := func(file string) []byte {
		text := f.kept.text(file)
		if text == nil {
			text, _ = tree.ReadRegularFile(file) // without it there is no excerpt
		}
		return text
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
	return out.printColored(text.String())
}

// correct fixes the documents, or prints what it would change.
func (f *checkFlags) correct(c *cobra.Command, checker *check.Checker, files []check.File) error {
	for _, file := range files {
		if !f.diff && (isStream(file.Path) || isURL(file.Path)) {
			return fmt.Errorf("--fix writes to files, not to %s; --fix --diff prints the changes", file.Path)
		}
		before, err := f.text(c.Context(), file)
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
