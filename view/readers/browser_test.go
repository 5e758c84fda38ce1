package readers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/gobelin-dev/gobelin/trace"
	"github.com/gobelin-dev/gobelin/view"
)

// opened is a page in a browser: what it complained about, and what it asked for.
type opened struct {
	context.Context
	mu        sync.Mutex
	complains []string
	asks      []string
}

// open opens a page in Chromium, from a file.
func open(t *testing.T, page string) *opened {
	t.Helper()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "chromium is not installed")
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(1280, 900), chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	o := &opened{Context: ctx}
	listen := func(e any) {
		o.mu.Lock()
		defer o.mu.Unlock()
		switch e := e.(type) {
		case *runtime.EventExceptionThrown:
			o.complains = append(o.complains, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			o.complains = append(o.complains, fmt.Sprintf("console.%s of %d values", e.Type, len(e.Args)))
		case *log.EventEntryAdded:
			o.complains = append(o.complains, e.Entry.Text)
		case *network.EventRequestWillBeSent:
			if url := e.Request.URL; !strings.HasPrefix(url, "data:") {
				o.asks = append(o.asks, url)
			}
		}
	}
	if err := chromedp.Listen(ctx, listen); err != nil {
		t.Fatal(err)
	}
	o.do(t, chromedp.Navigate("file://"+file), chromedp.WaitReady("#steps > li"))
	t.Cleanup(func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if len(o.complains) > 0 {
			t.Errorf("the console has %q", o.complains)
		}
		if len(o.asks) != 1 {
			t.Errorf("the page asks for %q", o.asks)
		}
	})
	return o
}

func (o *opened) do(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(o, actions...); err != nil {
		t.Fatal(err)
	}
}

// value evaluates JavaScript.
func value[T any](t *testing.T, o *opened, script string, options ...chromedp.EvaluateOption) T {
	t.Helper()
	v, err := chromedp.Run(o, chromedp.Evaluate[T](script, options...))
	if err != nil {
		t.Fatalf("%.100s: %v", script, err)
	}
	return v
}

// run evaluates JavaScript for what it does.
func run(t *testing.T, o *opened, script string) {
	t.Helper()
	value[bool](t, o, script+"; true")
}

// expect requires that JavaScript comes to a value.
func expect[T comparable](t *testing.T, o *opened, script string, want T) {
	t.Helper()
	if got := value[T](t, o, script); got != want {
		t.Errorf("%s is %v, want %v", script, got, want)
	}
}

const visible = `document.querySelectorAll('#steps > li:not([hidden])').length`

// The page shows the run that failed, its path in the drawing, and what a step has when it is
// opened, by mouse and by keyboard.
func TestPage(t *testing.T) {
	o := open(t, reported(t, "html", "shop.jsonl"))
	expect(t, o, `document.title`, "Shop </script><b>")
	expect(t, o, `document.getElementById('title').textContent`, "order")
	expect(t, o, `document.getElementById('status').textContent`, "✗ failed")
	expect(t, o, visible, 11)
	expect(t, o, `getComputedStyle(document.getElementById('run').parentNode).display !== 'none'`, true)
	expect(t, o, `document.querySelector('.g .step[data-step=poll] .count').textContent`, "×4")
	expect(t, o, `document.querySelector('.g .step[data-step=receipt]').classList.contains('bad')`, true)
	expect(t, o, `document.querySelector('.g .step[data-step=picture]').classList.contains('untaken')`, true)
	expect(t, o, `document.querySelector('.g .way[data-action=busy]').classList.contains('taken')`, true)
	expect(t, o, `document.querySelectorAll('#steps .inside').length`, 0)

	// A click opens a step.
	o.do(t, chromedp.Click(`#steps > li:nth-child(6) summary`), chromedp.WaitVisible(`#steps > li:nth-child(6) .inside`))
	text := value[string](t, o, `document.querySelector('#steps > li:nth-child(6) .inside').textContent`)
	for _, want := range []string{"POST http://127.0.0.1:8765/orders (authorized by bearer)", `"item": "i-1"`, "201 Created",
		"<img src=x onerror=window.hostile=2>\u2028\u2029", "testdata/shop.yaml:18"} {
		if !strings.Contains(text, want) {
			t.Errorf("the step has no %q:\n%s", want, text)
		}
	}
	expect(t, o, `document.querySelectorAll('#steps img, #steps script, main svg svg').length`, 0)
	expect(t, o, `String(window.hostile)`, "undefined")

	// The keyboard leads to the search, and through the steps.
	o.do(t, chromedp.KeyEvent("/"))
	expect(t, o, `document.activeElement.id`, "search")
	run(t, o, `document.getElementById('search').value = ''`) // a character that is sent apart from its key is typed
	o.do(t, chromedp.KeyEvent("503"))
	expect(t, o, visible, 2)
	expect(t, o, `document.getElementById('shown').textContent`, "2 of 11 step executions")
	run(t, o, `document.getElementById('search').value = ''`)
	o.do(t, chromedp.SendKeys("#search", " "))
	expect(t, o, visible, 11)
	o.do(t, chromedp.Focus(`#steps > li:nth-child(7) summary`), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter),
		chromedp.WaitVisible(`#steps > li:nth-child(8) .inside`))

	// The failure is a click away, with what decided it.
	o.do(t, chromedp.Click("#first"), chromedp.WaitVisible(`#steps > li:nth-child(11) .inside`))
	decisions := value[string](t, o, `document.querySelector('#steps > li:nth-child(11) .inside ul').textContent`)
	if !strings.Contains(decisions, "total > 10") {
		t.Errorf("the decisions are %q", decisions)
	}
	expect(t, o, `document.activeElement.closest('li') === document.querySelector('#steps > li:nth-child(11)')`, true)

	// The other run.
	run(t, o, `document.getElementById('run').value = '1'; document.getElementById('run').dispatchEvent(new Event('change'))`)
	expect(t, o, `document.getElementById('title').textContent`, "picture")
	o.do(t, chromedp.Click(`#steps > li summary`), chromedp.WaitVisible(`#steps .inside`))
	expect(t, o, `document.querySelector('#steps .inside').textContent.includes('iVBORw0KGgoAAP8=')`, true)
}

