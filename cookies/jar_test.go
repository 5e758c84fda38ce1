package cookies

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// sent are the cookies that go to a URL.
func sent(t *testing.T, j *Jar, to string) string {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, c := range j.Cookies(u) {
		list = append(list, strings.TrimPrefix(c.String(), "Cookie: "))
	}
	slices.Sort(list)
	return strings.Join(list, "; ")
}

func set(t *testing.T, j *Jar, from string, lines ...string) {
	t.Helper()
	u, err := url.Parse(from)
	if err != nil {
		t.Fatal(err)
	}
	j.SetCookies(u, (&http.Response{Header: http.Header{"Set-Cookie": lines}}).Cookies())
}

func text(t *testing.T, j *Jar) string {
	t.Helper()
	var b strings.Builder
	if _, err := j.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	body, ok := strings.CutPrefix(b.String(), "# Netscape HTTP Cookie File\n\n")
	if !ok {
		t.Errorf("no head: %q", b.String())
	}
	return body
}

// What a jar sends after it has been stored is what it sent before.
func TestStoredAndRead(t *testing.T) {
	tests := []struct {
		name, from string
		lines      []string
		stored     string            // | is a tab
		sent       map[string]string // by URL
	}{
		{name: "of a host", from: "https://h.example/a/b", lines: []string{"s=1"}, stored: "h.example|FALSE|/a|FALSE|0|s|1\n",
			sent: map[string]string{"https://h.example/a": "s=1", "http://h.example/a/c": "s=1", "https://h.example/": "",
				"https://x.h.example/a": ""}},
		{name: "of a domain", from: "https://h.example.com/", lines: []string{"s=1; Domain=Example.com; Path=/"},
			stored: ".example.com|TRUE|/|FALSE|0|s|1\n",
			sent:   map[string]string{"https://example.com/": "s=1", "https://x.example.com/y": "s=1", "https://example.org/": ""}},
		{name: "of a public suffix", from: "https://h.co.uk/", lines: []string{"s=1; Domain=co.uk", "t=2; Domain=github.io"}, stored: "",
			sent: map[string]string{"https://h.co.uk/": "", "https://other.co.uk/": ""}},
		{name: "of another host", from: "https://h.example/", lines: []string{"s=1; Domain=other.example"}, stored: "",
			sent: map[string]string{"https://other.example/": "", "https://h.example/": ""}},
		{name: "secure, not for scripts", from: "https://h.example/", lines: []string{"s=1; Secure; HttpOnly"},
			stored: "#HttpOnly_h.example|FALSE|/|TRUE|0|s|1\n", sent: map[string]string{"https://h.example/": "s=1", "http://h.example/": ""}},
		{name: "that lasts", from: "https://h.example/", lines: []string{"a=1; Max-Age=100", "b=2; Expires=Sat, 01 Jan 2000 00:01:00 GMT"},
			stored: "h.example|FALSE|/|FALSE|946684860|b|2\nh.example|FALSE|/|FALSE|946684900|a|1\n",
			sent:   map[string]string{"https://h.example/": "a=1; b=2"}},
		{name: "removed", from: "https://h.example/", lines: []string{"a=1", "b=2", "a=; Max-Age=0", "b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"},
			stored: "", sent: map[string]string{"https://h.example/": ""}},
		{name: "replaced", from: "https://h.example/", lines: []string{"a=1", "a=2"}, stored: "h.example|FALSE|/|FALSE|0|a|2\n",
			sent: map[string]string{"https://h.example/": "a=2"}},
		{name: "one name at two paths", from: "https://h.example/", lines: []string{"a=1; Path=/", "a=2; Path=/x"},
			stored: "h.example|FALSE|/x|FALSE|0|a|2\nh.example|FALSE|/|FALSE|0|a|1\n", sent: map[string]string{"https://h.example/x": "a=1; a=2"}},
		{name: "quoted, and with characters of its own", from: "https://h.example/", lines: []string{`q="a b"`, "e=a=b==", "n="},
			stored: "h.example|FALSE|/|FALSE|0|e|a=b==\nh.example|FALSE|/|FALSE|0|n|\nh.example|FALSE|/|FALSE|0|q|\"a b\"\n",
			sent:   map[string]string{"https://h.example/": `e=a=b==; n=; q="a b"`}},
		{name: "of an address", from: "http://127.0.0.1:8080/", lines: []string{"a=1"}, stored: "127.0.0.1|FALSE|/|FALSE|0|a|1\n",
			sent: map[string]string{"http://127.0.0.1:9090/": "a=1"}},
		{name: "of an IPv6 address", from: "http://[::1]:8080/", lines: []string{"a=1"}, stored: "::1|FALSE|/|FALSE|0|a|1\n",
			sent: map[string]string{"http://[::1]/": "a=1"}},
		{name: "of a name without a domain", from: "http://localhost/", lines: []string{"a=1"}, stored: "localhost|FALSE|/|FALSE|0|a|1\n",
			sent: map[string]string{"http://localhost:1/": "a=1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // time begins in 2000
				j := New()
				set(t, j, test.from, test.lines...)
				stored := text(t, j)
				lines := strings.SplitAfter(strings.ReplaceAll(test.stored, "|", "\t"), "\n")
				slices.Sort(lines)
				if want := strings.Join(lines, ""); stored != want {
					t.Errorf("stored as\n%s\nwant\n%s", stored, want)
				}
				again, err := Read(strings.NewReader(stored))
				if err != nil {
					t.Fatal(err)
				}
				if text(t, again) != stored {
					t.Errorf("stored again as\n%s", text(t, again))
				}
				for _, jar := range []*Jar{j, again} {
					for to, want := range test.sent {
						if got := sent(t, jar, to); got != want {
							t.Errorf("to %s: %q, want %q", to, got, want)
						}
					}
				}
			})
		})
	}
}

