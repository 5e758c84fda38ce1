package tree

import (
	"fmt"
	"io"
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
