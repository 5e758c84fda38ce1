// Package uri escapes text for URIs (RFC 3986).
package uri

import (
	"regexp"
	"strings"
)

// Unreserved are the characters that are never escaped (RFC 3986 §2.3).
const Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// A Set is a set of bytes that are not escaped.
type Set [256]bool

// SetOf returns the set of the bytes in a text.
func SetOf(bytes string) *Set {
	var set Set
	for i := 0; i < len(bytes); i++ {
		set[bytes[i]] = true
	}
	return &set
}

// Holds reports whether the set holds all bytes of a text.
func (set *Set) Holds(text string) bool {
	for i := 0; i < len(text); i++ {
		if !set[text[i]] {
			return false
		}
	}
	return true
}

// Percent escapes all bytes that are not in keep (RFC 3986 §2.1).
func Percent(s string, keep *Set) string {
	if keep.Holds(s) {
		return s
	}
	return string(AppendPercent(make([]byte, 0, len(s)+16), s, keep))
}

// AppendPercent appends the result of [Percent].
func AppendPercent(dst []byte, s string, keep *Set) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; keep[c] {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		}
	}
	return dst
}

var triplet = regexp.MustCompile("%[0-9A-Fa-f]{2}")

// PercentOnce is [Percent] for text that may be escaped already:
// percent-encoded triplets are kept (RFC 6570 §3.2.3, reserved expansion).
func PercentOnce(s string, keep *Set) string {
	if strings.IndexByte(s, '%') < 0 {
		return Percent(s, keep)
	}
	var b strings.Builder
	from := 0
	for _, at := range triplet.FindAllStringIndex(s, -1) {
		b.WriteString(Percent(s[from:at[0]], keep))
		b.WriteString(s[at[0]:at[1]])
		from = at[1]
	}
	return b.String() + Percent(s[from:], keep)
}

var whole = SetOf(Unreserved + ":/?#[]@!$&'()*+,;=%")

// Escape escapes only what a URI reference cannot contain: a percent sign is
// kept, whether an escape follows or not. Text must go through it before
// url.Parse: net/url rewrites a path as a whole if one character in it is
// invalid in a URI, and an escaped slash in it becomes a slash.
func Escape(ref string) string { return Percent(ref, whole) }

var (
	unreserved  = SetOf(Unreserved)
	cookieValue = SetOf(Unreserved + "!#$%&'()*+/:<=>?@[]^`{|}")
)

// Encode escapes all but the unreserved characters, as for one value in a path or
// query.
func Encode(s string) string { return Percent(s, unreserved) }

// CookieValue escapes what the value of a cookie cannot have (RFC 6265 §4.1.1), and
// nothing else.
func CookieValue(s string) string { return Percent(s, cookieValue) }
