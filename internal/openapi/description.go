package openapi

import (
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// A Description is an OpenAPI description, or another document that one refers
// to. It is safe for concurrent use.
type Description struct {
	Version  string // of the specification: "3.1.0"
	Title    string
	location string
	text     *Text
	root     *tree.Node // of text
	set      *Set       // of the documents that d refers to; it contains d too

	once  sync.Once // describes d, if it is a description
	err   error
	index []entry
	ids   []string

	mu    sync.Mutex
	built map[string]*Operation
}

// entry is the place of an operation.
type entry struct {
	id, method, path string
	field            string // of item, as a JSON Pointer has it: "get"
	line, column     int    // of the path
	item, node       *tree.Node
	of               *Description // the document that contains the path
	home             *Description // the document that contains item
}

// methods are the fixed fields of the Path Item Object that hold operations;
// OpenAPI 3.2 added query, and additional for all others.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}

const additional = "additionalOperations"

// Load reads a description that is not part of a [Set]. location is its path or
// URL, against which relative references and servers are resolved; open reads
// the documents that external references name, or is nil to reject them.
func Load(data []byte, location string, open func(location string) ([]byte, error)) (*Description, error) {
	text := NewText(data)
	return fromText(text, location, open)
}

func fromText(text *Text, at string, open func(location string) ([]byte, error)) (*Description, error) {
	if text.Err != nil {
		return nil, text.Err
	}
	set := NewSet(func(location, _ string) (*Text, error) {
		if open == nil {
			return nil, errors.New("external references are not read")
		}
		data, err := open(location)
		return NewText(data), err
	})
	at = location.Clean(at)
	set.documents[location.Key(at)] = &document{text: text}
	return set.Description(at, at)
}

// outline is the part of a description that is always read: the places of
// operations and components, and the operationIds. The rest is read when it is
// used.
var outline = &tree.Outline{Members: map[string]*tree.Outline{
	"paths": {Each: &tree.Outline{
		Members: map[string]*tree.Outline{additional: {Each: &tree.Outline{Peek: "operationId"}}},
		Each:    &tree.Outline{Peek: "operationId"},
	}},
	"components": {Each: &tree.Outline{}},
	// 2.0
	"definitions": {}, "parameters": {}, "responses": {}, "securityDefinitions": {},
}}

// describe reads what makes a document a description.
func (d *Description) describe() error {
	field := d.root.Get("openapi")
	if field == nil {
		field = d.root.Get("swagger")
	}
	if field == nil {
		return fmt.Errorf("not an OpenAPI description: it has neither %q nor %q", "openapi", "swagger")
	}
	d.Version = field.Text
	if !strings.HasPrefix(d.Version, "3.") && !d.isSwagger() {
		return fmt.Errorf("OpenAPI version %q is not supported; 2.0 and 3.x are", d.Version)
	}
	d.Title = d.root.Get("info").Get("title").Str()
	d.enumerate()
	return nil
}

// isSwagger reports whether the description is of version 2.0.
func (d *Description) isSwagger() bool { return strings.HasPrefix(d.Version, "2") }

// enumerate lists the operations without parsing them.
func (d *Description) enumerate() {
	paths := d.root.Get("paths")
	if paths == nil {
		return
	}
	d.index = make([]entry, 0, len(paths.Members))
	for _, p := range paths.Members {
		item, home, err := d.Resolve(p.Value)
		if err != nil || item.Kind != tree.Object {
			continue
		}
		add := func(method, field string, node *tree.Node) {
			if node.Kind != tree.Object {
				return
			}
			e := entry{id: node.Peek("operationId").Str(), method: method, path: p.Name, field: field,
				line: p.Line, column: p.Column, item: item, node: node, of: d, home: home}
			d.index = append(d.index, e)
			if e.id != "" {
				d.ids = append(d.ids, e.id)
			}
		}
		for _, m := range item.Members {
			if slices.Contains(methods, m.Name) {
				add(strings.ToUpper(m.Name), m.Name, m.Value)
			}
		}
		more := item.Get(additional)
		if more == nil {
			continue
		}
		for _, m := range more.Members {
			if !slices.Contains(methods, strings.ToLower(m.Name)) { // those have a field of their own
				add(m.Name, additional+"/"+value.PointerToken(m.Name), m.Value)
			}
		}
	}
}

// OperationIDs returns the operationIds in source order.
func (d *Description) OperationIDs() []string { return d.ids }

// Len returns the number of operations.
func (d *Description) Len() int { return len(d.index) }

// Operations iterates over the operations in source order.
func (d *Description) Operations() iter.Seq[*Operation] {
	return func(yield func(*Operation) bool) {
		for i := range d.index {
			if op, err := d.operation(&d.index[i]); err == nil && !yield(op) {
				return
			}
		}
	}
}

// An AmbiguousError reports that two operations of a description have the same
// operationId.
type AmbiguousError struct {
	ID         string
	Operations [2]string // "GET /pets"
	Pointers   [2]string // "/paths/~1pets/get"
}

// Error returns a message that names both operations.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("two operations have the operationId %q: %s and %s", e.ID, e.Operations[0], e.Operations[1])
}

