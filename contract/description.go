package contract

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/inputschema"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/pb33f/jsonschema/v6"
	"github.com/pb33f/jsonschema/v6/kind"
	"github.com/pb33f/libopenapi-validator/helpers"
	"github.com/pb33f/libopenapi/datamodel"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// The codes of findings about descriptions.
const (
	Description         = "description-invalid"  // it does not fit the schema of its version of OpenAPI
	DescriptionUnjudged = "description-unjudged" // a note: it could not be judged, and why
)

// mostDescription bounds a description that is judged, in bytes.
const mostDescription = 32 << 20

// mostOfDescription bounds the findings in one description.
const mostOfDescription = 100

// versions are the schemas of the versions of OpenAPI, of the OpenAPI Initiative.
var versions = map[string]func() (*jsonschema.Schema, error){
	"2.0": specification(datamodel.OpenAPI2SchemaData), "3.0": specification(datamodel.OpenAPI3SchemaData),
	"3.1": specification(datamodel.OpenAPI31SchemaData), "3.2": specification(datamodel.OpenAPI32SchemaData),
}

func specification(text string) func() (*jsonschema.Schema, error) {
	return sync.OnceValues(func() (*jsonschema.Schema, error) {
		return helpers.NewCompiledSchema("gobelin:///openapi", []byte(text), options())
	})
}

// CheckDescription returns where a text differs from what OpenAPI says a description is:
// nothing for a text that is none, or cannot be parsed. What references lead to is not
// looked at, nor whether they lead anywhere.
func CheckDescription(location string, text []byte) (list []arazzo.Diagnostic) {
	root, err := tree.Parse(text)
	if err != nil {
		return nil
	}
	version := root.Get("openapi").Str()
	if field := root.Get("swagger"); field != nil {
		version = field.Text
	}
	if version == "" {
		return nil
	}
	unjudged := func(format string, args ...any) []arazzo.Diagnostic {
		return []arazzo.Diagnostic{{Severity: arazzo.Note, Code: DescriptionUnjudged, Position: arazzo.Position{File: location},
			Message: "the description is not held against the schema of OpenAPI: " + fmt.Sprintf(format, args...)}}
	}
	of := versions[version[:min(len(version), 3)]]
	switch {
	case of == nil:
		return unjudged("there is none for version %q", version)
	case len(text) > mostDescription:
		return unjudged("it has more than %d MiB", mostDescription>>20)
	}
	specified, err := of()
	if err != nil {
		return unjudged("%v", err)
	}
	anything, _ := inputschema.Measure(inputschema.NewIndex(&tree.Node{}, ""), &tree.Node{Kind: tree.Object}, "")
	judged, refused := anything.Judgeable(root.Value())
	if refused != nil {
		return unjudged("%s %s", refused[0].Pointer, refused[0].Message)
	}
	var invalid *jsonschema.ValidationError
	err = inputschema.Guarded(func() error { return specified.Validate(judged) })
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &invalid):
		return unjudged("%v", err)
	}
	for _, e := range told(leaves(nil, invalid)) {
		p := positionOf(root, e.InstanceLocation)
		p.File = location
		list = append(list, arazzo.Diagnostic{Severity: arazzo.Error, Code: Description, Position: p,
			Message: strings.TrimPrefix(p.Pointer+": "+specifiedMessage(version, e), ": ")})
	}
	slices.SortStableFunc(list, cmpPlaces)
	list = slices.CompactFunc(list, same)
	if more := len(list) - mostOfDescription; more > 0 {
		list = append(list[:mostOfDescription], unjudged("of its errors %d more are not told", more)...)
	}
	return list
}

func cmpPlaces(a, b arazzo.Diagnostic) int {
	return cmp.Or(a.Line-b.Line, a.Column-b.Column, strings.Compare(a.Message, b.Message))
}

// leaves returns the errors that an error consists of: of alternatives those of the one
// that comes furthest, as it is the one that was meant.
func leaves(list []*jsonschema.ValidationError, e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return append(list, e)
	}
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		var best []*jsonschema.ValidationError
		for _, cause := range e.Causes {
			if other := leaves(nil, cause); best == nil || further(other, best) {
				best = other
			}
		}
		return append(list, joined(e, best)...)
	}
	for _, cause := range e.Causes {
		list = leaves(list, cause)
	}
	return list
}

