package main

import (
	"testing"

	"github.com/gobelin-dev/gobelin/runtime"
)

func TestLineOfAResponse(t *testing.T) {
	for resent, want := range []string{
		"200", "200, sent again on another connection (1 time)", "200, sent again on another connection (2 times)",
	} {
		if got := plain(&runtime.ResponseReceived{Status: 200, Resent: resent}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
