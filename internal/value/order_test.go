package value

import "testing"

// Text without blanks is the same after it was read and written in its order.
func TestOrderOf(t *testing.T) {
	for text, want := range map[string]string{
		`{"z":1,"a":{"y":[{"x":1,"b":2}],"c":{}},"m":[]}`: "",
		`[1,{"b":1,"a":2},[[{"d":1,"c":2}]]]`:             "",
		`{"\u0062":1,"a":{"q":1,"p":2}}`:                  `{"b":1,"a":{"q":1,"p":2}}`,
		`{"b":1,"a":2,"b":{"d":1,"c":2}}`:                 `{"b":{"d":1,"c":2},"a":2}`,
		`17`:                                              "",
		" { \"b\" : 1 ,\n\"a\" : \"x\" } ":                `{"b":1,"a":"x"}`,
	} {
		v, err := Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = text
		}
		if got := string(AppendOrdered(nil, v, OrderOf([]byte(text)))); got != want {
			t.Errorf("%s becomes %s, not %s", text, got, want)
		}
	}
	for _, text := range []string{"", "{", `{"a"`, `{"a":`, `{"a":1`, `[`, `[1,`, `{"a":[}`, `{1:2}`} {
		if o := OrderOf([]byte(text)); o != nil {
			t.Errorf("%s has an order: %v", text, o)
		}
	}
}

func TestOrderWithPlacesThatAreNotThere(t *testing.T) {
	o := &Order{Names: []string{"a"}}
	for _, tokens := range [][]string{{"a", "b", "c"}, {"l", "9999999999"}, {"l", "-5", "x"}, {"x", "y"}} {
		v := map[string]any{"a": "text", "l": []any{int64(1)}}
		if got := o.With(v, tokens, nil); got == nil || len(got.Names) > 2 {
			t.Errorf("%v: %v", tokens, got)
		}
	}
}
