package main

import (
	goruntime "runtime"
	"slices"
	"syscall"
	"time"
)

// usage is the cost of one run of some work.
type usage struct {
	time   time.Duration // the median of the rounds
	allocs float64
	bytes  float64
	rounds []time.Duration
}

// compare measures works in turns: in every round each has its turn, so that
// disturbances of the machine affect all of them.
func compare(rounds int, turn time.Duration, works ...func()) []usage {
	costs := make([]usage, len(works))
	counts := make([]int, len(works))
	for i, work := range works {
		work()
		started := time.Now()
		work()
		counts[i] = max(1, int(turn/max(time.Since(started), 1)))
		costs[i].allocs, costs[i].bytes = allocations(work)
	}
	for range rounds {
		for i, work := range works {
			started := clock()
			for range counts[i] {
				work()
			}
			costs[i].rounds = append(costs[i].rounds, (clock()-started)/time.Duration(counts[i]))
		}
	}
	for i := range costs {
		costs[i].time = median(costs[i].rounds)
	}
	return costs
}

var began = time.Now()

// clock measures the time of works.
var clock = func() time.Duration { return time.Since(began) }

// processorTime returns the processor time of this process, including that of
// the server and the collector, but not that of other processes.
func processorTime() time.Duration {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// allocations counts the allocations of one run, on all goroutines.
func allocations(work func()) (count, bytes float64) {
	const runs = 5
	var before, after goruntime.MemStats
	goruntime.GC()
	goruntime.ReadMemStats(&before)
	for range runs {
		work()
	}
	goruntime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / runs, float64(after.TotalAlloc-before.TotalAlloc) / runs
}

// over returns the ratio of two costs: the median of the ratios of the rounds.
func (c usage) over(d usage) float64 {
	ratios := make([]float64, len(c.rounds))
	for i := range ratios {
		ratios[i] = float64(c.rounds[i]) / float64(d.rounds[i])
	}
	return median(ratios)
}

func median[T float64 | time.Duration](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
