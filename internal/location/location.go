// Package location resolves the references between documents. A location is
// where a document is: a path of the operating system, or an absolute URL.
package location

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// ErrLocal is the error of a reference from a document that came over the
// network to a file of this machine.
var ErrLocal = errors.New("a document that came over the network cannot name local files")

// paths is the syntax of an operating system's paths.
type paths struct{ windows bool }

var system = paths{windows: runtime.GOOS == "windows"}

// Resolve returns the location that a URI reference names in the document at
// base, which must come from [Clean], [In] or Resolve. The fragment is dropped;
// a reference with nothing else names the document itself. URIs other than
// file, http and https are not changed, except that the scheme becomes lower
// case.
func Resolve(base, ref string) (string, error) { return system.resolve(base, ref) }

// Clean returns the canonical form of a location that a person or program has
// given. Only a text with "://" is a URL; a relative path remains relative.
func Clean(location string) string { return system.clean(location) }

// In returns the base of references relative to a folder, which is a path or a
// URL.
func In(folder string) string { return system.in(folder) }

// Scheme returns the scheme of a URI in lower case, or "" for a path. The
// argument must be canonical if it could be either: a canonical path whose name
// begins like a scheme begins with "./".
func Scheme(location string) string {
	scheme, _ := system.scheme(location)
	return scheme
}

// IsURL reports whether a location is an http or https URL.
func IsURL(location string) bool {
	scheme, rest := system.scheme(location)
	return (scheme == "http" || scheme == "https") && strings.HasPrefix(rest, "//")
}

// SameOrigin reports whether two URLs have the same scheme, host and port.
func SameOrigin(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Scheme == y.Scheme && x.Host == y.Host
}

// Redacted returns a location for messages, without the password of a URL.
func Redacted(location string) string {
	if u, err := url.Parse(location); err == nil && u.User != nil {
		return u.Redacted()
	}
	return location
}

// Relative reports whether a reference is relative to the folder of its
// document.
func Relative(ref string) bool { return system.relative(ref) }

// Key returns the key of a location: all spellings of one location have the
// same key. Symbolic links are not followed.
func Key(location string) string {
	if Scheme(location) != "" || location == "" {
		return system.clean(location)
	}
	if absolute, err := filepath.Abs(location); err == nil {
		location = absolute
	}
	if system.windows { // where case does not matter
		location = strings.ToLower(location)
	}
	return location
}

// Same reports whether two locations are the same.
func Same(a, b string) bool { return Key(a) == Key(b) }

// scheme cuts a URI after its scheme. On Windows a single letter is a drive.
func (p paths) scheme(s string) (scheme, rest string) {
	for i := range len(s) {
		switch c := s[i] | 0x20; {
		case 'a' <= c && c <= 'z':
		case i > 0 && ('0' <= s[i] && s[i] <= '9' || strings.IndexByte("+-.", s[i]) >= 0):
		case s[i] == ':' && i > 0 && !(p.windows && i == 1):
			return strings.ToLower(s[:i]), s[i+1:]
		default:
			return "", s
		}
	}
	return "", s
}

func (p paths) clean(location string) string {
	scheme, rest := p.scheme(location)
	if !strings.HasPrefix(rest, "//") || scheme == "" {
		return p.native(p.slashed(location))
	}
	if scheme == "file" {
		if file, err := p.fromURL(rest); err == nil {
			return p.native(file)
		}
	}
	if cleaned, err := cleanURL(location); err == nil {
		return cleaned
	}
	return location
}

func (p paths) in(folder string) string {
	folder = p.clean(folder)
	if scheme, _ := p.scheme(folder); scheme == "" {
		return p.native(p.slashed(folder)) + p.separator()
	}
	u, err := url.Parse(folder)
	if err != nil {
		return folder
	}
	u = u.JoinPath("/")
	u.RawQuery = ""
	return u.String()
}

func (p paths) relative(ref string) bool {
	scheme, _ := p.scheme(ref)
	volume, rest := p.volume(p.slashed(ref))
	return scheme == "" && volume == "" && !strings.HasPrefix(rest, "/")
}

func (p paths) resolve(base, ref string) (string, error) {
	ref, _, _ = strings.Cut(ref, "#")
	if ref == "" {
		return base, nil
	}
	scheme, rest := p.scheme(ref)
	within, _ := p.scheme(base)
	switch {
	case scheme == "file" && within != "":
		return "", ErrLocal
	case scheme == "file" && strings.HasPrefix(rest, "/"):
		file, err := p.fromURL(rest)
		return p.native(file), err
	case scheme == "file":
		return p.file(base, rest)
	case scheme == "http" || scheme == "https":
		return cleanURL(ref)
	case scheme != "":
		return scheme + ":" + rest, nil
	case within != "":
		return p.remote(base, ref)
	}
	return p.file(base, ref)
}

