package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// jsonScanner reads JSON by an [Outline]. It takes what RFC 8259 allows and
// gives up on all else, which the full parser then tells of.
type jsonScanner struct {
	data []byte
	text *source
	place
	seen  int // the offset up to which lines are counted
	depth int
	rests restsOf
}

// document reads the whole text, nil when that is not sure.
func (r *jsonScanner) document(o *Outline) (n *Node) {
	defer func() {
		if p := recover(); p != nil {
			n = nil
			quickFailure(p)
		}
	}()
	if !utf8.Valid(r.data) {
		giveUp()
	}
	n = r.value(o)
	r.blanks()
	if r.pos < len(r.data) {
		giveUp()
	}
	return n
}

// later reads a collection that was left in the text.
func (r *jsonScanner) later() (n *Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = nil, quickFailure(p)
		}
	}()
	r.seen = r.pos
	return r.value(whole), nil
}

// quickFailure is the error that a scanner has panicked with.
func quickFailure(p any) error {
	switch p := p.(type) {
	case *SyntaxError:
		return p
	case unsure:
		return errors.New("the text cannot be read in part")
	}
	panic(p)
}

func (r *jsonScanner) blanks() {
	for r.pos < len(r.data) {
		switch r.data[r.pos] {
		case ' ', '\t', '\r', '\n':
			r.pos++
		default:
			return
		}
	}
}

// peek returns the next byte that is not blank.
func (r *jsonScanner) peek() byte {
	r.blanks()
	if r.pos == len(r.data) {
		giveUp()
	}
	return r.data[r.pos]
}

// mark counts lines up to an offset and returns its place; offsets must not
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

func (r *jsonScanner) value(o *Outline) *Node {
	c := r.peek()
	if c == '{' || c == '[' {
		return r.collection(c, o)
	}
	start := r.pos
	kind := Number
	switch c {
	case '"':
		kind = String
		r.skipString()
	case 't':
		kind = Bool
		r.literal("true")
	case 'f':
		kind = Bool
		r.literal("false")
	case 'n':
		kind = Null
		r.literal("null")
	default:
		r.number()
	}
	if o == skipped {
		return nil
	}
	n := &Node{Kind: kind}
	n.Line, n.Column = r.mark(start)
	switch kind {
	case String:
		n.Text = decodeJSONString(r.data[start:r.pos])
	case Bool, Number:
		n.Text = string(r.data[start:r.pos])
	}
	return n
}

func (r *jsonScanner) collection(c byte, o *Outline) *Node {
	if r.depth++; r.depth > maxDepth {
		giveUp()
	}
	var n *Node
	if o != skipped {
		n = &Node{Kind: Array}
		if c == '{' {
			n.Kind = Object
		}
		n.Line, n.Column = r.mark(r.pos)
	}
	if o.deferred() {
		n.later = &later{text: r.text, at: r.place}
		if o == nil {
			r.contents(c, nil, skipped)
		} else {
			inner := r.contents(c, &Node{Kind: n.Kind}, r.rests.of(o))
			n.later.peek, n.later.peeked = o.Peek, inner.Get(o.Peek)
		}
	} else {
		n = r.contents(c, n, o)
	}
	r.depth--
	return n
}

// contents reads what stands between the brackets into n.
func (r *jsonScanner) contents(open byte, n *Node, o *Outline) *Node {
	end := open + 2 // '{' and '}', '[' and ']'
	r.pos++
	if r.peek() == end {
		r.pos++
		return n
	}
	for {
		if open == '{' {
			r.member(n, o)
		} else if item := r.value(o.item()); item != nil {
			n.Items = append(n.Items, item)
		}
		c := r.peek()
		r.pos++
		if c == end {
			break
		}
		if c != ',' {
			giveUp()
		}
	}
	if n != nil && n.Kind == Object {
		if err := n.finish(); err != nil {
			panic(err)
		}
	}
	return n
}

func (r *jsonScanner) member(n *Node, o *Outline) {
	if r.peek() != '"' {
		giveUp()
	}
	start := r.pos
	r.skipString()
	end := r.pos
	if r.peek() != ':' {
		giveUp()
	}
	r.pos++
	if o == skipped {
		r.value(o)
		return
	}
	name := r.data[start+1 : end-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		name = []byte(decodeJSONString(r.data[start:end]))
	}
	inner := o.child(name)
	if inner == skipped {
		r.value(inner)
		return
	}
	m := Member{Name: string(name)}
	m.Line, m.Column = r.mark(start)
	m.Value = r.value(inner)
	n.Members = append(n.Members, m)
}

// inString are the bytes that stand for themselves in a string.
var inString = func() (t [256]bool) {
	for c := 0x20; c < 256; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

func (r *jsonScanner) skipString() {
	for i := r.pos + 1; i < len(r.data); {
		c := r.data[i]
		switch {
		case inString[c]:
			i++
		case c == '"':
			r.pos = i + 1
			return
		case c == '\\' && i+1 < len(r.data) && strings.IndexByte(`"\/bfnrt`, r.data[i+1]) >= 0:
			i += 2
		case c == '\\' && i+5 < len(r.data) && r.data[i+1] == 'u' && isHex(r.data[i+2]) && isHex(r.data[i+3]) && isHex(r.data[i+4]) && isHex(r.data[i+5]):
			i += 6
		default:
			giveUp()
		}
	}
	giveUp()
}

func isHex(c byte) bool { return c-'0' < 10 || (c|0x20)-'a' < 6 }

// decodeJSONString decodes a string that is known to be one.
func decodeJSONString(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		giveUp()
	}
	return s
}

func (r *jsonScanner) literal(word string) {
	if !bytes.HasPrefix(r.data[r.pos:], []byte(word)) {
		giveUp()
	}
	r.pos += len(word)
}

func (r *jsonScanner) number() {
	r.accept('-', '-')
	if !r.accept('0', '0') {
		r.digits()
	}
	if r.accept('.', '.') {
		r.digits()
	}
	if r.accept('e', 'E') {
		r.accept('-', '+')
		r.digits()
	}
}

func (r *jsonScanner) accept(a, b byte) bool {
	if r.pos < len(r.data) && (r.data[r.pos] == a || r.data[r.pos] == b) {
		r.pos++
		return true
	}
	return false
}

func (r *jsonScanner) digits() {
	start := r.pos
	for r.pos < len(r.data) && r.data[r.pos]-'0' < 10 {
		r.pos++
	}
	if r.pos == start {
		giveUp()
	}
}
