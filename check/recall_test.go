package check_test

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/check"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/shared"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

const (
	seededDocuments = 100
	wantCaught      = 95
	nearlyClean     = 2 // warnings that a document may have before a defect is seeded
)

// A defect is one change that makes a document wrong.
type defect struct {
	what  string
	apply func(root *tree.Node)
}

// defects are the kinds that are seeded: each finds the places of a document
// where it can be.
var defects = []struct {
	name  string
	sites func(*seeder) []defect
}{
	{"an output renamed", (*seeder).outputs},
	{"a pointer off by a letter", (*seeder).pointers},
	{"a required parameter dropped", (*seeder).requiredParameters},
	{"a required body member dropped", (*seeder).requiredMembers},
	{"an enum value misspelt", (*seeder).enums},
	{"a type changed", (*seeder).types},
	{"an action order swapped", (*seeder).actions},
	{"a step moved before its producer", (*seeder).moves},
	{"an operationId misspelt", (*seeder).operations},
	{"an input misspelt where it is read", (*seeder).inputs},
	{"a step misspelt where it is read", (*seeder).steps},
	{"a target of goto misspelt", (*seeder).targets},
	{"a condition that does not parse", (*seeder).conditions},
}

// TestRecall seeds one defect in each of 100 documents of the corpus that check
// clean or nearly so, and demands that nearly all are found. A defect is found
// when there is an error or warning that was not there before.
func TestRecall(t *testing.T) {
	corpus := shared.ReadCorpus(t)
	documents := slices.DeleteFunc(slices.Clone(corpus.Documents), func(d shared.CorpusDocument) bool { return !d.Complete })
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(documents), func(i, j int) { documents[i], documents[j] = documents[j], documents[i] })
	seeded, caught := make([]int, len(defects)), make([]int, len(defects))
	total, found := 0, 0
	for _, d := range documents {
		if total == seededDocuments {
			break
		}
		s := newSeeder(t, corpus, d)
		if s == nil {
			continue
		}
		kind, chosen := s.choose(seeded)
		if kind < 0 {
			continue
		}
		seeded[kind]++
		total++
		root := clone(s.root)
		chosen.apply(root)
		if s.finds(root) {
			caught[kind]++
			found++
		} else {
			t.Logf("missed: %s: %s: %s", d.Name, defects[kind].name, chosen.what)
		}
	}
	for i, kind := range defects {
		t.Logf("%3d of %3d  %s", caught[i], seeded[i], kind.name)
	}
	if t.Logf("%3d of %3d", found, total); total < seededDocuments || found < wantCaught {
		t.Errorf("%d of %d defects found, want %d of %d", found, total, wantCaught, seededDocuments)
	}
}

// seeder looks for places in one document.
type seeder struct {
	corpus   *shared.Corpus
	document shared.CorpusDocument
	random   *rand.Rand
	root     *tree.Node
	program  *program.Program
	before   map[string]int // diagnostics, by what they say
}

// newSeeder gives nil for a document that does not check nearly clean.
func newSeeder(t *testing.T, corpus *shared.Corpus, d shared.CorpusDocument) *seeder {
	t.Helper()
	h := fnv.New64a()
	h.Write([]byte(d.Name))
	s := &seeder{corpus: corpus, document: d, random: rand.New(rand.NewPCG(h.Sum64(), 7))}
	root, err := tree.Parse(corpus.File(d.Name))
	if err != nil {
		return nil
	}
	s.root = root
	checked, diagnostics := s.check(root)
	if checked == nil {
		return nil
	}
	s.program, s.before = program.Of(checked), map[string]int{}
	warnings := 0
	for _, d := range diagnostics {
		switch d.Severity {
		case arazzo.Error:
			return nil
		case arazzo.Warning:
			warnings++
		}
		s.before[d.Code+d.Message]++
	}
	if warnings > nearlyClean {
		return nil
	}
	return s
}

