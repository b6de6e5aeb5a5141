package main_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// smoke lists what a short run keeps of the tests that use the built program: a path through each part of it.
var smoke = []string{
	"TestTranscript",
	"TestGoldenFolderCountsTheSame",
	"TestHealthAndTheDocumentAreForAnyone",
	"TestOneAddressIsAPageForABrowserAndJSONForAProgram",
	"TestSigningUp",
	"TestAFileOfEachKindIsRecognisedFromItsHeader",
	"TestPeopleSignInAndHoldASession",
	"TestTheProgramStopsCleanlyOnASignal",
	"TestProgramRunsInAnEmptyFolder",
	"TestVersionCommand",
}

// atOnce is how many tests of this package run side by side at least: they wait for the program, its disk and the
// browser more than they calculate.
const atOnce = 6

// widen lets atOnce tests run side by side on a machine with fewer processors, unless -parallel says how many.
func widen() error {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if said || runtime.GOMAXPROCS(0) >= atOnce {
		return nil
	}
	return flag.Set("test.parallel", strconv.Itoa(atOnce))
}

var testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)

// shorten leaves out all tests of this package but smoke where go test runs with -short and without -run. The package's
// unit tests are in package main, and stay.
func shorten() error {
	flag.Parse()
	if !testing.Short() || flag.Lookup("test.run").Value.String() != "" {
		return nil
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		return err
	}
	var skipped []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if !strings.HasPrefix(string(text), "package main_test\n") {
			continue
		}
		for _, found := range testFunction.FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains(smoke, found[1]) {
				skipped = append(skipped, found[1])
			}
		}
	}
	return flag.Set("test.skip", "^("+strings.Join(skipped, "|")+")$")
}
