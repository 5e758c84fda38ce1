package openapi

import (
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/xpath"
)

// TestXMLPlace puts a text where it is to be, writes the value, and reads it by the path.
func TestXMLPlace(t *testing.T) {
	root, err := tree.Parse([]byte(`
job: {type: object, xml: {name: Job}, properties: {
  id: {type: string, xml: {attribute: true}},
  state: {type: string, xml: {name: State}},
  owner: {type: object, properties: {name: {type: string, xml: {namespace: "urn:o", prefix: o}}}},
  steps: {type: array, items: {type: object, properties: {n: {type: string}}}},
  logs: {type: array, xml: {wrapped: true, name: Logs}, items: {type: string, xml: {name: Log}}}}}
composed: {xml: {name: all}, allOf: [{type: object, properties: {a: {type: string}}}, {properties: {b: {type: string, xml: {name: B}}}}]}
list: {type: array, xml: {name: list, wrapped: true}, items: {type: object, xml: {name: item}, properties: {v: {type: string}}}}
loop: {type: object, xml: {name: loop}, properties: {loop: {type: object}}}
any: {}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ schema, path, tokens string }{
		{"job", "Job/@id", "id"},
		{"job", "Job/State", "state"},
		{"job", "Job/owner/name", "owner/name"},
		{"job", "//name", "owner/name"},
		{"job", "//owner/name", "owner/name"},
		{"job", "Job/steps/n", "steps/0/n"},
		{"job", "//n", "steps/0/n"},
		{"job", "Job/Logs/Log", "logs/0"},
		{"job", "//Log", "logs/0"},
		{"job", "//Job/State", "state"},
		{"job", "Job/more/still", "more/still"},
		{"composed", "all/a", "a"},
		{"composed", "//B", "b"},
		{"list", "list/item/v", "0/v"},
		{"list", "//v", "0/v"},
		{"any", "root/x", "root/x"},
		{"job", "job/State", "-"},
		{"job", "Job/@other", "-"},
		{"job", "//other", "-"},
		{"list", "list/other", "-"},
		{"loop", "//other", "-"},
	} {
		media := &MediaType{Type: "application/xml", Schema: root.Get(c.schema)}
		names, descendant := strings.CutPrefix(c.path, "//")
		tokens, ok := media.XMLPlace(strings.Split(names, "/"), descendant)
		if got := strings.Join(tokens, "/"); ok != (c.tokens != "-") || ok && got != c.tokens {
			t.Errorf("%s: %s is at %s, %t; want %s", c.schema, c.path, got, ok, c.tokens)
			continue
		}
		if !ok {
			continue
		}
		var v any = "here"
		for i := len(tokens) - 1; i >= 0; i-- {
			if tokens[i] == "0" {
				v = []any{v}
			} else {
				v = map[string]any{tokens[i]: v}
			}
		}
		text, err := EncodeXML(v, media)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		local := ""
		for _, name := range strings.Split(names, "/") {
			if name[0] == '@' {
				local += "/" + name
			} else {
				local += "/*[local-name()='" + name + "']"
			}
		}
		if descendant {
			local = "/" + local
		}
		e, err := xpath.CompileVersion(local, "xpath-10")
		if err != nil {
			t.Fatal(err)
		}
		if passed, err := e.Test(text); err != nil || !passed {
			t.Errorf("%s: nothing is there in %s (%v)", c.path, text, err)
		} else if v, err := e.Value(text); err != nil || !strings.Contains(strings.TrimSpace(v.(string)), "here") {
			t.Errorf("%s: %v in %s, %v", c.path, v, text, err)
		}
	}
}
