package main

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/shared"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"github.com/pb33f/libopenapi/orderedmap"

	"github.com/pb33f/libopenapi"
)

var allTexts = flag.Bool("all", false, "compare descriptions of the corpus of every size")

// TestFactsOfTheFullModel compares what package openapi reports of every
// operation of the corpus' descriptions of version 3 with libopenapi's full
// model: operationId, parameters with location, style and type, media types,
// servers and security. Descriptions are compared as sets of facts, one per
// line.
func TestFactsOfTheFullModel(t *testing.T) {
	descriptions, operations, disagreements, without := 0, 0, 0, 0
	for name, data := range shared.ReadCorpus(t).Texts() {
		if len(data) > 30_000 && !*allTexts || !strings.Contains(string(data[:min(len(data), 4000)]), "openapi") {
			continue
		}
		d, err := openapi.Load(data, name, nil)
		if err != nil || !strings.HasPrefix(d.Version, "3") {
			continue
		}
		doc, err := libopenapi.NewDocument(data)
		if err != nil {
			t.Logf("%s: no document of libopenapi: %v", name, err)
			without++
			continue
		}
		model, err := doc.BuildV3Model()
		if model == nil {
			t.Logf("%s: no model of libopenapi: %.200v", name, err)
			without++
			continue
		}
		ours, theirs := ourFacts(d), theirFacts(&model.Model)
		descriptions++
		for _, op := range slices.Sorted(maps.Keys(union(ours, theirs))) {
			operations++
			for _, fact := range difference(ours[op], theirs[op]) {
				if explained[[2]string{name, fact}] == "" {
					disagreements++
					t.Logf("%s: %s: only gobelin: %s", name, op, fact)
				}
			}
			for _, fact := range difference(theirs[op], ours[op]) {
				if explained[[2]string{name, fact}] == "" {
					disagreements++
					t.Logf("%s: %s: only libopenapi: %s", name, op, fact)
				}
			}
		}
		doc.Release()
	}
	t.Logf("%d descriptions with %d operations, %d disagreements; %d without a model of libopenapi", descriptions, operations,
		disagreements, without)
	if disagreements > 0 || operations == 0 {
		t.Error("they must agree but for what is explained")
	}
}

// explained has the reasons for what only one of the two reports.
var explained = map[[2]string]string{
	{"api-evangelist+button/openapi/button-billing-api-openapi.json",
		"response 200"}: "its $ref leads nowhere: a response without content for gobelin, none for libopenapi",
}

// siblings is the type of a schema with a $ref and other keywords: in 3.0 only
// the $ref counts; libopenapi makes an allOf of the two, or uses the other
// keywords.
const siblings = "of a reference with siblings"

func union(a, b map[string][]string) map[string][]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

func difference(a, b []string) (only []string) {
	for _, fact := range a {
		if !slices.ContainsFunc(b, func(other string) bool { return fact == other || alike(fact, other) || alike(other, fact) }) {
			only = append(only, fact)
		}
	}
	return only
}

// alike reports whether two facts differ only in the type of a reference with
// siblings.
func alike(fact, other string) bool {
	prefix, ok := strings.CutSuffix(fact, siblings)
	return ok && strings.HasPrefix(other, prefix)
}

func parameterFact(name, in string, required bool, style string, explode bool, types []string) string {
	return fmt.Sprintf("parameter %q in %s, required %v, style %s, explode %v, type %s", name, in, required, style, explode,
		strings.Join(types, "|"))
}

func ourFacts(d *openapi.Description) map[string][]string {
	all := map[string][]string{}
	for op := range d.Operations() {
		facts := []string{"operationId " + op.ID}
		for _, p := range op.Parameters {
			facts = append(facts, parameterFact(p.Name, p.In, p.Required, p.Style, p.Explode, typesOf(p.Schema, p.Home)))
		}
		if op.Body != nil {
			facts = append(facts, fmt.Sprint("body, required ", op.Body.Required))
			for _, m := range op.Body.Content {
				facts = append(facts, "body of "+m.Type)
			}
		}
		for _, r := range op.Responses {
			facts = append(facts, "response "+strings.ToLower(r.Code))
			for _, m := range r.Content {
				facts = append(facts, "response "+strings.ToLower(r.Code)+" of "+m.Type)
			}
		}
		for _, s := range op.Servers {
			facts = append(facts, "server "+s.URL)
			for _, v := range s.Variables {
				facts = append(facts, fmt.Sprint("server variable ", v.Name, "=", v.Default, v.Enum))
			}
		}
		for i, alternative := range op.Security {
			facts = append(facts, fmt.Sprint("alternative ", i))
			for _, s := range alternative {
				facts = append(facts, fmt.Sprintf("security %d: %s %v %s %s", i, s.Name, s.Scopes, s.Type, s.Scheme))
			}
		}
		all[op.Method+" "+op.Path] = facts
	}
	return all
}

