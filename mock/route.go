package mock

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/uri"
)

// node is a place in the tree of path templates, below which the segments that may follow
// are. A concrete segment is matched before one with a variable (Paths Object).
type node struct {
	literals map[string]*node
	patterns []pattern // segments with a variable, the more concrete first
	rests    []pattern // {+name}, {name+} or {proxy*}: one segment or more

	template   string // of the path that ends here; "" if none does
	operations []*operation
}

// pattern is a segment with variables: "{id}", "{id}.json", "{from}-{to}".
type pattern struct {
	texts []string // around the variables: one more than these
	names []string
	next  *node
}

// parsePattern splits a segment of a template at its variables.
func parsePattern(segment string) (p pattern) {
	for {
		before, after, found := strings.Cut(segment, "{")
		name, rest, closed := strings.Cut(after, "}")
		if !found || !closed {
			p.texts = append(p.texts, segment)
			return p
		}
		p.texts, p.names = append(p.texts, before), append(p.names, name)
		segment = rest
	}
}

// concrete is how much of a pattern is text.
func (p *pattern) concrete() (n int) {
	for _, text := range p.texts {
		n += len(text)
	}
	return n
}

// match reads the variables of a segment, which is not empty.
func (p *pattern) match(segment string) (values []string, ok bool) {
	rest, ok := strings.CutPrefix(segment, p.texts[0])
	if !ok {
		return nil, false
	}
	for i, text := range p.texts[1:] {
		at := strings.Index(rest, text)
		if i == len(p.names)-1 {
			if at = len(rest) - len(text); !strings.HasSuffix(rest, text) {
				return nil, false
			}
		}
		if at <= 0 { // a variable is not empty, and nothing between two of them says where one ends
			return nil, false
		}
		values, rest = append(values, rest[:at]), rest[at+len(text):]
	}
	return values, true
}

// add adds the path of an operation.
func (n *node) add(op *operation) {
	path, _, _ := strings.Cut(op.Path, "?")
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		p := parsePattern(segment)
		switch {
		case len(p.names) == 0:
			text := unescape(segment)
			if n.literals == nil {
				n.literals = map[string]*node{}
			}
			if n.literals[text] == nil {
				n.literals[text] = &node{}
			}
			n = n.literals[text]
		case len(p.names) == 1 && p.concrete() == 0 && strings.ContainsAny(p.names[0], "+*"):
			n = below(&n.rests, p)
		default:
			n = below(&n.patterns, p)
		}
	}
	n.template = cmp.Or(n.template, op.Path)
	n.operations = append(n.operations, op)
}

// below returns what follows a pattern, which is added to the list if it is not there.
func below(list *[]pattern, p pattern) *node {
	for _, o := range *list {
		if slices.Equal(o.texts, p.texts) && slices.Equal(o.names, p.names) {
			return o.next
		}
	}
	p.next = &node{}
	*list = append(*list, p)
	slices.SortStableFunc(*list, func(a, b pattern) int { return cmp.Compare(b.concrete(), a.concrete()) })
	return p.next
}

// found is what a path leads to.
type found struct {
	source *source
	node   *node
	target string // the path below the base of the source, as it was sent
	base   string // before it
	values map[string]string
}

