package mock

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// answer is what the mock answers to a request.
type answer struct {
	status   int
	header   http.Header
	response *openapi.Response  // nil: none is declared for the status
	media    *openapi.MediaType // nil: the body is raw, or there is none
	body     any                // shared: it is replaced, never changed
	hasBody  bool

	raw         []byte
	contentType string
}

// statusOf returns the status of success that an operation gives by default.
func statusOf(op *operation) int {
	wanted := map[role][]string{creates: {"201", "200", "202"}, deletes: {"204", "200", "202"}}[op.role]
	for _, code := range wanted {
		if slices.ContainsFunc(op.Responses, func(r *openapi.Response) bool { return r.Code == code }) {
			n, _ := strconv.Atoi(code)
			return n
		}
	}
	for _, class := range []string{"2", "3", "1"} {
		for _, r := range op.Responses {
			if strings.HasPrefix(r.Code, class) {
				if n, err := strconv.Atoi(strings.ReplaceAll(r.Code, "X", "0")); err == nil && n > 199 {
					return n
				}
			}
		}
	}
	if op.role == deletes && len(op.Responses) == 0 {
		return http.StatusNoContent
	}
	return http.StatusOK
}

// viewKey says which sample of a response is meant.
type viewKey struct {
	response *openapi.Response
	media    *openapi.MediaType
	example  string
	dynamic  bool // no example is used
}

// view is how a response shows an item, or a list of items.
type view struct {
	sample   any
	header   http.Header
	item     []string // where in the body the item is
	isItem   bool
	list     []string // where the array with the items is
	isList   bool
	names    map[string]bool // the members of an item there; nil: any
	required map[string]bool
	nullable map[string]bool
	closed   map[string][]any // the only values that a member has there
	sampled  map[string]any   // the item of the sample
	page     pageMembers
	body     *schema.Type
}

// sample makes a body of a response. Server.shapes must be held.
func (s *Server) sample(r *openapi.Response, media *openapi.MediaType, example string, dynamic bool) any {
	from := schema.Want{}
	list := r.NamedExamples(media)
	i := 0
	if example != "" {
		i = max(slices.IndexFunc(list, func(e named) bool { return e.Name == example }), 0)
	} else if len(list) > 0 {
		i = int(s.Seed % uint64(len(list)))
	}
	if len(list) > 0 && list[i].Value.Err() == nil && !dynamic {
		from = schema.Want{Exactly: true, Value: list[i].Value.Value()}
		if example != "" {
			return from.Value // as it is
		}
	}
	sampler := schema.Sampler{Seed: s.Seed}
	if dynamic {
		sampler.Seed = s.Seed + s.dynamic.Add(1)
	}
	t := media.Home.Type(media.Schema)
	if media.Schema == nil && !from.Exactly && !openapi.IsJSON(media.Type) {
		t = schema.Kind(schema.String)
	}
	return sampler.Sample(t, "body", &schema.Want{}, from)
}

// view returns how a response shows what it is about.
func (s *Server) view(op *operation, r *openapi.Response, media *openapi.MediaType, example string, dynamic bool) *view {
	s.shapes.Lock()
	defer s.shapes.Unlock()
	key := viewKey{r, media, example, false}
	if v := op.views[key]; v != nil && !dynamic {
		return v
	}
	v := &view{sample: s.sample(r, media, example, dynamic), header: http.Header{}, body: media.Home.Type(media.Schema)}
	if declared := r.Node.Get("headers"); declared != nil {
		for _, m := range declared.Members {
			v.header[http.CanonicalHeaderKey(m.Name)] = []string{s.headerSample(r, m.Name)}
		}
	}
	if c := op.collection; c != nil && !openapi.IsEvents(media.Type) && !openapi.IsSequence(media.Type) {
		s.shape(v, op, c)
	}
	if !dynamic {
		if op.views == nil {
			op.views = map[viewKey]*view{}
		}
		op.views[key] = v
	}
	return v
}

