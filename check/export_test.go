package check

import (
	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

// Within is [Program] with other bounds.
func Within(p *runtime.Program, findings, flow int) []arazzo.Diagnostic {
	most := limits
	most.findings, most.flow = findings, budget(flow)
	return checked(p, most)
}
