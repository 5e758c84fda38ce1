package graph

import (
	"fmt"
	"strings"
)

// mermaidText escapes a text for a quoted Mermaid label, which takes entities
// without their ampersand.
var mermaidText = strings.NewReplacer("#", "#35;", `"`, "#quot;", "&", "#amp;", "<", "#lt;", ">", "#gt;", "`", "#96;",
	"\n", " ", "\r", " ")

// Mermaid returns the graph as a Mermaid flowchart, which code hosts draw where they
// show Markdown.
func (g *Graph) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	for i, w := range g.Workflows {
		fmt.Fprintf(&b, "  subgraph w%d[\"%s\"]\n", i, mermaidText.Replace(w.title()))
		fmt.Fprintf(&b, "    w%dstart((\" \"))\n", i)
		for j, s := range w.Steps {
			label := mermaidText.Replace(s.ID)
			if text := g.text(s); text != "" {
				label += "<br/>" + mermaidText.Replace(text)
			}
			shape := [2]string{"[", "]"}
			if s.Calls != nil {
				shape = [2]string{"[[", "]]"}
			}
			fmt.Fprintf(&b, "    %s%s\"%s\"%s\n", stepID(i, j), shape[0], label, shape[1])
		}
		for _, failed := range w.ends() {
			fmt.Fprintf(&b, "    %s([\"%s\"])\n", endID(i, failed), endText(failed))
		}
		if len(w.Steps) > 0 {
			fmt.Fprintf(&b, "    w%dstart --> w%ds0\n", i, i)
		}
		b.WriteString("  end\n")
	}
	for i, w := range g.Workflows {
		for _, before := range w.DependsOn {
			fmt.Fprintf(&b, "  w%d -. before .-> w%d\n", before, i)
		}
		for j, s := range w.Steps {
			if s.Calls != nil {
				fmt.Fprintf(&b, "  %s -. calls .-> w%d\n", stepID(i, j), *s.Calls)
			}
		}
		for _, way := range w.Ways {
			for _, to := range way.leads(i) {
				arrow := "-->"
				if way.Failed || to.before {
					arrow = "-.->"
				}
				if to.label != "" {
					arrow += fmt.Sprintf("|\"%s\"|", mermaidText.Replace(to.label))
				}
				fmt.Fprintf(&b, "  %s %s %s\n", stepID(i, way.From), arrow, strings.TrimSuffix(to.id, "start"))
			}
		}
	}
	return b.String()
}