func (s *seeder) check(root *tree.Node) (*runtime.Program, []arazzo.Diagnostic) {
	text, err := root.YAML()
	if err != nil {
		return nil, nil
	}
	doc, err := arazzo.ParseFile(s.document.Name, text)
	if doc == nil {
		return nil, []arazzo.Diagnostic{{Code: "unreadable", Message: err.Error()}}
	}
	c := runtime.Compiler{Loader: s.corpus, Base: s.document.Base}
	program, _ := c.Compile(context.Background(), doc) // the error's diagnostics are the program's too
	return program, check.Program(program)
}

// finds reports whether a changed document has an error or warning that the
// document itself has not.
func (s *seeder) finds(root *tree.Node) bool {
	_, diagnostics := s.check(root)
	left := map[string]int{}
	for text, n := range s.before {
		left[text] = n
	}
	for _, d := range diagnostics {
		if left[d.Code+d.Message]--; d.Severity != arazzo.Note && left[d.Code+d.Message] < 0 {
			return true
		}
	}
	return false
}

// choose takes the kind that was seeded least often among those that have a place.
func (s *seeder) choose(seeded []int) (int, defect) {
	best, sites := -1, []defect(nil)
	for _, kind := range s.random.Perm(len(defects)) {
		if best >= 0 && seeded[kind] >= seeded[best] {
			continue
		}
		if found := defects[kind].sites(s); len(found) > 0 {
			best, sites = kind, found
		}
	}
	if best < 0 {
		return -1, defect{}
	}
	return best, sites[s.random.IntN(len(sites))]
}

// entry gives the steps of the document itself.
func (s *seeder) entry() (list []*program.Step) {
	for _, w := range s.program.Workflows {
		if w.Document == s.program.Documents[0] {
			list = append(list, w.Steps...)
		}
	}
	return list
}

func stepPointer(step *program.Step) string { return step.Decl.At().Pointer }

// misspelt is a text with one letter left out, away from its ends.
func (s *seeder) misspelt(text string) string {
	runes := []rune(text)
	if len(runes) < 4 {
		return text + "x"
	}
	for range 20 {
		i := 1 + s.random.IntN(len(runes)-2)
		if runes[i] != runes[i-1] && runes[i] != runes[i+1] && runes[i] != '.' && runes[i] != '/' {
			return string(slices.Delete(slices.Clone(runes), i, i+1))
		}
	}
	return text + "x"
}

// texts gives the pointers of all strings below a pointer with their texts.
func (s *seeder) texts(below string) map[string]string {
	found := map[string]string{}
	var walk func(n *tree.Node, pointer string)
	walk = func(n *tree.Node, pointer string) {
		switch {
		case n == nil:
		case n.Kind == tree.String:
			found[pointer] = n.Text
		}
		if n == nil {
			return
		}
		for i, item := range n.Items {
			walk(item, pointer+"/"+strconv.Itoa(i))
		}
		for _, m := range n.Members {
			if m.Name != "description" && m.Name != "summary" {
				walk(m.Value, pointer+"/"+value.PointerToken(m.Name))
			}
		}
	}
	walk(s.root.At(below), below)
	return found
}

// replaced gives one defect for each text that matches: its first submatch is
// written otherwise.
func (s *seeder) replaced(below string, pattern *regexp.Regexp, otherwise func(string) string) (list []defect) {
	texts := s.texts(below)
	for _, pointer := range sortedKeys(texts) {
		text := texts[pointer]
		for _, m := range pattern.FindAllStringSubmatchIndex(text, -1) {
			changed := text[:m[2]] + otherwise(text[m[2]:m[3]]) + text[m[3]:]
			list = append(list, setText(pointer, changed, fmt.Sprintf("%s: %q becomes %q", pointer, text, changed)))
		}
	}
	return list
}

func setText(pointer, text, what string) defect {
	return defect{what, func(root *tree.Node) { *root.At(pointer) = tree.Node{Kind: tree.String, Text: text} }}
}

