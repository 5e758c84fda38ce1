package inputschema

import (
	"sync"

	"github.com/gobelin-dev/gobelin/internal/pattern"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A validator is a compiled schema. It validates one value at a time, as its patterns
// share what the searches of a validation may take.
type validator struct {
	*jsonschema.Schema
	allowance *pattern.Allowance
}

// validators are those of a schema that nobody uses now: as many as there have been
// validations at once.
type validators struct {
	mu   sync.Mutex
	free []*validator
}

func (l *validators) take() *validator {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.free) - 1
	if n < 0 {
		return nil
	}
	v := l.free[n]
	l.free = l.free[:n]
	return v
}

func (l *validators) put(v *validator) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = append(l.free, v)
}

// validator returns one that is free, or compiles the schema, with all that it refers
// to and nothing else of its document.
func (s *Schema) validator() (*validator, error) {
	if v := s.validators.take(); v != nil {
		return v, nil
	}
	v := &validator{allowance: pattern.NewAllowance(nil)} // the schema itself is validated, too
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	for _, f := range dataTypes {
		c.RegisterFormat(f)
	}
	c.UseLoader(refuse{})
	c.UseRegexpEngine(func(text string) (jsonschema.Regexp, error) {
		p, err := CompilePattern(text)
		p.allowance = v.allowance
		return p, err
	})
	err := Guarded(func() (err error) {
		if err := c.AddResource(schemaURL, newStandalone(s).value()); err != nil {
			return err
		}
		v.Schema, err = c.Compile(schemaURL)
		return err
	})
	return v, err
}

// A Pattern is a pattern as validators have it, which know no errors: one is a panic,
// for [Guarded].
type Pattern struct {
	*pattern.Pattern
	allowance *pattern.Allowance // nil: each search has its own
}

// CompilePattern reads a pattern of a schema.
func CompilePattern(text string) (Pattern, error) {
	p, err := pattern.Compile(text)
	return Pattern{Pattern: p}, err
}

// MatchString reports whether the pattern matches somewhere in a text.
func (p Pattern) MatchString(s string) bool {
	match := p.Match
	if p.allowance != nil {
		match = func(s string) (bool, error) { return p.MatchWithin(p.allowance, s) }
	}
	matches, err := match(s)
	if err != nil {
		panic(err)
	}
	return matches
}
