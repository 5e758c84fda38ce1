package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gobelin-dev/gobelin/runtime"
)

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// screen shows the progress of a run: a live line for the current step on a
// terminal, else a line for each event.
type screen struct {
	*terminal

	mu      sync.Mutex
	step    stepLine
	stop    chan struct{}
	stopped chan struct{}
}

// stepLine is the content of the live line for a step.
type stepLine struct {
	at         runtime.At
	request    string
	status     int
	executions int // in a row: attempts, and repetitions by a loop
	began      time.Time
	wait       *runtime.WaitStarted
	waitBegan  time.Time
	failed     string
	finished   bool
}

func newScreen(t *terminal) *screen {
	s := &screen{terminal: t}
	if t.live {
		s.stop, s.stopped = make(chan struct{}), make(chan struct{})
		go s.tick()
	}
	return s
}

const redrawn = 100 * time.Millisecond

// tick redraws the live line until close.
func (s *screen) tick() {
	defer close(s.stopped)
	ticker := time.NewTicker(redrawn)
	defer ticker.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
			s.mu.Lock()
			s.redraw()
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
	if d, ok := finding(e); ok {
		s.printf("%s\n", d)
	}
	if s.live {
		s.update(e)
		s.redraw()
		return
	}
	if text := plain(e); text != "" {
		at := runtime.EventAt(e)
		_ = s.print(s.sentence("%s%-16s %s", strings.Repeat("  ", at.Depth), at.StepID, inFlags(text)))
	}
}

// plain returns the line of an event, or "" for those that need none.
func plain(e runtime.Event) string {
	switch e := e.(type) {
	case *runtime.StepStarted:
		if strings.HasPrefix(e.Operation, "workflow ") {
			return "calls " + e.Operation
		}
	case *runtime.RequestSent:
		return request(e)
	case *runtime.ResponseReceived:
		if e.Err != nil {
			return "" // why the step fails says it
		}
		if e.Resent > 0 {
			return fmt.Sprintf("%d, sent again on another connection (%s)", e.Status, count(e.Resent, "time"))
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

// request describes a request, and by which security schemes it is authorized.
func request(e *runtime.RequestSent) string {
	text := e.Method + " " + e.URL
	if len(e.Security) > 0 {
		text += " [" + strings.Join(e.Security, ", ") + "]"
	}
	return text
}

// update updates the live line for an event.
func (s *screen) update(e runtime.Event) {
	at := runtime.EventAt(e)
	switch e := e.(type) {
	case *runtime.StepStarted:
		same := s.step.at.StepID == at.StepID && s.step.at.WorkflowID == at.WorkflowID && s.step.at.Depth == at.Depth
		if !same {
			s.commit()
			s.step = stepLine{at: at, began: time.Now()}
		}
		s.step.executions++
		s.step.request, s.step.wait, s.step.failed, s.step.finished = e.Operation, nil, "", false
	case *runtime.RequestSent:
		s.step.request = request(e)
	case *runtime.ResponseReceived:
		s.step.status = e.Status
	case *runtime.StepFinished:
		s.step.finished = true
		if !e.Succeeded {
			s.step.failed = e.Reason
		}
	case *runtime.WaitStarted:
		s.step.wait, s.step.waitBegan = e, time.Now()
	}
}

// commit keeps the live line and moves to the next.
func (s *screen) commit() {
	if s.step.at.StepID == "" {
		return
	}
	s.step.wait = nil
	s.redraw()
	s.leave(true)
	s.step = stepLine{}
}

func (s *screen) redraw() {
	l := &s.step
	if l.at.StepID == "" {
		return
	}
	// The request is last: a narrow terminal may cut it.
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
		text += "  failed: " + strings.Join(strings.Fields(inFlags(l.failed)), " ")
	}
	text += "  " + l.request
	mark, color := "…", ""
	if l.finished && l.wait == nil {
		mark, color = "✓", green
		if l.failed != "" {
			mark, color = "✗", red
		}
	}
	s.draw(color, mark, " "+text)
}
