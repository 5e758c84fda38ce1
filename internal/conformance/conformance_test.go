package conformance_test

import (
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/conformance"
)

func TestSuite(t *testing.T) {
	cases, err := conformance.Load("../../testdata/conformance")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if differences := conformance.Run(t.Context(), c); len(differences) > 0 {
				t.Error(strings.Join(differences, "\n"))
			}
		})
	}
}
