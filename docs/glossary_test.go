package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestGlossaryIsSortedAndNamesWhatExists(t *testing.T) {
	t.Parallel()
	_, table, _ := strings.Cut(read(t, "glossary.md"), "|---|---|---|---|\n")
	var terms []string
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if len(cells) != 4 {
			t.Fatalf("%d cells, want 4: %s", len(cells), line)
		}
		terms = append(terms, strings.ToLower(cells[0]))
		for _, where := range regexp.MustCompile(`[,;] `).Split(cells[3], -1) {
			name, in, _ := strings.Cut(where, " (")
			folder := "../internal/" + name
			if _, err := os.Stat(folder); err != nil {
				folder = "../" + name
			}
			if _, err := os.Stat(folder); err != nil {
				t.Errorf("%s: there is no %s", cells[0], name)
				continue
			}
			for _, identifier := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(in, -1) {
				for _, word := range regexp.MustCompile(`\W+`).Split(identifier[1], -1) {
					if !regexp.MustCompile(`\b` + word + `\b`).MatchString(codeOf(t, folder)) {
						t.Errorf("%s: %s has no %s", cells[0], name, identifier[1])
					}
				}
			}
		}
	}
	if len(terms) < 50 || !slices.IsSorted(terms) || len(slices.Compact(slices.Clone(terms))) != len(terms) {
		t.Errorf("%d terms: want each once, in alphabetical order", len(terms))
	}
}

// codeOf returns the sources and data of a package and of the packages below it, without tests and comments.
func codeOf(t *testing.T, folder string) string {
	t.Helper()
	var all strings.Builder
	comments := regexp.MustCompile(`(?m)(^|\s)//.*$`)
	err := filepath.WalkDir(folder, func(file string, _ os.DirEntry, err error) error {
		if err == nil && slices.Contains([]string{".go", ".json"}, filepath.Ext(file)) && !strings.HasSuffix(file, "_test.go") {
			all.WriteString(comments.ReplaceAllString(read(t, file), ""))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
