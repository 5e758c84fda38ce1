package xpath

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/antchfx/xmlquery"
)

// An eval is a compiled expression. It gives a bool, a float64, a string or a
// []node, which is in document order and without duplicates (§1); what cannot
// be evaluated is a panic with an evalError.
type eval func(*focus) any

type evalError string

func failf(format string, args ...any) { panic(evalError(fmt.Sprintf(format, args...))) }

// shown is a text in a message: whole, so that a secret in it can be found, or
// not at all.
func shown(text string) string {
	if n := utf8.RuneCountInString(text); n > 80 {
		return fmt.Sprintf("(a text of %d characters)", n)
	}
	return `"` + text + `"`
}

// A node is a node of the document, or the attribute of it with an index.
type node struct {
	*xmlquery.Node
	attr int // -1 for the node itself
}

// focus is the context of an evaluation (§1).
type focus struct {
	node           node
	position, size int
	run            *run
}

// run is one evaluation of a whole expression.
type run struct {
	order      map[*xmlquery.Node]int
	weight     map[*xmlquery.Node]int // what it takes to read the text of a node
	namespaces map[string]string
	version    int
	patterns   map[string]*regexp.Regexp // by flags and text
	visits     int
}

const maxVisits = 8 << 20

func newRun(doc *xmlquery.Node, namespaces map[string]string) *run {
	r := &run{order: map[*xmlquery.Node]int{}, weight: map[*xmlquery.Node]int{}, namespaces: namespaces}
	var all []*xmlquery.Node
	for n := doc; n != nil; n = following(n, doc) {
		r.order[n] = len(all)
		all = append(all, n)
	}
	for _, n := range slices.Backward(all) {
		r.weight[n] += 1 + len(n.Data)/256
		r.weight[n.Parent] += r.weight[n]
	}
	return r
}

// read accounts for the texts of nodes that an operator or a function takes.
func (r *run) read(v any) {
	if nodes, ok := v.([]node); ok {
		for _, n := range nodes {
			if n.attr < 0 {
				r.visit(r.weight[n.Node])
			}
		}
	}
}

// following returns the next node in document order below top.
func following(n, top *xmlquery.Node) *xmlquery.Node {
	if n.FirstChild != nil {
		return n.FirstChild
	}
	for ; n != nil && n != top; n = n.Parent {
		if n.NextSibling != nil {
			return n.NextSibling
		}
	}
	return nil
}

func (r *run) visit(n int) {
	if r.visits += n; r.visits > maxVisits {
		failf("the evaluation visits more than %d nodes", maxVisits)
	}
}

// sorted brings nodes into document order.
func (r *run) sorted(nodes []node) []node {
	r.visit(len(nodes))
	slices.SortFunc(nodes, r.compare)
	return slices.Compact(nodes)
}

// compare is document order.
func (r *run) compare(a, b node) int {
	return cmp.Or(cmp.Compare(r.order[a.Node], r.order[b.Node]), cmp.Compare(a.attr, b.attr))
}

func isText(n *xmlquery.Node) bool {
	return n.Type == xmlquery.TextNode || n.Type == xmlquery.CharDataNode
}

// visible reports whether the data model (§5) has a node for n: declarations
// are none, and text beside text belongs to the node in front of it.
func visible(n *xmlquery.Node) bool {
	switch n.Type {
	case xmlquery.DeclarationNode, xmlquery.NotationNode:
		return false
	case xmlquery.TextNode, xmlquery.CharDataNode:
		return n.Parent != nil && n.Parent.Type != xmlquery.DocumentNode && (n.PrevSibling == nil || !isText(n.PrevSibling))
	}
	return true
}

func isNamespace(a xmlquery.Attr) bool {
	return a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns"
}

