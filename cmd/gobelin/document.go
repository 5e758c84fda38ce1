package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/internal/cells"
	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/source"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/spf13/cobra"
)

// stdinName is the name of standard input as a file, of a document too.
const stdinName = "-"

func isURL(text string) bool { return strings.Contains(text, "://") }

// find is check.Find with an error that begins with the name.
func find(names ...string) ([]check.File, error) {
	for _, name := range names {
		if at := location.Clean(name); isURL(at) && !location.IsURL(at) {
			return nil, fmt.Errorf("%s: documents are read from files, and from http and https URLs", name)
		}
	}
	files, err := check.Find(names...)
	var failed *fs.PathError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%s: %w", failed.Path, failed.Err)
	}
	return files, err
}

// isStream reports whether a name is that of standard input, or of a pipe, which can
// be read only once.
func isStream(name string) bool {
	if name == stdinName {
		return true
	}
	info, err := os.Stat(name)
	return err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeDevice) != 0
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// findDocument returns the document of a name: a file, a URL or standard input.
func findDocument(name string) (check.File, error) {
	if name == stdinName {
		return check.File{Path: stdinName}, nil
	}
	files, err := find(name)
	switch {
	case err != nil:
		return check.File{}, err
	case len(files) == 0:
		return check.File{}, fmt.Errorf("%s is a folder without an Arazzo document", name)
	case isFolder(name):
		return check.File{}, fmt.Errorf("%s is a folder; name a document in it, such as %s", name, files[0].Path)
	}
	return files[0], nil
}

// open reads and compiles the document of a name; see load.
func (s *sources) open(c *cobra.Command, name string) (*runtime.Program, error) {
	file, err := findDocument(name)
	if err != nil {
		return nil, err
	}
	program, err := s.load(c.Context(), newReader(c.Context(), c.InOrStdin()), file)
	tellElsewhere(c, program)
	return program, err
}

// load reads and compiles a document. Even if there is an error the program has
// the diagnostics found before it.
func (s *sources) load(ctx context.Context, read reader, file check.File) (*runtime.Program, error) {
	c, err := s.compiler()
	if err != nil {
		return nil, err
	}
	doc, err := readDocument(ctx, c.Loader, read, file.Path)
	if err != nil {
		return nil, err
	}
	// Errors in the shape are among the program's diagnostics, too.
	p, err := c.Compile(source.Named(ctx, file.Root), doc)
	if p == nil {
		return nil, err
	}
	if err := known(p, c.Sources, err); err != nil {
		return nil, err
	}
	return p, err
}

// readDocument reads a document from a URL by a loader, or else from a file or stream.
// It may have errors in its shape.
func readDocument(ctx context.Context, loader runtime.Loader, read reader, name string) (*arazzo.Document, error) {
	var text []byte
	var err error
	if isURL(name) {
		text, err = loader.Load(ctx, name)
	} else {
		text, err = read.text(name)
	}
	if err != nil {
		return nil, err
	}
	doc, err := arazzo.ParseFile(name, text)
	if doc == nil {
		return nil, err
	}
	return doc, nil
}

// tellElsewhere tells which sources of a program were read from elsewhere than they
// say.
func tellElsewhere(c *cobra.Command, program *runtime.Program) {
	if program == nil {
		return
	}
	for _, d := range program.Diagnostics() {
		if d.Code == "source-elsewhere" {
			newTerminal(c.ErrOrStderr()).printf("%s\n", inFlags(d.String()))
		}
	}
}

// known returns an error if a source that --source names is none of a program. One
// that was compiled with an error may not show all of its sources.
func known(p *runtime.Program, remapped map[string]string, compiled error) error {
	names := sourceNames(p)
	for _, name := range sortedNames(remapped) {
		first, _, qualified := strings.Cut(name, ".")
		if slices.Contains(names, name) || compiled != nil && qualified && slices.Contains(names, first) {
			continue
		}
		return fmt.Errorf("--source %s: %s", name, unknownSource(name, names))
	}
	return nil
}

// sourceNames returns the names of the sources of a document, and of those that
// its workflows reach through others.
func sourceNames(p *runtime.Program) (names []string) {
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, s := range p.Document().Sources {
		add(s.Name)
	}
	for _, w := range p.Workflows() {
		for _, server := range w.Servers {
			for i, c := range server.Source {
				if c == '.' {
					add(server.Source[:i])
				}
			}
			add(server.Source)
		}
	}
	return names
}

// unknownSource describes the name of a source that a program does not have.
func unknownSource(name string, names []string) string {
	return fmt.Sprintf("unknown source description %q%s", name, hint(name, names))
}

// hint ends a sentence about an unknown name: with the names that are close, or
// else with all, if they are few.
func hint(name string, names []string) string {
	if close := nearest.Hint(name, names); close != "" {
		return close
	}
	for _, other := range names {
		if strings.HasSuffix(other, "."+name) {
			return fmt.Sprintf("; did you mean %q?", other)
		}
	}
	switch names = slices.Compact(slices.Sorted(slices.Values(names))); {
	case len(names) == 0:
		return "; there is none"
	case len(names) > 10:
		return fmt.Sprintf("; there are %d: %s, …", len(names), listed(names[:10]))
	}
	return "; there is " + listed(names)
}

// listed returns names of a document as a part of a line.
func listed(names []string) string { return cells.Printable(strings.Join(names, ", ")) }
