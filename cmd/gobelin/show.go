package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

func showCommand() *cobra.Command {
	var from sources
	c := &cobra.Command{
		Use:   "show DOCUMENT",
		Short: "List workflows with their inputs, credentials, steps and operations",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			program, err := from.load(c.Context(), args[0])
			if program == nil {
				return documentError(c, program, err)
			}
			for i, w := range program.Workflows() {
				if i > 0 {
					fmt.Fprintln(c.OutOrStdout())
				}
				show(c.OutOrStdout(), w)
			}
			if err != nil {
				return documentError(c, program, err)
			}
			return nil
		},
	}
	from.flags(c)
	return c
}

// documentError prints what keeps a document from being used, with the warnings
// that may explain it.
func documentError(c *cobra.Command, program *runtime.Program, err error) error {
	var parse *arazzo.ParseError
	var compile *runtime.CompileError
	switch {
	case errors.As(err, &compile) && program != nil:
		tell(c, slices.DeleteFunc(slices.Clone(program.Diagnostics()), func(d arazzo.Diagnostic) bool { return d.Severity == arazzo.Note }))
	case errors.As(err, &parse):
		tell(c, parse.Diagnostics)
	default:
		return err
	}
	return exit(exitUsage)
}

func show(w io.Writer, info runtime.WorkflowInfo) {
	fmt.Fprintf(w, "workflow %s\n", info.ID)
	if info.Summary != "" {
		fmt.Fprintf(w, "  %s\n", info.Summary)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	section := func(title string, rows []string) {
		if len(rows) > 0 {
			fmt.Fprintf(t, "  %s\n", title)
			for _, row := range rows {
				fmt.Fprintf(t, "    %s\n", strings.TrimRight(row, "\t"))
			}
		}
		t.Flush()
	}
	var inputs, credentials, steps []string
	for _, in := range info.Inputs {
		inputs = append(inputs, inputRow(in))
	}
	for _, c := range info.Credentials {
		row := fmt.Sprintf("%s\t%s\t%s %s\tof %s", c.Scheme, c.Type, c.In, c.Name, c.Source)
		if c.SetByStep {
			row += "\tset by the steps themselves"
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
	section("steps", steps)
	section("outputs", info.Outputs)
}

func inputRow(in runtime.InputInfo) string {
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
	return fmt.Sprintf("%s\t%s\t%s\t%s", in.Name, typ, need, strings.Join(strings.Fields(in.Description), " "))
}
