package mock

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/contract"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
	"github.com/gobelin-dev/gobelin/simulate"
)

// script is what has to be answered so that a workflow succeeds.
type script struct {
	workflow string
	steps    []*scripted
}

// scripted is one answer of a script.
type scripted struct {
	op *operation
	simulate.Exchange
	texts map[string]string // of the request, by where they are
}

// thread is a run of a workflow, as far as its requests show it.
type thread struct {
	choices []position        // scripts that it may be
	own     map[string]string // strings of the simulated run, and what they are in this one
	seen    map[string]bool   // values of paths
}

type position struct {
	*script
	next int
}

// AddProgram serves the descriptions of a program, under the names of its sources, and answers
// so that its workflows succeed. Requests that differ from the descriptions in the way in which
// those of the workflows do are answered, whatever AnyRequest says.
func (s *Server) AddProgram(ctx context.Context, p *runtime.Program) error {
	linked := program.Of(p)
	known := map[*openapi.Operation]*operation{}
	for _, doc := range linked.Documents {
		for _, o := range doc.Sources {
			if o.Description == nil || slices.ContainsFunc(s.sources, func(other *source) bool { return other.name == o.Qualified }) {
				continue
			}
			if err := s.add(o.Qualified, o.Description); err != nil {
				return err
			}
		}
	}
	for _, o := range s.sources {
		for _, op := range o.operations {
			known[op.Operation] = op
		}
	}
	if s.tolerated == nil {
		s.tolerated = map[arazzo.Position]bool{}
	}
	for _, w := range p.Workflows() {
		if len(w.Errors) > 0 {
			continue
		}
		checker := contract.Checker{Program: p, Requests: true}
		sim := simulate.Simulator{Seed: s.Seed, OnEvent: checker.Listener(func(e runtime.Event) {
			if d, is := e.(*runtime.DiagnosticRaised); is && (d.Diagnostic.Code == contract.Parameter || d.Diagnostic.Code == contract.RequestBody) {
				s.tolerated[d.Diagnostic.Position] = true
			}
		})}
		found, ok, err := sim.Script(ctx, p, w.ID)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		n := &script{workflow: w.ID}
		for _, e := range found.Exchanges {
			op := known[openapi.OperationOf(e.Declared)]
			if op == nil {
				continue
			}
			step := &scripted{op: op, Exchange: e, texts: map[string]string{}}
			path, query, _ := strings.Cut(e.Target, "?")
			of := func(n *node) bool { return slices.Contains(n.operations, op) }
			if end, values := op.source.root.find(strings.Split(strings.TrimPrefix(path, "/"), "/"), nil, nil, of); end != nil {
				collect(step.texts, values, query, bodyOf(e.Send.Header.Get("Content-Type"), e.Send.Body))
			}
			n.steps = append(n.steps, step)
		}
		if len(n.steps) > 0 {
			s.scripts = append(s.scripts, n)
		}
	}
	return nil
}

// Workflows returns the ids of the workflows that the answers are made for, of all programs that
// were added: those that succeed in a simulation.
func (s *Server) Workflows() (ids []string) {
	for _, sc := range s.scripts {
		ids = append(ids, sc.workflow)
	}
	return ids
}

// scripted returns what a path leads to: instead of an operation that no workflow calls one
// that a workflow calls with exactly these variables. "/{ip}" gets "ip" where "/ip" is another path.
func (s *Server) scripted(f found, path, method string, query url.Values) found {
	if op := f.node.operation(method, query); len(s.scripts) == 0 || op == nil || s.inScript(op) {
		return f
	}
	called := func(n *node) bool {
		op := n.operation(method, query)
		return op != nil && s.inScript(op)
	}
	other, ok := s.route(path, called)
	if !ok {
		return f
	}
	op := other.node.operation(method, query)
	for _, sc := range s.scripts {
		for _, step := range sc.steps {
			same := func(name string) bool { return step.texts["path "+name] == other.values[name] }
			if step.op == op && !slices.ContainsFunc(slices.Collect(maps.Keys(other.values)), func(name string) bool { return !same(name) }) {
				return other
			}
		}
	}
	return f
}

// inScript reports whether a workflow calls an operation.
func (s *Server) inScript(op *operation) bool {
	return slices.ContainsFunc(s.scripts, func(sc *script) bool {
		return slices.ContainsFunc(sc.steps, func(step *scripted) bool { return step.op == op })
	})
}

