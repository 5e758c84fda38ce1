package transport

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/secret"
)

// withCookies returns the request with the cookies that its jar has for a URL.
func (r *Request) withCookies(at string) *Request {
	u, err := url.Parse(at)
	if err != nil {
		return r
	}
	with := *r
	var own []*http.Cookie
	for _, line := range r.Header["Cookie"] {
		// What cannot be understood stays, and has no name that the jar could repeat.
		cookies, _ := http.ParseCookie(line)
		own = append(own, cookies...)
	}
	for _, c := range r.Jar.Cookies(u) {
		if !named(own, c.Name) {
			with.Cookies = append(with.Cookies, c)
		}
	}
	if len(with.Cookies) == 0 {
		return r
	}
	pairs := append([]string(nil), r.Header["Cookie"]...)
	for _, c := range with.Cookies {
		pairs = append(pairs, strings.TrimPrefix((&http.Cookie{Name: c.Name, Value: c.Value, Quoted: c.Quoted}).String(), "Cookie: "))
	}
	with.Header = r.Header.Clone()
	if with.Header == nil {
		with.Header = http.Header{}
	}
	with.Header["Cookie"] = []string{strings.Join(pairs, "; ")}
	return &with
}

func named(cookies []*http.Cookie, name string) bool {
	for _, c := range cookies {
		if c.Name == name {
			return true
		}
	}
	return false
}

// keepCookies adds the cookies of a response to the jar.
func keepCookies(r *Request, resp *http.Response) {
	u, err := url.Parse(r.URL)
	if cookies := resp.Cookies(); err == nil && len(cookies) > 0 {
		r.Jar.SetCookies(u, cookies)
	}
}

// Added returns a header with the fields of another, unless it has them itself.
func Added(header, more http.Header) http.Header {
	if len(more) == 0 {
		return header
	}
	with := header.Clone()
	if with == nil {
		with = http.Header{}
	}
	for name, values := range more {
		if _, own := with[http.CanonicalHeaderKey(name)]; !own {
			with[http.CanonicalHeaderKey(name)] = values
		}
	}
	return with
}

// Shown returns the header of a sent request for people to see: without the
// values of the fields that were [Added], and of the cookies of the jar.
func Shown(sent *Request, added http.Header) http.Header {
	header := secret.Fields(sent.Header, added)
	if len(sent.Cookies) == 0 {
		return header
	}
	header = header.Clone()
	header.Set("Cookie", secret.Cookies(header.Get("Cookie"), func(name string) bool { return named(sent.Cookies, name) }))
	return header
}
