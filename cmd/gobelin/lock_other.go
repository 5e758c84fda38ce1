//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// lock takes the exclusive lock of an open file: a file next to it that only
// one process can create. It remains if the process is killed.
func lock(file *os.File) (unlock func(), err error) {
	name := file.Name() + ".lock"
	beside, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, fmt.Errorf("%w; if that process was killed, remove %s", errLocked, name)
	case err != nil:
		return nil, err
	}
	return func() { os.Remove(name) }, beside.Close()
}
