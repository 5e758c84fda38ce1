package runtime

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	regexpsyntax "regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/jsonpath"
	"github.com/gobelin-dev/gobelin/internal/nearest"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/syntax"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

// workflowLinker links one workflow; step is the one being linked, nil outside
// of steps.
type workflowLinker struct {
	*linker
	inCondition bool // of a simple criterion, where accessors are no lenient form
	workflow    *workflow
	step        *step

	components []string // the parameters whose values are being linked
}

func (l *workflowLinker) error(code string, at arazzo.Position, format string, args ...any) {
	l.report(l.workflow.document, code, arazzo.Error, at, format, args...)
}

func (l *workflowLinker) warn(code string, at arazzo.Position, format string, args ...any) {
	l.report(l.workflow.document, code, arazzo.Warning, at, format, args...)
}

func (l *workflowLinker) asPublished(code string, at arazzo.Position, format string, args ...any) {
	l.lenient(l.workflow.document, code, at, format, args...)
}

// inside returns the place of a piece of a text that stands at a place, alone or
// with blanks around it.
func (l *workflowLinker) inside(at arazzo.Position, text string, start, end int) arazzo.Position {
	decl := l.workflow.document.decl
	if i := strings.Index(decl.Origin().At(at.Pointer).Str(), text); i >= 0 {
		return decl.Within(at, i+start, i+end)
	}
	return at
}

// syntax reports a text that does not parse, with the caret of its error.
func (l *workflowLinker) syntax(code string, at arazzo.Position, what string, err error) {
	message, excerpt, _ := strings.Cut(err.Error(), "\n")
	if text, offset, ok := syntaxPlace(err); ok {
		_, size := utf8.DecodeRuneInString(text[offset:])
		at = l.inside(at, text, offset, offset+size)
	}
	l.error(code, at, "%s: %s", what, message)
	l.diagnostics[len(l.diagnostics)-1].Excerpt = excerpt
}

func (l *workflowLinker) link() {
	w := l.workflow
	w.schema = l.inputs()
	for i, id := range w.decl.DependsOn {
		if target := l.workflowRef(id, w.decl.At("dependsOn", strconv.Itoa(i))); target >= 0 {
			w.dependsOn = append(w.dependsOn, target)
		}
	}
	for i, decl := range w.decl.Steps {
		w.steps = append(w.steps, &step{index: i, id: decl.StepID, decl: decl, called: -1})
	}
	for _, s := range w.steps {
		l.step = s
		l.linkStep(s)
	}
	l.step = nil
	for _, e := range w.decl.Outputs {
		w.outputs = append(w.outputs, l.output(e.Name, e.Value, w.decl.At("outputs", e.Name)))
	}
}

func (l *workflowLinker) linkStep(s *step) {
	for _, field := range []string{"channelPath", "action", "correlationId"} {
		if s.decl.Origin().Get(field) != nil {
			l.error("asyncapi", s.decl.At(field), "step %q has %s, as a step over an AsyncAPI channel has; gobelin runs steps over OpenAPI only", s.id, field)
			break
		}
	}
	params := l.parameters(s)
	l.prerequisites(s)
	switch {
	case s.decl.WorkflowID != "":
		s.called = l.workflowRef(s.decl.WorkflowID, s.decl.At("workflowId"))
		s.label = "workflow " + s.decl.WorkflowID
	case s.decl.OperationID != "":
		s.operation, s.source = l.operationByID(s)
	case s.decl.OperationPath != "":
		s.operation, s.source = l.operationByPath(s)
	}
	l.arguments(s, params)
	if s.operation != nil {
		s.label = s.operation.Method + " " + s.operation.Path
		l.bind(s)
	}
	l.requestBody(s)
	for _, c := range s.decl.SuccessCriteria {
		s.criteria = append(s.criteria, l.criterion(c))
	}
	for _, e := range s.decl.Outputs {
		s.outputs = append(s.outputs, l.output(e.Name, e.Value, s.decl.At("outputs", e.Name)))
	}
	components := l.workflow.document.decl.Components
	var success, failure arazzo.Map[*arazzo.Action]
	if components != nil {
		success, failure = components.SuccessActions, components.FailureActions
	}
	s.onSuccess = l.actions(s, "successActions", s.decl.OnSuccess, l.workflow.decl.SuccessActions, success)
	s.onFailure = l.actions(s, "failureActions", s.decl.OnFailure, l.workflow.decl.FailureActions, failure)
	if s.decl.Timeout != nil {
		s.timeout = time.Duration(min(*s.decl.Timeout, 1<<40)) * time.Millisecond
		if s.decl.WorkflowID != "" {
			l.warn("timeout-ignored", s.decl.At("timeout"), "the time of a step that calls a workflow is not limited; give the timeout to the steps of that workflow")
		}
	}
	s.place()
	if i := s.index; i > 0 {
		before := l.workflow.steps[i-1]
		s.firstOutput = before.firstOutput + len(before.outputs)
	}
	s.redirects = s.operation != nil && !l.mentionsRedirect(s)
}

