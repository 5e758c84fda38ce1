package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// file reads a regular file. If somebody asks for it, it must be in a folder that
// the caller's own documents belong to; links out of that are not followed.
func (p *Policy) file(ctx context.Context, place string) ([]byte, error) {
	asker := askerOf(ctx)
	switch {
	case asker.remote():
		return nil, location.ErrLocal
	case !asker.asks:
		return tree.ReadRegularFile(place)
	}
	root := p.root(asker, place)
	if root == "" {
		return nil, fmt.Errorf("the file is outside %s, where the document belongs; FileLoader.Roots allows other folders",
			strings.Join(p.roots(asker), " and "))
	}
	name, err := filepath.Rel(root, absolute(place))
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(root); err == nil && !info.IsDir() { // a pipe would wait to be opened
		return nil, fmt.Errorf("%s is not a folder", root)
	}
	folder, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	data, err := tree.ReadRegularFileIn(folder, name)
	var failed *os.PathError
	if errors.As(err, &failed) {
		failed.Op, failed.Path = "open", place
		if _, statErr := os.Stat(place); statErr == nil && strings.Contains(failed.Err.Error(), "escapes") {
			return nil, fmt.Errorf("%s is a link that leads out of %s; FileLoader.Roots allows other folders", place, root)
		}
	}
	return data, err
}

// root returns the folder for which a file may be read; "" if there is none.
func (p *Policy) root(asker asker, place string) string {
	at := absolute(place)
	for _, root := range p.roots(asker) {
		if within(root, at) {
			return root
		}
	}
	return ""
}

// roots returns the folders whose files may be read: those that the caller
// allows, and those that what the caller has named belongs to.
func (p *Policy) roots(asker asker) (roots []string) {
	for _, root := range p.Roots {
		roots = append(roots, absolute(root))
	}
	return append(roots, asker.trees()...)
}

// treeOf returns the folder that a file or folder belongs to: its repository; or
// else the working directory, if it is in there; or else its own folder. The
// root of the file system and a person's home are nothing that documents belong
// to.
func treeOf(at string) string {
	folder := at
	if info, err := os.Stat(at); err != nil || !info.IsDir() {
		folder = filepath.Dir(at)
	}
	for above := folder; ; above = filepath.Dir(above) {
		if _, err := os.Lstat(filepath.Join(above, ".git")); err == nil && !broad(above) {
			return above
		}
		if above == filepath.Dir(above) {
			break
		}
	}
	if working, err := os.Getwd(); err == nil && within(working, folder) && !broad(working) {
		return working
	}
	return folder
}

func broad(folder string) bool {
	home, err := os.UserHomeDir()
	return folder == filepath.Dir(folder) || err == nil && folder == filepath.Clean(home)
}

func within(root, at string) bool {
	rel, err := filepath.Rel(root, at)
	return err == nil && filepath.IsLocal(rel)
}

func absolute(place string) string {
	if at, err := filepath.Abs(place); err == nil {
		return at
	}
	return filepath.Clean(place) // the working directory is gone
}
