package openapi

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// A Server is a Server Object; its URL is resolved against the description's.
type Server struct {
	URL       string
	Variables []ServerVariable
}

// A ServerVariable is a Server Variable Object.
type ServerVariable struct {
	Name, Default, Description string
	Enum                       []string
}

// Resolve gives the URL with its variables filled in: from values, else by
// their defaults.
func (s Server) Resolve(values map[string]string) (string, error) {
	url := s.URL
	for _, v := range s.Variables {
		text, given := values[v.Name]
		if !given {
			text = v.Default
		}
		if given && len(v.Enum) > 0 && !slices.Contains(v.Enum, text) {
			return "", fmt.Errorf("server variable %q is %q; it must be one of %s", v.Name, text, strings.Join(v.Enum, ", "))
		}
		url = strings.ReplaceAll(url, "{"+v.Name+"}", text)
	}
	if i := strings.IndexByte(url, '{'); i >= 0 {
		return "", fmt.Errorf("the server URL %s has a variable without a value", url)
	}
	return url, nil
}

// servers gives the servers in force: the operation's, the path's or the
// document's.
func (r *operationReader) servers() []Server {
	if r.d.isSwagger() {
		return r.hosts()
	}
	for _, n := range []*tree.Node{r.entry.node, r.entry.item, r.d.root} {
		if list := n.Get("servers"); list != nil && len(list.Items) > 0 {
			var servers []Server
			for _, item := range list.Items {
				servers = append(servers, r.server(item))
			}
			return servers
		}
	}
	return []Server{{URL: r.absolute("/")}}
}

func (r *operationReader) server(n *tree.Node) Server {
	s := Server{URL: r.absolute(n.Get("url").Str())}
	if variables := n.Get("variables"); variables != nil {
		for _, m := range variables.Members {
			v := ServerVariable{Name: m.Name, Description: m.Value.Get("description").Str()}
			if d := m.Value.Get("default"); d != nil {
				v.Default = d.Text
			}
			if enum := m.Value.Get("enum"); enum != nil {
				for _, item := range enum.Items {
					v.Enum = append(v.Enum, item.Text)
				}
			}
			s.Variables = append(s.Variables, v)
		}
	}
	return s
}

// bracesBack undoes what resolving does to the variables of a URL template.
var bracesBack = strings.NewReplacer("%7B", "{", "%7D", "}")

// absolute resolves a relative server URL where the description has a URL
// itself.
func (r *operationReader) absolute(url string) string {
	if !location.IsURL(r.d.location) || strings.Contains(url, "://") || strings.HasPrefix(url, "{") {
		return url
	}
	resolved, err := location.Resolve(r.d.location, url)
	if err != nil {
		return url
	}
	return bracesBack.Replace(resolved)
}

// hosts makes servers of host, basePath and schemes of 2.0.
func (r *operationReader) hosts() []Server {
	host, base := r.d.root.Get("host").Str(), r.d.root.Get("basePath").Str()
	if host == "" {
		if base == "" {
			base = "/"
		}
		return []Server{{URL: r.absolute(base)}}
	}
	schemes := r.entry.node.Get("schemes")
	if schemes == nil {
		schemes = r.d.root.Get("schemes")
	}
	var servers []Server
	if schemes != nil {
		for _, s := range schemes.Items {
			if !strings.HasPrefix(s.Str(), "http") {
				continue // ws and wss
			}
			servers = append(servers, Server{URL: s.Str() + "://" + host + base})
		}
	}
	if servers == nil {
		// The scheme that the description itself was read by (2.0, Swagger Object).
		scheme := "https"
		if strings.HasPrefix(r.d.location, "http://") {
			scheme = "http"
		}
		servers = []Server{{URL: scheme + "://" + host + base}}
	}
	slices.SortStableFunc(servers, func(a, b Server) int { return rankScheme(a.URL) - rankScheme(b.URL) })
	return servers
}

// rankScheme prefers https where a description offers both.
func rankScheme(url string) int {
	if strings.HasPrefix(url, "https:") {
		return 0
	}
	return 1
}