// headerSample makes the text of a header.
func (s *Server) headerSample(r *openapi.Response, name string) string {
	n, home := r.Header(name)
	if n == nil {
		return ""
	}
	of := n.Get("schema")
	if of == nil {
		of = n // of 2.0
	}
	from := schema.Want{}
	if example := n.Get("example"); example != nil {
		from = schema.Want{Exactly: true, Value: example.Value()}
	}
	sampler := schema.Sampler{Seed: s.Seed}
	text := value.Text(sampler.Sample(home.Type(of), name, &schema.Want{}, from))
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

// shape finds where in a body the item or the items of a collection are.
func (s *Server) shape(v *view, op *operation, c *collection) {
	k := c.kindOf()
	var place *schema.Place
	if k.placed {
		place = &k.place
	}
	if op.role == lists {
		if v.list, v.isList = listIn(v.body, place, c.name, nil, 0); v.isList {
			if found := v.body.Follow(v.list); found.Type != nil && found.Type.Items() != nil {
				v.declare(found.Type.Items())
			}
			if items, ok := value.Find(v.sample, v.list); ok {
				if list, ok := items.([]any); ok && len(list) > 0 {
					v.sampled, _ = list[0].(map[string]any)
				}
			}
			v.page = pageMembersOf(v)
		}
		return
	}
	at := v.body
	if place != nil {
		v.item, v.isItem = itemIn(v.body, *place, 0)
	}
	if !v.isItem && v.body.Kinds()&schema.Object != 0 {
		names := namesOf(v.body)
		ids := c.ids()
		if op.item != "" {
			ids = slices.DeleteFunc(ids, func(id string) bool { return id == "name" || id == "key" || id == "code" })
		}
		related := k.id != "" && names[k.id] || k.life != nil && k.life.member != "" && names[k.life.member]
		switch tokens := wrapped(v.body, ids, c.name); {
		case related, names == nil && op.role != acts && op.role != plain:
			v.item, v.isItem = []string{}, true
		case tokens != nil && (op.role == gets || op.role == creates || op.role == replaces || op.role == updates):
			v.item, v.isItem = tokens, true
		case op.role == gets || op.role == creates || op.role == replaces || op.role == updates:
			v.item, v.isItem = []string{}, true
		}
	}
	if v.isItem {
		if found := v.body.Follow(v.item); found.Type != nil {
			at = found.Type
		}
		v.declare(at)
		if item, ok := value.Find(v.sample, v.item); ok {
			v.sampled, _ = item.(map[string]any)
		}
	}
}

// declare notes which members items have in a view.
func (v *view) declare(t *schema.Type) {
	v.names, v.required, v.nullable, v.closed = namesOf(t), map[string]bool{}, map[string]bool{}, map[string][]any{}
	for name := range v.names {
		found := t.Member(name)
		if found.Marked("writeOnly") {
			delete(v.names, name)
			continue
		}
		v.required[name] = found.Presence == schema.Always
		if found.Type == nil {
			continue
		}
		v.nullable[name] = found.Type.Kinds()&schema.Null != 0
		if values, closed := found.Type.Values(); closed {
			v.closed[name] = values
		}
	}
}

// show returns an item as a view has it: with the members that are declared there, and those
// that it requires and the item does not have from the sample.
func (v *view) show(item map[string]any) map[string]any {
	out := make(map[string]any, len(item))
	for name, member := range item {
		if v.names == nil || v.names[name] {
			if member == nil && v.names != nil && !v.nullable[name] && !v.required[name] {
				continue // it was removed
			}
			if values := v.closed[name]; values != nil && !slices.ContainsFunc(values, func(o any) bool { return value.Equal(o, member) }) {
				member = v.sampled[name] // as the type of what a deletion answers
			}
			out[name] = member
		}
	}
	for name := range v.required {
		if _, has := out[name]; !has && v.required[name] {
			out[name] = v.sampled[name]
		}
	}
	return out
}

// placed returns a value with another at a place in it; the value itself is not changed.
func placed(in any, tokens []string, v any) any {
	if len(tokens) == 0 {
		return v
	}
	switch of := in.(type) {
	case []any:
		if i, ok := value.Index(tokens[0]); ok && i <= len(of) && i < maxListed {
			out := slices.Clone(of)
			if i == len(of) {
				out = append(out, nil)
			}
			out[i] = placed(out[i], tokens[1:], v)
			return out
		}
		return in
	case map[string]any:
		out := make(map[string]any, len(of)+1)
		for name, member := range of {
			out[name] = member
		}
		out[tokens[0]] = placed(of[tokens[0]], tokens[1:], v)
		return out
	}
	return map[string]any{tokens[0]: placed(nil, tokens[1:], v)}
}

// respond makes the answer of an operation with a status and a body that is a sample.
func (s *Server) respond(x *exchange, status int) (*answer, *view) {
	a := &answer{status: status, header: http.Header{}}
	if a.response = x.op.Response(status); a.response == nil && status < 300 {
		a.response, _ = success(x.op)
	}
	if a.response == nil {
		return a, nil
	}
	if status == http.StatusNoContent || status == http.StatusNotModified || status == http.StatusResetContent {
		v := &view{}
		for name, values := range s.headersOf(a.response) {
			a.header[name] = values
		}
		return a, v
	}
	media := x.acceptable(a.response)
	if media == nil && s.inScript(x.op) {
		media = preferred(a.response)
	}
	if media == nil {
		for name, values := range s.headersOf(a.response) {
			a.header[name] = values
		}
		return a, nil
	}
	v := s.view(x.op, a.response, media, x.prefer.example, x.prefer.dynamic)
	a.media, a.body, a.hasBody = media, v.sample, true
	for name, values := range v.header {
		a.header[name] = values
	}
	return a, v
}

func (s *Server) headersOf(r *openapi.Response) http.Header {
	header := http.Header{}
	declared := r.Node.Get("headers")
	if declared == nil {
		return header
	}
	s.shapes.Lock()
	defer s.shapes.Unlock()
	for _, m := range declared.Members {
		header[http.CanonicalHeaderKey(m.Name)] = []string{s.headerSample(r, m.Name)}
	}
	return header
}

// acceptable returns the media type of a response that the request asks for; nil if there is
// none, or no body.
func (x *exchange) acceptable(r *openapi.Response) *openapi.MediaType {
	list := r.Bodies()
	accept := strings.Join(x.Header.Values("Accept"), ",")
	if len(list) == 0 || accept == "" {
		return preferred(r)
	}
	var best *openapi.MediaType
	most := 0.0
	for asked := range strings.SplitSeq(accept, ",") {
		t, parameters, _ := strings.Cut(strings.TrimSpace(asked), ";")
		quality := 1.0
		for p := range strings.SplitSeq(parameters, ";") {
			if text, ok := strings.CutPrefix(strings.TrimSpace(p), "q="); ok {
				if q, err := strconv.ParseFloat(text, 64); err == nil {
					quality = q
				}
			}
		}
		if quality <= most {
			continue
		}
		if t = strings.TrimSpace(t); t == "*/*" {
			best, most = preferred(r), quality
			continue
		}
		for _, m := range list {
			if openapi.Offers(m.Type, t) {
				best, most = m, quality
				break
			}
		}
	}
	return best
}

// write sends an answer.
func (a *answer) write(w http.ResponseWriter, r *http.Request) error {
	body, contentType := a.raw, a.contentType
	if a.hasBody && a.media != nil {
		media := *a.media
		media.Type = concrete(media.Type)
		if a.contentType != "" {
			media.Type = a.contentType
		}
		var err error
		switch {
		case openapi.IsEvents(media.Type):
			body, contentType = events(a.body), media.Type
		case openapi.IsBinary(media.Type) && !isCompound(a.body):
			body, contentType = []byte(value.Text(a.body)), media.Type
		default:
			if body, contentType, err = media.Encode(a.body); err != nil { // of a type that says nothing of objects
				body, contentType = value.AppendJSON(nil, a.body), media.Type
			}
		}
	} else if a.hasBody {
		body, contentType = value.AppendJSON(nil, a.body), cmp.Or(a.contentType, "application/json")
	}
	header := w.Header()
	for name, values := range a.header {
		if !openapi.Framing(name) && !slices.Contains(notSampled, name) {
			header[name] = values
		}
	}
	if len(body) > 0 {
		header.Set("Content-Type", contentType)
	}
	if a.status < 200 || a.status > 999 {
		return fmt.Errorf("the status %d cannot be sent", a.status)
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	if r.Method == http.MethodHead || len(body) == 0 || a.status == http.StatusNoContent || a.status == http.StatusNotModified {
		return nil
	}
	_, err := w.Write(body)
	return err
}

// notSampled are headers that say how the message is sent.
var notSampled = []string{"Content-Type", "Content-Encoding", "Connection", "Keep-Alive", "Upgrade", "Te", "Content-Range", "Date"}

func isCompound(v any) bool {
	switch v.(type) {
	case []any, map[string]any:
		return true
	}
	return false
}

// concrete returns a type for a range.
func concrete(mediaType string) string {
	switch base, _, _ := strings.Cut(mediaType, ";"); strings.TrimSpace(base) {
	case "*/*", "application/*", "*":
		return "application/json"
	case "text/*":
		return "text/plain"
	case "image/*":
		return "image/png"
	case "audio/*":
		return "audio/mpeg"
	case "video/*":
		return "video/mp4"
	case "multipart/*":
		return "multipart/form-data"
	}
	return mediaType
}

// events writes server-sent events: the items of an array, or one.
func events(v any) (body []byte) {
	items, isArray := v.([]any)
	if !isArray {
		items = []any{v}
	}
	for _, item := range items {
		for line := range strings.SplitSeq(value.Text(item), "\n") {
			body = append(append(append(body, "data: "...), line...), '\n')
		}
		body = append(body, '\n')
	}
	return body
}
