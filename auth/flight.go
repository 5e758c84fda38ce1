package auth

import (
	"context"
	"errors"
	"sync"
)

// flights are values by key, each of which is fetched once for all that wait for it.
type flights[T any] struct {
	mu  sync.Mutex
	all map[string]*flight[T]
}

// A flight is a value that is fetched, or was.
type flight[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// get returns the value of a key if it is fresh, and else what fetch returns, which gets the
// value that there was; ok is false if there was none. Those that come meanwhile get the
// same value, or the same error: but for that of a context that has ended, which is not theirs.
func (f *flights[T]) get(ctx context.Context, key string, fresh func(T) bool, fetch func(last T, ok bool) (T, error)) (T, error) {
	for {
		f.mu.Lock()
		last := f.all[key]
		if last == nil || last.ended() && (last.err != nil || !fresh(last.value)) {
			next := &flight[T]{done: make(chan struct{})}
			if f.all == nil {
				f.all = map[string]*flight[T]{}
			}
			f.all[key] = next
			f.mu.Unlock()
			var before T
			has := last != nil && last.err == nil
			if has {
				before = last.value
			}
			next.err = errors.New("fetching it panicked") // if it does
			defer close(next.done)
			next.value, next.err = fetch(before, has)
			return next.value, next.err
		}
		f.mu.Unlock()
		select {
		case <-last.done:
		case <-ctx.Done():
			var none T
			return none, context.Cause(ctx)
		}
		if last.err == nil || !errors.Is(last.err, context.Canceled) && !errors.Is(last.err, context.DeadlineExceeded) {
			return last.value, last.err
		}
		if err := context.Cause(ctx); err != nil {
			var none T
			return none, err
		}
	}
}

func (f *flight[T]) ended() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}
