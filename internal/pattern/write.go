package pattern

import (
	"strconv"
	"strings"
)

// write returns the pattern as RE2 has it; ok is false if it is not regular.
func write(n *node) (text string, ok bool) {
	var b strings.Builder
	ok = n.write(&b)
	return b.String(), ok
}

func (n *node) write(b *strings.Builder) bool {
	switch n.kind {
	case aSet:
		if n.fold {
			b.WriteString("(?i:" + n.set + ")")
		} else {
			b.WriteString(n.set)
		}
	case aBeginning:
		b.WriteString(pick(n.multi, `(?m:^)`, `\A`))
	case anEnd:
		b.WriteString(pick(n.multi, `(?m:$)`, `\z`))
	case aBoundary:
		b.WriteString(pick(n.not, `\B`, `\b`))
	case aLook, aReference:
		return false
	default:
		if n.kind == aGroup {
			b.WriteString("(?:")
		}
		for i, inner := range n.nodes {
			if i > 0 && n.kind == anAlternative {
				b.WriteByte('|')
			}
			if !inner.write(b) {
				return false
			}
		}
		if n.kind == aGroup {
			b.WriteByte(')')
		}
		b.WriteString(n.quantifier())
	}
	return true
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// quantifier returns that of a repetition; which of several matches is found makes
// no difference here.
func (n *node) quantifier() string {
	switch {
	case n.kind != aRepetition:
		return ""
	case n.max < 0 && n.min < 2:
		return [...]string{"*", "+"}[n.min]
	case n.max < 0:
		return "{" + strconv.Itoa(n.min) + ",}"
	}
	return "{" + strconv.Itoa(n.min) + "," + strconv.Itoa(n.max) + "}"
}
