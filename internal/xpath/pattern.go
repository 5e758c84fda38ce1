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

type patternReader struct {
	text    string
	at      int
	version int
	fold    bool // flag i
	all     bool // flag s
	out     strings.Builder
}

// pattern compiles a regular expression with its flags.
func (s *scope) pattern(text, flags string) *regexp.Regexp {
	key := flags + "/" + text
	if re := s.run.patterns[key]; re != nil {
		return re
	}
	p := &patternReader{text: text, version: s.run.version}
	quoted := false
	for _, f := range flags {
		switch {
		case f == 'i':
			p.fold = true
		case f == 's':
			p.all = true
		case f == 'q' && s.run.version > 2:
			quoted = true
		case f == 'm' || f == 'x':
			failf("the flag %c of a regular expression is not available", f)
		default:
			failf("a regular expression has no flag %c", f)
		}
	}
	if len(text) > maxExpr {
		failf("a regular expression is longer than %d bytes", maxExpr)
	}
	s.run.visit(1 + 64*len(text))
	if p.fold {
		p.out.WriteString("(?i)")
	}
	if quoted {
		p.out.WriteString(regexp.QuoteMeta(text))
	} else {
		p.read()
	}
	re, err := regexp.Compile(p.out.String())
	if err != nil {
		what := "it is not available"
		if problem := (*syntax.Error)(nil); errors.As(err, &problem) {
			what = problem.Code.String()
		}
		p.fail(what)
	}
	if s.run.patterns == nil {
		s.run.patterns = map[string]*regexp.Regexp{}
	}
	s.run.patterns[key] = re
	return re
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
			case p.version > 2:
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
		case '|', '^':
			p.out.WriteByte(ch)
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
			p.fail(string(ch) + ` stands alone; it is written \` + string(ch))
		default:
			p.out.WriteString(regexp.QuoteMeta(p.text[p.at-1 : p.at]))
		}
		nothing = never
	}
}

func (p *patternReader) group() {
	p.out.WriteByte('(')
	if strings.HasPrefix(p.text[p.at:], "?") {
		if p.version < 3 || !strings.HasPrefix(p.text[p.at:], "?:") {
			p.fail("(? is no group")
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
			p.fail("{ begins no quantifier")
		}
		p.out.WriteString(count)
		p.at += len(count)
	}
	if strings.HasPrefix(p.text[p.at:], "?") {
		p.out.WriteByte('?')
		p.at++
	}
}

// escape reads what follows a backslash; member says that it stands in a class.
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

// class reads a character class expression behind its bracket.
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

// search accounts for looking through a text, which takes time by the lengths of
// both.
func (s *scope) search(re *regexp.Regexp, text string) {
	s.run.visit(1 + len(text)/64*(1+len(re.String())/16))
}

func matchesFunction(s *scope, args []seq) seq {
	text := s.text(args[0])
	re := s.pattern(s.needed(args[1]), s.flags(args, 2))
	s.search(re, text)
	return seq{re.MatchString(text)}
}

func (s *scope) flags(args []seq, at int) string {
	if at < len(args) {
		return s.needed(args[at])
	}
	return ""
}

// separating is a pattern that replace and tokenize take: it matches no empty
// text.
func (s *scope) separating(pattern, flags string) *regexp.Regexp {
	re := s.pattern(pattern, flags)
	if re.MatchString("") {
		failf("the regular expression %s matches the empty text", shown(pattern))
	}
	return re
}

func replaceFunction(s *scope, args []seq) seq {
	text, with := s.text(args[0]), s.needed(args[2])
	flags := s.flags(args, 3)
	re := s.separating(s.needed(args[1]), flags)
	parts := replacementParts(with, re.NumSubexp(), strings.Contains(flags, "q"))
	s.search(re, text)
	var texts []string
	rest := 0
	for _, found := range re.FindAllStringSubmatchIndex(text, -1) {
		texts = append(texts, text[rest:found[0]])
		rest = found[1]
		for _, part := range parts {
			switch {
			case part.group < 0:
				texts = append(texts, part.text)
			case found[2*part.group] >= 0:
				texts = append(texts, text[found[2*part.group]:found[2*part.group+1]])
			}
		}
	}
	return seq{s.joined(append(texts, text[rest:]), "")}
}

type replacementPart struct {
	text  string
	group int // -1: the text
}

// replacementParts reads a replacement: $N is a group, of as many digits as
// there are groups for; \$ and \\ are characters.
func replacementParts(with string, groups int, plain bool) (parts []replacementPart) {
	if plain {
		return []replacementPart{{with, -1}}
	}
	for i := 0; i < len(with); i++ {
		next := byte(0)
		if i+1 < len(with) {
			next = with[i+1]
		}
		switch {
		case with[i] == '\\' && (next == '\\' || next == '$'):
			i++
			parts = append(parts, replacementPart{string(next), -1})
		case with[i] == '\\':
			failf(`the replacement %s: behind \ there is \ or $`, shown(with))
		case with[i] != '$':
			parts = append(parts, replacementPart{with[i : i+1], -1})
		case next < '0' || next > '9':
			failf("the replacement %s: behind $ there is a number", shown(with))
		default:
			i++
			group := int(next - '0')
			for i+1 < len(with) && with[i+1] >= '0' && with[i+1] <= '9' && group*10+int(with[i+1]-'0') <= groups {
				i++
				group = group*10 + int(with[i]-'0')
			}
			if group <= groups {
				parts = append(parts, replacementPart{"", group})
			}
		}
	}
	return parts
}

func tokenizeFunction(s *scope, args []seq) seq {
	text := s.text(args[0])
	s.built(len(text))
	var tokens seq
	if len(args) == 1 {
		for _, token := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }) {
			tokens = append(tokens, token)
		}
		return tokens
	}
	re := s.separating(s.needed(args[1]), s.flags(args, 2))
	if text == "" {
		return nil
	}
	s.search(re, text)
	rest := 0
	for _, found := range re.FindAllStringIndex(text, -1) {
		s.run.visit(1)
		tokens = append(tokens, text[rest:found[0]])
		rest = found[1]
	}
	return append(tokens, text[rest:])
}
