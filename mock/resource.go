package mock

import (
	"maps"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/schema"
)

// role is what an operation does with a resource.
type role uint8

const (
	plain    role = iota // nothing that is known: its answer is a sample
	lists                // shows the items of a collection
	creates              // adds an item to a collection
	gets                 // shows an item
	replaces             // replaces an item
	updates              // merges its body into an item
	deletes              // removes an item
	acts                 // does something with an item, named by the last segment of its path
)

var roles = [...]string{plain: "answers a sample", lists: "lists", creates: "creates", gets: "gets", replaces: "replaces",
	updates: "updates", deletes: "deletes", acts: "acts on"}

// collection is a resource that has items, or that is the only one at its path.
type collection struct {
	path   string // template, "/users/{user}/posts"
	name   string // of an item, "post"
	single bool   // it has no items, but is one
	// operations by role, the first of each
	by   map[role]*operation
	all  []*operation
	kind *kind // of the items; computed when first needed
}

// operation is an operation of a description, and what it means.
type operation struct {
	*openapi.Operation
	source     *source
	collection *collection // nil: none
	item       string      // the path variable that has the id of an item; "" if none has
	role       role
	verb       string // of acts
	views      map[viewKey]*view
}

// split returns the segments of a path template.
func split(path string) []string {
	path, _, _ = strings.Cut(path, "?")
	return strings.Split(strings.Trim(path, "/"), "/")
}

// variable returns the name of a segment that is one variable.
func variable(segment string) string {
	name, ok := strings.CutPrefix(segment, "{")
	if name, closed := strings.CutSuffix(name, "}"); ok && closed && !strings.ContainsAny(name, "{}") {
		return name
	}
	return ""
}

// infer finds the resources of a description: from its paths, and from links.
func (o *source) infer() {
	paths := map[string][]*operation{}
	for _, op := range o.operations {
		path := "/" + strings.Join(split(op.Path), "/")
		paths[path] = append(paths[path], op)
	}
	items := map[string]string{} // paths of collections, with the variable of their items
	for path := range paths {
		segments := split(path)
		if last := variable(segments[len(segments)-1]); last != "" && len(segments) > 1 {
			if parent := "/" + strings.Join(segments[:len(segments)-1], "/"); items[parent] == "" || last < items[parent] {
				items[parent] = last
			}
		}
	}
	collections := map[string]*collection{}
	at := func(path string, single bool) *collection {
		c := collections[path]
		if c == nil {
			c = &collection{path: path, single: single, by: map[role]*operation{}}
			for _, segment := range split(path) {
				if variable(segment) == "" && segment != "" {
					c.name = singular(segment)
				}
			}
			collections[path] = c
		}
		return c
	}
	join := func(op *operation, c *collection, r role, item string) {
		op.collection, op.role, op.item = c, r, item
		if c.by[r] == nil {
			c.by[r] = op
		}
		c.all = append(c.all, op)
	}
	has := func(path, method string) bool {
		return slices.ContainsFunc(paths[path], func(op *operation) bool { return op.Method == method })
	}
	for _, op := range o.operations {
		segments := split(op.Path)
		path := "/" + strings.Join(segments, "/")
		last := segments[len(segments)-1]
		parent := "/" + strings.Join(segments[:len(segments)-1], "/")
		var above string
		if len(segments) > 1 {
			above = variable(segments[len(segments)-2])
		}
		beside := "/" + strings.Join(segments[:max(len(segments)-2, 0)], "/")
		name, verb, isVerb := strings.Cut(last, "}:")
		switch id := variable(last); {
		case id != "" && len(segments) > 1:
			r := map[string]role{"GET": gets, "QUERY": gets, "PUT": replaces, "PATCH": updates, "POST": updates, "DELETE": deletes}[op.Method]
			if r != plain {
				join(op, at(parent, false), r, id)
			}
		case isVerb && strings.HasPrefix(name, "{"): // {id}:cancel
			join(op, at(parent, false), acts, name[1:])
			op.verb = verb
		case items[path] != "" || has(path, "POST") && has(path, "GET") && o.listed(paths[path]):
			switch op.Method {
			case "GET", "QUERY":
				join(op, at(path, false), lists, "")
			case "POST":
				join(op, at(path, false), creates, "")
			}
		case above != "" && op.Method == "POST":
			join(op, at(beside, false), acts, above)
			op.verb = last
		case above != "" && op.Method == "PUT" && !has(path, "GET"):
			join(op, at(beside, false), acts, above)
			op.verb = last
		case has(path, "GET") && (has(path, "PUT") || has(path, "PATCH")):
			if r := map[string]role{"GET": gets, "PUT": replaces, "PATCH": updates, "POST": updates, "DELETE": deletes}[op.Method]; r != plain {
				join(op, at(path, true), r, "")
			}
		case above != "" && (op.Method == "GET"):
			join(op, at(beside, false), plain, above)
		case op.Method == "POST" && o.linked(op) != "":
			join(op, at(o.linked(op), false), creates, "")
		case op.Method == "POST" && isCreating(last) && items[parent] != "":
			join(op, at(parent, false), creates, "")
		}
	}
}

