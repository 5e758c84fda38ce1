package timetable

import "time"

// A Pace spreads events over time. The zero Pace has had none. It must be used by one
// goroutine at a time.
type Pace struct{ next time.Time }

// Wait returns how long the next event waits, so that there are at most so many per
// second.
func (p *Pace) Wait(now time.Time, perSecond float64) time.Duration {
	slot := p.next
	if slot.Before(now) {
		slot = now
	}
	p.next = slot.Add(time.Duration(min(float64(time.Second)/perSecond, 1<<60))) // 36 years: no overflow
	return slot.Sub(now)
}
