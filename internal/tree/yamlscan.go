package tree

import (
	"bytes"
	"unicode/utf8"
)

// yamlScanner reads YAML by an [Outline]: block style, scalars of all styles,
// and flow collections in their usual forms. It gives up on anything else, such
// as anchors, tags, merge keys and complex keys: what it reads, the YAML
// library reads the same, place by place.
type yamlScanner struct {
	data []byte
	text *source
	place
	indent int // of the line that next has found; -1 at the end
	depth  int
	nodes  int // and names
	most   int
	rests  restsOf
	scalar scalarReader // for scalars that need decoding
}

const (
	maxQuickDepth = 400  // far below the limits of the library
	maxKey        = 1000 // bytes from a key's start to its colon; the library has 1,024 characters
)

// document reads the whole text.
func (r *yamlScanner) document(o *Outline) (n *Node, err error) {
	defer quickFailure(&n, &err)
	r.next()
	r.documentStart()
	switch {
	case r.indent < 0:
		giveUp()
	case r.isEntry(r.pos):
		n = r.sequence(o)
	default:
		n = r.mapping(o)
	}
	if r.indent >= 0 {
		giveUp()
	}
	return n, nil
}

// documentStart skips a --- that is on a line of its own.
func (r *yamlScanner) documentStart() {
	if r.indent == 0 && bytes.HasPrefix(r.data[r.pos:], []byte("---")) {
		r.pos += 3
		r.endLine()
	}
	if r.indent >= 0 && r.isMarker(r.pos-r.indent) {
		giveUp()
	}
}

// later reads a collection that was left unread.
func (r *yamlScanner) later() (n *Node, err error) {
	defer quickFailure(&n, &err)
	switch c := r.data[r.pos]; {
	case c == '[' || c == '{':
		return r.flow(whole), nil
	case r.isEntry(r.pos):
		return r.sequence(whole), nil
	}
	return r.mapping(whole), nil
}

// readable reports whether a text has nothing that needs the full parser: bytes
// that are not UTF-8, characters that YAML rejects or that end a line for the
// library.
func readable(data []byte) bool {
	var found uint8
	for _, c := range data {
		found |= byteClass[c]
	}
	if found&refused != 0 || found&wide != 0 && !utf8.Valid(data) {
		return false
	}
	if found&doubtful != 0 {
		for i, c := range data {
			if byteClass[c]&doubtful != 0 && strange(data[i:]) {
				return false
			}
		}
	}
	return true
}

const (
	refused  = 1 << iota
	doubtful // may begin what is rejected
	wide
)

var byteClass = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c == '\r':
			t[c] = doubtful
		case c == 0xc2 || c == 0xe2 || c == 0xef:
			t[c] = doubtful | wide
		case c < ' ' && c != '\t' && c != '\n' || c == 0x7f:
			t[c] = refused
		case c >= 0x80:
			t[c] = wide
		}
	}
	return t
}()

// strange reports whether a text begins with a control character, a line break
// other than LF and CR LF, a byte order mark or an invalid character.
func strange(data []byte) bool {
	switch {
	case data[0] == '\r':
		return len(data) == 1 || data[1] != '\n'
	case data[0] == 0xc2:
		return data[1] < 0xa0
	}
	r, _ := utf8.DecodeRune(data)
	return r == '\u2028' || r == '\u2029' || r == '\ufeff' || r == '\ufffe' || r == '\uffff'
}

// blankz reports whether there is white space, a line break or the end at an
// offset.
func (r *yamlScanner) blankz(i int) bool {
	return i >= len(r.data) || r.data[i] == ' ' || r.data[i] == '\n' || r.data[i] == '\t' || r.data[i] == '\r'
}

func (r *yamlScanner) at(i int) byte {
	if i < len(r.data) {
		return r.data[i]
	}
	return '\n'
}

// isEntry reports whether an item of a block sequence begins at an offset.
func (r *yamlScanner) isEntry(i int) bool { return r.at(i) == '-' && r.blankz(i+1) }