// remote resolves a reference without a scheme against a URL.
func (p paths) remote(base, ref string) (string, error) {
	if volume, _ := p.volume(p.slashed(ref)); volume != "" && !strings.HasPrefix(ref, "//") {
		return "", ErrLocal
	}
	from, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	if from.Opaque != "" {
		return "", fmt.Errorf("%s has no folder from which %q could start", base, ref)
	}
	to, err := from.Parse(escape(ref))
	if err != nil {
		return "", err
	}
	return cleanURL(to.String())
}

// file resolves a reference without a scheme against a path. If it cannot be
// unescaped it is used as it is: a person has written a file name.
func (p paths) file(base, ref string) (string, error) {
	if decoded, err := url.PathUnescape(ref); err == nil {
		ref = decoded
	}
	ref = p.slashed(ref)
	if strings.HasPrefix(ref, "//") {
		return "", errHost(ref)
	}
	volume, folder := p.volume(p.slashed(base))
	drive, rest := p.volume(ref)
	switch {
	case drive != "":
		return p.native(ref), nil
	case strings.HasPrefix(rest, "/"):
		return p.native(volume + rest), nil
	}
	folder = folder[:strings.LastIndexByte(folder, '/')+1]
	return p.native(volume + folder + rest), nil
}

// fromURL returns the path, with slashes, for what follows the scheme of a file
// URL.
func (p paths) fromURL(rest string) (string, error) {
	if named, ok := strings.CutPrefix(rest, "//"); ok {
		host, _, _ := strings.Cut(named, "/")
		if host != "" && !strings.EqualFold(host, "localhost") {
			return "", errHost(rest)
		}
		rest = named[len(host):]
	}
	if decoded, err := url.PathUnescape(rest); err == nil {
		rest = decoded
	}
	rest = p.slashed(rest)
	if strings.HasPrefix(rest, "//") {
		return "", errHost(rest)
	}
	if volume, _ := p.volume(strings.TrimPrefix(rest, "/")); volume != "" {
		rest = rest[1:]
	}
	return rest, nil
}

// errHost returns the error of a reference to a file of another machine:
// opening it would reveal to that machine who asks.
func errHost(ref string) error {
	host, _, _ := strings.Cut(strings.TrimLeft(ref, "/"), "/")
	return fmt.Errorf("the file is on the host %q; only files of this machine are read", host)
}

// volume cuts a path with slashes after its drive or its share.
func (p paths) volume(s string) (volume, rest string) {
	switch {
	case !p.windows:
	case len(s) >= 2 && s[1] == ':' && 'a' <= s[0]|0x20 && s[0]|0x20 <= 'z':
		return s[:2], s[2:]
	case strings.HasPrefix(s, "//"):
		host, after, _ := strings.Cut(s[2:], "/")
		share, _, _ := strings.Cut(after, "/")
		end := min(len("//")+len(host)+len("/")+len(share), len(s))
		return s[:end], s[end:]
	}
	return "", s
}

func (p paths) slashed(s string) string {
	if p.windows {
		return strings.ReplaceAll(s, `\`, "/")
	}
	return s
}

func (p paths) separator() string {
	if p.windows {
		return `\`
	}
	return "/"
}

// native returns a path with slashes in the system's own form, cleaned.
func (p paths) native(s string) string {
	if s == "" {
		return ""
	}
	volume, rest := p.volume(s)
	if rest != "" || volume == "" {
		rest = path.Clean(rest)
	}
	scheme, _ := p.scheme(rest)
	drive, _ := p.volume(rest)
	if volume == "" && (scheme != "" || drive != "") { // as ./a:b is, whose name is a:b
		rest = "./" + rest
	}
	return strings.ReplaceAll(volume+rest, "/", p.separator())
}

// cleanURL returns the canonical form of an absolute URL.
func cleanURL(text string) (string, error) {
	text, _, _ = strings.Cut(text, "#")
	u, err := url.Parse(escape(text))
	if err != nil {
		return "", err
	}
	if u.Host == "" && (u.Scheme == "http" || u.Scheme == "https") {
		return "", fmt.Errorf("the URL %q has no host", text)
	}
	u.Host = strings.ToLower(u.Host)
	if port := u.Port(); port != "" && port == defaultPorts[u.Scheme] {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	if u.Path == "" && defaultPorts[u.Scheme] != "" {
		u.Path = "/"
	}
	return u.ResolveReference(u).String(), nil
}

var defaultPorts = map[string]string{"http": "80", "https": "443"}

// escape encodes what a URI cannot contain and decodes what needs no encoding,
// so that net/url keeps everything else as written.
func escape(s string) string {
	const punctuation = "-._~"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if decoded, err := url.PathUnescape(s[i:min(i+3, len(s))]); err == nil {
				if c, i = decoded[0], i+2; !alphanumeric(c) && strings.IndexByte(punctuation, c) < 0 {
					fmt.Fprintf(&b, "%%%02X", c)
					continue
				}
			}
		}
		if alphanumeric(c) || strings.IndexByte(punctuation+":/?#[]@!$&'()*+,;=", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func alphanumeric(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
}
