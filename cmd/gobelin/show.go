package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/cells"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

func showCommand() *cobra.Command {
	var from sources
	var output string
	c := &cobra.Command{
		Use:   "show DOCUMENT",
		Short: "List workflows with their inputs, credentials, servers, files, steps and operations",
		Args:  positional("gobelin show DOCUMENT", 1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			program, err := from.open(c, args[0])
			if program == nil {
				return documentError(c, program, err)
			}
			out := newTerminal(c.OutOrStdout())
			switch output {
			case "json":
				if err := out.json(program.Workflows()); err != nil {
					return err
				}
			case "text":
				var text strings.Builder
				for i, w := range program.Workflows() {
					if i > 0 {
						text.WriteByte('\n')
					}
					show(&text, w)
				}
				if err := out.print(text.String()); err != nil {
					return err
				}
			default:
				return fmt.Errorf("-o %s: must be text or json", output)
			}
			if err != nil {
				return documentError(c, program, err)
			}
			return nil
		},
	}
	from.flags(c)
	c.Flags().StringVarP(&output, "output", "o", "text", "`text|json`: output format")
	completeWords(c, map[string]string{"output": "text|json"})
	return c
}

// documentError prints the error of a document, with the warnings that may
// explain it.
func documentError(c *cobra.Command, program *runtime.Program, err error) error {
	var parse *arazzo.ParseError
	var compile *runtime.CompileError
	switch {
	case errors.As(err, &compile) && program != nil:
		tell(c, slices.DeleteFunc(slices.Clone(program.Diagnostics()), func(d arazzo.Diagnostic) bool {
			return d.Severity == arazzo.Note || d.Severity == arazzo.Error && !slices.ContainsFunc(compile.Diagnostics,
				func(e arazzo.Diagnostic) bool { return e.Position == d.Position && e.Message == d.Message })
		}))
	case errors.As(err, &parse):
		tell(c, parse.Diagnostics)
	default:
		return err
	}
	return exit(exitUsage)
}

func show(w io.Writer, info runtime.WorkflowInfo) {
	fmt.Fprintf(w, "workflow %s\n", cells.Printable(info.ID))
	if info.Summary != "" {
		fmt.Fprintf(w, "  %s\n", cells.Printable(strings.Join(strings.Fields(info.Summary), " ")))
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	section := func(title string, rows []string) {
		if len(rows) > 0 {
			fmt.Fprintf(t, "  %s\n", title)
			for _, row := range rows {
				fmt.Fprintf(t, "    %s\n", cells.Printable(strings.TrimRight(row, "\t")))
			}
		}
		t.Flush()
	}
	var inputs, credentials, steps []string
	for _, in := range info.Inputs {
		inputs = append(inputs, inputRow(in.Name, in))
	}
	for _, before := range info.DependsOn {
		for _, in := range before.Inputs {
			if !slices.ContainsFunc(info.Inputs, func(own runtime.InputInfo) bool { return own.Name == in.Name }) {
				inputs = append(inputs, inputRow(before.ID+":"+in.Name, in))
			}
		}
	}
	for _, c := range info.Credentials {
		row := fmt.Sprintf("%s\t%s\t%s %s\tof %s", c.Scheme, c.Type, c.In, c.Name, c.Source)
		if c.SetByStep {
			row += "\tset by the steps themselves"
		} else {
			row += "\t$" + variable(c)
			if c.Optional {
				row += ", not needed where another is given, or none"
			}
		}
		credentials = append(credentials, row)
	}
	for _, s := range info.Steps {
		row := s.ID + "\t" + s.Operation
		if s.Source != "" {
			row += "\tof " + s.Source
		}
		steps = append(steps, row)
	}
	section("inputs", inputs)
	section("credentials", credentials)
	section("servers", serverRows(info.Servers))
	section("hosts", info.Hosts)
	section("files", info.Files)
	section("steps", steps)
	section("outputs", info.Outputs)
	var errs []string
	for _, d := range info.Errors {
		errs = append(errs, fmt.Sprintf("%s:%d:%d: %s", d.File, d.Line, d.Column, inFlags(d.Message)))
	}
	section("errors that keep it from being run", errs)
}

func serverRows(servers []runtime.Server) (rows []string) {
	for _, s := range servers {
		rows = append(rows, s.URL+"\tof "+s.Source)
		for _, v := range s.Variables {
			row := fmt.Sprintf("  %s: default %s", v.Name, v.Default)
			if len(v.Enum) > 0 {
				row += ", one of " + strings.Join(v.Enum, ", ")
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func inputRow(name string, in runtime.InputInfo) string {
	typ := in.Type
	if typ == "" {
		typ = "any"
	}
	need := "optional"
	switch {
	case in.HasDefault:
		need = "default " + string(value.AppendJSON(nil, in.Default))
	case in.Required:
		need = "required"
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s", name, typ, need, strings.Join(strings.Fields(in.Description), " "))
}
