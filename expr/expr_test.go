package expr_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/gobelin-dev/gobelin/expr"
	"github.com/google/go-cmp/cmp"
)

var roots = []string{
	"$inputs.a", "$outputs.a", "$steps.s.outputs.a", "$steps.s", "$workflows.w.inputs.a", "$workflows.w.outputs.a", "$workflows.w",
	"$sourceDescriptions.s.url", "$sourceDescriptions.s", "$components.parameters.p", "$self", "$url", "$method", "$statusCode",
	"$request.header.a", "$request.query.a", "$request.path.a", "$request.body", "$request.body#/a", "$response.header.a", "$response.body",
}

// In the zero Env everything is missing.
func TestZeroEnv(t *testing.T) {
	for _, text := range roots {
		e, err := expr.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := e.Eval(expr.Env{}); v != nil || ok {
			t.Errorf("%s is %v, %t", text, v, ok)
		}
		if e.String() != text {
			t.Errorf("%s is written %s", text, e)
		}
		if text, ok := expr.ParseTemplate("a{" + text + "}b").Eval(expr.Env{}); text != "" || ok {
			t.Errorf("the template is %q, %t", text, ok)
		}
	}
}

// What is not in the agreement with a run: a run has no such values in an output.
func TestEval(t *testing.T) {
	type user struct {
		Name string `json:"name"`
	}
	cycle := map[string]any{"n": 1}
	cycle["self"] = cycle
	env := expr.Env{
		Inputs: map[string]any{
			"": "empty", "user": user{"Ann"}, "users": []user{{"Ann"}, {"Bob"}}, "nested": map[string]any{"user": &user{"Cy"}},
			"nan": math.NaN(), "chan": make(chan int), "cycle": cycle, "bytes": []byte{0xff}, "n": uint8(7), "number": json.Number("5"),
			"digits": json.Number("123456789012345678901234567890"), "raw": json.RawMessage(`{"a":[1]}`), "bad": json.RawMessage(`{`),
		},
		Outputs:    map[string]any{"a.b": 1, "a": map[string]any{"c": 2}},
		Workflows:  map[string]expr.Workflow{"w.x": {Outputs: map[string]any{"o": 3}}, "w": {Inputs: map[string]any{"i": 4}}},
		StatusCode: 204,
		Request:    expr.Request{Body: json.RawMessage("null")},
	}
	for _, test := range []struct {
		text string
		want any // nil: missing
	}{
		{"$inputs.user", map[string]any{"name": "Ann"}},
		{"$inputs.user#/name", "Ann"},
		{"$inputs.user.name", "Ann"},
		{"$inputs.users[1].name", "Bob"},
		{"$inputs.nested#/user/name", "Cy"},
		{"$inputs.nested", map[string]any{"user": map[string]any{"name": "Cy"}}},
		{"$inputs.nan", nil},
		{"$inputs.chan", nil},
		{"$inputs.cycle", nil},
		{"$inputs.cycle#/n", int64(1)},
		{"$inputs.cycle#/none", nil},
		{"$inputs.bytes", []byte{0xff}},
		{"$inputs.n", int64(7)},
		{"$inputs.number", int64(5)},
		{"$inputs.digits", json.Number("123456789012345678901234567890")},
		{"$inputs.raw#/a/0", int64(1)},
		{"$inputs.bad", nil},
		{"$outputs.a.b", int64(1)},
		{"$outputs.a.c", int64(2)},
		{"$workflows.w.x.outputs.o", int64(3)},
		{"$workflows.w.inputs.i", int64(4)},
		{"$response.body#/a", nil},
	} {
		e, err := expr.Parse(test.text)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := e.Eval(env); ok != (test.want != nil) || !cmp.Equal(v, test.want) {
			t.Errorf("%s is %#v, %t", test.text, v, ok)
		}
	}
	for _, text := range []string{"$request.body", "$response.body"} {
		if e, err := expr.Parse(text); err != nil {
			t.Fatal(err)
		} else if v, ok := e.Eval(env); v != nil || !ok {
			t.Errorf("%s is %v, %t, not null", text, v, ok)
		}
	}
}

