package schema

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gobelin-dev/gobelin/internal/pattern"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// A Want is what a sample has to have, whether the schema has it or not. The zero Want
// wants any value to be there.
type Want struct {
	Like    *Type // it is for something that this describes, where the schema leaves a choice
	Exactly bool  // it is Value
	Value   any
	Missing bool // there is no such member, or item
	Sized   bool // it has Length items, or characters
	Length  int
	Members map[string]*Want // by name; of an array, by index
}

// At returns what is wanted at a place below, to be filled in.
func (w *Want) At(tokens []string) *Want {
	for _, token := range tokens {
		inner := w.Members[token]
		if inner == nil {
			inner = &Want{}
			if w.Members == nil {
				w.Members = map[string]*Want{}
			}
			w.Members[token] = inner
		}
		w = inner
	}
	return w
}

// A Sampler makes values that schemas describe: from their examples, defaults and listed
// values where they have such, else by their keywords. The zero Sampler is ready for use, by
// one goroutine at a time. A value is bounded, whatever its schema is.
type Sampler struct {
	Seed   uint64 // another one makes other choices where there are several
	Client bool   // values of a request: without readOnly members, else without writeOnly ones

	budget int
	open   map[*tree.Node]bool // the schemas of objects that are being filled
}

const (
	maxSampled = 2000 // values in a sample
	maxWithin  = 6    // how deep members that may be missing are filled in
	maxNested  = 100
	maxItems   = 20
	maxText    = 4096
)

// Sample returns a value of a type that has what is wanted; name is that of the member that
// it is for. from, if from.Exactly is set, is the value that it is made from: an example.
func (s *Sampler) Sample(t *Type, name string, want *Want, from Want) any {
	s.budget, s.open = maxSampled, map[*tree.Node]bool{}
	v := s.value(t, spot{name: name}, want, from)
	if v == absent {
		return nil
	}
	return v
}

// spot is where in a sample a value is.
type spot struct {
	name  string
	nth   int // among the items of an array, from 0
	depth int
}

// absent stands for a member that cannot be made.
var absent any = new(int)

func (s *Sampler) value(t *Type, at spot, want *Want, from Want) any {
	wanted := want != nil
	switch {
	case !wanted:
		want = &Want{}
	case want.Missing:
		return absent
	case want.Exactly && len(want.Members) == 0:
		return want.Value
	}
	if s.budget--; s.budget < 0 || at.depth > maxNested {
		return absent
	}
	a := s.choose(t, at, want, from)
	free := len(want.Members) == 0 && !want.Sized
	if !from.Exactly {
		from = a.example(at.nth)
	}
	if from.Exactly && free && t.Misfit(from.Value) == nil && (!wanted || Filled(from.Value)) {
		return from.Value
	}
	if a.Closed && free && len(a.Values) > 0 {
		return a.listed(s.Seed + uint64(at.nth))
	}
	if want.Like != nil && free && a.Kinds == AnyKind && !a.describes() {
		like := want.Like
		want.Like = nil
		defer func() { want.Like = like }()
		return s.value(like, at, want, from)
	}
	switch kind := a.kind(want); kind {
	case Object:
		return s.object(a, at, want, from)
	case Array:
		return s.array(a, at, want, from)
	case String:
		return a.text(at, want, s.Seed)
	case Integer, Fraction:
		return a.number(at.nth, s.Seed)
	case Boolean:
		return s.Seed%2 == 0
	}
	return nil
}

