// Package description tells what an OpenAPI description declares of an operation: what a
// driver that answers requests by itself, such as a mock, needs to know. A [runtime.Send] has
// it. References are followed, and the versions of OpenAPI (2.0 to 3.2) read alike.
//
// All values are read-only, and safe for concurrent use.
//
// [runtime.Send]: https://pkg.go.dev/github.com/gobelin-dev/gobelin/runtime#Send
package description

import (
	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// An Operation is an operation of a description. The zero Operation is an unknown one.
type Operation struct{ op *openapi.Operation }

// Package runtime gets operations here.
func init() {
	openapi.Described = func(op *openapi.Operation) any { return Operation{op} }
	openapi.OperationOf = func(described any) *openapi.Operation { return described.(Operation).op }
}

// ID returns the operationId, or "" if there is none.
func (o Operation) ID() string {
	if o.op == nil {
		return ""
	}
	return o.op.ID
}

// Path returns the path template, "/pets/{id}".
func (o Operation) Path() string {
	if o.op == nil {
		return ""
	}
	return o.op.Path
}

// Position returns where the operation is: its file is the path or URL from which the
// description was read.
func (o Operation) Position() arazzo.Position {
	if o.op == nil {
		return arazzo.Position{}
	}
	return position(o.op.Node, o.op.Home)
}

func position(n *tree.Node, in *openapi.Description) arazzo.Position {
	p := arazzo.Position{File: in.Location()}
	if n != nil {
		p.Line, p.Column = n.Line, n.Column
	}
	return p
}

// A Response is a response that an operation declares.
type Response struct {
	Code     string // "200", "2XX" or "default"
	Headers  []Header
	Content  []Content // none: no body is declared
	Position arazzo.Position
}

// A Header is a header of a response.
type Header struct {
	Name     string
	Required bool
	Schema   Schema
}

// Content is a media type that a body can be of.
type Content struct {
	MediaType string // may be a range: "text/*"
	Schema    Schema
	Examples  []arazzo.Node // of the body, those of the schema excepted
}

// Responses returns the declared responses, in their order.
func (o Operation) Responses() (list []Response) {
	if o.op == nil {
		return nil
	}
	for _, r := range o.op.Responses {
		list = append(list, response(r))
	}
	return list
}

// Response returns the response that is declared for a status code: by the code, by its class,
// or by default; ok is false if there is none.
func (o Operation) Response(status int) (r Response, ok bool) {
	if o.op == nil || status < 100 || status > 999 {
		return r, false
	}
	declared := o.op.Response(status)
	if declared == nil {
		return r, false
	}
	return response(declared), true
}

func response(r *openapi.Response) Response {
	out := Response{Code: r.Code, Position: position(r.Node, r.Home)}
	if headers := r.Node.Get("headers"); headers != nil {
		for _, m := range headers.Members {
			if n, home := r.Header(m.Name); n != nil {
				schema := n.Get("schema")
				if schema == nil {
					schema = n // of 2.0
				}
				out.Headers = append(out.Headers, Header{m.Name, n.Get("required").True(), newSchema(schema, home)})
			}
		}
	}
	for _, m := range r.Bodies() {
		c := Content{MediaType: m.Type, Schema: newSchema(m.Schema, m.Home)}
		for _, example := range r.Examples(m) {
			c.Examples = append(c.Examples, tree.Public(example).(arazzo.Node))
		}
		out.Content = append(out.Content, c)
	}
	return out
}

// A Schema is a schema, or a part of one, in its document. The zero Schema is a missing one.
type Schema struct {
	arazzo.Node // its $ref, if it had one, followed
	in          *openapi.Description
}

func newSchema(n *tree.Node, in *openapi.Description) Schema {
	if n == nil {
		return Schema{}
	}
	if target, home, err := in.Resolve(n); err == nil {
		n, in = target, home
	}
	return Schema{tree.Public(n).(arazzo.Node), in}
}

// Part returns a part of the schema, such as s.Get("items"), with its $ref followed, which may
// lead to another document. The error says where a reference leads to nothing.
func (s Schema) Part(n arazzo.Node) (Schema, error) {
	part := tree.Of(n)
	if part == nil || s.in == nil {
		return Schema{}, nil
	}
	target, home, err := s.in.Resolve(part)
	if err != nil {
		return Schema{}, err
	}
	return Schema{tree.Public(target).(arazzo.Node), home}, nil
}

// Position returns where the schema is.
func (s Schema) Position() arazzo.Position {
	if s.in == nil {
		return arazzo.Position{}
	}
	return position(tree.Of(s.Node), s.in)
}
