package value

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// exotic are texts on which JSON parsers like to differ.
var exotic = []string{
	`{"a":1,"a":{"b":2}}`, `{"a":{"b":1},"a":2}`, `{"a":{"b":1},"a":{"c":2}}`, `{"a":[1,2],"a":[3]}`,
	`{"\u0061":{"\u0062":"\ud83d\ude00"}}`, `{"a":{"b":"\ud83d"}}`, `{"a":{"b":"\ud83d\u0041"}}`, `{"a":{"b":"\ud83dx"}}`,
	`{"a":{"b":"\ude00\ud83d"}}`,
	`{"a":{"b":"\"\\\/\b\f\n\r\t"}}`, `{"a/b":{"~":[10,{"":1}]},"0":"zero"}`, `[[0,{"b":1}],{"0":2}]`, `{"":{"":{"":0}}}`,
	"{\"a\":{\"b\":\"\xff\"}}", "{\"\xc3\x28\":1,\"a\":1}", "{\"x\":\"\xed\xa0\x80\"}", "\ufeff{}", "{\"a\":\"\u2028é漢\"}",
	`{"a":{"b":123456789012345678901234567890}}`, `{"a":{"b":-0}}`, `{"a":{"b":1e400}}`, `{"a":{"b":0.1e-7}}`, `{"a":01}`, `{"a":-}`,
	`{"a":1.}`, `{"a":1e}`, `{"a":.5}`, `{"a":+1}`,
	`{"a":{"b":1}} `, `{"a":{"b":1}}x`, `{"a":{"b":1}}{}`, `{"a":{"b":1}`, `{"a":{"b":1},}`, `{"a":[1,]}`, `{"a":[,1]}`, `{"a" 1}`,
	`{"a":}`, `{a:1}`, `{'a':1}`, `{"a":1 "b":2}`, `[1 2]`, `[1}`, `{"a":1]`, `]`, `}`,
	`{"a":{"b":tru}}`, `{"a":nul}`, `{"a":falsey}`, `truex`, `"a`, `"a\`, `"\u12"`, `"\x"`, "\"\t\"", "\"\x00\"", "\x00", "", " ", `null`,
	` "x" `, "\v1", `{"a":1}//c`,
	`{"z":[{"a":{"b":[[[{"c":[1,{"d":[]}]}]]]}}],"a":{"b":[{"c":1},{"c":{"d":"long enough to be read in words of eight bytes"}}]}}`,
	strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
	`{"a":` + strings.Repeat(`{"b":`, 9_999) + "1" + strings.Repeat("}", 10_000), `{"a":` + strings.Repeat(`{"b":`, 10_000) + "1" +
		strings.Repeat("}", 10_001),
	`{"x":` + strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999) + `,"a":{"b":1}}`, `{"x":` + strings.Repeat("[", 10_000) +
		strings.Repeat("]", 10_000) + `,"a":{"b":1}}`,
}

func FuzzDecodeLikeEncodingJSON(f *testing.F) {
	for _, text := range exotic {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		want, err := decodeSlowly(text)
		got, _, ok := decode(text, LeastRoom)
		if ok != (err == nil) {
			t.Fatalf("%.200q: read: %t; encoding/json: %v", text, ok, err)
		}
		if ok && !reflect.DeepEqual(got, want) {
			t.Fatalf("%.200q: %.200v, want %.200v", text, got, want)
		}
	})
}

// FuzzPlaces compares what one pass finds with a text that is decoded whole.
// pointers are JSON Pointers, one per line.
func FuzzPlaces(f *testing.F) {
	for _, text := range exotic {
		f.Add([]byte(text), "/a/b\n/a/b/1/c\n/a~1b/~0/1\n//\n/0")
		f.Add([]byte(text), "/a\n/a/b\n/0/1/b")
		f.Add([]byte(text), "")
	}
	f.Fuzz(func(t *testing.T, text []byte, pointers string) {
		var places Places
		var paths [][]string
		for _, pointer := range strings.Split(pointers, "\n") {
			tokens, err := SplitPointer(pointer)
			if err != nil {
				continue
			}
			i, ok := places.Add(PointerSegments(tokens))
			if !ok {
				t.Fatalf("%q has rivals among pointers", pointer)
			}
			if i == len(paths) {
				paths = append(paths, tokens)
			}
		}
		whole, err := decodeSlowly(text)
		found, ok := places.Read(text, nil)
		if ok != (err == nil) {
			t.Fatalf("%.200q: read: %t; encoding/json: %v", text, ok, err)
		}
		if !ok {
			return
		}
		for i, tokens := range paths {
			v, there := Find(whole, tokens)
			if want := (Found{v, there}); !reflect.DeepEqual(found[i], want) {
				t.Fatalf("%.200q at %q: %v, want %v", text, tokens, found[i], want)
			}
		}
	})
}

