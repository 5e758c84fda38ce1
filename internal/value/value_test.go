package value

import (
	"encoding/json"
	"math"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecode(t *testing.T) {
	tests := []struct {
		text string
		want any
	}{
		{"1", int64(1)}, {"9223372036854775807", int64(9223372036854775807)}, {"9223372036854775808", json.Number("9223372036854775808")},
		{"1.5", 1.5}, {"1e400", json.Number("1e400")}, {"0.1", 0.1}, {"0.1234567890123456789", json.Number("0.1234567890123456789")},
		{`"a"`, "a"}, {"null", nil}, {"[true]", []any{true}}, {`{"a":[]}`, map[string]any{"a": []any{}}},
	}
	for _, test := range tests {
		got, err := Decode([]byte(test.text))
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", test.text, err, diff)
		}
	}
	for _, text := range []string{"", " ", "{", "1 2", "\xff", "'a'", "01", "// c\n1", "[1,]", strings.Repeat("[", 20_000)} {
		if v, err := Decode([]byte(text)); err == nil {
			t.Errorf("%.20q was accepted as %v", text, v)
		}
	}
}

func TestCompareNumbers(t *testing.T) {
	n := json.Number("1e400")
	tests := []struct {
		a, b any
		want int
	}{
		{int64(1), 1.0, 0}, {int64(9007199254740993), float64(9007199254740992), 1},
		{json.Number("9223372036854775808"), int64(9223372036854775807), 1},
		{n, 1e308, 1}, {json.Number("-1e400"), int64(0), -1}, {json.Number("1e999999999999"), n, 1},
		{0.1, json.Number("0.10000000000000000001"), -1},
		{int64(0), json.Number("0e5"), 0}, {json.Number("100e-2"), int64(1), 0}, {int64(-2), int64(-1), -1},
		// exponents that no integer type holds
		{json.Number("1e99999999999999999999"), json.Number("1e30"), 1}, {json.Number("1e-99999999999999999999"), int64(1), -1},
		{json.Number("1e-99999999999999999999"), int64(0), 1}, {json.Number("0e99999999999999999999"), int64(0), 0},
		{json.Number("10e99999999999999999999"), json.Number("1e+100000000000000000000"), 0},
		{json.Number("-1e99999999999999999999"), json.Number("-2e99999999999999999999"), 1},
		{json.Number("12e9223372036854775806"), json.Number("2e9223372036854775807"), -1},
	}
	for _, test := range tests {
		if got := CompareNumbers(test.a, test.b); got != test.want {
			t.Errorf("%v against %v: %d", test.a, test.b, got)
		}
		if got := CompareNumbers(test.b, test.a); got != -test.want {
			t.Errorf("%v against %v: %d", test.b, test.a, got)
		}
	}
}

