package link_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/link"
	"github.com/gobelin-dev/gobelin/internal/openapi"
)

const growthDescription = `
openapi: 3.1.0
info: {title: D, version: "1"}
servers: [{url: "http://d.example"}]
paths:
  "/x/{id}": {get: {operationId: get, parameters: [{name: id, in: path, required: true}, {name: limit, in: query}],
    security: [{token: []}]}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
`

// builder writes a document of any size.
type builder struct {
	components, workflows strings.Builder
	sources, version      string
}

// each writes one line of the components or workflows for each of n.
func each(to *strings.Builder, n int, format string, args func(i int) []any) {
	for i := range n {
		fmt.Fprintf(to, format+"\n", args(i)...)
	}
}

func itself(i int) []any     { return []any{i} }
func andNext(i int) []any    { return []any{i, i + 1} }
func andBefore(i int) []any  { return []any{i, max(0, i-1)} }
func (b *builder) workflow() { b.workflows.WriteString("- workflowId: w\n  steps:\n") }

func (b *builder) document(t *testing.T) *arazzo.Document {
	t.Helper()
	if b.sources == "" {
		b.sources = "- {name: d, url: d.yaml, type: openapi}\n"
	}
	text := "arazzo: " + cmp.Or(b.version, "1.0.1") + "\ninfo: {title: Growth, version: '1'}\nsourceDescriptions:\n" + b.sources +
		"workflows:\n" + b.workflows.String()
	if b.components.Len() > 0 {
		text += "components:\n" + b.components.String()
	}
	doc, _ := arazzo.Parse([]byte(text)) // what is not valid is linked as well
	if doc == nil {
		t.Fatalf("not a document: %.2000s", text)
	}
	return doc
}

const growthStep = "parameters: [{name: id, in: path, value: x}], outputs: {a: $response.body#/a}}"

