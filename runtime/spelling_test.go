package runtime

import (
	"strings"
	"testing"
)

// A secret is found in each of the ways in which a request may write it.
func TestSecretsAreMaskedInEverySpelling(t *testing.T) {
	x := &Execution{secrets: []string{`a b/"c&<d>`}}
	for _, text := range []string{
		`raw a b/"c&<d>`,
		"query a+b%2F%22c%26%3Cd%3E",
		"strict a%20b%2F%22c%26%3Cd%3E",
		"path a%20b%2F%22c&%3Cd%3E",
		`{"json": "a b/\"c&<d>"}`,
		"<xml>a b/&#34;c&amp;&lt;d&gt;</xml>",
	} {
		for _, masked := range []string{x.maskText(text), string(x.maskBytes([]byte(text)))} {
			if !strings.Contains(masked, "***") || strings.Contains(masked, "c&") || strings.Contains(masked, "c%26") {
				t.Errorf("%s: %s", text, masked)
			}
		}
	}
}
