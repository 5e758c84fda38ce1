package tree

import "bytes"

// flow reads a flow collection at the position.
func (r *yamlScanner) flow(o *Outline) *Node {
	if r.data[r.pos] == '{' {
		return r.collection(Object, o, func(n *Node, o *Outline) {
			r.flowItems('}', func() { r.flowMember(n, o) })
		})
	}
	return r.collection(Array, o, func(n *Node, o *Outline) {
		r.flowItems(']', func() {
			if item := r.flowValue(o.item()); item != nil {
				n.Items = append(n.Items, item)
			}
		})
	})
}

// flowItems reads what is between brackets.
func (r *yamlScanner) flowItems(end byte, item func()) {
	r.pos++
	r.flowBlanks()
	if r.at(r.pos) == end {
		r.pos++
		return
	}
	for {
		item()
		r.flowBlanks()
		c := r.at(r.pos)
		r.pos++
		switch c {
		case end:
			return
		case ',':
			r.flowBlanks()
		default:
			giveUp()
		}
	}
}

// flowBlanks skips white space and line breaks between brackets.
func (r *yamlScanner) flowBlanks() {
	for {
		switch {
		case r.pos == len(r.data):
			giveUp()
		case r.data[r.pos] == ' ' || r.data[r.pos] == '\r':
			r.pos++
		case r.data[r.pos] == '\n':
			if r.newLine(r.pos + 1); r.isMarker(r.pos) {
				giveUp()
			}
		default:
			return
		}
	}
}

func (r *yamlScanner) flowMember(n *Node, o *Outline) {
	start, line := r.pos, r.line
	var name []byte
	if c := r.at(start); c == '"' || c == '\'' {
		name = r.quoted()
	} else if name = r.flowPlain(); !r.blankz(r.pos+1) || string(name) == mergeKey {
		giveUp()
	}
	m := Member{Line: line}
	inner := o.child(name)
	if r.line != line || r.pos-start > maxKey {
		giveUp()
	}
	if inner != skipped {
		r.nodes++
		m.Name, m.Column = string(name), r.column(r.data, start)
	}
	for r.at(r.pos) == ' ' {
		r.pos++
	}
	if r.at(r.pos) != ':' || r.pos-start > maxKey {
		giveUp()
	}
	r.pos++
	r.flowBlanks()
	m.Value = r.flowValue(inner)
	if inner != skipped {
		n.Members = append(n.Members, m)
	}
}

func (r *yamlScanner) flowValue(o *Outline) *Node {
	switch c := r.at(r.pos); {
	case c == '[' || c == '{':
		return r.flow(o)
	case c == '"' || c == '\'':
		n := r.node(String, r.pos, o)
		if text := r.quoted(); n != nil {
			n.Text = string(text)
		}
		return n
	}
	n := r.node(String, r.pos, o)
	if text := r.flowPlain(); n != nil {
		n.resolve(text)
	}
	return n
}

// flowPlain reads a plain scalar between brackets. It stops before what may
// follow one.
func (r *yamlScanner) flowPlain() []byte {
	start := r.pos
	if c := r.at(start); !plainStart(c) || c == '-' && !flowDash(r.at(start+1)) {
		giveUp()
	}
	i := start
	for ; ; i++ {
		c := r.at(i)
		switch {
		case c == ',' || c == ']' || c == '}' || c == '\n' || c == '\r':
		case c == ':' && r.blankz(i+1):
		case c == '[' || c == '{' || c == '?' || c == '\t' || c == '#' && r.data[i-1] == ' ' ||
			c == ':' && bytes.IndexByte([]byte(",[]{}"), r.at(i+1)) >= 0:
			giveUp()
		default:
			continue
		}
		break
	}
	r.pos = i
	return bytes.TrimRight(r.data[start:i], " ")
}

// flowDash reports whether a plain scalar between brackets may continue like
// this after a dash.
func flowDash(c byte) bool { return c > ' ' && bytes.IndexByte([]byte(",[]{}"), c) < 0 }
