package runtime

import (
	"sync"

	"github.com/gobelin-dev/gobelin/internal/location"
	"github.com/gobelin-dev/gobelin/internal/openapi"
)

// A Cache keeps the texts that documents name, so that each is read and parsed
// once for all of them. It is safe for concurrent use by compilers with the same
// Loader; the zero Cache is empty. It never drops what it keeps.
type Cache struct {
	mu    sync.Mutex
	texts map[string]*cached // by the key of their location, and the scope in which they may be read
}

// cached is what is at one location.
type cached struct {
	mu   sync.Mutex
	text *openapi.Text
	err  error
}

func (c *Cache) at(scope, place string) *cached {
	key := scope + "\x00" + location.Key(place)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.texts == nil {
		c.texts = map[string]*cached{}
	}
	if c.texts[key] == nil {
		c.texts[key] = &cached{}
	}
	return c.texts[key]
}
