// Command mutant prints how many of the cases of a ruling fail. The test of the
// mutations builds it from broken code: it links less than the command does, and
// so takes half as long.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"slices"

	"github.com/gobelin-dev/gobelin/internal/conformance"
	suite "github.com/gobelin-dev/gobelin/testdata/conformance"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: mutant RULING")
	}
	cases, err := conformance.Load(suite.Files)
	if err != nil {
		log.Fatal(err)
	}
	failed := 0
	for _, c := range cases {
		if slices.Contains(c.Rulings, os.Args[1]) && conformance.Run(context.Background(), c).Status == conformance.Failed {
			failed++
		}
	}
	fmt.Println(failed)
}
