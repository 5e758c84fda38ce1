package runtime

import (
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
)

// authenticate applies the credentials that the caller has supplied (O12): of
// the first alternative for which there are all, those that the step does not
// set itself.
func (x *Execution) authenticate(s *step, r *openapi.Request) {
	for _, alternative := range s.operation.Security {
		if len(alternative) == 0 || !x.canSatisfy(s, alternative) {
			continue
		}
		for _, scheme := range alternative {
			if !s.sets(scheme) {
				x.apply(r, scheme, x.credential(s, scheme))
			}
		}
		return
	}
}

func (x *Execution) canSatisfy(s *step, alternative []openapi.SecurityRequirement) bool {
	for _, scheme := range alternative {
		if !s.sets(scheme) && x.credential(s, scheme) == "" {
			return false
		}
	}
	return true
}

// sets reports whether the step gives what a scheme asks for as a parameter.
func (s *step) sets(scheme openapi.SecurityRequirement) bool {
	for _, a := range s.arguments {
		if a.in == scheme.In && (a.name == scheme.ParamName || a.in == "header" && strings.EqualFold(a.name, scheme.ParamName)) {
			return true
		}
	}
	return false
}

func (x *Execution) credential(s *step, scheme openapi.SecurityRequirement) string {
	return or(x.Settings.Credentials[s.source.name+"."+scheme.Name], x.Settings.Credentials[scheme.Name])
}

func (x *Execution) apply(r *openapi.Request, scheme openapi.SecurityRequirement, credential string) {
	text := credential
	switch {
	case scheme.Type == "mutualTLS":
		return // the client's own business
	case scheme.Type == "http" && scheme.Scheme == "basic":
		text = "Basic " + base64.StdEncoding.EncodeToString([]byte(credential))
	case scheme.Type != "apiKey":
		text = "Bearer " + credential
	}
	x.addSecret(credential)
	x.addSecret(text)
	switch scheme.In {
	case "query":
		r.AddQuery(url.QueryEscape(scheme.ParamName) + "=" + url.QueryEscape(text))
	case "cookie":
		r.AddCookie(scheme.ParamName + "=" + url.QueryEscape(text))
	default:
		r.Header.Set(scheme.ParamName, text)
	}
}