var redirectStatus = regexp.MustCompile(`\b3(?:\d\d|XX)\b`)

// mentionsRedirect reports whether the operation declares or a criterion
// mentions a 3xx status (O13).
func (l *workflowLinker) mentionsRedirect(s *step) bool {
	for _, r := range s.operation.Responses {
		if strings.HasPrefix(r.Code, "3") {
			return true
		}
	}
	criteria := slices.Clone(s.criteria)
	for _, a := range slices.Concat(s.onSuccess, s.onFailure) {
		criteria = append(criteria, a.criteria...)
	}
	return slices.ContainsFunc(criteria, func(c *criterion) bool {
		return strings.Contains(c.text, "$statusCode") && redirectStatus.MatchString(c.text)
	})
}

// workflowRef resolves a workflowId or $sourceDescriptions.<name>.<workflowId>
// (F18); -1 when there is none.
func (l *workflowLinker) workflowRef(id string, at arazzo.Position) int {
	d := l.workflow.document
	if rest, ok := strings.CutPrefix(strings.Trim(id, "{}"), "$sourceDescriptions."); ok {
		name, inner := l.sourceName(d, rest)
		s := l.need(d, name, at)
		if s == nil {
			return -1
		}
		if s.document == nil {
			l.error("unknown-workflow", at, "source %q is an OpenAPI description; it has no workflows", name)
			return -1
		}
		d, id = s.document, inner
	}
	if i, ok := d.workflows[id]; ok {
		return i
	}
	var ids []string
	for _, w := range d.decl.Workflows {
		ids = append(ids, w.WorkflowID)
	}
	l.error("unknown-workflow", at, "there is no workflow %q%s", id, nearest.Hint(id, ids))
	l.rename(at, 0, id, id, ids)
	return -1
}

// sourceName splits "name.rest" at the longest declared source name (E3).
func (l *workflowLinker) sourceName(d *document, text string) (name, rest string) {
	for _, s := range d.decl.Sources {
		if after, ok := strings.CutPrefix(text, s.Name+"."); ok && len(s.Name) > len(name) {
			name, rest = s.Name, after
		}
	}
	if name == "" {
		name, rest, _ = strings.Cut(text, ".")
	}
	return name, rest
}

