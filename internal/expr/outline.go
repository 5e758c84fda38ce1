package expr

// A Term is a condition taken apart for those who judge it before any run: a
// logical expression, a comparison, or an operand (ruling C1).
type Term struct {
	Operator string  // || && ! == != < <= > >=; "" of an operand
	Terms    []*Term // what the operator joins
	Literal  any     // of an operand without expressions
	// First and Count say which of [Condition.Expressions] an operand holds: one
	// that it is, or, where Text is a quoted string, those inside of it.
	First, Count int
	Embedded     bool
	Text         string
}

var termOperators = map[nodeKind]string{orNode: "||", andNode: "&&", notNode: "!"}

// Term takes the condition apart.
func (c *Condition) Term() *Term { return c.root.term() }

func (n *node) term() *Term {
	t := &Term{Operator: termOperators[n.kind], Text: n.text}
	switch n.kind {
	case compareNode:
		t.Operator = n.operator
	case literalNode:
		t.Literal = n.literal
	case expressionNode:
		t.First, t.Count = n.index, 1
	case templateNode:
		t.First, t.Count, t.Embedded = n.index, len(n.template.Expressions()), true
	}
	for _, inner := range []*node{n.left, n.right} {
		if inner != nil {
			t.Terms = append(t.Terms, inner.term())
		}
	}
	return t
}