// outputs renames outputs of steps that some expression reads.
func (s *seeder) outputs() (list []defect) {
	for _, step := range s.entry() {
		for _, o := range step.Decl.Outputs {
			read := regexp.MustCompile(regexp.QuoteMeta("$steps."+step.Decl.StepID+".outputs."+o.Name) + `($|[^A-Za-z0-9_.\-])`)
			workflow := step.Workflow.Decl.At().Pointer
			if !slices.ContainsFunc(sortedValues(s.texts(workflow)), read.MatchString) {
				continue
			}
			pointer, name := stepPointer(step)+"/outputs", o.Name
			list = append(list, defect{fmt.Sprintf("%s/%s is renamed", pointer, name), func(root *tree.Node) {
				outputs := root.At(pointer)
				for i := range outputs.Members {
					if outputs.Members[i].Name == name {
						outputs.Members[i].Name = "other_" + name
					}
				}
			}})
		}
	}
	return list
}

// pointers takes a letter out of the last name of pointers into bodies whose
// schema declares that name.
func (s *seeder) pointers() (list []defect) {
	pattern := regexp.MustCompile(`^\$response\.body#((?:/[A-Za-z0-9_]+)+)$`)
	for _, step := range s.entry() {
		for _, o := range step.Decl.Outputs {
			m := pattern.FindStringSubmatch(o.Value.Expression)
			if m == nil || step.Operation == nil || !declares(step, strings.Split(m[1][1:], "/")) {
				continue
			}
			cut := strings.LastIndex(o.Value.Expression, "/") + 1
			last := o.Value.Expression[cut:]
			if len(last) < 4 {
				continue
			}
			changed := o.Value.Expression[:cut] + s.misspelt(last)
			pointer := stepPointer(step) + "/outputs/" + value.PointerToken(o.Name)
			list = append(list, setText(pointer, changed, fmt.Sprintf("%s: %s becomes %s", pointer, o.Value.Expression, changed)))
		}
	}
	return list
}

// declares reports whether every response with a JSON body of a step's
// operation declares what a pointer names.
func declares(step *program.Step, tokens []string) bool {
	some := false
	for _, schema := range bodies(step) {
		n := schema
		for _, token := range tokens {
			n = follow(step, n)
			if n.Get("items") != nil && !strings.ContainsFunc(token, func(r rune) bool { return r < '0' || r > '9' }) {
				n = n.Get("items")
				continue
			}
			n = n.Get("properties").Get(token)
		}
		if n == nil {
			return false
		}
		some = true
	}
	return some
}

// bodies are the schemas of a step's successful JSON responses.
func bodies(step *program.Step) (list []*tree.Node) {
	if step.Operation == nil {
		return nil
	}
	for _, r := range step.Operation.Responses {
		for _, m := range r.Content {
			if strings.HasPrefix(r.Code, "2") && strings.Contains(m.Type, "json") && m.Schema != nil {
				list = append(list, m.Schema)
			}
		}
	}
	return list
}

func follow(step *program.Step, n *tree.Node) *tree.Node {
	for n.Get("$ref") != nil {
		target, _, err := step.Source.Description.Follow(n)
		if err != nil || target == n {
			return nil
		}
		n = target
	}
	return n
}

// requiredParameters drops parameters that the operation requires.
func (s *seeder) requiredParameters() (list []defect) {
	for _, step := range s.entry() {
		if step.Operation == nil || len(step.Workflow.Decl.Parameters) > 0 {
			continue
		}
		for i, p := range step.Decl.Parameters {
			if p.Reference == "" && slices.ContainsFunc(step.Operation.Parameters,
				func(o *openapi.Parameter) bool { return o.Required && o.Name == p.Name && o.In == p.In }) {
				list = append(list, drop(stepPointer(step)+"/parameters", i, p.Name))
			}
		}
	}
	return list
}

func drop(pointer string, i int, what string) defect {
	return defect{fmt.Sprintf("%s/%d (%s) is dropped", pointer, i, what), func(root *tree.Node) {
		n := root.At(pointer)
		n.Items = slices.Delete(n.Items, i, i+1)
	}}
}

