package importer

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"outreach/internal/project"
	"outreach/internal/schema"
)

var definition = &project.Definition{
	ID: "ces", TimeZone: "Europe/Warsaw",
	Period: project.Period{From: "2009-11-02", To: "2011-02-28"},
	Region: project.Region{Population: 2_070_000},
	Groups: []project.Labelled{
		{ID: "social-economy-entity", Label: project.Text{"pl": "podmiot ekonomii społecznej", "en": "social-economy entity"}},
		{ID: "local-authority", Label: project.Text{"pl": "władze lokalne", "en": "local authority"}},
		{ID: "labour-market-institution", Label: project.Text{"pl": "instytucja rynku pracy", "en": "labour-market institution"}},
		{ID: "social-assistance-institution", Label: project.Text{"pl": "instytucja pomocy i integracji społecznej", "en": "social assistance and integration institution"}},
		{ID: "individual", Label: project.Text{"pl": "osoba zainteresowana", "en": "interested person"}},
	},
	Activities: []project.Activity{
		{ID: "partnerships", Label: project.Text{"pl": "Szkolenie: partnerstwa społeczne", "en": "Training: social partnerships"}},
		{ID: "running-promotion", Label: project.Text{"pl": "Szkolenie: prowadzenie i promocja podmiotu", "en": "Training: running and promoting an entity"}},
		{ID: "founding-cooperatives", Label: project.Text{"pl": "Szkolenie: zakładanie spółdzielni socjalnej", "en": "Training: founding a social co-operative"}},
		{ID: "incubator", Label: project.Text{"pl": "Inkubator", "en": "Incubator"}},
	},
	OutputKinds: []project.OutputKind{
		{ID: "tv-spot", Label: project.Text{"pl": "spot telewizyjny", "en": "TV spot"}},
		{ID: "reportage", Label: project.Text{"pl": "reportaż", "en": "reportage"}},
		{ID: "web-news", Label: project.Text{"pl": "informacja na stronie", "en": "website news item"}},
		{ID: "conference-kit", Label: project.Text{"pl": "komplet materiałów konferencyjnych", "en": "set of conference materials"}},
	},
}

var scope = schema.Scope{Definition: definition, Today: "2026-11-23"}

func anyKind(*schema.Kind) bool { return true }

