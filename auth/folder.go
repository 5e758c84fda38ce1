package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/tree"
)

// A Folder keeps tokens of OAuth 2 in files that only their owner can read, one for each token
// endpoint, client, grant, user, scopes and audience. Several processes may use one. "" keeps none.
type Folder string

const suffix = ".token.json"

// load returns the token of a key. What others can read, or could have written, is not used.
func (f Folder) load(key string) (t token, ok bool) {
	if f == "" {
		return t, false
	}
	name := filepath.Join(string(f), key+suffix)
	if info, err := os.Lstat(name); err != nil || private(info) != nil {
		return t, false
	}
	data, err := tree.ReadRegularFile(name)
	if err != nil || json.Unmarshal(data, &t) != nil || t.Access == "" {
		return token{}, false
	}
	return t, true
}

// save keeps a token.
func (f Folder) save(key string, t token) error {
	if f == "" {
		return nil
	}
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return err
	}
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(string(f), "new-*"+suffix) // with mode 0600
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), filepath.Join(string(f), key+suffix))
	}
	if err != nil {
		err = errors.Join(err, os.Remove(file.Name()))
	}
	return err
}

// Forget drops all tokens of the folder, and returns how many there were. Servers are not told:
// until they expire, the tokens are valid.
func (f Folder) Forget() (int, error) {
	list, err := os.ReadDir(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	n := 0
	for _, entry := range list {
		if !strings.HasSuffix(entry.Name(), suffix) {
			continue
		}
		if err := os.Remove(filepath.Join(string(f), entry.Name())); err != nil {
			return n, err
		}
		n++
	}
	return n, err
}

// private reports as an error that others than its owner can read or write a file. Windows
// keeps that elsewhere.
func private(info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o077 != 0 && goruntime.GOOS != "windows" {
		return fmt.Errorf("others than its owner can read or write it (mode %#o); chmod 600 mends that", mode)
	}
	return nil
}
