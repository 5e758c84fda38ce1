// Package suite holds the conformance suite as a file system, so that the
// command carries it. The suite itself is data and knows nothing of Go: see
// README.md beside this file.
package suite

import "embed"

// Files are the cases, by area.
//
//go:embed README.md case.schema.json */*.yaml reference/*/*.yml
var Files embed.FS
