package attack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/internal/conformance"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// wholeDocument has every object of Arazzo 1.1.0.
const wholeDocument = `
arazzo: 1.1.0
$self: http://good.example/main.yaml
info: {title: t, summary: s, description: d, version: "1"}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: main
  summary: s
  description: d
  dependsOn: [first]
  inputs: {type: object, properties: {n: {type: integer, default: 3, minimum: 1}, s: {$ref: "#/components/inputs/s"}}, required: [n]}
  parameters: [{name: X-All, in: header, value: a}, {reference: $components.parameters.page, value: 2}]
  steps:
  - stepId: a
    description: d
    operationId: get
    parameters: [{name: n, in: query, value: $inputs.n}]
    successCriteria:
    - {condition: $statusCode == 200}
    - {context: $response.body, condition: $.v, type: jsonpath}
    - {context: $response.body#/more, condition: "^t", type: regex}
    - {context: $response.body, condition: "$.list[?@.a == 'b']", type: {type: jsonpath, version: rfc9535}}
    timeout: 500
    outputs: {v: $response.body#/v, all: {context: $response.body, selector: "$.list[*]", type: jsonpath}}
    onSuccess:
    - {name: again, type: goto, stepId: a, criteria: [{context: $response.body, type: jsonpath, condition: $.more == true}]}
    - {reference: $components.successActions.over}
    onFailure:
    - {name: retry, type: retry, retryAfter: 1.5, retryLimit: 2, stepId: b}
    - {name: other, type: goto, workflowId: first, parameters: [{name: k, value: $response.body}]}
    - {reference: $components.failureActions.over}
  - {stepId: b, workflowId: first, dependsOn: [a], parameters: [{name: k, value: 5}]}
  - stepId: c
    operationPath: "{$sourceDescriptions.api.url}#/paths/~1v/post"
    requestBody:
      contentType: application/json
      payload: {a: $inputs.n, b: ["{$method}", null]}
      replacements: [{target: /a, value: $steps.a.outputs.v}]
  outputs: {v: $steps.a.outputs.v, w: $workflows.first.outputs.w}
  successActions: [{name: done, type: end}]
  failureActions: [{name: stop, type: end, criteria: [{condition: $statusCode == 500}]}]
- workflowId: first
  inputs: {type: object, properties: {k: {}}}
  steps: [{stepId: c, operationId: get, outputs: {w: $statusCode}}]
  outputs: {w: $steps.c.outputs.w}
components:
  inputs: {s: {type: string, default: a}}
  parameters: {page: {name: page, in: query, value: 1}}
  successActions: {over: {name: over, type: end}}
  failureActions: {over: {name: over, type: retry, retryLimit: 1}}
x-more: {a: 1}
`

const wholeDescription = `
openapi: 3.1.0
info: {title: t, version: "1"}
servers: [{url: "http://good.example/{v}", variables: {v: {default: v1, enum: [v1], description: d}}}]
security: [{key: []}]
paths:
  /v:
    parameters: [{$ref: "#/components/parameters/n"}]
    get:
      operationId: get
      parameters: [{name: page, in: query, style: form, explode: false, schema: {type: array, items: {type: integer}}}]
      responses:
        "200":
          description: d
          headers: {X-A: {schema: {type: string}}}
          content: {application/json: {schema: {$ref: "#/components/schemas/v"}}}
    post:
      operationId: post
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/v"}, example: {a: 1}},
        multipart/form-data: {schema: {type: object}, encoding: {a: {contentType: text/plain, headers: {X-B: {schema: {default: b}}}}}}}}
      security: [{}, {key: [], other: []}]
      servers: [{url: /v2}]
      responses: {default: {description: d}}
components:
  parameters: {n: {name: n, in: query, required: false, schema: {type: integer, default: 5, maximum: 1000}}}
  schemas: {v: {type: object, properties: {a: {}, v: {type: number}, self: {$ref: "#/components/schemas/v"}}, required: [v]}}
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}, other: {type: http, scheme: bearer}}
`

func jsonNumber(text string) any { return json.Number(text) }

func tryCompile(document, description string) (*arazzo.Document, *runtime.Program, error) {
	doc, err := arazzo.ParseFile(entry, []byte(document))
	if doc == nil {
		return nil, nil, err
	}
	c := runtime.Compiler{Loader: runtime.LoaderFunc(func(_ context.Context, place string) ([]byte, error) {
		if !strings.HasSuffix(place, "api.yaml") {
			return nil, errors.New("there is no such file")
		}
		return []byte(description), nil
	})}
	p, err := c.Compile(context.Background(), doc)
	return doc, p, err
}

