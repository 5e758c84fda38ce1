package xpath

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
)

// The regular expressions of XPath (Functions and Operators §7.6.1, 5.6.1 in
// 3.1) are those of XML Schema and anchors. They are rewritten for RE2; what
// means something else there is written out, what cannot be is refused.

// A pattern is a compiled regular expression.
type pattern struct {
	first *regexp.Regexp // from the beginning of a text
	rest  *regexp.Regexp // after a match
	size  int            // of its program
}

type patternReader struct {
	text    string
	at      int
	version version
	fold    bool // flag i
	all     bool // flag s
	quoted  bool // flag q
	out     strings.Builder
}

// The beginning of a text, which nothing else is written as, and what it is
// after a match.
const (
	beginning = `(?:\A)`
	nowhere   = `[^\x00-\x{10FFFF}]`
)

// pattern compiles a regular expression with its flags.
func (s *scope) pattern(text, flags string) *pattern {
	if len(text)+len(flags) > maxExpr {
		failf("a regular expression is longer than %d bytes", maxExpr)
	}
	key := flags + "/" + text
	if known := s.run.patterns[key]; known != nil {
		return known
	}
	s.visit(1 + 64*len(text))
	p := &patternReader{text: text, version: s.run.version}
	p.flags(flags)
	if p.fold {
		p.out.WriteString("(?i)")
	}
	if p.quoted {
		p.out.WriteString(regexp.QuoteMeta(text))
	} else {
		p.read()
	}
	compiled := s.compiled(p)
	if s.run.patterns == nil {
		s.run.patterns = map[string]*pattern{}
	}
	s.run.patterns[key] = compiled
	return compiled
}

func (p *patternReader) flags(flags string) {
	for _, f := range flags {
		switch {
		case f == 'i':
			p.fold = true
		case f == 's':
			p.all = true
		case f == 'q' && p.version > v20:
			p.quoted = true
		case f == 'm' || f == 'x':
			failf("the flag %c of a regular expression is not available", f)
		default:
			failf("a regular expression has no flag %c", f)
		}
	}
}

func (s *scope) compiled(p *patternReader) *pattern {
	written := p.out.String()
	compiled := &pattern{size: p.size(written)}
	s.visit(16 * compiled.size)
	compiled.first = p.compile(written)
	compiled.rest = compiled.first
	if strings.Contains(written, beginning) {
		compiled.rest = p.compile(strings.ReplaceAll(written, beginning, nowhere))
	}
	return compiled
}

// size is that of the program, which counts in a bracket make much longer than
// the text.
func (p *patternReader) size(written string) int {
	parsed, err := syntax.Parse(written, syntax.Perl)
	if err != nil {
		p.refuse(err)
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		p.refuse(err)
	}
	return len(program.Inst)
}

func (p *patternReader) compile(written string) *regexp.Regexp {
	re, err := regexp.Compile(written)
	if err != nil {
		p.refuse(err)
	}
	return re
}

func (p *patternReader) refuse(err error) {
	what := "it is not available"
	if problem := (*syntax.Error)(nil); errors.As(err, &problem) {
		what = problem.Code.String()
	}
	p.fail(what)
}

func (p *patternReader) fail(what string) {
	failf("the regular expression %s: %s", shown(p.text), what)
}

// written are the escapes for a whole class of characters, as members of one.
var written = map[byte]string{'s': ` \t\n\r`, 'd': `\p{Nd}`, 'w': `\pL\pM\pN\pS`}

const (
	notSpace = `\x00-\x08\x0b\x0c\x0e-\x1f!-\x{10ffff}`
	single   = `nrt\|.-^?*+{}()[]$`
)

var categories = regexp.MustCompile(`^\{(L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|Z[slp]?|S[mcko]?|C[cf])\}`)

