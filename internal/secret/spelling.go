package secret

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/uri"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// AddBasic adds what basic authentication makes of a user and a password.
func (s *Set) AddBasic(user, password string) {
	s.Add(base64.StdEncoding.EncodeToString([]byte(user + ":" + password)))
}

// spellings returns the forms of a secret in URLs and forms, cookies, JSON, XML
// and base64, and in URLs inside URLs and JSON inside JSON; most secrets have
// few.
func spellings(secret string) []string {
	list := []string{secret}
	add := func(forms ...string) {
		for _, form := range forms {
			if !slices.Contains(list, form) {
				list = append(list, form)
			}
		}
	}
	for _, form := range []string{url.QueryEscape(secret), url.PathEscape(secret), uri.Encode(secret), uri.CookieValue(secret)} {
		add(form, url.QueryEscape(form), url.PathEscape(form))
	}
	add(html.EscapeString(secret), strings.ReplaceAll(secret, ">", "]]><![CDATA[>"))
	for _, form := range quoted(secret) {
		add(form)
		add(quoted(form)...)
	}
	add(base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)))
	return list
}

// quoted returns the forms of a text inside a JSON string: as it is, and with &
// < > escaped.
func quoted(text string) []string {
	plain := value.AppendString(nil, text)
	cautious, _ := json.Marshal(text) // marshaling a string cannot fail
	return []string{string(plain[1 : len(plain)-1]), string(cautious[1 : len(cautious)-1])}
}
