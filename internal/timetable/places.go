package timetable

// Places has a number of places at each name, and a queue of items that wait for one.
// Most must be positive. It must be used by one goroutine at a time.
type Places[T any] struct {
	Most   int // places at each name
	names  map[string]*place[T]
	queued int
}

type place[T any] struct {
	taken  int
	queued []T
}

// Take takes a place at a name. If there is none the item is queued, and Take returns
// false.
func (p *Places[T]) Take(name string, item T) bool {
	at := p.names[name]
	if at == nil {
		at = &place[T]{}
		if p.names == nil {
			p.names = map[string]*place[T]{}
		}
		p.names[name] = at
	}
	if at.taken >= p.Most {
		at.queued = append(at.queued, item)
		p.queued++
		return false
	}
	at.taken++
	return true
}

// Leave passes a place at a name on to the next item in its queue, which it returns;
// if the queue is empty the place is free, and ok is false.
func (p *Places[T]) Leave(name string) (next T, ok bool) {
	at := p.names[name]
	if len(at.queued) == 0 {
		at.taken--
		return next, false
	}
	var none T
	next, at.queued[0] = at.queued[0], none // is not kept in memory
	at.queued = at.queued[1:]
	p.queued--
	return next, true
}

// Queued returns how many items wait.
func (p *Places[T]) Queued() int { return p.queued }

// Clear removes and returns the items that wait.
func (p *Places[T]) Clear() (items []T) {
	for _, at := range p.names {
		items = append(items, at.queued...)
		at.queued = nil
	}
	p.queued = 0
	return items
}
