package simulate

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/gobelin-dev/gobelin/runtime"
)

// types are what is known of the values of a program, each computed once, and what makes
// values of them.
type types struct {
	sampler  schema.Sampler
	strict   bool
	bodies   map[*openapi.Response]*schema.Type
	ofInputs map[*program.Workflow]*schema.Type
	reads    map[*program.Step][]read
	// readInputs are the places of the inputs that something reads, with the parameter that
	// they are for.
	readInputs []readInput
}

type readInput struct {
	tokens    []string
	parameter *schema.Type // nil: it is for something else
}

// A read is a place of an answer that outputs, requests and later steps read.
type read struct {
	place     place
	at        arazzo.Position
	text      string
	parameter *schema.Type // that it is for; nil: it is for something else
}

func newTypes(w *program.Workflow, seed uint64, strict bool) *types {
	t := &types{sampler: schema.Sampler{Seed: seed}, strict: strict, bodies: map[*openapi.Response]*schema.Type{},
		ofInputs: map[*program.Workflow]*schema.Type{}, reads: map[*program.Step][]read{}}
	callers := map[*program.Workflow]*program.Step{}
	var reached []*program.Workflow
	w.EachReachable(func(s *program.Step) {
		if s.Called != nil && callers[s.Called] == nil {
			callers[s.Called] = s
		}
		if !slices.Contains(reached, s.Workflow) {
			reached = append(reached, s.Workflow)
		}
	})
	for _, at := range reached {
		each := func(s *program.Step, o *program.Operand) {
			o.All(func(r *program.Ref) { t.read(r, at, s, &resolver{root: w, callers: callers}) })
		}
		for _, s := range at.Steps {
			for a := range program.Each(s.Arguments) {
				each(s, &a.Value)
			}
			if s.Body != nil {
				each(s, &s.Body.Payload)
				for r := range program.Each(s.Body.Replacements) {
					each(s, &r.Value)
				}
			}
			for o := range program.Each(s.Outputs) {
				each(s, &o.Value)
			}
			for _, a := range slices.Concat(s.OnSuccess, s.OnFailure) {
				for in := range program.Each(a.Inputs) {
					each(s, &in.Value)
				}
			}
		}
		for o := range program.Each(at.Outputs) {
			each(nil, &o.Value)
		}
	}
	for _, at := range reached {
		for _, s := range at.Steps {
			t.readParameters(s, w, callers)
			t.readBody(s, w, callers)
		}
	}
	return t
}

// read notes the place that an expression reads.
func (t *types) read(r *program.Ref, w *program.Workflow, s *program.Step, in *resolver) {
	o := in.reference(r, w, s)
	switch {
	case o.place == nil:
	case o.place.step == nil:
		t.readInputs = append(t.readInputs, readInput{tokens: o.place.tokens})
	case len(o.place.tokens)+len(o.place.header) > 0:
		t.reads[o.place.step] = append(t.reads[o.place.step], read{*o.place, within(w, r.At(w.Document.Decl)), r.Text, nil})
	}
}

// readParameters notes which inputs are parameters of an operation.
func (t *types) readParameters(s *program.Step, root *program.Workflow, callers map[*program.Workflow]*program.Step) {
	if s.Operation == nil {
		return
	}
	for a := range program.Each(s.Arguments) {
		res := resolver{root: root, callers: callers}
		o := res.value(&a.Value, s.Workflow, s)
		if o.place == nil {
			continue
		}
		for _, p := range s.Operation.Parameters {
			switch {
			case !p.Is(a.Name, a.In) || p.Schema == nil:
			case o.place.step == nil:
				t.readInputs = append(t.readInputs, readInput{o.place.tokens, p.Home.Type(p.Schema)})
			default:
				t.reads[o.place.step] = append(t.reads[o.place.step],
					read{*o.place, within(s.Workflow, a.Place), o.text, p.Home.Type(p.Schema)})
			}
		}
	}
}

