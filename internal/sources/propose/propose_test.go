package propose_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"outreach/internal/importer"
	"outreach/internal/project/definition"
	"outreach/internal/schema"
	"outreach/internal/sources/propose"
)

const casesFolder = "../../../infra/tracker/testdata/cases/"

// proposed returns what is proposed for a case: the kind, the row of the header, and each column that is read as
// "name→field format value=ours".
func proposed(t *testing.T, name string, content []byte) string {
	t.Helper()
	text, err := os.ReadFile(casesFolder + "definition.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, problems := definition.Parse("", text)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if content == nil {
		if content, err = os.ReadFile(casesFolder + name); err != nil {
			t.Fatal(err)
		}
	}
	table, err := importer.ReadTable(t.Context(), importer.File{Body: bytes.NewReader(content), Size: int64(len(content))}, schema.For(d), 200)
	if err != nil {
		t.Fatal(err)
	}
	p := propose.Of(d, table, func(*schema.Kind) bool { return true }, nil, 0)
	if p.Kind == nil {
		return "none"
	}
	var out []string
	for _, c := range p.Columns {
		if c.Field == nil {
			continue
		}
		line := c.Name + "→" + c.Field.Name
		if c.Format != "" {
			line += " " + c.Format
		}
		for _, v := range c.Unread {
			line += " " + v.Theirs + "=" + v.Ours
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return fmt.Sprintf("%s %d: %s", p.Kind.Name, table.Rows[p.Header].Row, strings.Join(out, "; "))
}

func TestProposalsForFilesThatPeopleSend(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"01-meltwater.csv":       "media 1: Date→date DD-MMM-YYYY hh:mm A; Headline→title; Reach→reach; Source→outlet; Time→time hh:mm A; URL→url",
		"04-pl-monitoring.csv":   "media 1: Data→date; Godzina→time; Kontakty→contacts; Link→url; Typ medium→medium; Tytuł→title; Zasięg→reach; Źródło→outlet",
		"142-talkwalker.csv":     "media 1: extra_source_attributes.name→outlet; published→date; reach→reach 1234.5; source_type→medium ONLINENEWS=web; title→title; url→url",
		"42-ms-forms.xlsx":       "signup 1: Adres e-mail→email; Completion time→submitted_at; Imię→first_name; Nazwisko→last_name; Szkolenie→activity Szkolenie: partnerstwa społeczne;=partnerships; Zgoda→consent_processing",
		"40-google-forms-pl.csv": "signup 1: Adres e-mail→email; Imię i nazwisko→name; Sygnatura czasowa→submitted_at YYYY/MM/DD hh:mm:ss A Z; Wybierz szkolenie→activity; Wyrażam zgodę na przetwarzanie moich danych osobowych→consent_processing Wyrażam zgodę=yes",
		"55-kobo.csv":            "signup 1: _submission_time→submitted_at; dzialanie→activity; email→email; grupa/imie→first_name; grupa/nazwisko→last_name; zgoda→consent_processing",
		"60-zoom.csv":            "attendance 4: Join Time→date MM/DD/YYYY hh:mm:ss A; Name (Original Name)→name; User Email→email",
		"63-teams.csv":           "attendance 10: Email→email; First Join→date MM/DD/YY, hh:mm:ss A; In-Meeting Duration→hours; Name→name",
	} {
		if got := proposed(t, name, nil); got != want {
			t.Errorf("%s:\n  got  %s\n  want %s", name, got, want)
		}
	}
}

func TestProposalsFromValuesAlone(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"A;B;Headline;C;D\n21-Jul-2026;12 500;Tekst;Portal;x\n":                     "media 1: A→date DD-MMM-YYYY; B→reach; Headline→title",
		"Kto;Kiedy;Szkolenie;Co\na@example.org;2026-07-21;partnerships;ukończyła\n": "attendance 1: Kiedy→date; Kto→email; Szkolenie→activity",
		"\n": "none",
	} {
		if got := proposed(t, "", []byte(content)); got != want {
			t.Errorf("%q:\n  got  %s\n  want %s", content, got, want)
		}
	}
}

// Each entry of the dictionary is of a field or an option that there is.
func TestSynonymsAreOfFieldsThatThereAre(t *testing.T) {
	t.Parallel()
	for _, problem := range propose.UnknownSynonyms() {
		t.Error(problem)
	}
}
