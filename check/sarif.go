package check

import (
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// The objects of SARIF 2.1.0 (§3.13 and following), as far as they are used.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID                   string       `json:"id"`
		ShortDescription     sarifMessage `json:"shortDescription"`
		Help                 sarifMessage `json:"help"`
		DefaultConfiguration sarifConfig  `json:"defaultConfiguration"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifMessage struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifResult struct {
		RuleID           string          `json:"ruleId"`
		RuleIndex        int             `json:"ruleIndex"`
		Level            string          `json:"level"`
		Message          sarifMessage    `json:"message"`
		Locations        []sarifLocation `json:"locations"`
		RelatedLocations []sarifLocation `json:"relatedLocations,omitempty"`
		Fixes            []sarifFix      `json:"fixes,omitempty"`
	}
	sarifLocation struct {
		ID               *int           `json:"id,omitempty"`
		PhysicalLocation sarifPhysical  `json:"physicalLocation"`
		LogicalLocations []sarifLogical `json:"logicalLocations,omitempty"`
		Message          *sarifMessage  `json:"message,omitempty"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int           `json:"startLine"`
		StartColumn int           `json:"startColumn,omitempty"`
		EndLine     int           `json:"endLine,omitempty"`
		EndColumn   int           `json:"endColumn,omitempty"`
		Snippet     *sarifMessage `json:"snippet,omitempty"`
	}
	sarifFix struct {
		Description     sarifMessage  `json:"description"`
		ArtifactChanges []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		ArtifactLocation sarifArtifact      `json:"artifactLocation"`
		Replacements     []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		DeletedRegion   sarifRegion   `json:"deletedRegion"`
		InsertedContent *sarifMessage `json:"insertedContent,omitempty"`
	}
)

// WriteSARIF writes diagnostics as a log of SARIF 2.1.0: the catalogue is its
// rules, and the fixes are there for files that source has.
func WriteSARIF(w io.Writer, list []arazzo.Diagnostic, source Source) error {
	t := &texts{source: source}
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "gobelin", InformationURI: "https://github.com/gobelin-dev/gobelin"}
	index := map[string]int{}
	rule := func(d arazzo.Diagnostic) int {
		i, ok := index[d.Code]
		if !ok {
			i = len(run.Tool.Driver.Rules)
			index[d.Code] = i
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, newRule(d))
		}
		return i
	}
	for _, d := range list {
		r := sarifResult{RuleID: d.Code, RuleIndex: rule(d), Level: d.Severity.String(), Message: sarifMessage{Text: d.Message},
			Locations: []sarifLocation{location(d.Position)}}
		if d.Pointer != "" {
			r.Locations[0].LogicalLocations = []sarifLogical{{d.Pointer}}
		}
		for i, related := range d.Related {
			l := location(related.Position)
			l.ID, l.Message = &i, &sarifMessage{Text: related.Message}
			r.RelatedLocations = append(r.RelatedLocations, l)
		}
		if fix, ok := newFix(d, t); ok {
			r.Fixes = []sarifFix{fix}
		}
		run.Results = append(run.Results, r)
	}
	if run.Tool.Driver.Rules == nil {
		run.Tool.Driver.Rules = []sarifRule{}
	}
	return writeJSON(w, sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
}

func newRule(d arazzo.Diagnostic) sarifRule {
	r := sarifRule{ID: d.Code, DefaultConfiguration: sarifConfig{d.Severity.String()}, ShortDescription: sarifMessage{Text: d.Code},
		Help: sarifMessage{Text: d.Code}}
	if e, ok := Explain(d.Code); ok {
		reason := strings.Join(strings.Fields(e.Reason), " ")
		first, _, _ := strings.Cut(reason, ". ")
		r.ShortDescription.Text = strings.TrimSuffix(first, ".") + "."
		r.Help = sarifMessage{Text: e.String(), Markdown: e.Reason}
		r.DefaultConfiguration.Level = e.Severity
	}
	return r
}

func location(p arazzo.Position) sarifLocation {
	l := sarifLocation{PhysicalLocation: sarifPhysical{ArtifactLocation: artifact(p.File)}}
	if p.Line > 0 {
		l.PhysicalLocation.Region = &sarifRegion{StartLine: p.Line, StartColumn: p.Column, EndLine: p.EndLine, EndColumn: p.EndColumn}
	}
	return l
}

// artifact names a file by a URI reference.
func artifact(file string) sarifArtifact {
	if strings.Contains(file, "://") {
		return sarifArtifact{file}
	}
	path := filepath.ToSlash(file)
	u := url.URL{Path: path}
	if filepath.IsAbs(file) {
		u.Scheme = "file"
	}
	return sarifArtifact{strings.TrimPrefix(u.String(), "./")}
}

func newFix(d arazzo.Diagnostic, t *texts) (sarifFix, bool) {
	if d.Fix == nil {
		return sarifFix{}, false
	}
	fix := sarifFix{Description: sarifMessage{Text: d.Fix.Message}}
	for _, e := range d.Fix.Edits {
		text := t.of(e.File)
		if text == nil {
			return fix, false
		}
		at := artifact(e.File)
		i := slices.IndexFunc(fix.ArtifactChanges, func(c sarifChange) bool { return c.ArtifactLocation == at })
		if i < 0 {
			i = len(fix.ArtifactChanges)
			fix.ArtifactChanges = append(fix.ArtifactChanges, sarifChange{ArtifactLocation: at})
		}
		r := sarifReplacement{DeletedRegion: regionOf(text, e)}
		if e.Text != "" {
			r.InsertedContent = &sarifMessage{Text: e.Text}
		}
		fix.ArtifactChanges[i].Replacements = append(fix.ArtifactChanges[i].Replacements, r)
	}
	return fix, len(fix.ArtifactChanges) > 0
}

func regionOf(text *tree.Text, e arazzo.Edit) (r sarifRegion) {
	r.StartLine, r.StartColumn = text.Place(e.Start)
	r.EndLine, r.EndColumn = text.Place(e.End)
	return r
}
