package authorize

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/transport"
)

// The examples of RFC 7616, section 3.9.1, and of RFC 2617, section 3.5, with their responses.
func TestAnswer(t *testing.T) {
	const rfc7616 = `realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ` +
		`opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
	for _, test := range []struct {
		challenge, cnonce, credential, want string
	}{
		{`Digest ` + rfc7616 + `, algorithm=MD5`, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "Mufasa:Circle of Life",
			`Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ` +
				`uri="/dir/index.html", response="8ca523f5e9506fed4657c9700eebdbec", algorithm=MD5, ` +
				`opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", qop=auth, nc=00000001, ` +
				`cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"`},
		{`Basic realm="a, b", digest ` + rfc7616 + `, algorithm=SHA-256`, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
			"Mufasa:Circle of Life", `response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", algorithm=SHA-256`},
		{`Negotiate, Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"`, "0a4f113b",
			"Mufasa:Circle Of Life", `response="6629fae49393a05397450978507c4ef1", qop=auth, nc=00000001, cnonce="0a4f113b"`},
	} {
		c := challengeOf(http.Header{"Www-Authenticate": {test.challenge}})
		if c == nil {
			t.Errorf("%s: no challenge", test.challenge)
			continue
		}
		c.cnonce = test.cnonce
		got := c.answer(test.credential, &transport.Request{Method: "GET", URL: "http://www.example.org/dir/index.html"})
		if !strings.Contains(got, test.want) {
			t.Errorf("%s:\n%s\nwant %s", test.challenge, got, test.want)
		}
	}
}

// Responses computed with Python's hashlib: of the oldest form, a session, a body, a hashed
// name, a realm with quotes.
func TestAnswerVariants(t *testing.T) {
	for _, test := range []struct{ challenge, want string }{
		{`Digest realm="r", nonce="n"`, `response="358fafe25af8a78695171c6ff491f250"`},
		{`Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess`,
			`response="9c17dfa177c7ffc7f93e1a9b999804ea", algorithm=MD5-sess, qop=auth`},
		{`Digest realm="r", nonce="n", qop="auth-int", algorithm=SHA-256`,
			`response="70c0516ffbe2cc211ae6da51a2964a69059e736f0508962ec7e0a16b7a8bed23", algorithm=SHA-256, qop=auth-int`},
		{`Digest realm="r", nonce="n", qop=auth, algorithm=SHA-256-sess, userhash=TRUE`,
			`username="0e49c755a82dfe790c7c12580cec636f4f675f6d3ba8a679ec43805441d786ba", realm="r"`},
		{`Digest realm="r \"q\"", nonce="n", opaque=""`,
			`realm="r \"q\"", nonce="n", uri="/a?b=c", response="e3e117a15f86e09143725a2c55b5fd12", opaque=""`},
	} {
		c := challengeOf(http.Header{"Www-Authenticate": {test.challenge}})
		if c == nil {
			t.Errorf("%s: no challenge", test.challenge)
			continue
		}
		c.cnonce = "c"
		got := c.answer("user:pass:word", &transport.Request{Method: "POST", URL: "http://h.example/a?b=c", Body: []byte("body")})
		if !strings.Contains(got, test.want) {
			t.Errorf("%s:\n%s\nwant %s", test.challenge, got, test.want)
		}
	}
}

// The first challenge that can be answered is taken, and none of others.
func TestChallengeOf(t *testing.T) {
	for field, want := range map[string]string{
		`Digest realm="a", nonce="1", algorithm=SHA-512-256, Digest realm="b", nonce="2"`:           "1",
		`Digest realm="a", nonce="1", algorithm=other, Digest realm="b", nonce="2", algorithm=MD5`:  "2",
		`Digest realm="a", nonce="1", qop="other", Bearer realm="x", DIGEST realm="b", nonce = "2"`: "2",
		`Bearer abc==, Digest nonce="3, \"4"`:                                                       `3, "4`,
		`Digest realm="a"`:                                                                          "",
		`Basic realm="Digest nonce=1"`:                                                              "",
		`Digest nonce="1", algorithm=SHA-256-sess`:                                                  "1",
		`Digest nonce="open`:                                                                        "open",
		``:                                                                                          "",
	} {
		c, got := challengeOf(http.Header{"Www-Authenticate": {field}}), ""
		if c != nil {
			got = c.nonce
		}
		if got != want {
			t.Errorf("%s: nonce %q, want %q", field, got, want)
		}
	}
}

// A field as long as a server likes takes no longer than reading it does.
func TestLongField(t *testing.T) {
	field := strings.Repeat("a=b, ", 1<<20) + `Digest realm="r", nonce="n"`
	if c := challengeOf(http.Header{"Www-Authenticate": {field}}); c == nil || c.nonce != "n" {
		t.Error("the challenge is not found")
	}
}
