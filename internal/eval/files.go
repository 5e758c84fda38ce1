package eval

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// withFiles reads the files that a payload names as {file: path} (O9): as
// members of a multipart body, or as the whole of one that is neither JSON nor
// a form.
func (e *Evaluator) withFiles(contentType string, v any) (any, error) {
	switch {
	case strings.HasPrefix(strings.ToLower(contentType), "multipart/"):
		members, ok := v.(map[string]any)
		if !ok {
			return v, nil
		}
		out := make(map[string]any, len(members))
		for name, member := range members {
			var err error
			if out[name], err = e.partFiles(member); err != nil {
				return nil, fmt.Errorf("part %q: %w", name, err)
			}
		}
		return out, nil
	case openapi.IsJSON(contentType) || openapi.IsForm(contentType):
		return v, nil
	}
	name, ok := fileName(v)
	if !ok {
		return v, nil
	}
	return e.readFile(name)
}

func (e *Evaluator) partFiles(v any) (any, error) {
	if items, ok := v.([]any); ok {
		out := make([]any, len(items))
		for i := range items {
			var err error
			if out[i], err = e.partFiles(items[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	name, ok := fileName(v)
	if !ok {
		return v, nil
	}
	data, err := e.readFile(name)
	return openapi.File{Name: path.Base(name), Data: data}, err
}

// fileName returns the path of an object that is {file: path}.
func fileName(v any) (string, bool) {
	members, ok := v.(map[string]any)
	if !ok || len(members) != 1 {
		return "", false
	}
	name, ok := members["file"].(string)
	return name, ok
}

func (e *Evaluator) readFile(name string) ([]byte, error) {
	if e.Files == nil {
		return nil, fmt.Errorf("the file %q is not read: the caller allows no files (Compiler.Files)", name)
	}
	clean := path.Clean(strings.TrimPrefix(name, "./"))
	if !fs.ValidPath(clean) { // not every fs.FS checks that
		return nil, fmt.Errorf("the file %q is outside the folder that files are read from", name)
	}
	return fs.ReadFile(e.Files, clean)
}

// FilesOf returns the files that a body names as {file: path} (O9), in the places
// where a run looks for them: a path, or the expression for it.
func FilesOf(b *program.Body) []string {
	var names []string
	add := func(o *program.Operand) {
		if name := fileOf(o); name != "" {
			names = append(names, name)
		}
	}
	switch {
	case strings.HasPrefix(strings.ToLower(b.ContentType), "multipart/"):
		if b.Payload.IsArray() {
			return nil
		}
		for _, part := range b.Payload.Parts() {
			add(&part)
			if !part.IsArray() {
				continue
			}
			for _, item := range part.Parts() {
				add(&item)
			}
		}
	case !openapi.IsJSON(b.ContentType) && !openapi.IsForm(b.ContentType):
		add(&b.Payload)
	}
	return names
}

// fileOf returns the file of an operand that is {file: path}, else "".
func fileOf(o *program.Operand) string {
	name, ok := fileName(o.Constant)
	if !ok && o.Kind == program.Object && len(o.Names) == 1 && o.Names[0] == "file" {
		switch item := &o.Items[0]; item.Kind {
		case program.Reference:
			name = item.Ref.Text
		case program.Interpolation:
			for _, part := range item.Template.Parsed.Parts {
				if part.Expr != nil {
					name += "{" + part.Expr.Text + "}"
				}
				name += part.Literal
			}
		}
	}
	return name
}
