package lockfile

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/source"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A Loader is a [runtime.Loader] that reads what a lock file pins, and leaves the
// rest to another one. What is pinned needs no network, and is an error if it is not
// what was pinned. Which lock file that is depends on the document that is
// compiled, see [Find]; each is read once. Its fields must not be changed after
// the first use. It is safe for concurrent use if the other one is.
type Loader struct {
	Loader runtime.Loader // nil means runtime.FileLoader, which refuses URLs that are not pinned
	File   *File          // the lock file of all documents; nil: that which is found for each
	// OnPinned is called for each text that is pinned, before it is read, by the
	// goroutine that calls Load; it may be nil.
	OnPinned func(*File, Pin)

	mu    sync.Mutex
	files map[string]func() (*File, error) // by the entry document
}

// Load reads a file, or what is pinned for a URL.
func (l *Loader) Load(ctx context.Context, place string) ([]byte, error) {
	if !location.IsURL(place) {
		return l.other().Load(ctx, place)
	}
	file, err := l.file(ctx)
	if err != nil {
		return nil, err
	}
	if file != nil {
		if pin, ok := file.Pinned(place); ok {
			if l.OnPinned != nil {
				l.OnPinned(file, pin)
			}
			return file.Text(pin)
		}
	}
	data, err := l.other().Load(ctx, place)
	if _, offline := l.other().(runtime.FileLoader); offline && err != nil && file != nil {
		err = fmt.Errorf("%w; %s does not pin it", err, file.Path)
	}
	return data, err
}

// Scope tells a [runtime.Cache] which texts are pinned, and by which lock file.
func (l *Loader) Scope(ctx context.Context, place string) string {
	scope := source.ScopeOf(l.other(), ctx, place)
	if !location.IsURL(place) {
		return scope
	}
	switch file, err := l.file(ctx); {
	case err != nil:
		return err.Error() + "\x00" + scope
	case file != nil:
		return location.Key(file.Path) + "\x00" + scope
	}
	return scope
}

// Elsewhere yields what the other loader yields.
func (l *Loader) Elsewhere(ctx context.Context, place string) iter.Seq[[]string] {
	return source.ElsewhereOf(l.other(), ctx, place)
}

func (l *Loader) other() runtime.Loader {
	if l.Loader == nil {
		return runtime.FileLoader{}
	}
	return l.Loader
}

// file returns the lock file for the document that is compiled; nil if there is none.
func (l *Loader) file(ctx context.Context) (*File, error) {
	if l.File != nil {
		return l.File, nil
	}
	document := runtime.AskedFor(ctx)
	l.mu.Lock()
	read := l.files[document]
	if read == nil {
		if l.files == nil {
			l.files = map[string]func() (*File, error){}
		}
		read = sync.OnceValues(func() (*File, error) {
			if name := Find(document); name != "" {
				return Read(name)
			}
			return nil, nil
		})
		l.files[document] = read
	}
	l.mu.Unlock()
	return read()
}
