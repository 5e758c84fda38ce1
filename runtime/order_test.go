package runtime_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/runtime"
)

// drawn is a random workflow: what its steps depend on, read, and go to.
type drawn struct {
	dependsOn, reads [][]int // by step
	to               []int   // what an action on success leads to, by step; -1: there is none
}

func draw(r *rand.Rand) drawn {
	n := 2 + r.IntN(6)
	d := drawn{dependsOn: make([][]int, n), reads: make([][]int, n), to: make([]int, n)}
	for i := range n {
		for j := range n {
			switch p := r.IntN(15); {
			case i == j:
			case p == 0:
				d.dependsOn[i] = append(d.dependsOn[i], j)
			case p <= 2:
				d.reads[i] = append(d.reads[i], j)
			}
		}
		if d.to[i] = -1; r.IntN(3) == 0 {
			d.to[i] = r.IntN(n)
		}
	}
	return d
}

type object = map[string]any

// readings put an expression into a step, each at another place.
var readings = []func(step object, text string){
	func(step object, text string) {
		step["parameters"] = []any{object{"name": "q", "in": "query", "value": text}}
	},
	func(step object, text string) {
		step["requestBody"] = object{"payload": object{"a": []any{"x{" + text + "}"}}}
	},
	func(step object, text string) { step["outputs"] = object{"v": "$response.body", "w": text} },
	func(step object, text string) {
		step["successCriteria"] = []any{object{"condition": "$statusCode == 200"}, object{"condition": text + " != 'never'"}}
	},
	func(step object, text string) {
		step["onFailure"] = []any{object{"name": "f", "type": "end", "criteria": []any{object{"condition": text + " == 1"}}}}
	},
	func(step object, text string) {
		step["successCriteria"] = []any{object{"context": text, "type": "regex", "condition": "^(stay|go)?$"}}
	},
}

func stepIDOf(i int) string { return fmt.Sprint("s", i) }

