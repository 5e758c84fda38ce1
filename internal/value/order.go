package value

import (
	"maps"
	"slices"
)

// An Order is the order in which somebody has written the members of an object, and
// of those in it. The values of this package have none: an Order goes beside one, as
// far as it is known. The nil Order knows nothing, and objects are sorted by name.
type Order struct {
	Names  []string // of an object, each once
	Inside []*Order // of its members, parallel to Names, or of the items of an array; nil: nothing is known
}

// NewOrder returns the order of an object with names, or of an array without; nil
// if there is nothing to know.
func NewOrder(names []string, inside []*Order) *Order {
	if !slices.ContainsFunc(inside, func(o *Order) bool { return o != nil }) {
		inside = nil
	}
	if len(names) == 0 && inside == nil {
		return nil
	}
	return &Order{Names: names, Inside: inside}
}

// At returns the order inside of the i-th name or item.
func (o *Order) At(i int) *Order {
	if o == nil || i >= len(o.Inside) {
		return nil
	}
	return o.Inside[i]
}

// Has reports whether the order has a name.
func (o *Order) Has(name string) bool { return o != nil && slices.Contains(o.Names, name) }

// Each calls visit for the members of an object: those of the order first, then the
// others, sorted.
func (o *Order) Each(members map[string]any, visit func(name string, v any, inside *Order)) {
	left := len(members)
	if o != nil {
		for i, name := range o.Names {
			if v, ok := members[name]; ok {
				left--
				visit(name, v, o.At(i))
			}
		}
	}
	if left == 0 {
		return
	}
	var known map[string]bool
	if o != nil && left < len(members) {
		known = make(map[string]bool, len(o.Names))
		for _, name := range o.Names {
			known[name] = true
		}
	}
	names := make([]string, 0, left)
	for name := range members {
		if !known[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		visit(name, members[name], nil)
	}
}

// With returns the order of v when a value with the order inside is put at the place
// that the tokens of a JSON Pointer name. o itself is not changed.
func (o *Order) With(v any, tokens []string, inside *Order) *Order {
	if len(tokens) == 0 {
		return inside
	}
	child, _ := Child(v, tokens[0])
	changed := &Order{}
	if o != nil {
		*changed = Order{slices.Clone(o.Names), slices.Clone(o.Inside)}
	}
	var i int
	switch v := v.(type) {
	case map[string]any:
		if o == nil {
			changed.Names = slices.Sorted(maps.Keys(v))
		}
		if i = slices.Index(changed.Names, tokens[0]); i < 0 {
			i = len(changed.Names)
			changed.Names = append(changed.Names, tokens[0])
		}
	case []any:
		var ok bool
		if i, ok = Index(tokens[0]); !ok {
			i = len(v) // "-" appends
		} else if i >= len(v) {
			return o
		}
	default:
		return o
	}
	for len(changed.Inside) <= i {
		changed.Inside = append(changed.Inside, nil)
	}
	changed.Inside[i] = o.At(i).With(child, tokens[1:], inside)
	return changed
}

// OrderOf returns the order in a JSON text.
func OrderOf(text []byte) *Order {
	o, _ := orderAt(text, ScanBlanks(text, 0), 0)
	return o
}

func orderAt(text []byte, i, depth int) (o *Order, end int) {
	var inside []*Order
	var names []string
	if i >= len(text) || depth > maxDepth || kinds[text[i]] != openObject && kinds[text[i]] != openArray {
		return nil, Skip(text, i, maxDepth)
	}
	isObject := text[i] == '{'
	closing := byte(']')
	if isObject {
		closing = '}'
	}
	if i = ScanBlanks(text, i+1); i < len(text) && text[i] == closing {
		return nil, i + 1
	}
	seen := map[string]int{}
	for closed := false; !closed; {
		at := -1
		if isObject {
			raw, escaped, next := ScanName(text, i)
			if next == Bad {
				return nil, Bad
			}
			name := DecodeString(raw, escaped)
			if n, ok := seen[name]; ok { // the last one counts
				at = n
			} else {
				seen[name] = len(names)
				names = append(names, name)
			}
			i = next
		}
		child, next := orderAt(text, i, depth+1)
		if next == Bad {
			return nil, Bad
		}
		if at < 0 {
			inside = append(inside, child)
		} else {
			inside[at] = child
		}
		if i, closed = AfterItem(text, next, closing); i == Bad {
			return nil, Bad
		}
	}
	return NewOrder(names, inside), i
}
