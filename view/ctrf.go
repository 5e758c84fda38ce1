package view

import (
	"cmp"
	"encoding/json"
	"io"
	"strings"
	"time"
)

// The objects of the Common Test Report Format, https://ctrf.io, version 0.0.0.
type (
	ctrfReport struct {
		ReportFormat string      `json:"reportFormat"`
		SpecVersion  string      `json:"specVersion"`
		GeneratedBy  string      `json:"generatedBy"`
		Results      ctrfResults `json:"results"`
	}
	ctrfResults struct {
		Tool    ctrfTool    `json:"tool"`
		Summary ctrfSummary `json:"summary"`
		Tests   []ctrfTest  `json:"tests"`
	}
	ctrfTool struct {
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
	}
	ctrfSummary struct {
		Tests   int   `json:"tests"`
		Passed  int   `json:"passed"`
		Failed  int   `json:"failed"`
		Pending int   `json:"pending"`
		Skipped int   `json:"skipped"`
		Other   int   `json:"other"`
		Start   int64 `json:"start"` // milliseconds since 1970
		Stop    int64 `json:"stop"`
	}
	ctrfTest struct {
		Name      string   `json:"name"`
		Status    string   `json:"status"`
		Duration  int64    `json:"duration"` // milliseconds
		Start     int64    `json:"start,omitempty"`
		Stop      int64    `json:"stop,omitempty"`
		Suite     []string `json:"suite,omitempty"`
		Message   string   `json:"message,omitempty"`
		Trace     string   `json:"trace,omitempty"`
		Line      int      `json:"line,omitempty"`
		RawStatus string   `json:"rawStatus,omitempty"`
		FilePath  string   `json:"filePath,omitempty"`
		Retries   int      `json:"retries,omitempty"`
		Flaky     bool     `json:"flaky,omitempty"`
	}
)

// ctrf writes a test for each visit of a step, as JUnit's report does.
type ctrf struct {
	to  io.Writer
	all ctrfReport
}

func newCTRF(to io.Writer, a about) format {
	name, version, _ := strings.Cut(a.tool, " ")
	return &ctrf{to: to, all: ctrfReport{ReportFormat: "CTRF", SpecVersion: "0.0.0", GeneratedBy: a.tool,
		Results: ctrfResults{Tool: ctrfTool{Name: name, Version: version}, Tests: []ctrfTest{}}}}
}

func (c *ctrf) run(r *run) error {
	sum := &c.all.Results.Summary
	if began := r.began.UnixMilli(); sum.Start == 0 || began < sum.Start {
		sum.Start = began
	}
	sum.Stop = max(sum.Stop, r.ended.UnixMilli())
	failed := false
	for _, v := range r.visits {
		first, last, failing := v.first(), v.last(), r.failing(v)
		t := ctrfTest{Name: first.id, Status: "passed", RawStatus: last.status, Start: first.began.UnixMilli(), Stop: r.end(last).UnixMilli(),
			Suite: []string{r.title(), r.path(first)}, FilePath: r.document, Retries: len(v.attempts) - 1,
			Flaky: len(v.attempts) > 1 && last.status == "succeeded"}
		t.Duration = max(t.Stop-t.Start, 0)
		if at, ok := r.place(first); ok {
			t.FilePath, t.Line = at.File, at.Line
		}
		switch {
		case failing != nil:
			t.Status, t.Message, failed = "failed", failing.why(), true
		case last.status == "canceled" && r.status != "succeeded":
			t.Status, t.Message, failed = "failed", r.why(), true
		}
		if t.Status == "failed" {
			t.Trace = cmp.Or(failing, last).text()
		}
		c.add(t)
	}
	if r.status != "succeeded" && !failed {
		t := ctrfTest{Name: r.workflowID, Status: "failed", RawStatus: r.status, Duration: r.took().Milliseconds(), Suite: []string{r.title()},
			Message: r.why(), FilePath: r.document}
		if r.notRun() {
			t.Status = "skipped"
		}
		c.add(t)
	}
	return nil
}

func (c *ctrf) add(t ctrfTest) {
	sum := &c.all.Results.Summary
	sum.Tests++
	switch t.Status {
	case "passed":
		sum.Passed++
	case "failed":
		sum.Failed++
	case "skipped":
		sum.Skipped++
	}
	c.all.Results.Tests = append(c.all.Results.Tests, t)
}

func (c *ctrf) close() error {
	if sum := &c.all.Results.Summary; sum.Start == 0 {
		sum.Start = time.Now().UnixMilli()
		sum.Stop = sum.Start
	}
	e := json.NewEncoder(c.to)
	e.SetIndent("", "  ")
	return e.Encode(c.all)
}

// why is what a run says of its end.
func (r *run) why() string {
	if r.err != nil {
		return r.err.Message
	}
	return r.status
}
