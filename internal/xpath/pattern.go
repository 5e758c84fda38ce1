package xpath

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
)

// The regular expressions of XPath (Functions and Operators §7.6.1, 5.6.1 in
// 3.1) are those of XML Schema with anchors. They are rewritten for RE2:
// constructs with another meaning there are written out, those that it does not
// have are rejected.

// A pattern is a compiled regular expression.
type pattern struct {
	first *regexp.Regexp // from the beginning of a text
	rest  *regexp.Regexp // after a match
	size  int            // of its program
}

type patternReader struct {
	text    string
	version version
	fold    bool // flag i
	all     bool // flag s
	quoted  bool // flag q
	out     strings.Builder
}

// The beginning of a text, written in a way that nothing else is, and its
// equivalent after a match.
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

// size returns the size of the program, which counts in brackets make much
// longer than the text.
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

const (
	space      = ` \t\n\r`
	notSpace   = `\x00-\x08\x0b\x0c\x0e-\x1f!-\x{10ffff}`
	word       = `\pL\pM\pN\pS`
	single     = `\\[nrt\\|.\-^?*+{}()\[\]$]`
	category   = `\\[pP]\{(?:L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|Z[slp]?|S[mcko]?|C[cf])\}`
	quantifier = `(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??`
	character  = `(?:[^\[\]\\\-]|` + single + `)`
	member     = `(?:` + character + `-` + character + `|` + character + `|` + category + `|\\[sSdDwW])`
	class      = `\[\^?(?:-?` + member + `+-?|--?)\]`
)

var (
	patternTokens = regexp.MustCompile(`^(?s:` + category + `|\\.|` + class + `|` + quantifier + `|\(\?:?|.)`)
	classEscapes  = regexp.MustCompile(category + `|\\.`)
	singleEscape  = regexp.MustCompile(`^` + single + `$`)
)

// escapes are the escapes for character classes, as they are written outside
// and inside a class; "" if they cannot be.
var escapes = map[string]struct{ outside, inside string }{
	`\s`: {"[" + space + "]", space}, `\S`: {"[^" + space + "]", notSpace},
	`\d`: {`\p{Nd}`, `\p{Nd}`}, `\D`: {`\P{Nd}`, ""},
	`\w`: {"[" + word + "]", word}, `\W`: {"[^" + word + "]", ""},
}

func (p *patternReader) read() {
	repeatable := false // whether a quantifier may follow
	for rest := p.text; rest != ""; {
		token := patternTokens.FindString(rest)
		rest = rest[len(token):]
		before := repeatable
		repeatable = strings.IndexByte("(|^$*+?{", token[0]) < 0
		switch token[0] {
		case '.':
			p.out.WriteString(p.dot())
		case '\\':
			p.out.WriteString(p.escape(token, false))
		case '[':
			p.class(token, rest)
		case '^':
			p.out.WriteString(beginning)
		case '(':
			if token == "(?" || token == "(?:" && p.version < v30 {
				p.fail("(? does not begin a group")
			}
			p.out.WriteString(token)
		case '*', '+', '?', '{':
			switch {
			case !before:
				p.fail("a quantifier has nothing to repeat")
			case token == "{":
				p.fail("{ does not begin a quantifier")
			}
			p.out.WriteString(token)
		case ']', '}':
			p.fail(token + ` is a character only when it is written \` + token)
		case ')', '$', '|':
			p.out.WriteString(token)
		default:
			p.out.WriteString(regexp.QuoteMeta(token))
		}
	}
}

func (p *patternReader) dot() string {
	switch {
	case p.all:
		return `(?s:.)`
	case p.version > v20:
		return `[^\n\r]`
	}
	return `[^\n]`
}

func (p *patternReader) escape(token string, inClass bool) string {
	written := escapes[token].outside
	if inClass {
		written = escapes[token].inside
	}
	isCategory := strings.HasSuffix(token, "}") && len(token) > 2
	switch {
	case written != "":
		return written
	case token == `\`:
		p.fail(`it ends with \`)
	case isCategory && p.fold:
		p.fail(token + " with the flag i is not available")
	case !isCategory && !singleEscape.MatchString(token):
		p.fail(token + " is not available")
	}
	return token
}

func (p *patternReader) class(token, rest string) {
	switch end := strings.IndexByte(rest, ']'); {
	case token != "[" && token != "[^]":
		p.out.WriteString(classEscapes.ReplaceAllStringFunc(token, func(escape string) string { return p.escape(escape, true) }))
	case end < 0:
		p.fail("a class has no end")
	case strings.Contains(rest[:end], "-["):
		p.fail("the subtraction of classes is not available")
	default:
		p.fail(`a class has members or ranges of two characters; in it [, ] and - are written \[, \] and \-, and other escapes are not available`)
	}
}