// further reports whether errors are deeper in a description than others, or, where they
// are at the same depth, not only that it is no reference.
func further(a, b []*jsonschema.ValidationError) bool {
	depth := func(list []*jsonschema.ValidationError) int {
		most := 0
		for _, e := range list {
			most = max(most, len(e.InstanceLocation))
		}
		return most
	}
	if d := depth(a) - depth(b); d != 0 {
		return d > 0
	}
	if about := aboutReference(b); about != aboutReference(a) {
		return about
	}
	return len(a) < len(b)
}

// joined returns the errors of an alternative. If it is only that a value is none of its
// own, those of the others could be meant as well.
func joined(e *jsonschema.ValidationError, best []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	k, is := best[0].ErrorKind.(*kind.Enum)
	if len(best) > 1 || !is {
		return best
	}
	all := kind.Enum{Got: k.Got}
	for _, cause := range e.Causes {
		for _, other := range leaves(nil, cause) {
			k, is := other.ErrorKind.(*kind.Enum)
			if !is || !slices.Equal(other.InstanceLocation, best[0].InstanceLocation) {
				continue
			}
			for _, v := range k.Want {
				if !slices.ContainsFunc(all.Want, func(o any) bool { return value.Equal(v, o) }) {
					all.Want = append(all.Want, v)
				}
			}
		}
	}
	joined := *best[0]
	joined.ErrorKind = &all
	return []*jsonschema.ValidationError{&joined}
}

func aboutReference(list []*jsonschema.ValidationError) bool {
	return slices.ContainsFunc(list, func(e *jsonschema.ValidationError) bool {
		k, is := e.ErrorKind.(*kind.Required)
		return is && slices.Contains(k.Missing, "$ref")
	})
}

// told leaves out that members are not allowed where something is wrong with one beside
// them: what is wrong keeps the validator from knowing the others.
func told(list []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	wrong := map[string]bool{} // places in which there is another error
	for _, e := range list {
		if _, is := e.ErrorKind.(*kind.FalseSchema); is {
			continue
		}
		for i := range len(e.InstanceLocation) + 1 {
			wrong[pointer(e.InstanceLocation[:i])] = true
		}
	}
	return slices.DeleteFunc(list, func(e *jsonschema.ValidationError) bool {
		_, is := e.ErrorKind.(*kind.FalseSchema)
		return is && len(e.InstanceLocation) > 0 && wrong[pointer(e.InstanceLocation[:len(e.InstanceLocation)-1])]
	})
}

func pointer(tokens []string) string {
	var b strings.Builder
	for _, token := range tokens {
		b.WriteString("/" + value.PointerToken(token))
	}
	return b.String()
}

// positionOf returns where a value is: at its name, if it has one.
func positionOf(root *tree.Node, tokens []string) arazzo.Position {
	p := arazzo.Position{Line: root.Line, Column: root.Column, Pointer: pointer(tokens)}
	n := root
	for _, token := range tokens {
		if m, ok := n.Member(token); ok && m.Line > 0 {
			p.Line, p.Column = m.Line, m.Column
		} else if child := n.Child(token); child != nil {
			p.Line, p.Column = child.Line, child.Column
		}
		n = n.Child(token)
	}
	return p
}

// specifiedMessage says what is wrong with a part of a description.
func specifiedMessage(version string, e *jsonschema.ValidationError) string {
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		return fmt.Sprintf("has no %s, which OpenAPI %s requires", quoted(k.Missing), short(version))
	case *kind.AdditionalProperties:
		return fmt.Sprintf("has %s, which OpenAPI %s does not have here", quoted(k.Properties), short(version))
	case *kind.FalseSchema:
		return fmt.Sprintf("OpenAPI %s does not have this here", short(version))
	case *kind.Enum:
		if text, err := json.Marshal(k.Want); err == nil {
			return "must be one of " + short(string(text))
		}
	}
	return short(e.ErrorKind.LocalizedString(message.NewPrinter(language.English)))
}
