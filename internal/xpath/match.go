package xpath

import (
	"strings"
)

// A reader reads a text for the search of a pattern, and accounts for each
// character: a search may read to the end of the text for each match.
type reader struct {
	*strings.Reader
	run       *run
	cost, due int // in parts of a visit
}

func (r *reader) ReadRune() (ch rune, size int, err error) {
	if r.due += r.cost; r.due >= 64 {
		r.run.visit(r.due / 64)
		r.due %= 64
	}
	return r.Reader.ReadRune()
}

// search returns the next match in a text from a position on, or nil: the
// positions of the whole match and of its groups. No pattern that is searched
// for more than once matches the empty text.
func (s *scope) search(p *pattern, text string, from int) []int {
	s.visit(1)
	re := p.first
	if from > 0 {
		re = p.rest
	}
	found := re.FindReaderSubmatchIndex(&reader{strings.NewReader(text[from:]), s.run, 8 + 2*p.size, 0})
	for i := range found {
		if found[i] >= 0 {
			found[i] += from
		}
	}
	return found
}

func matches(s *scope, args []seq) seq {
	text := s.text(args[0])
	return seq{s.search(s.pattern(s.needed(args[1]), s.flags(args, 2)), text, 0) != nil}
}

func (s *scope) flags(args []seq, at int) string {
	if at < len(args) {
		return s.needed(args[at])
	}
	return ""
}

// separator compiles a pattern for replace and tokenize, which must not match
// the empty text.
func (s *scope) separator(text, flags string) *pattern {
	p := s.pattern(text, flags)
	if p.first.MatchString("") {
		failf("the regular expression %s matches the empty text", shown(text))
	}
	return p
}

func replace(s *scope, args []seq) seq {
	text, with := s.text(args[0]), s.needed(args[2])
	flags := s.flags(args, 3)
	p := s.separator(s.needed(args[1]), flags)
	s.built(len(with))
	parts := replacementParts(with, p.first.NumSubexp(), strings.Contains(flags, "q"))
	var b strings.Builder
	add := func(text string) {
		s.visit(1 + len(text)/16)
		if b.Len()+len(text) > maxText {
			failf("a text is longer than %d bytes", maxText)
		}
		b.WriteString(text)
	}
	rest := 0
	for found := s.search(p, text, 0); found != nil; found = s.search(p, text, rest) {
		add(text[rest:found[0]])
		rest = found[1]
		for _, part := range parts {
			switch {
			case part.group < 0:
				add(part.text)
			case found[2*part.group] >= 0:
				add(text[found[2*part.group]:found[2*part.group+1]])
			}
		}
	}
	add(text[rest:])
	return seq{b.String()}
}

type replacementPart struct {
	text  string
	group int // -1: the text
}

// replacementParts reads a replacement: $N is a group, with as many digits as
// there are groups; \$ and \\ are characters.
func replacementParts(with string, groups int, plain bool) (parts []replacementPart) {
	for !plain {
		at := strings.IndexAny(with, `\$`)
		if at < 0 {
			break
		}
		parts = append(parts, replacementPart{with[:at], -1})
		sign, rest := with[at], with[at+1:]
		switch {
		case sign == '\\' && (rest == "" || rest[0] != '\\' && rest[0] != '$'):
			failf(`the replacement %s: expected \ or $ after \`, shown(with))
		case sign == '\\':
			parts = append(parts, replacementPart{rest[:1], -1})
			with = rest[1:]
		case rest == "" || !isDigit(rest[0]):
			failf("the replacement %s: expected a number after $", shown(with))
		default:
			group := int(rest[0] - '0')
			rest = rest[1:]
			for rest != "" && isDigit(rest[0]) && group*10+int(rest[0]-'0') <= groups {
				group = group*10 + int(rest[0]-'0')
				rest = rest[1:]
			}
			if group <= groups {
				parts = append(parts, replacementPart{"", group})
			}
			with = rest
		}
	}
	return append(parts, replacementPart{with, -1})
}

func isDigit(ch byte) bool { return ch >= '0' && ch <= '9' }

func tokenize(s *scope, args []seq) seq {
	text := s.text(args[0])
	s.built(len(text))
	var tokens seq
	add := func(token string) {
		s.visit(2)
		tokens = append(tokens, token)
	}
	if len(args) == 1 {
		for token := range strings.FieldsFuncSeq(text, isSpace) {
			add(token)
		}
		return tokens
	}
	p := s.separator(s.needed(args[1]), s.flags(args, 2))
	if text == "" {
		return nil
	}
	rest := 0
	for found := s.search(p, text, 0); found != nil; found = s.search(p, text, rest) {
		add(text[rest:found[0]])
		rest = found[1]
	}
	add(text[rest:])
	return tokens
}
