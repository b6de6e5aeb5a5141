// Package version says which build of the program is running.
package version

import (
	"cmp"
	"fmt"
	"runtime/debug"
)

// Set at link time where the build has no Git history, or a release has a name of its own:
//
//	go build -ldflags '-X outreach/internal/version.number=v1.2.3 -X outreach/internal/version.commit=0123456789ab'
var number, commit string

// String returns the version: that given at link time, or else that of the module, "devel" where Go recorded none.
func String() string {
	info, _ := debug.ReadBuildInfo()
	return read(info).number
}

// Details returns the version with the commit, where it is known, and the version of Go: "v1.2.3, commit 0123456789ab, go1.26.8".
func Details() string {
	info, _ := debug.ReadBuildInfo()
	b := read(info)
	if b.commit != "" {
		return fmt.Sprintf("%s, commit %s, %s", b.number, b.commit, b.goVersion)
	}
	return fmt.Sprintf("%s, %s", b.number, b.goVersion)
}

type build struct{ number, commit, goVersion string }

// read merges what Go recorded in the binary with what was given at link time, which wins. The argument may be nil.
func read(info *debug.BuildInfo) build {
	b := build{number: number, commit: commit, goVersion: "unknown Go"}
	if info == nil {
		b.number = cmp.Or(b.number, "devel")
		return b
	}
	b.goVersion = info.GoVersion
	if info.Main.Version != "(devel)" {
		b.number = cmp.Or(b.number, info.Main.Version)
	}
	b.number = cmp.Or(b.number, "devel")
	if b.commit != "" {
		return b
	}
	modified := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			modified = s.Value == "true"
		}
	}
	if b.commit != "" && modified {
		b.commit += "+dirty"
	}
	return b
}
