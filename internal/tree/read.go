package tree

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// MaxText bounds the size of one document or description.
const MaxText = 256 << 20

// ReadFile reads a file whole, like [os.ReadFile], but no more than [MaxText]:
// a name may refer to a device that never ends.
func ReadFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		if info.Size() > MaxText {
			return nil, tooLarge(name)
		}
		return os.ReadFile(name) // its buffer has the right size
	}
	data, err := io.ReadAll(io.LimitReader(file, MaxText+1))
	if len(data) > MaxText {
		return nil, tooLarge(name)
	}
	return data, err
}

// ReadRegularFile is [ReadFile] for regular files only: others may never end.
func ReadRegularFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err := irregular(name, info, err); err != nil {
		return nil, err
	}
	return ReadFile(name)
}

// ReadRegularFileIn is [ReadRegularFile] for a file of a folder, which nothing
// leads out of.
func ReadRegularFileIn(folder *os.Root, name string) ([]byte, error) {
	info, err := folder.Stat(name)
	if err := irregular(name, info, err); err != nil {
		return nil, err
	}
	if info.Size() > MaxText {
		return nil, tooLarge(name)
	}
	return folder.ReadFile(name)
}

func tooLarge(name string) error {
	return fmt.Errorf("%s is larger than %d MiB, the limit for one file", name, MaxText>>20)
}

// irregular returns an error unless a file is a regular one.
func irregular(name string, info fs.FileInfo, err error) error {
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file but %s", name, kindOf(info.Mode()))
	}
	return err
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}
