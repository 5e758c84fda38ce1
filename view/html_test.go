package view_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// A page has runs as JSON that no text of theirs ends, allows nothing but its own script and styles,
// and names no other file.
func TestPage(t *testing.T) {
	text := reported(t, "html", shop(t), program(t))
	runs := regexp.MustCompile(`(?s)<script type="application/json" class="run"[^>]*>(.*?)</script>`).FindAllStringSubmatch(text, -1)
	if len(runs) != 2 {
		t.Fatalf("%d runs", len(runs))
	}
	var run struct {
		Status string
		Steps  []struct {
			ID, Place string
			Request   *struct{ Body string }
			Decisions []struct {
				Text string
				OK   bool
			}
		}
	}
	if err := json.Unmarshal([]byte(runs[0][1]), &run); err != nil {
		t.Fatal(err)
	}
	if run.Status != "failed" || len(run.Steps) != 11 {
		t.Fatalf("%+v", run)
	}
	if s := run.Steps[5]; s.Place != "testdata/shop.yaml:18" || !strings.Contains(s.Request.Body, "</script><svg onload=window.hostile=3>") {
		t.Errorf("%+v", s)
	}
	if d := run.Steps[10].Decisions; len(d) == 0 || d[0].Text == "" {
		t.Errorf("decisions %+v", d)
	}
	if !strings.Contains(text, `content="default-src 'none'; script-src 'sha256-`) {
		t.Error("no policy")
	}
	for _, hostile := range []string{"<svg onload", "<img src=x", "</script><b>", "\u2028"} {
		if strings.Contains(text, hostile) {
			t.Errorf("the page has %q", hostile)
		}
	}
	if found := regexp.MustCompile(`(?:src|href)="[^"]*"`).FindAllString(text, -1); len(found) != 1 || found[0] != `href="data:,"` {
		t.Errorf("the page leads to %q", found)
	}
}
