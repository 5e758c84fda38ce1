package graph

import (
	"fmt"
	"strings"
)

// dotText escapes a text for a quoted DOT string.
var dotText = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ", "\r", " ")

// DOT returns the graph in the language of Graphviz.
func (g *Graph) DOT() string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph \"%s\" {\n", dotText.Replace(g.Title))
	b.WriteString("  compound=true; node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];\n")
	b.WriteString("  edge [fontname=\"sans-serif\", fontsize=9];\n")
	for i, w := range g.Workflows {
		fmt.Fprintf(&b, "  subgraph cluster_w%d {\n    label=\"%s\"; style=rounded;\n", i, dotText.Replace(w.title()))
		fmt.Fprintf(&b, "    w%dstart [shape=circle, width=0.15, label=\"\", style=filled, fillcolor=black];\n", i)
		for j, s := range w.Steps {
			label := dotText.Replace(s.ID)
			if text := g.text(s); text != "" {
				label += `\n` + dotText.Replace(text)
			}
			fmt.Fprintf(&b, "    w%ds%d [label=\"%s\"];\n", i, j, label)
		}
		for _, failed := range w.ends() {
			fmt.Fprintf(&b, "    %s [shape=doublecircle, width=0.15, label=\"\", xlabel=\"%s\"];\n", endID(i, failed), endText(failed))
		}
		if len(w.Steps) > 0 {
			fmt.Fprintf(&b, "    w%dstart -> w%ds0;\n", i, i)
		}
		b.WriteString("  }\n")
	}
	edge := func(from, to, label, style string) {
		fmt.Fprintf(&b, "  %s -> %s [label=\"%s\"%s];\n", from, to, dotText.Replace(label), style)
	}
	into := func(workflow int) string { return fmt.Sprintf(", style=dashed, lhead=cluster_w%d", workflow) }
	for i, w := range g.Workflows {
		for _, before := range w.DependsOn {
			edge(startID(before), startID(i), "before", into(i)+fmt.Sprintf(", ltail=cluster_w%d", before))
		}
		for j, s := range w.Steps {
			if s.Calls != nil {
				edge(stepID(i, j), startID(*s.Calls), "calls", into(*s.Calls))
			}
		}
		for _, way := range w.Ways {
			style := ""
			if way.Failed {
				style = ", style=dashed"
			}
			from := stepID(i, way.From)
			for _, to := range way.leads(i) {
				switch {
				case to.workflow:
					edge(from, to.id, to.label, into(*way.Workflow))
				default:
					edge(from, to.id, to.label, style)
				}
			}
		}
	}
	return b.String() + "}\n"
}
