package mock

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/uri"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// outcome is what an operation has done.
type outcome struct {
	*answer
	view   *view
	object *object // that it is about; nil: none
}

// perform does what an operation does with the state of the session, and answers with a
// status. The session is locked.
func (x *exchange) perform(status int) (*outcome, *problem) {
	a, v := x.server.respond(x, status)
	out := &outcome{answer: a, view: v}
	c := x.op.collection
	if c == nil {
		x.echo(out)
		return out, nil
	}
	path := c.at(x.found.source, x.found.values)
	in := x.session.store(path)
	x.server.shapes.Lock()
	k := c.kindOf()
	x.server.shapes.Unlock()
	var p *problem
	switch x.op.role {
	case lists:
		if x.fill(c, k, in); v != nil && v.isList {
			for _, o := range in.order {
				x.advance(o, k)
			}
			x.list(a, v, in.order)
		}
		return out, nil
	case creates:
		out.object = x.create(c, k, in, v)
	case plain:
		if gone := x.gone(in); gone != nil {
			return nil, gone
		}
		x.echo(out)
		return out, nil
	case deletes:
		if out.object, p = x.object(c, k, in); p == nil {
			x.session.remove(path, out.object)
		}
	case gets:
		if out.object, p = x.object(c, k, in); p == nil {
			x.advance(out.object, k)
			out.object.seen = true
		}
	case replaces:
		out.object, p = x.object(c, k, in)
		if gone := in.byID[x.id()]; p != nil && gone != nil { // it was removed, and comes again
			x.session.drop(gone)
			out.object, p = x.object(c, k, in)
		}
		if p == nil {
			x.merge(c, k, out.object, true)
		}
	case updates:
		if out.object, p = x.object(c, k, in); p == nil {
			x.advance(out.object, k)
			x.merge(c, k, out.object, false)
		}
	case acts:
		if out.object, p = x.object(c, k, in); p == nil {
			x.advance(out.object, k)
			p = x.act(k, out.object)
		}
	}
	if p != nil {
		return nil, p
	}
	if v != nil && v.isItem && a.hasBody {
		a.body = placed(v.sample, v.item, any(v.show(out.object.value)))
	} else if x.op.role == acts {
		x.echo(out)
	}
	if _, declared := a.header["Location"]; declared || a.status == http.StatusCreated {
		if c.by[gets] != nil && !c.single && x.op.role == creates {
			a.header.Set("Location", x.origin()+x.found.base+strings.TrimSuffix(x.found.target, "/")+"/"+uri.Encode(out.object.id))
		}
	}
	return out, nil
}

// id returns the id of the item that the path of the request names.
func (x *exchange) id() string { return x.found.values[strings.Trim(x.op.item, "+*")] }

// gone returns the problem of an item that was removed, or that no one has created.
func (x *exchange) gone(in *store) *problem {
	id := x.id()
	o, name := in.byID[id], x.op.collection.name
	switch {
	case o == nil && x.server.StrictState && !x.op.collection.single:
	case o == nil || !o.removed:
		return nil
	}
	if o != nil {
		return newProblem(http.StatusNotFound, fmt.Sprintf("the %s %q was removed", name, id))
	}
	return newProblem(http.StatusNotFound, fmt.Sprintf("there is no %s %q", name, id))
}

// object returns the item that the request names: a sample, if no one has created it.
func (x *exchange) object(c *collection, k *kind, in *store) (*object, *problem) {
	id := x.id()
	if o := in.byID[id]; o != nil && !o.removed {
		x.session.ages.MoveToBack(o.age)
		return o, nil
	}
	if gone := x.gone(in); gone != nil {
		return nil, gone
	}
	s := x.server
	base := x.sampleItem(c)
	s.shapes.Lock()
	v := maps.Clone(base)
	if v == nil {
		v = map[string]any{}
	}
	if !c.single && k.id != "" {
		v[k.id] = fitted(k.t.Member(k.id).Type, id)
	}
	x.parents(k, v)
	s.shapes.Unlock()
	o := &object{id: id, value: v, entered: s.now(x.session)}
	x.session.put(in, o)
	return o, nil
}

// sampleItem returns a sample of an item: the richest that there is.
func (x *exchange) sampleItem(c *collection) map[string]any {
	var all map[string]any
	for _, r := range []role{gets, creates, lists, replaces, updates} {
		op := c.by[r]
		if op == nil {
			continue
		}
		if r, media := success(op); media != nil {
			for name, member := range x.server.view(op, r, media, "", false).sampled {
				if _, has := all[name]; !has {
					if all == nil {
						all = map[string]any{}
					}
					all[name] = member
				}
			}
		}
	}
	return all
}

// parents writes the values of the path into the members that are called so.
func (x *exchange) parents(k *kind, v map[string]any) {
	for name, text := range x.found.values {
		if name == x.op.item {
			continue
		}
		for member := range k.names {
			if folded(member) == folded(name) && member != k.id {
				v[member] = fitted(k.t.Member(member).Type, text)
			}
		}
	}
}

