package main

import (
	"testing"
)

// TestLargeDescriptions holds the goal: a compile takes at most 1/15 of the time
// of libopenapi's full model, and at most 1/20 of its memory.
func TestLargeDescriptions(t *testing.T) {
	for _, d := range largeDescriptions {
		t.Run(d.name, func(t *testing.T) {
			data, err := d.read()
			if err != nil {
				t.Skipf("SKIPPED, the description is absent: %v", err)
			}
			ours, lib := d.compare(data)
			t.Logf("%d bytes: compile %v and %d KiB, libopenapi's model %v and %d KiB: 1/%.0f of the time, 1/%.0f of the memory",
				len(data), ours.time, ours.heap>>10, lib.time, lib.heap>>10, float64(lib.time)/float64(ours.time), float64(lib.heap)/float64(ours.heap))
			if ours.time*15 > lib.time || ours.heap*20 > lib.heap {
				t.Error("the goal is missed: 1/15 of the time, 1/20 of the memory")
			}
		})
	}
}

func BenchmarkDescriptions(b *testing.B) {
	for _, d := range largeDescriptions {
		data, err := d.read()
		if err != nil {
			b.Logf("SKIPPED, the description is absent: %v", err)
			continue
		}
		doc := d.workflow()
		b.Run("gobelin/"+d.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				compileAgainst(doc, data)
			}
		})
		b.Run("libopenapi/"+d.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				fullModel(data)
			}
		})
	}
}
