package docs_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestGlossaryIsSortedAndNamesPackagesThatExist(t *testing.T) {
	t.Parallel()
	_, table, _ := strings.Cut(read(t, "glossary.md"), "|---|---|---|---|\n")
	var terms []string
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if len(cells) != 4 {
			t.Fatalf("%d cells, want 4: %s", len(cells), line)
		}
		terms = append(terms, strings.ToLower(cells[0]))
		where := regexp.MustCompile(` \([^)]*\)`).ReplaceAllString(cells[3], "")
		for _, name := range regexp.MustCompile(`[,;] `).Split(where, -1) {
			_, errInternal := os.Stat("../internal/" + name)
			if _, err := os.Stat("../" + name); err != nil && errInternal != nil {
				t.Errorf("%s: there is no %s", cells[0], name)
			}
		}
	}
	if len(terms) < 50 || !slices.IsSorted(terms) || len(slices.Compact(slices.Clone(terms))) != len(terms) {
		t.Errorf("%d terms: want each once, in alphabetical order", len(terms))
	}
}
