package check_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/check"
)

var adviceWord = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// TestAdvice follows the messages: words that the right form of an example has and the wrong
// form lacks are in the message, in its fix or in its related places. What is left to
// the author is listed in testdata/advice.txt: the code, a colon, and the words. That
// the right form is right is checked by TestCatalogueExamples.
func TestAdvice(t *testing.T) {
	text, err := os.ReadFile("testdata/advice.txt")
	if err != nil {
		t.Fatal(err)
	}
	chosen := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if code, words, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && !strings.HasPrefix(line, "#") {
			chosen[code] = strings.TrimSpace(words)
		}
	}
	for _, e := range catalogue() {
		left, ok := unsaid(t, e)
		if want := chosen[e.Code]; ok && left != want {
			t.Errorf("%s: the message does not say %q; left to the author is %q", e.Code, left, want)
		}
		delete(chosen, e.Code)
	}
	for code := range chosen {
		t.Errorf("there is no code %s", code)
	}
}

// unsaid returns the words of the right form that the author is not told. It is false for an
// example without a right form, and for one that only a run or a folder shows.
func unsaid(t *testing.T, e check.Entry) (string, bool) {
	if e.Right == "" || e.Response != "" {
		return "", false
	}
	files := map[string]string{"api.yaml": sharedAPI(t), "stock.yaml": stock}
	if e.API != "" {
		files["api.yaml"] = e.API
	}
	known, found := adviceWord.FindAllString(e.Wrong, -1), false
	for _, d := range findText(t, document(e.Wrong), files) {
		if d.Code != e.Code {
			continue
		}
		found = true
		known = append(known, adviceWord.FindAllString(d.Message, -1)...)
		for _, r := range d.Related {
			known = append(known, adviceWord.FindAllString(r.Message, -1)...)
		}
		if d.Fix != nil {
			known = append(known, adviceWord.FindAllString(d.Fix.Message, -1)...)
			for _, edit := range d.Fix.Edits {
				known = append(known, adviceWord.FindAllString(edit.Text, -1)...)
			}
		}
	}
	if !found {
		return "", false
	}
	var left []string
	for _, w := range adviceWord.FindAllString(e.Right, -1) {
		if !slices.Contains(known, w) && !slices.Contains(left, w) {
			left = append(left, w)
		}
	}
	return strings.Join(left, " "), true
}
