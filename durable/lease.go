package durable

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrFenced is the error of an engine whose runs another process has taken over,
// as this one did not give a sign of life for longer than its lease.
var ErrFenced = errors.New("another process has taken over the runs of this one, which was silent for longer than its lease")

// A lease is the sign of life of one process, a row of a table whose counter it
// raises. It is read by the clocks of those who watch, which may not be set, and
// by no other: a process is dead for another one if its counter stood still for as
// long as the lease takes.
type lease struct {
	table    table
	owner    string
	duration time.Duration

	mu   sync.Mutex
	beat time.Time // when the counter was last raised, by the monotonic clock
	lost bool

	seen map[string]sighting // of others
}

// left is the counter of a process that has ended.
const left = -1

type sighting struct {
	counter int64
	since   time.Time
}

// table has the rows of all processes.
type table interface {
	create(ctx context.Context) error
	// raise raises the counter of a process, and reports whether it still has a row.
	raise(ctx context.Context, owner string) (bool, error)
	insert(ctx context.Context, owner string) error
	counters(ctx context.Context) (map[string]int64, error)
	// fence takes the row of a process away from it if its counter is that, and reports
	// whether it did: of several that take over, one does.
	fence(ctx context.Context, owner string, counter int64) (bool, error)
	remove(ctx context.Context, owner string) error
	// leave sets the counter of a process that ends to one that no living one has.
	leave(ctx context.Context, owner string) error
}

func (l *lease) begin(ctx context.Context) error {
	if err := l.table.create(ctx); err != nil {
		return err
	}
	if err := l.table.insert(ctx, l.owner); err != nil {
		return err
	}
	l.beat, l.seen = time.Now(), map[string]sighting{}
	return nil
}

// renew raises the counter; ErrFenced if the row is gone.
func (l *lease) renew(ctx context.Context) error {
	start := time.Now() // before: what is seen of it is later
	there, err := l.table.raise(ctx, l.owner)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !there {
		l.lost = true
		return ErrFenced
	}
	l.beat = start
	return nil
}

// held reports whether a request may be sent. After half of the lease it asks the
// table.
func (l *lease) held(ctx context.Context) error {
	l.mu.Lock()
	lost, fresh := l.lost, time.Since(l.beat) < l.duration/2
	l.mu.Unlock()
	switch {
	case lost:
		return ErrFenced
	case fresh:
		return nil
	}
	if err := l.renew(ctx); err != nil {
		return fmt.Errorf("the lease: %w", err)
	}
	return nil
}

// dead returns the processes that are dead, and fenced: their runs are this one's to
// resume. Their rows stay until that is done, so that others see if this one dies before.
func (l *lease) dead(ctx context.Context) (list []string, err error) {
	counters, err := l.table.counters(ctx)
	if err != nil {
		return nil, err
	}
	for owner := range l.seen {
		if _, there := counters[owner]; !there {
			delete(l.seen, owner)
		}
	}
	for owner, counter := range counters {
		if owner == l.owner {
			continue
		}
		if s, known := l.seen[owner]; counter != left && (!known || s.counter != counter) {
			l.seen[owner] = sighting{counter, time.Now()}
			continue
		} else if counter != left && time.Since(s.since) < l.duration {
			continue
		}
		fenced, err := l.table.fence(ctx, owner, counter)
		if err != nil {
			return list, err
		}
		if fenced {
			list = append(list, owner)
		}
	}
	return list, nil
}
