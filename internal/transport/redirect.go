package transport

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/uri"
)

const maxRedirects = 10

// redirected makes the request that a response asks for, or nil if it asks for
// none, or for one that cannot be understood. The method changes as in browsers
// (RFC 9110 §15.4: POST to GET for 301 and 302, all to GET for 303). A redirect
// never leads from https to http, and never takes to another origin what a
// workflow put into a header or a body. What was dropped once does not come
// back: the header is made from that of the previous request.
func redirected(last *Request, resp *http.Response) (*Request, error) {
	method := last.Method
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound:
		if method == http.MethodPost {
			method = http.MethodGet
		}
	case http.StatusSeeOther:
		if method != http.MethodHead {
			method = http.MethodGet
		}
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	target := location(resp)
	switch {
	case target == nil:
		return nil, nil
	case target.Scheme != "http" && target.Scheme != "https":
		return nil, fmt.Errorf("a redirect to a URL of the scheme %q is not followed", target.Scheme)
	case resp.Request.URL.Scheme == "https" && target.Scheme == "http":
		return nil, errors.New("a redirect from https to http is not followed")
	}
	next := &Request{Method: method, URL: target.String(), Header: last.Header, Body: last.Body, Authorize: last.Authorize,
		Jar: last.Jar, Client: last.Client, Hop: last.Hop + 1, Redirected: last.Redirected}
	if next.Method != last.Method {
		next.Body = nil
	}
	if origin(resp.Request.URL) != origin(target) {
		if len(next.Body) > 0 {
			return nil, fmt.Errorf("a redirect (%d) to another origin, %s, is not followed: the body of the %s would go there; "+
				"use that origin as the server if it is the right one", resp.StatusCode, origin(target), next.Method)
		}
		next.Header = only(next.Header, "Accept", "Accept-Encoding", "User-Agent")
		next.Redirected, next.Client = true, nil
	}
	if next.Body == nil {
		next.Header = next.Header.Clone()
		for _, name := range contentHeaders {
			next.Header.Del(name)
		}
	}
	return next, nil
}

// location returns the target of a response, or nil if there is none or it
// cannot be understood.
func location(resp *http.Response) *url.URL {
	text := resp.Header.Get("Location")
	if text == "" {
		return nil
	}
	target, err := resp.Request.URL.Parse(uri.Escape(text))
	if err != nil || target.Host == "" && target.Opaque == "" && strings.HasPrefix(target.Scheme, "http") {
		return nil
	}
	target.Fragment, target.RawFragment = "", "" // never sent
	return target
}

// origin returns the origin of a URL (RFC 6454).
func origin(u *url.URL) string {
	host := strings.ToLower(u.Host)
	host = strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[u.Scheme])
	return u.Scheme + "://" + host
}

// contentHeaders describe a body and are sent only with it.
var contentHeaders = []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"}

// only returns a header with only the fields of some names.
func only(header http.Header, names ...string) http.Header {
	kept := http.Header{}
	for _, name := range names {
		if values := header.Values(name); values != nil {
			kept[name] = values
		}
	}
	return kept
}