// What Eval returns is not part of the Env.
func TestEvalCopies(t *testing.T) {
	env := expr.Env{Inputs: map[string]any{"o": map[string]any{"l": []any{int64(1)}}}}
	e, err := expr.Parse("$inputs.o")
	if err != nil {
		t.Fatal(err)
	}
	v, _ := e.Eval(env)
	v.(map[string]any)["l"].([]any)[0] = "changed"
	if got, _ := e.Eval(env); !cmp.Equal(got, map[string]any{"l": []any{int64(1)}}) {
		t.Errorf("%v", got)
	}
}

func TestMissing(t *testing.T) {
	c, err := expr.ParseCondition("$inputs.a == 1 || $inputs.b == '{$inputs.c}' || $inputs.a == $inputs.d")
	if err != nil {
		t.Fatal(err)
	}
	got := c.Missing(expr.Env{Inputs: map[string]any{"b": nil}})
	if diff := cmp.Diff([]string{"$inputs.a", "$inputs.c", "$inputs.d"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSyntaxErrors(t *testing.T) {
	_, ofExpression := expr.Parse("$inputs.")
	_, ofCondition := expr.ParseCondition("$inputs.a = 1")
	for _, test := range []struct {
		err    error
		text   string
		offset int
	}{{ofExpression, "$inputs.", 8}, {ofCondition, "$inputs.a = 1", 10}} {
		var invalid *expr.SyntaxError
		if !errors.As(test.err, &invalid) || invalid.Text != test.text || invalid.Offset != test.offset || invalid.Message == "" {
			t.Errorf("%#v", test.err)
			continue
		}
		if want := invalid.Message + "\n" + test.text + "\n" + strings.Repeat(" ", test.offset) + "^"; invalid.Error() != want {
			t.Errorf("%s", invalid)
		}
	}
	invalid := expr.ParseTemplate("a {$inputs.} {$foo} {text} {$inputs.a}").Invalid()
	if len(invalid) != 1 || invalid[0].Offset != len("a {$inputs.") {
		t.Errorf("%v", invalid)
	}
}

// Goroutines share what is parsed and the Env; the race detector looks on.
func TestConcurrency(t *testing.T) {
	e, err := expr.Parse("$response.body#/list")
	if err != nil {
		t.Fatal(err)
	}
	c, err := expr.ParseCondition("$inputs.n == 5 && $request.path.id == 7")
	if err != nil {
		t.Fatal(err)
	}
	template, shared := expr.ParseTemplate("{$inputs.list}{$steps.prior.outputs.id}"), env()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if v, ok := e.Eval(shared); !ok || len(v.([]any)) != 2 {
				t.Error(v)
			}
			if !c.Eval(shared) {
				t.Error("not met")
			}
			if text, ok := template.Eval(shared); !ok || text != `[1,{"k":"v"}]7` {
				t.Error(text)
			}
		})
	}
	wg.Wait()
}

// No exported name of the package needs an internal type.
func TestPublicTypes(t *testing.T) {
	var seen = map[reflect.Type]bool{}
	var look func(reflect.Type)
	look = func(typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		if strings.Contains(typ.PkgPath(), "/internal/") {
			t.Errorf("%s is exported", typ)
		}
		for i := range typ.NumMethod() {
			look(typ.Method(i).Type)
		}
		switch typ.Kind() {
		case reflect.Func:
			for i := range typ.NumIn() {
				look(typ.In(i))
			}
			for i := range typ.NumOut() {
				look(typ.Out(i))
			}
		case reflect.Pointer, reflect.Slice, reflect.Map:
			look(typ.Elem())
		case reflect.Struct:
			for i := range typ.NumField() {
				if typ.Field(i).IsExported() {
					look(typ.Field(i).Type)
				}
			}
		}
	}
	for _, v := range []any{expr.Parse, expr.ParseTemplate, expr.ParseCondition, &expr.SyntaxError{}} {
		look(reflect.TypeOf(v))
	}
}
