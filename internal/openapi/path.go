package openapi

import (
	"errors"
	"fmt"
	"strings"
)

// checkPath returns why no request can be sent to a path of the description.
func (e *entry) checkPath() error {
	var wrong, right string
	switch {
	case !strings.HasPrefix(e.path, "/"):
		// Otherwise the path would continue the server's host.
		wrong, right = `does not begin with "/"`, "/"+e.path
	case strings.Contains(e.path, "#"):
		wrong, right = `has a "#", and nothing from there on is sent`, strings.ReplaceAll(e.path, "#", "%23")
	default:
		return nil
	}
	return fmt.Errorf("%s:%d:%d: the path %q %s; write %q", e.of.location, e.line, e.column, e.path, wrong, right)
}

// checkTarget rejects a target that would leave the server that it is appended
// to or, through dots that are not in the template, its path.
func (b *Binding) checkTarget(target string, dots int) error {
	path, _, _ := strings.Cut(target, "?")
	switch {
	case path != "" && path[0] != '/':
		return fmt.Errorf("the path %q leads to another host than the server's", b.operation.Path)
	case dotSegments(path) > dots:
		return fmt.Errorf("the path %s: with the values of its parameters it has a segment . or .., which leads to another path",
			b.operation.Path)
	case strings.HasPrefix(path, "//") && !strings.HasPrefix(b.operation.Path, "//"):
		return errors.New("the value of the first path parameter begins with a slash; as the beginning of a path, // names a host")
	}
	return nil
}

// dotSegments counts the segments of a path that a server may interpret as . or
// .., in any spelling; some servers ignore what follows a semicolon.
func dotSegments(path string) int {
	if !strings.Contains(path, "/.") && !strings.Contains(path, "/%") && !strings.HasPrefix(path, ".") && !strings.HasPrefix(path, "%") {
		return 0 // as for most
	}
	count := 0
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" || segment[0] != '.' && segment[0] != '%' {
			continue
		}
		segment, _, _ = strings.Cut(segment, ";")
		rest := strings.ReplaceAll(segment, "%2e", ".")
		switch strings.ReplaceAll(rest, "%2E", ".") {
		case ".", "..":
			count++
		}
	}
	return count
}