// text is the string-value of a node (§5).
func (n node) text() string {
	if n.attr >= 0 {
		return n.Attr[n.attr].Value
	}
	switch n.Type {
	case xmlquery.TextNode, xmlquery.CharDataNode:
		var b strings.Builder
		for t := n.Node; t != nil && isText(t); t = t.NextSibling {
			b.WriteString(t.Data)
		}
		return b.String()
	case xmlquery.CommentNode:
		return n.Data
	case xmlquery.ProcessingInstruction:
		if n.ProcInst != nil {
			return strings.TrimLeft(n.ProcInst.Inst, " \t\r\n")
		}
		return ""
	}
	var b strings.Builder
	for d := n.FirstChild; d != nil; d = following(d, n.Node) {
		if isText(d) && d.Parent.Type != xmlquery.DocumentNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// name returns the parts of a node's expanded name and its prefix (§5).
func (n node) name() (prefix, local, uri string) {
	if n.attr >= 0 {
		a := n.Attr[n.attr]
		if a.Name.Space == "xml" {
			return "xml", a.Name.Local, xmlNamespace
		}
		return a.Name.Space, a.Name.Local, a.NamespaceURI
	}
	switch n.Type {
	case xmlquery.ElementNode:
		return n.Prefix, n.Data, n.NamespaceURI
	case xmlquery.ProcessingInstruction:
		if n.ProcInst != nil {
			return "", n.ProcInst.Target, ""
		}
	}
	return "", "", ""
}

const xmlNamespace = "http://www.w3.org/XML/1998/namespace"

func (n node) parent() (node, bool) {
	if n.attr >= 0 {
		return node{n.Node, -1}, true
	}
	return node{n.Parent, -1}, n.Parent != nil
}

// axes give the nodes of an axis (§2.2) in the order of proximity.
var axes = map[string]func(node, func(node)){
	"self": func(n node, yield func(node)) { yield(n) },
	"child": func(n node, yield func(node)) {
		if n.attr < 0 {
			each(n.FirstChild, func(c *xmlquery.Node) *xmlquery.Node { return c.NextSibling }, yield)
		}
	},
	"attribute": func(n node, yield func(node)) {
		if n.attr >= 0 || n.Type != xmlquery.ElementNode {
			return
		}
		for i, a := range n.Attr {
			if !isNamespace(a) {
				yield(node{n.Node, i})
			}
		}
	},
	"parent": func(n node, yield func(node)) {
		if p, ok := n.parent(); ok {
			yield(p)
		}
	},
	"ancestor": ancestors,
	"ancestor-or-self": func(n node, yield func(node)) {
		yield(n)
		ancestors(n, yield)
	},
	"descendant": descendants,
	"descendant-or-self": func(n node, yield func(node)) {
		yield(n)
		descendants(n, yield)
	},
	"following-sibling": func(n node, yield func(node)) {
		if n.attr < 0 {
			each(n.NextSibling, func(c *xmlquery.Node) *xmlquery.Node { return c.NextSibling }, yield)
		}
	},
	"preceding-sibling": func(n node, yield func(node)) {
		if n.attr < 0 {
			each(n.PrevSibling, func(c *xmlquery.Node) *xmlquery.Node { return c.PrevSibling }, yield)
		}
	},
	"following": func(n node, yield func(node)) {
		if n.attr >= 0 {
			descendants(node{n.Node, -1}, yield)
		}
		for a := n.Node; a != nil; a = a.Parent {
			for s := a.NextSibling; s != nil; s = s.NextSibling {
				subtree(s, yield)
			}
		}
	},
	"preceding": func(n node, yield func(node)) {
		for a := n.Node; a != nil; a = a.Parent {
			for s := a.PrevSibling; s != nil; s = s.PrevSibling {
				backwards(s, yield)
			}
		}
	},
}

func each(n *xmlquery.Node, next func(*xmlquery.Node) *xmlquery.Node, yield func(node)) {
	for ; n != nil; n = next(n) {
		if visible(n) {
			yield(node{n, -1})
		}
	}
}

func ancestors(n node, yield func(node)) {
	for p, ok := n.parent(); ok; p, ok = p.parent() {
		yield(p)
	}
}

func descendants(n node, yield func(node)) {
	if n.attr < 0 {
		each(n.FirstChild, func(d *xmlquery.Node) *xmlquery.Node { return following(d, n.Node) }, yield)
	}
}

func subtree(n *xmlquery.Node, yield func(node)) {
	each(n, func(d *xmlquery.Node) *xmlquery.Node { return following(d, n) }, yield)
}

func backwards(n *xmlquery.Node, yield func(node)) {
	for c := n.LastChild; c != nil; c = c.PrevSibling {
		backwards(c, yield)
	}
	if visible(n) {
		yield(node{n, -1})
	}
}

// step selects along an axis, and then by the predicates in turn (§2.1).
func step(axis func(node, func(node)), test func(*focus, node) bool, predicates []eval) eval {
	return func(f *focus) any {
		var nodes []node
		axis(f.node, func(n node) {
			f.run.visit(1)
			if test(f, n) {
				nodes = append(nodes, n)
			}
		})
		for _, p := range predicates {
			nodes = filter(f, nodes, p)
		}
		return f.run.sorted(nodes)
	}
}

func filter(f *focus, nodes []node, predicate eval) []node {
	var kept []node
	for i, n := range nodes {
		f.run.visit(1)
		inner := focus{n, i + 1, len(nodes), f.run}
		v := predicate(&inner)
		if at, ok := v.(float64); ok && at == float64(i+1) || !ok && truth(v) {
			kept = append(kept, n)
		}
	}
	return kept
}

// then is a path: what right selects from each node that left selects.
func then(left, right eval) eval {
	return func(f *focus) any {
		var nodes []node
		from := nodeSet(left(f))
		for i, n := range from {
			f.run.visit(1)
			nodes = append(nodes, right(&focus{n, i + 1, len(from), f.run}).([]node)...)
		}
		return f.run.sorted(nodes)
	}
}

func nodeSet(v any) []node {
	nodes, ok := v.([]node)
	if !ok {
		failf("a node-set is wanted, not %s", shown(text(v)))
	}
	return nodes
}

// truth is boolean() (§4.3).
func truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case float64:
		return v != 0 && !math.IsNaN(v)
	case string:
		return v != ""
	}
	return len(v.([]node)) > 0
}

