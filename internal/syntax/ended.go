package syntax

import "errors"

// ErrEnded is the error of an evaluation that was given up because nobody waits for
// it any more.
var ErrEnded = errors.New("the evaluation is given up: the run has ended")

// Ended reports whether a channel is closed, that of a context for one.
func Ended(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
