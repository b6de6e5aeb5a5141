package docs_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var namedFile = regexp.MustCompile("`((?:functions|internal|infra|template|docs)[a-zA-Z0-9_./-]*)`")

func TestFilesThatTheArchitectureNamesExist(t *testing.T) {
	t.Parallel()
	names := namedFile.FindAllStringSubmatch(read(t, "architecture.md"), -1)
	if len(names) < 60 {
		t.Fatalf("found %d names: does the search still work?", len(names))
	}
	for _, name := range names {
		if _, err := os.Stat("../" + strings.TrimSuffix(name[1], "/")); err != nil {
			t.Errorf("%s: %v", name[1], err)
		}
	}
}
