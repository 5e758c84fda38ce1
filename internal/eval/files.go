package eval

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// filePlaces are the places of a payload, as JSON Pointers, at which the document
// itself has an object {file: path} (O9). An object of that form that comes from
// elsewhere, such as a response, is data: who sends it does not say which files are
// read.
type filePlaces struct {
	at map[string]bool
	fileDepth
}

// fileDepth is how deep in a payload files may be.
type fileDepth struct{ least, most int }

// fileDepthOf returns where a body of a media type may have files: it is one as a whole,
// or its parts are, and the items of a part. What has the one member "file" is a form
// with that part. ok is false if such a body has no files.
func fileDepthOf(contentType string) (d fileDepth, ok bool) {
	switch {
	case openapi.IsMultipart(contentType):
		return fileDepth{1, 2}, true
	case openapi.IsJSON(contentType), openapi.IsForm(contentType), openapi.IsSequence(contentType):
		return d, false
	}
	return d, true
}

// add adds the places in an operand that is at a place.
func (p filePlaces) add(at string, o *program.Operand, depth int) {
	if depth >= p.least && o.IsFile() {
		p.at[at] = true
		return
	}
	if depth >= p.most {
		return
	}
	for token, part := range o.Parts() {
		p.add(at+"/"+value.PointerToken(token), part, depth+1)
	}
}

// replace notes that a replacement has put an operand at a place of v.
func (p filePlaces) replace(v any, target []string, with *program.Operand) {
	at := ""
	for i, token := range target {
		if items, ok := v.([]any); ok && token == "-" && i == len(target)-1 {
			token = strconv.Itoa(len(items) - 1) // it was appended
		}
		v, _ = value.Child(v, token)
		at += "/" + value.PointerToken(token)
	}
	for place := range p.at {
		if place == at || strings.HasPrefix(place, at+"/") {
			delete(p.at, place)
		}
	}
	p.add(at, with, len(target))
}

// withFiles reads the files that a payload names: as members of a multipart body,
// or as the whole of one that is neither JSON nor a form.
func (e *Evaluator) withFiles(contentType string, v any, places filePlaces) (any, error) {
	if len(places.at) == 0 {
		return v, nil
	}
	if !openapi.IsMultipart(contentType) {
		file, err := e.readFile(v)
		return file.Data, err
	}
	return e.partFiles(v, places, "")
}

func (e *Evaluator) partFiles(v any, places filePlaces, at string) (any, error) {
	if places.at[at] {
		return e.readFile(v)
	}
	inside := func(token string, child any) (any, error) {
		child, err := e.partFiles(child, places, at+"/"+value.PointerToken(token))
		if err != nil && at == "" {
			err = fmt.Errorf("part %q: %w", token, err)
		}
		return child, err
	}
	var err error
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if out[name], err = inside(name, v[name]); err != nil {
				return nil, err
			}
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i := range v {
			if out[i], err = inside(strconv.Itoa(i), v[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
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

// readFile reads the file that a {file: path} names.
func (e *Evaluator) readFile(v any) (file openapi.File, err error) {
	name, ok := fileName(v)
	if !ok {
		return file, errors.New("the path of the file is missing, or is not text")
	}
	if e.Files == nil {
		return file, fmt.Errorf("the file %q is not read: the caller allows no files (Compiler.Files)", name)
	}
	clean := path.Clean(strings.TrimPrefix(name, "./"))
	if !fs.ValidPath(clean) { // not every fs.FS checks that
		return file, fmt.Errorf("the file %q is outside the folder that files are read from", name)
	}
	file.Name = path.Base(name)
	file.Data, err = fs.ReadFile(e.Files, clean)
	return file, err
}

// FilesOf returns the files that a body names as {file: path} (O9), in the places
// where a run looks for them: a path, or the expression for it.
func FilesOf(b *program.Body) []string {
	depth, ok := fileDepthOf(b.ContentType)
	if !ok {
		return nil
	}
	return depth.filesIn(&b.Payload, 0)
}

func (d fileDepth) filesIn(o *program.Operand, depth int) (names []string) {
	if name := fileOf(o); name != "" && depth >= d.least {
		return []string{name}
	}
	if depth < d.most {
		for _, part := range o.Parts() {
			names = append(names, d.filesIn(part, depth+1)...)
		}
	}
	return names
}

// fileOf returns the file of an operand that is {file: path}, else "".
func fileOf(o *program.Operand) string {
	name, ok := fileName(o.Constant)
	if !ok && o.IsFile() {
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