func (p *patternReader) read() {
	nothing := true // that a quantifier could repeat
	for p.at < len(p.text) {
		ch := p.text[p.at]
		p.at++
		never := false
		switch ch {
		case '.':
			switch {
			case p.all:
				p.out.WriteString(`(?s:.)`)
			case p.version > v20:
				p.out.WriteString(`[^\n\r]`)
			default:
				p.out.WriteString(`[^\n]`)
			}
		case '\\':
			p.out.WriteString(p.escape(false))
		case '[':
			p.class()
		case '(':
			p.group()
			nothing = true
			continue
		case '|':
			p.out.WriteByte(ch)
			nothing = true
			continue
		case '^':
			p.out.WriteString(beginning)
			nothing = true
			continue
		case ')', '$':
			p.out.WriteByte(ch)
			never = ch == '$'
		case '*', '+', '?', '{':
			if nothing {
				p.fail("a quantifier has nothing to repeat")
			}
			p.quantifier(ch)
			never = true
		case ']', '}':
			p.fail(string(ch) + ` is a character only when it is written \` + string(ch))
		default:
			p.out.WriteString(regexp.QuoteMeta(p.text[p.at-1 : p.at]))
		}
		nothing = never
	}
}

func (p *patternReader) group() {
	p.out.WriteByte('(')
	if strings.HasPrefix(p.text[p.at:], "?") {
		if p.version < v30 || !strings.HasPrefix(p.text[p.at:], "?:") {
			p.fail("(? does not begin a group")
		}
		p.at += 2
		p.out.WriteString("?:")
	}
}

var counts = regexp.MustCompile(`^[0-9]+(?:,[0-9]*)?\}`)

func (p *patternReader) quantifier(ch byte) {
	p.out.WriteByte(ch)
	if ch == '{' {
		count := counts.FindString(p.text[p.at:])
		if count == "" {
			p.fail("{ does not begin a quantifier")
		}
		p.out.WriteString(count)
		p.at += len(count)
	}
	if strings.HasPrefix(p.text[p.at:], "?") {
		p.out.WriteByte('?')
		p.at++
	}
}

// escape reads what follows a backslash; member says that it is in a class.
func (p *patternReader) escape(member bool) string {
	if p.at == len(p.text) {
		p.fail(`it ends with \`)
	}
	ch := p.text[p.at]
	p.at++
	open, closed := "[", "]"
	if member {
		open, closed = "", ""
	}
	switch {
	case strings.IndexByte(single, ch) >= 0:
		return `\` + string(ch)
	case ch == 'p' || ch == 'P':
		category := categories.FindString(p.text[p.at:])
		if category == "" || p.fold {
			p.fail(`\` + string(ch) + " with a block, with Cn or with the flag i is not available")
		}
		p.at += len(category)
		return `\` + string(ch) + category
	case ch == 'S':
		return open + notSpace + closed
	case written[ch] != "":
		return open + written[ch] + closed
	case written[ch|0x20] != "" && (ch == 'D' || ch == 'W') && !member:
		return "[^" + written[ch|0x20] + "]"
	}
	p.fail(`\` + string(ch) + " is not available")
	return ""
}

// class reads a character class expression after its bracket.
func (p *patternReader) class() {
	p.out.WriteByte('[')
	if strings.HasPrefix(p.text[p.at:], "^") {
		p.at++
		p.out.WriteByte('^')
	}
	began := p.at
	for {
		if p.at == len(p.text) {
			p.fail("a class has no end")
		}
		rest := p.text[p.at:]
		switch {
		case rest[0] == ']' && p.at > began:
			p.at++
			p.out.WriteByte(']')
			return
		case rest[0] == '[' || rest[0] == ']':
			p.fail(`[ and ] in a class are written \[ and \]`)
		case strings.HasPrefix(rest, "-["):
			p.fail("the subtraction of classes is not available")
		case rest[0] == '-' && p.at > began && !strings.HasPrefix(rest, "-]"):
			p.fail(`a - in the middle of a class is not available; write \-`)
		}
		p.member()
	}
}

// member reads a character, an escape or a range.
func (p *patternReader) member() {
	from, char := p.character()
	p.out.WriteString(from)
	if rest := p.text[p.at:]; !strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "-]") || strings.HasPrefix(rest, "-[") {
		return
	}
	p.at++
	if p.at == len(p.text) || strings.IndexByte("[]", p.text[p.at]) >= 0 {
		p.fail("a range has characters at both ends")
	}
	to, ends := p.character()
	if !char || !ends || from == "-" || to == "-" {
		p.fail("a range has characters at both ends")
	}
	p.out.WriteString("-" + to)
}

func (p *patternReader) character() (written string, alone bool) {
	ch := p.text[p.at]
	if ch == '\\' {
		p.at++
		alone := p.at < len(p.text) && strings.IndexByte(single, p.text[p.at]) >= 0
		return p.escape(true), alone
	}
	r := []rune(p.text[p.at:])[0]
	p.at += len(string(r))
	return regexp.QuoteMeta(string(r)), true
}
