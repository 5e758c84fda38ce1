package mock

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
)

// authenticate returns what is missing in a request to satisfy one of the alternatives that an
// operation declares; nil if nothing is. Whatever is there is taken for right.
func authenticate(op *operation, r *http.Request) *problem {
	if len(op.Security) == 0 {
		return nil
	}
	var wanted []string
	challenges := http.Header{}
	for _, alternative := range op.Security {
		if slices.ContainsFunc(alternative, func(s openapi.SecurityRequirement) bool { return s.Node == nil }) {
			return nil // nobody can know what a scheme asks for that the description does not define
		}
		var missing []string
		for _, scheme := range alternative {
			if !carries(r, scheme) {
				missing = append(missing, credential(scheme))
				challenge(challenges, scheme)
			}
		}
		if len(missing) == 0 {
			return nil
		}
		wanted = append(wanted, strings.Join(missing, " and "))
	}
	p := newProblem(http.StatusUnauthorized, "the request has no credential: it needs "+strings.Join(slices.Compact(wanted), ", or "))
	p.header = challenges
	return p
}

// carries reports whether a request has the credential of a scheme. One that cannot be seen
// here, such as a certificate, is taken to be there.
func carries(r *http.Request, scheme openapi.SecurityRequirement) bool {
	switch scheme.Type {
	case "apiKey":
		if scheme.ParamName == "" {
			return true
		}
		switch scheme.In {
		case "header":
			return r.Header.Get(scheme.ParamName) != ""
		case "query":
			return r.URL.Query().Get(scheme.ParamName) != ""
		case "cookie":
			_, err := r.Cookie(scheme.ParamName)
			return err == nil
		}
		return true
	case "http":
		given, _, hasScheme := strings.Cut(strings.ToLower(r.Header.Get("Authorization")), " ")
		other := hasScheme && given != scheme.Scheme && (given == "basic" || given == "bearer")
		return given != "" && !other
	case "oauth2", "openIdConnect":
		return r.Header.Get("Authorization") != ""
	}
	return true
}

// credential says what a scheme needs.
func credential(s openapi.SecurityRequirement) string {
	switch {
	case s.Type == "apiKey" && s.In == "query":
		return "the query parameter " + s.ParamName + " (" + s.Name + ")"
	case s.Type == "apiKey":
		return "the " + s.In + " " + s.ParamName + " (" + s.Name + ")"
	case s.Type == "http" && s.Scheme != "":
		return "the header Authorization: " + authScheme(s) + " … (" + s.Name + ")"
	}
	return "the header Authorization (" + s.Name + ")"
}

func authScheme(s openapi.SecurityRequirement) string {
	switch {
	case s.Type == "apiKey":
		return "ApiKey"
	case s.Type != "http" || s.Scheme == "bearer" || s.Scheme == "":
		return "Bearer"
	}
	return strings.ToUpper(s.Scheme[:1]) + s.Scheme[1:]
}

// challenge adds the challenge of a scheme (RFC 9110, §11.6.1).
func challenge(header http.Header, s openapi.SecurityRequirement) {
	text := authScheme(s) + ` realm="` + strings.NewReplacer(`\`, "", `"`, "").Replace(s.Name) + `"`
	if !slices.Contains(header.Values("WWW-Authenticate"), text) {
		header.Add("WWW-Authenticate", text)
	}
}