func (e *entry) String() string { return e.method + " " + e.path }

func (e *entry) pointer() string {
	return "/paths/" + value.PointerToken(e.path) + "/" + e.field
}

// OperationByID finds the operation with an operationId.
func (d *Description) OperationByID(id string) (*Operation, error) {
	var found *entry
	for i := range d.index {
		e := &d.index[i]
		if e.id != id {
			continue
		}
		if found != nil {
			return nil, &AmbiguousError{id, [2]string{found.String(), e.String()}, [2]string{found.pointer(), e.pointer()}}
		}
		found = e
	}
	if found == nil {
		return nil, fmt.Errorf("there is no operation %q%s", id, nearest.Choice(id, d.ids))
	}
	return d.operation(found)
}

// A PointerError reports a pointer that names no operation, though it must mean one.
type PointerError struct {
	Pointer string // as it is
	Meant   string // as it must be
}

// Error returns a message with the pointer that must be meant.
func (e *PointerError) Error() string {
	return fmt.Sprintf("%q does not name an operation: the slashes of a path are written ~1; write %s", e.Pointer, e.Meant)
}

// unescaped returns the operation that a pointer means whose path has slashes
// that are not escaped, as in /paths/~1pet/findByStatus/get.
func (d *Description) unescaped(tokens []string) *entry {
	last := len(tokens) - 1
	if last < 2 || tokens[0] != "paths" {
		return nil
	}
	path := "/" + strings.TrimPrefix(strings.Join(tokens[1:last], "/"), "/")
	for i := range d.index {
		if e := &d.index[i]; e.path == path && e.field == strings.ToLower(tokens[last]) {
			return e
		}
	}
	return nil
}

// OperationAt finds the operation that a JSON Pointer names, such as
// /paths/~1pets~1{id}/get.
func (d *Description) OperationAt(pointer string) (*Operation, error) {
	tokens, err := value.SplitPointer(pointer)
	if err != nil {
		return nil, err
	}
	var field string
	switch {
	case len(tokens) == 3:
		field = strings.ToLower(tokens[2])
	case len(tokens) == 4 && tokens[2] == additional:
		field = additional + "/" + value.PointerToken(tokens[3])
	}
	if field == "" || tokens[0] != "paths" {
		if e := d.unescaped(tokens); e != nil {
			return nil, &PointerError{pointer, e.pointer()}
		}
		return nil, fmt.Errorf("%q does not name an operation; write /paths/~1<path>/<method>", pointer)
	}
	path := tokens[1]
	var paths, onPath []string
	for i := range d.index {
		e := &d.index[i]
		if e.path == path {
			if e.field == field {
				return d.operation(e)
			}
			onPath = append(onPath, e.field)
		}
		paths = append(paths, e.path)
	}
	if len(onPath) > 0 {
		return nil, fmt.Errorf("the path %s has no %q; it has %s", path, strings.Join(tokens[2:], "/"), strings.Join(onPath, ", "))
	}
	if e := d.unescaped(tokens); e != nil {
		return nil, &PointerError{pointer, e.pointer()}
	}
	return nil, fmt.Errorf("there is no path %q%s", path, nearest.Choice(path, slices.Compact(paths)))
}

