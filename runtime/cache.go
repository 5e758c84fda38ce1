package runtime

import (
	"sync"

	"github.com/gobelin-dev/gobelin/internal/openapi"
)

// A Cache keeps the descriptions that documents name, so that each is read once
// for all of them. It is safe for concurrent use by compilers with the same
// Loader; the zero Cache is empty. What is kept stays until the Cache goes.
type Cache struct {
	mu     sync.Mutex
	loaded map[string]*cached
}

// cached is what is at one location.
type cached struct {
	read, parse sync.Once
	data        []byte
	readErr     error
	description *openapi.Description // nil: an Arazzo document, or an error
	parseErr    error
}

func (c *Cache) at(location string) *cached {
	if c == nil {
		return &cached{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loaded == nil {
		c.loaded = map[string]*cached{}
	}
	if c.loaded[location] == nil {
		c.loaded[location] = &cached{}
	}
	return c.loaded[location]
}

// read loads what is at a location.
func (l *linker) read(location string) ([]byte, error) {
	return l.reader()(location)
}

// reader reads as the linker does. Descriptions keep it for what they refer to;
// it holds nothing of the documents that are linked.
func (l *linker) reader() func(location string) ([]byte, error) {
	cache, loader, ctx := l.compiler.Cache, l.compiler.Loader, l.ctx
	return func(location string) ([]byte, error) {
		c := cache.at(location)
		c.read.Do(func() { c.data, c.readErr = loader.Load(ctx, location) })
		return c.data, c.readErr
	}
}

// describe parses what was read from a location: the description is nil where
// it is an Arazzo document.
func (l *linker) describe(location string, data []byte) (*openapi.Description, error) {
	c := l.compiler.Cache.at(location)
	c.parse.Do(func() {
		root, err := openapi.Parse(data)
		if err == nil && root.Get("arazzo") == nil {
			c.description, err = openapi.FromNode(root, location, l.reader())
		}
		c.parseErr = err
	})
	return c.description, c.parseErr
}
