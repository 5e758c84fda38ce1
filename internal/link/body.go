package link

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

// bareName is a pointer without its first slash.
var bareName = regexp.MustCompile(`^\w[\w-]*(?:/[\w~-]+)*$`)

func (l *workflowLinker) requestBody(s *program.Step) {
	decl := s.Decl.RequestBody
	if s.Operation != nil && s.Operation.BodyErr != nil {
		l.brokenBody(s)
	}
	if decl == nil {
		return
	}
	if s.Operation == nil {
		if s.Decl.WorkflowID != "" {
			l.report(l.warn("body-ignored", s.Decl.At("requestBody"), "a step that calls a workflow sends no request body"))
		}
		return
	}
	b := &program.Body{ContentType: decl.ContentType, Place: decl.At()}
	if b.ContentType == "" {
		b.ContentType = s.Operation.DefaultContentType()
	}
	if b.ContentType == "" {
		b.ContentType = "application/json"
	}
	b.Payload = l.operand(tree.Of(decl.Payload), decl.At("payload"))
	for _, r := range decl.Replacements {
		if target, ok := l.replacement(r, b.ContentType); ok {
			b.Replacements = append(b.Replacements, target)
		}
	}
	s.Body = b
}

// brokenBody reports that the declaration of a body is not known: that is an error
// where the step sends one without saying its type.
func (l *workflowLinker) brokenBody(s *program.Step) {
	b := s.Decl.RequestBody
	switch {
	case b == nil:
		l.report(l.warn("broken-reference", operationPlace(s), "the body of %s %s is not known: %v", s.Operation.Method, s.Operation.Path,
			s.Operation.BodyErr))
	case b.ContentType == "":
		l.report(l.error("broken-reference", b.At(), "the type of the body of %s %s is not known: %v; write contentType", s.Operation.Method,
			s.Operation.Path, s.Operation.BodyErr))
	default:
		l.report(l.warn("broken-reference", b.At(), "the body of %s %s is not known: %v", s.Operation.Method, s.Operation.Path,
			s.Operation.BodyErr))
	}
}

func (l *workflowLinker) replacement(r *arazzo.Replacement, contentType string) (program.Replacement, bool) {
	target := program.Replacement{Value: l.operand(tree.Of(r.Value), r.At("value")), Place: r.At("target")}
	language := r.TargetSelectorType.Type
	switch {
	case language == "" && openapi.IsXML(contentType):
		language = "xpath"
	case language == "":
		language = "jsonpointer"
	}
	var err error
	switch language {
	case "xpath":
		target.XPath, err = xpath.CompileVersion(r.Target, r.TargetSelectorType.Version)
	case "jsonpath":
		if r.TargetSelectorType.Version == program.GoessnerVersion {
			l.report(l.error("replacement-target", r.At("targetSelectorType"),
				"a target is JSONPath as RFC 9535 defines it, not %s; write targetSelectorType: jsonpath", program.GoessnerVersion))
			return target, false
		}
		target.Query, err = jsonpath.Parse(r.Target)
	case "simple", "regex":
		l.report(l.error("enum", r.At("targetSelectorType"), "the type of a target is jsonpath, xpath or jsonpointer, not %q", language))
		return target, false
	default:
		target.Pointer, err = value.SplitPointer(strings.TrimPrefix(r.Target, "#"))
	}
	if err != nil {
		p := l.syntax("replacement-target", r.At("target"), fmt.Sprintf("%q is not a valid %s", r.Target, selectorLanguages[language]), err)
		if language == "jsonpointer" && bareName.MatchString(r.Target) {
			p.correct(0, r.Target, 0, 0, "/")
		}
		l.report(p)
	}
	return target, err == nil
}
