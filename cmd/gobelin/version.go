package main

import (
	"cmp"
	"runtime/debug"
	"strings"
)

// version describes the build: the version of the module, or the commit of a clone,
// and the version of Go.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of an unknown version"
	}
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	details := []string{info.GoVersion}
	if commit := settings["vcs.revision"]; commit != "" {
		details = append(details, "commit "+commit[:min(12, len(commit))]+changed[settings["vcs.modified"]])
	}
	if at := settings["vcs.time"]; at != "" {
		details = append(details, at)
	}
	return cmp.Or(info.Main.Version, "(devel)") + " (" + strings.Join(details, ", ") + ")"
}

// changed says what became of a commit, by vcs.modified.
var changed = map[string]string{"true": " with changes"}
