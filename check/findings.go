package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// limit bounds what checking one program costs and lists, so that time and memory
// grow in proportion to the documents. A note says what is beyond the bounds.
type limit struct {
	findings int    // of one code in a document
	flow     budget // steps of the data flow analysis over edges, 64 outputs at a time
	trails   budget // steps of searches for the path that a message shows
	roots    budget // of sets of workflows, to find which may be in one run
	hints    budget // names that a misspelled one is compared with
}

var limits = limit{findings: 1000, flow: 200_000_000, trails: 5_000_000, roots: 50_000_000, hints: 1_000_000}

// budget is what an analysis may still spend.
type budget int

// spend takes n from the budget and reports whether that much was left.
func (b *budget) spend(n int) bool {
	*b -= budget(n)
	return *b >= 0
}

// findings are the diagnostics of a program: each once, without those that the
// documents silence, and no more than a maximum of each code and document.
type findings struct {
	diagnostics []arazzo.Diagnostic
	most        int // of one code in a document
	silenced    map[string]*silenced
	counts      map[group]int
	seen        map[finding]bool
	beyond      map[group]*rest
	scratch     arazzo.Diagnostic
}

// group is the findings of one code in a document.
type group struct{ file, code string }

// finding identifies a diagnostic: what is in the components is linked, and
// reported, wherever it is used.
type finding struct {
	arazzo.Position
	code, message string
}

// rest is the findings that are not listed.
type rest struct {
	at   arazzo.Position // of the first
	seen map[arazzo.Position]bool
}

func newFindings(most int) *findings {
	return &findings{most: most, silenced: map[string]*silenced{}, counts: map[group]int{}, seen: map[finding]bool{},
		beyond: map[group]*rest{}}
}

// room reports whether a finding can still be listed, and counts it if not.
func (f *findings) room(code string, at arazzo.Position) bool {
	g := group{at.File, code}
	if f.counts[g] < f.most {
		return true
	}
	r := f.beyond[g]
	if r == nil {
		r = &rest{at: at, seen: map[arazzo.Position]bool{}}
		f.beyond[g] = r
	}
	r.seen[at] = true
	return false
}

// unlisted returns a diagnostic that is not listed, so that callers may modify it.
func (f *findings) unlisted() *arazzo.Diagnostic {
	f.scratch = arazzo.Diagnostic{}
	return &f.scratch
}

// add lists a diagnostic.
func (f *findings) add(d arazzo.Diagnostic) *arazzo.Diagnostic {
	id := finding{d.Position, d.Code, d.Message}
	if s := f.silenced[d.File]; f.seen[id] || s != nil && s.covers(d) || !f.room(d.Code, d.Position) {
		return f.unlisted()
	}
	f.seen[id] = true
	f.counts[group{d.File, d.Code}]++
	f.diagnostics = append(f.diagnostics, d)
	return &f.diagnostics[len(f.diagnostics)-1]
}

// leftOut reports how many findings are not listed.
func (f *findings) leftOut(documents []*program.Document) {
	byPlace := func(a, b group) int { return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.code, b.code)) }
	for _, g := range slices.SortedFunc(maps.Keys(f.beyond), byPlace) {
		i := slices.IndexFunc(documents, func(d *program.Document) bool { return d.Decl.Location == g.file })
		if i < 0 {
			continue
		}
		r := f.beyond[g]
		f.add(arazzo.Diagnostic{Code: "check-limit", Severity: arazzo.Note, Position: documents[i].Decl.Locate(r.at),
			Message: fmt.Sprintf("%d more %q findings are not listed", len(r.seen), g.code)})
	}
}

// sort orders the diagnostics by document and place.
func (f *findings) sort(documents []*program.Document) {
	order := map[string]int{}
	for i, d := range documents {
		order[d.Decl.Location] = i
	}
	slices.SortStableFunc(f.diagnostics, func(a, b arazzo.Diagnostic) int {
		return cmp.Or(order[a.File]-order[b.File], a.Line-b.Line, a.Column-b.Column)
	})
}