// operationByID finds the operation that a step's operationId names (O1).
func (l *workflowLinker) operationByID(s *step) (*openapi.Operation, *source) {
	d, id, at := l.workflow.document, s.decl.OperationID, s.decl.At("operationId")
	if rest, ok := strings.CutPrefix(strings.Trim(id, "{}"), "$sourceDescriptions."); ok {
		name, inner := l.sourceName(d, rest)
		src := l.need(d, name, at)
		if src == nil {
			return nil, nil
		}
		if src.description == nil {
			l.error("unknown-operation", at, "source %q is an Arazzo document; a step calls its workflows with workflowId", name)
			return nil, nil
		}
		return l.inSource(src, inner, at), src
	}
	var found []*source
	var ids []string
	for _, src := range d.sources {
		if src.description == nil {
			continue
		}
		if slices.Contains(src.description.OperationIDs(), id) {
			found = append(found, src)
		}
		ids = append(ids, src.description.OperationIDs()...)
	}
	switch {
	case len(found) == 1:
		if descriptions(d) > 1 {
			l.report(d, "unqualified-operation", arazzo.Note, at, "with several source descriptions an operationId names its source: $sourceDescriptions.%s.%s", found[0].name, id)
			l.correct(at, 0, id, 0, len(id), "$sourceDescriptions."+found[0].name+"."+id)
		}
		return l.inSource(found[0], id, at), found[0]
	case len(found) > 1:
		names := make([]string, len(found))
		for i, src := range found {
			names[i] = "$sourceDescriptions." + src.name + "." + id
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
func descriptions(d *document) int {
	count := len(d.decl.Sources)
	for _, src := range d.sources {
		if src.document != nil {
			count--
		}
	}
	return count
}

// failedSources reports the sources of d that could not be read: one of them
// may have what was not found.
func (l *linker) failedSources(d *document) bool {
	some := false
	for _, f := range l.failed {
		if f.document == d {
			l.reportFailed(f, arazzo.Error)
			some = true
		}
	}
	return some
}

func (l *workflowLinker) inSource(src *source, id string, at arazzo.Position) *openapi.Operation {
	op, err := src.description.OperationByID(id)
	var ambiguous *openapi.AmbiguousError
	if errors.As(err, &ambiguous) {
		l.error("ambiguous-operation", at, "source %q: %v; write the one that is meant as operationPath: '{$sourceDescriptions.%[1]s.url}#%[3]s' or '…#%[4]s'", src.name, err, ambiguous.Pointers[0], ambiguous.Pointers[1])
		return nil
	}
	if err != nil {
		l.error("unknown-operation", at, "source %q: %v", src.name, err)
		l.rename(at, len("$sourceDescriptions."+src.name+"."), id, id, src.description.OperationIDs())
		return nil
	}
	return op
}

// bareName is a pointer without its first slash.
var bareName = regexp.MustCompile(`^\w[\w-]*(?:/[\w~-]+)*$`)

var methodAndPath = regexp.MustCompile(`^(?:([A-Za-z]+)\s+)?(/.*)$`)

// operationByPath finds the operation that a step's operationPath names (O2).
func (l *workflowLinker) operationByPath(s *step) (*openapi.Operation, *source) {
	d, text, at := l.workflow.document, s.decl.OperationPath, s.decl.At("operationPath")
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
	if src.description == nil {
		l.error("unknown-operation", at, "source %q is an Arazzo document; it has no operations", src.name)
		return nil, nil
	}
	op, err := src.description.OperationAt(pointer)
	if err != nil {
		l.error("unknown-operation", at, "source %q: %v", src.name, err)
		return nil, nil
	}
	return op, src
}

// pathSource finds the source that the part of an operationPath in front of
// its "#" names.
func (l *workflowLinker) pathSource(d *document, prefix string, at arazzo.Position) *source {
	inner := strings.TrimSuffix(strings.TrimPrefix(prefix, "{"), "}")
	if rest, ok := strings.CutPrefix(inner, "$sourceDescriptions."); ok {
		name := strings.TrimSuffix(rest, ".url")
		if inner == prefix {
			l.asPublished("unbraced-expression", at, "the expression wants braces: {%s}", inner)
			l.correct(at, 0, inner, 0, len(inner), "{"+inner+"}")
		}
		return l.need(d, name, at)
	}
	for _, decl := range d.decl.Sources {
		if prefix == decl.Name || prefix == decl.URL || prefix == "" && len(d.decl.Sources) == 1 {
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
func (l *workflowLinker) operationByTemplate(method, path string, at arazzo.Position) (*openapi.Operation, *source) {
	type hit struct {
		op  *openapi.Operation
		src *source
	}
	var hits []hit
	d := l.workflow.document
	for _, src := range d.sources {
		if src.description == nil {
			continue
		}
		for op := range src.description.Operations() {
			if op.Path == path && (method == "" || op.Method == method) {
				hits = append(hits, hit{op, src})
			}
		}
	}
	if len(hits) == 1 {
		l.asPublished("operation-path", at, "an operationPath is written {$sourceDescriptions.%s.url}#/paths/%s/%s",
			hits[0].src.name, value.PointerToken(path), strings.ToLower(hits[0].op.Method))
		whole := l.step.decl.OperationPath
		l.correct(at, 0, whole, 0, len(whole), fmt.Sprintf("{$sourceDescriptions.%s.url}#/paths/%s/%s", hits[0].src.name, value.PointerToken(path), strings.ToLower(hits[0].op.Method)))
		return hits[0].op, hits[0].src
	}
	if len(hits) == 0 && l.failedSources(d) {
		return nil, nil
	}
	l.error("unknown-operation", at, "%d operations are at %q; write {$sourceDescriptions.<name>.url}#/paths/%s/<method>", len(hits), strings.TrimSpace(method+" "+path), value.PointerToken(path))
	return nil, nil
}

// component finds what a Reusable Object refers to in one kind of components.
func component[T any](l *workflowLinker, kind, reference string, from arazzo.Map[T], at arazzo.Position) (T, bool) {
	name, ok := strings.CutPrefix(strings.Trim(reference, "{}"), "$components."+kind+".")
	if !ok {
		var none T
		l.error("unknown-component", at, "%q is no reference; write $components.%s.<name>", reference, kind)
		return none, false
	}
	v, ok := from.Get(name)
	if !ok {
		names := make([]string, len(from))
		for i, e := range from {
			names[i] = e.Name
		}
		l.error("unknown-component", at, "components has no %s %q%s", kind, name, nearest.Hint(name, names))
		l.rename(at, 0, reference, name, names)
	}
	return v, ok
}

// parameters merges the workflow's parameters into the step's (F6), components
// resolved.
func (l *workflowLinker) parameters(s *step) []argument {
	var merged []argument
	key := func(a argument) string {
		if a.in == "header" {
			return "header " + strings.ToLower(a.name)
		}
		return a.in + " " + a.name
	}
	for i, list := range [][]*arazzo.Parameter{s.decl.Parameters, l.workflow.decl.Parameters} {
		listed := map[string]bool{}
		for _, p := range list {
			a, ok := l.parameter(p)
			a.inherited = i > 0
			s.missingParameters = s.missingParameters || !ok
			if ok && listed[key(a)] {
				l.duplicate("duplicate-parameter", p.At(), "parameter", a.name)
			}
			listed[key(a)] = ok
			if ok && !slices.ContainsFunc(merged, func(m argument) bool {
				return key(m) == key(a) || s.decl.WorkflowID != "" && m.name == a.name
			}) {
				merged = append(merged, a)
			}
		}
	}
	return merged
}

// duplicate reports what a list has twice once its references are resolved
// (O15); what the parser saw already is not told again.
func (l *workflowLinker) duplicate(code string, at arazzo.Position, what, name string) {
	at = l.workflow.document.decl.Locate(at)
	if !slices.ContainsFunc(l.diagnostics, func(d Diagnostic) bool {
		return d.Code == code && d.Line == at.Line && d.Column == at.Column && d.File == at.File
	}) {
		l.error(code, at, "%s %q is already in the list; it must be unique", what, name)
	}
}

func (l *workflowLinker) parameter(p *arazzo.Parameter) (argument, bool) {
	v, at := p.Value, p.At("value")
	if p.Reference != "" {
		var from arazzo.Map[*arazzo.Parameter]
		if c := l.workflow.document.decl.Components; c != nil {
			from = c.Parameters
		}
		target, ok := component(l, "parameters", p.Reference, from, p.At("reference"))
		if !ok {
			return argument{}, false
		}
		if v == nil {
			v, at = target.Value, target.At("value")
		}
		p = target
	}
	return argument{name: p.Name, in: p.In, value: l.operand(v, at), place: p.At(), decl: p}, true
}

// arguments takes the parameters that apply to the step: those without "in"
// are inputs of a called workflow, workflow-level ones that an operation does
// not know stay out of its path.
func (l *workflowLinker) arguments(s *step, params []argument) {
	own := len(s.decl.Parameters)
	for i, a := range params {
		if s.operation != nil && a.in == "" {
			l.error("required", a.place, "parameter %q has no \"in\", which is required where the step calls an operation", a.name)
			continue
		}
		if s.operation != nil && a.in == "path" && i >= own && !s.operation.HasPathVariable(a.name) {
			continue
		}
		a.secret = s.operation != nil && isCredential(s.operation, a)
		s.arguments = append(s.arguments, a)
	}
	if s.operation != nil && !s.missingParameters {
		s.arguments = append(s.arguments, defaults(s)...)
	}
}

// defaults are the parameters that the operation requires, whose schema has a
// default, and that the step does not give: the default is sent (O5). Which
// resource is meant is for the document to say: a path has no defaults.
func defaults(s *step) (list []argument) {
	for _, p := range s.operation.Parameters {
		v, ok := p.Default()
		if !ok || !p.Required || p.In == "path" || s.operation.Supplied(p) || p.In == "header" && slices.Contains(undeclarable, strings.ToLower(p.Name)) {
			continue
		}
		if !slices.ContainsFunc(s.arguments, func(a argument) bool { return p.Is(a.name, a.in) || a.in == "querystring" && p.In == "query" }) {
			list = append(list, argument{name: p.Name, in: p.In, value: operand{constant: v}, place: s.decl.At("parameters"), inherited: true})
		}
	}
	return list
}

var credentialHeaders = []string{"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key"}

// isCredential reports whether an argument carries a secret: what a security
// scheme of the operation names, and the headers that always do.
func isCredential(op *openapi.Operation, a argument) bool {
	return isScheme(op, a) || a.in == "header" && slices.Contains(credentialHeaders, strings.ToLower(a.name)) || a.in == "cookie"
}

// isScheme reports whether an argument is what a security scheme of the
// operation asks for.
func isScheme(op *openapi.Operation, a argument) bool {
	for _, alternative := range op.Security {
		for _, scheme := range alternative {
			if strings.EqualFold(scheme.ParamName, a.name) && scheme.In == a.in {
				return true
			}
		}
	}
	return false
}

// undeclarable are the headers that OpenAPI lets no operation declare.
var undeclarable = []string{"accept", "content-type", "authorization"}

// expected reports whether an argument that the operation does not declare is
// no surprise: what a security scheme of the description asks for, or a header
// that cannot be declared.
func expected(d *openapi.Description, a argument) bool {
	return a.in == "header" && slices.Contains(undeclarable, strings.ToLower(a.name)) ||
		slices.ContainsFunc(d.SecuritySchemes(), func(s openapi.SecurityRequirement) bool {
			return s.In == a.in && strings.EqualFold(s.ParamName, a.name)
		})
}

func (l *workflowLinker) bind(s *step) {
	if err := s.operation.PathErr; err != nil {
		field := "operationId"
		if s.decl.OperationID == "" {
			field = "operationPath"
		}
		l.error("path-template", s.decl.At(field), "step %q: %v", s.id, err)
		return
	}
	keys := make([]openapi.ArgKey, len(s.arguments))
	for i, a := range s.arguments {
		keys[i] = openapi.ArgKey{Name: a.name, In: a.in}
	}
	binding, err := s.operation.Bind(keys)
	if err != nil {
		l.error("parameters", s.decl.At("parameters"), "step %q, %s: %v", s.id, s.label, err)
		return
	}
	s.binding = binding
	for _, i := range binding.Undeclared() {
		a := s.arguments[i]
		if expected(s.source.description, a) {
			continue
		}
		l.report(l.workflow.document, "undeclared-parameter", arazzo.Note, a.place, "%s does not declare the %s parameter %q; it is sent all the same", s.label, a.in, a.name)
	}
}

func (l *workflowLinker) requestBody(s *step) {
	decl := s.decl.RequestBody
	if decl == nil {
		return
	}
	if s.operation == nil {
		if s.decl.WorkflowID != "" {
			l.warn("body-ignored", s.decl.At("requestBody"), "a step that calls a workflow sends no request body")
		}
		return
	}
	b := &body{contentType: decl.ContentType, place: decl.At()}
	if b.contentType == "" {
		b.contentType = s.operation.DefaultContentType()
	}
	if b.contentType == "" {
		b.contentType = "application/json"
	}
	b.payload = l.operand(decl.Payload, decl.At("payload"))
	for _, r := range decl.Replacements {
		if target, ok := l.replacement(r, b.contentType); ok {
			b.replacements = append(b.replacements, target)
		}
	}
	s.body = b
}

func (l *workflowLinker) replacement(r *arazzo.Replacement, contentType string) (replacement, bool) {
	target := replacement{value: l.operand(r.Value, r.At("value")), place: r.At("target")}
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
		target.xpath, err = xpath.CompileVersion(r.Target, r.TargetSelectorType.Version)
	case "jsonpath":
		if r.TargetSelectorType.Version == goessnerVersion {
			l.error("replacement-target", r.At("targetSelectorType"), "targets are JSONPath as RFC 9535 has it, not %s; write targetSelectorType: jsonpath", goessnerVersion)
			return target, false
		}
		target.query, err = jsonpath.Parse(r.Target)
	case "simple", "regex":
		l.error("enum", r.At("targetSelectorType"), "the type of a target is jsonpath, xpath or jsonpointer, not %q", language)
		return target, false
	default:
		target.pointer, err = value.SplitPointer(strings.TrimPrefix(r.Target, "#"))
	}
	if err != nil {
		l.syntax("replacement-target", r.At("target"), fmt.Sprintf("%q is no %s", r.Target, language), err)
		if language == "jsonpointer" && bareName.MatchString(r.Target) {
			l.correct(r.At("target"), 0, r.Target, 0, 0, "/")
		}
	}
	return target, err == nil
}

// prerequisites resolves the steps that must have been executed before (Arazzo
// 1.1.0, Step Object, dependsOn).
func (l *workflowLinker) prerequisites(s *step) {
	for i, id := range s.decl.DependsOn {
		at := s.decl.At("dependsOn", strconv.Itoa(i))
		workflow, name := l.workflow.index, id
		if before, after, ok := strings.Cut(id, ".steps."); ok && strings.HasPrefix(id, "$") {
			name = after
			workflow = l.workflowRef(strings.TrimPrefix(before, "$workflows."), at)
			if workflow < 0 {
				continue
			}
		}
		decl := l.program.workflows[workflow].decl
		index := slices.IndexFunc(decl.Steps, func(other *arazzo.Step) bool { return other.StepID == name })
		if index < 0 {
			l.error("unknown-step", at, "workflow %q has no step %q", decl.WorkflowID, name)
			continue
		}
		s.after = append(s.after, prerequisite{workflow, index, id})
		l.program.prerequisites = true
	}
}

func isXML(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	return mediaType == "application/xml" || mediaType == "text/xml" || strings.HasSuffix(mediaType, "+xml")
}

func (l *workflowLinker) output(name string, decl arazzo.Output, at arazzo.Position) output {
	o, text := output{name: name, place: at}, decl.Expression
	if decl.Selector != nil {
		o.value = l.selector(decl.Selector.Context, decl.Selector.Selector, decl.Selector.Type, at)
		return o
	}
	if e, err := expr.Parse(text); err == nil {
		o.value = operand{kind: refOperand, ref: l.ref(e, at), place: at}
		return o
	} else if e := l.exactly(text); e != nil {
		o.value = operand{kind: refOperand, ref: l.ref(e, at), place: at}
		return o
	} else if strings.HasPrefix(text, "$") {
		l.syntax("expression-syntax", at, "the output "+strconv.Quote(name)+" is no expression", err)
		l.correctRoot(at, text)
		return o
	}
	o.value = l.text(text, at)
	if o.value.kind == constantOperand && text != "" {
		l.warn("literal-output", at, "the output %q is the text %q, not an expression", name, text)
	}
	return o
}

// actions merges the workflow's actions behind the step's (F5), components
// resolved.
func (l *workflowLinker) actions(s *step, kind string, own, inherited []*arazzo.Action, from arazzo.Map[*arazzo.Action]) []*action {
	var merged []*action
	if l.compiler.OverrideActions && len(own) > 0 {
		inherited = nil
	}
	for i, list := range [][]*arazzo.Action{own, inherited} {
		listed := map[string]bool{}
		for _, decl := range list {
			place := decl.At()
			if decl.Reference != "" {
				target, ok := component(l, kind, decl.Reference, from, decl.At("reference"))
				if !ok {
					s.missingActions = true
					continue
				}
				decl = target
			}
			if decl.Name != "" && listed[decl.Name] {
				l.duplicate("duplicate-action", place, "action", decl.Name)
			}
			listed[decl.Name] = true
			if !slices.ContainsFunc(merged, func(a *action) bool { return a.name == decl.Name }) {
				a := l.action(kind, decl)
				a.listed, a.inherited = place, i > 0
				merged = append(merged, a)
			}
		}
	}
	return merged
}

func (l *workflowLinker) action(kind string, decl *arazzo.Action) *action {
	a := &action{name: decl.Name, kind: decl.Type, key: kind + "." + decl.Name, step: -1, workflow: -1, limit: 1, place: decl.At(), decl: decl}
	if decl.RetryAfter != nil {
		a.after = time.Duration(min(*decl.RetryAfter, 1e9) * float64(time.Second))
	}
	if decl.RetryLimit != nil {
		a.limit = int(*decl.RetryLimit)
	}
	if a.kind == "retry" && kind == "successActions" {
		l.asPublished("success-retry", decl.At("type"), "retry belongs to failure actions; a success action that repeats its step is a goto")
	}
	if a.kind == "end" {
		a.target = ""
	} else if decl.StepID != "" {
		a.target = decl.StepID
		a.step = l.stepRef(decl.StepID, decl.At("stepId"))
	} else if decl.WorkflowID != "" {
		a.target = decl.WorkflowID
		a.workflow = l.workflowRef(decl.WorkflowID, decl.At("workflowId"))
	}
	for _, p := range decl.Parameters {
		if argument, ok := l.parameter(p); ok {
			a.inputs = append(a.inputs, argument)
		}
	}
	for _, c := range decl.Criteria {
		a.criteria = append(a.criteria, l.criterion(c))
	}
	return a
}

func (l *workflowLinker) stepRef(id string, at arazzo.Position) int {
	var ids []string
	for i, s := range l.workflow.steps {
		if s.id == id {
			return i
		}
		ids = append(ids, s.id)
	}
	// As published: $steps.<id>, where the field wants the id alone.
	if name, ok := strings.CutPrefix(id, "$steps."); ok && slices.Contains(ids, name) {
		l.asPublished("step-reference", at, "a stepId is the id alone: %s", name)
		l.correct(at, 0, id, 0, len(id), name)
		return slices.Index(ids, name)
	}
	l.error("unknown-step", at, "workflow %q has no step %q%s", l.workflow.id, id, nearest.Hint(id, ids))
	l.rename(at, 0, id, id, ids)
	return -1
}

// syntaxPlace returns the text that did not parse and the offset of its error,
// for errors of every language.
func syntaxPlace(err error) (text string, offset int, ok bool) {
	var invalid *syntax.Error
	var invalidRegexp *regexpsyntax.Error
	switch {
	case errors.As(err, &invalid):
		text, offset = invalid.Text, invalid.Offset
	case errors.As(err, &invalidRegexp):
		text = invalidRegexp.Expr
	default:
		return "", 0, false
	}
	return text, max(0, min(offset, len(text))), true
}

// syntaxMessage is the message of a syntax error without its excerpt.
func syntaxMessage(err error) string {
	var e *syntax.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}