func TestPlacesOfOtherKinds(t *testing.T) {
	const text = `{"a": [{"0": "name"}, "one"], "0": ["element"]}`
	name := func(s string) Segment { return Segment{Name: s, Named: true} }
	element := func(i int) Segment { return Segment{Index: i, Indexed: true} }
	tests := []struct {
		path []Segment
		want Found
	}{
		{[]Segment{name("a"), element(1)}, Found{"one", true}},
		{[]Segment{name("a"), name("1")}, Found{}},
		{[]Segment{element(0)}, Found{}},
		{[]Segment{name("0"), element(0)}, Found{"element", true}},
		{[]Segment{name("a"), element(0), name("0")}, Found{"name", true}},
	}
	whole, err := Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		var places Places
		if _, ok := places.Add(test.path); !ok {
			t.Fatal("a lonely path has rivals")
		}
		found, ok := places.Read([]byte(text), nil)
		if !ok || found[0] != test.want {
			t.Errorf("%v: %v, want %v", test.path, found[0], test.want)
		}
		if v, ok := Follow(whole, test.path); (Found{v, ok}) != test.want {
			t.Errorf("%v followed: %v, want %v", test.path, v, test.want)
		}
	}
	var places Places
	places.Add([]Segment{name("a"), element(0)})
	if _, ok := places.Add([]Segment{name("a"), {Name: "0", Named: true, Indexed: true}}); ok {
		t.Error("a token beside an index was accepted: both may lead to one element")
	}
}

// TestDepth compares the nesting limit with that of encoding/json for values
// that are read and for values that are skipped, whatever is innermost.
func TestDepth(t *testing.T) {
	var places Places
	places.Add(PointerSegments([]string{"x"}))
	for _, depth := range []int{maxDepth - 1, maxDepth, maxDepth + 1} {
		for _, innermost := range []string{"", "0"} {
			for _, brackets := range [][2]string{{"[", "]"}, {`{"a":[`, "]}"}} {
				n := depth / (len(brackets[1]))
				text := []byte(strings.Repeat(brackets[0], n) + innermost + strings.Repeat(brackets[1], n))
				want := json.Valid(text)
				_, err := Decode(text)
				if _, ok := places.Read(text, nil); ok != want || err == nil != want {
					t.Errorf("%d levels of %s: places %v, decoded %v, want %v", depth, brackets[0], ok, err == nil, want)
				}
				if end := Skip(text, 0, maxDepth); (end == len(text)) != want {
					t.Errorf("%d levels of %s: passed over to %d, want %v", depth, brackets[0], end, want)
				}
			}
		}
	}
}

func page(size int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"id":"list","data":[`)
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `{"id":"item_%06d","name":"Item number %d","price":%d.%02d,"stock":%d,"active":%t,"tags":["a","b%d"],"note":null},`, i, i,
			i%90, i%100, i*7, i%3 == 0, i%10)
	}
	b.WriteString(`null],"page":{"next":"list_2"}}`)
	return b.Bytes()
}

func BenchmarkText(b *testing.B) {
	text := page(40_000)
	var places Places
	places.Add(PointerSegments([]string{"id"}))
	places.Add(PointerSegments([]string{"page", "next"}))
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
	var found []Found
	run("places", func() { found, _ = places.Read(text, found) })
	run("decode", func() { decode(text, LeastRoom) })
	run("json", func() { var v any; json.Unmarshal(text, &v) })
	run("valid", func() { json.Valid(text) })
}