// read checks a file and returns the result and the valid rows that were passed on.
func read(t testing.TB, data []byte) (Checked, []Line) {
	t.Helper()
	var lines []Line
	checked, err := Check(t.Context(), File{Body: bytes.NewReader(data), Size: int64(len(data))}, scope, anyKind, func(l Line) error {
		if l.Entry.Row != nil {
			l.Entry.Row = slices.Clone(l.Entry.Row)
			lines = append(lines, l)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return checked, lines
}

// brief writes a finding as "row column code value", and what it hints at.
func brief(e CellError) string {
	text := fmt.Sprintf("%d %s %s %q", e.Row, e.Column, e.Code, e.Value)
	if e.Hint != "" {
		text += " " + e.Hint
	}
	return text
}

func briefs(f Findings) []string {
	out := make([]string, len(f.List))
	for i, e := range f.List {
		out[i] = brief(e)
	}
	return out
}

// values writes a row as its fields that are not empty.
func values(k *schema.Kind, l Line) string {
	var out []string
	if l.Entry.Person.Email != "" && k.Index("email") < 0 {
		out = append(out, "email="+l.Entry.Person.Email)
	}
	if l.Entry.Person.Pesel != "" && k.Index("email") < 0 {
		out = append(out, "pesel="+l.Entry.Person.Pesel)
	}
	for i, f := range k.Fields {
		if l.Entry.Row[i] != "" {
			out = append(out, f.Name+"="+l.Entry.Row[i])
		}
	}
	return fmt.Sprintf("%d %s", l.Row, strings.Join(out, " "))
}

func wantErrors(t *testing.T, c Checked, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), briefs(c.Errors)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

func wantRows(t *testing.T, c Checked, lines []Line, want ...string) {
	t.Helper()
	got := []string{}
	for _, l := range lines {
		got = append(got, values(c.Kind, l))
	}
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

const airings = "date,time,medium,kind,title,outlet,reach\n"

func TestEveryKindIsReadInEnglishAndInPolish(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, file, kind, row string }{
		{"media", "date,time,medium,kind,title,outlet,reach,contacts,source,url,note\n2010-03-11,18:25,tv,spot,Razem łatwiej,Telewizja Partner,7500,9000,GfK,https://example.org,x\n", "media",
			"2 date=2010-03-11 time=18:25 medium=tv kind=spot title=Razem łatwiej outlet=Telewizja Partner reach=7500 contacts=9000 source=GfK url=https://example.org note=x"},
		{"media in Polish", "data;godzina;medium;rodzaj;tytuł;redakcja;zasięg;kontakty;źródło;adres;uwagi\n11.03.2010;18:25;media społecznościowe;spot;Razem łatwiej;Telewizja Partner;7 500;9.000;GfK;https://example.org;x\n", "media",
			"2 date=2010-03-11 time=18:25 medium=social kind=spot title=Razem łatwiej outlet=Telewizja Partner reach=7500 contacts=9000 source=GfK url=https://example.org note=x"},
		{"attendance", "email,pesel,activity,date,hours,outcome\nOsoba001@Example.org,,partnerships,2010-02-19,24,completed\n", "attendance",
			"2 email=osoba001@example.org activity=partnerships date=2010-02-19 hours=24 outcome=completed"},
		{"attendance in Polish", "pesel;działanie;data;godziny;wynik\n44051401359;Szkolenie: partnerstwa społeczne;19.2.2010;7,5;ukończyła\n", "attendance",
			"2 pesel=44051401359 activity=partnerships date=2010-02-19 hours=7.5 outcome=completed"},
		{"tests", "email,activity,date,pre_score,post_score,max_score\nosoba001@example.org,partnerships,2010-02-19,6,13.5,20\n", "test",
			"2 email=osoba001@example.org activity=partnerships date=2010-02-19 pre_score=6 post_score=13.5 max_score=20"},
		{"tests in Polish", "email;działanie;data;test wstępny;test końcowy;maksimum\nosoba001@example.org;partnerships;2010-02-19;6;13,5;20\n", "test",
			"2 email=osoba001@example.org activity=partnerships date=2010-02-19 pre_score=6 post_score=13.5 max_score=20"},
		{"consultations", "email,date,field,minutes,form,adviser,topic\nosoba001@example.org,2010-01-18,law,90,online,doradca@example.org,Statut\n", "consultation",
			"2 email=osoba001@example.org date=2010-01-18 field=law minutes=90 form=online adviser=doradca@example.org topic=Statut"},
		{"consultations in Polish", "email\tdata\tdziedzina\tminuty\tforma\tdoradca\ttemat\nosoba001@example.org\t2010-01-18\tksięgowość\t90\tosobiście\tdoradca@example.org\tStatut\n", "consultation",
			"2 email=osoba001@example.org date=2010-01-18 field=accounting minutes=90 form=in-person adviser=doradca@example.org topic=Statut"},
		{"outputs", "date|kind|quantity|title|evidence\n2010-01-18|tv-spot|1|Razem|spot.mp4\n", "output",
			"2 date=2010-01-18 kind=tv-spot quantity=1 title=Razem evidence=spot.mp4"},
		{"outputs in Polish", "data,rodzaj,liczba,tytuł,dowód\n2010-01-18,spot telewizyjny,1,Razem,spot.mp4\n", "output",
			"2 date=2010-01-18 kind=tv-spot quantity=1 title=Razem evidence=spot.mp4"},
		{"signups", "submitted_at,activity,first_name,last_name,email,sex,birth_year,education,labour_status,residence,disability,group,organisation,consent_processing,consent_news,locale,phone\n" +
			"2010-01-11T15:36:00+01:00,partnerships,Anna,Nowak,osoba015@example.org,female,1969,isced-5-8,employed,urban,no,individual,,yes,no,pl,600 100 200\n", "signup",
			"2 activity=partnerships first_name=Anna last_name=Nowak email=osoba015@example.org phone=600 100 200 sex=female birth_year=1969 education=isced-5-8 labour_status=employed residence=urban disability=no group=individual consent_processing=yes consent_news=no locale=pl submitted_at=2010-01-11T14:36:00Z"},
		{"signups in Polish", "data zgłoszenia;działanie;imię;nazwisko;pesel;płeć;rok urodzenia;wykształcenie;status na rynku pracy;miejsce zamieszkania;niepełnosprawność;grupa;organizacja;zgoda na przetwarzanie;zgoda na wiadomości;język;telefon\n" +
			"11.01.2010;Inkubator;Jan;Nowak;44051401359;mężczyzna;1944;wyższe;bierny;wieś;nie;władze lokalne;Gmina;tak;1;polski;600 100 200\n", "signup",
			"2 activity=incubator first_name=Jan last_name=Nowak pesel=44051401359 phone=600 100 200 sex=male birth_year=1944 education=isced-5-8 labour_status=inactive residence=rural disability=no group=local-authority organisation=Gmina consent_processing=yes consent_news=yes locale=pl submitted_at=2010-01-10T23:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checked, lines := read(t, []byte(tt.file))
			wantErrors(t, checked)
			if checked.Kind == nil || checked.Kind.Name != tt.kind || checked.Rows != 1 {
				t.Fatalf("kind %v, %d rows", checked.Kind, checked.Rows)
			}
			wantRows(t, checked, lines, tt.row)
			if tt.kind == "signup" {
				entry := lines[0].Entry
				if entry.Person != checked.Kind.PersonOf(entry.Row) || entry.Person.Empty() {
					t.Errorf("person %+v", entry.Person)
				}
			}
		})
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	const row = "2010-03-11,18:25,tv,spot,Razem,Telewizja Partner,7500\n"
	for _, tt := range []struct {
		name, file string
		rows       int // that are passed on
		errors     []string
	}{
		{"names without diacritics, in any case, with spaces or underscores, of both languages",
			"DATA, Godzina ,medium,RODZAJ,tytul,Redakcja,Zasieg\n" + row, 1, nil},
		{"names quoted behind a mark", "\ufeff\"date\",\"time\",\"medium\",\"kind\",\"title\",\"outlet\",\"reach\"\n" + row, 1, nil},
		{"columns in any order", "reach,outlet,title,kind,medium,time,date\n7500,TV,Razem,spot,tv,18:25,2010-03-11\n", 1, nil},
		{"a misspelt column is unknown, and the one that was meant is missing",
			"date,time,medium,kind,title,outlet,raech\n" + row + row, 0, []string{`1 raech unknown_column "raech"`, `1 reach missing_column ""`}},
		{"an unknown column does not keep the rows from being checked",
			"date,time,medium,kind,title,outlet,reach,colour\n" + strings.TrimSuffix(row, "\n") + ",red\n2010-03-11,18:25,tv,spot,Razem,TV,many,red\n", 1,
			[]string{`1 colour unknown_column "colour"`, `3 reach not_a_number "many" whole`}},
		{"a missing column does not hide what is wrong in the others",
			"date,time,medium,kind,title,outlet\n2010-02-30,18:25,tv,spot,Razem,TV\n", 0, []string{`1 reach missing_column ""`, `2 date not_a_date "2010-02-30" no_such_day`}},
		{"a column that occurs twice, in either language",
			"date,data,medium,kind,title,outlet,reach\n2010-03-11,2010-03-12,tv,spot,Razem,TV,7500\n", 1, []string{`1 date unknown_column "data" twice`}},
		{"an unknown column named like a person is masked",
			"date,medium,title,outlet,reach,jan@example.org\n2010-03-11,tv,Razem,TV,7500,x\n", 1, []string{`1 j*** unknown_column "j***"`}},
		{"empty columns at the end are nothing", "date,medium,title,outlet,reach,,\n2010-03-11,tv,Razem,TV,7500,,\n", 1, nil},
		{"a column without a name is nothing while it is empty", "date,,medium,title,outlet,reach\n2010-03-11,,tv,Razem,TV,7500\n", 1, nil},
		{"a value in a column without a name", "date,,medium,title,outlet,reach\n2010-03-11,x,tv,Razem,TV,7500\n", 0, []string{`2  unknown_column "x" surplus`}},
		{"a value beyond the last column", "date,medium,title,outlet,reach\n2010-03-11,tv,Razem,TV,7500,,x\n", 0, []string{`2  unknown_column "x" surplus`}},
		{"cells that are missing at the end are empty", "date,medium,title,outlet,reach,note\n2010-03-11,tv,Razem,TV,7500\n2010-03-11,tv,Osobno,TV\n", 1, []string{`3 reach missing ""`}},
		{"a file about people that names them in no way", "activity,date,outcome\npartnerships,2010-02-19,completed\n", 0, []string{`1 email missing_column ""`}},
		{"no header that is known", "name,amount\nx,1\n", 0, []string{`1  unreadable "" header`}},
		{"one known column alone is no header", "date,amount\n2010-03-11,1\n", 0, []string{`1  unreadable "" header_kind`}},
		{"a header below blank lines is numbered as in the file", "\n\ndate,medium,title,outlet,raech\n\n", 0, []string{`3  no_rows ""`, `3 raech unknown_column "raech"`, `3 reach missing_column ""`}},
		{"a header alone has no rows", airings, 0, []string{`1  no_rows ""`}},
		{"a header alone that lacks a column has none either", "date,medium,title,outlet\n", 0, []string{`1  no_rows ""`, `1 reach missing_column ""`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checked, lines := read(t, []byte(tt.file))
			wantErrors(t, checked, tt.errors...)
			if len(lines) != tt.rows {
				t.Errorf("%d rows were passed on, want %d", len(lines), tt.rows)
			}
		})
	}
}

func TestTheTimeOfADateFillsAnEmptyColumn(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"2010-03-11 18:25": "2010-03-11|18:25", "2010-03-11T18:25:00Z": "2010-03-11|19:25", "11.03.2010 8:05:11": "2010-03-11|08:05", "2010/03/11": "2010-03-11|",
		"2010-03-11T23:30:00Z": "2010-03-12|00:30", "2010-03-11\u00a018:25": "2010-03-11|18:25", "2010-03-11  18:25": "2010-03-11|18:25", "2010-03-11 00:00": "2010-03-11|00:00",
		"2010-03-11 00:00:00": "2010-03-11|", "2010-03-11T00:00:00": "2010-03-11|", "2010-03-11T00:00:00.000": "2010-03-11|",
	} {
		checked, lines := read(t, []byte(airings+given+",,tv,,T,TV,1\n"))
		got := strings.Join(briefs(checked.Errors), "; ")
		for _, l := range lines {
			got = checked.Kind.Get(l.Entry.Row, "date") + "|" + checked.Kind.Get(l.Entry.Row, "time")
		}
		if got != want {
			t.Errorf("%q: %s, want %s", given, got, want)
		}
	}
}

func TestByteOrderMarksInCellsAreNamed(t *testing.T) {
	t.Parallel()
	for _, title := range []string{"\ufeffRazem", "Razem\ufeff", "Ra\ufeffzem"} {
		checked, lines := read(t, []byte(airings+"2010-03-11,,tv,,"+title+",TV,1\n"))
		if len(lines) != 1 || lines[0].Entry.Row[4] != "Razem" || len(checked.Warnings.List) != 1 || checked.Warnings.List[0].Code != schema.Cleaned {
			t.Errorf("%q: %v %v", title, lines, briefs(checked.Warnings))
		}
	}
}

func TestOneNameAloneIsAFirstName(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"Maria": "Maria|", "Maria Nowak": "Maria|Nowak", "Maria Anna Nowak": "Maria Anna|Nowak", "": "|"} {
		_, lines := read(t, []byte("imię i nazwisko,email,activity,date,outcome\n"+given+",a@example.org,partnerships,2010-02-19,completed\n"))
		if len(lines) != 1 || lines[0].Entry.Person.FirstName+"|"+lines[0].Entry.Person.LastName != want {
			t.Errorf("%q: %v", given, lines)
		}
	}
}

func TestTitlesAboveTheHeaderAreSkippedAndNamed(t *testing.T) {
	t.Parallel()
	const table = "data%smedium%stytuł%sredakcja%szasięg\n2010-03-11%stv%sRazem%sTV%s1\n"
	for _, delimiter := range []string{",", ";", "\t", "|"} {
		below := strings.ReplaceAll(table, "%s", delimiter)
		for _, tt := range []struct {
			name, title string
			above       []int
			row         int // of the record; 0: the header is not found
		}{
			{"a title", "Zestawienie emisji\n", []int{1}, 3},
			{"a title and its empty cells", "Zestawienie emisji" + strings.Repeat(delimiter, 4) + "\n\n", []int{1}, 4},
			{"a title with other delimiters", "Emisje, spoty; reportaże | rok 2010\n\nTelewizja Partner\n", []int{1, 3}, 5},
			{"a quoted line for a spreadsheet", "\"sep=" + delimiter + "\"\n", []int{1}, 3},
			{"much above it", strings.Repeat("x\n", titleRows-1), []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}, titleRows + 1},
			{"more than is read", strings.Repeat("x\n", titleRows), nil, 0},
		} {
			t.Run(delimiter+" "+tt.name, func(t *testing.T) {
				t.Parallel()
				checked, lines := read(t, []byte(tt.title+below))
				if tt.row == 0 {
					wantErrors(t, checked, `1  unreadable "" header`)
					return
				}
				wantErrors(t, checked)
				wantRows(t, checked, lines, fmt.Sprintf("%d date=2010-03-11 medium=tv title=Razem outlet=TV reach=1", tt.row))
				want := CellError{Row: 1, Code: schema.SkippedRows, Rows: tt.above, Count: len(tt.above), Args: map[string]string{"header": fmt.Sprint(tt.row - 1)}}
				if diff := cmp.Diff([]CellError{want}, checked.Warnings.List); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
	checked, lines := read(t, workbookOf(t, nil, [][]any{{"Zestawienie"}, {}, {"data", "medium", "tytuł", "redakcja", "zasięg"}, {"2010-03-11", "tv", "Razem", "TV", 1}}))
	wantErrors(t, checked)
	wantRows(t, checked, lines, "4 date=2010-03-11 medium=tv title=Razem outlet=TV reach=1")
}

func TestMisspeltColumnDoesNotChangeTheKind(t *testing.T) {
	t.Parallel()
	for _, k := range schema.Builtin().Kinds {
		columns := k.Columns()
		for i := range columns {
			var names []string
			for _, f := range columns {
				names = append(names, f.Name)
			}
			names[i] += "s?"
			checked, _ := read(t, []byte(strings.Join(names, ";")+"\n"))
			if checked.Kind != k {
				t.Errorf("%s with %s misspelt is taken for %v", k.Name, columns[i].Name, checked.Kind)
				continue
			}
			want := []string{`1  no_rows ""`} // what is no column and has no values is passed over
			if columns[i].Required {
				want = []string{want[0], fmt.Sprintf("1 %s unknown_column %q", names[i], names[i]), fmt.Sprintf("1 %s missing_column %q", columns[i].Name, "")}
			}
			wantErrors(t, checked, want...)
		}
	}
}

func TestColumnNamesOfAKindAreDistinct(t *testing.T) {
	t.Parallel()
	for _, k := range schema.Builtin().Kinds {
		names := map[string]*schema.Field{}
		for _, f := range k.Columns() {
			for _, name := range f.ColumnNames() {
				name = fold(name)
				if other := names[name]; name == "" || other != nil && other != f {
					t.Errorf("%s: %q is also the name of %v", k.Name, name, other)
				}
				names[name] = f
			}
		}
	}
}

func TestKindThatIsNotAllowed(t *testing.T) {
	t.Parallel()
	mediaOnly := func(k *schema.Kind) bool { return k.Name == "media" }
	check := func(file string) Checked {
		checked, err := Check(t.Context(), File{Body: strings.NewReader(file), Size: int64(len(file))}, scope, mediaOnly, func(Line) error {
			t.Error("a row was passed on")
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return checked
	}
	wantErrors(t, check("date,kind,quantity,title\n2010-01-18,tv-spot,x,Razem\n"), `1  not_allowed ""`)
	wantErrors(t, check("pesel,activity,date,outcome,colour\n"), `1  not_allowed ""`)
	// What fits two kinds equally is the one that is allowed.
	if k := check("date,kind,title\n").Kind; k.Name != "media" {
		t.Errorf("recognised as %s", k.Name)
	}
	// Or else the one that misses less.
	if checked, _ := read(t, []byte("date,kind,title\n")); checked.Kind.Name != "output" {
		t.Errorf("recognised as %s", checked.Kind.Name)
	}
}

func TestCells(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, head, row, errors string }{
		{"every bad cell of a row is reported", airings, "2010-02-30,25:00,film,spot,,TV,-1", `2 date not_a_date "2010-02-30" no_such_day; 2 time out_of_range "25:00" time; 2 medium not_in_list "film"; 2 title missing ""; 2 reach out_of_range "-1"`},
		{"a date after today", airings, "2026-11-24,,tv,,Razem,TV,1", `2 date in_the_future "2026-11-24"`},
		{"a reach above the population", airings, "2010-03-11,,tv,,Razem,TV,2070001", `2 reach out_of_range "2070001" population`},
		{"a text that is too long", airings, "2010-03-11,,tv," + strings.Repeat("ż", 101) + ",Razem,TV,1", `2 kind too_long "` + strings.Repeat("ż", 100) + `…"`},
		{"contacts below the reach", "date,medium,title,outlet,reach,contacts\n", "2010-03-11,tv,Razem,TV,10,9", `2 contacts out_of_range "9" contacts`},
		{"scores above the highest", "email,activity,date,pre_score,post_score,max_score\n", "o@example.org,partnerships,2010-02-19,21,22,20", `2 pre_score out_of_range "21"; 2 post_score out_of_range "22"`},
		{"a record without a person", "email,pesel,activity,date,outcome\n", " ,,partnerships,2010-02-19,completed", `2 email missing "" person`},
		{"an address that is none is masked", "email,activity,date,outcome\n", "janina@,partnerships,2010-02-19,completed", `2 email unreadable "j***" email`},
		{"a PESEL with a wrong digit is masked", "pesel,activity,date,outcome\n", "44051401358,partnerships,2010-02-19,completed", `2 pesel out_of_range "4***" pesel`},
		{"an address in another column is masked", "email,activity,date,outcome\n", "o@example.org,jan@example.org,2010-02-19,completed", `2 activity not_in_list "j***"`},
		{"a PESEL in another column is masked", "email,activity,date,outcome\n", "o@example.org,44051401359,2010-02-19,completed", `2 activity not_in_list "4***"`},
		{"a value beyond the columns of a file about people is masked", "email,activity,date,outcome\n", "o@example.org,partnerships,2010-02-19,completed,Nowak", `2  unknown_column "N***" surplus`},
		{"a sign-up without a person", "activity,first_name,last_name,pesel,consent_processing\n", "incubator,Anna,Nowak,,tak", `2 email missing "" person`},
		{"a sign-up without consent", "activity,first_name,last_name,email,consent_processing\n", "incubator,Anna,Nowak,a@example.org,nie", `2 consent_processing not_in_list "nie" consent`},
		{"a control character", airings, "2010-03-11,,tv,,Raz\x01em,TV,1", `2 title unreadable "Raz\x01em" text`},
		{"a zero in a text", airings, "2010-03-11,,tv,,t\x00x,TV,1", "2 title unreadable \"t\\x00x\" text"},
		{"a zero in a date", airings, "2010-03-1\x00,,tv,,Razem,TV,1", "2 date not_a_date \"2010-03-1\\x00\""},
		{"a zero in a list", airings, "2010-03-11,,tv\x00,,Razem,TV,1", "2 medium not_in_list \"tv\\x00\""},
		{"two broken bytes beside one letter in UTF-8", airings, "2010-03-11,,tv,,ż\xff\xfe,TV,1", `2 title unreadable "ż` + "\ufffd" + `" text`},
		{"a letter of Windows-1250 in UTF-8", airings, "2010-03-11,,tv,,\x9cródło,TV,1", `2 title unreadable "` + "\ufffd" + `ródło" text`},
		{"a broken letter in UTF-8", "date,medium,tytuł,outlet,reach,źródło\n", "2010-03-11,tv,Raz\xc5,TV,1,", `2 title unreadable "Raz` + "\ufffd" + `" text`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checked, lines := read(t, []byte(tt.head+tt.row+"\n"))
			if got := strings.Join(briefs(checked.Errors), "; "); got != tt.errors {
				t.Errorf("errors\n got %s\nwant %s", got, tt.errors)
			}
			if len(lines) > 0 {
				t.Errorf("a bad row was passed on: %+v", lines)
			}
		})
	}
}

func TestPersonOfAnInvalidRowIsPassedOn(t *testing.T) {
	t.Parallel()
	const attendance = "email;pesel;activity;date;outcome\n"
	for _, tt := range []struct{ name, file, want string }{
		{"a wrong value", attendance + "o@example.org;44051401359;partnerships;2010-02-19;slept\n", "2 o@example.org 44051401359"},
		{"a value too many", attendance + "o@example.org;;partnerships;2010-02-19;completed;x\n", "2 o@example.org "},
		{"a column that is missing", "email;activity;date\no@example.org;partnerships;2010-02-19\n", "2 o@example.org "},
		{"a wrong key", attendance + "o@example.org;44051401358;partnerships;2010-02-19;slept\n", ""},
		{"no person", attendance + ";;partnerships;2010-02-19;slept\n", ""},
		{"a sign-up", "activity,first_name,last_name,email,pesel,consent_processing\nincubator,Anna,Nowak,o@example.org,44051401359,no\n", "2 o@example.org 44051401359"},
		{"a sign-up with a wrong key", "activity,first_name,last_name,email,pesel,consent_processing\nincubator,Anna,Nowak,o@example,44051401359,no\n", ""},
		{"a kind that is not about people", airings + "2010-03-11,,film,,Razem,TV,1\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			checked, err := Check(t.Context(), File{Body: strings.NewReader(tt.file), Size: int64(len(tt.file))}, scope, anyKind, func(l Line) error {
				if l.Entry.Row != nil {
					t.Errorf("row %d passes for right", l.Row)
				}
				got = append(got, fmt.Sprintf("%d %s %s", l.Row, l.Entry.Person.Email, l.Entry.Person.Pesel))
				return nil
			})
			if err != nil || checked.Errors.Total == 0 || strings.Join(got, "; ") != tt.want {
				t.Errorf("%q, %v, %v", got, briefs(checked.Errors), err)
			}
		})
	}
}

func TestEscapedCellsOfOwnExportsAreReadUnescaped(t *testing.T) {
	t.Parallel()
	own := *definition
	own.OutputKinds = []project.OutputKind{{ID: "film", Label: project.Text{"pl": "=film", "en": "+film"}}, {ID: "quoted", Label: project.Text{"pl": "'=film'", "en": "'-quoted"}}}
	for _, tt := range []struct{ name, kind, title, want string }{
		{"a label", "'=film", "x", "film x"},
		{"a label as it is", "=film", "x", "film x"},
		{"a label that begins so itself", "'-quoted", "x", "quoted x"},
		{"a text", "film", "'=1+1", "film =1+1"},
		{"every sign", "film", "'@x", "film @x"},
		{"a text that was not escaped", "film", "-x", "film -x"},
		{"a quoted word is left as it is", "film", "'x'", "film 'x'"},
		{"an apostrophe alone", "film", "'", "film '"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, file := range map[string]string{
				"delimited": "date;kind;quantity;title\n2010-01-18;" + tt.kind + ";1;" + tt.title + "\n",
				"workbook":  string(workbookOf(t, nil, [][]any{{"date", "kind", "quantity", "title"}, {"2010-01-18", tt.kind, 1, tt.title}})),
			} {
				own := schema.Scope{Definition: &own, Today: scope.Today}
				checked, err := Check(t.Context(), File{Body: strings.NewReader(file), Size: int64(len(file))}, own, anyKind, func(l Line) error {
					if got := l.Entry.Row[1] + " " + l.Entry.Row[3]; got != tt.want {
						t.Errorf("%s: %s, want %s", name, got, tt.want)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				wantErrors(t, checked)
			}
		})
	}
}

func TestVeryLongCellIsAnErrorAndRowsBelowAreChecked(t *testing.T) {
	t.Parallel()
	const below = "2010-03-12,,tv,,Next,TV,many\n"
	for _, tt := range []struct{ name, row, want string }{
		{"a text", "2010-03-11,,tv,," + strings.Repeat("ż", 1_100_000) + ",TV,1", "title too_long 1100000"},
		{"a text in quotation marks, with some of its own", `2010-03-11,,tv,,"` + strings.Repeat(`ż "" a`, 200_000) + `",TV,1`, "title too_long 1000000"},
		{"a quoted text of one byte more than is stored", `2010-03-11,,tv,,"` + strings.Repeat("x", longestCell) + `y",TV,1`, fmt.Sprint("title too_long ", longestCell+1)},
		{"a text whose only letter that is visible is beyond the stored part", "2010-03-11,,tv,," + strings.Repeat(" ", longestCell) + "x,TV,1", fmt.Sprint("title too_long ", longestCell+1)},
		{"bytes that are no letters", "2010-03-11,ż,tv," + strings.Repeat("\x80", 4*longestCell) + ",Razem,TV,1", ""},
		{"a date that goes on", "2010-03-11" + strings.Repeat(" ", longestCell) + "x,,tv,,Razem,TV,1", fmt.Sprint("date too_long ", longestCell+11)},
		{"a number", "2010-03-11,,tv,,Razem,TV," + strings.Repeat("1", 2<<20), "reach not_a_number "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checked, lines := read(t, []byte("\ufeff"+airings+tt.row+"\n"+below))
			if len(lines) > 0 || checked.Errors.Total < 2 {
				t.Fatalf("%d rows were passed on, %v", len(lines), briefs(checked.Errors))
			}
			first, last := checked.Errors.List[0], checked.Errors.List[checked.Errors.Total-1]
			if got := first.Column + " " + first.Code + " " + first.Args["length"]; tt.want != "" && got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if brief(last) != `3 reach not_a_number "many" whole` {
				t.Errorf("below it is %s", brief(last))
			}
		})
	}
}

func TestWarningsDoNotReject(t *testing.T) {
	t.Parallel()
	checked, lines := read(t, []byte(airings+
		"2009-11-01,,tv,,Before,TV,1035000\n"+
		"2009-11-02,,tv,,First day,TV,1035001\n"+
		"2011-02-28,,tv,,Last day,TV,2070000\n"+
		"01.03.2011,,tv,,After,TV,1\n"))
	wantErrors(t, checked)
	want := []string{`2 date outside_period "2009-11-01"`, `3 reach large_reach "1035001"`}
	if diff := cmp.Diff(want, briefs(checked.Warnings)); diff != "" {
		t.Error(diff)
	}
	for i, rows := range [][]int{{2, 5}, {3, 4}} {
		if w := checked.Warnings.List[i]; w.Count != 2 || !slices.Equal(w.Rows, rows) {
			t.Errorf("%+v is told of rows %v", w, rows)
		}
	}
	if len(lines) != 4 {
		t.Errorf("%d rows", len(lines))
	}
	// A sign-up's day is that of the project's time zone.
	const head = "activity,first_name,last_name,email,consent_processing,submitted_at\n"
	checked, _ = read(t, []byte(head+"incubator,Anna,Nowak,a@example.org,tak,2011-02-28T22:59:59Z\nincubator,Anna,Nowak,a@example.org,tak,2011-02-28T23:00:00Z\n"))
	if diff := cmp.Diff([]string{`3 submitted_at outside_period "2011-02-28T23:00:00Z"`}, briefs(checked.Warnings)); diff != "" {
		t.Error(diff)
	}
}

func TestLongListsAreCutAndCounted(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString(airings)
	for range MaxListed + 7 {
		file.WriteString("1999-01-01,,tv,,Razem,TV,x\n")
	}
	checked, lines := read(t, []byte(file.String()))
	if f := checked.Errors; len(f.List) != MaxListed || f.Total != MaxListed+7 || !f.Cut() {
		t.Errorf("errors: %d of %d, cut %v", len(f.List), f.Total, f.Cut())
	}
	if f := checked.Warnings; len(f.List) != 1 || f.Cut() || f.List[0].Count != MaxListed+7 || len(f.List[0].Rows) != ListedRows {
		t.Errorf("warnings: %+v", f)
	}
	if len(lines) != 0 || checked.Rows != MaxListed+7 {
		t.Errorf("%d of %d rows", len(lines), checked.Rows)
	}
}

func TestTooManyRows(t *testing.T) {
	t.Parallel()
	row := "2010-03-11,,tv,,Razem,TV,1\n"
	file := []byte(airings + strings.Repeat("\n", 5) + strings.Repeat(row, MaxRows))
	checked, lines := read(t, file)
	if checked.Rows != MaxRows || len(lines) != MaxRows || checked.Errors.Total != 0 {
		t.Errorf("%d rows, %d lines, %v", checked.Rows, len(lines), checked.Errors)
	}
	file = append(bytes.ReplaceAll(file, []byte(",1\n"), []byte(",x\n")), row...)
	checked, _ = read(t, file)
	if got := brief(checked.Errors.List[0]); got != fmt.Sprintf("%d  too_many_rows %q", MaxRows+7, "") {
		t.Error(got)
	}
	if len(checked.Errors.List) != MaxListed || checked.Errors.Total != MaxRows+1 || checked.Rows != MaxRows {
		t.Errorf("%d of %d errors, %d rows", len(checked.Errors.List), checked.Errors.Total, checked.Rows)
	}
}

func TestUnsupportedFilesAreRejected(t *testing.T) {
	t.Parallel()
	random := make([]byte, 5000)
	for i := range random {
		random[i] = byte(i * i >> 3)
	}
	utf16 := func(name string) string { return strings.Join(strings.Split(name, ""), "\x00") }
	for _, tt := range []struct{ name, file, want string }{
		{"an empty file", "", "empty"},
		{"a mark alone", "\xef\xbb\xbf", "empty"},
		{"blank lines", "\r\n \r\n;;\r\n", "empty"},
		{"bytes of anything", string(random), "header"},
		{"a PDF", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "wrong_format PDF picture"},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "wrong_format PNG picture"},
		{"a photograph", "\xff\xd8\xff\xe0\x00\x10JFIF\x00", "wrong_format JPEG picture"},
		{"a telephone's photograph", "\x00\x00\x00\x24ftypheic\x00\x00\x00\x00", "wrong_format HEIC picture"},
		{"a picture of the web", "RIFF\x24\x00\x00\x00WEBPVP8 ", "wrong_format WebP picture"},
		{"a text with its looks", `{\rtf1\ansi data;medium;tytuł}`, "wrong_format RTF"},
		{"a letter of old Word", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("x", 64<<10-10) + utf16("WordDocument") + "xxx", "wrong_format DOC"},
		{"a letter of Word", archiveOf(t, "[Content_Types].xml", "_rels/.rels", "word/document.xml"), "wrong_format DOCX"},
		{"a lecture", archiveOf(t, "ppt/presentation.xml"), "wrong_format PPTX"},
		{"a sheet of LibreOffice", archiveOf(t, "mimetype", "content.xml"), "wrong_format OpenDocument"},
		{"an archive of anything", archiveOf(t, "a.csv"), "wrong_format ZIP packed"},
		{"an empty archive", archiveOf(t), "wrong_format ZIP packed"},
		{"a workbook of Numbers", archiveOf(t, "Index/Document.iwa", "Metadata/Properties.plist"), "wrong_format Numbers numbers"},
		{"a binary workbook", archiveOf(t, "[Content_Types].xml", "_rels/.rels", "xl/workbook.bin"), "wrong_format XLSB workbook"},
		{"a packed table", "\x1f\x8b\x08\x00\x00\x00\x00\x00", "wrong_format gzip packed"},
		{"a workbook of Excel 2003 as XML", "<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">", "wrong_format XML workbook"},
		{"a page that is called a workbook", "\xef\xbb\xbf\r\n<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><table><tr><td>data", "wrong_format HTML workbook"},
		{"a page in UTF-16", utf16("\xff\xfe")[:0] + "\xff\xfe" + utf16("<table><tr>") + "\x00", "wrong_format HTML workbook"},
		{"a page that declares itself XML", "<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"x\"><html>", "wrong_format HTML workbook"},
		{"an archive of a page", "MIME-Version: 1.0\r\nContent-Type: multipart/related", "wrong_format MHTML workbook"},
		{"any XML", "<?xml version=\"1.0\"?><airings><airing date=\"2010-03-11\"/></airings>", "wrong_format XML structured"},
		{"a list in JSON", "[\n  {\"date\": \"2010-03-11\"}]", "wrong_format JSON structured"},
		{"JSON", `{"date": "2010-03-11", "medium": "tv"}`, "wrong_format JSON structured"},
		{"a workbook of the old format", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("x", 100_000), "wrong_format XLS workbook"},
		{"a workbook with a password", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("x", 64<<10-20) + utf16("EncryptedPackage") + "xxx", "wrong_format XLSX protected"},
		{"an archive that is cut short", "PK\x03\x04xxxxxxxx", "damaged"},
		{"a row of more columns than a spreadsheet has", airings + strings.Repeat(",", 20_000) + "\n", "row"},
		{"a row of long cells without end", airings + strings.Repeat(strings.Repeat("x", longestCell)+",", 100) + "\n", "row"},
		{"a mark that is never closed before a megabyte", airings + "2010-03-11,,tv,,\"" + strings.Repeat("x", 3<<20), "quote"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checked, lines := read(t, []byte(tt.file))
			row := 1
			if tt.want == "quote" || tt.want == "row" {
				row = 2
			}
			code, hint, format := "unreadable", tt.want, ""
			if wrong, is := strings.CutPrefix(tt.want, "wrong_format "); is {
				code = "wrong_format"
				format, hint, _ = strings.Cut(wrong, " ")
			}
			wantErrors(t, checked, strings.TrimSpace(fmt.Sprintf(`%d  %s "" %s`, row, code, hint)))
			if got := checked.Errors.List[0].Args["format"]; got != format {
				t.Errorf("it is taken for %q", got)
			}
			if len(lines) > 0 {
				t.Error("rows were passed on")
			}
		})
	}
	checked, err := Check(t.Context(), File{Body: zeros{}, Size: MaxBytes + 1}, scope, anyKind, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantErrors(t, checked, `1  unreadable "" too_large`)
}

// archiveOf is an archive of parts with nothing in them.
func archiveOf(t *testing.T, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		if _, err := w.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) { clear(p); return len(p), nil }

// failing is a body that fails from some byte on.
type failing struct {
	data []byte
	from int64
	err  error
}

func (f failing) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > f.from {
		return 0, f.err
	}
	return bytes.NewReader(f.data).ReadAt(p, at)
}

func TestUnreadableBodyIsAnErrorAndNotABadFile(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	table := []byte(airings + strings.Repeat("2010-03-11,,tv,,Razem,TV,1\n", 20_000))
	book := workbookOf(t, nil, [][]any{{"date", "medium", "title", "outlet", "reach"}, {"2010-03-11", "tv", "Razem", "TV", 1}})
	for name, data := range map[string][]byte{"delimited": table, "workbook": book} {
		for from := int64(0); from < int64(len(data)); from += int64(len(data)/37 + 1) {
			_, err := Check(t.Context(), File{Body: failing{data, from, broken}, Size: int64(len(data))}, scope, anyKind, func(Line) error { return nil })
			if !errors.Is(err, broken) {
				t.Fatalf("%s failing from byte %d: %v", name, from, err)
			}
		}
		// A body that is shorter than it was said to be has lost its end.
		_, err := Check(t.Context(), File{Body: bytes.NewReader(data), Size: int64(len(data)) + 10}, scope, anyKind, func(Line) error { return nil })
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s cut short: %v", name, err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Check(ended, File{Body: bytes.NewReader(data), Size: int64(len(data))}, scope, anyKind, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%s after the context ended: %v", name, err)
		}
		stop := errors.New("stop")
		if _, err := Check(t.Context(), File{Body: bytes.NewReader(data), Size: int64(len(data))}, scope, anyKind, func(Line) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("%s whose receiver fails: %v", name, err)
		}
	}
}

