package pattern

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	syntaxerror "github.com/gobelin-dev/gobelin/internal/syntax"
)

// A node is a part of a pattern.
type node struct {
	kind     kind
	set      string // of a set: as RE2 writes it
	fold     bool   // of a set or a reference: without regard to case
	multi    bool   // of a beginning or an end: of each line
	not      bool
	behind   bool // of a look: at what is before
	lazy     bool
	min, max int // of a repetition; max -1: no bound
	group    int // of a group, or one referred to; 0: it captures nothing
	name     string
	nodes    []*node
}

type kind uint8

const (
	aSet kind = iota
	aSequence
	anAlternative // of several
	aGroup
	aRepetition
	aBeginning
	anEnd
	aBoundary
	aLook
	aReference
)

// errOther is for what only RE2 has: such a pattern is left to it.
var errOther = errors.New("a form of RE2")

const maxDepth = 250 // of groups

type parser struct {
	text             string
	at               int
	depth            int
	groups           int // so far
	total            int // in all
	names            map[string]int
	fold, all, lines bool // the flags i, s, m
}

// parse reads a pattern and counts its groups.
func parse(text string) (tree *node, groups int, err error) {
	p := &parser{text: text, names: map[string]int{}}
	p.count()
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *syntaxerror.Error:
			err = r
		case error:
			if !errors.Is(r, errOther) {
				panic(r)
			}
			err = r
		default:
			panic(r)
		}
	}()
	tree = p.alternatives()
	if p.at < len(p.text) {
		p.fail(p.at, "a ) that closes nothing")
	}
	return tree, p.total, nil
}

func (p *parser) fail(at int, format string, args ...any) {
	panic(&syntaxerror.Error{Text: p.text, Offset: at, Message: fmt.Sprintf(format, args...)})
}

// count counts the groups and their names: a reference may come before its group.
func (p *parser) count() {
	class := false
	for i := 0; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c != '(' || class:
		case !strings.HasPrefix(p.text[i:], "(?"):
			p.total++
		case strings.HasPrefix(p.text[i:], "(?<") && !strings.HasPrefix(p.text[i:], "(?<=") && !strings.HasPrefix(p.text[i:], "(?<!"):
			p.total++
			if name, _, ok := strings.Cut(p.text[i+3:], ">"); ok && p.names[name] == 0 {
				p.names[name] = p.total
			}
		}
	}
}

