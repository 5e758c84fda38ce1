package program

import (
	"regexp"
	"slices"
	"strings"
)

// A standing is what an embedded value is in a condition (C16).
type standing uint8

const (
	asText    standing = iota // a part of the condition
	asLiteral                 // text inside a string literal, or \Q…\E of a regular expression
	asOperand                 // a literal of its own
	ignored                   // in a comment
)

// An embedding is an embedded expression with the text before it.
type embedding struct {
	name     string // {$…}
	before   string
	standing standing
	quote    byte // of the literal
	syntax   bool // any value is syntax in a regular expression, as what follows a \ is
	class    bool // in a character class
}

// A follower knows the context of each place of a condition.
type follower struct {
	kind     CriterionKind
	regexes  bool // the Goessner dialect has them: @.a =~ /x/
	comments bool // later XPath has them: (: … :)

	seen    []byte
	quote   byte // that ends the literal; / of a regular expression
	comment int  // levels
	regex   regexState
}

// read goes on through a text.
func (f *follower) read(s string) {
	if f.kind == RegexCriterion {
		f.regex.read(s)
	} else {
		f.query(s)
	}
	f.seen = append(f.seen, s...)
	f.seen = f.seen[max(0, len(f.seen)-lookBack):]
}

const lookBack = 256 // bytes that decide where a value stands

// query follows the literals and comments of a query.
func (f *follower) query(s string) {
	tilde := f.regexes && strings.HasSuffix(strings.TrimRight(string(f.seen), blanks), "~")
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case f.comments && f.quote == 0 && strings.HasPrefix(s[i:], "(:"):
			f.comment++
			i++
		case f.comment > 0:
			if strings.HasPrefix(s[i:], ":)") {
				f.comment--
				i++
			}
		case f.quote != 0 && ch == '\\' && f.kind == JSONPathCriterion:
			i++
		case f.quote != 0:
			if ch == f.quote {
				f.quote = 0
			}
		case ch == '\'' || ch == '"' || ch == '/' && tilde:
			f.quote = ch
		case !strings.ContainsRune(blanks, rune(ch)):
			tilde = f.regexes && ch == '~'
		}
	}
}

// embedding says what a value is here, before the text next.
func (f *follower) embedding(next string) embedding {
	switch {
	case f.kind == RegexCriterion && f.regex.quoted:
		return embedding{standing: asLiteral}
	case f.kind == RegexCriterion:
		return embedding{syntax: syntaxFollows.Match(f.seen), class: f.regex.class}
	case f.comment > 0:
		return embedding{standing: ignored}
	case f.quote == '/':
		return embedding{}
	case f.quote != 0:
		return embedding{standing: asLiteral, quote: f.quote}
	case f.isOperand(string(f.seen), next):
		return embedding{standing: asOperand}
	}
	return embedding{}
}

const blanks = " \t\n\r"

// An operatorTable has the operators between two values, in signs and in words. What
// is next to one is an operand.
type operatorTable struct{ before, after, words []string }

