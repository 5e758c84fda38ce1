// Package suite holds the conformance suite as a file system that is embedded
// in the command. The suite itself is data and does not depend on Go: see
// README.md next to this file.
package suite

import "embed"

// Files are the cases, by area.
//
//go:embed README.md case.schema.json */*.yaml reference/*/*.yml
var Files embed.FS
