package graph_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/graph"
	gobelin "github.com/gobelin-dev/gobelin/runtime"
)

func compile(t testing.TB, file string) *gobelin.Program {
	t.Helper()
	doc, err := arazzo.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := gobelin.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func drawn(t testing.TB, p *gobelin.Program, ids ...string) *graph.Graph {
	t.Helper()
	g, err := graph.New(p, ids...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// The drawings of a document with every kind of way. What comes after an action
// without criteria is not drawn: it never happens.
func TestTexts(t *testing.T) {
	g := drawn(t, compile(t, "testdata/shop.yaml"))
	for file, got := range map[string]string{"shop.mmd": g.Mermaid(), "shop.dot": g.DOT()} {
		want, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func TestNamedWorkflows(t *testing.T) {
	p := compile(t, "testdata/shop.yaml")
	if g := drawn(t, p, "login"); len(g.Workflows) != 1 || g.Workflows[0].ID != "login" {
		t.Errorf("login leads to %+v", g.Workflows)
	}
	if _, err := graph.New(p, "logn"); err == nil || !strings.Contains(err.Error(), `"login"`) {
		t.Errorf("no hint at login: %v", err)
	}
}

// The drawing in the README is that of the reference workflow.
func TestDrawingOfTheReference(t *testing.T) {
	want, err := os.ReadFile("../docs/reference.svg")
	if err != nil {
		t.Fatal(err)
	}
	p := compile(t, "../examples/cancel-and-confirm/arazzo/anthropic-batch-cancel-and-confirm-workflow.yml")
	if got := drawn(t, p).SVG(); got != string(want) {
		t.Error("docs/reference.svg is not what gobelin graph -o svg prints for the example")
	}
}

// element is an element of an SVG.
type element struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Inner   []element  `xml:",any"`
	Text    string     `xml:",chardata"`
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (e element) each(visit func(element)) {
	visit(e)
	for _, in := range e.Inner {
		in.each(visit)
	}
}

func parseSVG(t *testing.T, text string) element {
	t.Helper()
	var root element
	d := xml.NewDecoder(strings.NewReader(strings.TrimSpace(text)))
	if err := d.Decode(&root); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
	return root
}

// The SVG is well-formed, has each step and way by name, and no two boxes overlap.
func TestSVG(t *testing.T) {
	root := parseSVG(t, drawn(t, compile(t, "testdata/shop.yaml")).SVG())
	if got, want := root.attr("aria-label"), `Control flow of Shop "one" & <two>`; got != want {
		t.Errorf("label %q, want %q", got, want)
	}
	var steps, ways []string
	below := 0
	root.each(func(e element) {
		switch {
		case e.attr("class") == "step":
			steps = append(steps, e.attr("data-workflow")+"/"+e.attr("data-step"))
			var y, height int
			fmt.Sscan(e.Inner[0].attr("y"), &y)
			fmt.Sscan(e.Inner[0].attr("height"), &height)
			if y < below {
				t.Errorf("%v begins at %d, above %d", steps[len(steps)-1], y, below)
			}
			below = y + height
		case e.attr("data-action") != "":
			ways = append(ways, e.attr("data-action")+" "+e.attr("class"))
		}
	})
	if diff := cmp.Diff([]string{"order/list", "order/choose", "order/pay", "login/in", "choose/pick"}, steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	want := []string{"none way", "again way", "later way failed again", "stop way failed", "skip way"}
	if diff := cmp.Diff(want, ways); diff != "" {
		t.Errorf("ways (-want +got):\n%s", diff)
	}
}

// chain returns a document whose n steps each lead back to another one.
func chain(t *testing.T, n int) *gobelin.Program {
	t.Helper()
	var b strings.Builder
	b.WriteString("arazzo: 1.0.1\ninfo: {title: t, version: '1'}\nsourceDescriptions: [{name: api, url: testdata/api.yaml}]\n" +
		"workflows:\n- workflowId: w\n  steps:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {stepId: s%d, operationId: list, onSuccess: [{name: back, type: goto, stepId: s%d, "+
			"criteria: [{condition: $statusCode == 200}]}]}\n", i, (i*7919)%n)
	}
	doc, err := arazzo.Parse([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	p, err := gobelin.Compile(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A drawing takes memory in proportion to the document, however its ways cross.
func TestGrowth(t *testing.T) {
	const times, most = 8, 10
	cost := func(p *gobelin.Program) float64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		g := drawn(t, p)
		_, _, svg := g.Mermaid(), g.DOT(), g.SVG()
		runtime.ReadMemStats(&after)
		parseSVG(t, svg)
		return float64(after.Mallocs - before.Mallocs)
	}
	if small, large := cost(chain(t, 250)), cost(chain(t, times*250)); large > most*small {
		t.Errorf("%d times the steps take %.1f times the allocations", times, large/small)
	}
}
