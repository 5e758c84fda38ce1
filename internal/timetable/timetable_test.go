package timetable

import (
	"slices"
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	began := time.Unix(0, 0)
	at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	var table Table[string]
	if _, ok := table.Next(); ok {
		t.Error("an empty table has a next item")
	}
	for i, add := range []struct {
		due   int
		item  string
		first bool
	}{{5, "e", true}, {7, "g", false}, {2, "b", true}, {2, "b2", false}, {9, "i", false}} {
		if got := table.Add(at(add.due), add.item); got != add.first {
			t.Errorf("%d: %s is the first: %v, want %v", i, add.item, got, add.first)
		}
	}
	if due, ok := table.Next(); !ok || due != at(2) {
		t.Errorf("next at %v, %v, want 2 s", due, ok)
	}
	var got []string
	for item, ok := table.Due(at(7)); ok; item, ok = table.Due(at(7)) {
		got = append(got, item)
	}
	slices.Sort(got[:2]) // of the same time
	if want := []string{"b", "b2", "e", "g"}; !slices.Equal(got, want) {
		t.Errorf("due: %q, want %q", got, want)
	}
	if rest := table.Clear(); !slices.Equal(rest, []string{"i"}) {
		t.Errorf("left: %q, want i", rest)
	}
	if _, ok := table.Next(); ok {
		t.Error("a cleared table has a next item")
	}
}
