package ready_test

import (
	"slices"
	"strings"
	"testing"

	"outreach/internal/project"
	"outreach/internal/project/definition"
	"outreach/internal/sources/ready"
)

// What is in the data fits the kinds: a copy is a source, but for what only a project can say, and that is said to be
// missing and nothing else.
func TestFormatsAreSourcesButForWhatAProjectSays(t *testing.T) {
	t.Parallel()
	d := &project.Definition{ID: "p", Languages: []string{"en", "pl"}, TimeZone: "Europe/Warsaw", Activities: []project.Activity{{ID: "a"}}}
	for _, f := range ready.All() {
		if f.Tool == "" || len(f.Recognise) == 0 || f.Checked != "yes" && f.Checked != "no" || (f.Checked == "yes") != (f.Source != "") {
			t.Errorf("%s lacks its tool, its header, or where that is from", f.ID)
		}
		if f.Analytics {
			if f.Kind != "" || len(f.Columns) > 0 {
				t.Errorf("%s has no records, but columns", f.ID)
			}
			continue
		}
		_, problems := definition.ParseSource(d, "", []byte(f.Text(f.ID, nil)))
		for _, p := range problems {
			if f.Kind == "media" || p.Code != "missing" || !strings.HasPrefix(p.Field, "columns.") {
				t.Errorf("%s: %d:%d %s %s\n%s", f.ID, p.Line, p.Column, p.Field, p.Code, f.Text(f.ID, nil))
			}
		}
	}
}

func TestAHeaderIsOfTheFormatWithTheMostColumns(t *testing.T) {
	t.Parallel()
	for _, f := range ready.All() {
		header := slices.Clone(f.Recognise)
		if len(header) > 1 {
			slices.Reverse(header) // the order of columns does not matter
		}
		header[0] = " " + strings.ToUpper(header[0])
		if got, found := ready.Of(append(header, "Our own question")); !found || got.ID != f.ID {
			t.Errorf("the header of %s is of %q", f.ID, got.ID)
		}
		if got, found := ready.Of(append([]string{"Other"}, header[1:]...)); found && got.ID == f.ID {
			t.Errorf("without one of its columns it is still of %s", f.ID)
		}
	}
	if got, found := ready.Of([]string{"Name", "Timestamp"}); found {
		t.Errorf("a column that many files have is of %s", got.ID)
	}
	if _, found := ready.Of(nil); found {
		t.Error("no header is of a tool")
	}
}