// isMarker reports whether a line begins like a document marker or a directive.
func (r *yamlScanner) isMarker(start int) bool {
	rest := r.data[start:]
	return len(rest) > 0 && (rest[0] == '%' || bytes.HasPrefix(rest, []byte("---")) || bytes.HasPrefix(rest, []byte("...")))
}

// endOfLine returns where the line's text ends and where the next line begins.
func endOfLine(data []byte, i int) (end, next int) {
	n := bytes.IndexByte(data[i:], '\n')
	if n < 0 {
		return len(data), len(data)
	}
	end, next = i+n, i+n+1
	if n > 0 && data[end-1] == '\r' {
		end--
	}
	return end, next
}

// newLine moves to the beginning of a following line.
func (r *yamlScanner) newLine(next int) {
	if next > r.start && r.data[next-1] == '\n' {
		r.line++
		r.start = next
	}
	r.pos = next
}

// next moves from the beginning of a line to the first text that is not a
// comment.
func (r *yamlScanner) next() {
	for {
		i := r.pos
		for i < len(r.data) && r.data[i] == ' ' {
			i++
		}
		switch {
		case i == len(r.data):
			r.pos, r.indent = i, -1
			return
		case r.data[i] == '\t':
			giveUp()
		case r.data[i] == '#', r.data[i] == '\n', r.data[i] == '\r':
			_, following := endOfLine(r.data, i)
			r.newLine(following)
			continue
		}
		r.indent = i - r.start
		if r.indent == 0 && r.line > 1 && r.isMarker(i) && !r.first() {
			giveUp()
		}
		r.pos = i
		return
	}
}

// first reports whether only comments precede the line.
func (r *yamlScanner) first() bool { return r.nodes == 0 && r.depth == 0 }

// endLine skips what may follow a value on its line, up to the next text.
func (r *yamlScanner) endLine() {
	i := r.pos
	for r.at(i) == ' ' {
		i++
	}
	if r.at(i) != '#' {
		if c := r.at(i); c != '\n' && c != '\r' {
			giveUp()
		}
	} else if i == r.pos {
		giveUp()
	}
	_, next := endOfLine(r.data, min(i, len(r.data)))
	r.newLine(next)
	r.next()
}

// node returns a new node at an offset of the line, or nil if it is skipped.
func (r *yamlScanner) node(kind Kind, at int, o *Outline) *Node {
	return r.nodeOn(&r.place, kind, at, o)
}

// nodeOn is node for an earlier line.
func (r *yamlScanner) nodeOn(line *place, kind Kind, at int, o *Outline) *Node {
	if o == skipped {
		return nil
	}
	if r.nodes++; r.nodes > r.most {
		panic(tooManyValues(line.line, line.column(r.data, at)))
	}
	return &Node{Kind: kind, Line: line.line, Column: line.column(r.data, at)}
}

// collection reads a collection at the position, or leaves it unread. read
// fills the node that it is given.
func (r *yamlScanner) collection(kind Kind, o *Outline, read func(n *Node, o *Outline)) *Node {
	if r.depth++; r.depth > maxQuickDepth {
		giveUp()
	}
	n := r.node(kind, r.pos, o)
	if o.deferred() {
		n.later = &later{text: r.text, at: r.place}
		if o == nil {
			read(nil, skipped)
		} else {
			inner := &Node{Kind: kind}
			read(inner, r.rests.of(o))
			n.later.peek, n.later.peeked = o.Peek, inner.Get(o.Peek)
		}
	} else {
		read(n, o)
		if kind == Object && n != nil {
			if err := n.finish(); err != nil {
				panic(err)
			}
		}
	}
	r.depth--
	return n
}

// sequence reads a block sequence whose first dash is at the position.
func (r *yamlScanner) sequence(o *Outline) *Node {
	column := r.pos - r.start
	return r.collection(Array, o, func(n *Node, o *Outline) {
		for {
			item := r.item(column, o.item())
			if item != nil {
				n.Items = append(n.Items, item)
			}
			if r.indent < column || r.indent == column && !r.isEntry(r.pos) {
				return
			}
			if r.indent > column {
				giveUp()
			}
		}
	})
}

