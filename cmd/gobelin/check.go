package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/spf13/cobra"
)

func checkCommand() *cobra.Command {
	var from sources
	c := &cobra.Command{
		Use:   "check DOCUMENT...",
		Short: "Tell what is wrong with documents, without sending a request",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			found := false
			for _, path := range args {
				diagnostics, err := check(c, &from, path)
				if err != nil {
					return err
				}
				for _, d := range diagnostics {
					fmt.Fprintln(c.OutOrStdout(), arazzo.JoinDiagnostics([]arazzo.Diagnostic{d}))
				}
				found = found || len(arazzo.Errors(diagnostics)) > 0
			}
			if found {
				return exit(exitFailed)
			}
			return nil
		},
	}
	from.flags(c)
	return c
}

// check gives the diagnostics of a document; an error when it cannot be read.
func check(c *cobra.Command, from *sources, path string) ([]arazzo.Diagnostic, error) {
	program, err := from.load(c.Context(), path)
	var parse *arazzo.ParseError
	switch {
	case program != nil:
		return program.Diagnostics(), nil
	case errors.As(err, &parse):
		return parse.Diagnostics, nil
	}
	return nil, err
}

// tell prints the diagnostics that matter to somebody who wants to run.
func tell(c *cobra.Command, diagnostics []arazzo.Diagnostic) {
	if len(diagnostics) > 0 {
		fmt.Fprintln(c.ErrOrStderr(), strings.TrimSpace(arazzo.JoinDiagnostics(diagnostics)))
	}
}
