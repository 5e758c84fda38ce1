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

func TestPlaces(t *testing.T) {
	p := Places[string]{Most: 2}
	for i, take := range []struct {
		name, item string
		want       bool
	}{{"h", "a", true}, {"h", "b", true}, {"h", "c", false}, {"other", "d", true}, {"h", "e", false}} {
		if got := p.Take(take.name, take.item); got != take.want {
			t.Errorf("%d: %s takes a place at %s: %v, want %v", i, take.item, take.name, got, take.want)
		}
	}
	if p.Queued() != 2 {
		t.Errorf("%d wait, want 2", p.Queued())
	}
	if next, ok := p.Leave("h"); !ok || next != "c" {
		t.Errorf("next is %q, %v, want c", next, ok)
	}
	if rest := p.Clear(); !slices.Equal(rest, []string{"e"}) || p.Queued() != 0 {
		t.Errorf("left: %q and %d, want e", rest, p.Queued())
	}
	if next, ok := p.Leave("h"); ok {
		t.Errorf("next is %q after all were removed", next)
	}
	if !p.Take("h", "f") || p.Take("h", "g") {
		t.Error("not exactly one place is free")
	}
}

func TestPace(t *testing.T) {
	var p Pace
	began := time.Unix(0, 0)
	for i, at := range []struct{ now, want time.Duration }{
		{0, 0}, {0, 500 * time.Millisecond}, {time.Second, 0}, {1200 * time.Millisecond, 300 * time.Millisecond}, {time.Hour, 0},
	} {
		if got := p.Wait(began.Add(at.now), 2); got != at.want {
			t.Errorf("%d: waits %v, want %v", i, got, at.want)
		}
	}
	p.Wait(began.Add(2*time.Hour), 1e-300)
	if got := p.Wait(began.Add(2*time.Hour), 1); got < 24*time.Hour {
		t.Errorf("after an event that takes ages it waits %v", got)
	}
}
