package version

import (
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

func TestReadUsesBuildInformation(t *testing.T) {
	t.Parallel()
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}
	modified := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	module := func(version string, settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: version}, Settings: settings}
	}
	for name, tt := range map[string]struct {
		info *debug.BuildInfo
		want build
	}{
		"nothing is recorded":             {nil, build{"devel", "", "unknown Go"}},
		"a build without history":         {module("(devel)"), build{"devel", "", "go1.26.8"}},
		"a test binary":                   {module(""), build{"devel", "", "go1.26.8"}},
		"a commit":                        {module("(devel)", revision), build{"devel", "0123456789ab", "go1.26.8"}},
		"a commit with changes":           {module("(devel)", revision, modified), build{"devel", "0123456789ab+dirty", "go1.26.8"}},
		"a tagged version of the module":  {module("v1.2.3", revision), build{"v1.2.3", "0123456789ab", "go1.26.8"}},
		"changes without a known history": {module("v1.2.3", modified), build{"v1.2.3", "", "go1.26.8"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := read(tt.info); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestLinkerFlagsOverrideBuildInformation(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "print")
	flags := "-X outreach/internal/version.number=v9.8.7 -X outreach/internal/version.commit=fedcba987654"
	if out, err := exec.Command("go", "build", "-ldflags", flags, "-o", program, "./testdata/print").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(program).Output()
	if err != nil || !strings.HasPrefix(string(out), "v9.8.7\nv9.8.7, commit fedcba987654, go1.") {
		t.Errorf("%v\n%s", err, out)
	}
}
