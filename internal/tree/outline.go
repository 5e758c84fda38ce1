package tree

import (
	"errors"
	"sync"
	"sync/atomic"
)

// An Outline selects what [ParseOutline] reads of a collection at once, and
// what it leaves unread until it is needed. The members of an object are read:
// each by the Outline that Members has for its name, else by Each. A nil
// Outline leaves the collection unread, as does one with a Peek, the name of a
// member that is read nevertheless. Values other than objects and arrays are
// always read.
type Outline struct {
	Members map[string]*Outline
	Each    *Outline
	Peek    string
}

var (
	whole   = &Outline{} // everything
	skipped = &Outline{} // nothing, not even a node
)

// child returns the Outline for the value of a member.
func (o *Outline) child(name []byte) *Outline {
	if o == whole || o == skipped {
		return o
	}
	if inner, ok := o.Members[string(name)]; ok {
		return inner
	}
	return o.Each
}

// item returns the Outline for an element of an array.
func (o *Outline) item() *Outline {
	if o == whole || o == skipped {
		return o
	}
	return o.Each
}

// deferred reports whether a collection is left unread.
func (o *Outline) deferred() bool { return o == nil || o.Peek != "" }

// rest returns the Outline by which a collection with a Peek is skipped.
func (o *Outline) rest() *Outline {
	return &Outline{Members: map[string]*Outline{o.Peek: whole}, Each: skipped}
}

// ParseOutline is [Parse] for parts of a text: it leaves unread what the
// outline leaves out. Get, Member, At, Child and Value read it when it is
// needed; a Node whose Outline reads its members may have unread values in
// Members, which Get returns. Several goroutines may do so at once. data must
// not be modified afterwards. The text's syntax is checked as a whole; what the
// syntax allows and JSON does not, a duplicate key or a number such as .inf, is
// an error of the unread node that contains it, see [Node.Err].
//
// A text with anything that the quick readers do not support is read in full.
func ParseOutline(data []byte, o *Outline) (*Node, error) {
	data = withoutMark(data)
	if !quickly {
		return parseFull(data)
	}
	n, err := quick(data, o)
	var syntax *SyntaxError
	if err == nil || errors.As(err, &syntax) && syntax.Message == tooMany {
		return n, err
	}
	return parseFull(data)
}

// quick reads what the quick readers are sure of. Their errors are left for the
// full parser to find, which reports the first of the text, except the error of
// a text that is too large for it.
func quick(data []byte, o *Outline) (*Node, error) {
	if looksLikeJSON(data) {
		text := newSource(data, true)
		r := &jsonScanner{data: data, text: text, most: maxNodes(data), place: place{line: 1}}
		return r.document(o)
	}
	if !readable(data) {
		return nil, errUnsure
	}
	text := newSource(data, false)
	r := &yamlScanner{data: data, text: text, most: maxNodes(data), place: place{line: 1}}
	return r.document(o)
}

// source is a text with unread parts.
type source struct {
	data []byte
	json bool
	left atomic.Int64 // nodes and names that may be made of the parts
}

func newSource(data []byte, json bool) *source {
	s := &source{data: data, json: json}
	s.left.Store(int64(maxNodes(data)))
	return s
}

// later is an unread collection.
type later struct {
	once   sync.Once
	text   *source
	at     place
	peek   string // the member that was read at once
	peeked *Node
	err    error
}

// open reads an unread node.
func (n *Node) open() *Node {
	if n != nil && n.later != nil {
		n.later.once.Do(n.read)
	}
	return n
}

func (n *Node) read() {
	l := n.later
	var full *Node
	most, made := int(l.text.left.Load()), 0
	if l.text.json {
		r := &jsonScanner{data: l.text.data, place: l.at, most: most}
		full, l.err = r.later()
		made = r.nodes
	} else {
		r := &yamlScanner{data: l.text.data, place: l.at, most: most}
		full, l.err = r.later()
		made = r.nodes
	}
	l.text.left.Add(-int64(made))
	if l.err == nil {
		n.Items, n.Members, n.index = full.Items, full.Members, full.index
	}
}

// Err returns the error of an unread node that cannot be read, or nil.
func (n *Node) Err() error {
	if n == nil || n.later == nil {
		return nil
	}
	return n.open().later.err
}

// Peek returns the member that the Outline names as its Peek, without reading
// the others.
func (n *Node) Peek(name string) *Node {
	if n == nil || n.later == nil || n.later.peek != name {
		return n.Get(name)
	}
	return n.later.peeked
}

// place is the position of a scanner.
type place struct {
	pos              int
	line, start      int // of the line: its number, and where it begins
	counted, columns int // the columns before the offset counted, if it is on this line
}

// unsure is the panic of a scanner that leaves the text to the full parser.
type unsure struct{}

// giveUp ends the quick reading of a text.
func giveUp() { panic(unsure{}) }

// column returns the column, in characters from 1, of an offset on the line.
// Offsets mostly increase, so that a long line is counted once.
func (p *place) column(data []byte, at int) int {
	if p.counted < p.start || p.counted > at {
		p.counted, p.columns = p.start, 0
	}
	for i := p.counted; i < at; i++ {
		if data[i]&0xc0 != 0x80 {
			p.columns++
		}
	}
	p.counted = at
	return p.columns + 1
}

// restsOf caches the results of [Outline.rest] during one reading of a text.
type restsOf map[*Outline]*Outline

func (m *restsOf) of(o *Outline) *Outline {
	rest := (*m)[o]
	if rest == nil {
		rest = o.rest()
		if *m == nil {
			*m = restsOf{}
		}
		(*m)[o] = rest
	}
	return rest
}
