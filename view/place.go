package view

import (
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
)

// path names the workflow of a step, after the steps that call it.
func (r *run) path(s *step) string {
	var names []string
	for at := s; at != nil; at = at.caller {
		names = append(names, at.workflowID)
		if at.caller != nil {
			names[len(names)-1] = at.caller.id + "." + names[len(names)-1]
		}
	}
	for i, j := 0, len(names)-1; i < j; i, j = i+1, j-1 {
		names[i], names[j] = names[j], names[i]
	}
	return strings.Join(names, ".")
}

// place returns where in its document a step is.
func (r *run) place(s *step) (arazzo.Position, bool) {
	if s.linked == nil {
		return arazzo.Position{}, false
	}
	return s.linked.Position(), true
}

// notRun reports whether nothing of a run has happened, because another one had failed.
func (r *run) notRun() bool { return len(r.steps) == 0 && r.err != nil && r.err.Type == "canceled" }
