package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// replaceFile replaces the content of a file, whole or not at all: it is
// written next to the file, which it then replaces. The mode is kept. A link is
// kept, too; its target is replaced.
func replaceFile(name string, content []byte) (err error) {
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", name)
	}
	// A file that is not writable must not be replaced, either.
	writable, err := os.OpenFile(target, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := writable.Close(); err != nil {
		return err
	}
	beside, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*")
	if err != nil {
		return err
	}
	_, err = beside.Write(content)
	if err == nil {
		err = beside.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = beside.Sync()
	}
	err = errors.Join(err, beside.Close())
	if err == nil {
		err = os.Rename(beside.Name(), target)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s is unchanged: %w", name, err), os.Remove(beside.Name()))
	}
	return nil
}