func compiled(t testing.TB, document, description string) *runtime.Program {
	t.Helper()
	_, p, err := tryCompile(document, description)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// open are the places of a document whose values may have several types: by the
// specification any, or those of the objects that they accept instead.
var open = regexp.MustCompile(`/value$|/payload(/|$)|/inputs(/|$)|^/x-|/outputs/[^/]+(/|$)|/(type|context|selector)$|/type/|` +
	`/(parameters|criteria|successCriteria|onSuccess|onFailure|successActions|failureActions|replacements)/[^/]+$`)

// TestDocuments puts other values in every place of a document. A value of another
// type than the specification has there is an error that names the place or what
// holds it, before anything is sent; whatever it is, nothing panics, and the run,
// if there is one, comes to an end.
func TestDocuments(t *testing.T) {
	root, err := tree.Parse([]byte(wholeDocument))
	if err != nil {
		t.Fatal(err)
	}
	whole := root.Value()
	for n, at := range placesOf(whole) {
		if !all() && n%20 != 0 {
			continue
		}
		pointer := pointerTo(at)
		was := valueAt(whole, at)
		for _, r := range replacements {
			text := string(value.AppendJSON(nil, with(whole, at, r)))
			diagnostics, err := survived(text, wholeDescription)
			switch name := fmt.Sprintf("%s = %s", pointer, shortened(string(value.AppendJSON(nil, r)))); {
			case err != nil:
				t.Errorf("%s: %v", name, err)
			case !open.MatchString(pointer) && kindOf(r) != kindOf(was) && !slices.ContainsFunc(diagnostics, func(d arazzo.Diagnostic) bool {
				return d.Severity == arazzo.Error && strings.HasPrefix(pointer, d.Pointer)
			}):
				t.Errorf("%s is taken, in place of %v: %s", name, was, arazzo.JoinDiagnostics(diagnostics))
			}
		}
		if _, err := survived(string(value.AppendJSON(nil, with(whole, at, gone{}))), wholeDescription); err != nil {
			t.Errorf("without %s: %v", pointer, err)
		}
	}
}

// TestDescriptions does the same to a description. What nobody uses does no harm,
// so it may be taken; but nothing goes to another server than the description names.
func TestDescriptions(t *testing.T) {
	root, err := tree.Parse([]byte(wholeDescription))
	if err != nil {
		t.Fatal(err)
	}
	whole := root.Value()
	for n, at := range placesOf(whole) {
		if !all() && n%20 != 0 {
			continue
		}
		itself, others := map[string]any{"$ref": "#" + pointerTo(at)}, map[string]any{"$ref": "#/components"}
		for _, r := range append(slices.Clone(replacements), gone{}, itself, others) {
			changed := with(whole, at, r)
			if _, err := survived(wholeDocument, string(value.AppendJSON(nil, changed))); err != nil {
				t.Errorf("%s = %v: %v", pointerTo(at), r, err)
			}
		}
	}
}

// survived links, checks and runs a document, and returns what was found. The
// error is of what must never be.
func survived(document, description string) (diagnostics []arazzo.Diagnostic, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	start := time.Now()
	doc, p, refused := tryCompile(document, description)
	var parse *arazzo.ParseError
	if errors.As(refused, &parse) {
		return parse.Diagnostics, nil
	}
	diagnostics = check.Program(p)
	if refused != nil {
		if len(refused.Error()) > mostText {
			return nil, fmt.Errorf("the error has %d bytes", len(refused.Error()))
		}
		return diagnostics, nil
	}
	for _, w := range doc.Workflows {
		if err := ran(p, w.WorkflowID, nil, said); err != nil {
			return nil, err
		}
	}
	if spent := time.Since(start); spent > mostTime {
		return nil, fmt.Errorf("it took %v", spent)
	}
	return diagnostics, nil
}

// ran runs a workflow to its end on the answers of a server. At some commands it
// is stored, and goes on from there.
func ran(p *runtime.Program, workflow string, inputs runtime.Inputs, answer func(x *runtime.Execution, n int)) error {
	x, err := p.Begin(workflow, inputs, runtime.Settings{MaxSteps: 20})
	if err != nil {
		if outcome, _ := conformance.Outcome(err); outcome != "refused" {
			return fmt.Errorf("it does not begin: %w", err)
		}
		return nil
	}
	x.Observe(func(runtime.Event) {})
	for n := range 2 * mostCommands {
		command := x.Next()
		if send, ok := command.(*runtime.Send); ok {
			if at, err := send.Server.Resolve(nil); err == nil && send.Target != "" && !strings.HasPrefix(send.Target, "/") {
				return fmt.Errorf("%s%s is not below its server", at, send.Target)
			}
			if _, err := url.ParseRequestURI(send.Target); err != nil {
				return fmt.Errorf("the target %q: %w", send.Target, err)
			}
		}
		if n%3 == 2 {
			stored, err := x.Snapshot()
			if err != nil {
				return fmt.Errorf("it cannot be stored: %w", err)
			}
			if x, err = p.Restore(stored); err != nil {
				return fmt.Errorf("what is stored is refused: %w", err)
			}
			if again := x.Next(); reflect.TypeOf(again) != reflect.TypeOf(command) {
				return fmt.Errorf("restored it goes on with %T, not with %T", again, command)
			}
		}
		if answered(x, command, n, answer) {
			if command.(*runtime.Done).Result == nil {
				return errors.New("the result is lost")
			}
			return nil
		}
	}
	return errors.New("it does not end")
}

func pointerTo(path []any) string {
	var b strings.Builder
	for _, token := range path {
		b.WriteString("/" + value.PointerToken(fmt.Sprint(token)))
	}
	return b.String()
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "number"
}
