package transport

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/secret"
)

// Hiding returns a jar that passes each value that looks like a secret to hide,
// before it is sent or kept. Others are masked only where cookies are.
func Hiding(jar http.CookieJar, hide func(string)) http.CookieJar { return &hiding{jar, hide} }

type hiding struct {
	http.CookieJar
	hide func(string)
}

func (h *hiding) Cookies(u *url.URL) []*http.Cookie { return h.hidden(h.CookieJar.Cookies(u)) }

func (h *hiding) SetCookies(u *url.URL, cookies []*http.Cookie) {
	h.CookieJar.SetCookies(u, h.hidden(cookies))
}

func (h *hiding) hidden(cookies []*http.Cookie) []*http.Cookie {
	for _, c := range cookies {
		if secret.Random(c.Value) {
			h.hide(c.Value)
		}
	}
	return cookies
}

// Unsent are the cookies that responses have set, in a run without a jar.
type Unsent []unsent

type unsent struct{ source, step, name string }

const maxUnsent = 100

// Note notes the cookies of a response.
func (all *Unsent) Note(source, step string, header http.Header) {
	if header["Set-Cookie"] == nil {
		return
	}
	for _, c := range (&http.Response{Header: header}).Cookies() {
		known := slices.ContainsFunc(*all, func(u unsent) bool { return u.source == source && u.name == c.Name })
		if c.MaxAge >= 0 && !known && len(*all) < maxUnsent {
			*all = append(*all, unsent{source, step, c.Name})
		}
	}
}

// Missing continues the reason of a failure with a cookie that the request
// would have needed, perhaps: if it was answered with 401 or 403, and has not
// sent it in its Cookie field.
func (all Unsent) Missing(source string, status int, cookie string) string {
	if status != http.StatusUnauthorized && status != http.StatusForbidden {
		return ""
	}
	for _, u := range all {
		if u.source == source && !strings.Contains(cookie, u.name+"=") {
			return fmt.Sprintf("; the cookie %q, which the response of step %q set, was not sent (Driver.NewJar keeps cookies)", u.name, u.step)
		}
	}
	return ""
}
