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
	tooLarge := fmt.Errorf("%s is larger than %d MiB, the limit for one file", name, MaxText>>20)
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		if info.Size() > MaxText {
			return nil, tooLarge
		}
		return os.ReadFile(name) // its buffer has the right size
	}
	data, err := io.ReadAll(io.LimitReader(file, MaxText+1))
	if len(data) > MaxText {
		return nil, tooLarge
	}
	return data, err
}

// ReadRegularFile is [ReadFile] for regular files only: others may never end.
func ReadRegularFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file but %s", name, kindOf(info.Mode()))
	}
	return ReadFile(name)
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
