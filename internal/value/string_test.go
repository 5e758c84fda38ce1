package value

import (
	"encoding/json"
	"testing"
)

// FuzzAppendString reads back what was written.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "a\"b\\c", "\x00\x1f\n\r\t\x7f", "é漢😀\u2028", "\xff", "a\xc3", "\xed\xa0\x80", "\ufffd",
		"<&>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		if err := json.Unmarshal(AppendString(nil, s), &got); err != nil || got != string([]rune(s)) {
			t.Fatalf("%q was written as %s: %v", s, AppendString(nil, s), err)
		}
	})
}
