package secret

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

func TestTextIsMasked(t *testing.T) {
	const special = `a b/"c&<d>`
	tests := []struct {
		secrets []any
		text    string
		want    string
	}{
		{nil, "nothing", "nothing"},
		{[]any{"hunter2"}, "hunter2", "***"},
		{[]any{"hunter2"}, "is hunter2, hunter22 and hunter", "is ***, ***2 and hunter"},
		{[]any{"Bearer hunter2"}, "Bearer hunter2", "Bearer ***"},
		{[]any{int64(9876543210)}, `{"pin":9876543210}`, `{"pin":***}`},
		{[]any{[]any{"first", map[string]any{"a": "second"}}, true, nil}, "first second true", "*** *** true"},
		// Nothing remains of overlapping secrets.
		{[]any{"hunter", "hunter2-long"}, "hunter2-long hunter2-lon", "*** ***2-lon"},
		{[]any{"abcd", "cdefgh"}, "abcdefgh", "***"},
		{[]any{"cdefgh", "abcd"}, "xabcdefghx", "x***x"},
		{[]any{"bcde", "abcdef"}, "abcdef abcde", "*** a***"},
		{[]any{"aaaa"}, "aaaaaaaaa", "***"},
		// Weak secrets are not masked in text.
		{[]any{"abc", "true", "Admin", int64(12)}, "abc true Admin 12", "abc true Admin 12"},
		// All spellings.
		{[]any{special}, `raw a b/"c&<d>.`, "raw ***."},
		{[]any{special}, "query a+b%2F%22c%26%3Cd%3E.", "query ***."},
		{[]any{special}, "strict a%20b%2F%22c%26%3Cd%3E.", "strict ***."},
		{[]any{special}, "path a%20b%2F%22c&%3Cd%3E.", "path ***."},
		{[]any{special}, `{"json": "a b/\"c&<d>"}`, `{"json": "***"}`},
		{[]any{special}, `{"json": "a b/\"c\u0026\u003cd\u003e"}`, `{"json": "***"}`},
		{[]any{special}, `"{\"json\": \"a b/\\\"c\u0026\u003cd\u003e\"}"`, `"{\"json\": \"***\"}"`},
		{[]any{special}, "<xml>a b/&#34;c&amp;&lt;d&gt;</xml>", "<xml>***</xml>"},
		{[]any{special}, "base64 YSBiLyJjJjxkPg==.", "base64 ***==."},
		{[]any{special}, "cookie a%20b/%22c&<d>.", "cookie ***."},
		{[]any{special}, "twice a%252520b no a%2520b%252F%2522c%2526%253Cd%253E.", "twice a%252520b no ***."},
	}
	for _, test := range tests {
		var one, each Set
		for _, secret := range test.secrets {
			one.Add(secret)
			each.Add(secret)
			each.Text("made now") // merges its matchers
		}
		for _, s := range []*Set{&one, &each} {
			if got := s.Text(test.text); got != test.want {
				t.Errorf("%v in %s: %s, want %s", test.secrets, test.text, got, test.want)
			}
			if got := string(s.Bytes([]byte(test.text))); got != test.want {
				t.Errorf("%v in the bytes of %s: %s, want %s", test.secrets, test.text, got, test.want)
			}
		}
	}
}

func TestValuesAreMasked(t *testing.T) {
	var s Set
	s.Add("hunter2")
	s.Add(int64(98765))
	given := map[string]any{"a hunter2": []any{"x hunter2", int64(98765), int64(5), true, nil, []byte("hunter2")}}
	want := map[string]any{"a ***": []any{"x ***", Masked, int64(5), true, nil, []byte("***")}}
	if got := s.Value(given); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if given["a hunter2"] == nil {
		t.Error("the value itself was changed")
	}
	whole := []any{"x", map[string]any{"y": int64(1)}}
	if got := s.Value(whole).([]any); &got[0] != &whole[0] {
		t.Error("a value without secrets was copied")
	}
	if got := s.Header(http.Header{"X": {"hunter2", "y"}}); !reflect.DeepEqual(got, http.Header{"X": {"***", "y"}}) {
		t.Errorf("header: %v", got)
	}
	err := s.Error(fmt.Errorf("at hunter2: %w", io.EOF))
	if err.Error() != "at ***: EOF" || !errors.Is(err, io.EOF) {
		t.Errorf("error: %v", err)
	}
	if err := s.Error(io.EOF); err != io.EOF {
		t.Errorf("an error without secrets: %v", err)
	}
}

