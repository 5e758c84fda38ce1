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
}

func newReader(ctx context.Context, stdin io.Reader) reader { return reader{ctx, stdin, tree.MaxText} }

// text reads a whole file, or standard input if the name is "-", but not more
// than most bytes.
func (r reader) text(name string) ([]byte, error) {
	type answer struct {
		data []byte
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		data, err := r.wait(name)
		read <- answer{data, err}
	}()
	select {
	case a := <-read:
		return a.data, a.err
	case <-r.ctx.Done():
		return nil, context.Cause(r.ctx)
	}
}

func (r reader) wait(name string) ([]byte, error) {
	in := r.stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(decoded(in), r.most+1))
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

// inputs collects the inputs of a run: those of --inputs, then those of -i.
func (r reader) inputs(file string, given []string, info runtime.WorkflowInfo) (runtime.Inputs, error) {
	inputs := runtime.Inputs{}
	if file != "" {
		fromFile, err := r.inputsFile(file)
		if err != nil {
			return nil, fmt.Errorf("--inputs: %w", err)
		}
		inputs = fromFile
	}
	for _, text := range given {
		name, raw, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, errors.New("-i: write NAME=VALUE")
		}
		v, err := r.input(raw, inputType(info, name))
		if err != nil {
			return nil, fmt.Errorf("-i %s: %w", name, err)
		}
		inputs[name] = v
	}
	return inputs, nil
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

func inputType(info runtime.WorkflowInfo, name string) string {
	for _, in := range info.Inputs {
		if in.Name == name {
			return in.Type
		}
	}
	return ""
}

// input reads a value by the input's declared type, else as JSON, else as text.
// A file may be YAML if a type other than string is declared.
func (r reader) input(raw, typ string) (any, error) {
	text, err := r.value(raw)
	if err != nil || typ == "string" {
		return text, err
	}
	if strings.HasPrefix(raw, "@") && !strings.HasPrefix(raw, "@@") && typ != "" {
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

// undeclared returns a message for each input that the workflow does not
// declare, unless it allows others.
func undeclared(program *runtime.Program, info runtime.WorkflowInfo, inputs runtime.Inputs) (messages []string) {
	schema, _ := program.InputSchema(info.ID)
	if object, ok := schema.(map[string]any); ok {
		for _, other := range []string{"additionalProperties", "patternProperties", "unevaluatedProperties"} {
			if rule, ok := object[other]; ok && rule != false {
				return nil
			}
		}
	}
	var declared []string
	for _, in := range info.Inputs {
		declared = append(declared, in.Name)
	}
	for _, name := range sortedNames(inputs) {
		if !slices.Contains(declared, name) {
			messages = append(messages, fmt.Sprintf("workflow %q declares no input %q%s", info.ID, name, nearest.Hint(name, declared)))
		}
	}
	return messages
}
