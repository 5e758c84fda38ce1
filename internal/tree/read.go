package tree

import (
	"fmt"
	"io"
	"os"
)

// MaxText bounds the text of one document or description.
const MaxText = 256 << 20

// ReadFile reads a file whole, as [os.ReadFile] does, but no more than
// [MaxText]: a name may lead to a device that never ends.
func ReadFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	tooLarge := fmt.Errorf("%s has more than %d MiB, the most that is read of one file", name, MaxText>>20)
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
