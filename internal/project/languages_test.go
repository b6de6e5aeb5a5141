package project_test

import (
	"encoding/json"
	"strings"
	"testing"

	"outreach/internal/project"
)

func TestTextFallsBackToTheProjectsLanguagesThenEnglish(t *testing.T) {
	t.Parallel()
	text := func(pairs ...string) project.Text {
		out := project.Text{}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i]] = pairs[i+1]
		}
		return out
	}
	own := []string{"es", "ca", "en-IE"}
	for _, c := range []struct {
		name, reader, want string
		own                []string
		text               project.Text
	}{
		{"the reader's own language", "pl", "polski", own, text("pl", "polski", "es", "español")},
		{"the first language of the project", "de", "español", own, text("pl", "polski", "en", "English", "es", "español", "ca", "català")},
		{"the second one where the first has nothing", "de", "català", own, text("pl", "polski", "en", "English", "ca", "català")},
		{"the base of a regional one", "de", "English", own, text("pl", "polski", "en", "English")},
		{"English after the project's languages", "de", "English", []string{"es"}, text("pl", "polski", "en", "English", "ca", "català")},
		{"any other", "de", "polski", own, text("pl", "polski")},
		{"without languages of its own, Polish comes first", "de", "polski", nil, text("pl", "polski", "en", "English", "es", "español")},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := project.Definition{Title: c.text, Languages: c.own, Activities: []project.Activity{{ID: "a", Label: c.text}}}
			written, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			var read project.Definition
			if err := json.Unmarshal(written, &read); err != nil {
				t.Fatal(err)
			}
			if title, label := read.Title.In(c.reader), read.Activities[0].Label.In(c.reader); title != c.want || label != c.want {
				t.Errorf("the title is %q, the label %q, want %q", title, label, c.want)
			}
			if again, err := json.Marshal(read); err != nil || string(again) != string(written) || strings.Contains(string(again), `"":`) {
				t.Errorf("it is written as %s, before %s, %v", again, written, err)
			}
		})
	}
}

func TestOnlyPolishProjectsKnowPeopleByPESELWithoutSayingSo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		languages, keys []string
		want            string
	}{
		{nil, nil, "email pesel"},
		{[]string{"en", "pl-PL"}, nil, "email pesel"},
		{[]string{"es", "ca"}, nil, "email"},
		{[]string{"es"}, []string{"pesel", "phone"}, "pesel phone"},
	} {
		d := &project.Definition{Languages: c.languages, People: project.People{Keys: c.keys}}
		if got := strings.Join(d.PersonKeys(), " "); got != c.want {
			t.Errorf("languages %v, keys %v: %q, want %q", c.languages, c.keys, got, c.want)
		}
	}
}