var operatorTables = map[CriterionKind]operatorTable{
	JSONPathCriterion: {
		before: []string{"==", "!=", "<", "<=", ">", ">=", "~", "==="},
		after:  []string{"==", "!=", "<", ">", "=~"},
	},
	XPathCriterion: {
		before: []string{"=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "||", ":="},
		after:  []string{"=", "!=", "<", ">", "+", "-", "*", "||"},
		words:  []string{"eq", "ne", "lt", "le", "gt", "ge", "is", "div", "mod", "idiv", "to"},
	},
}

// isOperand reports whether a value is an operand of an operator, the argument of a
// function, or a selector in brackets of JSONPath. Alone in parentheses, or as the
// whole of a condition, it is not: there it is what it says.
func (f *follower) isOperand(before, next string) bool {
	operators := operatorTables[f.kind]
	trimmed, rest := strings.TrimRight(before, blanks), strings.TrimLeft(next, blanks)
	spaced := len(trimmed) < len(before)
	after := hasPrefix(rest, operators.after) && !strings.HasPrefix(rest, "=>") ||
		slices.Contains(operators.words, firstWord.FindString(rest)) && rest != next
	ends := after || rest == "" || strings.ContainsRune(")],&|", rune(rest[0])) ||
		f.kind == XPathCriterion && rest != next && firstWord.MatchString(rest)
	switch {
	case !ends:
		return false
	case slices.Contains(operators.words, lastWord.FindString(trimmed)) && spaced:
		return true
	case hasSuffix(trimmed, operators.before) && !strings.HasSuffix(trimmed, "=>"):
		return f.isOperator(trimmed, spaced)
	case after:
		return opens.MatchString(trimmed)
	case rest == "" || !strings.ContainsRune("),]", rune(rest[0])):
		return false
	case f.kind == JSONPathCriterion && strings.HasSuffix(trimmed, "["):
		return true
	}
	return arguments.MatchString(trimmed)
}

// isOperator reports whether the sign that a text of XPath ends with is an
// operator: * may be a name test, and - a character of a name.
func (f *follower) isOperator(text string, spaced bool) bool {
	switch left := text[:len(text)-1]; text[len(text)-1] {
	case '*':
		return f.kind == XPathCriterion && valueEnds.MatchString(strings.TrimRight(left, blanks))
	case '-':
		return spaced || !nameEnds.MatchString(left)
	}
	return true
}

var (
	firstWord = regexp.MustCompile(`^[a-z]+\b`)
	lastWord  = regexp.MustCompile(`\b[a-z]+$`)
	opens     = regexp.MustCompile(`(?:^|[(\[,?!]|&&|\|\||\b(?:and|or|return|then|else|in|satisfies|if))$`)
	arguments = regexp.MustCompile(`(?:,|[\pL\pN_.:\-]\s*\()$`)
	valueEnds = regexp.MustCompile(`[\pL\pN_)\]'".]$`)
	nameEnds  = regexp.MustCompile(`[\pL\pN_.\-]$`)

	// syntaxFollows are the beginnings of what is not a part of a pattern, but its
	// syntax: an escape, a flag, a name, a count.
	syntaxFollows = regexp.MustCompile(`(?:^|[^\\])(?:\\\\)*(?:\\|\\[pPkx]\{?|\(\?[^()]*|\{[0-9]*,?|\[:)$`)
)

// namedClass is a class of a class, as RE2 has it: [[:alpha:]].
var namedClass = regexp.MustCompile(`^\[:\^?[a-z]+:\]`)

func hasPrefix(s string, list []string) bool {
	return slices.ContainsFunc(list, func(prefix string) bool { return strings.HasPrefix(s, prefix) })
}

func hasSuffix(s string, list []string) bool {
	return slices.ContainsFunc(list, func(suffix string) bool { return strings.HasSuffix(s, suffix) })
}

// regexState is the syntactic context of a place in a regular expression.
type regexState struct {
	class, first    bool // in […], and before its first character
	quoted, escaped bool // in \Q…\E, after a \
	last            byte
}

func (s *regexState) read(text string) {
	for i := 0; i < len(text); i++ {
		switch ch := text[i]; {
		case s.quoted:
			if strings.HasPrefix(text[i:], `\E`) {
				s.quoted = false
				i++
			}
		case s.escaped:
			s.escaped, s.first = false, false
			s.quoted = ch == 'Q' && !s.class
		case ch == '\\':
			s.escaped = true
		case s.class && s.first && (ch == '^' && s.last == '['):
		case s.class && ch == ']' && !s.first:
			s.class = false
		case s.class:
			s.first = false
			if ch == '[' {
				i += max(0, len(namedClass.FindString(text[i:]))-1)
			}
		case ch == '[':
			s.class, s.first = true, true
		}
		s.last = text[i]
	}
}
