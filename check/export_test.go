package check

import (
	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

// For the tests, which are outside of the package.
var (
	Document  = document
	SharedAPI = sharedAPI
)

// Within is [Program] with other bounds.
func Within(p *runtime.Program, findings, flow int) []arazzo.Diagnostic {
	most := limits
	most.findings, most.flow = findings, budget(flow)
	return checked(p, most)
}