// document writes the workflow. What a step reads beyond the places is not read.
func (d drawn) document(t *testing.T, r *rand.Rand) string {
	t.Helper()
	steps := make([]any, len(d.to))
	for i := range steps {
		step := object{"stepId": stepIDOf(i), "operationId": "op", "outputs": object{"v": "$response.body"}}
		free := r.Perm(5)
		d.reads[i] = d.reads[i][:min(len(d.reads[i]), len(free))]
		for n, j := range d.reads[i] {
			at := free[n]
			if at == 3 && r.IntN(2) == 0 {
				at = 5
			}
			readings[at](step, "$steps."+stepIDOf(j)+".outputs.v")
		}
		var before []string
		for _, j := range d.dependsOn[i] {
			before = append(before, stepIDOf(j))
		}
		if before != nil {
			step["dependsOn"] = before
		}
		if d.to[i] >= 0 {
			step["onSuccess"] = []any{object{"name": "g", "type": "goto", "stepId": stepIDOf(d.to[i]),
				"criteria": []any{object{"condition": "$response.body == 'go'"}}}}
		}
		steps[i] = step
	}
	text, err := json.Marshal(object{"arazzo": "1.1.0", "info": object{"title": "t", "version": "1"},
		"sourceDescriptions": []any{object{"name": "api", "url": "api.yaml", "type": "openapi"}},
		"workflows":          []any{object{"workflowId": "w", "steps": steps}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const drawnDescription = `{openapi: 3.1.0, info: {title: t, version: "1"}, servers: [{url: "http://h"}], paths: {/: {post: {operationId: op,
  parameters: [{name: q, in: query, schema: {}}], requestBody: {content: {application/json: {}}}, responses: {"200": {description: ok}}}}}}`

// loops reports whether, in the order of the document, control can come from a
// later step back to an earlier one.
func (d drawn) loops(later, earlier int) bool {
	seen := make([]bool, len(d.to))
	open := []int{later}
	for len(open) > 0 {
		i := open[0]
		open = open[1:]
		for _, j := range []int{i + 1, d.to[i]} {
			if j >= 0 && j < len(seen) && !seen[j] {
				seen[j] = true
				open = append(open, j)
			}
		}
	}
	return seen[earlier]
}

// needs returns which steps must be executed before a step; with loops, those whose
// outputs it may read later, too.
func (d drawn) needs(i int, loops bool) []int {
	list := slices.Clone(d.dependsOn[i])
	for _, j := range d.reads[i] {
		if loops || j < i || !d.loops(j, i) {
			list = append(list, j)
		}
	}
	return list
}

// sequence returns the order of the steps by the words of F19: always the first that
// can be next.
func (d drawn) sequence(loops bool) (list []int, ok bool) {
	for range d.to {
		next := -1
		for i := range d.to {
			ready := !slices.ContainsFunc(d.needs(i, loops), func(j int) bool { return !slices.Contains(list, j) })
			if ready && !slices.Contains(list, i) {
				next = i
				break
			}
		}
		if next < 0 {
			return nil, false
		}
		list = append(list, next)
	}
	return list, true
}

// TestOrderOfRandomSteps runs random workflows of version 1.1: each order that is
// executed satisfies the words of the specification, and each refusal names a circle
// that the document has (F19).
func TestOrderOfRandomSteps(t *testing.T) {
	refused, ran, moved, jumped := 0, 0, 0, 0
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 19))
		d := draw(r)
		text := d.document(t, r)
		c := runtime.Compiler{Loader: served{"api.yaml": drawnDescription}}
		p, err := c.Compile(t.Context(), parse(t, "order.arazzo.json", text))
		if err != nil {
			refused++
			if problem := d.circular(err); problem != "" {
				t.Fatalf("seed %d: %s: %v\n%s", seed, problem, err, text)
			}
			continue
		}
		ran++
		executed, gone := executeDrawn(t, p, r)
		if !slices.IsSorted(executed[:min(len(executed), gone)]) {
			moved++
		}
		if gone < len(executed) {
			jumped++
		}
		if problem := d.disordered(executed, gone); problem != "" {
			t.Fatalf("seed %d: %s: executed %v, the first goto after %d\n%s", seed, problem, executed, gone, text)
		}
	}
	if refused < 100 || ran < 100 || moved < 100 || jumped < 100 {
		t.Errorf("%d were refused, %d ran, %d of them in another order, %d with a goto: too few of one kind", refused, ran, moved, jumped)
	}
}

// executeDrawn runs a workflow whose responses now and then ask for the goto. gone is
// how many steps were executed before the first one.
func executeDrawn(t *testing.T, p *runtime.Program, r *rand.Rand) (executed []int, gone int) {
	t.Helper()
	x, err := p.Begin("w", nil, runtime.Settings{LoopDelay: -1, MaxSteps: 40})
	if err != nil {
		t.Fatal(err)
	}
	gone = 1 << 30
	x.Observe(func(e runtime.Event) {
		if a, ok := e.(*runtime.ActionSelected); ok && a.Type == "goto" {
			gone = min(gone, len(executed))
		}
	})
	for {
		send, ok := x.Next().(*runtime.Send)
		if !ok {
			return executed, gone
		}
		var i int
		if _, err := fmt.Sscanf(send.StepID, "s%d", &i); err != nil {
			t.Fatal(err)
		}
		executed = append(executed, i)
		body := "stay"
		if r.IntN(5) == 0 {
			body = "go"
		}
		if err := x.Respond(&runtime.Response{Status: 200, Value: body, Decoded: true}); err != nil {
			t.Fatal(err)
		}
	}
}

// disordered says what is wrong with the steps that were executed.
func (d drawn) disordered(executed []int, gone int) string {
	for at, i := range executed {
		for _, j := range d.dependsOn[i] {
			if !slices.Contains(executed[:at], j) {
				return fmt.Sprintf("step %d is executed without step %d, which it depends on", i, j)
			}
		}
		for _, j := range d.needs(i, false) {
			if at < gone && !slices.Contains(executed[:at], j) {
				return fmt.Sprintf("step %d is executed without step %d, whose output it reads", i, j)
			}
		}
	}
	before := executed[:min(len(executed), gone)]
	for _, loops := range []bool{false, true} {
		if want, ok := d.sequence(loops); ok && slices.Equal(before, want[:len(before)]) {
			return ""
		}
	}
	return "the order is not the document's where it can be"
}

// circular says what is wrong with the refusal of a workflow.
func (d drawn) circular(err error) string {
	var refused *runtime.CompileError
	if !errors.As(err, &refused) || len(refused.Diagnostics) != 1 {
		return "not one diagnostic"
	}
	found := refused.Diagnostics[0]
	at := strings.LastIndex(found.Message, ": ")
	if found.Code != "dependency-cycle" || found.Line == 0 || at < 0 {
		return "another diagnostic"
	}
	if _, ok := d.sequence(true); ok {
		return "there is an order"
	}
	circle := strings.Split(found.Message[at+2:], " → ")
	if len(circle) < 2 || circle[0] != circle[len(circle)-1] {
		return "not a circle"
	}
	for n, id := range circle[:len(circle)-1] {
		i, j := int(id[1]-'0'), int(circle[n+1][1]-'0')
		if !slices.Contains(d.needs(i, true), j) {
			return fmt.Sprintf("step %d does not need step %d", i, j)
		}
	}
	return ""
}
