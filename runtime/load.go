package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/tree"
)

// A Loader reads the source descriptions that a document names, and the
// documents that their $refs name. location is a file path, or an absolute URL
// with its scheme in lower case. A document that came from an http or https URL
// never leads to a file path. A compilation calls it in one goroutine at a time;
// one that several compilers use must be safe for concurrent use.
type Loader interface {
	// Load returns the text at a location, which must not be modified afterwards.
	Load(ctx context.Context, location string) ([]byte, error)
}

// LoaderFunc adapts a function to the [Loader] interface.
type LoaderFunc func(ctx context.Context, location string) ([]byte, error)

// Load returns f(ctx, location).
func (f LoaderFunc) Load(ctx context.Context, location string) ([]byte, error) {
	return f(ctx, location)
}

// A FileLoader is the [Loader] that a [Compiler] uses by default: it reads local
// files and refuses every URL. (The files that request bodies send come from
// [Compiler].Files.)
type FileLoader struct{}

// Load reads a regular file. It refuses others, as reading them may never end.
func (FileLoader) Load(_ context.Context, place string) ([]byte, error) {
	switch scheme := location.Scheme(place); {
	case location.IsURL(place):
		return nil, errors.New("remote descriptions are not loaded unless the caller allows it (Compiler.Loader)")
	case scheme != "":
		return nil, fmt.Errorf("the scheme %q is not supported; a location is a file, or an http or https URL "+
			"(write ./name for a file whose name has a colon)", scheme)
	}
	return tree.ReadRegularFile(place)
}

// FilesAndHTTP returns a Loader that reads local files and, with client, http and
// https URLs. A nil client means http.DefaultClient. It is safe for concurrent use.
func FilesAndHTTP(client *http.Client) Loader {
	client = cmp.Or(client, http.DefaultClient)
	return LoaderFunc(func(ctx context.Context, place string) ([]byte, error) {
		if !location.IsURL(place) {
			return FileLoader{}.Load(ctx, place)
		}
		shown := location.Redacted(place)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, place, nil)
		if err != nil {
			return nil, err
		}
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("GET %s: %s", shown, resp.Status)
		}
		data, err := io.ReadAll(io.LimitReader(resp.Body, tree.MaxText+1))
		if len(data) > tree.MaxText {
			return nil, fmt.Errorf("GET %s: more than %d bytes", shown, tree.MaxText)
		}
		return data, err
	})
}

// read loads what is at a location, or finds it in the cache.
func (c *Compiler) read(ctx context.Context, place string) (*openapi.Text, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	kept := &cached{}
	if c.Cache != nil {
		kept = c.Cache.at(place)
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if kept.text != nil || kept.err != nil {
		return kept.text, kept.err
	}
	data, err := cmp.Or[Loader](c.Loader, FileLoader{}).Load(ctx, place)
	switch {
	case err == nil:
		kept.text = openapi.NewText(data)
	case ctx.Err() != nil: // the next one may have more time
		return nil, err
	default:
		kept.err = err
	}
	return kept.text, kept.err
}
