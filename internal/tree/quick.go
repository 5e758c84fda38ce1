//go:build !fullparsers

package tree

// quickly says that the quick readers read what they can. The build tag
// fullparsers turns them off: where a text means something else without them,
// the fault is theirs.
const quickly = true
