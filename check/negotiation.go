package check

import (
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// accepts reports an Accept header that asks for none of the media types that
// the operation declares for its successes.
func (t *typing) accepts(s *program.Step) {
	text, a := headerOf(s, "Accept")
	if a == nil {
		return
	}
	var declared []string
	for _, r := range s.Operation.Responses {
		for _, m := range r.Content {
			if strings.HasPrefix(r.Code, "2") && !slices.Contains(declared, m.Type) {
				declared = append(declared, m.Type)
			}
		}
	}
	for part := range strings.SplitSeq(text, ",") {
		asked := strings.TrimSpace(part)
		if slices.ContainsFunc(declared, func(d string) bool { return openapi.Offers(d, asked) }) {
			return
		}
	}
	if len(declared) > 0 {
		t.report(s.Workflow.Document, arazzo.Warning, "accept", a.Value.Place,
			"%s does not answer with %s; it declares %s", label(s), text, strings.Join(declared, ", "))
	}
}

// headerOf returns the text of a header that the step sets itself, where it is
// known before a run.
func headerOf(s *program.Step, name string) (string, *program.Argument) {
	for a := range program.Each(s.Arguments) {
		if text, ok := a.Value.Constant.(string); ok && a.In == "header" && strings.EqualFold(a.Name, name) {
			return text, a
		}
	}
	return "", nil
}

// contentType is the media type of a step's body, and where it is written: a
// header goes before the body's own.
func contentType(s *program.Step) (string, arazzo.Position) {
	if text, a := headerOf(s, "Content-Type"); a != nil {
		return text, a.Value.Place
	}
	return s.Body.ContentType, s.Decl.RequestBody.At("contentType")
}
