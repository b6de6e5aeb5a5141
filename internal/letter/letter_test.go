package letter

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"outreach/internal/attention"
	"outreach/internal/mail"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/text"
)

var update = flag.Bool("update", false, "write the golden files in testdata")

var town = &project.Definition{
	ID: "town", TimeZone: "Europe/Warsaw", Title: project.Text{"pl": "Zielone podwórka", "en": "Green yards"}, Programme: project.Text{"pl": "Program <b>Miasto</b>", "en": "The <b>Town</b> programme"},
	Period: project.Period{From: "2026-01-01", To: "2026-12-31"}, Contact: &project.Contact{Name: "Biuro <projektu>", Email: "biuro@example.org", Address: "ul. Lipowa 3"},
}

var garden = project.Activity{
	ID: "garden", Label: project.Text{"pl": "Kompost & ogród", "en": "Compost & garden"}, Place: `Dom Kultury "Lipa", ul. Lipowa 3`,
	Starts: "2026-07-03T17:00:00+02:00", Ends: "2026-07-03T19:30:00+02:00",
}

const hostile = "Ola<script>alert(1)<b>\r\nBcc everybody\u202e"

func aSignup(what, language string) func() (Letter, error) {
	return func() (Letter, error) {
		return RenderSignup(Signup{
			What: what, Language: language, Project: town, Activity: garden, ID: "01JZ", FirstName: hostile, LastName: "Przykładowa",
			Link: "https://outreach.example.org/town/signups/01JZ/cancel?token=abc&x=1", At: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC),
		})
	}
}

func aReport() snapshot.Snapshot {
	return snapshot.Snapshot{Project: "town", ID: "01JS", AsOf: "2026-06-30", Hash: "sha256:" + strings.Repeat("a6", 32), Seal: new("sha256:" + strings.Repeat("5e", 32)), Participants: snapshot.Participants{Total: 1252, Target: 1500}, Indicators: []snapshot.Indicator{
		{Code: "1", Label: project.Text{"pl": "Osoby <przeszkolone>", "en": "People <trained>"}, Target: "45", Achieved: "44", Percent: "97.8"},
		{Code: "2", Label: project.Text{"pl": "Godziny", "en": "Hours"}, Target: "1000", Achieved: "1250.5", Percent: "125.1"},
	}}
}

func letters(language string) map[string]func() (Letter, error) {
	var cells []Cell
	for n := range 12 {
		cells = append(cells, Cell{Row: n + 2, Column: "reach", Value: "wiele<script>", Problem: schema.Problem{Field: "reach", Code: schema.NotANumber}})
	}
	return map[string]func() (Letter, error){
		"accepted": aSignup(schema.Accepted, language), "waitlisted": aSignup(schema.Waitlisted, language), "received": aSignup(Received, language),
		"cancelled": aSignup(schema.Cancelled, language), "received-full": aSignup(ReceivedFull, language), "place-free": aSignup(PlaceFree, language),
		"rejected": func() (Letter, error) {
			return RenderRejected(Rejected{Language: language, Project: town, Filename: "<img src=x>.csv", Kind: schema.For(town).Kind(schema.Media), Cells: cells, Page: "https://outreach.example.org/town/uploads/01JU"})
		},
		"rejected-one": func() (Letter, error) {
			return RenderRejected(Rejected{Language: language, Project: town, Filename: "maj.csv", Cells: cells[:1], Page: "https://outreach.example.org/town/uploads/01JU"})
		},
		"rejected-cut": func() (Letter, error) {
			return RenderRejected(Rejected{Language: language, Project: town, Filename: "maj.csv", Kind: schema.For(town).Kind(schema.Media), Cells: cells, Cut: true, Page: "https://outreach.example.org/town/uploads/01JU"})
		},
		"report-due": func() (Letter, error) {
			return RenderDueReport(Report{Language: language, Project: town, Snapshot: aReport(), Page: "https://outreach.example.org/town/snapshots/01JS"})
		},
		"report": func() (Letter, error) {
			return RenderReport(Report{Language: language, Project: town, Snapshot: aReport(), Page: "https://outreach.example.org/town/snapshots/01JS",
				Files: []mail.File{{Name: "town-2026-06-30.pdf", Type: "application/pdf", Data: []byte("%PDF")}}})
		},
		"attention": func() (Letter, error) {
			return RenderAttention(Attention{Language: language, Project: town, Base: "https://outreach.example.org/town",
				Counts: attention.Counts{RejectedFiles: 1, Waiting: 2, Held: 5, Duplicates: 22, PeopleWithoutAttributes: 112, LinesBehind: 3, Reports: 1}})
		},
		"attention-of-one": func() (Letter, error) {
			return RenderAttention(Attention{Language: language, Project: town, Base: "https://outreach.example.org/town", Counts: attention.Counts{Held: 1}})
		},
	}
}

// TestLettersMatchTheirGoldenFiles compares every letter, in each language, as text and as HTML, with a reviewed file.
func TestLettersMatchTheirGoldenFiles(t *testing.T) {
	t.Parallel()
	for _, language := range text.Languages() {
		for name, render := range letters(language) {
			t.Run(name+" "+language, func(t *testing.T) {
				t.Parallel()
				l, err := render()
				if err != nil {
					t.Fatal(err)
				}
				var b strings.Builder
				fmt.Fprintf(&b, "%s\n\n%s", l.Subject, l.Text)
				for _, f := range l.Files {
					fmt.Fprintf(&b, "\n[%s, %s]\n%s", f.Name, f.Type, strings.ReplaceAll(string(f.Data), "\r\n", "\n"))
				}
				golden(t, name+"."+language+".txt", b.String())
				golden(t, name+"."+language+".html", l.HTML)
				checkInjection(t, l)
			})
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-) and now (+):\n%s", file, diff)
	}
}

