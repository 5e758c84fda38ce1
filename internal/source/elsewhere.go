package source

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/location"
)

// Elsewhere yields what [Near] yields for a file that a local document names and
// that there is not, of the files that it may lead to.
func (p *Policy) Elsewhere(ctx context.Context, place string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		asker := askerOf(ctx)
		if asker.by == "" || asker.remote() || location.Scheme(place) != "" {
			return
		}
		if _, err := os.Lstat(place); err == nil {
			return
		}
		folder, root := filepath.Dir(asker.by), ""
		for _, tree := range asker.trees() {
			if within(tree, absolute(folder)) && (root == "" || len(tree) < len(root)) {
				root = tree
			}
		}
		if root == "" {
			return
		}
		Near(place, folder, root, func(name string) bool {
			info, err := os.Stat(name)
			return err == nil && info.Mode().IsRegular() && p.root(asker, name) != ""
		})(yield)
	}
}

// descriptionFolders are the folders in which publishers keep descriptions.
var descriptionFolders = []string{"openapi", "openapis", "specs", "spec", "api", "apis", "swagger", "oas", "schemas", "descriptions",
	"docs", "resources"}

// extensions are those of descriptions.
var extensions = []string{".yaml", ".yml", ".json"}

// maxAbove is how many folders above a document are looked through.
const maxAbove = 32

// Near yields the files that may be meant by a place that a document in a folder
// names and where there is none. The likeliest come first, those that are as likely
// as one another together:
//
//   - the same path from a folder above, the nearest first, up to the root; without
//     its leading .. if these lead too far; from the root if it is absolute;
//   - a file of that name in the folder or one above, then in a usual one in these;
//
// and each of these with another extension.
func Near(place, folder, root string, exists func(name string) bool) iter.Seq[[]string] {
	folders := upTo(root, folder)
	var paths, names [][]string
	rel, err := filepath.Rel(absolute(folder), absolute(place))
	for _, in := range folders {
		if err == nil {
			paths = append(paths, []string{filepath.Join(in, rel)}, []string{filepath.Join(in, withoutUps(rel))})
		}
		var usual []string
		for _, name := range descriptionFolders {
			usual = append(usual, filepath.Join(in, name, filepath.Base(place)))
		}
		names = append(names, []string{filepath.Join(in, filepath.Base(place))}, usual)
	}
	if filepath.IsAbs(place) {
		paths = append(paths, []string{filepath.Join(folders[len(folders)-1], place[len(filepath.VolumeName(place)):])})
	}
	return func(yield func([]string) bool) {
		seen := map[string]bool{}
		for _, group := range slices.Concat(paths, respelled(paths), names, respelled(names)) {
			group = slices.DeleteFunc(group, func(name string) bool {
				at := absolute(name)
				known := seen[at]
				seen[at] = true
				return known || !exists(name)
			})
			if len(group) > 0 && !yield(group) {
				return
			}
		}
	}
}

// upTo returns a folder and those above it, up to the root, with a bound.
func upTo(root, folder string) []string {
	folders := []string{folder}
	for absolute(folder) != root && len(folders) <= maxAbove {
		folder = filepath.Join(folder, "..")
		folders = append(folders, folder)
	}
	return folders
}

// Above returns the folder of a file and those above it, up to that of the
// repository that it belongs to (see treeOf).
func Above(file string) []string { return upTo(treeOf(absolute(file)), filepath.Dir(file)) }

// withoutUps returns a relative path without the .. that it begins with.
func withoutUps(path string) string {
	for {
		down, up := strings.CutPrefix(path, ".."+string(filepath.Separator))
		if !up {
			return path
		}
		path = down
	}
}

// respelled returns groups of names with the other extensions of descriptions.
func respelled(groups [][]string) (others [][]string) {
	for _, group := range groups {
		var list []string
		for _, name := range group {
			stem, known := name, strings.ToLower(filepath.Ext(name))
			if slices.Contains(extensions, known) {
				stem = name[:len(name)-len(known)]
			}
			for _, ext := range extensions {
				if ext != known {
					list = append(list, stem+ext)
				}
			}
		}
		others = append(others, list)
	}
	return others
}