// An UnreadableError reports an operation that is there and cannot be read.
type UnreadableError struct {
	Operation string // as in "GET /pets"
	Err       error
}

// Error returns a message that names the operation.
func (e *UnreadableError) Error() string { return e.Operation + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *UnreadableError) Unwrap() error { return e.Err }

// A BrokenError reports a $ref that leads nowhere.
type BrokenError struct {
	Location     string
	Line, Column int
	Ref          string
}

// Error returns a message with the place of the reference.
func (e *BrokenError) Error() string {
	return fmt.Sprintf("%s:%d:%d: $ref %q leads nowhere", e.Location, e.Line, e.Column, e.Ref)
}

const maxReferences = 64 // in a row

// Location returns the path or URL of the document.
func (d *Description) Location() string { return d.location }

// Text returns the text of the document.
func (d *Description) Text() *Text { return d.text }

// Follow resolves one $ref of a node in d; home is the document that contains
// the target. A node without $ref is its own target.
func (d *Description) Follow(n *tree.Node) (target *tree.Node, home *Description, err error) {
	ref := n.Get("$ref").Str()
	if ref == "" {
		return n, d, nil
	}
	home = d
	file, pointer, _ := strings.Cut(ref, "#")
	if file != "" {
		if home, err = d.referred(file); err != nil {
			return nil, nil, fmt.Errorf("%d:%d: $ref %q: %w", n.Line, n.Column, ref, err)
		}
	}
	if unescaped, err := url.PathUnescape(pointer); err == nil {
		pointer = unescaped
	}
	if target = home.root.At(pointer); target == nil {
		return nil, nil, &BrokenError{d.location, n.Line, n.Column, ref}
	}
	return target, home, target.Err()
}

// Resolve follows $ref from a node of d to its end; home is the document that
// contains the result.
func (d *Description) Resolve(n *tree.Node) (node *tree.Node, home *Description, err error) {
	if n == nil {
		return nil, nil, fmt.Errorf("nothing is there")
	}
	home = d
	for range maxReferences {
		if n.Get("$ref").Str() == "" {
			return n, home, n.Err()
		}
		if n, home, err = home.Follow(n); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, fmt.Errorf("%d:%d: $ref is circular", n.Line, n.Column)
}

// followRead follows a $ref as Follow does, within what was read when the program was
// linked: a run reads nothing.
func (d *Description) followRead(n *tree.Node) (*tree.Node, *Description, error) {
	ref := n.Get("$ref").Str()
	if file, _, _ := strings.Cut(ref, "#"); file != "" {
		at, err := location.Resolve(d.location, ref)
		if err != nil {
			return nil, nil, err
		}
		d.set.mu.Lock()
		read := d.set.documents[location.Key(at)] != nil
		d.set.mu.Unlock()
		if !read {
			return nil, nil, fmt.Errorf("%s was not read", at)
		}
	}
	return d.Follow(n)
}

// referred returns the document that an external reference names.
func (d *Description) referred(ref string) (*Description, error) {
	at, err := location.Resolve(d.location, ref)
	if err != nil {
		return nil, err
	}
	return d.set.document(at, d.location)
}

// Type returns what is known of the values that a schema of the description describes.
func (d *Description) Type(n *tree.Node) *schema.Type {
	if n == nil || d == nil {
		return schema.Any()
	}
	return schema.Of(n, schemaHome{d})
}

// schemaHome is a description as the place of schemas.
type schemaHome struct{ *Description }

func (d schemaHome) Follow(n *tree.Node) (*tree.Node, schema.Document, error) {
	target, home, err := d.Description.Follow(n)
	return target, schemaHome{home}, err
}

// readHome is schemaHome for a run.
type readHome struct{ *Description }

func (d readHome) Follow(n *tree.Node) (*tree.Node, schema.Document, error) {
	target, home, err := d.followRead(n)
	return target, readHome{home}, err
}
