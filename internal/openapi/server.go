package openapi

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/uri"
	"golang.org/x/net/http/httpguts"
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

// Resolve returns the URL with its variables replaced by values, else by their
// defaults. A value cannot choose another host than the template allows.
func (s Server) Resolve(values map[string]string) (string, error) {
	var url string
	for rest := s.URL; ; {
		before, after, found := strings.Cut(rest, "{")
		url += before
		if !found {
			return url, nil
		}
		name, after, _ := strings.Cut(after, "}")
		text, err := s.variable(name, values)
		if err != nil {
			return "", err
		}
		if !fits(url, text, after) {
			return "", fmt.Errorf("server variable %q is %q; in %s that would choose another host", name, text, s.URL)
		}
		url, rest = url+text, after
	}
}

func (s Server) variable(name string, values map[string]string) (string, error) {
	for _, v := range s.Variables {
		if v.Name != name {
			continue
		}
		text, given := values[v.Name]
		if !given {
			text = v.Default
		}
		if given && len(v.Enum) > 0 && !slices.Contains(v.Enum, text) {
			return "", fmt.Errorf("server variable %q is %q; it must be one of %s", v.Name, text, strings.Join(v.Enum, ", "))
		}
		return text, nil
	}
	return "", fmt.Errorf("the server URL %s has a variable without a value: {%s}", s.URL, name)
}

// fits reports whether a variable's text stays in its part of the URL: between
// the text before it, variables replaced, and the template after it. A variable
// that is the whole host may have any value, with a path after it.
func fits(before, text, after string) bool {
	ends := after == "" || after[0] == '/'
	if before == "" && ends {
		return true // the whole base URL
	}
	if before == "" && strings.Contains(text, "://") {
		before, text = "://", text[strings.Index(text, "://")+3:]
	}
	_, host, found := strings.Cut(before, "://")
	if !found {
		return !strings.Contains(after, "://") || !strings.ContainsFunc(text, notLetter)
	}
	if strings.Contains(host, "/") {
		return true // in the path
	}
	slash := strings.IndexByte(text, '/')
	switch {
	case strings.ContainsAny(text, "@?#\\"):
		return false
	case slash > 0 && host != "" || slash >= 0 && !ends:
		return false
	}
	open := host == "" || strings.HasSuffix(host, ".") || strings.HasSuffix(host, ":") || strings.HasSuffix(host, "-")
	return !ends || open || slash == 0 || strings.HasPrefix(text, ":") || !strings.Contains(text, ".")
}

func notLetter(r rune) bool { return (r|0x20) < 'a' || (r|0x20) > 'z' }

// BaseURL checks a URL that the paths of operations are appended to, and
// returns it as it is sent: escaped, without a trailing slash.
func BaseURL(server string) (string, error) {
	written, rest, _ := strings.Cut(server, "://")
	scheme := strings.ToLower(written)
	if scheme != "http" && scheme != "https" {
		return "", fmt.Errorf("the server URL %q is not absolute; write http:// or https:// and a host", server)
	}
	authority, path := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	user, host := "", authority
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, host = authority[:i+1], authority[i+1:]
	}
	shown := func(path string) string { return scheme + "://" + host + path } // without a password
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		part := map[byte]string{'?': "query", '#': "fragment"}[path[i]]
		return "", fmt.Errorf("the server URL %q has a %s; paths are appended to it, so write it without: %q",
			shown(path), part, shown(path[:i]))
	}
	u, err := url.Parse(server[:len(server)-len(path)])
	if err != nil || u.Host == "" || strings.HasPrefix(u.Host, ":") {
		return "", fmt.Errorf("the server URL %q does not have a valid host", shown(path))
	}
	ascii, err := httpguts.PunycodeHostPort(u.Host)
	if err != nil {
		return "", fmt.Errorf("the server URL %q does not have a valid host", shown(path))
	}
	escaped := uri.PercentOnce(path, pathSet)
	if scheme == written && ascii == host && escaped == path {
		return strings.TrimSuffix(server, "/"), nil
	}
	return scheme + "://" + user + ascii + strings.TrimSuffix(escaped, "/"), nil
}

// servers returns the effective servers: those of the operation, the path or
// the document.
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

// bracesBack restores the variables of a URL template, which resolving escapes.
var bracesBack = strings.NewReplacer("%7B", "{", "%7D", "}")

// absolute resolves a relative server URL if the description itself has a URL.
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

// hosts makes servers from host, basePath and schemes of 2.0.
func (r *operationReader) hosts() []Server {
	host, base := r.d.root.Get("host").Str(), r.d.root.Get("basePath").Str()
	if base != "" && !strings.HasPrefix(base, "/") {
		base = "/" + base // else it would continue the host
	}
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
		// The scheme that the description itself was read with (2.0, Swagger
		// Object).
		scheme := "https"
		if strings.HasPrefix(r.d.location, "http://") {
			scheme = "http"
		}
		servers = []Server{{URL: scheme + "://" + host + base}}
	}
	slices.SortStableFunc(servers, func(a, b Server) int { return rankScheme(a.URL) - rankScheme(b.URL) })
	return servers
}

// rankScheme prefers https if a description offers both.
func rankScheme(url string) int {
	if strings.HasPrefix(url, "https:") {
		return 0
	}
	return 1
}
