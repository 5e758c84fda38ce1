package runtime

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/secret"
)

// jar is the jar of a run. Cookies that look like secrets are masked wherever
// they occur, the others where cookies are.
type jar struct {
	http.CookieJar
	x *Execution
}

func (j *jar) Cookies(u *url.URL) []*http.Cookie { return j.hide(j.CookieJar.Cookies(u)) }

func (j *jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.CookieJar.SetCookies(u, j.hide(cookies))
}

func (j *jar) hide(cookies []*http.Cookie) []*http.Cookie {
	for _, c := range cookies {
		if secret.Random(c.Value) {
			j.x.Hide(c.Value)
		}
	}
	return cookies
}

// unsentCookie is one that a response has set, and that nothing sends back.
type unsentCookie struct{ source, name, step string }

// noteCookies notes which cookies a response sets, if there is no jar for them.
func (x *Execution) noteCookies(f *frame, header http.Header) {
	if x.jar != nil || header["Set-Cookie"] == nil {
		return
	}
	s := x.step(f)
	for _, c := range (&http.Response{Header: header}).Cookies() {
		if c.MaxAge >= 0 && !slices.ContainsFunc(x.unsent, func(u unsentCookie) bool { return u.name == c.Name }) {
			x.unsent = append(x.unsent, unsentCookie{s.Source.Qualified, c.Name, s.ID})
		}
	}
}

// unsentFor says which cookies a request would have needed, perhaps, that was
// answered with 401 or 403.
func (x *Execution) unsentFor(f *frame) string {
	if e := f.Exchange; e != nil && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden) {
		sent, source := e.Header.Get("Cookie"), x.step(f).Source.Qualified
		for _, u := range x.unsent {
			if u.source == source && !strings.Contains(sent, u.name+"=") {
				return x.secrets.Text(fmt.Sprintf("; the cookie %q, which the response of step %q set, was not sent (Driver.NewJar keeps cookies)",
					u.name, u.step))
			}
		}
	}
	return ""
}
