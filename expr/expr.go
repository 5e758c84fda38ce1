package expr

import (
	"errors"
	"slices"

	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/syntax"
)

// A SyntaxError says where a text is not valid.
type SyntaxError struct {
	Text    string // the whole text
	Offset  int    // of the place, in bytes
	Message string
}

// Error returns the message, and below it the line in question with a caret
// under the place.
func (e *SyntaxError) Error() string { return (*syntax.Error)(e).Error() }

// public turns the error of the evaluator into the one of this package.
func public(err error) error {
	var invalid *syntax.Error
	if errors.As(err, &invalid) {
		return (*SyntaxError)(invalid)
	}
	return err
}

// An Expression is a runtime expression.
type Expression struct{ parsed *expr.Expression }

// Parse reads a text that is exactly one runtime expression, such as
// "$steps.create.outputs.id" (Arazzo 1.0.1, Runtime Expressions). Any error is a
// *SyntaxError.
func Parse(s string) (*Expression, error) {
	parsed, err := expr.Parse(s)
	if err != nil {
		return nil, public(err)
	}
	return &Expression{parsed}, nil
}

// String returns the expression as written.
func (e *Expression) String() string { return e.parsed.Text }

// Eval returns the value of the expression; ok is false if it is missing.
func (e *Expression) Eval(env Env) (v any, ok bool) { return env.value(e.parsed) }

// A Template is a text with expressions in braces.
type Template struct {
	text   string
	parsed *expr.Template
}

// ParseTemplate reads a text with embedded expressions, such as
// "Bearer {$inputs.token}" (Arazzo 1.0.1, Runtime Expressions). Every text is a
// template: what is not an expression in braces is literal (E2);
// [Template.Invalid] finds what may have been meant as one.
func ParseTemplate(s string) *Template { return &Template{s, expr.ParseTemplate(s, nil)} }

// String returns the template as written.
func (t *Template) String() string { return t.text }

// Invalid returns an error for each piece of literal text in braces that looks
// like an expression but is not valid, such as {$inputz.a} (E2).
func (t *Template) Invalid() []*SyntaxError {
	var list []*SyntaxError
	for _, bad := range t.parsed.BadEmbeddings() {
		var invalid *syntax.Error
		if errors.As(bad.Err, &invalid) {
			list = append(list, &SyntaxError{t.text, bad.Offset + 1 + invalid.Offset, invalid.Message})
		}
	}
	return list
}

// Eval returns the text of the template: strings as they are, other values as
// JSON (E1). ok is false if the value of an expression is missing.
func (t *Template) Eval(env Env) (text string, ok bool) {
	ok = true
	dst := t.parsed.Append(nil, func(_ int, e *expr.Expression) (any, bool) {
		v, found := env.value(e)
		ok = ok && found
		return v, found
	})
	if !ok {
		return "", false
	}
	return string(dst), true
}

// A Condition is a simple condition, the default of criteria.
type Condition struct{ parsed *expr.Condition }

// ParseCondition reads a simple condition, such as
// "$statusCode == 200 && $response.body#/status != 'failed'" (Arazzo 1.0.1,
// Criterion Object, Literals and Operators). Any error is a *SyntaxError.
func ParseCondition(s string) (*Condition, error) {
	parsed, err := expr.ParseCondition(s)
	if err != nil {
		return nil, public(err)
	}
	return &Condition{parsed}, nil
}

// String returns the condition as written.
func (c *Condition) String() string { return c.parsed.String() }

// Eval reports whether the condition is met.
func (c *Condition) Eval(env Env) bool {
	operands := c.parsed.Expressions()
	return c.parsed.Eval(func(i int) (any, bool) { return env.operand(operands[i]) })
}

// Missing returns the expressions of the condition that have no value in env,
// in order of appearance (C6).
func (c *Condition) Missing(env Env) []string {
	var list []string
	for _, e := range c.parsed.Expressions() {
		if _, ok := env.operand(e); !ok && !slices.Contains(list, e.Text) {
			list = append(list, e.Text)
		}
	}
	return list
}
