package explain

import (
	"strings"
	"testing"
)

func TestExcerpt(t *testing.T) {
	tests := []struct{ name, contentType, body, want string }{
		{"nothing", "text/plain", "", ""},
		{"JSON", "application/json", "{\"a\": [1,\n 2]}", `{"a":[1,2]}`},
		{"text", "text/html", "<p>\n  not\tfound\r\n</p>\n", "<p> not found </p>"},
		{"as long as it may be", "", strings.Repeat("ab", mostSaid/2), strings.Repeat("ab", mostSaid/2)},
		{"longer", "", strings.Repeat("ab", mostSaid), strings.Repeat("ab", mostSaid/2) + "… (4000 bytes)"},
		{"longer, cut in a character", "", "a" + strings.Repeat("ä", mostSaid/2), "a" + strings.Repeat("ä", mostSaid/2-1) + "… (2001 bytes)"},
		{"not text", "image/png", "\x89PNG\xff\xfe", "6 bytes of image/png"},
		{"not text, and longer", "", strings.Repeat("\xff", 3000), "3000 bytes of an unknown type"},
	}
	for _, test := range tests {
		if got := Excerpt(test.contentType, []byte(test.body)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