// collect notes the strings of a request, by where they are.
func collect(into map[string]string, path map[string]string, query string, body any) {
	for name, text := range path {
		into["path "+name] = text
	}
	values, _ := url.ParseQuery(query)
	for name, texts := range values {
		into["query "+name] = texts[0]
	}
	leaves(into, "body ", body, 0)
}

// maxStrings bounds the strings of a request or an answer that are noted.
const maxStrings = 500

func leaves(into map[string]string, at string, v any, depth int) {
	if depth > 10 || len(into) > maxStrings {
		return
	}
	switch v := v.(type) {
	case string:
		into[at] = v
	case map[string]any:
		for name, member := range v {
			leaves(into, at+"/"+name, member, depth+1)
		}
	case []any:
		for i, item := range v[:min(len(v), 20)] {
			leaves(into, at+"/"+string(rune('0'+i)), item, depth+1)
		}
	}
}

// steered answers the request: as the workflow wants it that it belongs to, where the
// description and the state leave a choice.
func (x *exchange) steered() (*answer, *problem) {
	step, run, others := x.follow()
	if step == nil || x.prefer != (preferences{}) {
		out, p := x.perform(statusOf(x.op))
		if p != nil {
			return nil, p
		}
		return out.answer, nil
	}
	if run != nil && step.Status >= 400 {
		a, v := x.server.respond(x, step.Status)
		out := &outcome{answer: a, view: v}
		x.apply(out, step, run, others)
		return out.answer, nil
	}
	status := statusOf(x.op)
	if run != nil {
		status = step.Status
	}
	out, p := x.perform(status)
	if p != nil {
		if run == nil {
			return nil, p
		}
		a, v := x.server.respond(x, status)
		out = &outcome{answer: a, view: v}
	}
	if run != nil || step.Status == status {
		x.apply(out, step, run, others)
	}
	return out.answer, nil
}

// follow finds the answer of a script that the request is for: the next one of a run that is
// under way, the first one of a new run; without a run, one for the same operation. Others are
// answers of other workflows, of which the request may as well be.
func (x *exchange) follow() (step *scripted, run *thread, others []*scripted) {
	s, n := x.server, x.session
	if len(s.scripts) == 0 {
		return nil, nil, nil
	}
	sent := map[string]string{}
	collect(sent, x.found.values, x.URL.RawQuery, x.body)
	same := func(step *scripted) bool {
		for at, text := range step.texts {
			if sent[at] != text {
				return false
			}
		}
		return len(step.texts) == len(sent)
	}
	expects := func(p position) bool { return p.next < len(p.steps) && p.steps[p.next].op == x.op }
	sameFirst := func(a, b position) int {
		switch exactly := same(a.steps[a.next]); {
		case exactly == same(b.steps[b.next]):
			return 0
		case exactly:
			return -1
		}
		return 1
	}
	expected := func(list []position) []position {
		list = slices.DeleteFunc(slices.Clone(list), func(p position) bool { return !expects(p) })
		slices.SortStableFunc(list, sameFirst)
		return list
	}
	var best *thread
	most := -1
	for _, t := range slices.Backward(n.threads) {
		choices := expected(t.choices)
		if len(choices) == 0 {
			continue
		}
		score := 0
		if same(choices[0].steps[choices[0].next]) {
			score = 2
		}
		for _, text := range x.found.values {
			if t.seen[text] {
				score += 4
			}
		}
		if score > most {
			best, most = t, score
		}
	}
	var fresh []position
	for _, sc := range s.scripts {
		fresh = append(fresh, position{sc, 0})
	}
	if fresh = expected(fresh); len(fresh) > 0 && (best == nil || most < 2 && same(fresh[0].steps[0])) {
		best = &thread{choices: fresh, own: map[string]string{}, seen: map[string]bool{}}
		n.threads = append(n.threads, best)
		if len(n.threads) > maxThreads {
			n.threads = slices.Delete(n.threads, 0, len(n.threads)-maxThreads)
		}
	}
	if best == nil {
		for _, t := range slices.Backward(n.threads) {
			for _, p := range t.choices {
				for i := p.next - 1; i >= 0; i-- {
					if p.steps[i].op == x.op {
						return p.steps[i], nil, nil
					}
				}
			}
		}
		for _, sc := range s.scripts {
			for _, step := range sc.steps {
				if step.op == x.op && step.Status < 400 {
					return step, nil, nil
				}
			}
		}
		return nil, nil, nil
	}
	choices := expected(best.choices)
	step = choices[0].steps[choices[0].next]
	for i := range choices {
		if other := choices[i].steps[choices[i].next]; other != step && other.Status == step.Status && same(other) == same(step) {
			others = append(others, other)
		}
		choices[i].next++
	}
	best.choices = choices
	for at, text := range step.texts {
		if own, has := sent[at]; has && text != "" && len(best.own) < 2*maxStrings {
			if _, noted := best.own[text]; !noted {
				best.own[text] = own
			}
		}
	}
	for _, text := range x.found.values {
		if len(best.seen) < maxStrings {
			best.seen[text] = true
		}
	}
	x.note("as step %s of workflow %s wants it", step.StepID, step.WorkflowID)
	return step, best, others
}

