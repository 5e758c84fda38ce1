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
		p, err := pattern.Compile(text)
		return schemaPattern{p, v.allowance}, err
	})
	err := guarded(func() (err error) {
		if err := c.AddResource(schemaURL, newStandalone(s).value()); err != nil {
			return err
		}
		v.Schema, err = c.Compile(schemaURL)
		return err
	})
	return v, err
}

// A schemaPattern is a pattern as the validator has it, which knows no errors: one
// is a panic, under its recover.
type schemaPattern struct {
	*pattern.Pattern
	allowance *pattern.Allowance
}

// MatchString reports whether the pattern matches somewhere in a text.
func (p schemaPattern) MatchString(s string) bool {
	matches, err := p.MatchWithin(p.allowance, s)
	if err != nil {
		panic(err)
	}
	return matches
}