var outer = regexp.MustCompile(`(?i)\b(src|background|srcset)=|url\(|@import|javascript:`)

// checkInjection checks that typed text is never HTML, that opening a letter fetches nothing, and that a name begins no
// line.
func checkInjection(t *testing.T, l Letter) {
	t.Helper()
	var shown strings.Builder
	for z := html.NewTokenizer(strings.NewReader(l.HTML)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		token := z.Token()
		switch kind {
		case html.TextToken:
			shown.WriteString(token.Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			if slices.Contains([]string{"script", "img", "b", "trained", "przeszkolone", "iframe", "style", "link", "object"}, token.Data) {
				t.Errorf("<%s> is in the letter", token.Data)
			}
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Key, "on") || outer.MatchString(a.Key+"=") || a.Key == "style" && outer.MatchString(a.Val) || a.Key == "href" && !strings.HasPrefix(a.Val, "https://outreach.example.org/town") {
					t.Errorf("<%s %s=%q>", token.Data, a.Key, a.Val)
				}
			}
		}
	}
	if strings.Contains(l.Subject, "\n") || strings.Contains(l.Text, "\nBcc:") || strings.Contains(l.Subject+l.Text+shown.String(), "{{") || strings.Contains(l.Text+shown.String(), "mail.") {
		t.Errorf("%q\n%s", l.Subject, l.Text)
	}
	if len(l.HTML) > 60_000 {
		t.Errorf("%d bytes", len(l.HTML))
	}
}

func TestALetterShowsWhenAndWhereTheActivityIs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		activity project.Activity
		files    int
		want     string
	}{
		{"an activity that is not defined", project.Activity{ID: "garden"}, 0, "What: garden\nProject: Green yards\n"},
		{"a day", project.Activity{Label: project.Text{"en": "Garden"}, Starts: "2026-07-03"}, 1, "When: 3\u00a0July\u00a02026\n"},
		{"days", project.Activity{Label: project.Text{"en": "Garden"}, Starts: "2026-07-03", Ends: "2026-07-04"}, 1, "When: 3\u00a0July\u00a02026 – 4\u00a0July\u00a02026\n"},
		{"through the night", project.Activity{Label: project.Text{"en": "Garden"}, Starts: "2026-07-03T22:00:00+02:00", Ends: "2026-07-04T01:00:00+02:00"}, 1, "When: 3\u00a0July\u00a02026, 22:00 – 4\u00a0July\u00a02026, 01:00\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, err := RenderSignup(Signup{What: schema.Accepted, Language: "en", Project: town, Activity: tt.activity, FirstName: "Ola", LastName: "Nowak", Link: "https://x"})
			if err != nil || len(l.Files) != tt.files || !strings.Contains(l.Text, tt.want) {
				t.Errorf("%v, %d files\n%s", err, len(l.Files), l.Text)
			}
		})
	}
}

// The public form sends a letter to any address that it is given: what is typed as a name must not word the letter.
func TestALetterShowsPlausibleNamesOnly(t *testing.T) {
	t.Parallel()
	shown := func(first, last string) string {
		l, err := RenderSignup(Signup{What: schema.Accepted, Language: "en", Project: town, Activity: garden, ID: "01JZ", FirstName: first, LastName: last, Link: "https://outreach.example.org/"})
		if err != nil {
			t.Fatal(err)
		}
		return l.Subject + l.Text + l.HTML
	}
	for _, name := range []string{
		"Wygrałaś! https://example.net/x", "example.net/x", "WWW.example.net", "pisz@example.net", "Odbierz 5000 zł na example.net", "example．net", "example。net",
		"example dot net ＠ here", "Wygrana1", "+48600100200", "Ewa\u200bexample", "Ewa\u202eexample", "E\u0301\u0301\u0301xample", "Ewa (example)", "Ewa, example", "--example", "''example",
		"Odbierz teraz swoją nagrodę example", strings.Repeat("example", 6),
	} {
		for _, all := range []string{shown(name, "Nowak"), shown("Ewa", name)} {
			if strings.Contains(strings.ToLower(all), "xample.net") || strings.Contains(all, name) || strings.Contains(all, "Odbierz") || strings.Contains(all, "Wygra") {
				t.Errorf("%s is in the letter:\n%s", name, all)
			}
		}
	}
	if all := shown("Wygrana1", "Nowak"); !strings.Contains(all, "Hello,") {
		t.Errorf("without a name it begins\n%s", all)
	}
	for _, name := range []string{"Ewa", "Łucja Maria", "Anna-Maria", "D'Arc", "O’Neill", "Оксана", "María de la Cruz", "Zoe\u0308", "李", "Nguyễn Văn"} {
		if !strings.Contains(shown(name, "Nowak"), name) || !strings.Contains(shown("Ewa", name), name) {
			t.Errorf("%s is not in the letter", name)
		}
	}
}
