package main

import "regexp"

// flags are the flags for the fields that messages of the library name.
var flags = []struct {
	field *regexp.Regexp
	flag  string
}{
	{regexp.MustCompile(`Compiler\.Sources\["([^"]*)"\]`), "--source $1=PATH"},
	{regexp.MustCompile(`Settings\.Servers\["([^"]*)"\]`), "--server $1=URL"},
	{regexp.MustCompile(`Compiler\.Base\b`), "--base"},
}

// inFlags replaces the fields in a message by flags.
func inFlags(message string) string {
	for _, f := range flags {
		message = f.field.ReplaceAllString(message, f.flag)
	}
	return message
}
