package pdf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"outreach/internal/project"
	"outreach/internal/report"
	"outreach/internal/snapshot"
	"outreach/internal/text"
)

var definition = &project.Definition{
	Title: project.Text{"pl": "Zażółć gęślą jaźń", "en": "Social Economy Centre"}, Programme: project.Text{"pl": "Program Operacyjny Kapitał Ludzki", "en": "Human Capital Programme"},
	Funding: project.Funding{Source: project.Text{"pl": "Europejski Fundusz Społeczny", "en": "European Social Fund"}, Value: 538974.02, Currency: "PLN", SharePercent: 100},
	Period:  project.Period{From: "2010-01-01", To: "2011-02-28"}, TimeZone: "Europe/Warsaw",
	Region:       project.Region{Name: project.Text{"pl": "województwo kujawsko-pomorskie", "en": "Kuyavia-Pomerania"}, Population: 2070000},
	Implementers: []project.Implementer{{Name: "Stowarzyszenie Łąka", OnBehalfOf: "Gmina Źródło", From: "2010-05-01", To: "2011-02-28"}},
	Groups:       []project.Labelled{{ID: "individual", Label: project.Text{"pl": "osoba zainteresowana", "en": "interested person"}}},
}

// numbered gives a snapshot in which every number is another one, of so many indicators.
func numbered(first int64, indicators int) snapshot.Snapshot {
	next := first
	number := func() int64 { next += 7; return next }
	decimal := func() json.Number { return json.Number(strconv.FormatInt(number(), 10) + ".25") }
	parts := func() snapshot.Breakdowns {
		return snapshot.Breakdowns{
			"sex":   {{Code: "female", People: number()}, {Code: "male", People: number()}, {Code: "unknown", People: number()}},
			"age":   {{Code: "0-24", People: number()}, {Code: "55+", People: number()}},
			"group": {{Code: "individual", People: number()}, {Code: "unknown", People: number()}},
		}
	}
	superseded := "01JD0000000000000000000000"
	s := snapshot.Snapshot{
		Project: "ces", ID: "01JD0000000000000000000001", AsOf: "2010-12-31", KnownAt: "2026-11-23T02:00:00Z", State: snapshot.Approved, Supersedes: &superseded,
		Definition: snapshot.Definition{Version: int(number()), SHA256: strings.Repeat("ab", 32)}, Hash: "sha256:" + strings.Repeat("0f", 32),
		Participants: snapshot.Participants{Total: number(), Target: number(), By: parts()},
		Reach:        snapshot.Reach{Sum: number(), Low: number(), Estimate: number(), High: number(), Population: number(), Airings: number()},
		Quality:      snapshot.Quality{PeopleWithoutAttributes: number(), RecordsOutsidePeriod: number()},
	}
	for i := range indicators {
		in := snapshot.Indicator{
			Code: strconv.Itoa(i + 1), Label: project.Text{"pl": fmt.Sprintf("Źdźbło %d: osoby, które ukończyły szkolenie z zakładania spółdzielni", i+1), "en": fmt.Sprintf("Result %d: people who completed a training", i+1)},
			Unit: "person", Target: decimal(), Achieved: decimal(), Percent: decimal(), Status: []string{"achieved", "behind", "on-track", "not-started"}[i%4], Records: number(),
		}
		if i%2 == 0 {
			in.By, in.TargetBy = parts(), map[string]map[string]json.Number{"sex": {"female": decimal()}}
		}
		var total int64
		for m := 1; m <= 12; m++ {
			added := number()
			total += added
			in.ByMonth = append(in.ByMonth, snapshot.Month{Month: fmt.Sprintf("2010-%02d", m), Added: json.Number(strconv.FormatInt(added, 10)), Total: json.Number(strconv.FormatInt(total, 10))})
		}
		s.Indicators = append(s.Indicators, in)
	}
	return s
}

func printed(t testing.TB, s snapshot.Snapshot, language string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteSnapshot(&b, definition, s, language); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read gives what a reader sees, each page's text with its spaces as one.
func read(t testing.TB, data []byte) []string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		const howTo = "pdftotext is not installed: apt-get install poppler-utils"
		if os.Getenv("REQUIRE_ALL") != "" {
			t.Fatal(howTo)
		}
		t.Skip(howTo)
	}
	path := filepath.Join(t.TempDir(), "figures.pdf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", "-enc", "UTF-8", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	var pages []string
	for page := range strings.SplitSeq(strings.TrimSuffix(string(out), "\f"), "\f") {
		pages = append(pages, " "+strings.Join(strings.Fields(page), " ")+" ")
	}
	return pages
}