// text is string() (§4.2).
func text(v any) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case string:
		return v
	case float64:
		switch {
		case math.IsInf(v, 1):
			return "Infinity"
		case math.IsInf(v, -1):
			return "-Infinity"
		case v == 0:
			return "0"
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	if nodes := v.([]node); len(nodes) > 0 {
		return nodes[0].text()
	}
	return ""
}

var numeric = regexp.MustCompile(`^[ \t\r\n]*(-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))[ \t\r\n]*$`)

// num is number() (§4.4).
func num(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case bool:
		if v {
			return 1
		}
		return 0
	}
	m := numeric.FindStringSubmatch(text(v))
	if m == nil {
		return math.NaN()
	}
	f, _ := strconv.ParseFloat(m[1], 64) // out of range it is an infinity, as IEEE 754 rounds
	return f
}

// compare is §3.4.
func compare(f *focus, operator string, a, b any) bool {
	x, xs := a.([]node)
	y, ys := b.([]node)
	_, aBool := a.(bool)
	_, bBool := b.(bool)
	switch {
	case xs && bBool:
		return compareAtoms(operator, truth(a), b)
	case ys && aBool:
		return compareAtoms(operator, a, truth(b))
	case xs && ys:
		texts := make([]string, len(y))
		for i, n := range y {
			texts[i] = n.text()
		}
		for _, n := range x {
			f.run.visit(len(y))
			for t, i := n.text(), 0; i < len(texts); i++ {
				if compareAtoms(operator, t, texts[i]) {
					return true
				}
			}
		}
		return false
	case xs:
		return slices.ContainsFunc(x, func(n node) bool { return compareAtoms(operator, n.text(), b) })
	case ys:
		return slices.ContainsFunc(y, func(n node) bool { return compareAtoms(operator, a, n.text()) })
	}
	return compareAtoms(operator, a, b)
}

