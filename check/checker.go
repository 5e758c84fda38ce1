package check

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"

	"github.com/gobelin-dev/gobelin/arazzo"
	locations "github.com/gobelin-dev/gobelin/internal/location"
	sources "github.com/gobelin-dev/gobelin/internal/source"
	"github.com/gobelin-dev/gobelin/internal/tree"
	"github.com/gobelin-dev/gobelin/lockfile"
	"github.com/gobelin-dev/gobelin/runtime"
)

// A Checker checks documents in files and folders. The zero Checker reads local
// descriptions only and reports everything; its fields must not be modified while
// it is in use. Descriptions are read once for all documents.
type Checker struct {
	Loader  runtime.Loader               // called by several goroutines; nil: runtime.FileLoader
	Sources map[string]string            // as in runtime.Compiler
	Base    string                       // what relative sources are resolved against; empty: each document
	Strict  bool                         // as in runtime.Compiler
	Tell    func(arazzo.Diagnostic) bool // reports whether to keep a diagnostic; nil: all are kept
	// Progress is called after each document, by one goroutine at a time; it may be
	// nil.
	Progress func(done, total int)

	cache runtime.Cache
}

// A Result is the diagnostics of one document.
type Result struct {
	File        string
	Diagnostics []arazzo.Diagnostic // including those of documents that it calls
	Err         error               // the file could not be read
}

// Check checks files, URLs, which the Loader reads, and all Arazzo documents in
// folders, as many at a time as there are processors. The results are in the order of the paths and, in a
// folder, of the names. The error says which path cannot be read.
func (c *Checker) Check(ctx context.Context, paths ...string) ([]Result, error) {
	files, err := Find(paths...)
	if err != nil {
		return nil, err
	}
	results := make([]Result, len(files))
	var group sync.WaitGroup
	var mu sync.Mutex
	done := 0
	next := make(chan int)
	for range min(goruntime.GOMAXPROCS(0), len(files)) {
		group.Go(func() {
			for i := range next {
				results[i] = c.file(ctx, files[i])
				mu.Lock()
				if done++; c.Progress != nil {
					c.Progress(done, len(files))
				}
				mu.Unlock()
			}
		})
	}
	for i := range files {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	once(results)
	return results, nil
}

// once keeps the diagnostics of a document only in the result of its own file.
func once(results []Result) {
	own := map[string]bool{}
	for _, r := range results {
		own[locations.Key(r.File)] = true
	}
	for i, r := range results {
		results[i].Diagnostics = slices.DeleteFunc(r.Diagnostics, func(d arazzo.Diagnostic) bool {
			file := locations.Key(d.File)
			return file != locations.Key(r.File) && own[file]
		})
	}
}

func (c *Checker) file(ctx context.Context, f File) Result {
	read := tree.ReadFile
	if locations.IsURL(f.Path) {
		read = func(url string) ([]byte, error) {
			return cmp.Or[runtime.Loader](c.Loader, runtime.FileLoader{}).Load(ctx, url)
		}
	}
	data, err := read(f.Path)
	if err != nil {
		return Result{File: f.Path, Err: err}
	}
	return Result{File: f.Path, Diagnostics: c.Text(ctx, f, data)}
}

// Text checks a text as the content of a file, such as the unsaved text of an
// editor.
func (c *Checker) Text(ctx context.Context, f File, data []byte) []arazzo.Diagnostic {
	doc, err := arazzo.ParseFile(f.Path, data)
	var parse *arazzo.ParseError
	if doc == nil && errors.As(err, &parse) {
		return c.kept(parse.Diagnostics)
	}
	compiler := &runtime.Compiler{Loader: c.Loader, Sources: c.Sources, Base: c.Base, Strict: c.Strict, Cache: &c.cache}
	program, _ := compiler.Compile(sources.Named(ctx, f.Root), doc) // its diagnostics have the error
	if program == nil {
		return nil
	}
	return c.kept(Program(program))
}

func (c *Checker) kept(list []arazzo.Diagnostic) []arazzo.Diagnostic {
	if c.Tell == nil {
		return list
	}
	return slices.DeleteFunc(list, func(d arazzo.Diagnostic) bool { return !c.Tell(d) })
}

// A File is a document to check.
type File struct {
	Path string
	Root string // the requested folder, where its sources may be, too; empty: the file itself was requested
}

// Find returns the named files and URLs and, of folders, the files that begin as
// Arazzo documents do. It skips hidden folders, node_modules, what a lock file pins, and links.
func Find(paths ...string) ([]File, error) {
	var files []File
	for _, path := range paths {
		if strings.Contains(path, "://") {
			if path = locations.Clean(path); locations.IsURL(path) {
				files = append(files, File{Path: path})
				continue
			}
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, File{Path: filepath.Clean(path)})
			continue
		}
		err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
			switch base := entry.Name(); {
			case err != nil:
				return err
			case entry.IsDir() && name != path && (strings.HasPrefix(base, ".") || base == "node_modules" || base == lockfile.Folder):
				return fs.SkipDir
			case entry.Type().IsRegular() && sniff(name):
				files = append(files, File{name, path})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
