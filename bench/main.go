// Command bench measures gobelin against its goals, next to libopenapi's Arazzo
// engine and a hand-written loop on the same work, and prints the table. It
// exits with 1 if a goal is missed.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 9, "rounds in which each contestant has its turn")
	turn := flag.Duration("turn", 100*time.Millisecond, "length of a turn")
	root := flag.String("root", "..", "the repository")
	cpu := flag.Bool("cpu", false, "compare the time of the processors instead of the clock's: for a machine that others use too")
	plots := flag.String("plots", "", "directory to write the plots to, as SVG; empty: none")
	only := flag.String("only", "", "measure the rows whose name has this text only")
	flag.Parse()

	if *cpu {
		clock = processorTime
	}
	s := &suite{rounds: *rounds, turn: *turn}
	rows := []struct {
		name    string
		measure func()
	}{
		{"command", func() { s.command(*root) }}, // first: the memory of a process includes that of the one that started it
		{"values", s.values},
		{"bytes 400 B", func() { s.bytes(400, manySteps, "400 B", 1.0/4, 0.6) }},
		{"bytes 40 KB", func() { s.bytes(40_000, fewSteps, "40 KB", 1.0/8, 0.25) }},
		{"unread", s.unread},
		{"http 400 B", func() { s.http(400, "400 B", 1) }},
		{"http 40 KB", func() { s.http(40_000, "40 KB", 0.5) }},
		{"http 1 MB", func() { s.http(1_000_000, "1 MB", 0.35) }},
		{"limit", s.limit},
		{"concurrent", s.concurrent},
		{"waiting", s.waiting},
		{"reference", func() { s.reference(*root) }},
		{"descriptions", func() {
			for _, d := range largeDescriptions {
				s.description(d)
			}
		}},
	}
	fmt.Println("| what | against | gobelin | the other | figure | goal | |\n|---|---|---|---|---|---|---|")
	missed := 0
	for _, row := range rows {
		if !strings.Contains(row.name, *only) {
			continue
		}
		s.goals = nil
		row.measure()
		for _, g := range s.goals {
			mark := "met"
			if !g.met() {
				mark = "**missed**"
				missed++
			}
			fmt.Printf("| %s | %s | %s | %s | %.3g%s | ≤ %.3g%s | %s |\n", g.what, g.against, g.ours, g.theirs, g.figure, g.unit, g.bound,
				g.unit, mark)
		}
	}
	if *plots != "" {
		s.plot(*plots)
	}
	if missed > 0 {
		os.Exit(1)
	}
}
