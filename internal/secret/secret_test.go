package secret

import "testing"

func TestPlaceholder(t *testing.T) {}
