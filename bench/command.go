package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gobelin-dev/gobelin/examples/cancel-and-confirm/batchapi"
)

// command measures the whole process of gobelin run, on the reference workflow
// and a server that ends the batch at the first poll.
func (s *suite) command(root string) {
	dir := must(os.MkdirTemp("", "bench"))
	defer os.RemoveAll(dir)
	bin := filepath.Join(dir, "gobelin")
	build := exec.Command("go", "build", "-o", bin, "./cmd/gobelin")
	build.Dir = root
	check(build.Run())
	api := httptest.NewServer(&batchapi.Server{})
	defer api.Close()
	document := must(filepath.Glob(filepath.Join(root, "examples", "cancel-and-confirm", "arazzo", "*.yml")))[0]
	var times []time.Duration
	var memory []float64
	for range max(s.rounds, 9) {
		run := exec.Command(bin, "run", document, "--server", api.URL, "--loop-delay", "0", "-i", "apiKey=key", "-i",
			`requests=[{"custom_id":"a","params":{"model":"m"}}]`)
		started := time.Now()
		if out, err := run.CombinedOutput(); err != nil {
			panic(fmt.Sprintf("%v: %s", err, out))
		}
		times = append(times, time.Since(started))
		memory = append(memory, float64(run.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)/1024)
	}
	// redocly respect took 1.69 s and 132 MiB on the same server.
	ms := float64(median(times)) / 1e6
	s.goals = append(s.goals,
		goal{what: "gobelin run of the reference workflow", against: "1/60 of redocly respect, time", ours: fmt.Sprintf("%.1f ms", ms),
			theirs: "1690 ms", figure: ms, bound: 28, unit: " ms"},
		goal{what: "gobelin run of the reference workflow", against: "1/6 of redocly respect, memory",
			ours: fmt.Sprintf("%.1f MiB", median(memory)), theirs: "132 MiB", figure: median(memory), bound: 22, unit: " MiB"})
}