func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := New()
		set(t, j, "https://h.example/", "a=1; Max-Age=100")
		stored := text(t, j)
		time.Sleep(2 * time.Minute) // in virtual time
		if got := text(t, j); got != "" || sent(t, j, "https://h.example/") != "" {
			t.Errorf("after its time: %q", got)
		}
		again, err := Read(strings.NewReader(stored))
		if err != nil || text(t, again) != "" {
			t.Errorf("read after its time: %v, %q", err, text(t, again))
		}
	})
}

// What other programs write is read; what is wrong is told without a secret.
func TestReadOfOthers(t *testing.T) {
	for file, want := range map[string]string{
		"# a comment\r\n\r\nh.example\tFALSE\t/\tFALSE\t0\ta\t1\r\n":      "a=1",
		"#HttpOnly_h.example\tFALSE\t/\tTRUE\t0\ta\t1":                    "a=1",
		".example\tTRUE\t/\tFALSE\t0\ta\t1\n":                             "",
		"h.example\tFALSE\t/\tFALSE\t4102444800\ta\t1\n":                  "a=1",
		"h.example\tFALSE\t/\tFALSE\t0\ta\thunter22\textra\n":             "line 1: 8 fields",
		"\nh.example FALSE / FALSE 0 a hunter22\n":                        "line 2: 1 fields",
		"h.example\tFALSE\t/\tFALSE\tsoon\ta\thunter22\n":                 "line 1: the time of expiry",
		"h.example\tFALSE\t/\tFALSE\t-1\ta\thunter22\n":                   "line 1: the time of expiry",
		"h.example\tFALSE\tx\tFALSE\t0\ta\thunter22\n":                    "line 1: the path",
		"[{\"name\": \"a\", \"value\": \"hunter22\"}]\n":                  "line 1: 1 fields",
		"h.example\tFALSE\t/\tFALSE\t0\ta\t" + strings.Repeat("x", 1<<17): "too long",
	} {
		j, err := Read(strings.NewReader(file))
		switch {
		case err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter22")):
			t.Errorf("%.80q: %v", file, err)
		case err == nil && sent(t, j, "https://h.example/") != want:
			t.Errorf("%.80q: sends %q, want %q", file, sent(t, j, "https://h.example/"), want)
		}
	}
}
