package main

import "regexp"

// flags are the flags for the fields that messages of the library name.
var flags = []struct {
	field *regexp.Regexp
	flag  string
}{
	{regexp.MustCompile(`Compiler\.Sources\["([^"]*)"\]`), "--source $1=PATH"},
	{regexp.MustCompile(`Driver\.Servers\["([^"]*)"\]`), "--server $1=URL"},
	{regexp.MustCompile(`Compiler\.Base\b`), "--base"},
	{regexp.MustCompile(`Compiler\.Files\b`), "--files"},
	{regexp.MustCompile(`Settings\.MaxSteps\b`), "--max-steps"},
	{regexp.MustCompile(`; Settings\.MaxDepth allows more`), ""},
	{regexp.MustCompile(`unless the caller allows it \(Compiler\.Loader\)`), "because of --offline"},
	{regexp.MustCompile(`FileLoader\.Roots\b`), "--root"},
	{regexp.MustCompile(`RemoteLoader\.Hosts\b`), "--allow-host"},
	{regexp.MustCompile(` \(RemoteLoader\.(Timeout|MaxSize)\)`), ""},
	{regexp.MustCompile(`Driver\.RequestTimeout\b`), "--request-timeout"},
	{regexp.MustCompile(`Driver\.NewJar\b`), "--cookies"},
}

// inFlags replaces the fields in a message by flags.
func inFlags(message string) string {
	for _, f := range flags {
		message = f.field.ReplaceAllString(message, f.flag)
	}
	return message
}
