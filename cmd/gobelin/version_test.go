package main

import (
	"runtime/debug"
	"testing"
)

func TestVersionOf(t *testing.T) {
	clone := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}}
	tests := []struct {
		info *debug.BuildInfo
		want string
	}{
		{&debug.BuildInfo{GoVersion: "go1.26", Main: debug.Module{Version: "v1.2.3"}}, "v1.2.3 (go1.26)"},
		{&debug.BuildInfo{GoVersion: "go1.26"}, "(devel) (go1.26)"},
		{&debug.BuildInfo{GoVersion: "go1.26", Main: debug.Module{Version: "(devel)"}, Settings: clone},
			"(devel) (go1.26, commit 0123456789ab, 2026-01-02T03:04:05Z)"},
		{&debug.BuildInfo{GoVersion: "go1.26", Settings: append(clone, debug.BuildSetting{Key: "vcs.modified", Value: "true"})},
			"(devel) (go1.26, commit 0123456789ab with changes, 2026-01-02T03:04:05Z)"},
	}
	for _, test := range tests {
		if got := versionOf(test.info); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