// apply changes an answer to what a script has where that differs from a sample.
func (x *exchange) apply(out *outcome, step *scripted, run *thread, others []*scripted) {
	s := x.server
	out.status = step.Status
	for name, values := range step.Header {
		if _, has := out.header[name]; name == "Content-Type" || name == "Location" && has {
			continue
		}
		out.header[name] = values
	}
	if step.NoBody {
		return
	}
	contentType := step.Header.Get("Content-Type")
	s.shapes.Lock()
	switch {
	case !out.hasBody:
		out.body, out.hasBody, out.contentType = run.mine(step.Body), true, contentType
	case out.media != nil && openapi.IsJSON(contentType) && !openapi.IsJSON(out.media.Type) && !openapi.IsRange(out.media.Type):
		out.body, out.contentType = run.mine(step.Body), contentType // it is read as such
	default:
		// Which workflow it is shows later: what any of them reads is there, and what this one
		// wants comes last.
		for _, other := range others {
			if !other.NoBody {
				out.body = other.Adapt(out.body, run.mine)
			}
		}
		out.body = step.Adapt(out.body, run.mine)
		if out.view != nil && out.view.isList && run != nil {
			out.body = longer(out.body, step.Body, out.view.list, run)
		}
	}
	s.shapes.Unlock()
	x.keep(out)
	if run != nil {
		answered, simulated := map[string]string{}, map[string]string{}
		leaves(answered, "", out.body, 0)
		leaves(simulated, "", step.Body, 0)
		for at, text := range simulated {
			if own, has := answered[at]; has && text != "" && len(run.own) < 2*maxStrings {
				if _, noted := run.own[text]; !noted {
					run.own[text] = own
				}
			}
		}
		if out.object != nil {
			run.seen[out.object.id] = true
		}
	}
}

// longer returns the body of a list with items of a script, if it has fewer than that one:
// they may be read.
func longer(body, from any, at []string, run *thread) any {
	has, _ := value.Find(body, at)
	wanted, _ := value.Find(from, at)
	list, is := has.([]any)
	items, _ := wanted.([]any)
	if !is || len(items) <= len(list) {
		return body
	}
	list = slices.Clone(list)
	for _, item := range items[len(list):] {
		list = append(list, run.mine(item))
	}
	return placed(body, at, any(list))
}

// keep stores the members of an item as they were answered.
func (x *exchange) keep(out *outcome) {
	if out.object == nil || out.view == nil || !out.view.isItem {
		return
	}
	item, _ := value.Find(out.body, out.view.item)
	shown, _ := item.(map[string]any)
	before := out.view.show(out.object.value)
	v := maps.Clone(out.object.value)
	for name, member := range shown {
		if old, had := before[name]; !had || !value.Equal(old, member) {
			v[name] = member
		}
	}
	x.session.change(out.object, v)
}

// mine returns a value of the simulated run as it is in this one: texts that stand for those of
// its own requests and answers are these.
func (t *thread) mine(v any) any {
	if t == nil {
		return v
	}
	switch v := v.(type) {
	case string:
		if own, known := t.own[v]; known {
			return own
		}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = t.mine(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[name] = t.mine(member)
		}
		return out
	}
	return v
}
