package uri

import "testing"

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"http://h:1/a?b=[c]#d":      "http://h:1/a?b=[c]#d",
		"http://u@[::1]/!$&'()*+,;": "http://u@[::1]/!$&'()*+,;",
		"/ä%2Fb%zz%":                "/%C3%A4%2Fb%zz%",
		" \"<>\\^`{|}\t\x7f\xff":    "%20%22%3C%3E%5C%5E%60%7B%7C%7D%09%7F%FF",
	} {
		if got := Escape(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestPercentOnce(t *testing.T) {
	keep := SetOf(Unreserved)
	for text, want := range map[string]string{
		"a%2fb": "a%2fb", "%": "%25", "100%/%41%4": "100%25%2F%41%254", "é": "%C3%A9",
	} {
		if got := PercentOnce(text, keep); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