// axe-core finds no violation, in the dark and in the light, with everything open.
func TestAccessibility(t *testing.T) {
	axe, err := os.ReadFile(module(t, "axe-core") + "/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	o := open(t, reported(t, "html", "shop.jsonl"))
	for _, scheme := range []string{"light", "dark"} {
		if _, err := chromedp.Run(o, func(ctx context.Context, _ *chromedp.Target) (cdp.Empty, error) {
			return chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		}); err != nil {
			t.Fatal(err)
		}
		run(t, o, `for (const d of document.querySelectorAll('details')) d.open = true`)
		run(t, o, string(axe))
		found := value[[]string](t, o, `new Promise(done => setTimeout(done, 100)).then(() => {
			for (const d of document.querySelectorAll('.inside details')) d.open = true; return axe.run()}).then(r =>
			r.violations.flatMap(v => v.nodes.map(n => v.id + ' ' + n.html.slice(0, 120) + ' ' + n.failureSummary)))`, chromedp.EvalAwaitPromise)
		for _, v := range found {
			t.Errorf("%s: %s", scheme, v)
		}
	}
}

// long is a trace of a run of so many steps.
func long(t *testing.T, steps int) string {
	t.Helper()
	text, err := os.ReadFile("../testdata/shop.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(strings.SplitAfter(string(text), "\n")[0])
	at := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	line := func(event, more string) {
		fmt.Fprintf(&b, `{"event":%q,"time":%q,"workflowId":"order",%s}`+"\n", event, at.Format(time.RFC3339Nano), more)
	}
	line("runStarted", `"run":0`)
	line("workflowStarted", `"inputs":{}`)
	for i := range steps {
		step := fmt.Sprintf(`"stepId":"poll","visit":%d,"attempt":1,`, i+1)
		items := strings.Repeat(`{"id":"item","price":12.50},`, 20)
		body, err := json.Marshal(fmt.Sprintf(`{"state":"open","number":%d,"items":[%s{}]}`, i, items))
		if err != nil {
			t.Fatal(err)
		}
		line("stepStarted", step+`"operation":"GET /orders/{id}"`)
		line("requestSent", step+`"method":"GET","url":"http://shop.example/orders/o-1","header":{"Accept":["*/*"]}`)
		at = at.Add(20 * time.Millisecond)
		line("responseReceived", step+`"status":200,"header":{"Content-Type":["application/json"]},"body":`+string(body)+
			`,"timing":{"wait":15000000,"transfer":2000000}`)
		line("criterionEvaluated", step+`"condition":"$statusCode == 200","type":"simple",`+
			`"operands":[{"text":"$statusCode","value":200}],"passed":true`)
		line("stepFinished", step+`"succeeded":true`)
		line("actionSelected", step+`"action":"again","type":"goto","target":"poll"`)
		line("waitStarted", step+`"duration":10000000,"reason":"loop delay"`)
		at = at.Add(10 * time.Millisecond)
	}
	line("workflowFinished", `"outputs":{}`)
	line("runFinished", `"status":"succeeded"`)
	return b.String()
}

// A page of 5,000 steps opens and filters in less than 2 s of script time
// (docs/performance.md has what it was).
func TestLongPage(t *testing.T) {
	const steps = 5000
	events, err := trace.NewReader(strings.NewReader(long(t, steps)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := view.NewWriter(program(t), "gobelin v1.2.3", view.Output{Format: "html", To: &b})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Read(events), w.Close()); err != nil {
		t.Fatal(err)
	}
	o := open(t, b.String())
	expect(t, o, visible, steps)
	o.do(t, chromedp.SendKeys("#search", "4321"))
	if n := value[int](t, o, visible); n == 0 || n > 20 {
		t.Errorf("%d steps have 4321", n)
	}
	run(t, o, `document.querySelector('#steps > li:not([hidden]) details').open = true`)
	o.do(t, chromedp.WaitVisible(`#steps > li:not([hidden]) .inside`))
	measured := func(name string) float64 {
		return value[float64](t, o, fmt.Sprintf(`performance.getEntriesByName(%q).reduce((sum, e) => sum + e.duration, 0)`, name))
	}
	opened, filtered := measured("shown"), measured("filtered")
	t.Logf("%d steps, %.1f MB: opened in %.0f ms, filtered by four keys in %.0f ms", steps, float64(b.Len())/1e6, opened, filtered)
	if opened <= 0 || filtered <= 0 || opened+filtered > 2000 {
		t.Errorf("opened in %.0f ms, filtered in %.0f ms, together more than 2000", opened, filtered)
	}
}
