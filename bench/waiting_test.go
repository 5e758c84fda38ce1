package main

import "testing"

func BenchmarkWaiting(b *testing.B) {
	for range b.N {
		each, goroutines := waiting(100_000)
		b.ReportMetric(each, "B/run")
		b.ReportMetric(float64(goroutines), "goroutines")
	}
}