func isCreating(name string) bool {
	return slices.Contains([]string{"create", "add", "new", "insert", "register"}, strings.ToLower(name))
}

// listed reports whether the GET among operations answers with an array, alone or in an object.
func (o *source) listed(list []*operation) bool {
	for _, op := range list {
		if op.Method == "GET" {
			r, media := success(op)
			if r == nil || media == nil {
				return false
			}
			_, ok := listIn(media.Home.Type(media.Schema), nil, "", nil, 0)
			return ok
		}
	}
	return false
}

// linked returns the path of the collection whose items the links of an operation lead to.
func (o *source) linked(op *operation) string {
	for _, r := range op.Responses {
		links := r.Node.Get("links")
		if links == nil {
			continue
		}
		for _, m := range links.Members {
			link, _, err := r.Home.Resolve(m.Value)
			if err != nil {
				continue
			}
			to := link.Get("operationId").Str()
			for _, other := range o.operations {
				if to != "" && other.ID == to || to == "" && strings.HasSuffix(link.Get("operationRef").Str(), "#"+other.Pointer) {
					segments := split(other.Path)
					if len(segments) > 1 && variable(segments[len(segments)-1]) != "" && strings.Count(other.Path, "{") == 1 {
						return "/" + strings.Join(segments[:len(segments)-1], "/")
					}
				}
			}
		}
	}
	return ""
}

// success returns the response of success that an operation gives by default, and the media
// type of its body, which is nil if it has none.
func success(op *operation) (*openapi.Response, *openapi.MediaType) {
	r := op.Response(statusOf(op))
	if r == nil {
		return nil, nil
	}
	return r, preferred(r)
}

// preferred returns the media type that a body is of where the request leaves a choice.
func preferred(r *openapi.Response) *openapi.MediaType {
	list := r.Bodies()
	if len(list) == 0 {
		return nil
	}
	if media := jsonOf(r); media != nil {
		return media
	}
	return list[0]
}

// kind is what is known of the items of a collection.
type kind struct {
	t         *schema.Type
	place     schema.Place
	placed    bool
	id        string          // the member with the id; "" if there is none
	names     map[string]bool // of the members; nil: any
	requested map[string]bool // members that requests set
	life      *lifecycle
}

// kindOf returns what is known of the items of a collection. Server.shapes must be held.
func (c *collection) kindOf() *kind {
	if c.kind != nil {
		return c.kind
	}
	k := &kind{t: schema.Any(), requested: map[string]bool{}}
	c.kind = k
	var items *schema.Type
	if op := c.by[lists]; op != nil {
		if _, media := success(op); media != nil {
			t := media.Home.Type(media.Schema)
			if tokens, ok := listIn(t, nil, c.name, nil, 0); ok {
				if at := t.Follow(tokens).Type; at != nil && at.Items() != nil {
					items = at.Items()
				}
			}
		}
	}
	ids := c.ids()
	for _, r := range []role{gets, creates, replaces, updates} {
		op := c.by[r]
		if op == nil {
			continue
		}
		_, media := success(op)
		if media == nil || media.Schema == nil {
			continue
		}
		t := media.Home.Type(media.Schema)
		if t.Kinds()&schema.Object == 0 || !t.Known() {
			continue
		}
		k.t = t
		if items != nil {
			if place, ok := items.Place(); ok {
				if tokens, ok := itemIn(t, place, 0); ok {
					k.t = t.Follow(tokens).Type
					break
				}
			}
		}
		if tokens := wrapped(t, ids, c.name); tokens != nil {
			k.t = t.Follow(tokens).Type
		}
		break
	}
	if !k.t.Known() && items != nil {
		k.t = items
	}
	k.place, k.placed = k.t.Place()
	k.names = namesOf(k.t)
	for _, name := range ids {
		if k.names[name] {
			k.id = name
			break
		}
	}
	if k.id == "" && k.names != nil {
		for name := range k.names {
			if slices.ContainsFunc(ids, func(id string) bool { return folded(id) == folded(name) }) && (k.id == "" || name < k.id) {
				k.id = name
			}
		}
	}
	for _, op := range c.all {
		if op.Body == nil || op.role != creates && op.role != replaces && op.role != updates {
			continue
		}
		if media := op.Body.Media(op.DefaultContentType()); media != nil && media.Schema != nil {
			t := media.Home.Type(media.Schema)
			for name := range namesOf(t) {
				if !t.Member(name).Marked("readOnly") {
					k.requested[name] = true
				}
			}
		}
	}
	k.life = lifecycleOf(k)
	return k
}

