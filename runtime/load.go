package runtime

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/internal/uri"
)

// A Loader reads the source descriptions that a document names. location is a
// file path or an absolute URL. It is called by one goroutine at a time.
type Loader interface {
	Load(ctx context.Context, location string) ([]byte, error)
}

// LoaderFunc is a function that is a [Loader].
type LoaderFunc func(ctx context.Context, location string) ([]byte, error)

// Load calls f.
func (f LoaderFunc) Load(ctx context.Context, location string) ([]byte, error) {
	return f(ctx, location)
}

// Files is the Loader that [Compiler] uses by default: it reads local files
// and refuses every URL.
var Files Loader = LoaderFunc(func(_ context.Context, location string) ([]byte, error) {
	if isURL(location) {
		return nil, fmt.Errorf("remote descriptions are not loaded unless the caller allows it (Compiler.Loader)")
	}
	return tree.ReadFile(location)
})

// FilesAndHTTP returns a Loader that reads local files and, by client,
// http and https URLs. A nil client is http.DefaultClient.
func FilesAndHTTP(client *http.Client) Loader {
	if client == nil {
		client = http.DefaultClient
	}
	return LoaderFunc(func(ctx context.Context, location string) ([]byte, error) {
		if !isURL(location) {
			return tree.ReadFile(location)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri.Escape(location), nil)
		if err != nil {
			return nil, err
		}
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("GET %s: %s", location, resp.Status)
		}
		data, err := io.ReadAll(io.LimitReader(resp.Body, tree.MaxText+1))
		if len(data) > tree.MaxText {
			return nil, fmt.Errorf("GET %s: more than %d bytes", location, tree.MaxText)
		}
		return data, err
	})
}

func isURL(location string) bool {
	scheme, _, ok := strings.Cut(location, "://")
	return ok && (scheme == "http" || scheme == "https")
}

// resolveLocation resolves a source's URL against the location of the document
// that refers to it (O4): both may be paths or URLs.
func resolveLocation(base, ref string) string {
	if isURL(ref) {
		return ref
	}
	if path, ok := strings.CutPrefix(ref, "file://"); ok {
		if unescaped, err := url.PathUnescape(path); err == nil {
			return filepath.FromSlash(unescaped)
		}
		return filepath.FromSlash(path)
	}
	ref, _, _ = strings.Cut(ref, "#")
	if isURL(base) {
		b, err := url.Parse(uri.Escape(base))
		if err != nil {
			return ref
		}
		r, err := b.Parse(uri.Escape(ref))
		if err != nil {
			return ref
		}
		return r.String()
	}
	if filepath.IsAbs(ref) {
		return ref
	}
	// A reference is a URI: %20 in it is a blank in the file's name.
	if unescaped, err := url.PathUnescape(ref); err == nil {
		ref = unescaped
	}
	return filepath.Join(filepath.Dir(base), filepath.FromSlash(ref))
}
