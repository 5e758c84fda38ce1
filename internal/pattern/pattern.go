// Package pattern has the regular expressions of JSON Schemas and of criteria:
// those of ECMA-262, as JSON Schema asks for, and what RE2 has beyond them. Nearly
// all of them are regular: they become patterns of RE2 with the same meaning, and
// take a time linear in the text. What no RE2 can do, look-around and
// back-references, is done by trying, within a number of steps: no clock is
// looked at, so that a run is the same on every machine.
package pattern

import (
	"errors"
	"io"
	"math"
	"regexp"
	"regexp/syntax"
	"strings"

	syntaxerror "github.com/gobelin-dev/gobelin/internal/syntax"
)

// A Pattern is a compiled regular expression. It is immutable and safe for
// concurrent use.
type Pattern struct {
	text    string
	regular *regexp.Regexp // nil: it is tried
	size    int            // of the program of regular: what one character may cost
	tried   *matcher
}

// What a search by RE2 may cost: characters times size. Above cheap, which takes about
// a second at most, it looks whether somebody waits; most bounds it.
const (
	cheap = 1 << 27
	most  = 1 << 33

	perStep = 50 // a step of what is tried
)

const maxPattern = 64 << 10 // bytes

// Compile reads a regular expression. The error is a *[syntaxerror.Error].
func Compile(text string) (*Pattern, error) {
	if len(text) > maxPattern {
		return nil, &syntaxerror.Error{Text: text, Message: "the regular expression is longer than 64 KiB"}
	}
	tree, groups, err := parse(text)
	if errors.Is(err, errOther) {
		re, err := regexp.Compile(text)
		if err != nil {
			return nil, re2Error(text, err)
		}
		return &Pattern{text: text, regular: re, size: sizeOf(text)}, nil
	}
	if err != nil {
		return nil, err
	}
	if written, ok := write(tree); ok {
		if re, err := regexp.Compile(written); err == nil {
			return &Pattern{text: text, regular: re, size: sizeOf(written)}, nil
		}
	}
	return &Pattern{text: text, tried: newMatcher(tree, groups)}, nil
}

// re2Error turns an error of RE2 into one with a place.
func re2Error(text string, err error) error {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return &syntaxerror.Error{Text: text, Message: err.Error()}
	}
	message := string(e.Code) + ": " + e.Expr
	return &syntaxerror.Error{Text: text, Offset: max(0, strings.Index(text, e.Expr)), Message: message}
}

// String returns the pattern as written.
func (p *Pattern) String() string { return p.text }

// Match reports whether the pattern matches somewhere in a text. The error is
// [ErrBudget].
func (p *Pattern) Match(s string) (bool, error) { return p.MatchUntil(nil, s) }

// MatchUntil is [Pattern.Match] that is given up when done is closed, with
// [syntaxerror.ErrEnded].
func (p *Pattern) MatchUntil(done <-chan struct{}, s string) (bool, error) {
	return p.MatchWithin(&Allowance{most, done}, s)
}

// An Allowance is what several searches may take together.
type Allowance struct {
	Left int64           // characters times the size of a pattern
	Done <-chan struct{} // closed when nobody waits any more; nil: somebody does
}

// NewAllowance returns what takes a second or two, in most cases less.
func NewAllowance(done <-chan struct{}) *Allowance { return &Allowance{most >> 3, done} }

// MatchWithin is [Pattern.Match] with what is left of an allowance. The error is
// [ErrBudget] or [syntaxerror.ErrEnded].
func (p *Pattern) MatchWithin(a *Allowance, s string) (bool, error) {
	if syntaxerror.Ended(a.Done) {
		return false, syntaxerror.ErrEnded
	}
	if p.regular == nil {
		found, steps, err := p.tried.match(a.Done, s)
		if a.Left -= int64(steps) * perStep; a.Left < 0 && err == nil {
			err = ErrBudget
		}
		return found, err
	}
	cost := int64(len(s)) * int64(p.size)
	switch a.Left -= cost; {
	case a.Left < 0:
		return false, ErrBudget
	case a.Done == nil || cost < cheap:
		return p.regular.MatchString(s), nil
	}
	from := &runes{strings.NewReader(s), a.Done, 0}
	matches := p.regular.MatchReader(from)
	if from.read < 0 {
		return false, syntaxerror.ErrEnded
	}
	return matches, nil
}

// runes is a text that ends when nobody waits for what is found in it; read is negative
// then.
type runes struct {
	from *strings.Reader
	done <-chan struct{}
	read int
}

// ReadRune reads the next character.
func (r *runes) ReadRune() (rune, int, error) {
	if r.read++; r.read%1024 == 0 && syntaxerror.Ended(r.done) {
		r.read = math.MinInt
	}
	if r.read < 0 {
		return 0, 0, io.EOF
	}
	return r.from.ReadRune()
}

// sizeOf returns the size of the program of a pattern of RE2.
func sizeOf(text string) int {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return 0
	}
	return len(program.Inst)
}

// Matches is [Pattern.Match] for those who know nothing if the search was given up:
// known is false then.
func (p *Pattern) Matches(s string) (matches, known bool) {
	matches, err := p.Match(s)
	return matches, err == nil
}

// literal is a regular expression as JavaScript has it in a program.
var literal = regexp.MustCompile(`^/(\^?)((?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+?)(\$?)/([dgimsuvy]*)$`)

// Unwrapped returns the pattern in a literal of JavaScript, /^a$/i, where the text
// as a pattern would never match, because it has something before ^ or after $, or
// where it ends with the flag i, which paths seldom do.
func Unwrapped(text string) (pattern string, ok bool) {
	m := literal.FindStringSubmatch(text)
	if m == nil || m[1] == "" && m[3] == "" && !strings.Contains(m[4], "i") {
		return "", false
	}
	flags := strings.Map(func(r rune) rune {
		if strings.ContainsRune("ims", r) {
			return r
		}
		return -1
	}, m[4])
	if flags != "" {
		flags = "(?" + flags + ")"
	}
	return flags + m[1] + m[2] + m[3], true
}
