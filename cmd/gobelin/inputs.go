package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decoded decodes text as UTF-8, or as UTF-16 if its byte order mark says so,
// and removes the mark.
func decoded(r io.Reader) io.Reader {
	return transform.NewReader(r, unicode.BOMOverride(transform.Nop))
}

// reader reads what flags name: files, and standard input. Its context ends the
// wait for a slow writer: a pipe, a terminal.
type reader struct {
	ctx   context.Context
	stdin io.Reader
	most  int64 // limit of one file, in bytes
	taken *bool // whether standard input was read
}

func newReader(ctx context.Context, stdin io.Reader) reader {
	return reader{ctx, stdin, tree.MaxText, new(bool)}
}

// text reads a whole file, or standard input if the name is "-", but not more
// than most bytes.
func (r reader) text(name string) ([]byte, error) {
	if name == stdinName {
		if *r.taken {
			return nil, errors.New("standard input can be read only once")
		}
		*r.taken = true
	}
	return waiting(r.ctx, func() ([]byte, error) { return r.whole(name) })
}

// waiting calls what may wait for the other end of a pipe. It is left behind when the
// context ends.
func waiting[T any](ctx context.Context, call func() (T, error)) (T, error) {
	type answer struct {
		v   T
		err error
	}
	called := make(chan answer, 1)
	go func() {
		v, err := call()
		called <- answer{v, err}
	}()
	select {
	case a := <-called:
		return a.v, a.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

func (r reader) whole(name string) ([]byte, error) {
	in := r.stdin
	if name != stdinName {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(decoded(in), r.most+1))
	if name == stdinName {
		name = "standard input"
	}
	if int64(len(data)) > r.most {
		return nil, fmt.Errorf("%s is larger than %d MiB, the limit for one file", name, r.most>>20)
	}
	return data, err
}

// value reads a value from outside the command line: @file is the file's text
// without trailing line breaks, env:VARIABLE an environment variable; @@ and
// env:: stand for an initial @ and env:.
func (r reader) value(text string) (string, error) {
	switch {
	case strings.HasPrefix(text, "@@"):
		return text[1:], nil
	case strings.HasPrefix(text, "@"):
		data, err := r.text(text[1:])
		return strings.TrimRight(string(data), "\r\n"), err
	case strings.HasPrefix(text, "env::"):
		return "env:" + text[len("env::"):], nil
	case strings.HasPrefix(text, "env:"):
		name := text[len("env:"):]
		found, ok := os.LookupEnv(name)
		if !ok {
			return "", fmt.Errorf("the environment variable %s is not set", name)
		}
		return found, nil
	}
	return text, nil
}

// distribute reads the inputs of --inputs, then those of -i, and hands them to the
// workflows of a selection. It returns messages about those that none declares.
func (r reader) distribute(file string, given []string, selection []selected) (unknown []string, err error) {
	d := distribution{selection: selection}
	if file != "" {
		fromFile, err := r.inputsFile(file)
		if err != nil {
			return nil, fmt.Errorf("--inputs: %w", err)
		}
		for _, name := range sortedNames(fromFile) {
			if err := d.hand(name, func(string) (any, error) { return fromFile[name], nil }); err != nil {
				return nil, err
			}
		}
	}
	for _, text := range given {
		name, raw, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, errors.New("-i: write NAME=VALUE")
		}
		text, err := r.value(raw)
		if err == nil {
			err = d.hand(name, func(typ string) (any, error) { return typed(text, typ, isFile(raw)) })
		}
		if err != nil {
			return nil, fmt.Errorf("-i %s: %w", name, err)
		}
	}
	d.fill()
	return d.unknown, nil
}

// distribution hands inputs to the workflows that declare them, and to those that
// they depend on.
type distribution struct {
	selection []selected
	unknown   []string
}

// jobs iterates over the workflows of the selection.
func (d *distribution) jobs(yield func(*runtime.Program, *job) bool) {
	for i := range d.selection {
		for k := range d.selection[i].workflows {
			if !yield(d.selection[i].program, &d.selection[i].workflows[k]) {
				return
			}
		}
	}
}

// hand hands an input to every workflow that declares it, or to the one that is named
// before a colon. If there is only one workflow, it gets what nobody declares.
func (d *distribution) hand(name string, read func(typ string) (any, error)) (err error) {
	found := false
	set := func(to *runtime.Inputs, name, typ string) {
		v, failed := read(typ)
		if failed != nil {
			err = failed
		}
		if *to == nil {
			*to = runtime.Inputs{}
		}
		(*to)[name], found = v, true
	}
	var names []string // under which inputs can be given
	for p, j := range d.jobs {
		own := false
		for _, in := range j.Inputs {
			if names = append(names, in.Name); name == in.Name || name == j.ID+":"+in.Name {
				set(&j.inputs, in.Name, in.Type)
				own = true
			}
		}
		for _, before := range j.DependsOn {
			for _, in := range before.Inputs {
				qualified := before.ID + ":" + in.Name
				if names = append(names, qualified); name == qualified || name == in.Name && !own {
					if j.dependency == nil {
						j.dependency = map[string]runtime.Inputs{}
					}
					inputs := j.dependency[before.ID]
					set(&inputs, in.Name, in.Type)
					j.dependency[before.ID] = inputs
				}
			}
		}
		if !found && open(p, j.ID) {
			set(&j.inputs, name, "")
		}
	}
	if found || err != nil {
		return err
	}
	whose := "no workflow that is to be run declares an input"
	if list := infos(d.selection); len(list) == 1 {
		for _, j := range d.jobs {
			set(&j.inputs, name, "")
		}
		whose = fmt.Sprintf("workflow %q declares no input", list[0].ID)
	}
	d.unknown = append(d.unknown, fmt.Sprintf("%s %q%s", whose, name, nearest.Hint(name, names)))
	return err
}

// fill completes the inputs of dependencies that have some of their own: the others
// are those of the same names of the workflow that depends on them (F16).
func (d *distribution) fill() {
	for _, j := range d.jobs {
		for _, before := range j.DependsOn {
			inputs, some := j.dependency[before.ID]
			for _, in := range before.Inputs {
				_, given := inputs[in.Name]
				if v, ok := j.inputs[in.Name]; ok && some && !given {
					inputs[in.Name] = v
				}
			}
		}
	}
}

func (r reader) inputsFile(file string) (runtime.Inputs, error) {
	data, err := r.text(file)
	if err != nil {
		return nil, err
	}
	root, err := tree.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	inputs, ok := root.Value().(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: the inputs must be an object, not %s", file, root.Kind)
	}
	return inputs, nil
}

// isFile reports whether the value of a flag is the text of a file.
func isFile(raw string) bool { return strings.HasPrefix(raw, "@") && !strings.HasPrefix(raw, "@@") }

// typed reads a value by the input's declared type, else as JSON, else as text. A
// file may be YAML if a type other than string is declared.
func typed(text, typ string, file bool) (any, error) {
	if typ == "string" {
		return text, nil
	}
	if file && typ != "" {
		root, err := tree.Parse([]byte(text))
		if err != nil {
			return nil, err
		}
		return root.Value(), nil
	}
	v, err := value.Decode([]byte(text))
	if err == nil {
		return v, nil
	}
	if typ == "" || strings.Contains(typ, "string") {
		return text, nil
	}
	return nil, fmt.Errorf("a value of type %s must be JSON: %w", typ, err)
}

// open reports whether the inputs of a workflow may have undeclared members that it
// says something about.
func open(program *runtime.Program, id string) bool {
	schema, _ := program.InputSchema(id)
	object, _ := schema.(map[string]any)
	return slices.ContainsFunc([]string{"additionalProperties", "patternProperties", "unevaluatedProperties"}, func(rest string) bool {
		rule, ok := object[rest]
		return ok && rule != false
	})
}
