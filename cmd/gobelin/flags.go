package main

import "regexp"

// flags are what a person sets where the messages of the library name a field.
var flags = []struct {
	field *regexp.Regexp
	flag  string
}{
	{regexp.MustCompile(`Compiler\.Sources\["([^"]*)"\]`), "--source $1=PATH"},
	{regexp.MustCompile(`Settings\.Servers\["([^"]*)"\]`), "--server $1=URL"},
	{regexp.MustCompile(`Compiler\.Base\b`), "--base"},
}

// inFlags says by flags what a message says by fields.
func inFlags(message string) string {
	for _, f := range flags {
		message = f.field.ReplaceAllString(message, f.flag)
	}
	return message
}