func TestRepeats(t *testing.T) {
	t.Parallel()
	var r Repeats
	keys := []string{"a", "b", "a", "c", "a", "b"}
	for i, key := range keys {
		r.Add(i+2, []byte(key), []byte{byte(i / 4)})
	}
	want := []Repeat{{Row: 4, Earlier: 2}, {Row: 6, Earlier: 4, Other: true}, {Row: 7, Earlier: 3, Other: true}}
	if diff := cmp.Diff(want, r.Rows()); diff != "" {
		t.Error(diff)
	}
	var many Repeats
	for i := range MaxRows {
		many.Add(i+2, []byte(fmt.Sprint("media\x00tv-partner\x002010-03-11\x00", i)), nil)
	}
	if got := many.Rows(); len(got) != 0 {
		t.Errorf("%d keys that differ are taken for the same", len(got))
	}
	if !slices.Equal(new(Repeats).Rows(), nil) {
		t.Error("nothing repeats nothing")
	}
}

// The files that the project plays in: how many rows each has, and which are bad.
func TestFilesOfTheProject(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "infra", "tracker", "ces")
	for _, tt := range []struct {
		name, kind string
		rows       int
		errors     []string
	}{
		{"signups.csv", "signup", 307, nil},
		{"attendance.csv", "attendance", 145, nil},
		{"consultations.csv", "consultation", 567, nil},
		{"tests.csv", "test", 130, nil},
		{"outputs.csv", "output", 49, nil},
		{"media/tv-partner-2010.csv", "media", 26, nil},
		{"media/tv-partner-2010-correction.csv", "media", 4, nil},
		{"media/radio-partner-2010.xlsx", "media", 22, nil},
		{"media/web-partner-2010.csv", "media", 36, nil},
		{"media/press-partner-2010-h1.csv", "media", 12, nil},
		{"media/press-partner-2010-h2.csv", "media", 12, nil},
		{"media/press-partner-2011.csv", "media", 1, nil},
		{"media/press-partner-2010-h2-with-4-bad-rows.csv", "media", 12, []string{
			`3 date not_a_date "31.06.2010" no_such_day`, `5 reach out_of_range "-8000"`, `7 title missing ""`, `9 reach not_a_number "dużo" whole`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join(folder, tt.name))
			if err != nil {
				t.Fatal(err)
			}
			checked, lines := read(t, data)
			wantErrors(t, checked, tt.errors...)
			// A training of several days is one record of its hours, and the definition does not say how long it lasted.
			other := slices.ContainsFunc(checked.Warnings.List, func(w CellError) bool { return w.Code != schema.Unlikely || w.Column != "hours" })
			if checked.Kind.Name != tt.kind || checked.Rows != tt.rows || len(lines) != tt.rows-len(tt.errors) || other {
				t.Errorf("%s, %d rows, %d right, warnings %v", checked.Kind.Name, checked.Rows, len(lines), briefs(checked.Warnings))
			}
		})
	}
}

