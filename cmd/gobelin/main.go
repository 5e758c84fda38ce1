// Command gobelin runs, checks and describes Arazzo documents.
package main

import (
	"io"
	"log"
	"os"
)

func main() {
	// net/http logs what a server sends unasked.
	log.SetOutput(io.Discard)
	os.Exit(execute(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
