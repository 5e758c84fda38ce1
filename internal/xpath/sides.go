package xpath

import "slices"

// Sides splits an expression that is one comparison at its outermost level, for
// showing what each side comes to.
func (e *Expr) Sides() (left *Expr, operator string, right *Expr, ok bool) {
	tokens, _, err := lex([]Piece{{Text: e.text}}, e.version)
	if err != nil {
		return nil, "", nil, false
	}
	depth, at := 0, -1
	for i, t := range tokens {
		switch {
		case t.is("(", "["):
			depth++
		case t.is(")", "]"):
			depth--
		case depth == 0 && t.is("=", "!=", "<", "<=", ">", ">="):
			if at >= 0 {
				return nil, "", nil, false
			}
			at = i
		case depth == 0 && t.kind == name && slices.Contains([]string{"and", "or"}, t.text):
			return nil, "", nil, false // of what they join nothing can be shown apart
		}
	}
	if at < 0 {
		return nil, "", nil, false
	}
	sign := tokens[at]
	if left, err = compile([]Piece{{Text: e.text[:sign.offset]}}, e.version); err != nil {
		return nil, "", nil, false
	}
	right, err = compile([]Piece{{Text: e.text[sign.offset+len(sign.text):]}}, e.version)
	return left, sign.text, right, err == nil
}
