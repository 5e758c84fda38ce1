package runtime

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/program"
)

// A Server is where the requests to a source go according to its description
// (OpenAPI, Server Object).
type Server struct {
	Source    string           `json:"source"`           // name of the source description, see [Send]
	Called    bool             `json:"called,omitempty"` // the source belongs to a document that the entry document calls
	URL       string           `json:"url"`              // may have {variables}
	Variables []ServerVariable `json:"variables,omitempty"`
}

// A ServerVariable is a variable of a server's URL (OpenAPI, Server Variable
// Object); [Driver].ServerVariables has values for them.
type ServerVariable struct {
	Name        string   `json:"name"`
	Default     string   `json:"default"`
	Enum        []string `json:"enum,omitempty"`
	Description string   `json:"description,omitempty"`
}

// Resolve returns the server's URL with the values of its variables, by "source.name"
// or, for a source of the entry document, by name; others have their defaults (O11).
// The error names a variable without either, a value that its enum does not list, and
// a value that would change the host beyond its place.
func (s Server) Resolve(values map[string]string) (string, error) {
	variables, given := make([]openapi.ServerVariable, len(s.Variables)), map[string]string{}
	for i, v := range s.Variables {
		variables[i] = openapi.ServerVariable{Name: v.Name, Default: v.Default, Enum: v.Enum}
		value, ok := values[s.Source+"."+v.Name]
		if !ok && !s.Called {
			value, ok = values[v.Name]
		}
		if ok {
			given[v.Name] = value
		}
	}
	return openapi.Server{URL: s.URL, Variables: variables}.Resolve(given)
}

// serverOf returns the first server that is in force for a step (O11).
func serverOf(s *program.Step) Server {
	server := Server{Source: s.Source.Qualified, Called: s.Source.Called(), URL: "/"}
	if len(s.Operation.Servers) == 0 {
		return server
	}
	server.URL = s.Operation.Servers[0].URL
	for _, v := range s.Operation.Servers[0].Variables {
		server.Variables = append(server.Variables,
			ServerVariable{Name: v.Name, Default: v.Default, Enum: v.Enum, Description: v.Description})
	}
	return server
}

// address is the base URL of a source's server.
type address struct {
	given string        // as the caller or the description has it
	url   string        // escaped, without user information and without a slash at its end
	user  *url.Userinfo // of given, or nil
}

// address returns the base URL of a request (O11). In most runs it is that of the
// last one.
func (d *Driver) address(c *Send, last address) (address, error) {
	given, named := d.Servers[c.Source]
	if !named {
		var err error
		if given, err = c.Server.Resolve(d.ServerVariables); err != nil {
			return address{}, err
		}
		if !location.IsURL(given) {
			return address{}, fmt.Errorf("source %q declares no absolute server URL (found %q); set Driver.Servers[%[1]q]", c.Source, given)
		}
	}
	if given == last.given {
		return last, nil
	}
	base, err := openapi.BaseURL(given)
	if err != nil {
		return address{}, err
	}
	at := address{given: given, url: base}
	if strings.Contains(base, "@") {
		u, err := url.Parse(base)
		if err != nil {
			return address{}, err
		}
		at.user, u.User = u.User, nil
		at.url = u.String()
	}
	return at, nil
}

// goesTo notes where requests go: their user information is a secret, and what
// errors say of them is not part of a snapshot.
func (x *Execution) goesTo(at address) {
	if at == x.address {
		return
	}
	x.address = at
	if !slices.Contains(x.addresses, at.url) {
		x.addresses = append(x.addresses, at.url)
	}
	if at.user != nil {
		x.hideUser(at.user)
	}
}

// hostOf returns the host of a URL, with its port.
func hostOf(base string) string {
	_, rest, _ := strings.Cut(base, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}
