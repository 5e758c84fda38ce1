package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// scope is what an expression can refer to: a step with the responses that it can
// have had when the expression is evaluated. In the outputs of a workflow step is
// nil.
type scope struct {
	workflow *program.Workflow
	step     *program.Step
	statuses codes
	failed   bool // the codes are those of failure, though no criterion says so

	seen   []*openapi.Response // the result of responses, once listed
	listed bool
}

// responses returns the declared responses that the scope can have seen. If there
// are some for explicit success codes, "default" describes errors.
func (s *scope) responses() []*openapi.Response {
	if !s.listed && s.step != nil && s.step.Operation != nil {
		s.seen, s.listed = s.responsesOf(s.step.Operation), true
	}
	return s.seen
}

func (s *scope) responsesOf(op *openapi.Operation) (list []*openapi.Response) {
	explicit := false
	declared := covers(op)
	for i, r := range op.Responses {
		if s.statuses.and(declared[i]).empty() {
			continue
		}
		list = append(list, r)
		explicit = explicit || strings.HasPrefix(r.Code, "2")
	}
	if explicit || hasSuccess(op) && !s.statuses.and(success).empty() {
		list = slices.DeleteFunc(list, func(r *openapi.Response) bool { return r.Code == "default" })
	}
	return list
}

// form is how a body is read as a value (E9).
type form uint8

const (
	unknownForm form = iota
	emptyForm        // this status has no body
	jsonForm
	xmlForm
	textForm
	binaryForm
)

var formNames = map[form]string{emptyForm: "no body", xmlForm: "XML", textForm: "text", binaryForm: "neither JSON nor text"}

// formOf returns the form of a body with a media type. It is unknown for ranges,
// and for types that may be a kind of JSON.
func formOf(mediaType string) form {
	switch {
	case openapi.IsJSON(mediaType):
		return jsonForm
	case openapi.IsXML(mediaType):
		return xmlForm
	case openapi.IsSequence(mediaType) || openapi.IsEvents(mediaType): // an array; what the schema is of, versions differ in
		return unknownForm
	case openapi.IsRange(mediaType) || !strings.Contains(mediaType, "/") || strings.Contains(strings.ToLower(mediaType), "json"):
		return unknownForm
	case openapi.IsText(mediaType):
		return textForm
	case openapi.IsBinary(mediaType):
		return binaryForm
	}
	return unknownForm
}

// body is what is declared of the body of a response.
type body struct {
	form     form
	t        *schema.Type
	response *openapi.Response
	media    string
}

// bodyOf prefers JSON, which the Accept header asks for first.
func (t *typing) bodyOf(r *openapi.Response) body {
	b := body{response: r, t: schema.Any()}
	switch r.Code {
	case "204", "205", "304":
		if len(r.Content) == 0 {
			b.form = emptyForm
		}
		return b
	}
	content := r.Content
	if n := r.Node.Get("schema"); n != nil && len(content) == 0 {
		content = []*openapi.MediaType{{Type: "application/json", Schema: n, Home: r.Home}} // 2.0 without "produces"
	}
	for _, m := range content {
		f := formOf(m.Type)
		better := b.media == "" || f == jsonForm && b.form != jsonForm || f == unknownForm && b.form != jsonForm
		if !better {
			continue
		}
		b.form, b.media, b.t = f, m.Type, schema.Any()
		switch f {
		case jsonForm, unknownForm:
			b.t = t.schema(m.Schema, m.Home)
		case xmlForm, textForm:
			b.t = schema.Kind(schema.String)
		}
	}
	return b
}

// bodies are what is declared of the bodies that the scope can have seen; nil
// where nothing is. A response that says nothing of its body is left out beside
// others that do.
func (t *typing) bodies(s *scope) (list []body) {
	for _, r := range s.responses() {
		if b := t.bodyOf(r); b.media != "" || b.form == emptyForm {
			list = append(list, b)
		} else if strings.HasPrefix(r.Code, "2") {
			return nil
		}
	}
	return list
}

// responseBody is the type of $response.body.
func (t *typing) responseBody(s *scope) *schema.Type {
	var types []*schema.Type
	for _, b := range t.bodies(s) {
		if b.form == emptyForm {
			types = append(types, schema.Constant(nil))
		} else {
			types = append(types, b.t)
		}
	}
	if types == nil {
		return schema.Any()
	}
	return schema.Union(types...)
}

// without reports the form that all bodies of the scope have, where it is none
// that has members.
func (t *typing) without(s *scope) (form, body) {
	bodies := t.bodies(s)
	if len(bodies) == 0 {
		return unknownForm, body{}
	}
	for _, b := range bodies {
		if b.form != bodies[0].form {
			return unknownForm, body{}
		}
	}
	return bodies[0].form, bodies[0]
}

// headers are the names of the headers that the responses of the scope
// declare.
func (s *scope) headers() (names []string, place schema.Place) {
	for _, r := range s.responses() {
		headers := r.Node.Get("headers")
		if headers == nil || headers.Kind != tree.Object {
			continue
		}
		for _, m := range headers.Members {
			names = append(names, m.Name)
		}
		place = schema.Place{Location: r.Home.Location(), Line: headers.Line, Column: headers.Column}
	}
	return names, place
}

// whenFailed says that the codes are those of failure, where a response of
// success is declared that could have been meant.
func (s *scope) whenFailed() string {
	if s.failed && hasSuccess(s.step.Operation) {
		return ", with which the step fails,"
	}
	return ""
}

// answer names the responses of the scope.
func (s *scope) answer() string {
	if codes := s.codes(); codes != "" {
		return fmt.Sprintf("the response %s of %s", codes, label(s.step))
	}
	return fmt.Sprintf("no response of %s", label(s.step))
}

// codes writes the codes of the responses of the scope.
func (s *scope) codes() string {
	var list []string
	for _, r := range s.responses() {
		list = append(list, r.Code)
	}
	return strings.Join(list, ", ")
}
