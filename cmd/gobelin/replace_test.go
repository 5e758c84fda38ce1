package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// The file is replaced by its whole content; its mode, the links to it and the
// folder are unchanged.
func TestReplaceFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no modes on Windows")
	}
	dir := t.TempDir()
	file, link := filepath.Join(dir, "real", "w.yaml"), filepath.Join(dir, "link.yaml")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o664); err != nil { // more than a umask leaves
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("real", "w.yaml"), link); err != nil {
		t.Fatal(err)
	}
	// A reader that has the file open, and a failed write, see it unchanged.
	open, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if err := replaceFile(link, []byte("after!")); err != nil {
		t.Fatal(err)
	}
	old := make([]byte, 6)
	if _, err := open.Read(old); err != nil || string(old) != "before" {
		t.Errorf("the old file has become %q (%v)", old, err)
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "after!" {
		t.Errorf("the file is %q (%v)", data, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o664 {
		t.Errorf("its mode is %v (%v)", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the link has become %v (%v)", info.Mode(), err)
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v (%v)", entries, err)
	}
}
