package view

import (
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/graph"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

var (
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	pageScript string
)

// mostShown bounds a body in a page, in bytes.
const mostShown = 64 << 10

// page writes a page that is complete in itself. Runs are JSON in it, which its script
// renders: no text of a run is ever HTML.
type page struct {
	to    io.Writer
	about about
	begun bool
	drawn map[*runtime.Program]bool
}

func newPage(to io.Writer, a about) format {
	return &page{to: to, about: a, drawn: map[*runtime.Program]bool{}}
}

// The parts of the page. What is around the runs is written before and after them.
const (
	pageHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src %s; style-src %s; img-src data:; base-uri 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<link rel="icon" href="data:,">
<style>%s</style>
</head>
<body>
<header><h1 id="title">Run</h1>
<p class="facts"><b id="status"></b> <span id="facts"></span> <span>%s</span></p>
<p class="error" id="error" role="alert" hidden></p></header>
<main>
<noscript><p>This page shows runs by a script of its own, which is not allowed to run.</p></noscript>
<details id="drawing" open><summary><b>Workflow</b></summary>
`
	pageTools = `</details>
<details><summary><b>Inputs and outputs</b></summary><div id="values"></div></details>
<section id="diagnosed" aria-label="Diagnostics"><h2>Diagnostics</h2><ul id="diagnostics" class="diagnostics"></ul></section>
<h2>Steps</h2>
<form role="search" aria-label="Steps"><label>Run<select id="run"></select></label>
<label>Search (/)<input id="search" type="search" autocomplete="off"></label>
<label>Show<select id="kind"><option value="all">all</option><option value="failed">not succeeded</option>` +
		`<option value="waited">followed by a wait</option><option value="requests">with a request</option></select></label>
<button id="first" type="button">Go to the failure</button>
<output id="shown" for="search kind"></output></form>
<p class="legend"><span><i class="blocked"></i>other</span><span><i class="dns"></i>DNS</span><span><i class="connect"></i>connect</span>` +
		`<span><i class="tls"></i>TLS</span><span><i class="wait"></i>response</span><span><i class="transfer"></i>transfer</span>` +
		`<span><i class="pause"></i>wait between steps</span></p>
<ol id="steps" aria-label="Steps"></ol>
</main>
`
)

// policy returns the source of a text in a content security policy: its hash.
func policy(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

var drawingStyle = regexp.MustCompile(`(?s)<style>(.*?)</style>`)

// run writes a run. All of the page that is before the runs comes with the first: the
// policy names the style of drawings, which is the same for all.
func (p *page) run(r *run) error {
	if err := p.begin(); err != nil {
		return err
	}
	text, err := json.Marshal(newPageRun(r)) // which escapes what ends a script
	if err != nil {
		return err
	}
	if r.program != nil && !p.drawn[r.program] {
		p.drawn[r.program] = true
		if err := p.draw(r); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(p.to, "<script type=\"application/json\" class=\"run\" data-title=\"%s\" data-status=\"%s\">%s</script>\n",
		html.EscapeString(r.title()), html.EscapeString(r.status), text)
	return err
}

func (p *page) begin() error {
	if p.begun {
		return nil
	}
	p.begun = true
	title := "Runs"
	if p.about.program != nil {
		title = p.about.program.Document().Info.Title
	}
	styles := policy(pageStyle)
	if found := drawingStyle.FindStringSubmatch(new(graph.Graph).SVG()); found != nil {
		styles += " " + policy(found[1])
	}
	_, err := fmt.Fprintf(p.to, pageHead, policy(pageScript), styles, html.EscapeString(title), pageStyle, html.EscapeString(p.about.tool))
	return err
}

// draw writes the drawing of a run's document.
func (p *page) draw(r *run) error {
	g, err := graph.New(r.program)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.to, `<div class="graph" tabindex="0" role="region" aria-label="Drawing" data-document="%s" hidden>%s</div>`+"\n",
		html.EscapeString(r.document), g.SVG())
	return err
}

func (p *page) close() error {
	if err := p.begin(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.to, "%s<script>%s</script>\n</body>\n</html>\n", pageTools, pageScript)
	return err
}

// What the script of the page reads. Times are in milliseconds, from the beginning of
// the run.
type (
	pageRun struct {
		Title       string          `json:"title"`
		Document    string          `json:"document"`
		Status      string          `json:"status"`
		Began       string          `json:"began,omitempty"`
		Took        float64         `json:"took"`
		Error       string          `json:"error,omitempty"`
		Inputs      json.RawMessage `json:"inputs,omitempty"`
		Outputs     json.RawMessage `json:"outputs,omitempty"`
		Steps       []*pageStep     `json:"steps"`
		Diagnostics [][2]string     `json:"diagnostics,omitempty"` // severity and text
	}
	pageStep struct {
		Workflow  string          `json:"workflow"`
		ID        string          `json:"id"`
		Visit     int             `json:"visit"`
		Attempt   int             `json:"attempt"`
		Depth     int             `json:"depth,omitempty"`
		Operation string          `json:"operation,omitempty"`
		Status    string          `json:"status"`
		Ends      bool            `json:"ends,omitempty"` // it is why the run failed
		Code      int             `json:"code,omitempty"`
		Reason    string          `json:"reason,omitempty"`
		Place     string          `json:"place,omitempty"`
		At        float64         `json:"at"`
		Took      float64         `json:"took"`
		Action    string          `json:"action,omitempty"`
		Request   *pageMessage    `json:"request,omitempty"`
		Response  *pageMessage    `json:"response,omitempty"`
		Parts     [][3]any        `json:"parts,omitempty"` // name, beginning, duration
		Waits     [][3]any        `json:"waits,omitempty"` // beginning, duration, reason
		Decisions []pageDecision  `json:"decisions,omitempty"`
		Outputs   json.RawMessage `json:"outputs,omitempty"`
	}
	pageMessage struct {
		Line    string      `json:"line"`
		Headers [][2]string `json:"headers,omitempty"`
		Type    string      `json:"type,omitempty"`
		Body    string      `json:"body,omitempty"`
		Size    int         `json:"size"`
		Cut     bool        `json:"cut,omitempty"`
		Binary  bool        `json:"binary,omitempty"` // the body is base64
	}
	pageDecision struct {
		Text  string   `json:"text"`
		Lines []string `json:"lines,omitempty"`
		OK    bool     `json:"ok"`
		Place string   `json:"place,omitempty"`
	}
)

func newPageRun(r *run) *pageRun {
	p := &pageRun{Title: r.title(), Document: r.document, Status: r.status, Took: milliseconds(r.took()), Inputs: object(r.inputs),
		Outputs: object(r.outputs), Steps: []*pageStep{}}
	if !r.began.IsZero() {
		p.Began = r.began.UTC().Format("2006-01-02 15:04:05 MST")
	}
	if r.err != nil {
		p.Error = r.err.Message
		for _, v := range r.err.Violations {
			p.Error += "\n" + v.Message
		}
	}
	list := r.diagnostics
	if r.program != nil {
		list = slices.Concat(r.program.Diagnostics(), list)
	}
	for _, d := range list {
		p.Diagnostics = append(p.Diagnostics, [2]string{d.Severity.String(), fmt.Sprintf("%s: %s [%s]", d.Position, d.Message, d.Code)})
	}
	for _, s := range r.steps {
		p.Steps = append(p.Steps, newPageStep(r, s))
	}
	return p
}

func newPageStep(r *run, s *step) *pageStep {
	since := func(t time.Time) float64 { return milliseconds(max(t.Sub(r.began), 0)) }
	p := &pageStep{Workflow: s.workflowID, ID: s.id, Visit: s.visit, Attempt: s.attempt, Depth: s.depth, Operation: s.operation,
		Status: s.status, Ends: r.fails(s), Reason: s.why(), At: since(s.began), Took: milliseconds(max(r.end(s).Sub(s.began), 0)),
		Outputs: object(s.outputs)}
	if at, ok := r.place(s); ok {
		p.Place = fmt.Sprintf("%s:%d", at.File, at.Line)
	}
	if s.action != nil {
		p.Action = s.action.Action
	}
	for _, e := range s.explained {
		d := pageDecision{Text: e.Text, Lines: e.Lines, OK: e.OK}
		if e.Place.Line > 0 {
			d.Place = line(e.Place)
		}
		p.Decisions = append(p.Decisions, d)
	}
	for _, d := range s.raised {
		p.Decisions = append(p.Decisions, pageDecision{Text: fmt.Sprintf("%v: %s [%s]", d.Severity, d.Message, d.Code),
			OK: d.Severity == arazzo.Note, Place: line(d.Position)})
	}
	for _, w := range s.waits {
		p.Waits = append(p.Waits, [3]any{since(w.Time), milliseconds(w.Duration), string(w.Reason)})
	}
	if s.sent != nil {
		text := s.sent.Method + " " + s.sent.URL
		if len(s.sent.Security) > 0 {
			text += " (authorized by " + strings.Join(s.sent.Security, ", ") + ")"
		}
		if len(s.sent.Wanted) > 0 {
			text += " (not given: a credential for " + strings.Join(s.sent.Wanted, " or ") + ")"
		}
		p.Request = newPageMessage(text, s.sent.Header, s.request)
	}
	if s.received == nil {
		return p
	}
	p.Code = s.received.Status
	text := status(s.received.Status)
	if s.received.Err != nil {
		text = "no response: " + s.received.Err.Error()
	}
	p.Response = newPageMessage(text, s.received.Header, s.response)
	p.parts(s, since(s.request.time), milliseconds(max(s.response.time.Sub(s.request.time), 0)))
	return p
}

// parts fills in the parts of the exchange, as far as they are known.
func (p *pageStep) parts(s *step, at, took float64) {
	var t runtime.Timing
	if s.received.Timing != nil {
		t = *s.received.Timing
	}
	known := t.DNS + t.Connect + t.TLS + t.Wait + t.Transfer
	for _, part := range []struct {
		name string
		took float64
	}{
		{"blocked", took - milliseconds(known)}, {"dns", milliseconds(t.DNS)}, {"connect", milliseconds(t.Connect)}, {"tls", milliseconds(t.TLS)},
		{"wait", milliseconds(t.Wait)}, {"transfer", milliseconds(t.Transfer)},
	} {
		if part.took > 0 {
			p.Parts = append(p.Parts, [3]any{part.name, at, part.took})
			at += part.took
		}
	}
}

func newPageMessage(line string, h http.Header, m *message) *pageMessage {
	p := &pageMessage{Line: line, Type: h.Get("Content-Type"), Size: len(m.body), Cut: m.cut}
	for _, pair := range harHeaders(h) {
		p.Headers = append(p.Headers, [2]string{pair.Name, pair.Value})
	}
	body := m.body
	text, encoding := harText(body)
	if len(body) > mostShown {
		p.Cut = true
		if encoding == "" {
			text = short(text, mostShown)
		} else {
			text, encoding = harText(body[:mostShown])
		}
	}
	p.Body, p.Binary = text, encoding != ""
	return p
}

// object returns a value as JSON, or nil if there is none.
func object(v map[string]any) json.RawMessage {
	if len(v) == 0 {
		return nil
	}
	return value.AppendJSON(nil, v)
}

// line names a place by its line.
func line(p arazzo.Position) string { return fmt.Sprintf("%s:%d", p.File, p.Line) }