// Filled reports whether a value is neither null nor empty.
func Filled(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

// describes reports whether a schema of an alternative says anything of its values.
func (a *Alternative) describes() bool {
	return slices.ContainsFunc([]string{"properties", "items", "prefixItems", "required", "additionalProperties", "pattern", "format",
		"minimum", "maximum", "multipleOf"}, a.has)
}

// listed returns one of the only values possible, null last.
func (a *Alternative) listed(seed uint64) any {
	values := slices.DeleteFunc(slices.Clone(a.Values), func(v any) bool { return v == nil })
	if len(values) == 0 {
		return nil
	}
	return values[seed%uint64(len(values))]
}

// choose returns the alternative that has most of what is wanted. Of several it is by the
// seed; one that is only null comes last.
func (s *Sampler) choose(t *Type, at spot, want *Want, from Want) *Alternative {
	list := t.Alternatives()
	best, least := list[0], math.MaxInt
	for i := range list {
		a := list[(i+int(s.Seed%uint64(len(list))))%len(list)]
		misfits := 4 * a.lacks(want, maxWithin)
		if from.Exactly && a.misfit(from.Value, &judgment{budget: maxSampled}, "") != nil {
			misfits += 2
		}
		if a.Kinds == Null {
			misfits += 3
		}
		if want.Like != nil && a.Kinds&want.Like.Kinds() == 0 {
			misfits += 3
		}
		if a.Kinds&Object != 0 && slices.ContainsFunc(a.parts, func(p part) bool { return s.open[p.node] }) {
			misfits++ // not again what it is within
		}
		if misfits < least {
			best, least = a, misfits
		}
	}
	return best
}

// lacks counts what is wanted and not possible in an alternative.
func (a *Alternative) lacks(want *Want, depth int) (n int) {
	switch {
	case want == nil || want.Missing || depth == 0:
		return 0
	case want.Exactly && a.misfit(want.Value, &judgment{budget: maxSampled}, "") != nil:
		n++
	}
	if len(want.Members) > 0 && a.Kinds&Compound == 0 {
		return n + 1
	}
	for token, inner := range want.Members {
		found := fixed(a).Child(token)
		switch {
		case inner.Missing:
			if found.Presence == Always {
				n++
			}
		case found.Type == nil:
			n++
		default:
			n += lacking(found.Type, inner, depth-1)
		}
	}
	return n
}

func lacking(t *Type, want *Want, depth int) int {
	least := math.MaxInt
	for _, a := range t.Alternatives() {
		least = min(least, a.lacks(want, depth))
	}
	return least
}

// example returns the first example or default of the schemas of an alternative.
func (a *Alternative) example(nth int) Want {
	for _, keyword := range []string{"example", "examples", "default"} {
		for _, p := range a.parts {
			n := p.node.Get(keyword)
			if keyword == "examples" && n != nil && n.Kind == tree.Array {
				if len(n.Items) == 0 {
					continue
				}
				n = n.Items[nth%len(n.Items)]
			}
			if n != nil && n.Err() == nil {
				return Want{Exactly: true, Value: n.Value()}
			}
		}
	}
	return Want{}
}

// kind returns the JSON type that a sample has.
func (a *Alternative) kind(want *Want) Kinds {
	kinds := a.Kinds
	indexes := 0
	for token := range want.Members {
		if _, isIndex := value.Index(token); isIndex {
			indexes++
		}
	}
	switch {
	case len(want.Members) == 0:
	case kinds&Array != 0 && indexes == len(want.Members):
		return Array // else an object, whose members may be numbers, too
	default:
		return Object
	}
	if kinds == AnyKind {
		switch {
		case a.has("properties") || a.has("required") || a.has("additionalProperties"):
			return Object
		case a.has("items") || a.has("prefixItems"):
			return Array
		case a.has("minimum") || a.has("maximum") || a.has("multipleOf"):
			return Integer
		case want.Sized && !a.has("pattern") && !a.has("format"):
			return Array
		}
		return String
	}
	for _, kind := range []Kinds{Object, Array, String, Integer, Fraction, Boolean} {
		if kinds&kind != 0 {
			return kind
		}
	}
	return Null
}

func (s *Sampler) object(a *Alternative, at spot, want *Want, from Want) any {
	out := map[string]any{}
	given, isObject := from.Value.(map[string]any)
	if isObject {
		for _, name := range slices.Sorted(maps.Keys(given)) {
			found, v := a.member(name), given[name]
			switch {
			case found.Presence == Never:
			case found.Type == nil || found.Type.Misfit(v) == nil:
				out[name] = v
			default:
				if v = s.value(found.Type, spot{name: name, depth: at.depth + 1}, nil, Want{Exactly: true, Value: v}); v != absent {
					out[name] = v
				}
			}
		}
	}
	again := false // a member that may be missing is not filled in once more
	for _, p := range a.parts {
		if s.open[p.node] {
			again = true
		} else {
			s.open[p.node] = true
			defer delete(s.open, p.node)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want.Members)) {
		found, inner := a.member(name), want.Members[name]
		if found.Type == nil {
			found.Type = Any()
		}
		made := Want{}
		if v, has := given[name]; has {
			made = Want{Exactly: true, Value: v}
		}
		if v := s.value(found.Type, spot{name: name, depth: at.depth + 1}, inner, made); v != absent {
			out[name] = v
		} else {
			delete(out, name)
		}
	}
	names := a.Names()
	for _, p := range a.parts { // those that no schema lists may be required, too
		if list := p.node.Get("required"); list != nil {
			for _, item := range list.Items {
				names = append(names, item.Text)
			}
		}
	}
	// What is required comes before what fills up the sample, which is bounded.
	names = unique(names)
	slices.SortStableFunc(names, func(x, y string) int { return rank(a, x) - rank(a, y) })
	for _, name := range names {
		if _, has := out[name]; has || want.Members[name] != nil {
			continue
		}
		found := a.member(name)
		required := a.Requires(name)
		switch {
		case found.Type == nil && !required:
			continue
		case found.Type == nil:
			found.Type = Any()
		}
		if !required && (again || isObject || at.depth >= maxWithin) || found.Marked(s.others()) {
			continue
		}
		if v := s.value(found.Type, spot{name: name, depth: at.depth + 1}, nil, Want{}); v != absent {
			out[name] = v
		} else if required {
			out[name] = nil
		}
	}
	for i := 0; i < maxItems; i++ { // additional ones
		least := 0
		for _, p := range a.parts {
			if n, ok := p.count("minProperties"); ok {
				least = max(least, n)
			}
		}
		if want.Like != nil { // nothing is read of an empty one
			least = max(least, 1)
		}
		if len(out) >= least {
			break
		}
		name := "key" + strconv.Itoa(i+1)
		if found := a.member(name); found.Type != nil {
			out[name] = s.value(found.Type, spot{name: name, depth: at.depth + 1}, nil, Want{})
		} else if found.Presence != Never {
			out[name] = name
		}
	}
	return out
}

func rank(a *Alternative, name string) int {
	if a.Requires(name) {
		return 0
	}
	return 1
}

// others is the keyword that marks the members which the other side sends.
func (s *Sampler) others() string {
	if s.Client {
		return "readOnly"
	}
	return "writeOnly"
}

func (s *Sampler) array(a *Alternative, at spot, want *Want, from Want) any {
	given, _ := from.Value.([]any)
	length, most := len(given), maxItems
	if !from.Exactly && at.depth < 2*maxWithin {
		length = 1
	}
	for _, p := range a.parts {
		if n, ok := p.count("minItems"); ok {
			length = max(length, min(n, maxItems))
		}
		if n, ok := p.count("maxItems"); ok && n >= 0 {
			most = min(most, n)
		}
		if tuple := p.node.Get("prefixItems"); tuple != nil && length < len(tuple.Items) {
			length = len(tuple.Items)
		}
	}
	length = min(length, most)
	if want.Sized {
		length = min(max(want.Length, 0), maxItems*maxItems)
	}
	for token, inner := range want.Members {
		if i, ok := value.Index(token); ok && i < maxItems*maxItems && !inner.Missing {
			length = max(length, i+1)
		}
	}
	out := []any{}
	for i := range length {
		found := a.item(i)
		if found.Type == nil {
			found.Type = Any()
		}
		inner, made := want.Members[strconv.Itoa(i)], Want{}
		if i < len(given) {
			made = Want{Exactly: true, Value: given[i]}
		}
		v := s.value(found.Type, spot{name: singular(at.name), nth: i, depth: at.depth + 1}, inner, made)
		if v == absent {
			break
		}
		out = append(out, v)
	}
	return out
}

func singular(name string) string {
	if short, ok := strings.CutSuffix(name, "s"); ok && short != "" {
		return short
	}
	return name
}

// formatted are texts of formats; the items of an array differ in the digit @.
var formatted = map[string]string{
	"date": "2026-01-0@", "date-time": "2026-01-0@T12:00:00Z", "time": "12:00:0@Z", "duration": "PT@S",
	"uuid": "00000000-0000-4000-8000-00000000000@", "email": "user@@example.com", "idn-email": "user@@example.com",
	"uri": "https://example.com/@", "url": "https://example.com/@", "iri": "https://example.com/@", "uri-reference": "/@",
	"uri-template": "/@", "hostname": "host@.example.com", "ipv4": "192.0.2.@", "ipv6": "2001:db8::@", "json-pointer": "/@",
	"byte": "Z29iZWxpbg==", "regex": "^@$",
}

func (a *Alternative) text(at spot, want *Want, seed uint64) string {
	word := at.name
	if word == "" {
		word = "text"
	}
	if n := at.nth + int(seed%7); n > 0 {
		word += strconv.Itoa(n + 1)
	}
	var candidates []string
	least, most := 0, maxText
	for _, p := range a.parts {
		if n, ok := p.count("minLength"); ok {
			least = max(least, min(n, maxText))
		}
		if n, ok := p.count("maxLength"); ok && n >= 0 {
			most = min(most, n)
		}
	}
	if want.Sized {
		least, most = min(max(want.Length, 0), maxText), min(max(want.Length, 0), maxText)
	}
	for _, p := range a.parts {
		if text := formatted[p.node.Get("format").Str()]; text != "" {
			digit := strconv.Itoa(1 + at.nth%9)
			if strings.Contains(text, "@@") {
				text = strings.Replace(text, "@@", digit+"@", 1)
			} else {
				text = strings.Replace(text, "@", digit, 1)
			}
			candidates = append(candidates, text)
		}
		if re := p.node.Get("pattern").Str(); re != "" {
			if text, ok := pattern.Sample(re, max(least, min(1, most))); ok {
				candidates = append(candidates, text)
			}
		}
	}
	candidates = append(candidates, word)
	for _, text := range candidates {
		if text = sized(text, least, most); !slices.ContainsFunc(a.parts, func(p part) bool { return p.textForm(text) != "" }) {
			return text
		}
	}
	return sized(candidates[0], least, most)
}

// sized makes a text as long as it may be and has to be.
func sized(text string, least, most int) string {
	if n := utf8.RuneCountInString(text); n < least {
		text += strings.Repeat("x", least-n)
	} else if n > most {
		text = string([]rune(text)[:most])
	}
	return text
}

// number returns one that all schemas of an alternative let pass, if it is easily found.
func (a *Alternative) number(nth int, seed uint64) any {
	candidates := a.Numbers()
	from := (uint64(nth) + seed) % uint64(len(candidates))
	return candidates[from]
}

// Numbers returns some numbers that the schemas let pass, at least one; where none is easily
// found, some others. Boundaries are among them.
func (a *Alternative) Numbers() (list []any) {
	candidates := []float64{1, 2, 3, 0, 10, 100, -1}
	steps := []float64{}
	for _, p := range a.parts {
		for _, keyword := range []string{"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"} {
			if f, ok := p.float(keyword); ok {
				candidates = append(candidates, f, f+1, f-1, math.Ceil(f), math.Floor(f), f+0.5, f-0.5)
			}
		}
		if f, ok := p.float("multipleOf"); ok && f > 0 {
			steps = append(steps, f)
			candidates = append(candidates, f)
		}
	}
	for _, step := range steps {
		for _, f := range slices.Clone(candidates) {
			candidates = append(candidates, math.Ceil(f/step)*step, math.Floor(f/step)*step)
		}
	}
	for _, f := range candidates {
		if a.Kinds&Fraction == 0 && f != math.Trunc(f) || math.IsInf(f, 0) || math.IsNaN(f) {
			continue
		}
		if slices.ContainsFunc(steps, func(step float64) bool { return math.Abs(math.Remainder(f, step)) > 1e-9*step }) {
			continue
		}
		v := numberOf(f)
		if !slices.ContainsFunc(a.parts, func(p part) bool { return p.numberForm(v) != "" }) && !contains(list, v) {
			list = append(list, v)
		}
	}
	if list == nil {
		return []any{int64(1)}
	}
	return list
}

func (p part) float(keyword string) (float64, bool) {
	n := p.node.Get(keyword)
	if n == nil || n.Kind != tree.Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(n.Text, 64)
	return f, err == nil
}

func numberOf(f float64) any {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f)
	}
	return value.Number(string(mustNumber(f)))
}

func mustNumber(f float64) []byte {
	text, _ := json.Marshal(f) // it is finite
	return text
}
