package link

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

// bareName is a pointer without its first slash.
var bareName = regexp.MustCompile(`^\w[\w-]*(?:/[\w~-]+)*$`)

func (l *workflowLinker) requestBody(s *program.Step) {
	decl := s.Decl.RequestBody
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

func (l *workflowLinker) replacement(r *arazzo.Replacement, contentType string) (program.Replacement, bool) {
	target := program.Replacement{Value: l.operand(tree.Of(r.Value), r.At("value")), Place: r.At("target")}
	language := r.TargetSelectorType.Type
	switch {
	case language == "" && isXML(contentType):
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

func isXML(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	return mediaType == "application/xml" || mediaType == "text/xml" || strings.HasSuffix(mediaType, "+xml")
}