func compareAtoms(operator string, a, b any) bool {
	switch operator {
	case "!=":
		return !equal(a, b) // NaN included: it is unequal to everything
	case "=":
		return equal(a, b)
	}
	x, y := num(a), num(b)
	return map[string]bool{"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[operator]
}

func equal(a, b any) bool {
	_, aBool := a.(bool)
	_, bBool := b.(bool)
	_, aNum := a.(float64)
	_, bNum := b.(float64)
	switch {
	case aBool || bBool:
		return truth(a) == truth(b)
	case aNum || bNum:
		return num(a) == num(b)
	}
	return text(a) == text(b)
}

// binary gives the meaning of an operator.
func binary(operator string, left, right eval) eval {
	switch operator {
	case "or":
		return func(f *focus) any { return truth(left(f)) || truth(right(f)) }
	case "and":
		return func(f *focus) any { return truth(left(f)) && truth(right(f)) }
	case "|":
		return func(f *focus) any { return f.run.sorted(slices.Concat(nodeSet(left(f)), nodeSet(right(f)))) }
	}
	if do := arithmetic[operator]; do != nil {
		return func(f *focus) any { return do(num(left(f)), num(right(f))) }
	}
	return func(f *focus) any {
		a, b := left(f), right(f)
		f.run.read(a)
		f.run.read(b)
		return compare(f, operator, a, b)
	}
}

var arithmetic = map[string]func(a, b float64) float64{
	"+": func(a, b float64) float64 { return a + b }, "-": func(a, b float64) float64 { return a - b },
	"*": func(a, b float64) float64 { return a * b }, "div": func(a, b float64) float64 { return a / b }, "mod": math.Mod,
}

// round is round() (§4.4): up where two integers are as near.
func round(x float64) float64 {
	f := math.Floor(x)
	if x-f >= 0.5 {
		f++
	}
	return math.Copysign(f, x)
}

func substring(args []any) any {
	start, stop := round(num(args[1])), math.Inf(1)
	if len(args) > 2 {
		stop = start + round(num(args[2]))
	}
	var b strings.Builder
	position := 0.0
	for _, r := range text(args[0]) {
		if position++; position >= start && position < stop {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func translate(args []any) any {
	from, to := []rune(text(args[1])), []rune(text(args[2]))
	return strings.Map(func(r rune) rune {
		switch i := slices.Index(from, r); {
		case i < 0:
			return r
		case i < len(to):
			return to[i]
		}
		return -1
	}, text(args[0]))
}

// lang is §4.3.
func lang(f *focus, wanted string) bool {
	n := f.node
	for ok := true; ok; n, ok = n.parent() {
		if n.attr >= 0 || n.Node == nil {
			continue
		}
		for _, a := range n.Attr {
			if a.Name.Space == "xml" && a.Name.Local == "lang" {
				have, want := strings.ToLower(a.Value), strings.ToLower(wanted)
				return have == want || strings.HasPrefix(have, want+"-")
			}
		}
	}
	return false
}

// special has the letters whose other case is more than one letter or depends
// on those around: what Go maps letter by letter would be wrong for them.
var special = regexp.MustCompile(`[ßŉǰΐΰևİΣẖ-ẞὐ-῾ﬀ-ﬗ]`)

func cased(to func(string) string) func([]any) any {
	return func(args []any) any {
		s := text(args[0])
		if at := special.FindString(s); at != "" {
			failf("the case of %q is not available", at)
		}
		return to(s)
	}
}

func sum(list []float64) (total float64) {
	for _, f := range list {
		total += f
	}
	return total
}

// A function of the core library (§4).
type function struct {
	least, most int
	orNode      bool // without an argument it takes the context node
	do          func(args []any) any
	focus       func(f *focus, args []any) any
}

const many = 1 << 20

// functions lacks id(): no document type is read, so nothing has an ID.
var functions = map[string]function{
	"last":             {focus: func(f *focus, _ []any) any { return float64(f.size) }},
	"position":         {focus: func(f *focus, _ []any) any { return float64(f.position) }},
	"lang":             {least: 1, most: 1, focus: func(f *focus, args []any) any { return lang(f, text(args[0])) }},
	"count":            {1, 1, false, func(a []any) any { return float64(len(nodeSet(a[0]))) }, nil},
	"local-name":       {0, 1, true, named(func(_, local, _ string) string { return local }), nil},
	"namespace-uri":    {0, 1, true, named(func(_, _, uri string) string { return uri }), nil},
	"name":             {0, 1, true, named(qualified), nil},
	"string":           {0, 1, true, func(a []any) any { return text(a[0]) }, nil},
	"concat":           {2, many, false, concat, nil},
	"starts-with":      {2, 2, false, func(a []any) any { return strings.HasPrefix(text(a[0]), text(a[1])) }, nil},
	"contains":         {2, 2, false, func(a []any) any { return strings.Contains(text(a[0]), text(a[1])) }, nil},
	"substring-before": {2, 2, false, substringBefore, nil},
	"substring-after":  {2, 2, false, substringAfter, nil},
	"substring":        {2, 3, false, substring, nil},
	"string-length":    {0, 1, true, func(a []any) any { return float64(utf8.RuneCountInString(text(a[0]))) }, nil},
	"normalize-space":  {0, 1, true, normalizeSpace, nil},
	"translate":        {3, 3, false, translate, nil},
	"boolean":          {1, 1, false, func(a []any) any { return truth(a[0]) }, nil},
	"not":              {1, 1, false, func(a []any) any { return !truth(a[0]) }, nil},
	"true":             {0, 0, false, func([]any) any { return true }, nil},
	"false":            {0, 0, false, func([]any) any { return false }, nil},
	"number":           {0, 1, true, func(a []any) any { return num(a[0]) }, nil},
	"sum":              {1, 1, false, func(a []any) any { return sum(lenient(nodeSet(a[0]))) }, nil},
	"floor":            {1, 1, false, func(a []any) any { return math.Floor(num(a[0])) }, nil},
	"ceiling":          {1, 1, false, func(a []any) any { return math.Ceil(num(a[0])) }, nil},
	"round":            {1, 1, false, func(a []any) any { return round(num(a[0])) }, nil},
}

func lenient(nodes []node) (list []float64) {
	for _, n := range nodes {
		list = append(list, num(n.text()))
	}
	return list
}

func named(part func(prefix, local, uri string) string) func([]any) any {
	return func(args []any) any {
		if nodes := nodeSet(args[0]); len(nodes) > 0 {
			return part(nodes[0].name())
		}
		return ""
	}
}

func qualified(prefix, local, _ string) string {
	if prefix != "" {
		return prefix + ":" + local
	}
	return local
}

func concat(args []any) any {
	var b strings.Builder
	for _, a := range args {
		b.WriteString(text(a))
	}
	return b.String()
}

func substringBefore(args []any) any {
	before, _, ok := strings.Cut(text(args[0]), text(args[1]))
	if !ok {
		return ""
	}
	return before
}

func substringAfter(args []any) any {
	_, after, _ := strings.Cut(text(args[0]), text(args[1]))
	return after
}

func normalizeSpace(args []any) any {
	return strings.Join(strings.FieldsFunc(text(args[0]), func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }), " ")
}
