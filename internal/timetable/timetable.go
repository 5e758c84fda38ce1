// Package timetable orders what waits: by the time when it is due, by a rate, or for a
// place.
package timetable

import (
	"container/heap"
	"time"
)

// A Table holds items until they are due. The zero Table is empty. It must be used
// by one goroutine at a time.
type Table[T any] struct{ entries entries[T] }

type entry[T any] struct {
	due  time.Time
	item T
}

// Add adds an item, and reports whether it is the next one that is due.
func (t *Table[T]) Add(due time.Time, item T) (first bool) {
	earliest, waiting := t.Next()
	heap.Push(&t.entries, entry[T]{due, item})
	return !waiting || due.Before(earliest)
}

// Next returns when the next item is due; ok is false if there is none.
func (t *Table[T]) Next() (due time.Time, ok bool) {
	if len(t.entries) == 0 {
		return time.Time{}, false
	}
	return t.entries[0].due, true
}

// Due removes and returns an item that is due; ok is false if there is none.
func (t *Table[T]) Due(now time.Time) (item T, ok bool) {
	if due, waiting := t.Next(); !waiting || due.After(now) {
		return item, false
	}
	return heap.Pop(&t.entries).(entry[T]).item, true
}

// Clear removes and returns all items.
func (t *Table[T]) Clear() []T {
	items := make([]T, len(t.entries))
	for i, e := range t.entries {
		items[i] = e.item
	}
	t.entries = nil
	return items
}

// entries is a heap: the entry that is due first is the first.
type entries[T any] []entry[T]

// Len implements [heap.Interface].
func (e entries[T]) Len() int { return len(e) }

// Less implements [heap.Interface].
func (e entries[T]) Less(i, j int) bool { return e[i].due.Before(e[j].due) }

// Swap implements [heap.Interface].
func (e entries[T]) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push implements [heap.Interface].
func (e *entries[T]) Push(x any) { *e = append(*e, x.(entry[T])) }

// Pop implements [heap.Interface].
func (e *entries[T]) Pop() any {
	old := *e
	last := old[len(old)-1]
	old[len(old)-1] = entry[T]{} // is not kept in memory
	*e = old[:len(old)-1]
	return last
}
