// Package conformance runs the cases of testdata/conformance: workflows against
// a scripted server, judged by the requests that reach it, the outcome and the
// outputs. The cases are data; testdata/conformance/README.md describes them.
package conformance

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// A Case is one case of the suite.
type Case struct {
	Name    string // area/file, or area/file/number of a file with several cases
	Title   string
	Area    string
	Rulings []string
	files   fs.FS
	dir     string
	root    *tree.Node // the members of the case, merged with those that its file gives for all
}

// Load reads all cases of a file system, in the order of their paths.
func Load(files fs.FS) ([]*Case, error) {
	var cases []*Case
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".yaml") {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		root, err := tree.Parse(data)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if root.Get("title") == nil && root.Get("cases") == nil {
			return nil // a document that cases name
		}
		some, err := expand(files, name, root)
		cases = append(cases, some...)
		return err
	})
	return cases, err
}

// expand returns the cases of a file.
func expand(files fs.FS, name string, root *tree.Node) ([]*Case, error) {
	base := strings.TrimSuffix(name, ".yaml")
	if root.Get("cases") == nil {
		return []*Case{newCase(files, base, name, root)}, nil
	}
	var list []*Case
	for i, item := range root.Get("cases").Items {
		merged := overlay(root.Get("given"), item)
		if with := item.Get("with"); with != nil {
			for _, m := range with.Members {
				place := root.Get("places").Get(m.Name)
				if place == nil {
					return nil, fmt.Errorf("%s:%d: there is no place %q", name, m.Line, m.Name)
				}
				tokens, err := value.SplitPointer(place.Str())
				if err != nil {
					return nil, fmt.Errorf("%s:%d: %w", name, place.Line, err)
				}
				merged = set(merged, tokens, m.Value)
			}
		}
		list = append(list, newCase(files, fmt.Sprintf("%s/%02d", base, i+1), name, merged))
	}
	return list, nil
}

func newCase(files fs.FS, name, file string, root *tree.Node) *Case {
	c := &Case{Name: name, Title: root.Get("title").Str(), Area: strings.Split(name, "/")[0], files: files, dir: path.Dir(file), root: root}
	if rulings := root.Get("rulings"); rulings != nil {
		for _, item := range rulings.Items {
			c.Rulings = append(c.Rulings, item.Text)
		}
	}
	return c
}

// overlay returns the members of both objects; those of the second take
// precedence.
func overlay(below, above *tree.Node) *tree.Node {
	merged := &tree.Node{Kind: tree.Object, Line: above.Line, Column: above.Column}
	if below != nil {
		for _, m := range below.Members {
			if above.Get(m.Name) == nil {
				merged.Members = append(merged.Members, m)
			}
		}
	}
	for _, m := range above.Members {
		if m.Name != "with" {
			merged.Members = append(merged.Members, m)
		}
	}
	return merged
}

// set returns n with another value at a JSON Pointer, creating objects as
// needed. n itself is not modified.
func set(n *tree.Node, tokens []string, v *tree.Node) *tree.Node {
	if len(tokens) == 0 {
		return v
	}
	if n == nil {
		n = &tree.Node{Kind: tree.Object, Line: v.Line, Column: v.Column}
	}
	changed := *n
	if n.Kind == tree.Array {
		changed.Items = slices.Clone(n.Items)
		i, ok := value.Index(tokens[0])
		if !ok || i >= len(n.Items) {
			changed.Items = append(changed.Items, nil)
			i = len(changed.Items) - 1
		}
		changed.Items[i] = set(changed.Items[i], tokens[1:], v)
		return &changed
	}
	changed.Members = slices.Clone(n.Members)
	for i := range changed.Members {
		if changed.Members[i].Name == tokens[0] {
			changed.Members[i].Value = set(changed.Members[i].Value, tokens[1:], v)
			return &changed
		}
	}
	changed.Members = append(changed.Members, tree.Member{Name: tokens[0], Value: set(nil, tokens[1:], v)})
	return &changed
}

// Data returns the case as a JSON value, including what its file declares for
// all cases.
func (c *Case) Data() any { return c.root.Value() }

// text returns the text and the location of the case's document.
func (c *Case) text() (location string, text []byte, err error) {
	if file := c.root.Get("documentFile").Str(); file != "" {
		location = path.Join(c.dir, file)
		text, err = fs.ReadFile(c.files, location)
		return location, text, err
	}
	location = path.Join(c.dir, "case.arazzo.yaml")
	n := c.root.Get("document")
	if n.Str() != "" {
		return location, []byte(n.Str()), nil
	}
	text, err = n.YAML()
	return location, text, err
}

// at returns the case with {server} and {other} replaced by the URLs of the
// scripted server, and {host} by the host of the first.
func (c *Case) at(server, other string) *Case {
	there := *c
	there.root = substitute(c.root, strings.NewReplacer("{server}", server, "{host}", strings.TrimPrefix(server, "http://"),
		"{other}", other))
	return &there
}

func substitute(n *tree.Node, r *strings.Replacer) *tree.Node {
	changed := *n
	if n.Kind == tree.String {
		changed.Text = r.Replace(n.Text)
	}
	changed.Items, changed.Members = slices.Clone(n.Items), slices.Clone(n.Members)
	for i, item := range changed.Items {
		changed.Items[i] = substitute(item, r)
	}
	for i, m := range changed.Members {
		changed.Members[i].Name, changed.Members[i].Value = r.Replace(m.Name), substitute(m.Value, r)
	}
	return &changed
}

// source returns a description that the case contains, or a file next to it.
func (c *Case) source(location string) ([]byte, error) {
	for name, text := range c.sources() {
		if name == location || path.Join(c.dir, name) == location {
			return text()
		}
	}
	return fs.ReadFile(c.files, location)
}

// sources returns the texts that the case contains, by their location relative
// to the document.
func (c *Case) sources() map[string]func() ([]byte, error) {
	texts := map[string]func() ([]byte, error){}
	if sources := c.root.Get("sources"); sources != nil {
		for _, m := range sources.Members {
			texts[m.Name] = m.Value.YAML
			if m.Value.Kind == tree.String {
				texts[m.Name] = func() ([]byte, error) { return []byte(m.Value.Text), nil }
			}
		}
	}
	return texts
}

// Edited returns the case with another text of its document, whose diagnostics
// are not judged, or nil if the document does not change or is not part of the
// case. edit is given the document and the location of its sources.
func (c *Case) Edited(edit func(location string, text []byte, source func(string) ([]byte, error)) []byte) (*Case, error) {
	location, text, err := c.text()
	if err != nil || path.Dir(location) != c.dir {
		return nil, err
	}
	edited := edit(location, text, c.source)
	if string(edited) == string(text) {
		return nil, nil
	}
	other := *c
	other.root = set(c.root, []string{"document"}, &tree.Node{Kind: tree.String, Text: string(edited)})
	other.root.Members = slices.DeleteFunc(other.root.Members, func(m tree.Member) bool {
		return m.Name == "diagnostics" || m.Name == "documentFile"
	})
	return &other, nil
}