func (p *parser) accept(s string) bool {
	if strings.HasPrefix(p.text[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

func (p *parser) next() (rune, bool) {
	if p.at == len(p.text) {
		return 0, false
	}
	r, size := utf8.DecodeRuneInString(p.text[p.at:])
	p.at += size
	return r, true
}

func (p *parser) alternatives() *node {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.at, "groups are nested more than %d levels deep", maxDepth)
	}
	list := []*node{p.sequence()}
	for p.accept("|") {
		list = append(list, p.sequence())
	}
	p.depth--
	if len(list) == 1 {
		return list[0]
	}
	return &node{kind: anAlternative, nodes: list}
}

func (p *parser) sequence() *node {
	n := &node{kind: aSequence}
	for p.at < len(p.text) && p.text[p.at] != '|' && p.text[p.at] != ')' {
		if atom := p.atom(); atom != nil {
			n.nodes = append(n.nodes, p.repeated(atom))
		}
	}
	return n
}

// repeated reads the quantifier after an atom.
func (p *parser) repeated(atom *node) *node {
	start := p.at
	n := &node{kind: aRepetition, max: -1, nodes: []*node{atom}}
	switch {
	case p.accept("*"):
	case p.accept("+"):
		n.min = 1
	case p.accept("?"):
		n.max = 1
	case !p.counted(n):
		return atom
	}
	if n.max >= 0 && n.max < n.min {
		p.fail(start, "the numbers of a repetition are out of order")
	}
	n.lazy = p.accept("?")
	if p.at < len(p.text) && strings.IndexByte("*+?", p.text[p.at]) >= 0 || p.counted(&node{}) {
		p.fail(p.at, "nothing to repeat")
	}
	return n
}

// counted reads {2}, {2,} or {2,3}; any other { is a character.
func (p *parser) counted(n *node) bool {
	if p.at == len(p.text) || p.text[p.at] != '{' {
		return false
	}
	inside, _, ok := strings.Cut(p.text[p.at+1:], "}")
	low, high, ranged := strings.Cut(inside, ",")
	least, err := strconv.Atoi(low)
	if !ok || err != nil || low[0] == '+' || low[0] == '-' {
		return false
	}
	n.min, n.max = least, least
	if ranged {
		n.max = -1
		if high != "" {
			if n.max, err = strconv.Atoi(high); err != nil || high[0] == '+' || high[0] == '-' {
				return false
			}
		}
	}
	p.at += len(inside) + 2
	return true
}

// atom reads what a quantifier may follow; nil for flags.
func (p *parser) atom() *node {
	start := p.at
	r, _ := p.next()
	switch r {
	case '(':
		return p.group(start)
	case '[':
		return p.class(start)
	case '\\':
		return p.escape(start)
	case '.':
		if p.all {
			return p.set(`[\x{0}-\x{10FFFF}]`)
		}
		return p.set(`[^\n\r\x{2028}\x{2029}]`)
	case '^':
		return &node{kind: aBeginning, multi: p.lines}
	case '$':
		return &node{kind: anEnd, multi: p.lines}
	case '*', '+', '?':
		p.fail(start, "nothing to repeat")
	case '{':
		if p.at = start; p.counted(&node{}) {
			p.fail(start, "nothing to repeat")
		}
		p.at = start + 1
	}
	return p.character(r)
}

func (p *parser) set(text string) *node { return &node{kind: aSet, set: text, fold: p.fold} }

func (p *parser) character(r rune) *node { return p.set("[" + runeText(r) + "]") }

func runeText(r rune) string { return fmt.Sprintf(`\x{%x}`, r) }

// looks are the groups that look around.
var looks = []struct {
	open        string
	not, behind bool
}{{"?=", false, false}, {"?!", true, false}, {"?<=", false, true}, {"?<!", true, true}}

func (p *parser) group(start int) *node {
	fold, all, multi := p.fold, p.all, p.lines
	n := &node{kind: aGroup}
	flagged := false
	for _, look := range looks {
		if n.kind == aGroup && p.accept(look.open) {
			n.kind, n.not, n.behind = aLook, look.not, look.behind
		}
	}
	switch {
	case n.kind == aLook || p.accept("?:"):
	case p.accept("?<"):
		name, _, ok := strings.Cut(p.text[p.at:], ">")
		if !ok || name == "" || strings.ContainsAny(name, "()[]{}|\\") {
			p.fail(start, "the name of a group has no end >")
		}
		p.at += len(name) + 1
		p.groups++
		n.group, n.name = p.groups, name
	case p.accept("?P"):
		panic(errOther)
	case p.accept("?"):
		if flagged = p.flags(start); flagged {
			return nil
		}
	default:
		p.groups++
		n.group = p.groups
	}
	n.nodes = []*node{p.alternatives()}
	if !p.accept(")") {
		p.fail(start, "a ( without its )")
	}
	p.fold, p.all, p.lines = fold, all, multi
	return n
}

// flags reads those of (?i) and (?i:…); toEnd reports that they are for all that
// follows in the group around them.
func (p *parser) flags(start int) (toEnd bool) {
	on := true
	for {
		r, ok := p.next()
		switch {
		case ok && r == 'i':
			p.fold = on
		case ok && r == 's':
			p.all = on
		case ok && r == 'm':
			p.lines = on
		case ok && r == 'U':
			panic(errOther)
		case ok && r == '-' && on:
			on = false
		case ok && (r == ')' || r == ':'):
			return r == ')'
		default:
			p.fail(start, "unknown kind of group")
		}
	}
}

// The classes of ECMA-262 (22.2.2.9): unlike RE2's, spaces are those of Unicode.
const spaces = `\t\n\x{b}\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`

const words = `0-9A-Za-z_`

var classes = map[rune]string{
	'd': `0-9`, 'D': complement(`0-9`), 'w': words, 'W': complement(words), 's': spaces, 'S': complement(spaces),
}

func complement(set string) string {
	ranges, _ := rangesOf("[^"+set+"]", false)
	return rangesText(ranges)
}

func rangesText(ranges []rune) string {
	var b strings.Builder
	for i := 0; i < len(ranges); i += 2 {
		b.WriteString(runeText(ranges[i]) + "-" + runeText(ranges[i+1]))
	}
	return b.String()
}

// rangesOf returns the first and last characters of the ranges of a set.
func rangesOf(set string, fold bool) ([]rune, error) {
	flags := syntax.Perl
	if fold {
		flags |= syntax.FoldCase
	}
	re, err := syntax.Parse(set, flags)
	if err != nil {
		return nil, err
	}
	switch re.Op {
	case syntax.OpCharClass:
		return re.Rune, nil
	case syntax.OpLiteral: // a set of one character
		var ranges []rune
		for r, first := re.Rune[0], true; first || r != re.Rune[0]; first = false {
			ranges = append(ranges, r, r)
			if re.Flags&syntax.FoldCase == 0 {
				break
			}
			r = unicode.SimpleFold(r)
		}
		return ranges, nil
	case syntax.OpAnyChar:
		return []rune{0, unicode.MaxRune}, nil
	case syntax.OpAnyCharNotNL:
		return []rune{0, '\n' - 1, '\n' + 1, unicode.MaxRune}, nil
	}
	return nil, nil // none
}

// escape reads what follows a \ outside of a class.
func (p *parser) escape(start int) *node {
	if p.at == len(p.text) {
		p.fail(start, `a \ at the end`)
	}
	switch c := p.text[p.at]; {
	case c == 'b' || c == 'B':
		p.at++
		return &node{kind: aBoundary, not: c == 'B'}
	case c == 'A':
		p.at++
		return &node{kind: aBeginning}
	case c == 'z' || c == 'Z':
		p.at++
		return &node{kind: anEnd}
	case c >= '1' && c <= '9':
		return p.reference(start)
	case c == 'k' && len(p.names) > 0:
		p.at++
		name, _, ok := strings.Cut(strings.TrimPrefix(p.text[p.at:], "<"), ">")
		if p.names[name] == 0 || !ok || !p.accept("<"+name+">") {
			p.fail(start, `\k is followed by the name of a group, <name>`)
		}
		return &node{kind: aReference, group: p.names[name], fold: p.fold}
	}
	if set, ok := p.classEscape(start); ok {
		return p.set("[" + set + "]")
	}
	return p.character(p.escaped(start))
}

func (p *parser) reference(start int) *node {
	end := p.at
	for end < len(p.text) && p.text[end] >= '0' && p.text[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(p.text[p.at:end])
	if err != nil || n > p.total {
		p.fail(start, "there is no group %s", p.text[p.at:end])
	}
	p.at = end
	return &node{kind: aReference, group: n, fold: p.fold}
}

// classEscape reads an escape for a set of characters.
func (p *parser) classEscape(start int) (set string, ok bool) {
	c := rune(p.text[p.at])
	if set, ok = classes[c]; ok {
		p.at++
		return set, true
	}
	if c != 'p' && c != 'P' {
		return "", false
	}
	p.at++
	name, _, closed := strings.Cut(p.text[p.at:], "}")
	switch {
	case strings.HasPrefix(name, "{") && closed:
		p.at += len(name) + 1
		name = name[1:]
	case p.at < len(p.text) && p.text[p.at] != '{':
		name = p.text[p.at : p.at+1]
		p.at++
	default:
		p.fail(start, `\%c is followed by the name of a property, {L}`, c)
	}
	set, ok = property(name)
	if !ok {
		p.fail(start, "unknown property of characters %q", name)
	}
	if c == 'P' {
		set = complement(set)
	}
	return set, true
}

// composed are the properties that Unicode derives from others.
var composed = map[string][]string{
	"Alphabetic": {"L", "Nl", "Other_Alphabetic"}, "Alpha": {"L", "Nl", "Other_Alphabetic"},
	"Lowercase": {"Ll", "Other_Lowercase"}, "Uppercase": {"Lu", "Other_Uppercase"},
}

// property returns the set that has a property of Unicode.
func property(name string) (set string, ok bool) {
	for _, prefix := range []string{"Script=", "sc=", "Script_Extensions=", "scx=", "General_Category=", "gc="} {
		name = strings.TrimPrefix(name, prefix)
	}
	if parts := composed[name]; parts != nil {
		for _, part := range parts {
			of, _ := property(part)
			set += of
		}
		return set, true
	}
	if table := unicode.Properties[name]; table != nil {
		var b strings.Builder
		for _, r := range table.R16 {
			b.WriteString(strided(rune(r.Lo), rune(r.Hi), rune(r.Stride)))
		}
		for _, r := range table.R32 {
			b.WriteString(strided(rune(r.Lo), rune(r.Hi), rune(r.Stride)))
		}
		return b.String(), true
	}
	set = `\p{` + name + `}`
	_, err := rangesOf("["+set+"]", false)
	return set, err == nil && !strings.ContainsAny(name, "^{}")
}

func strided(low, high, stride rune) string {
	if stride == 1 {
		return runeText(low) + "-" + runeText(high)
	}
	var b strings.Builder
	for r := low; r <= high; r += stride {
		b.WriteString(runeText(r))
	}
	return b.String()
}

var controls = map[rune]rune{'t': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r'}

// escaped reads an escape for one character.
func (p *parser) escaped(start int) rune {
	r, ok := p.next()
	switch {
	case !ok:
		p.fail(start, `a \ at the end`)
	case controls[r] != 0:
		return controls[r]
	case r == 'c' && p.at < len(p.text) && isLetter(p.text[p.at]):
		p.at++
		return rune(p.text[p.at-1] % 32)
	case r == '0':
		return p.octal()
	case r == 'x' && p.accept("{"), r == 'a', r == 'Q', r == 'C':
		panic(errOther)
	case r == 'x':
		return p.hex(start, 2)
	case r == 'u' && p.accept("{"):
		digits, _, _ := strings.Cut(p.text[p.at:], "}")
		v, err := strconv.ParseUint(digits, 16, 32)
		if err != nil || v > unicode.MaxRune || !p.accept(digits+"}") {
			p.fail(start, `\u{ is followed by the number of a character and a }`)
		}
		return rune(v)
	case r == 'u':
		return p.unit(start)
	case r < utf8.RuneSelf && (isLetter(byte(r)) || r >= '0' && r <= '9'):
		p.fail(start, `unknown escape \%c`, r)
	}
	return r
}

// unit reads the four digits of \u, and the other half of a character that takes
// two of them.
func (p *parser) unit(start int) rune {
	r := p.hex(start, 4)
	if after := p.at; utf16.IsSurrogate(r) && p.accept(`\u`) && len(p.text) >= p.at+4 {
		if v, err := strconv.ParseUint(p.text[p.at:p.at+4], 16, 32); err == nil {
			if whole := utf16.DecodeRune(r, rune(v)); whole != unicode.ReplacementChar {
				p.at += 4
				return whole
			}
		}
		p.at = after
	}
	return r
}

func (p *parser) hex(start, digits int) rune {
	if len(p.text) < p.at+digits {
		p.fail(start, "the escape has %d hexadecimal digits", digits)
	}
	v, err := strconv.ParseUint(p.text[p.at:p.at+digits], 16, 32)
	if err != nil {
		p.fail(start, "the escape has %d hexadecimal digits", digits)
	}
	p.at += digits
	return rune(v)
}

func (p *parser) octal() rune {
	var v rune
	for n := 0; n < 2 && p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '7'; n++ {
		v = v*8 + rune(p.text[p.at]-'0')
		p.at++
	}
	return v
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// class reads a class up to its ].
func (p *parser) class(start int) *node {
	open := "["
	if p.accept("^") {
		open = "[^"
	}
	if rest, ok := strings.CutPrefix(p.text[p.at:], "]"); ok {
		if i := strings.IndexAny(rest, "[]\\"); i >= 0 && rest[i] == ']' {
			panic(errOther) // []a] of other languages; in ECMA-262 the class has ended
		}
	}
	var b strings.Builder
	for !p.accept("]") {
		if p.at == len(p.text) {
			p.fail(start, "a [ without its ]")
		}
		if strings.HasPrefix(p.text[p.at:], "[:") && strings.Contains(p.text[p.at:], ":]") {
			panic(errOther)
		}
		at := p.at
		set, low, single := p.member()
		if end := p.at; single && p.accept("-") && !strings.HasPrefix(p.text[p.at:], "]") {
			_, high, also := p.member()
			if also {
				if high < low {
					p.fail(at, "the ends of a range are out of order")
				}
				b.WriteString(runeText(low) + "-" + runeText(high))
				continue
			}
			p.at = end
		} else {
			p.at = end
		}
		b.WriteString(set)
	}
	switch {
	case b.Len() > 0:
		return p.set(open + b.String() + "]")
	case open == "[":
		return p.set(`[^\x{0}-\x{10FFFF}]`)
	}
	return p.set(`[\x{0}-\x{10FFFF}]`)
}

// member reads a character or a set in a class.
func (p *parser) member() (set string, r rune, single bool) {
	start := p.at
	r, ok := p.next()
	switch {
	case !ok:
		p.fail(start, "a [ without its ]")
	case r != '\\':
		return runeText(r), r, true
	case p.at == len(p.text):
		p.fail(start, `a \ at the end`)
	case p.accept("b"):
		return runeText('\b'), '\b', true
	}
	if set, ok = p.classEscape(start); ok {
		return set, 0, false
	}
	if c := p.text[p.at]; c >= '1' && c <= '7' {
		p.fail(start, `unknown escape \%c in a class`, c)
	}
	r = p.escaped(start)
	return runeText(r), r, true
}