// growthShapes are documents that n makes larger in one way each.
var growthShapes = []struct {
	name  string
	build func(b *builder, n int)
}{
	{"workflows", func(b *builder, n int) {
		each(&b.workflows, n, "- {workflowId: w%d, steps: [{stepId: s, operationId: get, "+growthStep+"]}", itself)
	}},
	{"steps, each reads the one before", func(b *builder, n int) {
		b.workflow()
		each(&b.workflows, n, "  - {stepId: s%d, operationId: get, parameters: [{name: id, in: path, value: $steps.s%d.outputs.a}], "+
			"outputs: {a: $response.body#/a}}", andBefore)
	}},
	{"workflows that lead to an error", func(b *builder, n int) {
		each(&b.workflows, n, "- {workflowId: w%d, steps: [{stepId: s, workflowId: w%d}]}", andNext)
		fmt.Fprintf(&b.workflows, "- {workflowId: w%d, steps: [{stepId: s, operationId: none}]}\n", n)
	}},
	{"steps in the opposite order", func(b *builder, n int) {
		b.version = "1.1.0"
		b.workflow()
		each(&b.workflows, n, "  - {stepId: s%d, operationId: get, parameters: [{name: id, in: path, value: $steps.s%d.outputs.a}], "+
			"outputs: {a: '$request.path.id'}}", andNext)
		fmt.Fprintf(&b.workflows, "  - {stepId: s%d, operationId: get, "+growthStep+"\n", n)
	}},
	{"steps in a circle that loops", func(b *builder, n int) {
		b.version = "1.1.0"
		b.workflow()
		each(&b.workflows, n, "  - {stepId: s%d, operationId: get, parameters: [{name: id, in: path, value: $steps.s%d.outputs.a}], "+
			"outputs: {a: '$request.path.id'}, onSuccess: [{name: g, type: goto, stepId: s0, "+
			"criteria: [{condition: $statusCode == 201}]}]}", andNext)
		fmt.Fprintf(&b.workflows, "  - {stepId: s%d, operationId: get, parameters: [{name: id, in: path, value: $steps.s0.outputs.a}], "+
			"outputs: {a: '$request.path.id'}}\n", n)
	}},
	{"steps, each gives the one before a secret", func(b *builder, n int) {
		b.workflow()
		each(&b.workflows, n, "  - {stepId: s%d, operationId: get, parameters: [{name: id, in: path, value: $steps.s%d.outputs.a}], "+
			"outputs: {a: '$request.path.id'}}", andNext)
		fmt.Fprintf(&b.workflows, "  - {stepId: s%d, operationId: get, "+growthStep+"\n", n)
		fmt.Fprintf(&b.workflows, "  - {stepId: last, operationId: get, parameters: [{name: id, in: path, value: x}, "+
			"{name: Authorization, in: header, value: '$steps.s%d.outputs.a'}]}\n", n)
	}},
	{"steps that do not exist", func(b *builder, n int) {
		b.workflow()
		each(&b.workflows, n, "  - {stepId: step%d, operationId: get, parameters: [{name: id, in: path, "+
			"value: $steps.stap%d.outputs.a}], onSuccess: [{name: a, type: goto, stepId: stop%[1]d}]}", andNext)
	}},
	{"operations that do not exist", func(b *builder, n int) {
		b.workflow()
		each(&b.workflows, n, "  - {stepId: s%d, operationId: gat%d}", andNext)
		each(&b.workflows, n, "  - {stepId: t%d, operationId: $sourceDescriptions.d.gat%d}", andNext)
		each(&b.workflows, n, "  - {stepId: u%d, operationPath: 'GET /y/%d'}", andNext)
	}},
	{"workflows that do not exist", func(b *builder, n int) {
		each(&b.workflows, n, "- {workflowId: w%d, steps: [{stepId: s, workflowId: v%d, outputs: {a: $workflows.x%[1]d.outputs.a}}]}", andNext)
	}},
	{"inputs by $ref", func(b *builder, n int) {
		each(&b.workflows, n, "- {workflowId: w%d, inputs: {$ref: '#/components/inputs/i%[1]d'}, steps: [{stepId: s, "+
			"operationId: get, parameters: [{name: id, in: path, value: $inputs.id}]}]}", itself)
		b.components.WriteString("  inputs:\n")
		each(&b.components, n, "    i%d: {type: object, properties: {id: {$ref: '#/components/inputs/id'}}}", itself)
		b.components.WriteString("    id: {type: string}\n")
	}},
	{"one schema of inputs for all", func(b *builder, n int) {
		each(&b.workflows, n, "- {workflowId: w%d, inputs: {$ref: '#/components/inputs/i'}, steps: [{stepId: s, operationId: get, "+
			"parameters: [{name: id, in: path, value: $inputs.id}]}]}", itself)
		b.components.WriteString("  inputs:\n    i: {type: object, properties: {id: {type: string}}}\n")
	}},
	{"inputs", func(b *builder, n int) {
		b.workflows.WriteString("- workflowId: w\n  inputs:\n    type: object\n    properties:\n")
		each(&b.workflows, n, "      i%d: {type: string}", itself)
		b.workflows.WriteString("  steps:\n")
		each(&b.workflows, n, "  - {stepId: s%d, operationId: get, parameters: [{name: id, in: path, value: $inputs.i%[1]d}]}", itself)
	}},
	{"properties that refer to schemas in a row", func(b *builder, n int) {
		b.workflows.WriteString("- workflowId: w\n  inputs:\n    properties:\n")
		each(&b.workflows, n, "      p%d: {$ref: '#/components/inputs/i0'}", itself)
		b.workflows.WriteString("  steps: [{stepId: s, operationId: get, parameters: [{name: id, in: path, value: $inputs.p0}]}]\n")
		b.components.WriteString("  inputs:\n")
		each(&b.components, n, "    i%d: {$ref: '#/components/inputs/i%d'}", andNext)
		fmt.Fprintf(&b.components, "    i%d: {type: string}\n", n)
	}},
	{"components", func(b *builder, n int) {
		b.workflow()
		each(&b.workflows, n, "  - {stepId: s%d, operationId: get, parameters: [{reference: $components.parameters.c%[1]d}, "+
			"{name: id, in: path, value: $components.parameters.c%[1]d}], onSuccess: [{reference: $components.successActions.a%[1]d}]}", itself)
		b.components.WriteString("  parameters:\n")
		each(&b.components, n, "    c%d: {name: limit, in: query, value: 1}", itself)
		b.components.WriteString("  successActions:\n")
		each(&b.components, n, "    a%d: {name: a, type: end}", itself)
	}},
	{"components in a row", func(b *builder, n int) {
		b.workflow()
		each(&b.workflows, n, "  - {stepId: s%d, operationId: get, parameters: [{name: id, in: path, "+
			"value: $components.parameters.c%[1]d}]}", itself)
		b.components.WriteString("  parameters:\n")
		each(&b.components, n, "    c%d: {name: id, in: path, value: $components.parameters.c%d}", andNext)
	}},
	{"components that double one another", func(b *builder, n int) {
		b.workflow()
		b.workflows.WriteString("  - {stepId: s, operationId: get, parameters: [{name: id, in: path, value: $components.parameters.c0}]}\n")
		b.components.WriteString("  parameters:\n")
		each(&b.components, n, "    c%d: {name: id, in: path, value: [$components.parameters.c%d, $components.parameters.c%[2]d, "+
			"$response.body]}", andNext)
	}},
	{"dependencies in a row", func(b *builder, n int) {
		each(&b.workflows, n, "- {workflowId: w%d, dependsOn: [w%d], steps: [{stepId: s, operationId: get, "+growthStep+"]}", andNext)
	}},
	{"dependencies in circles", func(b *builder, n int) {
		each(&b.workflows, n, "- {workflowId: w%d, dependsOn: [w%d, w0], steps: [{stepId: s, operationId: get, "+growthStep+"]}", andNext)
	}},
	{"workflows that hand over to the next", func(b *builder, n int) {
		each(&b.workflows, n, "- {workflowId: w%d, inputs: {properties: {p: {format: password}}}, steps: [{stepId: s, "+
			"operationId: get, parameters: [{name: id, in: path, value: $inputs.p}], outputs: {a: $response.body#/a}, onSuccess: ["+
			"{name: n, type: goto, workflowId: w%d}]}], outputs: {a: $inputs.p}}", andNext)
	}},
	{"workflows that read what another hands over to", func(b *builder, n int) {
		b.workflows.WriteString("- {workflowId: first, steps: [{stepId: s, workflowId: w0}, {stepId: t, operationId: get, " +
			"parameters: [{name: id, in: path, value: $steps.s.outputs.a}, {name: Authorization, in: header, value: $steps.s.outputs.a}]}]}\n")
		each(&b.workflows, n, "- {workflowId: w%d, steps: [{stepId: s, operationId: get, "+growthStep[:len(growthStep)-1]+", "+
			"onSuccess: [{name: n, type: goto, workflowId: w%d}]}], outputs: {a: $steps.s.outputs.a}}", andNext)
		each(&b.workflows, n, "- {workflowId: v%d, steps: [{stepId: s, workflowId: w%[1]d}], outputs: {a: $steps.s.outputs.a}}", itself)
	}},
	{"workflows that call the next with a secret", func(b *builder, n int) {
		each(&b.workflows, n, "- {workflowId: w%d, inputs: {properties: {p: {type: string}}}, steps: [{stepId: s, workflowId: w%d, "+
			"parameters: [{name: p, value: $inputs.p}]}], outputs: {a: $steps.s.outputs.a}}", andNext)
		fmt.Fprintf(&b.workflows, "- {workflowId: w%d, inputs: {properties: {p: {type: string}}}, steps: [{stepId: s, "+
			"operationId: get, parameters: [{name: id, in: path, value: x}, {name: Authorization, in: header, value: $inputs.p}]}], "+
			"outputs: {a: $inputs.p}}\n", n)
	}},
	{"workflows that are called by the next with a secret", func(b *builder, n int) {
		b.workflows.WriteString("- {workflowId: w0, inputs: {properties: {p: {format: password}}}, steps: [{stepId: s, " +
			"operationId: get, parameters: [{name: id, in: path, value: x}]}], outputs: {a: $inputs.p}}\n")
		each(&b.workflows, n, "- {workflowId: w%[2]d, inputs: {properties: {p: {type: string}}}, steps: [{stepId: s, "+
			"workflowId: w%[1]d, parameters: [{name: p, value: $inputs.p}]}], outputs: {a: $steps.s.outputs.a}}", andNext)
	}},
	{"steps that call one workflow", func(b *builder, n int) {
		b.workflows.WriteString("- {workflowId: login, inputs: {properties: {p: {format: password}}}, steps: [{stepId: s, " +
			"operationId: get, parameters: [{name: id, in: path, value: x}]}], outputs: {a: $inputs.p}}\n")
		b.workflow()
		each(&b.workflows, n, "  - {stepId: s%d, workflowId: login, parameters: [{name: p, value: $steps.s%d.outputs.a}]}", andNext)
	}},
	{"outputs of one step", func(b *builder, n int) {
		b.workflows.WriteString("- workflowId: w\n  steps:\n  - stepId: s\n    operationId: get\n    parameters: [{name: id, " +
			"in: path, value: x}]\n    outputs:\n")
		each(&b.workflows, n, "      o%d: $request.path.id", itself)
		b.workflows.WriteString("  outputs:\n")
		each(&b.workflows, n, "    o%d: $steps.s.outputs.o%[1]d.x", itself)
	}},
	{"sources that cannot be read", func(b *builder, n int) {
		var sources strings.Builder
		each(&sources, n, "- {name: d%d, url: none%[1]d.yaml, type: openapi}", itself)
		b.sources = sources.String()
		b.workflow()
		each(&b.workflows, n, "  - {stepId: s%d, operationId: $sourceDescriptions.d%[1]d.get}", itself)
		each(&b.workflows, n, "  - {stepId: t%d, operationId: get}", itself)
	}},
	{"duplicate parameters", func(b *builder, n int) {
		b.workflow()
		each(&b.workflows, n, "  - {stepId: s%d, operationId: get, parameters: [{reference: $components.parameters.c}, "+
			"{reference: $components.parameters.c}, {name: id, in: path, value: x}]}", itself)
		b.components.WriteString("  parameters: {c: {name: limit, in: query, value: 1}}\n")
	}},
}