// fitted returns a text as the value that a type wants.
func fitted(t *schema.Type, text string) any {
	if t == nil || t.Misfit(text) == nil && t.Kinds()&schema.String != 0 {
		return text
	}
	if v, err := value.Decode([]byte(text)); err == nil && t.Misfit(v) == nil {
		return v
	}
	return text
}

// fill puts the items of the sample into a collection that nothing has happened to.
func (x *exchange) fill(c *collection, k *kind, in *store) {
	if in.filled || len(in.order) > 0 || x.server.StrictState {
		return
	}
	in.filled = true
	op := c.by[lists]
	r, media := success(op)
	if media == nil {
		return
	}
	s := x.server
	v := s.view(op, r, media, "", false)
	found, _ := value.Find(v.sample, v.list)
	items, _ := found.([]any)
	base := x.sampleItem(c)
	s.shapes.Lock()
	defer s.shapes.Unlock()
	for _, item := range items[:min(len(items), maxListed)] {
		of, is := item.(map[string]any)
		if !is {
			continue
		}
		n := maps.Clone(of)
		for name, member := range base {
			if _, has := n[name]; !has {
				n[name] = member
			}
		}
		x.parents(k, n)
		id := value.Text(n[k.id])
		if _, used := in.byID[id]; used || k.id == "" || id == "" || len(items) == 1 && !varies(id) {
			given := s.newID(c, k, in, n[k.id])
			id = value.Text(given)
			if k.id != "" {
				n[k.id] = given
			}
		}
		x.session.put(in, &object{id: id, value: n, entered: s.now(x.session)})
	}
}

// create adds an item: the sample, with what the request has in its place.
func (x *exchange) create(c *collection, k *kind, in *store, v *view) *object {
	s := x.server
	now := s.now(x.session)
	item := maps.Clone(x.sampleItem(c))
	if v != nil {
		for name, member := range v.sampled {
			if item == nil {
				item = map[string]any{}
			}
			item[name] = member
		}
	}
	if item == nil {
		item = map[string]any{}
	}
	s.shapes.Lock()
	sent := x.members(k)
	for name := range k.requested {
		if _, given := sent[name]; !given && !x.requires(k, name) && name != k.id {
			delete(item, name)
		}
	}
	for name, member := range sent {
		s.set(k, item, name, member)
	}
	x.parents(k, item)
	var id any
	if given, has := sent[k.id]; has && k.requested[k.id] && k.id != "" {
		id = given
		if text, is := given.(string); is {
			id = fitted(k.t.Member(k.id).Type, text)
		}
	} else {
		id = s.newID(c, k, in, item[k.id])
	}
	if k.id != "" {
		item[k.id] = id
	}
	if l := k.life; l != nil {
		if _, given := sent[l.member]; l.member != "" && !(given && l.client) && len(l.course) > 0 {
			item[l.member] = l.course[0]
		}
		l.begin(item, now)
	}
	s.shapes.Unlock()
	in.filled = true
	o := &object{id: value.Text(id), value: item, entered: now}
	x.session.put(in, o)
	return o
}

// requires reports whether items have a member always.
func (x *exchange) requires(k *kind, name string) bool {
	return k.t.Member(name).Presence == schema.Always
}

// members returns the members of the body of the request, without what wraps them.
func (x *exchange) members(k *kind) map[string]any {
	of, _ := x.body.(map[string]any)
	if len(of) == 1 && k.names != nil {
		for name, member := range of {
			if inner, is := member.(map[string]any); is && !k.names[name] {
				return inner
			}
		}
	}
	return of
}

// set sets a member of an item to what a request has for it, if items have such a member and
// it fits there.
func (s *Server) set(k *kind, item map[string]any, name string, v any) {
	if k.names != nil && !k.names[name] {
		return
	}
	found := k.t.Member(name)
	if found.Presence == schema.Never || found.Marked("writeOnly") || found.Marked("readOnly") {
		return
	}
	if text, is := v.(string); is && found.Type != nil {
		v = fitted(found.Type, text)
	}
	if found.Type == nil || found.Type.Misfit(v) == nil {
		item[name] = v
		return
	}
	if merged := patched(item[name], v); found.Type.Misfit(merged) == nil {
		item[name] = merged
	}
}

// patched merges a value into another (RFC 7396).
func patched(to, from any) any {
	of, isObject := from.(map[string]any)
	if !isObject {
		return from
	}
	out := map[string]any{}
	if old, is := to.(map[string]any); is {
		out = maps.Clone(old)
	}
	for name, member := range of {
		if member == nil {
			delete(out, name)
		} else {
			out[name] = patched(out[name], member)
		}
	}
	return out
}

