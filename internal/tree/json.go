package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// ParseJSON reads data as one JSON text (RFC 8259). The error is a *SyntaxError.
func ParseJSON(data []byte) (*Node, error) {
	r := &jsonReader{data: data, dec: json.NewDecoder(bytes.NewReader(data)), most: maxNodes(data), place: place{line: 1}}
	r.dec.UseNumber()
	if !utf8.Valid(data) {
		return nil, syntaxError(r.data, invalidByte(data), "invalid UTF-8")
	}
	n, err := r.value(0)
	if err != nil {
		return nil, err
	}
	end := r.start()
	if _, err := r.dec.Token(); err != io.EOF {
		return nil, syntaxError(r.data, end, "more than one JSON value")
	}
	return n, nil
}

func invalidByte(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data)
}

// jsonReader turns the tokens of encoding/json into nodes. The decoder reports
// only where a token ended, so the start is found by skipping what may be
// between two tokens.
type jsonReader struct {
	data []byte
	dec  *json.Decoder

	nodes, most int
	place       // pos is the offset up to which lines are counted
}

func (r *jsonReader) start() int {
	i := int(r.dec.InputOffset())
	for i < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[i]) >= 0 {
		i++
	}
	return i
}

// position returns the line and column of an offset; offsets must not decrease.
func (r *jsonReader) position(offset int) (line, column int) {
	for ; r.pos < offset && r.pos < len(r.data); r.pos++ {
		if r.data[r.pos] == '\n' {
			r.line++
			r.place.start = r.pos + 1
		}
	}
	return r.line, r.column(r.data, min(offset, len(r.data)))
}

func (r *jsonReader) token() (tok json.Token, line, column int, err error) {
	start := r.start()
	line, column = r.position(start)
	tok, err = r.dec.Token()
	if err == nil {
		return tok, line, column, nil
	}
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		// Inside a token the offset is after the wrong byte, otherwise before
		// the white space that precedes it.
		err = syntaxError(r.data, max(start, int(syntax.Offset)-1), "not JSON: "+syntax.Error())
	default:
		err = syntaxError(r.data, len(r.data), "not JSON: unexpected end of input")
	}
	return nil, line, column, err
}

func (r *jsonReader) value(depth int) (*Node, error) {
	tok, line, column, err := r.token()
	if err != nil {
		return nil, err
	}
	if r.nodes++; r.nodes > r.most {
		return nil, tooManyValues(line, column)
	}
	n := &Node{Line: line, Column: column}
	switch tok := tok.(type) {
	case nil:
	case bool:
		n.Kind, n.Text = Bool, strconv.FormatBool(tok)
	case json.Number:
		n.Kind, n.Text = Number, string(tok)
	case string:
		n.Kind, n.Text = String, tok
	case json.Delim:
		if depth == maxDepth {
			return nil, &SyntaxError{line, column, "nested more than 1,000 levels deep"}
		}
		if tok == '[' {
			return r.array(n, depth)
		}
		return r.object(n, depth)
	}
	return n, nil
}

func (r *jsonReader) array(n *Node, depth int) (*Node, error) {
	n.Kind = Array
	for r.dec.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.Items = append(n.Items, item)
	}
	_, _, _, err := r.token()
	return n, err
}

func (r *jsonReader) object(n *Node, depth int) (*Node, error) {
	n.Kind = Object
	for r.dec.More() {
		name, line, column, err := r.token()
		if err != nil {
			return nil, err
		}
		r.nodes++ // the name
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.Members = append(n.Members, Member{Name: name.(string), Line: line, Column: column, Value: v})
	}
	if _, _, _, err := r.token(); err != nil {
		return nil, err
	}
	return n, n.finish()
}