// What is cheap to write must not be dear to refuse.
func TestHostileFilesTakeLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("with -short: writes large files")
	}
	const size = 20 << 20
	mib := func(text string) []byte { return bytes.Repeat([]byte(text), size/len(text)) }
	for name, data := range map[string][]byte{
		"delimiters":            mib(";"),
		"delimiters in a row":   append([]byte(airings), mib(",")...),
		"quotation marks":       mib(`"`),
		"a mark never closed":   append([]byte(airings+`2010-03-11,,tv,,"`), mib("x\n")...),
		"blank lines":           mib("\n"),
		"blank lines below":     append([]byte(airings), mib(" \r\n")...),
		"a cell without end":    append([]byte(airings+"2010-03-11,,tv,,"), mib("x")...),
		"marks in a cell":       append([]byte(airings+`2010-03-11,,tv,,"x`), mib(`" `)...),
		"cells of some size":    append([]byte(airings), mib(strings.Repeat("x", 8<<10)+",")...),
		"one line":              mib("x"),
		"one line below":        append([]byte(airings), mib("x")...),
		"many columns":          mib("date,"),
		"zeros":                 make([]byte, size),
		"UTF-16 of nothing":     append([]byte(utf16LEBOM), make([]byte, size)...),
		"an archive of nothing": append([]byte("PK\x03\x04"), make([]byte, size)...),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		checked, _ := read(t, data)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > size {
			t.Errorf("%s: %d MiB", name, used>>20)
		}
		if checked.Rows == 0 && checked.Errors.Total == 0 && name != "blank lines below" {
			t.Errorf("%s is a table", name)
		}
	}
}

