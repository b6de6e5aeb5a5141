package project_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outreach/internal/project"
)

func TestTextFallsBackToTheOtherLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		text     project.Text
		language string
		want     string
	}{
		{"Polish", project.Text{"pl": "Szkolenie", "en": "Training"}, "pl", "Szkolenie"},
		{"English", project.Text{"pl": "Szkolenie", "en": "Training"}, "en", "Training"},
		{"English missing", project.Text{"pl": "Szkolenie"}, "en", "Szkolenie"},
		{"Polish missing", project.Text{"en": "Training"}, "pl", "Training"},
		{"a third language is answered in Polish", project.Text{"pl": "Szkolenie", "en": "Training"}, "de", "Szkolenie"},
		{"neither", project.Text{}, "pl", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.text.In(c.language); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestPeriodIncludesItsFirstAndLastDay(t *testing.T) {
	t.Parallel()
	period := project.Period{From: "2009-11-02", To: "2011-02-28"}
	for day, want := range map[string]bool{"2009-11-01": false, "2009-11-02": true, "2010-06-01": true, "2011-02-28": true, "2011-03-01": false} {
		if got := period.Contains(day); got != want {
			t.Errorf("%s: got %t", day, got)
		}
	}
}

func TestDayIsInTheProjectsTimeZone(t *testing.T) {
	t.Parallel()
	d := &project.Definition{TimeZone: "Europe/Warsaw"}
	for _, c := range []struct{ at, want string }{
		{"2010-01-31T22:59:59Z", "2010-01-31"},
		{"2010-01-31T23:00:00Z", "2010-02-01"},
		{"2010-07-31T21:59:59Z", "2010-07-31"},
		{"2010-07-31T22:00:00Z", "2010-08-01"},
		{"2010-07-31T23:30:00-05:00", "2010-08-01"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Day(at); got != c.want {
			t.Errorf("%s: got %s, want %s", c.at, got, c.want)
		}
	}
	if got := (&project.Definition{TimeZone: "Nowhere/Land"}).Location(); got != time.UTC {
		t.Errorf("a zone that does not exist: got %s", got)
	}
}

func TestSignupIsOpenUntilTheActivityCloses(t *testing.T) {
	t.Parallel()
	d := &project.Definition{TimeZone: "Europe/Warsaw", Period: project.Period{From: "2010-01-01", To: "2010-12-31"}}
	for _, c := range []struct {
		name, closes, at string
		want             bool
	}{
		{"within the period", "", "2010-06-01T12:00:00Z", true},
		{"before the period", "", "2009-12-01T12:00:00Z", true},
		{"in the last minute of the last day", "", "2010-12-31T22:59:00Z", true},
		{"after the last day", "", "2010-12-31T23:00:00Z", false},
		{"on the day on which it closes", "2010-06-01", "2010-06-01T21:59:00Z", true},
		{"after the day on which it closes", "2010-06-01", "2010-06-01T22:00:00Z", false},
		{"before the instant at which it closes", "2010-06-01T17:00:00+02:00", "2010-06-01T14:59:59Z", true},
		{"at the instant at which it closes", "2010-06-01T17:00:00+02:00", "2010-06-01T15:00:00Z", false},
		{"after the period, though it closes later", "2011-06-01", "2011-02-01T12:00:00Z", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			at, err := time.Parse(time.RFC3339, c.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.SignupOpen(project.Activity{ID: "course", Closes: c.closes}, at); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestPartsAreFoundByTheirID(t *testing.T) {
	t.Parallel()
	d := &project.Definition{
		Activities: []project.Activity{{ID: "a"}, {ID: "b", Capacity: 2}},
		Indicators: []project.Indicator{{Code: "1"}, {Code: "2", Target: 3}},
		Partners:   []project.Partner{{ID: "tv", Name: "TV"}},
	}
	if a, ok := d.Activity("b"); !ok || a.Capacity != 2 {
		t.Errorf("activity: %v %t", a, ok)
	}
	if in, ok := d.Indicator("2"); !ok || in.Target != 3 {
		t.Errorf("indicator: %v %t", in, ok)
	}
	if p, ok := d.Partner("tv"); !ok || p.Name != "TV" {
		t.Errorf("partner: %v %t", p, ok)
	}
	_, activity := d.Activity("c")
	_, indicator := d.Indicator("c")
	_, partner := d.Partner("c")
	if activity || indicator || partner {
		t.Error("found what there is not")
	}
}

// A definition is stored as JSON, and what is read back must be the same definition.
func TestDefinitionsSurviveJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Make[project.Definition]().Draw(t, "definition")
		stored, err := json.Marshal(&want)
		if err != nil {
			t.Fatal(err)
		}
		var got project.Definition
		if err := json.Unmarshal(stored, &got); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(&got)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(stored), string(again)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTextInJSONAlwaysHasTheFirstLanguages(t *testing.T) {
	t.Parallel()
	for want, text := range map[string]project.Text{
		`{"pl":"","en":""}`:                    nil,
		`{"pl":"","en":"Training"}`:            {"en": "Training"},
		`{"pl":"a \u003c b","en":"","de":"x"}`: {"de": "x", "pl": "a < b", "uk": ""},
		`{"pl":"Jan","en":"Jan"}`:              project.SameInAllLanguages("Jan"),
	} {
		got, err := json.Marshal(text)
		if err != nil || string(got) != want {
			t.Errorf("%v is written as %s, %v, want %s", text, got, err, want)
		}
		var back project.Text
		if err := json.Unmarshal(got, &back); err != nil || back.In("de") != text.In("de") || len(back) != len(back.Languages()) {
			t.Errorf("%s is read as %v, %v", got, back, err)
		}
	}
}
