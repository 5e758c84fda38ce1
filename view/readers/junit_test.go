package readers

import (
	"testing"

	"github.com/joshdk/go-junit"
)

// A parser of JUnit that others wrote counts as the report does.
func TestJUnit(t *testing.T) {
	suites, err := junit.Ingest([]byte(reported(t, "junit", "shop.jsonl")))
	if err != nil {
		t.Fatal(err)
	}
	if len(suites) != 2 || suites[0].Name != "order" {
		t.Fatalf("%+v", suites)
	}
	if got := suites[0].Totals; got.Tests != 9 || got.Passed != 8 || got.Failed != 1 || got.Duration <= 0 {
		t.Errorf("%+v", got)
	}
	last := suites[0].Tests[8]
	if last.Name != "receipt" || last.Classname != "order" || last.Status != junit.StatusFailed ||
		last.Error.Error() != "the criterion $[?@.total > 10] is not met" && last.Message != "the criterion $[?@.total > 10] is not met" {
		t.Errorf("%+v", last)
	}
	if suites[0].Tests[2].Properties["line"] != "12" {
		t.Errorf("%+v", suites[0].Tests[2].Properties)
	}
}