// ids returns names that the member with the id may have, the likelier first.
func (c *collection) ids() (list []string) {
	item := ""
	for _, op := range c.all {
		if op.item != "" && op.role != plain && op.role != acts {
			item = op.item
			break
		}
	}
	if item != "" {
		list = append(list, item)
	}
	list = append(list, "id", "uuid", "guid", "_id")
	if item != "" {
		for _, end := range []string{"id", "uuid", "key", "name", "slug", "code", "number", "sid", "gid", "token"} {
			if strings.HasSuffix(folded(item), end) {
				list = append(list, end)
			}
		}
	}
	list = append(list, c.name+"Id", c.name+"_id", c.name+"ID", "key", "slug", "name", "code")
	return list
}

// folded is a name without case and separators.
func folded(name string) string { return strings.ToLower(separators.Replace(name)) }

var separators = strings.NewReplacer("_", "", "-", "", ".", "", "$", "")

func singular(name string) string {
	name, _, _ = strings.Cut(name, ".")
	switch {
	case strings.HasSuffix(name, "ies") && len(name) > 4:
		return name[:len(name)-3] + "y"
	case strings.HasSuffix(name, "sses"), strings.HasSuffix(name, "ches"), strings.HasSuffix(name, "xes"), strings.HasSuffix(name, "shes"):
		return name[:len(name)-2]
	case strings.HasSuffix(name, "ss"), strings.HasSuffix(name, "us"):
		return name
	}
	if short := strings.TrimSuffix(name, "s"); short != "" {
		return short
	}
	return name
}

// namesOf returns the members that a type declares; nil if it lists none.
func namesOf(t *schema.Type) map[string]bool {
	var names map[string]bool
	for _, a := range t.Alternatives() {
		for _, name := range a.Names() {
			if names == nil {
				names = map[string]bool{}
			}
			names[name] = true
		}
	}
	return names
}

// itemIn finds the schema of an item in that of a body.
func itemIn(t *schema.Type, item schema.Place, depth int) (tokens []string, ok bool) {
	if place, known := t.Place(); known && place == item {
		return []string{}, true
	}
	if depth == maxWrapped || t.Kinds()&schema.Object == 0 {
		return nil, false
	}
	for _, name := range slices.Sorted(maps.Keys(namesOf(t))) {
		if at := t.Member(name).Type; at != nil {
			if rest, ok := itemIn(at, item, depth+1); ok {
				return append([]string{name}, rest...), true
			}
		}
	}
	return nil, false
}

// wrapped finds the object that has the id where a body has none itself.
func wrapped(t *schema.Type, ids []string, name string) []string {
	names := namesOf(t)
	if slices.ContainsFunc(ids, func(id string) bool { return names[id] }) {
		return nil
	}
	list := slices.Sorted(maps.Keys(names))
	usual := []string{name, "data", "result", "item", "resource"}
	slices.SortStableFunc(list, func(a, b string) int {
		rank := func(name string) int {
			if i := slices.Index(usual, name); i >= 0 {
				return i
			}
			return len(usual)
		}
		return rank(a) - rank(b)
	})
	for _, member := range list {
		at := t.Member(member).Type
		if at == nil || at.Kinds()&schema.Object == 0 {
			continue
		}
		inner := namesOf(at)
		if slices.ContainsFunc(ids, func(id string) bool { return inner[id] }) {
			return []string{member}
		}
	}
	return nil
}

// listNames are names of members that have the items of a list.
var listNames = []string{"data", "items", "results", "result", "values", "records", "entries", "content", "list", "rows", "value", "hits"}

// listIn finds the array with the items of a list in a body: of those that item describes,
// else by its name, else the first.
func listIn(t *schema.Type, item *schema.Place, name string, tokens []string, depth int) ([]string, bool) {
	if t.Kinds() != schema.AnyKind && t.Kinds()&schema.Array != 0 && t.Items() != nil {
		return append([]string{}, tokens...), true
	}
	if depth == maxWrapped || t.Kinds()&schema.Object == 0 {
		return nil, false
	}
	best, most := []string(nil), -1
	for _, member := range slices.Sorted(maps.Keys(namesOf(t))) {
		at := t.Member(member).Type
		if at == nil {
			continue
		}
		score := 0
		switch {
		case at.Kinds() != schema.AnyKind && at.Kinds()&schema.Array != 0 && at.Items() != nil:
			if score = 1; at.Items().Kinds() == schema.Object {
				score = 10
			}
			if place, ok := at.Items().Place(); ok && item != nil && place == *item {
				score += 100
			}
			if slices.Contains(listNames, member) || folded(singular(member)) == folded(name) && name != "" {
				score += 20
			}
		case depth+1 < maxWrapped && at.Kinds()&schema.Object != 0 && (slices.Contains(listNames, member) || member == "_embedded"):
			score = 5
		default:
			continue
		}
		if inner, ok := listIn(at, item, name, append(tokens[:len(tokens):len(tokens)], member), depth+1); ok && score > most {
			best, most = inner, score
		}
	}
	return best, best != nil
}