// merge changes an item as the request says: replaced as a whole, or a part of it.
func (x *exchange) merge(c *collection, k *kind, o *object, whole bool) {
	s := x.server
	now := s.now(x.session)
	item := maps.Clone(o.value)
	s.shapes.Lock()
	defer s.shapes.Unlock()
	sent := x.members(k)
	if whole {
		for name := range k.requested {
			if _, given := sent[name]; !given && !x.requires(k, name) && name != k.id {
				delete(item, name)
			}
		}
	}
	if list, is := x.body.([]any); is && openapi.IsJSON(x.Header.Get("Content-Type")) {
		item = patchedBy(item, list)
	}
	for name, member := range sent {
		switch {
		case name == k.id && !c.single:
		case member == nil && !whole:
			if item[name] = nil; k.names != nil && !k.names[name] {
				delete(item, name)
			}
		case whole:
			s.set(k, item, name, member)
		default:
			if _, isObject := member.(map[string]any); isObject {
				member = patched(item[name], member)
			}
			s.set(k, item, name, member)
		}
	}
	if l := k.life; l != nil {
		if l.member != "" && !value.Equal(item[l.member], o.value[l.member]) {
			o.entered, o.seen = now, false
			l.stamp(item, now, stemOf(value.Text(item[l.member])))
		}
		l.stamp(item, now, "updat", "modif")
	}
	x.session.change(o, item)
}

// patchedBy applies a JSON Patch (RFC 6902), as far as it adds, replaces and removes.
func patchedBy(item map[string]any, list []any) map[string]any {
	for _, operation := range list {
		of, _ := operation.(map[string]any)
		at, _ := of["path"].(string)
		tokens, err := value.SplitPointer(at)
		if err != nil || len(tokens) == 0 {
			continue
		}
		switch of["op"] {
		case "add", "replace":
			item, _ = placed(item, tokens, of["value"]).(map[string]any)
		case "remove":
			if len(tokens) == 1 {
				item = maps.Clone(item)
				item[tokens[0]] = nil
			}
		}
	}
	return item
}

// act does with an item what the path says: its state follows. What has come to an end cannot
// be on its way to be canceled.
func (x *exchange) act(k *kind, o *object) *problem {
	if l := k.life; l != nil && l.member != "" {
		now, _ := o.value[l.member].(string)
		to := l.reached(x.op.verb)
		undoing := slices.ContainsFunc(undoings, func(u string) bool { return strings.HasPrefix(folded(to), u) })
		if p := phaseOf(now); undoing && phaseOf(to) == activePhase && (p == donePhase || p == failedPhase) {
			return newProblem(http.StatusConflict, fmt.Sprintf("the %s %q is %s: it cannot be %s any more", x.op.collection.name, o.id, now, to))
		}
	}
	s := x.server
	now := s.now(x.session)
	item := maps.Clone(o.value)
	s.shapes.Lock()
	for name, member := range x.members(k) {
		s.set(k, item, name, member)
	}
	s.shapes.Unlock()
	if l := k.life; l != nil {
		if state := l.reached(x.op.verb); state != "" {
			item[l.member] = state
			o.entered, o.seen, o.moving = now, false, true
			l.stamp(item, now, stemOf(x.op.verb), stemOf(state))
		}
		l.stamp(item, now, stemOf(x.op.verb), "updat", "modif")
	}
	x.session.change(o, item)
	return nil
}

const defaultStateTime = 200 * time.Millisecond

// advance moves an item to its next state, if it is time and the present one was shown.
func (x *exchange) advance(o *object, k *kind) {
	l := k.life
	if l == nil || l.member == "" || !o.seen || l.client && !o.moving {
		return
	}
	took := x.server.StateTime
	if took == 0 {
		took = defaultStateTime
	}
	now := x.server.now(x.session)
	state, _ := o.value[l.member].(string)
	next := l.next(state)
	if next == "" || now.Sub(o.entered) < took {
		return
	}
	item := maps.Clone(o.value)
	item[l.member] = next
	stems := []string{stemOf(next), "updat", "modif"}
	if p := phaseOf(next); p == donePhase || p == failedPhase {
		stems = append(stems, "end", "complet", "finish", "process")
		for _, late := range l.late {
			if late.end == p {
				item[late.member] = x.sampleItem(x.op.collection)[late.member]
			}
		}
	}
	l.stamp(item, now, stems...)
	o.entered, o.seen = now, false
	x.session.change(o, item)
}

// echo writes what the request has into members of the answer that are called so.
func (x *exchange) echo(out *outcome) {
	body, is := out.body.(map[string]any)
	if !is || out.view == nil || !out.hasBody {
		return
	}
	s := x.server
	s.shapes.Lock()
	defer s.shapes.Unlock()
	names := namesOf(out.view.body)
	k := &kind{t: out.view.body, names: names}
	changed := maps.Clone(body)
	if names == nil {
		return
	}
	for _, p := range x.op.Parameters {
		if p.In == "query" && x.params.Has(p.Name) && !slices.Contains(limitNames, folded(p.Name)) {
			s.set(k, changed, p.Name, x.params.Get(p.Name))
		}
	}
	for name, text := range x.found.values {
		s.set(k, changed, name, text)
	}
	if of, is := x.body.(map[string]any); is {
		for name, member := range of {
			s.set(k, changed, name, member)
		}
	}
	out.body = changed
}