// item reads what follows a dash.
func (r *yamlScanner) item(column int, o *Outline) *Node {
	r.pos++
	return r.afterIndicator(column, o, func() *Node {
		switch {
		case r.isEntry(r.pos):
			return r.sequence(o)
		case r.isKey():
			return r.mapping(o)
		}
		return r.inline(column, o)
	}, false)
}

// afterIndicator reads the value after a dash or a colon: on the line by
// inline, else below it in a block that is deeper than column, or in a sequence
// of the same depth if that is allowed; otherwise it is null.
func (r *yamlScanner) afterIndicator(column int, o *Outline, inline func() *Node, sequence bool) *Node {
	empty, line := r.pos, r.place
	for r.at(r.pos) == ' ' {
		r.pos++
	}
	switch c := r.at(r.pos); {
	case c == '\t':
		giveUp()
	case c == '#' && r.pos == empty:
		giveUp()
	case c != '#' && c != '\n' && c != '\r':
		return inline()
	}
	r.pos = empty
	r.endLine()
	switch {
	case r.indent > column:
		return r.block(column, o)
	case sequence && r.indent == column && r.isEntry(r.pos):
		return r.sequence(o)
	}
	return r.nodeOn(&line, Null, empty, o)
}

// block reads a value that begins on its own line, inside a block at the column
// parent.
func (r *yamlScanner) block(parent int, o *Outline) *Node {
	switch {
	case r.isEntry(r.pos):
		return r.sequence(o)
	case r.isKey():
		return r.mapping(o)
	}
	return r.inline(parent, o)
}

// mapping reads a block mapping whose first key is at the position.
func (r *yamlScanner) mapping(o *Outline) *Node {
	column := r.pos - r.start
	return r.collection(Object, o, func(n *Node, o *Outline) {
		for {
			r.member(n, column, o)
			if r.indent < column {
				return
			}
			if r.indent > column {
				giveUp()
			}
		}
	})
}

func (r *yamlScanner) member(n *Node, column int, o *Outline) {
	start := r.pos
	end, colon := r.key()
	if colon < 0 {
		giveUp()
	}
	if o == skipped {
		r.memberValue(colon, column, o)
		return
	}
	name := r.data[start:end]
	if name[0] == '"' || name[0] == '\'' {
		r.pos = start
		name = r.quoted()
	}
	inner := o.child(name)
	if inner == skipped {
		r.memberValue(colon, column, inner)
		return
	}
	r.nodes++
	m := Member{Name: string(name), Line: r.line, Column: r.column(r.data, start)}
	m.Value = r.memberValue(colon, column, inner)
	n.Members = append(n.Members, m)
}

func (r *yamlScanner) memberValue(colon, column int, o *Outline) *Node {
	r.pos = colon + 1
	return r.afterIndicator(column, o, func() *Node { return r.inline(column, o) }, true)
}

// isKey reports whether a key of a block mapping begins at the position.
func (r *yamlScanner) isKey() bool {
	here := r.place
	_, colon := r.key()
	r.place = here
	return colon >= 0
}

// key finds the end of the key that begins at the position, and its colon; -1
// if there is none.
func (r *yamlScanner) key() (end, colon int) {
	start := r.pos
	switch c := r.at(start); {
	case c == '"' || c == '\'':
		line := r.line
		r.quoted()
		end = r.pos
		if r.line != line {
			return 0, -1
		}
		for colon = end; r.at(colon) == ' '; colon++ {
		}
		if r.at(colon) != ':' || !r.blankz(colon+1) {
			return 0, -1
		}
	case c == '[' || c == '{' || c == '|' || c == '>':
		return 0, -1
	case !plainStart(c) || r.isEntry(start):
		giveUp()
	default:
		if end, colon = r.plainKey(start); colon < 0 {
			return 0, -1
		}
		if string(r.data[start:end]) == mergeKey {
			giveUp()
		}
	}
	if colon-start > maxKey {
		giveUp()
	}
	return end, colon
}

