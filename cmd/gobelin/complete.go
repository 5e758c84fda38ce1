package main

import (
	"context"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/internal/cells"
	"github.com/gobelin-dev/gobelin/lockfile"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

// completed is what a name is completed to: each with a tab and a description, or
// without.
type completed = []string

// completeWords completes the values of flags that allow few.
func completeWords(c *cobra.Command, words map[string]string) {
	for flag, list := range words {
		complete(c, flag, func([]string) completed { return strings.Split(list, "|") })
	}
}

// complete completes the values of a flag, from the arguments so far.
func complete(c *cobra.Command, flag string, list func(args []string) completed) {
	// It fails only if the flag does not exist, which every test would show.
	_ = c.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		return list(args), cobra.ShellCompDirectiveNoFileComp
	})
}

// complete completes the names of sources.
func (s *sources) complete(c *cobra.Command) {
	assignments(c, "source", func(args []string) completed {
		if p := s.peek(args); p != nil {
			return sourceNames(p)
		}
		return nil
	})
}

// assignments completes the names of NAME=VALUE, and leaves the values to be typed,
// as names of files if the shell does so.
func assignments(c *cobra.Command, flag string, list func(args []string) completed) {
	_ = c.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if strings.Contains(typed, "=") {
			return nil, cobra.ShellCompDirectiveDefault
		}
		var names []string
		for _, name := range list(args) {
			name, about, described := strings.Cut(name, "\t")
			if name += "="; described {
				name += "\t" + about
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		return names, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	})
}

// peek compiles the document that is on the command line as far as it goes, without
// the network; nil if that is not possible.
func (s *sources) peek(args []string) *runtime.Program {
	if len(args) == 0 || isStream(args[0]) || isURL(args[0]) || isFolder(args[0]) {
		return nil
	}
	file, err := findDocument(args[0])
	if err != nil {
		return nil
	}
	local := *s
	local.adjust = func(c *runtime.Compiler) error {
		c.Loader = new(lockfile.Loader)
		return nil
	}
	// What is wrong is told when the command runs.
	program, _ := local.load(context.Background(), newReader(context.Background(), nil), file)
	return program
}

// suggestion is a name with what it stands for, on one line.
func suggestion(name, about string) string {
	return cells.Printable(name + "\t" + strings.Join(strings.Fields(about), " "))
}

// workflowNames returns the names of a document's workflows, with their summaries.
func (s *sources) workflowNames(args []string) (names completed) {
	p := s.peek(args)
	if p == nil {
		return nil
	}
	for _, w := range p.Workflows() {
		names = append(names, suggestion(w.ID, w.Summary))
	}
	return names
}

// completeWorkflows completes the arguments of a command: a document, and so many of
// its workflows; -1 is any number.
func (s *sources) completeWorkflows(most int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		switch {
		case len(args) == 0:
			return nil, cobra.ShellCompDirectiveDefault
		case most < 0 || len(args) <= most:
			return s.workflowNames(args), cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// complete completes the names that a run takes.
func (r *run) complete(c *cobra.Command) {
	completeWords(c, map[string]string{"output": "text|json", "success": "below400|any|documented", "actions": "merge|override"})
	c.ValidArgsFunction = r.completeWorkflows(1)
	complete(c, "workflow", r.workflowNames)
	complete(c, "skip", r.workflowNames)
	named := func(names func(infos []runtime.WorkflowInfo) []string) func(args []string) completed {
		return func(args []string) completed { return names(r.named(args)) }
	}
	assignments(c, "server", named(requestSources))
	assignments(c, "server-variable", named(variableNames))
	assignments(c, "auth", named(schemes))
	assignments(c, "input", named(func(infos []runtime.WorkflowInfo) (names []string) {
		for _, w := range infos {
			for _, in := range w.Inputs {
				names = append(names, suggestion(in.Name, in.Description))
			}
			for _, before := range w.DependsOn {
				for _, in := range before.Inputs {
					names = append(names, suggestion(before.ID+":"+in.Name, in.Description))
				}
			}
		}
		return names
	}))
}

// named returns what is known of the workflow on the command line, or of all if none
// is named.
func (r *run) named(args []string) []runtime.WorkflowInfo {
	p := r.peek(args)
	if p == nil {
		return nil
	}
	return slices.DeleteFunc(p.Workflows(), func(w runtime.WorkflowInfo) bool { return len(args) > 1 && w.ID != args[1] })
}

// complete completes codes.
func (f *checkFlags) complete(c *cobra.Command) {
	completeWords(c, map[string]string{"output": "text|json|sarif|github", "severity": "error|warning|note", "fail-on": "error|warning|note"})
	codes := func([]string) completed { return check.Codes() }
	complete(c, "disable", codes)
	complete(c, "explain", codes)
}
