package ingest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outreach/internal/fact"
	"outreach/internal/importer"
	"outreach/internal/schema"
	"outreach/internal/uploads"
)

func TestSpooledLinesAreReadAsTheyWereAdded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, err := newSpool("", mostSpooled)
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		fields := rapid.IntRange(1, 20).Draw(t, "fields")
		var want, got []importer.Line
		for n := range rapid.IntRange(0, 20).Draw(t, "lines") {
			l := importer.Line{Row: n + rapid.IntRange(0, 1_000_000).Draw(t, "row")}
			l.Entry.Person = schema.PersonRef{Email: rapid.String().Draw(t, "email"), Pesel: rapid.String().Draw(t, "pesel")}
			if rapid.Bool().Draw(t, "valid") {
				l.Entry.Row = rapid.SliceOfN(rapid.StringN(0, 300, -1), fields, fields).Draw(t, "values")
			}
			want = append(want, l)
			if err := s.add(l); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // it can be read as often as needed
			got = nil
			err := s.each(func(l importer.Line) error {
				l.Entry.Row = slices.Clone(l.Entry.Row)
				got = append(got, l)
				return nil
			})
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Fatalf("%v\n%s", err, diff)
			}
		}
		failed := errors.New("the reader failed")
		if err := s.each(func(importer.Line) error { return failed }); len(want) > 0 && !errors.Is(err, failed) {
			t.Fatal(err)
		}
	})
}

// A file that is too large for the spool is read again and again, with the same result.
func TestFileTooLargeForTheSpoolIsAcceptedWithTheSameRows(t *testing.T) {
	t.Parallel()
	const file = consultation + "bogdan@example.org,2020-05-02,law,45,phone,Temat\nanna@example.org,2020-05-01,law,30,phone,Temat\n"
	var results [][]int
	var rows [][]fact.Line
	for _, limit := range []int64{mostSpooled, 0} {
		in := open(t)
		in.mostSpooled = limit
		const key = "uploads/town/coordinator/maj.csv"
		if err := in.files.Put(t.Context(), key, strings.NewReader(file), ""); err != nil {
			t.Fatal(err)
		}
		if err := in.Object(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		page, err := in.app.Uploads.Uploads(t.Context(), "town", uploads.Office, 10, "")
		if err != nil || len(page.Items) != 1 || page.Items[0].State != uploads.Accepted {
			t.Fatalf("%+v, %v", page.Items, err)
		}
		var lines []fact.Line
		for l, err := range in.app.Uploads.Lines(t.Context(), "town", schema.Builtin().Kind(schema.Consultation), page.Items[0]) {
			if err != nil {
				t.Fatal(err)
			}
			l.Person = ""
			lines = append(lines, l)
		}
		u := page.Items[0]
		results, rows = append(results, []int{u.Rows, u.New, u.Changed, u.Unchanged}), append(rows, lines)
	}
	if diff := cmp.Diff(results[0], results[1]); diff != "" || results[0][1] != 2 {
		t.Errorf("%v\n%s", results[0], diff)
	}
	if diff := cmp.Diff(rows[0], rows[1]); diff != "" || len(rows[0]) != 3 {
		t.Errorf("%d rows\n%s", len(rows[0]), diff)
	}
}