// A secret that is longer than its part in the trie is masked whole.
func TestLongSecret(t *testing.T) {
	var s Set
	long := strings.Repeat("0123456789abcdef", 1<<16)
	s.Add(long)
	if got := s.Text("<" + long + ">" + long[:4000] + "<"); got != "<***>***<" {
		t.Errorf("%d bytes are left: %.100s", len(got), got)
	}
	if states := len(s.matchers[0].states); states > 10*maxSpelling {
		t.Errorf("%d states", states)
	}
}

func TestPlacesAreMasked(t *testing.T) {
	isV := func(name string) bool { return name == "v" }
	tests := []struct{ name, got, want string }{
		{"userinfo", Userinfo("https://u:p@h.example/a@b?c@d"), "https://***@h.example/a@b?c@d"},
		{"a URL with variables", Userinfo("https://u:p@{host}/a"), "https://***@{host}/a"},
		{"a URL that does not parse", Userinfo("api=http://u:p/w@h"), "api=http://***@h"},
		{"no scheme", Userinfo("u:p@h"), "***@h"},
		{"no userinfo", Userinfo("https://h.example/a@b"), "https://h.example/a@b"},
		{"pairs", Pairs("a=1&v=2&v[x]=3&%76=4&v&w=v", isV), "a=1&v=***&v[x]=***&%76=***&v&w=v"},
		{"cookies", Cookies("a=1; v=2=3; v", isV), "a=1; v=***; v"},
		{"set cookies", strings.Join(SetCookies(http.Header{"Set-Cookie": {"a=1; Path=/; HttpOnly", "b=2"}})["Set-Cookie"], "|"),
			"a=***; Path=/; HttpOnly|b=***"},
		{"whole", fmt.Sprint(Whole(map[string]any{"a": []any{"x", int64(1), true, "Bearer x"}})), "map[a:[*** *** true Bearer ***]]"},
	}
	for _, test := range tests {
		if test.got != test.want {
			t.Errorf("%s: %s, want %s", test.name, test.got, test.want)
		}
	}
}

func TestRandomTexts(t *testing.T) {
	for text, want := range map[string]bool{
		"english": false, "dark-mode": false, "English language": false, "a1b2": false, "a1b2c3d4": true, "pl/an+ted": true,
	} {
		if Random(text) != want {
			t.Errorf("%q: %v, want %v", text, !want, want)
		}
	}
}

func FuzzNothingOfASecretIsLeft(f *testing.F) {
	f.Add("hunter2", "abcd", "xx hunter2 abcdhunter2")
	f.Add("aaab", "baaa", "aaabaaaaaabaaa")
	f.Fuzz(func(t *testing.T, a, b, text string) {
		var s Set
		s.Add(a)
		s.Add(b)
		got := s.Text(text)
		for _, secret := range []string{a, b} {
			_, secret = Scheme(secret)
			if !Weak(secret) && !strings.Contains(secret, "*") && strings.Contains(got, secret) {
				t.Errorf("%q and %q in %q: %q", a, b, text, got)
			}
		}
	})
}

// Masking a megabyte with a hundred secrets.
func BenchmarkText(b *testing.B) {
	var s Set
	for i := range 100 {
		s.Add(fmt.Sprintf("eyJhbGciOi-%d-secret", i))
	}
	for name, text := range map[string]string{
		"benign": strings.Repeat(`{"id": 12345, "name": "somebody or other"},`, 25_000),
		"hits":   strings.Repeat(`{"id": 12345, "token": "eyJhbGciOi-42-secret"},`, 22_000),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				s.Text(text)
			}
		})
	}
}
