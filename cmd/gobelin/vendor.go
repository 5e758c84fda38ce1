package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/source"
	"github.com/gobelin-dev/gobelin/lockfile"
	"github.com/spf13/cobra"
)

// vendor is the command that pins what documents lead to over the network.
type vendor struct {
	sources
	check, update bool
	out, told     *terminal
}

func vendorCommand() *cobra.Command {
	var v vendor
	c := &cobra.Command{
		Use:   "vendor DOCUMENT|DIR...",
		Short: "Pin remote descriptions with their hash, for runs that repeat and need no network",
		Long: "vendor reads what documents lead to over http and https: descriptions, what these refer to, called documents. The texts go " +
			"into the folder " + lockfile.Folder + " beside the file " + lockfile.Name + ", which has the hash of each. From then on every " +
			"command reads them instead of the network, and refuses what is not what was pinned.\n\n" +
			"The lock file is the nearest one in the document's folder or above, up to its repository; or else a new one beside the document, " +
			"or in the folder that is named. It lists the documents that it is for, which are read again each time: what none of them leads " +
			"to any more is removed.",
		Args: positional("gobelin vendor DOCUMENT|DIR...", 1, 1<<16),
		RunE: func(c *cobra.Command, args []string) error {
			if v.check && v.update {
				return errors.New("--check writes nothing, --update does: name one")
			}
			v.out, v.told = newTerminal(c.OutOrStdout()), newTerminal(c.ErrOrStderr())
			return v.run(c, args)
		},
	}
	v.flags(c)
	c.Flags().BoolVar(&v.check, "check", false,
		"write nothing; fail if a remote text is not what is pinned, or, with --offline, if one is not pinned")
	c.Flags().BoolVar(&v.update, "update", false, "read everything anew, what is pinned too")
	return c
}

func (v *vendor) run(c *cobra.Command, args []string) error {
	files := map[string][]string{} // documents by the path of their lock file
	for _, arg := range args {
		if isStream(arg) {
			return fmt.Errorf("%s: name a file or a URL, which the lock file can list", arg)
		}
		found, err := find(arg)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fmt.Errorf("%s is a folder without an Arazzo document", arg)
		}
		for _, file := range found {
			at := lockfile.Find(file.Path)
			switch {
			case at != "":
			case slices.ContainsFunc(source.Above(file.Path), func(folder string) bool { return location.Same(folder, arg) }):
				at = filepath.Join(arg, lockfile.Name) // a folder where it will be found
			default:
				at = lockfile.Beside(file.Path)
			}
			files[at] = append(files[at], file.Path)
		}
	}
	var errs []error
	for _, at := range slices.Sorted(maps.Keys(files)) {
		errs = append(errs, v.lock(c, at, files[at]))
	}
	return errors.Join(errs...)
}

// lock pins what documents, and those that a lock file lists already, lead to.
func (v *vendor) lock(c *cobra.Command, at string, documents []string) error {
	before, err := lockfile.Read(at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		before = &lockfile.File{Path: at}
	case err != nil:
		return err
	}
	for _, document := range before.Paths() {
		_, err := os.Stat(document)
		named := slices.ContainsFunc(documents, func(other string) bool { return location.Same(other, document) })
		if !named && (err == nil || isURL(document)) {
			documents = append(documents, document)
		}
	}
	remote, err := v.collect(source.Named(c.Context(), filepath.Dir(at)), before, documents)
	if err != nil {
		return err
	}
	after, err := before.Pin(documents, remote.Texts)
	if err != nil {
		return err
	}
	failed := len(remote.Unreadable) > 0
	for _, unread := range []map[string]error{remote.Unreadable, remote.Unresolved} {
		for _, url := range slices.Sorted(maps.Keys(unread)) {
			v.told.printf("%s: not read: %s\n", location.Redacted(url), inFlags(unread[url].Error()))
			_, pinned := before.Pinned(url)
			failed = failed || pinned
		}
	}
	if v.check {
		for _, pin := range before.Pins {
			if _, err := before.Text(pin); err != nil {
				v.told.printf("%s\n", err)
				failed = true
			}
		}
	}
	changes := before.Changes(after)
	for _, change := range changes {
		v.tell(change)
	}
	switch {
	case v.check && (failed || len(changes) > 0):
		v.told.printf("%s: not what documents lead to\n", at)
		return exit(exitFailed)
	case failed && v.update:
		v.told.printf("%s is unchanged, since not all that it pins was read\n", at)
		return exit(exitFailed)
	case len(after.Pins) == 0 && len(before.Documents) == 0:
	case !v.check:
		if err := after.Write(remote.Texts, before); err != nil {
			return err
		}
	}
	if failed {
		v.told.printf("%s does not pin all that documents lead to\n", at)
		return exit(exitFailed)
	}
	v.told.printf("%s: %d pinned (documents: %d)\n", at, len(after.Pins), len(after.Documents))
	return nil
}

// tell tells how what is pinned changes.
func (v *vendor) tell(change lockfile.Change) {
	switch {
	case change.Old.URL == "":
		v.out.printf("new %s %s %d bytes\n", change.URL, change.New.File, change.New.Size)
	case change.New.URL == "":
		v.out.printf("gone %s %s\n", change.URL, change.Old.File)
	default:
		v.out.printf("changed %s %s %s -> %s\n", change.URL, change.New.File, change.Old.SHA256[:12], change.New.SHA256[:12])
	}
}

// collect reads what documents lead to.
func (v *vendor) collect(ctx context.Context, before *lockfile.File, documents []string) (*lockfile.Remote, error) {
	compiler, err := v.compiler()
	if err != nil {
		return nil, err
	}
	loader, err := v.loader()
	if err != nil {
		return nil, err
	}
	compiler.Loader, loader.File = loader, before
	if v.update || v.check && !v.offline {
		loader.File = &lockfile.File{Path: before.Path} // nothing is pinned
	}
	remote := new(lockfile.Remote)
	read := newReader(ctx, nil)
	for _, name := range documents {
		doc, err := readDocument(ctx, loader, read, name)
		if err != nil {
			return nil, err
		}
		if err := remote.Collect(ctx, compiler, doc); err != nil {
			return nil, err
		}
	}
	return remote, nil
}