// readBody notes which inputs are parts of the body of a request.
func (t *types) readBody(s *program.Step, root *program.Workflow, callers map[*program.Workflow]*program.Step) {
	if s.Operation == nil || s.Operation.Body == nil || s.Body == nil {
		return
	}
	media := s.Operation.Body.Media(s.Body.ContentType)
	if media == nil || media.Schema == nil || !openapi.IsJSON(media.Type) {
		return
	}
	body := media.Home.Type(media.Schema)
	var each func(o *program.Operand, tokens []string)
	each = func(o *program.Operand, tokens []string) {
		res := resolver{root: root, callers: callers}
		if at := res.value(o, s.Workflow, s); at.place != nil && at.place.step == nil {
			if found := body.Follow(tokens); found.Type != nil && found.Type.Known() {
				t.readInputs = append(t.readInputs, readInput{at.place.tokens, found.Type})
			}
			return
		}
		if o.Kind == program.Array || o.Kind == program.Object {
			for token, part := range o.Parts() {
				each(part, append(tokens[:len(tokens):len(tokens)], token))
			}
		}
	}
	each(&s.Body.Payload, nil)
}

// inputs returns the type of the inputs of a workflow.
func (t *types) inputs(w *program.Workflow) *schema.Type {
	known := t.ofInputs[w]
	if known == nil {
		if known = schema.Any(); w.Schema != nil {
			known = w.Schema.Type(w.Document.Decl.Location)
		}
		t.ofInputs[w] = known
	}
	return known
}

// body returns the type of the body of a response; nil is one that is not declared.
func (t *types) body(r *openapi.Response) *schema.Type {
	if r == nil {
		return schema.Any()
	}
	known := t.bodies[r]
	if known == nil {
		known = schema.Any()
		switch media := mediaOf(r); {
		case media == nil:
		case openapi.IsJSON(media.Type), openapi.IsRange(media.Type), !openapi.IsText(media.Type) && !openapi.IsXML(media.Type):
			known = media.Home.Type(media.Schema)
		default:
			known = schema.Kind(schema.String)
		}
		t.bodies[r] = known
	}
	return known
}

// header returns what is known of a header of a response.
func (t *types) header(r *openapi.Response, name string) schema.Found {
	if r != nil {
		if n, home := r.Header(name); n != nil {
			of := n.Get("schema")
			if of == nil {
				of = n // of 2.0
			}
			return schema.Found{Presence: schema.Sometimes, Type: home.Type(of)}
		}
	}
	return schema.Found{Presence: schema.Unknown, Type: schema.Kind(schema.String)}
}

// mediaOf returns the media type that a body is of: JSON, if there is a choice.
func mediaOf(r *openapi.Response) (media *openapi.MediaType) {
	for _, m := range r.Bodies() {
		if media == nil || openapi.IsJSON(m.Type) && !openapi.IsJSON(media.Type) {
			media = m
		}
	}
	return media
}

// answer is an answer to a step.
type answer struct {
	step     *program.Step
	to       *runtime.Send // the request that it was given to
	status   int
	response *openapi.Response // nil: none is declared that could have been meant
	flaw     *flaw             // the status is not declared
	wishes   option
	body     any
	tree     any // that a body in XML is written of
	noBody   bool
	header   http.Header
	found    []Deviation // of what was read of it
	given    bool        // by hand
}

// answer returns an answer with a status, without its body. If the status is not declared,
// it is as the one that must have been meant.
func (t *types) answer(s *program.Step, status int) *answer {
	a := &answer{step: s, status: status, response: s.Operation.Response(status), header: http.Header{}}
	declared := s.Operation.Responses
	class := strconv.Itoa(status)[:1]
	if a.response != nil && (a.response.Code != "default" || class != "2") {
		return a
	}
	for _, r := range declared {
		if strings.HasPrefix(r.Code, class) && r.Code != "default" {
			a.response = r
			break
		}
	}
	if a.response != nil && a.response.Code == "default" || len(declared) == 0 {
		return a
	}
	var codes []string
	for _, r := range declared {
		codes = append(codes, r.Code)
	}
	at := arazzo.Position{File: s.Operation.Home.Location()}
	if n := s.Operation.Node.Get("responses"); n != nil {
		at.Line, at.Column = n.Line, n.Column
	}
	a.flaw = &flaw{Deviation: Deviation{Position: within(s.Workflow, s.Position()), Declared: &at,
		Message: fmt.Sprintf("the status %d is not declared: %s declares %s", status, s.Label, strings.Join(codes, ", "))}}
	return a
}

