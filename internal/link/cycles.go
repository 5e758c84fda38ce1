package link

import (
	"fmt"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// visit is a workflow on the way along dependsOn, with how many of its
// dependencies have been followed.
type visit struct {
	workflow *program.Workflow
	followed int
}

// cycles reports dependsOn lists that lead back to where they started (F16). The
// way is a list, not the stack: it may be as long as the document.
func (l *linker) cycles() {
	const (
		unseen = iota
		open
		closed
	)
	state := make([]int, len(l.program.Workflows))
	for _, w := range l.program.Workflows {
		if state[w.Index] != unseen {
			continue
		}
		state[w.Index] = open
		for way := []visit{{w, 0}}; len(way) > 0; {
			at := &way[len(way)-1]
			if at.followed == len(at.workflow.DependsOn) {
				state[at.workflow.Index] = closed
				way = way[:len(way)-1]
				continue
			}
			next := at.workflow.DependsOn[at.followed]
			at.followed++
			switch state[next.Index] {
			case open:
				p := l.problem(at.workflow.Document, "dependency-cycle", arazzo.Error, at.workflow.Decl.At("dependsOn"),
					"dependsOn is circular: %s", circle(len(way), func(i int) string { return way[i].workflow.ID }, next.ID))
				l.report(p)
				blame(at.workflow, p.Diagnostic)
			case unseen:
				state[next.Index] = open
				way = append(way, visit{next, 0})
			}
		}
	}
}

// shownIDs is how many ids a message has from each end of a long way.
const shownIDs = 8

// circle describes a way of n steps or workflows that leads back to last; the
// middle of a long way is left out.
func circle(n int, id func(i int) string, last string) string {
	var list []string
	for i := 0; i < n; i++ {
		if hidden := n - 2*shownIDs; i == shownIDs && hidden > 1 {
			list = append(list, fmt.Sprintf("(%d more)", hidden))
			i += hidden
		}
		list = append(list, id(i))
	}
	return strings.Join(append(list, last), " → ")
}
