package link

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// operationByID finds the operation that a step's operationId names (O1).
func (l *workflowLinker) operationByID(s *program.Step) (*openapi.Operation, *program.Source) {
	id, at := s.Decl.OperationID, s.Decl.At("operationId")
	if rest, ok := strings.CutPrefix(strings.Trim(id, "{}"), "$sourceDescriptions."); ok {
		return l.operationOfSource(rest, at)
	}
	operations := l.names.operationIndex()
	switch found := operations.byID[id]; len(found) {
	case 0:
		if !l.failedSources() {
			l.report(l.error("unknown-operation", at, "no source description has an operation %q%s", id, operations.ids.hint(id)).
				rename(0, id, id, operations.ids.same(id)))
		}
		return nil, nil
	case 1:
		if l.names.described > 1 {
			qualified := qualifiedID(found[0], id)
			l.report(l.problem(l.workflow.Document, "unqualified-operation", arazzo.Note, at,
				"with several source descriptions, an operationId must name its source: %s", qualified).replace(id, qualified))
		}
		return l.inSource(found[0], id, at), found[0]
	default:
		qualified := make([]string, len(found))
		for i, src := range found {
			qualified[i] = qualifiedID(src, id)
		}
		l.report(l.error("ambiguous-operation", at, "several source descriptions have an operation %q; write %s",
			id, strings.Join(qualified, " or ")))
		return nil, nil
	}
}

// operationOfSource finds the operation that "name.operationId" names.
func (l *workflowLinker) operationOfSource(qualified string, at arazzo.Position) (*openapi.Operation, *program.Source) {
	name, id := l.names.splitSource(qualified)
	src := l.need(name, at)
	if src == nil {
		return nil, nil
	}
	if src.Description == nil {
		l.report(l.error("unknown-operation", at, "source %q is an Arazzo document; a step calls its workflows with workflowId", name))
		return nil, nil
	}
	return l.inSource(src, id, at), src
}

// qualifiedID returns an operationId that names its source.
func qualifiedID(src *program.Source, id string) string {
	return "$sourceDescriptions." + src.Name + "." + id
}

// inSource finds the operation of a source with that operationId.
func (l *workflowLinker) inSource(src *program.Source, id string, at arazzo.Position) *openapi.Operation {
	if ids := l.names.operationIDs(src); !ids.has(id) {
		l.report(l.error("unknown-operation", at, "source %q: there is no operation %q%s", src.Name, id, ids.hint(id)).
			rename(len(qualifiedID(src, "")), id, id, ids.same(id)))
		return nil
	}
	op, err := src.Description.OperationByID(id)
	var ambiguous *openapi.AmbiguousError
	switch {
	case errors.As(err, &ambiguous):
		l.report(l.error("ambiguous-operation", at,
			"source %q: %v; select one of them with operationPath: '{$sourceDescriptions.%[1]s.url}#%[3]s' or '…#%[4]s'",
			src.Name, err, ambiguous.Pointers[0], ambiguous.Pointers[1]))
	case err != nil:
		l.report(l.error("operation-unreadable", at, "source %q: %v", src.Name, err).focus(len(qualifiedID(src, "")), id))
	}
	return op
}

var methodAndPath = regexp.MustCompile(`^(?:([A-Za-z]+)\s+)?(/.*)$`)

// operationByPath finds the operation that a step's operationPath names (O2).
func (l *workflowLinker) operationByPath(s *program.Step) (*openapi.Operation, *program.Source) {
	text, at := s.Decl.OperationPath, s.Decl.At("operationPath")
	if m := methodAndPath.FindStringSubmatch(text); m != nil {
		return l.operationByTemplate(text, strings.ToUpper(m[1]), m[2], at)
	}
	prefix, pointer, ok := strings.Cut(text, "#")
	if !ok {
		l.report(l.error("operation-path", at,
			"%q is not an operationPath; write {$sourceDescriptions.<name>.url}#/paths/~1<path>/<method>", text))
		return nil, nil
	}
	if inner, opened := strings.CutPrefix(prefix, "{"); opened && !strings.HasSuffix(inner, "}") && strings.HasSuffix(pointer, "}") {
		right := "{" + strings.TrimSuffix(inner, ".url") + ".url}#" + strings.TrimSuffix(pointer, "}")
		l.report(l.error("operation-path", at, "the braces of an operationPath end before the #: write %s", right).replace(text, right))
		return nil, nil
	}
	src := l.pathSource(prefix, at)
	if src == nil {
		return nil, nil
	}
	if unescaped, err := url.PathUnescape(pointer); err == nil {
		pointer = unescaped
	}
	if src.Description == nil {
		l.report(l.error("unknown-operation", at, "source %q is an Arazzo document; it has no operations", src.Name))
		return nil, nil
	}
	op, err := src.Description.OperationAt(pointer)
	var meant *openapi.PointerError
	var unreadable *openapi.UnreadableError
	switch {
	case errors.As(err, &meant):
		l.report(l.error("unknown-operation", at, "source %q: %v", src.Name, err).
			correct(0, text, len(prefix)+len("#"), len(text), meant.Meant))
	case errors.As(err, &unreadable):
		l.report(l.error("operation-unreadable", at, "source %q: %v", src.Name, err))
	case err != nil:
		l.report(l.error("unknown-operation", at, "source %q: %v", src.Name, err))
	default:
		return op, src
	}
	return nil, nil
}

// pathSource finds the source that the part of an operationPath before its "#"
// names.
func (l *workflowLinker) pathSource(prefix string, at arazzo.Position) *program.Source {
	inner := strings.TrimSuffix(strings.TrimPrefix(prefix, "{"), "}")
	if rest, ok := strings.CutPrefix(inner, "$sourceDescriptions."); ok {
		if inner == prefix {
			l.report(l.asPublished("unbraced-expression", at, "the expression must be in braces: {%s}", inner).
				replace(inner, "{"+inner+"}"))
		}
		return l.need(strings.TrimSuffix(rest, ".url"), at)
	}
	decl := l.names.addressed[prefix]
	if sources := l.workflow.Document.Decl.Sources; prefix == "" && len(sources) == 1 {
		decl = sources[0]
	}
	if decl == nil {
		return l.need(prefix, at)
	}
	right := "{$sourceDescriptions." + decl.Name + ".url}"
	l.report(l.asPublished("operation-path", at, "name the source with an expression: %s#…", right).
		correct(0, prefix+"#", 0, len(prefix), right))
	return l.need(decl.Name, at)
}

// operationByTemplate finds "GET /x", or "/x" where it has one method.
func (l *workflowLinker) operationByTemplate(text, method, path string, at arazzo.Position) (*openapi.Operation, *program.Source) {
	var found []sourceOperation
	for _, o := range l.names.onPath(path) {
		if method == "" || o.operation.Method == method {
			found = append(found, o)
		}
	}
	if len(found) == 1 {
		right := fmt.Sprintf("{$sourceDescriptions.%s.url}#%s", found[0].source.Name, found[0].operation.Pointer)
		l.report(l.asPublished("operation-path", at, "an operationPath must be written as %s", right).replace(text, right))
		return found[0].operation, found[0].source
	}
	if len(found) == 0 && l.failedSources() {
		return nil, nil
	}
	matching := "no operation matches"
	if len(found) > 0 {
		matching = strconv.Itoa(len(found)) + " operations match"
	}
	l.report(l.error("unknown-operation", at, "%s %q; write {$sourceDescriptions.<name>.url}#/paths/%s/<method>",
		matching, strings.TrimSpace(method+" "+path), value.PointerToken(path)))
	return nil, nil
}
