package check

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/gobelin-dev/gobelin/arazzo"
)

// Apply applies the fixes of the diagnostics to the text of a file. Of fixes
// that touch one another the first is applied; applied counts those that were.
func Apply(file string, text []byte, diagnostics []arazzo.Diagnostic) (fixed []byte, applied int) {
	var chosen []arazzo.Edit
	for _, d := range diagnostics {
		if edits := editsOf(d, file); edits != nil && !touches(chosen, edits) {
			chosen = append(chosen, edits...)
			applied++
		}
	}
	slices.SortFunc(chosen, func(a, b arazzo.Edit) int { return cmp.Or(a.Start-b.Start, a.End-b.End) })
	var out bytes.Buffer
	at := 0
	for _, e := range chosen {
		out.Write(text[at:e.Start])
		out.WriteString(e.Text)
		at = e.End
	}
	out.Write(text[at:])
	return out.Bytes(), applied
}

// editsOf gives the edits of a diagnostic's fix, nil when it is none of that file.
func editsOf(d arazzo.Diagnostic, file string) []arazzo.Edit {
	if d.Fix == nil || slices.ContainsFunc(d.Fix.Edits, func(e arazzo.Edit) bool { return e.File != file }) {
		return nil
	}
	return d.Fix.Edits
}

// touches reports whether one of the edits overlaps or adjoins one that is
// chosen already. What is in components has the same fix wherever it is used.
func touches(chosen, edits []arazzo.Edit) bool {
	return slices.ContainsFunc(edits, func(e arazzo.Edit) bool {
		return slices.ContainsFunc(chosen, func(c arazzo.Edit) bool { return e.Start <= c.End && c.Start <= e.End })
	})
}

// passes is how often Fix looks again: fixes that touch one another are applied
// one after the other, and one may uncover the next.
const passes = 50

// Fix applies the fixes of a document, and those that show up when they are
// applied, until nothing is left to fix. find checks a text of the document. A
// fix after which there would be more to tell than before is left out. Fixing
// what comes back changes nothing more.
func Fix(file string, text []byte, find func(text []byte) []arazzo.Diagnostic) (fixed []byte, applied int, rest []arazzo.Diagnostic) {
	rest = find(text)
	refused := map[string]bool{}
	stale := false // a fix was applied after one was refused, which may do no harm now
	for range passes {
		list := slices.DeleteFunc(slices.Clone(rest), func(d arazzo.Diagnostic) bool {
			return editsOf(d, file) == nil || refused[identity(d)]
		})
		if len(list) == 0 {
			if !stale {
				break
			}
			clear(refused)
			stale = false
			continue
		}
		next, n := Apply(file, text, list)
		after := find(next)
		if worse(rest, after) {
			// One of them does harm: they are tried one by one.
			next, after, n = text, rest, 0
			for _, d := range list {
				one, _ := Apply(file, text, []arazzo.Diagnostic{d})
				found := find(one)
				if !worse(rest, found) {
					next, after, n = one, found, 1
					break
				}
				refused[identity(d)] = true
			}
		}
		if n == 0 { // all are refused
			continue
		}
		text, rest, applied = next, after, applied+n
		stale = len(refused) > 0
	}
	return text, applied, rest
}

func identity(d arazzo.Diagnostic) string { return d.Code + " " + d.Pointer + " " + d.Message }

// worse reports whether fixes have done harm: a document must have fewer errors
// than before, or as many and fewer warnings, or as many of both and fewer
// notes. A corrected error may uncover warnings.
func worse(before, after []arazzo.Diagnostic) bool {
	was, is := counts(before), counts(after)
	return slices.Compare(is[:], was[:]) >= 0
}

// counts gives the number of diagnostics by severity.
func counts(list []arazzo.Diagnostic) (n [3]int) {
	for _, d := range list {
		n[d.Severity]++
	}
	return n
}
