//go:build !fullparsers

package tree

// quickly enables the quick readers. The build tag fullparsers disables them:
// if a text has another meaning without them, the fault is theirs.
const quickly = true
