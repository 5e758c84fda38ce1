package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// readInputs gathers the inputs of a run: those of --inputs, then those of -i.
func readInputs(file string, given []string, stdin io.Reader, info runtime.WorkflowInfo) (runtime.Inputs, error) {
	inputs := runtime.Inputs{}
	if file != "" {
		fromFile, err := readInputsFile(file, stdin)
		if err != nil {
			return nil, err
		}
		inputs = fromFile
	}
	for _, text := range given {
		name, raw, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, errors.New("-i: write NAME=VALUE")
		}
		v, err := readInput(raw, inputType(info, name))
		if err != nil {
			return nil, fmt.Errorf("-i %s: %w", name, err)
		}
		inputs[name] = v
	}
	return inputs, nil
}

func readInputsFile(file string, stdin io.Reader) (runtime.Inputs, error) {
	var data []byte
	var err error
	if file == "-" {
		data, err = io.ReadAll(stdin)
	} else {
		data, err = tree.ReadFile(file)
	}
	if err != nil {
		return nil, fmt.Errorf("--inputs: %w", err)
	}
	root, err := tree.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("--inputs %s: %w", file, err)
	}
	inputs, ok := root.Value().(map[string]any)
	if !ok {
		return nil, fmt.Errorf("--inputs %s: the inputs are an object, not %s", file, root.Kind)
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

// readInput reads a value by the input's declared type, else as JSON, else as
// text. @file stands for the file's content, @@ for an @.
func readInput(raw, typ string) (any, error) {
	switch {
	case strings.HasPrefix(raw, "@@"):
		raw = raw[1:]
	case strings.HasPrefix(raw, "@"):
		data, err := tree.ReadFile(raw[1:])
		if err != nil {
			return nil, err
		}
		raw = string(data)
		if typ != "string" && typ != "" {
			root, err := tree.Parse(data)
			if err != nil {
				return nil, err
			}
			return root.Value(), nil
		}
	}
	if typ == "string" {
		return raw, nil
	}
	v, err := value.Decode([]byte(raw))
	if err == nil {
		return v, nil
	}
	if typ == "" || strings.Contains(typ, "string") {
		return raw, nil
	}
	return nil, fmt.Errorf("a value of type %s is expected as JSON: %w", typ, err)
}
