package main

import (
	"encoding/json"
	"fmt"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/graph"
	"github.com/spf13/cobra"
)

// drawings are the formats of gobelin graph.
var drawings = map[string]func(*graph.Graph) (string, error){
	"mermaid": func(g *graph.Graph) (string, error) { return g.Mermaid(), nil },
	"dot":     func(g *graph.Graph) (string, error) { return g.DOT(), nil },
	"svg":     func(g *graph.Graph) (string, error) { return g.SVG(), nil },
	"json": func(g *graph.Graph) (string, error) {
		data, err := json.MarshalIndent(g, "", "  ")
		return string(data) + "\n", err
	},
}

func graphCommand() *cobra.Command {
	var from sources
	var output string
	c := &cobra.Command{
		Use:   "graph DOCUMENT [WORKFLOW...]",
		Short: "Draw steps, what their actions do, and the workflows that they call",
		Long: "graph draws workflows, all of the document or those that are named, with all that they lead to: as a Mermaid " +
			"flowchart, in the language of Graphviz, as an SVG that is complete in itself, or as JSON.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("name a document: gobelin graph DOCUMENT [WORKFLOW...]")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			draw, ok := drawings[output]
			if !ok {
				return fmt.Errorf("-o %s: must be mermaid, dot, svg or json", output)
			}
			program, err := from.open(c, args[0])
			if program == nil {
				return documentError(c, program, err)
			}
			g, err := graph.New(program, args[1:]...)
			if err != nil {
				return err
			}
			text, err := draw(g)
			if err != nil {
				return err
			}
			if n := len(arazzo.Errors(program.Diagnostics())); n > 0 {
				fmt.Fprintf(c.ErrOrStderr(), "drawn as far as it could be linked: gobelin check tells what is wrong (errors: %d)\n", n)
			}
			return newTerminal(c.OutOrStdout()).print(text)
		},
	}
	from.flags(c)
	c.Flags().StringVarP(&output, "output", "o", "mermaid", "`mermaid|dot|svg|json`: output format")
	completeWords(c, map[string]string{"output": "mermaid|dot|svg|json"})
	c.ValidArgsFunction = from.completeWorkflows(-1)
	return c
}
