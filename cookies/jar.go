// Package cookies keeps the cookies of a session, and stores them.
package cookies

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"
)

// A Jar is an [http.CookieJar] that can be stored: it decides as
// [net/http/cookiejar] does, with the public suffix list, which cookies go where.
// Its text is the file of Netscape, which curl, wget and browsers' tools read and
// write. What it holds is as secret as a password. It is safe for concurrent use;
// make one with [New] or [Read].
type Jar struct {
	jar *cookiejar.Jar

	mu   sync.Mutex
	kept map[key]kept
}

// key identifies a cookie (RFC 6265, section 5.3).
type key struct{ domain, path, name string }

type kept struct {
	value    string
	whole    bool // the domain, not the host alone
	secure   bool
	httpOnly bool
	expires  time.Time // zero: with the session
}

// New returns an empty Jar.
func New() *Jar {
	jar, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // never fails
	return &Jar{jar: jar, kept: map[key]kept{}}
}

// Cookies returns the cookies to send to a URL.
func (j *Jar) Cookies(u *url.URL) []*http.Cookie { return j.jar.Cookies(ported(u)) }

// SetCookies keeps the cookies of a response from a URL.
func (j *Jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.jar.SetCookies(ported(u), cookies)
	for _, c := range cookies {
		k := key{strings.ToLower(strings.TrimPrefix(c.Domain, ".")), c.Path, c.Name}
		if k.domain == "" || publicSuffix(k.domain) {
			k.domain = strings.ToLower(u.Hostname())
		}
		if !strings.HasPrefix(k.path, "/") {
			k.path = defaultPath(u.Path)
		}
		delete(j.kept, k)
		// What the jar has not accepted, or has removed, it does not send.
		sent := j.jar.Cookies(&url.URL{Scheme: "https", Host: host(k.domain), Path: k.path})
		if !slices.ContainsFunc(sent, func(s *http.Cookie) bool { return s.Name == c.Name && s.Value == c.Value && s.Quoted == c.Quoted }) {
			continue
		}
		v := kept{value: c.Value, whole: c.Domain != "" && !publicSuffix(c.Domain), secure: c.Secure, httpOnly: c.HttpOnly, expires: c.Expires}
		if c.Quoted {
			v.value = `"` + c.Value + `"`
		}
		if c.MaxAge > 0 {
			v.expires = time.Now().Add(time.Duration(c.MaxAge) * time.Second)
		}
		j.kept[k] = v
	}
}

// publicSuffix reports whether a domain is one below which anybody may have a
// name: a cookie for it is one for its host alone.
func publicSuffix(domain string) bool {
	suffix, _ := publicsuffix.PublicSuffix(strings.TrimPrefix(domain, "."))
	return suffix == domain
}

// defaultPath is RFC 6265, section 5.1.4.
func defaultPath(of string) string {
	if !strings.HasPrefix(of, "/") {
		return "/"
	}
	return cmp.Or(of[:strings.LastIndexByte(of, '/')], "/")
}

// host returns a name or an address as it is in a URL, see [ported].
func host(name string) string {
	if strings.Contains(name, ":") {
		return "[" + name + "]:443"
	}
	return name
}

// ported returns a URL whose host has a port if it is an IPv6 address: to
// cookiejar the same address without one is another host.
func ported(u *url.URL) *url.URL {
	if !strings.HasPrefix(u.Host, "[") || u.Port() != "" {
		return u
	}
	with := *u
	with.Host = host(u.Hostname())
	return &with
}

const (
	head     = "# Netscape HTTP Cookie File"
	httpOnly = "#HttpOnly_"
)

// WriteTo writes the cookies that have not expired, those that end with the
// session included.
func (j *Jar) WriteTo(w io.Writer) (int64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var lines []string
	for k, v := range j.kept {
		expires := int64(0)
		if !v.expires.IsZero() {
			if !v.expires.After(time.Now()) {
				continue
			}
			expires = v.expires.Unix()
		}
		domain := k.domain
		if v.whole {
			domain = "." + domain
		}
		if v.httpOnly {
			domain = httpOnly + domain
		}
		lines = append(lines, strings.Join([]string{
			domain, truth(v.whole), k.path, truth(v.secure), strconv.FormatInt(expires, 10), k.name, v.value,
		}, "\t"))
	}
	slices.Sort(lines)
	n, err := io.WriteString(w, head+"\n\n"+strings.Join(append(lines, ""), "\n"))
	return int64(n), err
}

func truth(b bool) string { return strings.ToUpper(strconv.FormatBool(b)) }

// Read reads a Jar. The error says in which line what is wrong, and has no
// cookie.
func Read(r io.Reader) (*Jar, error) {
	j := New()
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line, only := strings.CutPrefix(strings.TrimRight(lines.Text(), "\r"), httpOnly)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := j.add(line, only); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return j, lines.Err()
}

// add adds the cookie of a line.
func (j *Jar) add(line string, only bool) error {
	fields := strings.Split(line, "\t")
	if len(fields) != 7 {
		return fmt.Errorf("%d fields between tabs, not 7: domain, TRUE for it and those below, path, TRUE for https only, "+
			"time of expiry (0: none), name, value", len(fields))
	}
	expires, err := strconv.ParseInt(fields[4], 10, 64)
	switch {
	case err != nil || expires < 0:
		return fmt.Errorf("the time of expiry, field 5, must be in seconds since 1970, or 0")
	case !strings.HasPrefix(fields[2], "/"):
		return fmt.Errorf("the path, field 3, must begin with /")
	case expires > 0 && expires <= time.Now().Unix():
		return nil
	}
	domain := strings.TrimPrefix(fields[0], ".")
	c := &http.Cookie{Name: fields[5], Value: fields[6], Path: fields[2], HttpOnly: only, Secure: strings.EqualFold(fields[3], "TRUE")}
	if strings.EqualFold(fields[1], "TRUE") {
		c.Domain = domain
	}
	if expires > 0 {
		c.Expires = time.Unix(expires, 0)
	}
	if v := c.Value; len(v) > 1 && v[0] == '"' && v[len(v)-1] == '"' {
		c.Value, c.Quoted = v[1:len(v)-1], true
	}
	j.SetCookies(&url.URL{Scheme: "https", Host: host(domain), Path: c.Path}, []*http.Cookie{c})
	return nil
}
