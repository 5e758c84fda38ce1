package runtime

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"sync"
	"time"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/source"
)

// A Loader reads the source descriptions that a document names, and the
// documents that their $refs name. location is a file path, or an absolute URL
// with its scheme in lower case. A document that came from an http or https URL
// never leads to a file path; [AskedBy] has the document that asks. A compilation calls it in one goroutine at a time;
// one that several compilers use must be safe for concurrent use. What its answer
// depends on besides the location, it must tell a [Cache] by a method Scope, as
// that of [FileLoader]; one that knows where else a file may be, by a method Elsewhere.
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

// AskedBy returns, in the context of a [Loader], the location of the document that
// names what is to be loaded.
func AskedBy(ctx context.Context) string { return source.AskedBy(ctx) }

// AskedFor returns, in the context of a [Loader], the location of the document that
// is compiled.
func AskedFor(ctx context.Context) string { return source.AskedFor(ctx) }

// A FileLoader is the [Loader] that a [Compiler] uses by default: it reads local
// files and refuses every URL. Documents lead only to files of the folders that
// what the compiler's caller has named (the entry document, Compiler.Base,
// Compiler.Sources) belongs to: the repository around it; or else the working
// directory, if it is in there; or else its own folder. No link leads out of that.
// (The files that request bodies send come from [Compiler].Files.)
type FileLoader struct {
	Roots []string // folders to which documents may lead, too; "/" is everything
}

// Load reads a regular file. It refuses others, as reading them may never end.
func (f FileLoader) Load(ctx context.Context, place string) ([]byte, error) {
	return (&source.Policy{Roots: f.Roots}).Read(ctx, place)
}

// Scope returns the folder for which a file may be read, so that a [Cache] keeps the
// documents that may read it apart from others.
func (f FileLoader) Scope(ctx context.Context, place string) string {
	return (&source.Policy{Roots: f.Roots}).Scope(ctx, place)
}

// Elsewhere yields the files that may be meant by one that a local document names as
// its source and that there is not: where publishers put descriptions (O4a), among
// those to which it may lead. The likeliest come first, those that are
// as likely as one another together. A compiler that is not strict reads the first
// that is a description, unless there are several, and says so.
func (f FileLoader) Elsewhere(ctx context.Context, place string) iter.Seq[[]string] {
	return (&source.Policy{Roots: f.Roots}).Elsewhere(ctx, place)
}

// A RemoteLoader is a [Loader] that reads local files, as a [FileLoader] does, and
// http and https URLs. A local document may lead to any URL. One that came over
// the network leads to public addresses, and otherwise only to hosts that a local
// one has led to; the address is checked when it is connected to, also after a
// redirect. Its fields must not be changed after the first use. It is safe for
// concurrent use.
type RemoteLoader struct {
	FileLoader
	Client  *http.Client  // nil means one like http.DefaultClient; its CheckRedirect is not used
	Hosts   []string      // if not empty: the only hosts that documents are read from, whatever their address
	Timeout time.Duration // for one document, with up to 10 redirects; 0 means 30 s
	MaxSize int           // of one document in bytes, decompressed; 0 means 256 MiB

	once   sync.Once
	policy source.Policy
}

// Load reads a file or what is at a URL.
func (r *RemoteLoader) Load(ctx context.Context, place string) ([]byte, error) {
	r.once.Do(func() {
		web := &source.Web{Client: r.Client, Hosts: r.Hosts, Timeout: r.Timeout, MaxSize: r.MaxSize}
		r.policy = source.Policy{Roots: r.Roots, Web: web}
	})
	return r.policy.Read(ctx, place)
}

// FilesAndHTTP returns a [RemoteLoader] with a client.
func FilesAndHTTP(client *http.Client) *RemoteLoader { return &RemoteLoader{Client: client} }

// elsewhere yields where else a file may be that the document at by names.
func (c *Compiler) elsewhere(ctx context.Context) func(place, by string) iter.Seq[[]string] {
	return func(place, by string) iter.Seq[[]string] {
		return source.ElsewhereOf(cmp.Or[Loader](c.Loader, FileLoader{}), source.Asking(ctx, by), place)
	}
}

// read loads what is at a location, or finds it in the cache.
func (c *Compiler) read(ctx context.Context, place, by string) (*openapi.Text, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	ctx = source.Asking(ctx, by)
	loader := cmp.Or[Loader](c.Loader, FileLoader{})
	kept := &cached{}
	if c.Cache != nil {
		kept = c.Cache.at(source.ScopeOf(loader, ctx, place), place)
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if kept.text != nil || kept.err != nil {
		return kept.text, kept.err
	}
	data, err := loader.Load(ctx, place)
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