// requiredMembers drops members of JSON bodies that their schema requires.
func (s *seeder) requiredMembers() (list []defect) {
	for _, step := range s.entry() {
		if step.Body == nil || step.Operation == nil || step.Operation.Body == nil || !strings.Contains(step.Body.ContentType, "json") {
			continue
		}
		payload := s.root.At(stepPointer(step) + "/requestBody/payload")
		for _, m := range step.Operation.Body.Content {
			if payload == nil || payload.Kind != tree.Object || !strings.Contains(m.Type, "json") {
				continue
			}
			required := follow(step, m.Schema).Get("required")
			if required == nil {
				continue
			}
			for _, name := range required.Items {
				if payload.Get(name.Text) == nil {
					continue
				}
				pointer, name := stepPointer(step)+"/requestBody/payload", name.Text
				list = append(list, defect{fmt.Sprintf("%s/%s is dropped", pointer, name), func(root *tree.Node) {
					n := root.At(pointer)
					n.Members = slices.DeleteFunc(n.Members, func(m tree.Member) bool { return m.Name == name })
				}})
			}
		}
	}
	return list
}

// enums misspells literals that conditions compare with values of an enum.
func (s *seeder) enums() (list []defect) {
	literal := regexp.MustCompile(`[=!]= ?['"]([A-Za-z_]{4,})['"]`)
	for _, step := range s.entry() {
		var values []string
		for _, schema := range bodies(step) {
			collectEnums(step, schema, 0, &values)
		}
		for _, d := range s.replaced(stepPointer(step), literal, s.misspelt) {
			if slices.ContainsFunc(values, func(v string) bool {
				return strings.Contains(d.what, `'`+v+`'`) || strings.Contains(d.what, `\"`+v+`\"`)
			}) {
				list = append(list, d)
			}
		}
	}
	return list
}

func collectEnums(step *program.Step, n *tree.Node, depth int, values *[]string) {
	n = follow(step, n)
	if n == nil || depth > 4 {
		return
	}
	if enum := n.Get("enum"); enum != nil {
		for _, item := range enum.Items {
			*values = append(*values, item.Text)
		}
	}
	if properties := n.Get("properties"); properties != nil {
		for _, m := range properties.Members {
			collectEnums(step, m.Value, depth+1, values)
		}
	}
}

// types gives parameters of type integer a text, and inputs that flow into
// scalar parameters the type array.
func (s *seeder) types() (list []defect) {
	scalar := []string{"string", "integer", "number", "boolean"}
	for _, step := range s.entry() {
		if step.Operation == nil {
			continue
		}
		for i, p := range step.Decl.Parameters {
			at := slices.IndexFunc(step.Operation.Parameters, func(o *openapi.Parameter) bool {
				return o.Name == p.Name && o.In == p.In &&
					o.Schema != nil
			})
			if at < 0 || p.Reference != "" || !p.Value.Exists() {
				continue
			}
			typ := follow(step, step.Operation.Parameters[at].Schema).Get("type").Str()
			pointer := fmt.Sprintf("%s/parameters/%d/value", stepPointer(step), i)
			if p.Value.Kind() == arazzo.KindNumber && (typ == "integer" || typ == "number") {
				list = append(list, setText(pointer, "many", pointer+": a number becomes a text"))
			}
			name, isInput := strings.CutPrefix(p.Value.Str(), "$inputs.")
			input := step.Workflow.Decl.At().Pointer + "/inputs/properties/" + value.PointerToken(name) + "/type"
			if n := s.root.At(input); isInput && slices.Contains(scalar, typ) && n.Str() == typ &&
				s.root.At(strings.TrimSuffix(input, "/type")+"/enum") == nil {
				list = append(list, setText(input, "object", input+" becomes object"))
			}
		}
	}
	return list
}