func typesOf(schema *tree.Node, home *openapi.Description) (types []string) {
	for range 16 {
		if schema.Get("$ref") != nil && len(schema.Members) > 1 {
			return []string{siblings}
		}
		target, at, err := home.Follow(schema)
		if err != nil || target == schema {
			break
		}
		schema, home = target, at
	}
	t := schema.Get("type")
	switch {
	case t == nil:
	case t.Kind == tree.Array:
		for _, item := range t.Items {
			types = append(types, item.Text)
		}
	default:
		types = append(types, t.Text)
	}
	return types
}

var styles = map[string]string{"path": "simple", "query": "form", "header": "simple", "cookie": "form"}

// allowed are the styles that each location may have (OpenAPI, Style Values).
var allowed = map[string][]string{
	"path":   {"simple", "label", "matrix"},
	"query":  {"form", "spaceDelimited", "pipeDelimited", "deepObject"},
	"header": {"simple"},
	"cookie": {"form", "cookie"},
}

var reserved = []string{"Accept", "Authorization", "Content-Type"}

func theirFacts(m *v3.Document) map[string][]string {
	all := map[string][]string{}
	if m.Paths == nil {
		return all
	}
	for path, item := range m.Paths.PathItems.FromOldest() {
		for method, op := range item.GetOperations().FromOldest() {
			facts := []string{"operationId " + op.OperationId}
			seen := map[[2]string]bool{}
			for _, p := range slices.Concat(op.Parameters, item.Parameters) {
				if p.In == "header" && slices.ContainsFunc(reserved, func(name string) bool { return strings.EqualFold(name, p.Name) }) {
					continue // their definitions are ignored (OpenAPI 3, Parameter Object)
				}
				if key := [2]string{p.Name, p.In}; !seen[key] {
					seen[key] = true
					facts = append(facts, theirParameter(p))
				}
			}
			if op.RequestBody != nil {
				facts = append(facts, fmt.Sprint("body, required ", op.RequestBody.Required != nil && *op.RequestBody.Required))
				for mediaType := range op.RequestBody.Content.KeysFromOldest() {
					facts = append(facts, "body of "+mediaType)
				}
			}
			facts = append(facts, theirResponses(op.Responses)...)
			facts = append(facts, theirServers(op.Servers, item.Servers, m.Servers)...)
			security := op.Security
			if security == nil {
				security = m.Security
			}
			for i, alternative := range security {
				facts = append(facts, fmt.Sprint("alternative ", i))
				for name, scopes := range alternative.Requirements.FromOldest() {
					kind, scheme := theirScheme(m, name)
					facts = append(facts, fmt.Sprintf("security %d: %s %v %s %s", i, name, scopes, kind, strings.ToLower(scheme)))
				}
			}
			all[strings.ToUpper(method)+" "+path] = facts
		}
	}
	return all
}

func theirParameter(p *v3.Parameter) string {
	style := p.Style
	if style == "" || !slices.Contains(allowed[p.In], style) { // ruling O6
		style = styles[p.In]
	}
	// No version defines deepObject without explode (ruling O6).
	explode := style == "form" || style == "deepObject"
	if p.Explode != nil {
		explode = *p.Explode
	}
	schema := p.Schema
	if p.Content != nil && p.Content.Len() > 0 {
		schema = p.Content.First().Value().Schema
	}
	return parameterFact(p.Name, p.In, p.Required != nil && *p.Required || p.In == "path", style, explode, theirTypes(schema))
}

func theirTypes(proxy *base.SchemaProxy) []string {
	if proxy == nil || proxy.Schema() == nil {
		return nil
	}
	return proxy.Schema().Type
}

func theirResponses(responses *v3.Responses) (facts []string) {
	if responses == nil {
		return nil
	}
	one := func(code string, content *orderedmap.Map[string, *v3.MediaType]) {
		facts = append(facts, "response "+code)
		for mediaType := range content.KeysFromOldest() {
			facts = append(facts, "response "+code+" of "+mediaType)
		}
	}
	for code, r := range responses.Codes.FromOldest() {
		one(strings.ToLower(code), r.Content)
	}
	if responses.Default != nil {
		one("default", responses.Default.Content)
	}
	return facts
}

func theirServers(levels ...[]*v3.Server) (facts []string) {
	for _, servers := range levels {
		if len(servers) == 0 {
			continue
		}
		for _, s := range servers {
			facts = append(facts, "server "+s.URL)
			for name, v := range s.Variables.FromOldest() {
				facts = append(facts, fmt.Sprint("server variable ", name, "=", v.Default, v.Enum))
			}
		}
		return facts
	}
	return []string{"server /"}
}

func theirScheme(m *v3.Document, name string) (kind, scheme string) {
	if m.Components == nil || m.Components.SecuritySchemes == nil {
		return "", ""
	}
	if s := m.Components.SecuritySchemes.GetOrZero(name); s != nil {
		return s.Type, s.Scheme
	}
	return "", ""
}
