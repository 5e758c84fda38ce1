package simulate

import (
	"bytes"
	"io/fs"
	"time"
)

// Files returns a file system in which every file is there, with a few bytes in it: for
// [runtime.Compiler].Files, where payloads name files that a simulation does not need.
func Files() fs.FS { return files{} }

const fileText = "a file of a simulation\n"

type files struct{}

// Open returns the file of a name.
func (files) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return &file{name: name, Reader: bytes.NewReader([]byte(fileText))}, nil
}

type file struct {
	*bytes.Reader
	name string
}

func (f *file) Close() error               { return nil }
func (f *file) Stat() (fs.FileInfo, error) { return f, nil }
func (f *file) Name() string               { return f.name }
func (f *file) Mode() fs.FileMode          { return 0o444 }
func (f *file) ModTime() time.Time         { return time.Time{} }
func (f *file) IsDir() bool                { return false }
func (f *file) Sys() any                   { return nil }
