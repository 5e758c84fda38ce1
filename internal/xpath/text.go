package xpath

import (
	"math"
	"strings"
	"unicode/utf8"
)

// The functions on strings. The cost of a text is counted before it is made.

func ofTexts(do func(a, b string) item) evaluation {
	return func(s *scope, args []seq) seq { return seq{do(s.text(args[0]), s.text(args[1]))} }
}

// ofPresent has no value without both arguments.
func ofPresent(do func(a, b string) item) evaluation {
	return func(s *scope, args []seq) seq {
		if len(args[0]) == 0 || len(args[1]) == 0 {
			return nil
		}
		return ofTexts(do)(s, args)
	}
}

func substringBefore(text, sub string) item {
	before, _, ok := strings.Cut(text, sub)
	if !ok {
		return ""
	}
	return before
}

func substringAfter(text, sub string) item {
	_, after, _ := strings.Cut(text, sub)
	return after
}

func stringOfOne(s *scope, args []seq) seq {
	if len(args[0]) > 1 && s.run.version > v10 {
		failf("string() takes one item, not %d", len(args[0]))
	}
	if len(args[0]) == 0 {
		return seq{""}
	}
	s.read(args[0][0])
	return seq{s.textOf(args[0][0])}
}

func concat(s *scope, args []seq) seq {
	texts := make([]string, len(args))
	for i, a := range args {
		if v := s.one(a); v != nil {
			texts[i] = s.textOf(v)
		}
	}
	return seq{s.joined(texts, "")}
}

func stringJoin(s *scope, args []seq) seq {
	var texts []string
	for _, v := range s.atomize(args[0]) {
		if s.run.version < v31 && !isString(asString(v)) {
			failf("string-join() takes strings before XPath 3.1, not %s", typeName(v))
		}
		s.visit(1)
		texts = append(texts, s.textOf(v))
	}
	between := ""
	if len(args) > 1 {
		between = s.needed(args[1])
	}
	return seq{s.joined(texts, between)}
}

func (s *scope) joined(texts []string, between string) string {
	length := len(between) * max(0, len(texts)-1)
	for _, t := range texts {
		length += len(t)
	}
	s.built(length)
	return strings.Join(texts, between)
}

func isSpace(r rune) bool { return strings.ContainsRune(spaces, r) }

// containsToken searches lists whose tokens are separated by white space.
func containsToken(s *scope, args []seq) seq {
	wanted := strings.Trim(s.needed(args[1]), spaces)
	for i := range args[0] {
		text := s.text(args[0][i : i+1])
		s.built(len(text))
		for token := range strings.FieldsFuncSeq(text, isSpace) {
			if token == wanted {
				return seq{true}
			}
		}
	}
	return seq{false}
}

// encodeForURI escapes all but the unreserved characters of RFC 3986.
func encodeForURI(s *scope, args []seq) seq {
	const hex = "0123456789ABCDEF"
	text := s.text(args[0])
	s.built(3 * len(text))
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		ch := text[i]
		if ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' || ch >= '0' && ch <= '9' || strings.IndexByte("-_.~", ch) >= 0 {
			b.WriteByte(ch)
		} else {
			b.WriteString("%" + string(hex[ch>>4]) + string(hex[ch&15]))
		}
	}
	return seq{b.String()}
}

func substring(s *scope, args []seq) seq {
	text := s.text(args[0])
	start, stop := nearest(s.double(args[1])), math.Inf(1)
	if len(args) > 2 {
		stop = start + nearest(s.double(args[2]))
	}
	s.built(len(text))
	from, to, position := -1, len(text), 0.0
	for i := range text {
		position++
		within := position >= start && position < stop
		if within && from < 0 {
			from = i
		}
		if !within && from >= 0 {
			to = i
			break
		}
	}
	if from < 0 {
		return seq{""}
	}
	return seq{text[from:to]}
}

func normalizeSpace(s *scope, args []seq) seq {
	text := s.text(args[0])
	s.built(len(text))
	var b strings.Builder
	for token := range strings.FieldsFuncSeq(text, isSpace) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(token)
	}
	return seq{b.String()}
}

// cased maps letter by letter, which is wrong for the letters that isSpecial
// finds.
func cased(to func(string) string) evaluation {
	return func(s *scope, args []seq) seq {
		text := s.text(args[0])
		s.built(len(text))
		if at := strings.IndexFunc(text, isSpecial); at >= 0 {
			letter, _ := utf8.DecodeRuneInString(text[at:])
			failf("the case of %q is not available", letter)
		}
		return seq{to(text)}
	}
}

// isSpecial reports whether the other case of a letter has more than one
// letter, or depends on adjacent letters.
func isSpecial(r rune) bool {
	return r > 0x7f && (strings.ContainsRune("ßŉǰΐΰևİΣ", r) || r >= 'ẖ' && r <= 'ẞ' ||
		r >= 'ὐ' && r <= '\u1ffe' || r >= 'ﬀ' && r <= 'ﬗ')
}

func translate(s *scope, args []seq) seq {
	text, from, to := s.text(args[0]), s.needed(args[1]), s.needed(args[2])
	s.visit(len(text)/8 + len(from) + len(to)/4)
	with := []rune(to)
	others := map[rune]rune{}
	for i, r := range []rune(from) {
		if _, known := others[r]; known {
			continue
		}
		others[r] = -1
		if i < len(with) {
			others[r] = with[i]
		}
	}
	result := strings.Map(func(r rune) rune {
		if other, ok := others[r]; ok {
			return other
		}
		return r
	}, text)
	s.built(len(result)) // at most four times the text
	return seq{result}
}
