package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gobelin-dev/gobelin/runtime"
	"golang.org/x/term"
)

func sortedNames(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// screen shows a run as it goes: a live line for the current step on a
// terminal, else a line for each thing that happens.
type screen struct {
	w     io.Writer
	live  bool
	color bool
	width func() int

	mu      sync.Mutex
	line    stepLine
	stop    chan struct{}
	stopped chan struct{}
}

// stepLine is what the live line tells of a step.
type stepLine struct {
	at         runtime.At
	request    string
	status     int
	executions int // in a row: attempts and repetitions by a loop
	began      time.Time
	wait       *runtime.WaitStarted
	waitBegan  time.Time
	failed     string
	finished   bool
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func newScreen(w io.Writer) *screen {
	s := &screen{w: w}
	if !isTerminal(w) {
		return s
	}
	f := w.(*os.File)
	s.live, s.color = true, os.Getenv("NO_COLOR") == ""
	s.width = func() int {
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil || width < 20 {
			return 80
		}
		return width
	}
	s.stop, s.stopped = make(chan struct{}), make(chan struct{})
	go s.tick()
	return s
}

const redraw = 100 * time.Millisecond

// tick redraws the live line until close.
func (s *screen) tick() {
	defer close(s.stopped)
	ticker := time.NewTicker(redraw)
	defer ticker.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
			s.mu.Lock()
			s.draw()
			s.mu.Unlock()
		}
	}
}

// close ends the live line.
func (s *screen) close() {
	if !s.live {
		return
	}
	close(s.stop)
	<-s.stopped
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commit()
}

func (s *screen) onEvent(e runtime.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live {
		s.update(e)
		s.draw()
		return
	}
	if text := plain(e); text != "" {
		at := runtime.EventAt(e)
		fmt.Fprintf(s.w, "%s%-16s %s\n", strings.Repeat("  ", at.Depth), at.StepID, text)
	}
}

// plain gives the line of an event, "" for those that need none.
func plain(e runtime.Event) string {
	switch e := e.(type) {
	case *runtime.StepStarted:
		if strings.HasPrefix(e.Operation, "workflow ") {
			return "calls " + e.Operation
		}
	case *runtime.RequestSent:
		return e.Method + " " + e.URL
	case *runtime.ResponseReceived:
		if e.Err != nil {
			return "no response: " + e.Err.Error()
		}
		return fmt.Sprintf("%d", e.Status)
	case *runtime.StepFinished:
		if !e.Succeeded {
			return "failed: " + e.Reason
		}
	case *runtime.ActionSelected:
		if e.Action != "" {
			return strings.TrimSpace(fmt.Sprintf("action %s: %s %s", e.Action, e.Type, e.Target))
		}
	case *runtime.WaitStarted:
		return fmt.Sprintf("waits %v (%s)", e.Duration, e.Reason)
	}
	return ""
}

// update takes an event into the live line.
func (s *screen) update(e runtime.Event) {
	at := runtime.EventAt(e)
	switch e := e.(type) {
	case *runtime.StepStarted:
		same := s.line.at.StepID == at.StepID && s.line.at.WorkflowID == at.WorkflowID && s.line.at.Depth == at.Depth
		if !same {
			s.commit()
			s.line = stepLine{at: at, began: time.Now()}
		}
		s.line.executions++
		s.line.request, s.line.wait, s.line.failed, s.line.finished = e.Operation, nil, "", false
	case *runtime.RequestSent:
		s.line.request = e.Method + " " + e.URL
	case *runtime.ResponseReceived:
		s.line.status = e.Status
	case *runtime.StepFinished:
		s.line.finished = true
		if !e.Succeeded {
			s.line.failed = e.Reason
		}
	case *runtime.WaitStarted:
		s.line.wait, s.line.waitBegan = e, time.Now()
	}
}

// commit leaves the live line as it is and goes to the next.
func (s *screen) commit() {
	if s.line.at.StepID == "" {
		return
	}
	s.line.wait = nil
	s.draw()
	fmt.Fprintln(s.w)
	s.line = stepLine{}
}

const (
	clearLine = "\r\x1b[K"
	green     = "\x1b[32m"
	red       = "\x1b[31m"
	reset     = "\x1b[0m"
)

func (s *screen) draw() {
	l := &s.line
	if l.at.StepID == "" {
		return
	}
	// The request comes last: on a narrow terminal it is what can be cut.
	text := fmt.Sprintf("%s%-16s", strings.Repeat("  ", l.at.Depth), l.at.StepID)
	if l.status != 0 {
		text += fmt.Sprintf("  %d", l.status)
	}
	if l.executions > 1 {
		text += fmt.Sprintf("  attempt %d", l.executions)
	}
	text += fmt.Sprintf("  %.1fs", time.Since(l.began).Seconds())
	if l.wait != nil {
		text += fmt.Sprintf("  waits %.1fs of %.1fs (%s)", time.Since(l.waitBegan).Seconds(), l.wait.Duration.Seconds(), l.wait.Reason)
	}
	if l.failed != "" {
		text += "  failed: " + strings.Join(strings.Fields(l.failed), " ")
	}
	text += "  " + l.request
	mark, color := "…", ""
	if l.finished && l.wait == nil {
		mark, color = "✓", green
		if l.failed != "" {
			mark, color = "✗", red
		}
	}
	if runes := []rune(text); len(runes) > s.width()-3 {
		text = string(runes[:s.width()-4]) + "…"
	}
	if s.color && color != "" {
		mark = color + mark + reset
	}
	fmt.Fprint(s.w, clearLine+mark+" "+text)
}
