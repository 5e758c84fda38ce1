package expr

// A Term is a part of a condition, for analyses: a logical expression, a
// comparison, or an operand (C1).
type Term struct {
	Operator string  // || && ! == != < <= > >=; "" of an operand
	Terms    []*Term // what the operator joins
	Literal  any     // of an operand without expressions
	// First and Count are the range of [Condition.Expressions] in an operand: the
	// one that it is or, if Embedded, those inside of the quoted string.
	First, Count int
	Embedded     bool
	Text         string
}

var termOperators = map[nodeKind]string{orNode: "||", andNode: "&&", notNode: "!"}

// Term returns the condition as a tree.
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
