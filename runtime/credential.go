package runtime

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
	"golang.org/x/net/http/httpguts"
)

// authenticate applies the credentials that the caller has supplied (O12): of
// the first alternative for which there are all, those that the step does not
// set itself.
func (x *Execution) authenticate(s *program.Step, r *openapi.Request) error {
	for _, alternative := range s.Operation.Security {
		if len(alternative) == 0 || !x.canSatisfy(s, alternative) {
			continue
		}
		for _, scheme := range alternative {
			if scheme.Type == mutualTLS || sets(s, scheme) {
				continue
			}
			if err := x.apply(r, scheme, x.credential(s, scheme)); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

// mutualTLS is the scheme that the HTTP client sees to.
const mutualTLS = "mutualTLS"

func (x *Execution) canSatisfy(s *program.Step, alternative []openapi.SecurityRequirement) bool {
	for _, scheme := range alternative {
		if scheme.Type != mutualTLS && !sets(s, scheme) && x.credential(s, scheme) == "" {
			return false
		}
	}
	return true
}

// sets reports whether the step gives what a scheme asks for as a parameter. A
// cookie may be in a Cookie header of the step's own, whose value is not known
// before the run: it counts for all cookies.
func sets(s *program.Step, scheme openapi.SecurityRequirement) bool {
	for _, a := range s.Arguments {
		switch {
		case a.In == "header" && scheme.In == "header" && strings.EqualFold(a.Name, scheme.ParamName),
			a.In == "header" && scheme.In == "cookie" && strings.EqualFold(a.Name, "Cookie"),
			a.In == scheme.In && a.Name == scheme.ParamName:
			return true
		}
	}
	return false
}

func (x *Execution) credential(s *program.Step, scheme openapi.SecurityRequirement) string {
	return cmp.Or(x.Settings.Credentials[s.Source.Name+"."+scheme.Name], x.Settings.Credentials[scheme.Name])
}

func (x *Execution) apply(r *openapi.Request, scheme openapi.SecurityRequirement, credential string) error {
	text := credential
	switch {
	case scheme.Type == "http" && scheme.Scheme == "basic":
		_, password, _ := strings.Cut(credential, ":")
		x.secrets.Add(password)
		text = "Basic " + base64.StdEncoding.EncodeToString([]byte(credential))
	case scheme.Type == "http" && scheme.Scheme != "bearer" && scheme.Scheme != "":
		text = scheme.Scheme + " " + credential
	case scheme.Type != "apiKey":
		text = "Bearer " + credential
	}
	x.secrets.Add(credential)
	x.secrets.Add(text)
	switch scheme.In {
	case "query":
		r.AddQuery(openapi.Escape(scheme.ParamName) + "=" + openapi.Escape(text))
	case "cookie":
		r.AddCookie(scheme.ParamName + "=" + openapi.CookieValue(text))
	default:
		if !httpguts.ValidHeaderFieldName(scheme.ParamName) || !httpguts.ValidHeaderFieldValue(text) {
			return fmt.Errorf("the credential %q has characters that the header %s cannot have", scheme.Name, scheme.ParamName)
		}
		r.Header.Set(scheme.ParamName, text)
	}
	return nil
}
