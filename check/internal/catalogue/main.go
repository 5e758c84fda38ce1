// Command catalogue writes the catalogue of diagnostics to a file.
package main

import (
	"log"
	"os"

	"github.com/gobelin-dev/gobelin/check"
)

func main() {
	f, err := os.Create(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	if err := check.WriteCatalogue(f); err != nil {
		log.Fatal(err)
	}
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
}
