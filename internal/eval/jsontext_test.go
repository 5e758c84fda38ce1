package eval

import (
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/internal/expr"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// inputs is a Scope that knows inputs alone.
type inputs map[string]any

func (s inputs) Root(r *program.Ref) (any, bool) {
	v, ok := s[r.Name]
	return v, ok
}

func (s inputs) Note(string, arazzo.Position, string) {}

func (s inputs) Learn(any, program.Routes) {}

// text is an operand that is a text with expressions for inputs.
func text(s string) program.Operand {
	parsed := expr.ParseTemplate(s, nil)
	var refs []program.Ref
	for _, part := range parsed.Parts {
		if part.Expr != nil {
			name := strings.TrimPrefix(part.Expr.Text, "$inputs.")
			refs = append(refs, program.Ref{Kind: program.InputRef, Name: name, Text: part.Expr.Text})
		}
	}
	return program.Operand{Kind: program.Interpolation, Template: &program.Template{Parsed: parsed, Refs: refs}}
}

func TestJSONPayload(t *testing.T) {
	known := inputs{"n": int64(7), "quoted": "a \"b\"\n", "list": []any{int64(1), nil}}
	tests := []struct {
		payload string
		want    string // "": the whole has no value, or the text is not JSON
		isJSON  bool
		hole    bool
	}{
		{payload: `{"a": {$inputs.n}}`, want: `{"a": 7}`, isJSON: true},
		{payload: `{"a": "{$inputs.n}"}`, want: `{"a": "7"}`, isJSON: true},
		{payload: `{"a": "{$inputs.quoted}"}`, want: `{"a": "a \"b\"\n"}`, isJSON: true},
		{payload: `{"a": {$inputs.list}}`, want: `{"a": [1,null]}`, isJSON: true},
		{payload: `{"a": {$inputs.none}}`, want: `{}`, isJSON: true},
		{payload: `{"a": "{$inputs.none}"}`, want: `{}`, isJSON: true},
		{payload: `{"a": 1, "b": {$inputs.none}}`, want: `{"a": 1}`, isJSON: true},
		{payload: `{"a": {$inputs.none}, "b": 1}`, want: `{ "b": 1}`, isJSON: true},
		{payload: `{"a": {$inputs.none}, "b": "{$inputs.none}"}`, want: `{}`, isJSON: true},
		{payload: `{"{": {$inputs.none}, "b": {"c" : "{$inputs.none}" } }`, want: `{ "b": { } }`, isJSON: true},
		{payload: `{"say \"a\"": {$inputs.none}}`, want: `{}`, isJSON: true},
		{payload: `[{$inputs.none}, "{$inputs.none}", {$inputs.n}]`, want: `[null, null, 7]`, isJSON: true},
		{payload: `"{$inputs.none}"`, isJSON: true},
		{payload: `{"a": "x{$inputs.none}"}`, want: `{"a": "x"}`, isJSON: true, hole: true},
		{payload: `{"{$inputs.none}": 1}`, want: `{"": 1}`, isJSON: true, hole: true},
		{payload: `a {$inputs.n}`},
	}
	for _, test := range tests {
		e := Evaluator{Scope: known}
		_, got, ok, isJSON := e.jsonPayload(&program.Body{Payload: text(test.payload)})
		if !ok {
			got = nil
		}
		if string(got) != test.want || isJSON != test.isJSON || (e.Incomplete() != nil) != test.hole {
			t.Errorf("%s: %q, JSON %v, %v; want %q, JSON %v, a hole: %v",
				test.payload, got, isJSON, e.Incomplete(), test.want, test.isJSON, test.hole)
		}
	}
}

func TestWithoutMember(t *testing.T) {
	tests := []struct{ text, want string }{
		{`{"a":@}`, `{}`},
		{`{ "a" : @ }`, `{ }`},
		{`{"a":1,"b":@,"c":2}`, `{"a":1,"c":2}`},
		{`{"a":@,"b":1}`, `{"b":1}`},
		{`{"a\\":@}`, `{}`},
		{`{"x":"\"","a\"b":@}`, `{"x":"\""}`},
		{`{"a":[@]}`, `{"a":[@]}`},
		{`@`, `@`},
	}
	for _, test := range tests {
		at := strings.Index(test.text, "@")
		if got := string(withoutMember([]byte(test.text), at, at+1)); got != test.want {
			t.Errorf("%s: %s; want %s", test.text, got, test.want)
		}
	}
}

func TestWholeString(t *testing.T) {
	tests := []struct {
		text string
		want bool
	}{
		{`{"a": "{$inputs.x}"}`, true},
		{`["{$inputs.x}" , 1]`, true},
		{`{"{$inputs.x}" : 1}`, false},
		{`{"a": "b{$inputs.x}"}`, false},
		{`{"a": "{$inputs.x}b"}`, false},
		{`{"a": "\"{$inputs.x}"}`, false},
		{`{"a": "{$inputs.x}\""}`, false},
		{`{$inputs.x}"`, false},
		{`"{$inputs.x}`, false},
	}
	for _, test := range tests {
		parts := expr.ParseTemplate(test.text, nil).Parts
		for i := range parts {
			if parts[i].Expr != nil && wholeString(parts, i) != test.want {
				t.Errorf("%s: want %v", test.text, test.want)
			}
		}
	}
}
