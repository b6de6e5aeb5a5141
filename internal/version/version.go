// Package version reports the version of the running program.
package version

import (
	"cmp"
	"fmt"
	"runtime/debug"
)

// Set at link time if the build has no Git history or a release has a name of its own:
//
//	go build -ldflags '-X outreach/internal/version.number=v1.2.3 -X outreach/internal/version.commit=0123456789ab'
var number, commit string

// String returns the version given at link time, else that of the module, else "devel".
func String() string {
	info, _ := debug.ReadBuildInfo()
	return read(info).number
}

// Details returns the version, the commit if available, and the version of Go: "v1.2.3, commit 0123456789ab, go1.26.8".
func Details() string {
	info, _ := debug.ReadBuildInfo()
	b := read(info)
	if b.commit != "" {
		return fmt.Sprintf("%s, commit %s, %s", b.number, b.commit, b.goVersion)
	}
	return fmt.Sprintf("%s, %s", b.number, b.goVersion)
}

type build struct{ number, commit, goVersion string }

// read returns the values given at link time, completed by Go's build information, which may be nil.
func read(info *debug.BuildInfo) build {
	b := build{number: number, commit: commit, goVersion: "unknown Go"}
	if info != nil {
		b.goVersion = info.GoVersion
		b.commit = cmp.Or(b.commit, revision(info.Settings))
		if info.Main.Version != "(devel)" {
			b.number = cmp.Or(b.number, info.Main.Version)
		}
	}
	b.number = cmp.Or(b.number, "devel")
	return b
}

// revision returns the first 12 digits of the commit, with "+dirty" if files had been modified, or "" if there is none.
func revision(settings []debug.BuildSetting) string {
	commit, dirty := "", ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if commit == "" {
		return ""
	}
	return commit + dirty
}