// actions puts an action without criteria before one with criteria.
func (s *seeder) actions() (list []defect) {
	for _, step := range s.entry() {
		for field, actions := range map[string][]*arazzo.Action{"onSuccess": step.Decl.OnSuccess, "onFailure": step.Decl.OnFailure} {
			last := len(actions) - 1
			if last < 1 || actions[last].Reference != "" || len(actions[last].Criteria) > 0 || actions[last].Type == "retry" ||
				len(actions[last-1].Criteria) == 0 {
				continue
			}
			pointer := stepPointer(step) + "/" + field
			list = append(list, defect{pointer + ": the last two are swapped", func(root *tree.Node) {
				items := root.At(pointer).Items
				items[last], items[last-1] = items[last-1], items[last]
			}})
		}
	}
	slices.SortFunc(list, func(a, b defect) int { return cmp.Compare(a.what, b.what) })
	return list
}

// moves puts a step before the one whose output it reads.
func (s *seeder) moves() (list []defect) {
	for _, step := range s.entry() {
		if step.Index == 0 {
			continue
		}
		producer := step.Workflow.Steps[step.Index-1]
		reads := slices.ContainsFunc(step.Arguments, func(a program.Argument) (found bool) {
			a.Value.All(func(r *program.Ref) { found = found || r.Step == producer })
			return found
		})
		if !reads || len(producer.Decl.OnSuccess) > 0 || len(step.Workflow.Decl.SuccessActions) > 0 {
			continue
		}
		pointer, i := step.Workflow.Decl.At().Pointer+"/steps", step.Index
		list = append(list, defect{fmt.Sprintf("%s: %d moves before %d", pointer, i, i-1), func(root *tree.Node) {
			items := root.At(pointer).Items
			items[i], items[i-1] = items[i-1], items[i]
		}})
	}
	return list
}

func (s *seeder) operations() (list []defect) {
	for _, step := range s.entry() {
		if id := step.Decl.OperationID; id != "" && step.Operation != nil {
			pointer := stepPointer(step) + "/operationId"
			changed := s.misspelt(id)
			list = append(list, setText(pointer, changed, fmt.Sprintf("%s: %s becomes %s", pointer, id, changed)))
		}
	}
	return list
}

func (s *seeder) inputs() []defect {
	return s.replaced("/workflows", regexp.MustCompile(`^\$inputs\.([A-Za-z_]{4,})$`), s.misspelt)
}

func (s *seeder) steps() []defect {
	return s.replaced("/workflows", regexp.MustCompile(`^\$steps\.([A-Za-z_-]{4,})\.outputs\.`), s.misspelt)
}

func (s *seeder) targets() (list []defect) {
	for pointer, text := range s.texts("/workflows") {
		if strings.HasSuffix(pointer, "/stepId") && strings.Contains(pointer, "/on") {
			changed := s.misspelt(text)
			list = append(list, setText(pointer, changed, fmt.Sprintf("%s: %s becomes %s", pointer, text, changed)))
		}
	}
	slices.SortFunc(list, func(a, b defect) int { return cmp.Compare(a.what, b.what) })
	return list
}

func (s *seeder) conditions() (list []defect) {
	for pointer, text := range s.texts("/workflows") {
		if strings.HasSuffix(pointer, "/condition") && strings.Contains(text, " == ") {
			changed := strings.Replace(text, " == ", " = ", 1)
			list = append(list, setText(pointer, changed, fmt.Sprintf("%s: %s becomes %s", pointer, text, changed)))
		}
	}
	slices.SortFunc(list, func(a, b defect) int { return cmp.Compare(a.what, b.what) })
	return list
}

func clone(n *tree.Node) *tree.Node {
	text, err := n.YAML()
	if err != nil {
		panic(err)
	}
	root, err := tree.Parse(text)
	if err != nil {
		panic(err)
	}
	return root
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func sortedValues(m map[string]string) []string {
	var values []string
	for _, k := range sortedKeys(m) {
		values = append(values, m[k])
	}
	return values
}
