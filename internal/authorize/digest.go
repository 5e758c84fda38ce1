package authorize

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/transport"
	"golang.org/x/net/http/httpguts"
)

// Challenges are what the origins of a run have asked for last, by origin: later
// requests answer it unasked, as RFC 7616, section 3.6, allows.
type Challenges map[string]*challenge

// A challenge is one of HTTP Digest Access Authentication (RFC 7616), and how often it
// was answered.
type challenge struct {
	realm, nonce, opaque, algorithm, qop string
	hasOpaque, userhash, session         bool
	hash                                 func() hash.Hash
	cnonce                               string // one for all answers: that of a session must stay
	count                                int
}

var algorithms = map[string]func() hash.Hash{"": md5.New, "MD5": md5.New, "SHA-256": sha256.New, "SHA-512-256": sha512.New512_256}

// challengeOf returns the first Digest challenge of a 401 that can be answered, as the
// server lists them by preference; nil if there is none.
func challengeOf(header http.Header) *challenge {
	for _, field := range header.Values("WWW-Authenticate") {
		for _, items := range split(field) {
			scheme, first, _ := strings.Cut(items[0], " ")
			if !strings.EqualFold(scheme, "digest") {
				continue
			}
			items[0] = first
			if c := newChallenge(params(items)); c != nil {
				return c
			}
		}
	}
	return nil
}

func newChallenge(with map[string]string) *challenge {
	c := &challenge{realm: with["realm"], nonce: with["nonce"], algorithm: with["algorithm"],
		userhash: strings.EqualFold(with["userhash"], "true"), cnonce: rand.Text()}
	c.opaque, c.hasOpaque = with["opaque"]
	name, session := strings.CutSuffix(strings.ToUpper(c.algorithm), "-SESS")
	c.hash, c.session = algorithms[name], session
	offered, hasQop := with["qop"]
	qops := strings.FieldsFunc(strings.ToLower(offered), func(r rune) bool { return r == ',' || r == ' ' })
	switch {
	case slices.Contains(qops, "auth"):
		c.qop = "auth"
	case slices.Contains(qops, "auth-int"):
		c.qop = "auth-int"
	case hasQop && len(qops) > 0:
		return nil
	}
	if c.hash == nil || c.nonce == "" {
		return nil
	}
	return c
}

// answer returns the value of Authorization for a request with its final URL.
func (c *challenge) answer(credential string, r *transport.Request) string {
	user, password, _ := strings.Cut(credential, ":")
	c.count++
	nc := fmt.Sprintf("%08x", c.count)
	target := "/"
	if u, err := url.Parse(r.URL); err == nil {
		target = u.RequestURI()
	}
	a1, a2 := c.sum(user, c.realm, password), c.sum(r.Method, target)
	if c.session {
		a1 = c.sum(a1, c.nonce, c.cnonce)
	}
	if c.qop == "auth-int" {
		a2 = c.sum(r.Method, target, c.sum(string(r.Body)))
	}
	name, response := user, c.sum(a1, c.nonce, a2) // RFC 2069
	if c.qop != "" {
		response = c.sum(a1, c.nonce, nc, c.cnonce, c.qop, a2)
	}
	if c.userhash {
		name = c.sum(user, c.realm)
	}
	out := "Digest username=" + quoted(name) + ", realm=" + quoted(c.realm) + ", nonce=" + quoted(c.nonce) + ", uri=" + quoted(target) +
		", response=" + quoted(response)
	if c.algorithm != "" {
		out += ", algorithm=" + c.algorithm
	}
	if c.hasOpaque {
		out += ", opaque=" + quoted(c.opaque)
	}
	if c.qop != "" {
		out += ", qop=" + c.qop + ", nc=" + nc + ", cnonce=" + quoted(c.cnonce)
	}
	if c.userhash {
		out += ", userhash=true"
	}
	return out
}

// sum is the hash of texts joined by colons.
func (c *challenge) sum(texts ...string) string {
	h := c.hash()
	h.Write([]byte(strings.Join(texts, ":")))
	return hex.EncodeToString(h.Sum(nil))
}

func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// split splits a WWW-Authenticate field into its challenges (RFC 9110, section
// 11.6.1), each a list of items, whose first begins with the scheme: the comma that
// separates challenges separates their parameters, too.
func split(field string) (challenges [][]string) {
	for _, item := range items(field) {
		name, _, assigned := strings.Cut(item, "=")
		scheme, rest, _ := strings.Cut(strings.TrimSpace(name), " ")
		begins := (!assigned || strings.TrimSpace(rest) != "") && httpguts.ValidHeaderFieldName(scheme)
		if begins || len(challenges) == 0 {
			challenges = append(challenges, nil)
		}
		last := &challenges[len(challenges)-1]
		*last = append(*last, item)
	}
	return challenges
}

// params reads the parameters of a challenge, whose names are in any case.
func params(items []string) map[string]string {
	with := map[string]string{}
	for _, item := range items {
		name, value, _ := strings.Cut(item, "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if inner, ok := strings.CutPrefix(value, `"`); ok {
			value = unescaped(strings.TrimSuffix(inner, `"`))
		}
		if _, twice := with[name]; !twice {
			with[name] = value
		}
	}
	return with
}

// items splits a list at the commas that are not within quotes.
func items(list string) (out []string) {
	begin, inside, escaped := 0, false, false
	add := func(end int) {
		if item := strings.TrimSpace(list[begin:end]); item != "" {
			out = append(out, item)
		}
	}
	for i := range len(list) {
		switch c := list[i]; {
		case escaped:
			escaped = false
		case c == '\\' && inside:
			escaped = true
		case c == '"':
			inside = !inside
		case c == ',' && !inside:
			add(i)
			begin = i + 1
		}
	}
	add(len(list))
	return out
}

func unescaped(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		out.WriteByte(text[i])
	}
	return out.String()
}
