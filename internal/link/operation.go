package link

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// operationByID finds the operation that a step's operationId names (O1).
func (l *workflowLinker) operationByID(s *program.Step) (*openapi.Operation, *program.Source) {
	d, id, at := l.workflow.Document, s.Decl.OperationID, s.Decl.At("operationId")
	if rest, ok := strings.CutPrefix(strings.Trim(id, "{}"), "$sourceDescriptions."); ok {
		name, inner := l.sourceName(d, rest)
		src := l.need(d, name, at)
		if src == nil {
			return nil, nil
		}
		if src.Description == nil {
			l.error("unknown-operation", at, "source %q is an Arazzo document; a step calls its workflows with workflowId", name)
			return nil, nil
		}
		return l.inSource(src, inner, at), src
	}
	var found []*program.Source
	var ids []string
	for _, src := range d.Sources {
		if src.Description == nil {
			continue
		}
		if slices.Contains(src.Description.OperationIDs(), id) {
			found = append(found, src)
		}
		ids = append(ids, src.Description.OperationIDs()...)
	}
	switch {
	case len(found) == 1:
		if descriptions(d) > 1 {
			l.report(d, "unqualified-operation", arazzo.Note, at, "with several source descriptions an operationId names its source: $sourceDescriptions.%s.%s", found[0].Name, id)
			l.correct(at, 0, id, 0, len(id), "$sourceDescriptions."+found[0].Name+"."+id)
		}
		return l.inSource(found[0], id, at), found[0]
	case len(found) > 1:
		names := make([]string, len(found))
		for i, src := range found {
			names[i] = "$sourceDescriptions." + src.Name + "." + id
		}
		l.error("ambiguous-operation", at, "several source descriptions have an operation %q; write %s", id, strings.Join(names, " or "))
		return nil, nil
	}
	if l.failedSources(d) {
		return nil, nil
	}
	l.error("unknown-operation", at, "no source description has an operation %q%s", id, nearest.Hint(id, ids))
	l.rename(at, 0, id, id, ids)
	return nil, nil
}

// descriptions counts the sources that are no Arazzo documents.
func descriptions(d *program.Document) int {
	count := len(d.Decl.Sources)
	for _, src := range d.Sources {
		if src.Document != nil {
			count--
		}
	}
	return count
}

func (l *workflowLinker) inSource(src *program.Source, id string, at arazzo.Position) *openapi.Operation {
	op, err := src.Description.OperationByID(id)
	var ambiguous *openapi.AmbiguousError
	if errors.As(err, &ambiguous) {
		l.error("ambiguous-operation", at, "source %q: %v; write the one that is meant as operationPath: '{$sourceDescriptions.%[1]s.url}#%[3]s' or '…#%[4]s'", src.Name, err, ambiguous.Pointers[0], ambiguous.Pointers[1])
		return nil
	}
	if err != nil {
		l.error("unknown-operation", at, "source %q: %v", src.Name, err)
		l.rename(at, len("$sourceDescriptions."+src.Name+"."), id, id, src.Description.OperationIDs())
		return nil
	}
	return op
}

var methodAndPath = regexp.MustCompile(`^(?:([A-Za-z]+)\s+)?(/.*)$`)

// operationByPath finds the operation that a step's operationPath names (O2).
func (l *workflowLinker) operationByPath(s *program.Step) (*openapi.Operation, *program.Source) {
	d, text, at := l.workflow.Document, s.Decl.OperationPath, s.Decl.At("operationPath")
	if m := methodAndPath.FindStringSubmatch(text); m != nil {
		return l.operationByTemplate(strings.ToUpper(m[1]), m[2], at)
	}
	prefix, pointer, ok := strings.Cut(text, "#")
	if !ok {
		l.error("operation-path", at, "%q is no operationPath; write {$sourceDescriptions.<name>.url}#/paths/~1<path>/<method>", text)
		return nil, nil
	}
	src := l.pathSource(d, prefix, at)
	if src == nil {
		return nil, nil
	}
	if unescaped, err := url.PathUnescape(pointer); err == nil {
		pointer = unescaped
	}
	if src.Description == nil {
		l.error("unknown-operation", at, "source %q is an Arazzo document; it has no operations", src.Name)
		return nil, nil
	}
	op, err := src.Description.OperationAt(pointer)
	if err != nil {
		l.error("unknown-operation", at, "source %q: %v", src.Name, err)
		return nil, nil
	}
	return op, src
}

// pathSource finds the source that the part of an operationPath in front of
// its "#" names.
func (l *workflowLinker) pathSource(d *program.Document, prefix string, at arazzo.Position) *program.Source {
	inner := strings.TrimSuffix(strings.TrimPrefix(prefix, "{"), "}")
	if rest, ok := strings.CutPrefix(inner, "$sourceDescriptions."); ok {
		name := strings.TrimSuffix(rest, ".url")
		if inner == prefix {
			l.asPublished("unbraced-expression", at, "the expression wants braces: {%s}", inner)
			l.correct(at, 0, inner, 0, len(inner), "{"+inner+"}")
		}
		return l.need(d, name, at)
	}
	for _, decl := range d.Decl.Sources {
		if prefix == decl.Name || prefix == decl.URL || prefix == "" && len(d.Decl.Sources) == 1 {
			l.asPublished("operation-path", at, "the source is named by an expression: {$sourceDescriptions.%s.url}#…", decl.Name)
			if prefix != "" {
				l.correct(at, 0, prefix+"#", 0, len(prefix), "{$sourceDescriptions."+decl.Name+".url}")
			} else {
				l.correct(at, 0, "#", 0, 0, "{$sourceDescriptions."+decl.Name+".url}")
			}
			return l.need(d, decl.Name, at)
		}
	}
	return l.need(d, prefix, at)
}

// operationByTemplate finds "GET /x", or "/x" where it has one method.
func (l *workflowLinker) operationByTemplate(method, path string, at arazzo.Position) (*openapi.Operation, *program.Source) {
	type hit struct {
		op  *openapi.Operation
		src *program.Source
	}
	var hits []hit
	d := l.workflow.Document
	for _, src := range d.Sources {
		if src.Description == nil {
			continue
		}
		for op := range src.Description.Operations() {
			if op.Path == path && (method == "" || op.Method == method) {
				hits = append(hits, hit{op, src})
			}
		}
	}
	if len(hits) == 1 {
		l.asPublished("operation-path", at, "an operationPath is written {$sourceDescriptions.%s.url}#/paths/%s/%s",
			hits[0].src.Name, value.PointerToken(path), strings.ToLower(hits[0].op.Method))
		whole := l.step.Decl.OperationPath
		l.correct(at, 0, whole, 0, len(whole), fmt.Sprintf("{$sourceDescriptions.%s.url}#/paths/%s/%s", hits[0].src.Name, value.PointerToken(path), strings.ToLower(hits[0].op.Method)))
		return hits[0].op, hits[0].src
	}
	if len(hits) == 0 && l.failedSources(d) {
		return nil, nil
	}
	l.error("unknown-operation", at, "%d operations are at %q; write {$sourceDescriptions.<name>.url}#/paths/%s/<method>", len(hits), strings.TrimSpace(method+" "+path), value.PointerToken(path))
	return nil, nil
}