// find follows the segments of a path, which are escaped, to the first place that is wanted:
// descriptions have one template several times, with other names of variables.
func (n *node) find(segments, values, names []string, wanted func(*node) bool) (*node, map[string]string) {
	if len(segments) == 0 {
		if n.template == "" || !wanted(n) {
			return nil, nil
		}
		all := make(map[string]string, len(names))
		for i, name := range names {
			all[strings.Trim(name, "+*")] = values[i]
		}
		return n, all
	}
	text := unescape(segments[0])
	if next := n.literals[text]; next != nil {
		if end, all := next.find(segments[1:], values, names, wanted); end != nil {
			return end, all
		}
	}
	for i := range n.patterns {
		p := &n.patterns[i]
		if more, ok := p.match(text); ok {
			if end, all := p.next.find(segments[1:], append(values[:len(values):len(values)], more...),
				append(names[:len(names):len(names)], p.names...), wanted); end != nil {
				return end, all
			}
		}
	}
	for last := range 2 * len(n.rests) { // what is more concrete behind it comes first
		p, from, to := n.rests[last%len(n.rests)], 1, len(segments)-1
		if last >= len(n.rests) {
			from, to = len(segments), len(segments)
		}
		for i := from; i <= to; i++ {
			value := unescape(strings.Join(segments[:i], "/"))
			if end, all := p.next.find(segments[i:], append(values[:len(values):len(values)], value),
				append(names[:len(names):len(names)], p.names[0]), wanted); end != nil {
				return end, all
			}
		}
	}
	return nil, nil
}

// any place will do.
func anyNode(*node) bool { return true }

func unescape(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

// maxSegments bounds the path of a request.
const maxSegments = 100

// route finds what a path of a request leads to: below the name of a source, where there are
// several, else below the path of a declared server, else at the root.
func (s *Server) route(path string, wanted func(*node) bool) (f found, ok bool) {
	if strings.Count(path, "/") > maxSegments {
		return f, false
	}
	for _, kind := range [...]func(*source) []string{
		func(o *source) []string {
			if len(s.sources) == 1 {
				return nil
			}
			return []string{o.prefix()}
		},
		func(o *source) []string { return o.bases },
		func(o *source) []string { return []string{""} },
	} {
		for _, o := range s.sources {
			for _, base := range kind(o) {
				target, within := strings.CutPrefix(path, base)
				if !within || target != "" && target[0] != '/' {
					continue
				}
				segments := strings.Split(strings.TrimPrefix(target, "/"), "/")
				end, values := o.root.find(segments, nil, nil, wanted)
				if end == nil && len(segments) > 1 && segments[len(segments)-1] == "" { // a slash too many
					end, values = o.root.find(segments[:len(segments)-1], nil, nil, wanted)
				}
				if end != nil {
					return found{o, end, cmp.Or(target, "/"), base, values}, true
				}
			}
		}
	}
	return f, false
}

// prefix is the path below which the source is, where there are several.
func (o *source) prefix() string { return "/" + uri.Encode(o.name) }

// operation returns the operation of a method: of several on one path, as those of AWS are,
// the one whose template has the query of the request.
func (n *node) operation(method string, query url.Values) *operation {
	var best *operation
	most := -1
	for _, op := range n.operations {
		if op.Method != method {
			continue
		}
		literals := 0
		_, text, _ := strings.Cut(op.Path, "?")
		for pair := range strings.SplitSeq(text, "&") {
			name, _, _ := strings.Cut(pair, "=")
			want, fixed := op.QueryLiteral(unescape(name))
			switch {
			case text == "" || !fixed:
			case query.Has(unescape(name)) && query.Get(unescape(name)) == want:
				literals++
			default:
				literals = -1 << 20
			}
		}
		if literals > most {
			best, most = op, literals
		}
	}
	return best
}

// methods returns those of a path, with those that the server adds.
func (n *node) methods() (list []string) {
	for _, op := range n.operations {
		list = append(list, op.Method)
	}
	if slices.Contains(list, "GET") {
		list = append(list, "HEAD")
	}
	list = append(list, "OPTIONS")
	slices.Sort(list)
	return slices.Compact(list)
}

// basePaths returns the paths of the servers of an operation.
func basePaths(op *openapi.Operation) (list []string) {
	for _, server := range op.Servers {
		text, err := server.Resolve(nil)
		if err != nil {
			continue
		}
		if _, after, found := strings.Cut(text, "://"); found {
			_, path, has := strings.Cut(after, "/")
			if text = ""; has {
				text = "/" + path
			}
		}
		list = append(list, strings.TrimSuffix(text, "/"))
	}
	return list
}