// fill makes the body and the headers of an answer, with the wishes for it.
func (t *types) fill(a *answer, wishes option) {
	want, inXML := &schema.Want{}, &schema.Want{}
	a.wishes, a.found = wishes, nil
	a.header = http.Header{}
	headers, missing := map[string]schema.Want{}, map[string]bool{}
	bodyType := t.body(a.response)
	if a.status < 300 {
		for _, r := range t.reads[a.step] {
			if r.place.header != "" {
				headers[r.place.header] = schema.Want{}
				continue
			}
			found := bodyType.Follow(r.place.tokens)
			if found.Type == nil {
				if t.strict {
					continue
				}
				if _, told := missing[r.place.String()]; told {
					want.At(r.place.tokens).Like = r.parameter
					continue
				}
				missing[r.place.String()] = true
				d := Deviation{Position: r.at, Message: r.text + " is not declared in the response of " + a.step.Label}
				d.relate(&found.Place)
				a.found = append(a.found, d)
			}
			if at := want.At(r.place.tokens); r.parameter != nil {
				at.Like = r.parameter
			}
		}
	}
	for _, w := range wishes {
		switch {
		case w.place.step != a.step:
			continue
		case w.flaw != nil:
			a.found = append(a.found, w.flaw.Deviation)
		}
		if w.place.header != "" {
			headers[w.place.header] = w.want
			continue
		}
		body := want
		if w.place.xml {
			body = inXML
		}
		at := body.At(w.place.tokens)
		inner := at.Members
		*at = w.want
		if !w.want.Exactly && !w.want.Missing {
			at.Members = inner
		}
		if w.want.Sized {
			maps.DeleteFunc(at.Members, func(token string, _ *schema.Want) bool {
				i, ok := value.Index(token)
				return ok && i >= w.want.Length
			})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if w := headers[name]; !w.Missing {
			a.header.Set(name, value.Text(t.sampler.Sample(t.header(a.response, name).Type, name, &w, schema.Want{})))
		}
	}
	t.fillBody(a, bodyType, want, inXML)
}

func (t *types) fillBody(a *answer, of *schema.Type, want, inXML *schema.Want) {
	var media *openapi.MediaType
	if a.response != nil {
		media = mediaOf(a.response)
	}
	wanted := want.Exactly || want.Sized || want.Like != nil || len(want.Members) > 0
	if (media == nil || a.status == http.StatusNoContent) && !wanted {
		a.noBody, a.body = true, nil
		return
	}
	a.noBody = false
	if media != nil && openapi.IsXML(media.Type) && !wanted && t.fillXML(a, media, inXML) {
		return
	}
	from, contentType := schema.Want{}, "application/json"
	if media != nil {
		if contentType = media.Type; openapi.IsRange(contentType) {
			contentType = "application/json"
		}
		if len(want.Members) > 0 && (openapi.IsText(contentType) || openapi.IsXML(contentType)) {
			contentType = "application/json" // it is read as such
		}
		if list := a.response.Examples(media); len(list) > 0 && list[0].Err() == nil {
			from = schema.Want{Exactly: true, Value: list[int(t.sampler.Seed%uint64(len(list)))].Value()}
		}
	}
	a.header.Set("Content-Type", contentType)
	name := "body"
	a.body = t.sampler.Sample(of, name, want, from)
}

// fillXML writes a body in XML by its schema, and reports whether it can be written.
func (t *types) fillXML(a *answer, media *openapi.MediaType, want *schema.Want) bool {
	from := schema.Want{}
	if list := a.response.Examples(media); len(list) > 0 && list[0].Err() == nil {
		example := list[int(t.sampler.Seed%uint64(len(list)))].Value()
		if _, isText := example.(string); !isText {
			from = schema.Want{Exactly: true, Value: example}
		} else if len(want.Members) == 0 {
			return false
		}
	}
	tree := t.sampler.Sample(typeOfXML(media), "body", want, from)
	text, err := openapi.EncodeXML(tree, media)
	if err != nil {
		return false
	}
	a.tree, a.body = tree, text
	a.header.Set("Content-Type", media.Type)
	return true
}

// typeOfXML returns the type of the value that a body in XML is written of.
func typeOfXML(media *openapi.MediaType) *schema.Type { return media.Home.Type(media.Schema) }

// at returns the value at a place of the answer.
func (a *answer) at(p place) (any, bool) {
	if p.header != "" {
		values := a.header.Values(p.header)
		if len(values) == 0 {
			return nil, false
		}
		return values[0], true
	}
	if p.xml {
		return value.Find(a.tree, p.tokens)
	}
	return value.Find(a.body, p.tokens)
}

// message returns the answer as the machine wants it.
func (a *answer) message() *runtime.Response {
	r := &runtime.Response{Status: a.status, Header: a.header, Decoded: true}
	if !a.noBody {
		r.Value = a.body
	}
	return r
}