// plainKey finds the end of a plain key and its colon.
func (r *yamlScanner) plainKey(start int) (end, colon int) {
	for i := start; i < len(r.data); i++ {
		switch r.data[i] {
		case ':':
			if r.blankz(i + 1) {
				for end = i; r.data[end-1] == ' '; end-- {
				}
				return end, i
			}
		case '#':
			if r.data[i-1] == ' ' {
				return 0, -1
			}
		case '\t':
			giveUp()
		case '\n':
			return 0, -1
		}
	}
	return 0, -1
}

// plainStart reports whether a plain scalar may begin with a byte. It may begin
// with a question mark or a colon, but rarely does.
func plainStart(c byte) bool {
	return c > ' ' && bytes.IndexByte([]byte("?:,[]{}#&*!|>'\"%@`"), c) < 0
}

// inline reads a value other than a block collection, in a block at the column
// parent.
func (r *yamlScanner) inline(parent int, o *Outline) *Node {
	switch c := r.at(r.pos); {
	case c == '|' || c == '>':
		return r.blockScalar(parent, o)
	case c == '"' || c == '\'':
		n := r.node(String, r.pos, o)
		if text := r.quoted(); n != nil {
			n.Text = string(text)
		}
		r.endLine()
		return n
	case c == '[' || c == '{':
		n := r.flow(o)
		r.endLine()
		return n
	case !plainStart(c) || r.isEntry(r.pos):
		giveUp()
	}
	return r.plain(parent, o)
}

// plain reads a plain scalar, which continues on lines that are deeper than
// parent.
func (r *yamlScanner) plain(parent int, o *Outline) *Node {
	n := r.node(String, r.pos, o)
	text, next, commented := r.plainLine(r.pos)
	r.newLine(next)
	var folded []byte
	for breaks := 1; !commented; breaks++ {
		i := r.pos
		for r.at(i) == ' ' && i < len(r.data) {
			i++
		}
		if i == len(r.data) || i-r.start <= parent && r.at(i) != '\n' && r.at(i) != '\r' || r.at(i) == '#' {
			break
		}
		if r.at(i) == '\t' {
			giveUp()
		}
		if c := r.at(i); c == '\n' || c == '\r' {
			_, next = endOfLine(r.data, i)
			r.newLine(next)
			continue
		}
		var line []byte
		line, next, commented = r.plainLine(i)
		r.newLine(next)
		if n != nil {
			if folded == nil {
				folded = append(folded, text...)
			}
			folded = append(appendBreaks(folded, breaks), line...)
		}
		breaks = 0
	}
	if folded != nil {
		text = folded
	}
	r.next()
	if n != nil {
		n.resolve(text)
	}
	return n
}

// resolve sets a node to the value of a plain scalar.
func (n *Node) resolve(text []byte) {
	if n.Kind, n.Text = resolveCore(string(text)); n.Kind == Number && n.Text == "" {
		panic(n.notJSON(string(text)))
	}
}

// appendBreaks folds line breaks (YAML 1.2, §6.5).
func appendBreaks(dst []byte, breaks int) []byte {
	if breaks == 1 {
		return append(dst, ' ')
	}
	for range breaks - 1 {
		dst = append(dst, '\n')
	}
	return dst
}

// plainLine returns the text of a plain scalar's line and whether a comment
// follows it.
func (r *yamlScanner) plainLine(i int) (text []byte, next int, commented bool) {
	end, next := endOfLine(r.data, i)
	text = r.data[i:end]
	if bytes.IndexByte(text, '\t') >= 0 {
		giveUp()
	}
	for from := 0; ; {
		at := bytes.IndexByte(text[from:], '#')
		if at < 0 {
			break
		}
		if from += at; from > 0 && text[from-1] == ' ' {
			text, commented = text[:from], true
			break
		}
		from++
	}
	for from := 0; ; {
		at := bytes.IndexByte(text[from:], ':')
		if at < 0 {
			break
		}
		if from += at + 1; from == len(text) || text[from] == ' ' {
			giveUp()
		}
	}
	return bytes.TrimRight(text, " "), next, commented
}

