package attack

import (
	"context"
	"fmt"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

const (
	mostMemory  = 500 << 20 // bytes of the process, for any attack
	fatalMemory = 3 << 30   // beyond which the process ends before the machine does
	mostTime    = 10 * time.Second
	grace       = 20 * time.Second // after which what does not end is a hang
)

// memory returns what the process has of the system, as the runtime knows it.
func memory() int64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
}

// guarded calls f and fails the test if it panics, needs more time or memory than
// it may. What cannot be stopped ends the process, with the name of the test.
func guarded(t *testing.T, limit time.Duration, most int64, f func(context.Context)) {
	t.Helper()
	if memory() > 64<<20 {
		debug.FreeOSMemory()
	}
	before := memory()
	// Only what is needed counts, not what a collector that gets no processor on a
	// busy machine has not freed yet: near the limit it works harder.
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(before + most/10*8))
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	panicked := make(chan string, 1)
	start := time.Now()
	go func() {
		defer func() {
			if r := recover(); r != nil {
				panicked <- fmt.Sprintf("panic: %v\n%s", r, debug.Stack())
				return
			}
			panicked <- ""
		}()
		f(ctx)
	}()
	peak := before
	sample := time.NewTicker(5 * time.Millisecond)
	defer sample.Stop()
	for {
		select {
		case message := <-panicked:
			if message != "" {
				t.Error(message)
			}
			peak = max(peak, memory())
			t.Logf("%d MB of memory, %v", (peak-before)>>20, time.Since(start).Round(time.Millisecond))
			if peak-before > most {
				t.Errorf("%d MB of memory, at most %d are allowed", (peak-before)>>20, most>>20)
			}
			if spent := time.Since(start); spent > limit {
				t.Errorf("it took %v, at most %v are allowed", spent, limit)
			}
			return
		case <-sample.C:
			peak = max(peak, memory())
			switch {
			case peak > fatalMemory:
				abort(t, fmt.Sprintf("%d MB of memory", peak>>20))
			case time.Since(start) > limit+grace:
				abort(t, fmt.Sprintf("not ended after %v", time.Since(start)))
			}
		}
	}
}

func abort(t *testing.T, why string) {
	stacks := make([]byte, 1<<16)
	stacks = stacks[:goruntime.Stack(stacks, true)]
	fmt.Fprintf(os.Stderr, "%s: %s\n%s\n", t.Name(), why, stacks)
	os.Exit(2)
}