// Each row of a file has the limits of its own kind of output, wherever the column of the kind is.
func TestAmountsOfAFileHaveTheLimitsOfTheirRow(t *testing.T) {
	t.Parallel()
	d := *definition
	d.OutputKinds = []project.OutputKind{{ID: "leaflet", Label: project.Text{"pl": "ulotka", "en": "leaflet"}}, {ID: "waste", Label: project.Text{"pl": "odpady", "en": "waste"}, Decimals: 2, Correction: true}}
	own := schema.Scope{Definition: &d, Today: scope.Today}
	for _, c := range []struct {
		kind   string
		amount any // of a cell; as a text also in a delimited file
		want   string
	}{
		{"odpady", "12,35", "12.35"}, {"waste", "-12.35", "-12.35"}, {"waste", "0", "0"}, {"waste", "1 234,5", "1234.5"}, {"waste", "1.234,50", "1234.5"},
		{"waste", 12.35, "12.35"}, {"waste", -0.1, "-0.1"}, {"waste", 12.355, "not_a_number"}, {"waste", "12.500", "not_a_number"}, {"waste", "'-3", "-3"}, {"waste", "=-3", "-3"},
		{"ulotka", "12.500", "12500"}, {"leaflet", "12 500", "12500"}, {"leaflet", 12500, "12500"}, {"leaflet", 1.5, "not_a_number"}, {"leaflet", "1,5", "not_a_number"},
		{"leaflet", 0, "out_of_range"}, {"leaflet", "-1", "out_of_range"},
	} {
		files := map[string]string{}
		for name, order := range map[string][]int{"the kind first": {0, 1, 2, 3}, "the kind last": {0, 3, 2, 1}} {
			head, row := make([]any, 4), make([]any, 4)
			var line []string
			for i, at := range order {
				head[at], row[at] = []any{"date", "kind", "quantity", "title"}[i], []any{"2010-01-18", c.kind, c.amount, "x"}[i]
			}
			files["workbook, "+name] = string(workbookOf(t, nil, [][]any{head, row}))
			for _, cell := range row {
				line = append(line, fmt.Sprint(cell))
			}
			if _, is := c.amount.(string); is {
				files["delimited, "+name] = strings.Join([]string{fmt.Sprint(head[0]), fmt.Sprint(head[1]), fmt.Sprint(head[2]), fmt.Sprint(head[3])}, ";") + "\n" + strings.Join(line, ";") + "\n"
			}
		}
		for name, file := range files {
			got := ""
			checked, err := Check(t.Context(), File{Body: strings.NewReader(file), Size: int64(len(file))}, own, anyKind, func(l Line) error {
				if l.Entry.Row != nil {
					got = l.Kind.Get(l.Entry.Row, "quantity")
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range checked.Errors.List {
				got = e.Code
			}
			if got != c.want {
				t.Errorf("%s of %v in a %s: %q, want %q", c.kind, c.amount, name, got, c.want)
			}
		}
	}
}

// A row is read as it would be alone, whatever the row before has.
func TestARowDoesNotDependOnTheOneBefore(t *testing.T) {
	t.Parallel()
	d := *definition
	d.OutputKinds = []project.OutputKind{{ID: "leaflet"}, {ID: "waste", Decimals: 2, Correction: true}}
	own := schema.Scope{Definition: &d, Today: scope.Today}
	// lastOf reads rows and returns the last one: its amount, or what is wrong with it.
	lastOf := func(rows ...string) (got string) {
		file := "date;quantity;title;kind\n" + strings.Join(rows, "\n") + "\n"
		checked, err := Check(t.Context(), File{Body: strings.NewReader(file), Size: int64(len(file))}, own, anyKind, func(l Line) error {
			if l.Entry.Row != nil && l.Row == len(rows)+1 {
				got = l.Kind.Get(l.Entry.Row, "date") + " " + l.Kind.Get(l.Entry.Row, "quantity") + " " + l.Kind.Get(l.Entry.Row, "title")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range checked.Errors.List {
			if e.Row == len(rows)+1 {
				got += e.Column + " " + e.Code + " "
			}
		}
		return got
	}
	var all []string
	for _, kind := range []string{"leaflet", "waste", "none"} {
		for _, amount := range []string{"12.500", "1,5", "0", "-1", "7", "85%", ""} {
			all = append(all, "2010-01-18;"+amount+";a  b;"+kind)
		}
	}
	all = append(all, "18.01.2010;7;a;leaflet", "x;7;a;leaflet")
	for _, row := range all {
		alone := lastOf(row)
		if alone == "" {
			t.Errorf("%s: neither a row nor an error", row)
		}
		for i, before := range all {
			if row == before {
				continue // a repeated row is passed over
			}
			if got := lastOf(before, row); got != alone {
				t.Errorf("%s after %s (%d): %q, alone %q", row, before, i, got, alone)
			}
		}
	}
}
