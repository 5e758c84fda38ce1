//go:build fullparsers

package tree

const quickly = false