// readDescription reads the one description that the documents have.
func readDescription(_ context.Context, location, _ string) (*openapi.Text, error) {
	if location != "d.yaml" {
		return nil, os.ErrNotExist
	}
	return openapi.NewText([]byte(growthDescription)), nil
}

// cost is what linking a document takes. Allocations are counted, since times
// depend on the machine.
type cost struct {
	mallocs, bytes uint64
	diagnostics    int
	time           time.Duration
}

func linkCost(t *testing.T, doc *arazzo.Document) cost {
	t.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	p, err := link.Link(t.Context(), doc, link.Options{Read: readDescription})
	c := cost{time: time.Since(start)}
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	c.mallocs, c.bytes, c.diagnostics = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc, len(p.Diagnostics)
	return c
}

// TestGrowth links documents of each shape, one of them four times as large: it
// takes about four times as much.
func TestGrowth(t *testing.T) {
	const n, factor, most = 500, 4, 5
	for _, shape := range growthShapes {
		t.Run(shape.name, func(t *testing.T) {
			var small, large builder
			shape.build(&small, n)
			shape.build(&large, factor*n)
			linkCost(t, small.document(t)) // what is made once
			one, many := linkCost(t, small.document(t)), linkCost(t, large.document(t))
			t.Logf("%d: %+v; %d: %+v", n, one, factor*n, many)
			if many.mallocs > most*one.mallocs || many.bytes > most*one.bytes {
				t.Errorf("%d allocations of %d bytes for %d, %d of %d for %d", one.mallocs, one.bytes, n, many.mallocs, many.bytes, factor*n)
			}
		})
	}
}