func plain(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestEveryLabelAndFigureIsWritten(t *testing.T) {
	s := numbered(1000, 11)
	for _, language := range []string{"pl", "en"} {
		t.Run(language, func(t *testing.T) {
			words := text.Of(language)
			pages := read(t, printed(t, s, language))
			all := strings.Join(pages, "")
			has := func(what string) {
				t.Helper()
				if !strings.Contains(all, plain(what)) {
					t.Errorf("%q is nowhere", what)
				}
			}
			// A text may be broken into lines, beside which stand others.
			hasWords := func(what string) {
				t.Helper()
				for word := range strings.FieldsSeq(what) {
					has(word)
				}
			}
			number := func(n any) { t.Helper(); has(" " + words.Number(n)) }
			has(definition.Title.In(language))
			has(definition.Programme.In(language))
			has(definition.Funding.Source.In(language) + ", " + words.Money(definition.Funding.Value, "PLN"))
			has(definition.Region.Name.In(language))
			hasWords(definition.Implementers[0].Name + " " + definition.Implementers[0].OnBehalfOf)
			has(words.Say("results.planned_achieved") + " · " + words.Say("results.as_of", "date", words.Date(s.AsOf)) + " " + words.Say("snapshot.approved"))
			for _, heading := range []string{"results.participants", "results.growth", "results.reach", "results.quality", "results.breakdowns", "paper.months", "paper.confirmation", "paper.for_project", "paper.for_funder", "paper.name", "paper.date", "paper.signature", "results.reach_note", "results.bar_key"} {
				hasWords(words.Say(heading))
			}
			for _, id := range []string{s.ID, *s.Supersedes, s.Definition.SHA256, s.Hash, words.Say("origin.version", "n", s.Definition.Version), words.Moment(s.KnownAt, definition.Location())} {
				has(id)
			}
			breakdowns := func(by snapshot.Breakdowns) {
				for dimension, parts := range by {
					has(words.Say("dimension." + dimension))
					for _, part := range parts {
						has(report.Part(words, definition, dimension, part.Code))
						number(part.People)
					}
				}
			}
			number(s.Participants.Total)
			number(s.Participants.Target)
			breakdowns(s.Participants.By)
			for dimension, parts := range s.Participants.By {
				for _, part := range parts {
					has(report.Part(words, definition, dimension, part.Code) + " " + words.Number(part.People))
				}
			}
			for _, in := range s.Indicators {
				hasWords(in.Label.In(language))
				has(" " + words.Number(in.Target) + " " + words.Number(in.Achieved) + " " + words.Percent(in.Percent) + " ")
				has(words.Say("status." + in.Status))
				has(words.Count("paper.records", in.Records))
				breakdowns(in.By)
				for _, target := range in.TargetBy["sex"] {
					has(" / " + words.Number(target))
				}
				for _, m := range in.ByMonth {
					has(words.Month(m.Month))
					number(m.Total)
				}
			}
			r := s.Reach
			has(words.Count("results.reach_sum", r.Airings, "sum", words.Number(r.Sum)))
			has(words.Say("results.reach_people", "low", words.Number(r.Low), "high", words.Number(r.High), "estimate", words.Number(r.Estimate)))
			has(words.Say("results.reach_population", "population", words.Number(r.Population)))
			has(words.Count("results.without_attributes", s.Quality.PeopleWithoutAttributes))
			has(words.Count("results.outside_period", s.Quality.RecordsOutsidePeriod))
			for i, page := range pages {
				if want := " " + words.Say("paper.page", "n", i+1, "all", len(pages)) + " "; !strings.Contains(page, want) {
					t.Errorf("page %d does not say %q", i+1, want)
				}
			}
			last := pages[len(pages)-1]
			for _, key := range []string{"paper.for_project", "paper.for_funder", "paper.signature"} {
				if !strings.Contains(last, words.Say(key)) {
					t.Errorf("the last page is not the one to sign: %q", last)
				}
			}
		})
	}
}

// A code that is longer than its column is not cut: in the first table too it says which result it is.
func TestLongCodeIsNotCut(t *testing.T) {
	s := numbered(1000, 2)
	s.Indicators[1].Code = "A.b-c_10/2026"
	first := strings.SplitAfter(read(t, printed(t, s, "pl"))[0], plain(text.Of("pl").Say("results.bar_key")))[0]
	if !strings.Contains(first, s.Indicators[1].Code) {
		t.Errorf("the table says %s", first)
	}
}

func TestHiddenPartsAreNotWritten(t *testing.T) {
	s := numbered(100000, 1)
	s.Participants.By = snapshot.Breakdowns{"sex": {{Code: "female", People: 77777, Shown: snapshot.Few}, {Code: "male", People: 88888, Shown: snapshot.Hidden}}}
	s.Indicators[0].By = s.Participants.By
	all := strings.Join(read(t, printed(t, s, "en")), "")
	if strings.Contains(all, "77,777") || strings.Contains(all, "88,888") || !strings.Contains(all, "<5") || !strings.Contains(all, "hidden") {
		t.Error(all)
	}
}

func TestSameSnapshotGivesTheSameBytes(t *testing.T) {
	if !bytes.Equal(printed(t, numbered(1, 3), "pl"), printed(t, numbered(1, 3), "pl")) {
		t.Error("they differ")
	}
}

// Any texts of a definition, of any length, can be written.
func TestAnySnapshotCanBeWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := numbered(rapid.Int64Range(0, 1_000_000_000).Draw(t, "first"), rapid.IntRange(0, 40).Draw(t, "indicators"))
		for i := range s.Indicators {
			s.Indicators[i].Label = project.Text{"pl": rapid.StringN(0, 200, -1).Draw(t, "label")}
			s.Indicators[i].Code = rapid.StringN(0, 20, -1).Draw(t, "code")
		}
		d := *definition
		d.Title = project.Text{"pl": rapid.StringN(0, 300, -1).Draw(t, "title")}
		if err := WriteSnapshot(&bytes.Buffer{}, &d, s, "pl"); err != nil {
			t.Fatal(err)
		}
	})
	if err := WriteSnapshot(&bytes.Buffer{}, &project.Definition{}, snapshot.Snapshot{KnownAt: "2026-11-23T02:00:00Z"}, "en"); err != nil {
		t.Error(err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestErrorOfTheWriterIsReturned(t *testing.T) {
	if err := WriteSnapshot(full{}, definition, numbered(1, 1), "pl"); err == nil {
		t.Error("no error of the writer")
	}
	if err := WriteSnapshot(&bytes.Buffer{}, definition, snapshot.Snapshot{KnownAt: "yesterday"}, "pl"); err == nil {
		t.Error("no error of a snapshot without its instant")
	}
}