func TestIsInteger(t *testing.T) {
	for text, want := range map[string]bool{
		"0": true, "-0.0": true, "7": true, "1.0": true, "1.5": false, "10e-1": true, "1e-1": false, "1e999999999": true,
		"1.5e999999999":           true,
		"1e-99999999999999999999": false, "1e99999999999999999999": true, "0e-5": true, "1.00000000000000000001": false,
	} {
		if got := IsInteger(Number(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// TestLargeExponents compares exponents that overflow a 32-bit int.
func TestLargeExponents(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"1e4000000000", "10e3999999999", 0}, {"1e4000000001", "1e4000000000", 1}, {"-1e4000000001", "1e-4000000000", -1},
		{"1e-4000000000", "1e-4000000001", 1},
	} {
		if got := CompareNumbers(json.Number(test.a), json.Number(test.b)); got != test.want {
			t.Errorf("%s against %s: %d", test.a, test.b, got)
		}
	}
}

func TestFrom(t *testing.T) {
	type name struct {
		First string `json:"first"`
	}
	for _, test := range []struct {
		in   any
		want string
	}{
		{map[string]any{"a": []any{1, int8(2), uint(3), float32(0.5)}}, `{"a":[1,2,3,0.5]}`}, {map[string]int{"a": 1}, `{"a":1}`},
		{[]string{"a"}, `["a"]`}, {name{"a"}, `{"first":"a"}`}, {[]byte("hi"), `"aGk="`}, {nil, "null"},
	} {
		v, err := From(test.in)
		if got := string(AppendJSON(nil, v)); err != nil || got != test.want {
			t.Errorf("%v: %s, %v; want %s", test.in, got, err, test.want)
		}
		// Values not converted by From are written the same.
		if got := string(AppendJSON(nil, test.in)); got != test.want {
			t.Errorf("%v is written as %s, want %s", test.in, got, test.want)
		}
	}
	if got := string(AppendJSON(nil, []any{1, make(chan int), "a", math.NaN(), math.Inf(-1)})); got != `[1,null,"a",null,null]` {
		t.Error(got)
	}
}

func TestFromRefusesWhatContainsItself(t *testing.T) {
	object := map[string]any{"a": 1}
	object["self"] = object
	array := []any{nil}
	array[0] = array
	typed := map[string]map[string]any{"a": {}}
	typed["a"]["b"] = typed
	for _, v := range []any{object, array, typed, []any{typed}, make(chan int), math.NaN(), json.Number("x")} {
		if _, err := From(v); err == nil {
			t.Errorf("a %T was taken", v)
		}
	}
}

func TestPointers(t *testing.T) {
	v, err := Decode([]byte(`{"a/b": {"~": [10, {"": 1}]}, "0": "zero"}`))
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]any{"/a~1b/~0/0": int64(10), "/a~1b/~0/1/": int64(1), "/0": "zero", "": v} {
		tokens, err := SplitPointer(pointer)
		got, ok := Find(v, tokens)
		if err != nil || !ok || !Equal(got, want) {
			t.Errorf("%s: %v %t %v", pointer, got, ok, err)
		}
	}
	for _, pointer := range []string{"/a~1b/~0/00", "/a~1b/~0/2", "/a~1b/~0/-", "/x"} {
		tokens, _ := SplitPointer(pointer)
		if got, ok := Find(v, tokens); ok {
			t.Errorf("%s: %v", pointer, got)
		}
	}
	for _, pointer := range []string{"a", "/~", "/~2"} {
		if _, err := SplitPointer(pointer); err == nil {
			t.Errorf("%s was accepted", pointer)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"1e400", "-0", "[1.50,\"\\ud83d\\ude00\"]", `{"a":0.1234567890123456789}`, "100000000000000000000e-20"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Decode([]byte(text))
		if err != nil {
			return
		}
		again, err := Decode(AppendJSON(nil, v))
		if err != nil || !Equal(v, again) {
			t.Fatalf("%s was written as %s: %v", text, AppendJSON(nil, v), err)
		}
	})
}

// TestDecodeBounds: a text of few bytes must not take gigabytes.
func TestDecodeBounds(t *testing.T) {
	const room = 100_000
	for _, test := range []struct {
		item string
		fit  int // into the room
	}{
		{"0", 3123}, {"[]", 1561}, {"[0]", 1041}, {"{}", 1249}, {`{"a":0}`, 249}, {`{"a":0,"b":0}`, 231},
		{`{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0}`, 160}, {`{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0}`, 137},
	} {
		for items, want := range map[int]error{test.fit: nil, test.fit + 1: ErrRoom} {
			text := "[" + strings.Repeat(test.item+",", items-1) + test.item + "]"
			left := Room(room)
			if _, err := left.Decode([]byte(text)); err != want {
				t.Errorf("%d of %s: %v, want %v", items, test.item, err, want)
			}
		}
	}
	for text, want := range map[int]Room{0: 128 << 20, 13 << 20: 130 << 20, 64 << 20: 640 << 20} {
		if got := RoomFor(text); got != want {
			t.Errorf("the room of %d bytes is %d, want %d", text, got, want)
		}
	}
}

// TestRoomIsWhatValuesTake compares the sizes that Room counts with what the
// values take.
func TestRoomIsWhatValuesTake(t *testing.T) {
	if strconv.IntSize < 64 {
		t.Skip("on 32-bit machines values take half of what Room counts, which is for 64 bits")
	}
	for _, item := range []string{"1000", "true", `"abcdefgh"`, "[]", "[1000]", "{}", `{"a":1000}`,
		`{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"j":0,"k":0,"l":0}`} {
		const items = 20_000
		text := []byte("[" + strings.Repeat(item+",", items-1) + item + "]")
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		left := RoomFor(len(text))
		v, err := left.Decode(text)
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(v)
		took, counted := float64(after.HeapAlloc)-float64(before.HeapAlloc), float64(RoomFor(len(text))-left)
		if ratio := counted / took; err != nil || ratio < 0.8 || ratio > 3 {
			t.Errorf("%s: counted %.0f bytes, %.0f are taken (%v)", item, counted/items, took/items, err)
		}
	}
}

func TestParseNumber(t *testing.T) {
	for text, want := range map[string]bool{
		"0": true, "-0": true, "12": true, "-1.5e-7": true, "35e-500": true, "1E+2": true,
		"": false, "-": false, "01": false, "+1": false, "1.": false, ".5": false, "1e": false, "0x1": false, "1 ": false, "35e-500 ": false,
		" 1": false, "1\n": false, "1,": false, "NaN": false, "true": false,
	} {
		if v, ok := ParseNumber(text); ok != want {
			t.Errorf("%q: %v, %v", text, v, ok)
		}
	}
}
