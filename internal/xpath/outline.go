package xpath

import (
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// A Term is a part of an expression that tests something, for analysis: what and, or or not
// joins, a comparison, or an operand.
type Term struct {
	Operator   string   // or and not = != < <= > >=; "" of an operand
	Terms      []*Term  // what the operator joins
	Literal    any      // of an operand that is a text or a number
	Path       []string // of one that is a path: local names, that of an attribute with @
	Descendant bool     // the path begins at any depth
	Count      bool     // the number of nodes at the path
	Text       string
}

// Term returns an expression as a tree; nil if there is anything in it that terms do not have.
func (e *Expr) Term() *Term {
	o := outliner{text: e.text, tokens: e.tokens}
	t := o.joined("or", "and")
	if o.other || o.peek().kind != end {
		return nil
	}
	return t
}

type outliner struct {
	text   string
	tokens []lexeme
	at     int
	other  bool // something was met that terms do not have
}

func (o *outliner) peek() lexeme { return o.tokens[min(o.at, len(o.tokens)-1)] }

func (o *outliner) accept(signs ...string) bool {
	if !o.peek().is(signs...) {
		return false
	}
	o.at++
	return true
}

func (o *outliner) word(words ...string) (string, bool) {
	t := o.peek()
	if t.kind != name || !slices.Contains(words, t.text) {
		return "", false
	}
	o.at++
	return t.text, true
}

// joined reads what the first of some operators joins; those after it bind tighter.
func (o *outliner) joined(operators ...string) *Term {
	if len(operators) == 0 {
		return o.comparison()
	}
	t := o.joined(operators[1:]...)
	for !o.other {
		if _, ok := o.word(operators[0]); !ok {
			break
		}
		t = &Term{Operator: operators[0], Terms: []*Term{t, o.joined(operators[1:]...)}}
	}
	return t
}

// comparisons are the operators that compare single values, by their general forms.
var comparisons = map[string]string{"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}

func (o *outliner) comparison() *Term {
	t := o.operand()
	sign := o.peek()
	operator := comparisons[sign.text]
	switch {
	case sign.is("=", "!=", "<", "<=", ">", ">="):
		operator = sign.text
	case sign.kind != name || operator == "":
		return t
	}
	o.at++
	return &Term{Operator: operator, Terms: []*Term{t, o.operand()}}
}

func (o *outliner) operand() *Term {
	t := o.peek()
	called := func(names ...string) bool {
		return t.kind == name && slices.Contains(names, t.text) && o.tokens[o.at+1].is("(")
	}
	term := &Term{}
	switch {
	case t.kind == literal, t.kind == operand:
		o.at++
		term.Literal = t.value
	case t.kind == number:
		o.at++
		n, ok := value.ParseNumber(t.value)
		o.other = o.other || !ok
		term.Literal = n
	case o.accept("("):
		term = o.joined("or", "and")
		o.close()
	case called("not"):
		o.at += 2
		term = &Term{Operator: "not", Terms: []*Term{o.joined("or", "and")}}
		o.close()
	case called("count", "exists", "boolean", "string", "number", "normalize-space"): // what of it changes the value, a run will show
		o.at += 2
		term = o.path()
		term.Count = t.text == "count"
		o.close()
	default:
		term = o.path()
	}
	if !o.other && term.Text == "" {
		term.Text = strings.TrimSpace(o.text[t.offset:o.peek().offset])
	}
	return term
}

func (o *outliner) close() { o.other = !o.accept(")") || o.other }

func (o *outliner) path() *Term {
	t := &Term{}
	if o.accept("//") {
		t.Descendant = true
	} else {
		o.accept("/")
	}
	for {
		attribute := o.accept("@")
		step := o.peek()
		if step.kind != name {
			o.other = true
			return t
		}
		o.at++
		if o.accept("(") { // text() at the end is the value of the element
			o.close()
			o.other = o.other || step.text != "text" || len(t.Path) == 0 || attribute
			return t
		}
		_, local, prefixed := strings.Cut(step.text, ":")
		if !prefixed {
			local = step.text
		}
		if attribute {
			t.Path = append(t.Path, "@"+local)
			return t
		}
		t.Path = append(t.Path, local)
		if !o.accept("/") {
			return t
		}
	}
}
