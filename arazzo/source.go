package arazzo

import (
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// Text returns the text that the document was read from, or nil; it must not
// be changed.
func (d *Document) Text() []byte {
	if d.text == nil {
		return nil
	}
	return d.text.Data
}

// Locate completes a place of the document, such as [Object.At] returns: with the
// file, and with the end where a scalar or the name of a member is there.
func (d *Document) Locate(p Position) Position {
	if p.File = d.Location; p.EndLine == 0 {
		if s := d.scalar(p); s != nil {
			p.EndLine, p.EndColumn = d.text.Place(s.End)
		}
	}
	return p
}

// Within returns the place of the bytes start to end of the string that is
// at p, wherever its quotes, escapes and line breaks have put them. An end
// before start means the end of the string. If there is no string, it is p.
func (d *Document) Within(p Position, start, end int) Position {
	p.File = d.Location
	s := d.scalar(p)
	if s == nil {
		return p
	}
	if end < start {
		end = len(s.Value)
	}
	p.Line, p.Column = d.text.Place(s.Offset(start))
	p.EndLine, p.EndColumn = d.text.Place(s.Offset(end))
	return p
}

// Replace returns the edit by which the bytes start to end of the string that
// is at p become text, with the quotes and escapes that this needs. It
// fails where no string is there, or where its style cannot hold the text.
func (d *Document) Replace(p Position, start, end int, text string) (Edit, bool) {
	s := d.scalar(p)
	if s == nil || start < 0 || start > end || end > len(s.Value) {
		return Edit{}, false
	}
	from, to, written, ok := s.Replace(start, end, text, d.inFlow(p.Pointer))
	return Edit{File: d.Location, Start: from, End: to, Text: written}, ok
}

// ReplaceValue returns the edit by which the scalar at p becomes another value,
// written on one line.
func (d *Document) ReplaceValue(p Position, v Node) (Edit, bool) {
	s := d.scalar(p)
	if s == nil {
		return Edit{}, false
	}
	return Edit{File: d.Location, Start: s.Start, End: s.End, Text: string(d.text.Flow(v.tree))}, true
}

// Remove returns the edit that takes a member, whose value is a scalar, out of
// an object. It fails where a comment would go with it, and for the only member.
func (d *Document) Remove(o *Object, name string) (Edit, bool) {
	n := o.source
	if d.text == nil || n == nil {
		return Edit{}, false
	}
	for i, m := range n.Members {
		if m.Name != name {
			continue
		}
		key := d.text.Scalar(d.text.Offset(m.Line, m.Column), m.Name)
		v := d.scalar(Position{Line: m.Value.Line, Column: m.Value.Column, Pointer: childPointer(o.pointer, name)})
		if key == nil || v == nil || v.Start < key.End || len(n.Members) == 1 {
			return Edit{}, false
		}
		edit := Edit{File: d.Location, Start: key.Start, End: v.End}
		if i+1 < len(n.Members) {
			next := n.Members[i+1]
			if edit.End = d.text.Offset(next.Line, next.Column); edit.End < v.End {
				return edit, false
			}
			return edit, !d.text.Comment(v.End, edit.End)
		}
		before := n.Members[i-1].Value
		if before.Kind == tree.Object || before.Kind == tree.Array {
			return edit, false
		}
		last := d.scalar(Position{Line: before.Line, Column: before.Column, Pointer: childPointer(o.pointer, n.Members[i-1].Name)})
		if last == nil || last.End > key.Start || d.text.Comment(last.End, key.Start) {
			return edit, false
		}
		edit.Start = last.End
		return edit, true
	}
	return Edit{}, false
}

// scalar returns how the value, or the member's name, at a place is written;
// nil where neither is a scalar.
func (d *Document) scalar(p Position) *tree.Scalar {
	if d == nil || d.text == nil || p.Line == 0 {
		return nil
	}
	want := lastTokenOf(p.Pointer)
	n := d.source.At(p.Pointer)
	switch {
	case n == nil:
		return nil
	case n.Line != p.Line || n.Column != p.Column:
	case n.Kind == tree.Array || n.Kind == tree.Object:
		return nil
	default:
		want = n.Text
	}
	return d.text.Scalar(d.text.Offset(p.Line, p.Column), want)
}

func lastTokenOf(pointer string) string {
	tokens, _ := value.SplitPointer(pointer)
	if len(tokens) == 0 {
		return ""
	}
	return tokens[len(tokens)-1]
}

// inFlow reports whether the value at a pointer is inside of brackets or
// braces.
func (d *Document) inFlow(pointer string) bool {
	for {
		i := strings.LastIndexByte(pointer, '/')
		if i < 0 {
			return false
		}
		pointer = pointer[:i]
		n := d.source.At(pointer)
		if n == nil || n.Line == 0 {
			return false
		}
		if at := d.text.Offset(n.Line, n.Column); at < len(d.text.Data) && (d.text.Data[at] == '{' || d.text.Data[at] == '[') {
			return true
		}
	}
}
