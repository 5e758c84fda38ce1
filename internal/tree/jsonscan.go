package tree

import (
	"bytes"
	"errors"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// jsonScanner reads JSON by an [Outline]. It accepts what RFC 8259 allows and
// gives up on anything else, which the full parser then reports.
type jsonScanner struct {
	data []byte
	text *source
	place
	seen  int // the offset up to which lines are counted
	depth int
	nodes int // and names
	most  int
	rests restsOf
}

// document reads the whole text.
func (r *jsonScanner) document(o *Outline) (n *Node, err error) {
	defer quickFailure(&n, &err)
	n = r.value(o)
	if value.ScanBlanks(r.data, r.pos) < len(r.data) {
		giveUp()
	}
	return n, nil
}

// later reads a collection that was left unread.
func (r *jsonScanner) later() (n *Node, err error) {
	defer quickFailure(&n, &err)
	r.seen = r.pos
	return r.value(whole), nil
}

// errUnsure is the error of a text that a scanner has given up on.
var errUnsure = errors.New("the text cannot be read in part")

// quickFailure makes an error from a scanner's panic.
func quickFailure(n **Node, err *error) {
	switch p := recover().(type) {
	case nil:
	case *SyntaxError:
		*n, *err = nil, p
	case unsure:
		*n, *err = nil, errUnsure
	default:
		panic(p)
	}
}

// mark counts lines up to an offset and returns its position; offsets must not
// decrease.
func (r *jsonScanner) mark(at int) (line, column int) {
	passed := r.data[r.seen:at]
	if n := bytes.Count(passed, []byte{'\n'}); n > 0 {
		r.line += n
		r.start = r.seen + bytes.LastIndexByte(passed, '\n') + 1
	}
	r.seen = at
	return r.line, r.column(r.data, at)
}

// to moves to the end of what has been read, if it was valid.
func (r *jsonScanner) to(end int) {
	if end == value.Bad {
		giveUp()
	}
	r.pos = end
}

// skip skips the value at the position.
func (r *jsonScanner) skip() {
	r.to(value.Skip(r.data, r.pos, maxDepth-r.depth))
}

// value reads the value at the position or after white space there.
func (r *jsonScanner) value(o *Outline) *Node {
	r.pos = value.ScanBlanks(r.data, r.pos)
	switch {
	case o == skipped:
		r.skip()
		return nil
	case r.pos == len(r.data):
		giveUp()
	}
	start, n := r.pos, &Node{}
	n.Line, n.Column = r.mark(start)
	if r.nodes++; r.nodes > r.most {
		panic(tooManyValues(n.Line, n.Column))
	}
	switch c := r.data[start]; c {
	case '{', '[':
		n.Kind = Array
		if c == '{' {
			n.Kind = Object
		}
		r.collection(n, o)
		return n
	case '"':
		end, escaped := value.ScanString(r.data, start+1)
		r.to(end)
		n.Kind, n.Text = String, value.DecodeString(r.data[start+1:end-1], escaped)
	case 't', 'f':
		r.to(value.ScanLiteral(r.data, start))
		n.Kind, n.Text = Bool, string(r.data[start:r.pos])
	case 'n':
		r.to(value.ScanLiteral(r.data, start))
	default:
		r.to(value.ScanNumber(r.data, start))
		n.Kind, n.Text = Number, string(r.data[start:r.pos])
	}
	return n
}

// collection reads the array or object at the position, or leaves it unread.
func (r *jsonScanner) collection(n *Node, o *Outline) {
	if o.deferred() {
		n.later = &later{text: r.text, at: r.place}
	}
	if o == nil {
		r.skip()
		return
	}
	if r.depth++; r.depth > maxDepth {
		giveUp()
	}
	if n.later == nil {
		r.contents(n, o)
	} else {
		inner := &Node{Kind: n.Kind}
		r.contents(inner, r.rests.of(o))
		n.later.peek, n.later.peeked = o.Peek, inner.Get(o.Peek)
	}
	r.depth--
}

// closing are the brackets that end collections.
var closing = [...]byte{Array: ']', Object: '}'}

// contents reads what is between the brackets into n.
func (r *jsonScanner) contents(n *Node, o *Outline) {
	end := closing[n.Kind]
	if r.pos = value.ScanBlanks(r.data, r.pos+1); r.pos < len(r.data) && r.data[r.pos] == end {
		r.pos++
		return
	}
	for closed := false; !closed; {
		if n.Kind == Object {
			r.member(n, o)
		} else if item := r.value(o.item()); item != nil {
			n.Items = append(n.Items, item)
		}
		next := 0
		next, closed = value.AfterItem(r.data, r.pos, end)
		r.to(next)
	}
	if n.Kind == Object {
		if err := n.finish(); err != nil {
			panic(err)
		}
	}
}

func (r *jsonScanner) member(n *Node, o *Outline) {
	start := r.pos
	name, escaped, next := value.ScanName(r.data, start)
	r.to(next)
	if escaped {
		name = value.Unescape(nil, name)
	}
	inner := o.child(name)
	if inner == skipped {
		r.skip()
		return
	}
	m := Member{Name: string(name)}
	r.nodes++
	m.Line, m.Column = r.mark(start)
	m.Value = r.value(inner)
	n.Members = append(n.Members, m)
}