// quoted reads a quoted scalar at the position. Its value is valid until the
// next scalar is read.
func (r *yamlScanner) quoted() []byte {
	quote := r.data[r.pos]
	start := r.pos + 1
	n := bytes.IndexByte(r.data[start:], quote)
	if n < 0 {
		giveUp()
	}
	end := start + n
	text := r.data[start:end]
	if r.at(end+1) != '\'' && bytes.IndexByte(text, '\n') < 0 && (quote == '\'' || bytes.IndexByte(text, '\\') < 0) {
		r.pos = end + 1
		return text
	}
	s := &r.scalar
	*s = scalarReader{data: r.data, pos: r.pos, value: s.value[:0]}
	if !s.quoted() || s.json {
		giveUp()
	}
	for { // its lines are those of the text
		n := bytes.IndexByte(r.data[r.pos:s.pos], '\n')
		if n < 0 {
			break
		}
		if r.newLine(r.pos + n + 1); r.isMarker(r.pos) {
			giveUp()
		}
	}
	r.pos = s.pos
	return s.value
}

// blockScalar reads a literal or folded scalar in a block at the column parent.
func (r *yamlScanner) blockScalar(parent int, o *Outline) *Node {
	n := r.node(String, r.pos, o)
	folded := r.data[r.pos] == '>'
	chomp, indent := r.blockHeader(parent)
	if indent == 0 {
		indent = r.detectIndent(parent)
	}
	s := &r.scalar
	*s = scalarReader{data: r.data, pos: r.pos, value: s.value[:0], skip: n == nil}
	s.blockLines(folded, chomp, indent)
	for r.indentedByTab(indent); r.pos < s.next; r.indentedByTab(indent) {
		_, next := endOfLine(r.data, r.pos)
		r.newLine(next)
	}
	if n != nil {
		n.Text = string(s.value)
	}
	r.next()
	return n
}

// indentedByTab gives up on a line that begins with a tab where indentation is
// expected.
func (r *yamlScanner) indentedByTab(indent int) {
	i := r.pos
	for i-r.pos < indent && r.at(i) == ' ' {
		i++
	}
	if i-r.pos < indent && r.at(i) == '\t' {
		giveUp()
	}
}

// blockHeader reads the line of a block scalar's indicators.
func (r *yamlScanner) blockHeader(parent int) (chomp byte, indent int) {
	r.pos++
	for range 2 {
		switch c := r.at(r.pos); {
		case (c == '+' || c == '-') && chomp == 0:
			chomp = c
		case c >= '1' && c <= '9' && indent == 0:
			indent = parent + int(c-'0')
		default:
			continue
		}
		r.pos++
	}
	i := r.pos
	for r.at(i) == ' ' {
		i++
	}
	if c := r.at(i); c != '\n' && c != '\r' && (c != '#' || i == r.pos) {
		giveUp()
	}
	_, next := endOfLine(r.data, min(i, len(r.data)))
	r.newLine(next)
	return chomp, indent
}

// detectIndent finds the indentation of a block scalar: that of its first line
// of text.
func (r *yamlScanner) detectIndent(parent int) int {
	deepest := 0
	for start := r.pos; ; {
		i := start
		for r.at(i) == ' ' {
			i++
		}
		indent := i - start
		c := r.at(i)
		switch {
		case c == '\t':
			giveUp()
		case i < len(r.data) && (c == '\n' || c == '\r'):
			deepest = max(deepest, indent)
			_, start = endOfLine(r.data, i)
			continue
		}
		if deepest > indent && deepest > parent+1 {
			giveUp()
		}
		return max(indent, parent+1, 1)
	}
}
