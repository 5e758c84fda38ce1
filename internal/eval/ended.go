package eval

import (
	"context"
	"errors"

	"github.com/gobelin-dev/gobelin/internal/syntax"
)

// givenUp leaves the evaluation if a part of it was given up, as Done is closed: what
// it was to decide is not decided.
func (e *Evaluator) givenUp(err error) {
	if errors.Is(err, syntax.ErrEnded) && !e.Last {
		panic(syntax.ErrEnded)
	}
}

// Ended is deferred by who evaluates until a context ends: err becomes the cause if the
// evaluation was given up.
func Ended(ctx context.Context, err *error) {
	switch r := recover(); r {
	case nil:
	case any(syntax.ErrEnded):
		*err = context.Cause(ctx)
	default:
		panic(r)
	}
}

// Until calls a function that evaluates until a context ends, and returns the cause if
// the evaluation was given up.
func Until(ctx context.Context, evaluate func()) (ended error) {
	defer Ended(ctx, &ended)
	evaluate()
	return nil
}
