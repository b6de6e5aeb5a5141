package main_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// airings is a small file of a partner's.
func (p *project) airings(medium string) string {
	return "date,time,medium,kind,title,outlet,reach,contacts\n" +
		p.day(-3) + ",08:15," + medium + ",wywiad,Drzewa,Redakcja A,1000,1500\n" +
		p.day(-3) + ",18:25," + medium + ",wywiad,Drzewa,Redakcja A,2000,2000\n" +
		p.day(-2) + ",," + medium + ",notka,Kompost,Redakcja B,500,\n"
}

// cells are an upload's errors or warnings, as "row column code".
func cells(r reply, list string) []string {
	r.t.Helper()
	out := []string{}
	for _, cell := range r.list(list) {
		if said(within(cell, "message")) == "" {
			r.t.Errorf("no message: %v", cell)
		}
		out = append(out, said(within(cell, "row"))+" "+said(within(cell, "column"))+" "+said(within(cell, "code")))
	}
	return out
}

// file is one of a kind, in English, with what it comes to.
type file struct {
	header, row string
	counts      map[string]string
}

func (p *project) filesOfAllKinds() map[string]file {
	d := p.day(-10)
	return map[string]file{
		"media":         {"date,time,medium,kind,title,outlet,reach,contacts,source,url,note", d + ",08:15,radio,wywiad,Drzewa,Radio Podwórko,12500,20000,badanie,https://example.org/a,ważne", map[string]string{"3": "12500", "4": "1"}},
		"attendance":    {"email,pesel,activity,date,hours,outcome", "ewa@example.org,,planting," + d + ",7.5,completed", map[string]string{"1": "1", "2": "7.5"}},
		"tests":         {"email,pesel,activity,date,pre_score,post_score,max_score", "ewa@example.org,,planting," + d + ",3,7.5,10", map[string]string{"8": "1"}},
		"consultations": {"email,pesel,date,field,minutes,form,adviser,topic", "ewa@example.org,," + d + ",law,45,phone,doradca@example.org,umowa", map[string]string{"6": "1", "10": "45"}},
		"outputs":       {"date,kind,quantity,title,evidence", d + ",leaflet,12500,Ulotka,półka", map[string]string{"5": "12500"}},
		"signups": {"activity,first_name,last_name,email,pesel,phone,sex,birth_year,education,labour_status,residence,disability,group,organisation,consent_processing,consent_news,locale,submitted_at",
			"planting,Ewa,Wzór,ewa@example.org,,600,female,1990,isced-5-8,employed,urban,no,tenant,Wspólnota,true,false,pl," + d, map[string]string{"7": "1", "9": "1"}},
	}
}

func TestAFileOfEachKindIsRecognisedFromItsHeader(t *testing.T) {
	t.Parallel()
	english := newProject(t)
	for kind, f := range english.filesOfAllKinds() {
		t.Run(kind+" in English", func(t *testing.T) {
			english.accepts(english.office.in(t), kind+".csv", f.header+"\n"+f.row+"\n").has(map[string]string{"kind": kind, "rows": "1", "new": "1", "changed": "0", "unchanged": "0"})
			english.counts(f.counts)
		})
	}
	polish := newProject(t)
	names := map[string]string{
		"date": "data", "time": "godzina", "kind": "rodzaj", "title": "tytuł", "outlet": "redakcja", "reach": "zasięg", "contacts": "kontakty", "source": "źródło", "url": "adres", "note": "uwagi",
		"activity": "działanie", "hours": "godziny", "outcome": "wynik", "pre_score": "test wstępny", "post_score": "test końcowy", "max_score": "maksimum",
		"field": "dziedzina", "minutes": "minuty", "form": "forma", "adviser": "doradca", "topic": "temat", "quantity": "liczba", "evidence": "dowód", "submitted_at": "data zgłoszenia",
	}
	for kind, f := range polish.filesOfAllKinds() {
		t.Run(kind+" in Polish, in another order, its columns in capitals and with spaces", func(t *testing.T) {
			header, row := strings.Split(f.header, ","), strings.Split(f.row, ",")
			for i, name := range header {
				if other, there := names[name]; there {
					header[i] = "  " + strings.ToUpper(other) + " "
				}
			}
			slices.Reverse(header)
			slices.Reverse(row)
			polish.accepts(polish.office.in(t), kind+".csv", strings.Join(header, ";")+"\r\n"+strings.Join(row, ";")+"\r\n").has(map[string]string{"kind": kind, "rows": "1", "new": "1"})
			polish.counts(f.counts)
		})
	}
}

func TestFilesAreReadInTheFormsThatPeopleHave(t *testing.T) {
	t.Parallel()
	d := func(p *project) string { return p.today.AddDate(0, 0, -10).Format("02.01.2006") }
	table := func(p *project) [][]string {
		return [][]string{
			{"data", "medium", "tytuł", "redakcja", "zasięg", "źródło"},
			{d(p), "radio", "Zażółć gęślą jaźń", "Rozgłośnia „Źdźbło”", "12 500", "a, b; c"},
			{p.day(-11), "PRASA", "Łąka", "Gazeta", "12.500", ""},
			{p.day(-12), "media społecznościowe", "Ćma", "Portal", "2\u00a0500", ""},
			{p.day(-13), "reklama zewnętrzna", "Ósma", "Słup", "500", ""},
		}
	}
	joined := func(rows [][]string, delimiter rune) string {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma = delimiter
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	encoded := func(e encoding.Encoding, text string) string {
		out, err := e.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	// ISO-8859-2 has no typographic quotes, and a no-break space is in every one of them.
	plain := func(text string) string { return strings.NewReplacer("„", "'", "”", "'").Replace(text) }
	for _, c := range []struct {
		name, filename string
		content        func(p *project) string
	}{
		{"commas", "a.csv", func(p *project) string { return joined(table(p), ',') }},
		{"semicolons", "a.csv", func(p *project) string { return joined(table(p), ';') }},
		{"tabs", "a.tsv", func(p *project) string { return joined(table(p), '\t') }},
		{"bars", "a.txt", func(p *project) string { return joined(table(p), '|') }},
		{"UTF-8 with its mark", "a.csv", func(p *project) string { return "\ufeff" + joined(table(p), ';') }},
		{"UTF-16, little end first", "a.csv", func(p *project) string {
			return encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), joined(table(p), ';'))
		}},
		{"UTF-16, big end first", "a.csv", func(p *project) string {
			return encoded(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), joined(table(p), '\t'))
		}},
		{"Windows-1250", "a.csv", func(p *project) string { return encoded(charmap.Windows1250, joined(table(p), ';')) }},
		{"ISO-8859-2", "a.csv", func(p *project) string { return encoded(charmap.ISO8859_2, plain(joined(table(p), ';'))) }},
		{"lines as on an old Mac or Windows, the last without an end", "a.csv", func(p *project) string {
			return strings.TrimSuffix(strings.ReplaceAll(joined(table(p), ','), "\n", "\r\n"), "\r\n")
		}},
		{"empty lines between and after", "a.csv", func(p *project) string { return strings.ReplaceAll(joined(table(p), ','), "\n", "\n\n") }},
		{"a workbook", "a.xlsx", func(p *project) string { return workbook(t, table(p)) }},
		{"a workbook with another one's name", "a.csv", func(p *project) string { return workbook(t, table(p)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t)
			got := p.accepts(p.radio, c.filename, c.content(p)).has(map[string]string{"kind": "media", "rows": "4"})
			if got.text("filename") != c.filename {
				t.Errorf("file name %s", got.text("filename"))
			}
			p.counts(map[string]string{"3": "28000"})
			snap := p.compile()
			p.office.get(p.at + "/snapshots/" + snap.text("id")).is(http.StatusOK)
		})
	}
}

// workbook is a workbook of texts.
func workbook(t *testing.T, rows [][]string) string {
	t.Helper()
	f := excelize.NewFile()
	for y, row := range rows {
		for x, text := range row {
			setCell(t, f, x, y, text)
		}
	}
	return saved(t, f)
}

func setCell(t *testing.T, f *excelize.File, x, y int, value any) {
	t.Helper()
	name, err := excelize.CoordinatesToCellName(x+1, y+1)
	if err == nil {
		err = f.SetCellValue("Sheet1", name, value)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func saved(t *testing.T, f *excelize.File) string {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAWorkbooksOwnDatesAndNumbersAreRead(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	day := time.Date(p.today.Year(), p.today.Month(), p.today.Day(), 0, 0, 0, 0, time.UTC).AddDate(0, 0, -10)
	f := excelize.NewFile()
	for x, name := range []string{"email", "działanie", "data", "godziny", "wynik"} {
		setCell(t, f, x, 0, name)
	}
	for x, value := range []any{"ewa@example.org", "Sadzenie drzew", day, 7.5, "ukończyła"} {
		setCell(t, f, x, 1, value)
	}
	for x, value := range []any{"jan@example.org", "planting", day.Format("02.01.2006"), "2,25", "przerwał(a)"} {
		setCell(t, f, x, 2, value)
	}
	setCell(t, f, 0, 3, "ola@example.org")
	setCell(t, f, 1, 3, "planting")
	setCell(t, f, 2, 3, day.AddDate(0, 0, 1))
	if err := f.SetCellFormula("Sheet1", "D4", "1+2"); err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellValue("Sheet1", "D4", 3); err != nil {
		t.Fatal(err)
	}
	setCell(t, f, 4, 3, "attended")
	if _, err := f.NewSheet("Notatki"); err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellValue("Notatki", "A1", "not this sheet"); err != nil {
		t.Fatal(err)
	}
	p.accepts(p.office, "lista.xlsx", saved(t, f)).has(map[string]string{"kind": "attendance", "rows": "3", "new": "3"})
	p.counts(map[string]string{"1": "1", "2": "12.75"})
	p.office.get(p.at + "/snapshots/latest/indicators/1/evidence").is(http.StatusOK).has(map[string]string{"items.0.date": p.day(-10), "items.0.row": "2"})
}

func TestValuesAreTakenAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	attendance := "email,activity,date,hours,outcome\n"
	for i, outcome := range []string{"ukończył", "ukończyła", "Ukończył(a)", "COMPLETED", " completed "} {
		attendance += fmt.Sprintf("a%d@example.org, Sadzenie Drzew ,%s,\"1,5\",%s\n", i, p.day(-10), outcome)
	}
	for i, outcome := range []string{"przerwał", "przerwala", "uczestniczył", "uczestniczyła", "uczestniczył(a)", "attended"} {
		attendance += fmt.Sprintf("b%d@example.org,Planting trees,%s,0.25,%s\n", i, p.day(-10), outcome)
	}
	p.accepts(p.office, "a.csv", attendance)
	consultations := "email;data;dziedzina;minuty;forma\n"
	for i, line := range []string{"prawo;30;osobiście", "Prawo;30;telefon", "law;30;zdalnie", "Ksiegowosc;60;in-person", "Coaching;10;online"} {
		consultations += fmt.Sprintf("c%d@example.org;%s;%s\n", i, p.day(-10), line)
	}
	p.accepts(p.office, "c.csv", consultations)
	signups := "activity;first_name;last_name;email;sex;labour_status;residence;disability;group;consent_processing;consent_news\n"
	for i, line := range []string{"kobieta;pracujący;miasto;tak;lokator;tak;nie", "mężczyzna;samozatrudniony;wieś;nie;właściciel;1;0", "inna;bezrobotny;urban;no;tenant;true;false", "female;bierny;rural;yes;Owner;yes;no", "Kobieta;employed;Wieś;TAK;;TRUE;"} {
		signups += fmt.Sprintf("Kompost;Imię;Nazwisko;s%d@example.org;%s\n", i, line)
	}
	p.accepts(p.office, "s.csv", signups)
	for _, name := range []string{"s0", "s1", "s2", "s3", "s4"} {
		p.office.post(p.at+"/attendance", p.attendance(name).and(fields{"date": p.day(-9), "hours": 0})).is(http.StatusCreated)
	}
	p.counts(map[string]string{"1": "10", "2": "9", "6": "5", "10": "90", "9": "5", "7": "3", "11": "3"})
	snap := p.compile()
	for path, want := range map[string]string{"sex.female": "3", "sex.male": "1", "sex.other": "1", "residence.rural": "3", "disability.yes": "3", "group.owner": "2", "group.tenant": "2", "labour_status.inactive": "1", "labour_status.self-employed": "1"} {
		if got := snap.text("participants.by." + path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	t.Run("whole numbers with groups, and decimals with comma or point", func(t *testing.T) {
		p := newProject(t)
		p.accepts(p.office, "o.csv", "date;kind;quantity;title\n"+p.day(-1)+";ulotka;12.500;A\n"+p.day(-1)+";Leaflet;1 000;B\n"+p.day(-1)+";leaflet;12500;C\n"+p.day(-1)+";leaflet;1\u202f234;D\n")
		p.counts(map[string]string{"5": "27234"})
		p.accepts(p.office, "t.csv", "email;activity;date;pre_score;post_score;max_score\nx@example.org;planting;"+p.day(-1)+";1,125;1.13;12.5\n")
		p.counts(map[string]string{"8": "1"})
		got := p.upload(p.office, "bad.csv", "date;kind;quantity;title\n"+p.day(-1)+";leaflet;1,5;E\n"+p.day(-1)+";leaflet;12,50;F\n"+p.day(-1)+";leaflet;1.50;G\n", nil)
		if want := []string{"2 quantity not_a_number", "3 quantity not_a_number", "4 quantity not_a_number"}; !slices.Equal(cells(got, "errors"), want) {
			t.Errorf("got %s", got)
		}
	})
}

func TestOneBadCellRejectsTheFileAndEveryBadCellIsTold(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.office.post(p.at+"/attendance", p.attendance("ewa").and(fields{"person": fields{"email": "ewa@example.org", "pesel": pesel1}})).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("jan")).is(http.StatusCreated)
	future := p.day(1)
	d := p.day(-10)
	for _, c := range []struct {
		name    string
		content string
		want    []string
	}{
		{"media", "date,time,medium,title,outlet,reach,contacts\n" +
			d + ",08:15,radio,Dobra,Radio,100,100\n" +
			",25:00,internety,,Radio,dużo,1\n" +
			"2010-02-30,8h15,radio,A,,100001,-5\n" +
			future + ",,radio," + strings.Repeat("x", 301) + ",R,-1,\n" +
			d + ",,radio,B,R,100,99\n", []string{
			"3 date missing", "3 time out_of_range", "3 medium not_in_list", "3 title missing", "3 reach not_a_number",
			"4 date not_a_date", "4 time not_a_date", "4 outlet missing", "4 reach out_of_range", "4 contacts out_of_range",
			"5 date in_the_future", "5 title too_long", "5 reach out_of_range",
			"6 contacts out_of_range"}},
		{"attendance", "email,pesel,activity,date,hours,outcome\n" +
			",,planting," + d + ",1,completed\n" +
			"ewa,4405140135,swimming," + d + ",mało,spał\n" +
			"jan@example.org," + pesel1 + ",planting," + d + ",1,completed\n" +
			"nowa@example.org,,planting," + d + ",1001,completed\n" +
			"jan@example.org," + pesel1 + ",act2," + d + ",1,zzz\n", []string{
			"6 email two_people", "6 activity not_in_list", "6 outcome not_in_list",
			"2 email missing", "3 email unreadable", "3 pesel out_of_range", "3 activity not_in_list", "3 hours not_a_number", "3 outcome not_in_list", "4 email two_people", "5 hours out_of_range"}},
		{"tests", "email,activity,date,pre_score,post_score,max_score\newa@example.org,planting," + d + ",11,12,10\newa@example.org,planting," + d + ",1,2,\n",
			[]string{"2 pre_score out_of_range", "2 post_score out_of_range", "3 max_score missing"}},
		{"consultations", "email,date,field,minutes,form\newa@example.org," + d + ",love,961,fax\newa@example.org," + d + ",law,0,phone\newa@example.org," + d + ",law,45.5,phone\n",
			[]string{"2 field not_in_list", "2 minutes out_of_range", "2 form not_in_list", "3 minutes out_of_range", "4 minutes not_a_number"}},
		{"outputs", "date,kind,quantity,title\n" + d + ",sculpture,0,\n", []string{"2 kind not_in_list", "2 quantity out_of_range", "2 title missing"}},
		{"signups", "activity,first_name,last_name,email,consent_processing,birth_year,sex\nplanting,Ewa,Wzór,,tak,1990,\nplanting,Ewa,Wzór,a@example.org,nie,1899,x\n",
			[]string{"2 email missing", "3 consent_processing not_in_list", "3 birth_year out_of_range", "3 sex not_in_list"}},
		{"an unknown column is named", "date,kind,quantity,title,kolor\n" + d + ",leaflet,1,A,zielony\n", []string{"1 kolor unknown_column"}},
		{"a missing column is named", "date,kind,title\n" + d + ",leaflet,A\n", []string{"1 quantity missing_column"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := p.compile().text("hash")
			got := p.upload(p.office.in(t), "a.csv", c.content, nil).has(map[string]string{"state": "rejected"})
			told := cells(got, "errors")
			for _, want := range c.want {
				if !slices.Contains(told, want) {
					t.Errorf("%q is not told: %v", want, told)
				}
			}
			for _, cell := range told {
				if !slices.Contains(c.want, cell) {
					t.Errorf("%q is told: %s", cell, got)
				}
			}
			if after := p.compile().text("hash"); after != before {
				t.Error("something of it counts")
			}
			list := p.office.in(t).get(p.at + "/uploads/" + got.text("id") + "/errors.csv").is(http.StatusOK)
			rows := table(t, list)
			if len(rows) != len(c.want)+1 || !slices.Equal(rows[0], []string{"row", "column", "code", "value", "message"}) {
				t.Errorf("errors.csv: %v", rows)
			}
		})
	}
	t.Run("nobody new became known by a rejected file", func(t *testing.T) {
		if got := p.office.in(t).get(p.at + "/people?q=nowa@example.org").is(http.StatusOK); len(got.list("items")) != 0 {
			t.Errorf("got %s", got)
		}
	})
}

var numberBelowZero = regexp.MustCompile(`^-[0-9]+(\.[0-9]+)?$`)

// table reads a CSV answer.
func table(t *testing.T, r reply) [][]string {
	t.Helper()
	if got := r.header.Get("Content-Type"); !strings.HasPrefix(got, "text/csv") {
		t.Errorf("no CSV: %s", r)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(r.body, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatalf("%v: %s", err, r)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && !numberBelowZero.MatchString(cell) {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
	return rows
}

func TestAnErrorMasksWhoItIsAbout(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.office.post(p.at+"/attendance", p.attendance("ewa").and(fields{"person": fields{"email": "ewa@example.org", "pesel": pesel1}})).is(http.StatusCreated)
	got := p.upload(p.office, "a.csv", "email,pesel,activity,date,outcome\n"+
		"tajemnicza@@example.org,44051401358,planting,"+p.day(-1)+",completed\n"+
		"jan.tajny@example.org,"+pesel1+",planting,"+p.day(-1)+",tajemnicza@example.org\n"+
		"ewa@example.org,"+pesel2+",planting,"+p.day(-1)+",44051401358\n", nil).has(map[string]string{"state": "rejected"})
	list := p.office.get(p.at + "/uploads/" + got.text("id") + "/errors.csv").is(http.StatusOK)
	page := p.office.browser().get(p.at + "/uploads/" + got.text("id")).is(http.StatusOK)
	for _, part := range []string{"tajemnicza", "44051401358", "tajny", pesel1, pesel2} {
		for _, r := range []reply{got, list, page} {
			if strings.Contains(string(r.body), part) {
				t.Errorf("%q is shown: %s", part, r)
			}
		}
	}
}

func TestAnUploadIsDescribed(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	content := p.airings("radio")
	sum := sha256.Sum256([]byte(content))
	got := p.accepts(p.radio, "Audycje maj.csv", content)
	got.has(map[string]string{"state": "accepted", "kind": "media", "filename": "Audycje maj.csv", "sha256": hex.EncodeToString(sum[:]), "bytes": fmt.Sprint(len(content)), "rows": "3", "new": "3", "changed": "0", "unchanged": "0"})
	for _, name := range []string{"received_at", "finished_at"} {
		if _, err := time.Parse(time.RFC3339, got.text(name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(got.list("errors"))+len(got.list("warnings")) != 0 {
		t.Errorf("something is wrong: %s", got)
	}
	t.Run("its file is given back", func(t *testing.T) {
		r := p.radio.in(t).get(p.at + "/uploads/" + got.text("id") + "/original")
		if r.status == http.StatusSeeOther {
			r = caller{t: t, base: p.anyone.base}.get(r.header.Get("Location"))
		}
		if r.status != http.StatusOK || string(r.body) != content {
			t.Errorf("got %s", r)
		}
	})
	t.Run("it is in the owner's list and in the coordinator's", func(t *testing.T) {
		for _, c := range []caller{p.radio, p.office} {
			c.in(t).get(p.at + "/uploads").is(http.StatusOK).has(map[string]string{"items.0.id": got.text("id"), "items.0.state": "accepted"})
		}
	})
	t.Run("before it has come, it is received", func(t *testing.T) {
		place := p.radio.in(t).post(p.at+"/uploads", fields{"filename": "b.csv", "size": 5}).is(http.StatusCreated)
		p.radio.in(t).get(p.at + "/uploads/" + place.text("id")).is(http.StatusOK).has(map[string]string{"state": "received", "filename": "b.csv"})
		p.radio.in(t).delete(p.at + "/uploads/" + place.text("id")).is(http.StatusConflict)
	})
}

func TestThePlaceTakesOneFileOfThatSizeOnce(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	content := p.airings("radio")
	place := p.radio.post(p.at+"/uploads", fields{"filename": "a.csv", "size": len(content)}).is(http.StatusCreated)
	for name, wrong := range map[string]string{"a longer file": content + " ", "a shorter file": content[:len(content)-1], "nothing": ""} {
		if got := p.knock(place, wrong); got.status < 400 {
			t.Errorf("it takes %s: %s", name, got)
		}
	}
	p.deliver(place, content)
	if got := p.knock(place, strings.ToUpper(content)); got.status < 400 {
		t.Errorf("it takes a second file: %s", got)
	}
	if got := p.settled(p.radio, place.text("id")); got.text("state") != "accepted" {
		t.Errorf("got %s", got)
	}
	t.Run("and no other address", func(t *testing.T) {
		place := p.radio.in(t).post(p.at+"/uploads", fields{"filename": "a.csv", "size": 10}).is(http.StatusCreated)
		other := strings.Replace(place.text("url"), "/radio/", "/press/", 1)
		if got := p.anyone.in(t).send("PUT", other, "", []byte("0123456789")); got.status < 400 {
			t.Errorf("got %s", got)
		}
		if got := p.anyone.in(t).get(place.text("url")); got.status < 400 {
			t.Errorf("it can be read: %s", got)
		}
	})
}

func TestAPartnerUploadsMediaOnly(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for kind, f := range p.filesOfAllKinds() {
		got := p.upload(p.radio, kind+".csv", f.header+"\n"+f.row+"\n", nil)
		if kind == "media" {
			got.has(map[string]string{"state": "accepted"})
			continue
		}
		got.has(map[string]string{"state": "rejected"})
		if told := cells(got, "errors"); len(told) != 1 || !strings.HasSuffix(told[0], " not_allowed") {
			t.Errorf("%s: %v", kind, told)
		}
	}
	p.counts(map[string]string{"1": "0", "3": "12500", "5": "0", "6": "0", "8": "0", "9": "0"})
	t.Run("a partner that the definition does not name uploads nothing", func(t *testing.T) {
		stranger := p.caller("tv@example.org", p.id+":partner:tv").in(t)
		if got := stranger.post(p.at+"/uploads", fields{"filename": "a.csv", "size": 5}); got.status != http.StatusForbidden && got.status != http.StatusNotFound {
			t.Errorf("got %s", got)
		}
	})
	t.Run("what two partners report are two things", func(t *testing.T) {
		f := p.filesOfAllKinds()["media"]
		p.accepts(p.press, "media.csv", f.header+"\n"+f.row+"\n").has(map[string]string{"new": "1"})
		p.counts(map[string]string{"3": "25000", "4": "1"})
	})
}

func TestACorrectionIsAFileWithOnlyTheCorrectedRows(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	head := "date,time,medium,kind,title,outlet,reach,note\n"
	row := func(day int, title string, reach int, note string) string {
		return fmt.Sprintf("%s,08:15,radio,wywiad,%s,Radio,%d,%s\n", p.day(day), title, reach, note)
	}
	first := p.accepts(p.radio, "1.csv", head+row(-3, "Drzewa", 100, "")+row(-2, "Drzewa", 200, "")+row(-1, "Drzewa", 300, "")).text("id")
	p.counts(map[string]string{"3": "600"})
	second := p.accepts(p.radio, "2.csv", head+row(-2, " DRZEWA ", 250, "")+row(-1, "drzewa", 300, "")+row(0, "Drzewa", 50, "")).has(map[string]string{"new": "1", "changed": "1", "unchanged": "1"}).text("id")
	p.counts(map[string]string{"3": "700"})
	t.Run("a row that differs in a note alone has changed", func(t *testing.T) {
		p.accepts(p.radio, "3.csv", head+row(0, "Drzewa", 50, "dopisek")).has(map[string]string{"new": "0", "changed": "1", "unchanged": "0"})
		p.counts(map[string]string{"3": "700"})
	})
	t.Run("withdrawing the correction brings back what it had replaced", func(t *testing.T) {
		withdrawn := p.radio.in(t).delete(p.at + "/uploads/" + second).is(http.StatusOK).has(map[string]string{"state": "withdrawn", "filename": "2.csv"})
		if got := p.radio.in(t).get(p.at + "/uploads/" + second); string(got.body) != string(withdrawn.body) {
			t.Errorf("it is answered as %s, and read as %s", withdrawn, got)
		}
		p.counts(map[string]string{"3": "650"}) // 100 + 200 + 300, and 50 of the third
		p.radio.in(t).delete(p.at + "/uploads/" + second).is(http.StatusOK)
		p.counts(map[string]string{"3": "650"})
	})
	t.Run("an unchanged row keeps counting when the earlier file is withdrawn", func(t *testing.T) {
		p := newProject(t)
		first := p.accepts(p.radio, "1.csv", head+row(-3, "Drzewa", 100, "")+row(-2, "Drzewa", 200, "")).text("id")
		p.accepts(p.radio, "2.csv", head+row(-2, "Drzewa", 200, "")+row(-1, "Drzewa", 5, "")).has(map[string]string{"new": "1", "unchanged": "1"})
		p.radio.in(t).delete(p.at + "/uploads/" + first).is(http.StatusOK)
		p.counts(map[string]string{"3": "205"})
	})
	t.Run("the office may withdraw a partner's file", func(t *testing.T) {
		p.office.in(t).delete(p.at + "/uploads/" + first).is(http.StatusOK)
		p.counts(map[string]string{"3": "50"})
	})
	t.Run("another file of the same bytes as a withdrawn one counts anew", func(t *testing.T) {
		got := p.accepts(p.radio, "1.csv", head+row(-3, "Drzewa", 100, "")+row(-2, "Drzewa", 200, "")+row(-1, "Drzewa", 300, ""))
		if got.at("same_as") != nil {
			t.Errorf("got %s", got)
		}
		p.counts(map[string]string{"3": "650"})
	})
	t.Run("a rejected file cannot be withdrawn", func(t *testing.T) {
		bad := p.upload(p.radio, "bad.csv", head+row(5, "Jutro", 1, ""), nil).has(map[string]string{"state": "rejected"})
		p.radio.in(t).delete(p.at + "/uploads/" + bad.text("id")).is(http.StatusConflict)
	})
}

func TestTheSameFileAgainSaysNothingItself(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	content := p.airings("radio")
	first := p.accepts(p.radio, "a.csv", content).text("id")
	snap := p.compile()
	again := p.accepts(p.radio, "kopia.csv", content).has(map[string]string{"same_as": first})
	p.office.post(p.at+"/snapshots", fields{}).is(http.StatusOK).has(map[string]string{"hash": snap.text("hash"), "id": snap.text("id")})
	t.Run("another owner's is their own", func(t *testing.T) {
		other := p.accepts(p.press, "a.csv", content)
		if other.at("same_as") != nil {
			t.Errorf("got %s", other)
		}
		p.press.in(t).delete(p.at + "/uploads/" + other.text("id")).is(http.StatusOK)
	})
	t.Run("withdrawing it withdraws nothing else", func(t *testing.T) {
		p.radio.in(t).delete(p.at + "/uploads/" + again.text("id")).is(http.StatusOK)
		p.counts(map[string]string{"3": "3500"})
	})
	t.Run("it ends with the other", func(t *testing.T) {
		third := p.accepts(p.radio, "b.csv", content).has(map[string]string{"same_as": first})
		p.radio.in(t).delete(p.at + "/uploads/" + first).is(http.StatusOK)
		p.counts(map[string]string{"3": "0"})
		p.radio.in(t).get(p.at + "/uploads/" + third.text("id")).is(http.StatusOK).has(map[string]string{"state": "withdrawn"})
	})
}

func TestAFileThatIsOnlyCheckedCountsNothing(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	before := p.compile().text("hash")
	for kind, f := range p.filesOfAllKinds() {
		got := p.upload(p.office, kind+".csv", f.header+"\n"+f.row+"\n", fields{"check_only": true})
		got.has(map[string]string{"state": "checked", "kind": kind, "rows": "1", "new": "1", "changed": "0", "unchanged": "0"})
		if len(got.list("errors")) != 0 {
			t.Errorf("got %s", got)
		}
	}
	if after := p.compile().text("hash"); after != before {
		t.Error("something counts")
	}
	if got := p.office.get(p.at + "/people").is(http.StatusOK); len(got.list("items")) != 0 {
		t.Errorf("somebody is known: %s", got)
	}
	t.Run("a bad one is rejected with the same answer", func(t *testing.T) {
		got := p.upload(p.office.in(t), "a.csv", "date,kind,quantity,title\n"+p.day(-1)+",leaflet,0,A\n", fields{"check_only": true}).has(map[string]string{"state": "rejected"})
		if told := cells(got, "errors"); !slices.Equal(told, []string{"2 quantity out_of_range"}) {
			t.Errorf("got %v", told)
		}
	})
	t.Run("the same bytes then count for real", func(t *testing.T) {
		f := p.filesOfAllKinds()["outputs"]
		got := p.accepts(p.office.in(t), "outputs.csv", f.header+"\n"+f.row+"\n")
		if got.at("same_as") != nil {
			t.Errorf("got %s", got)
		}
		p.counts(f.counts)
	})
}

func TestWarningsDoNotReject(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	media := p.accepts(p.radio, "m.csv", "date,medium,title,outlet,reach\n"+
		p.day(-61)+",radio,Dawna,Radio,10\n"+
		p.day(-1)+",radio,Wielka,Radio,50001\n"+
		p.day(-1)+",radio,Pół,Radio,50000\n"+
		p.day(-2)+",radio,Dwa razy,Radio,20\n"+
		p.day(-2)+",radio,dwa RAZY ,radio,20\n").has(map[string]string{"new": "4"})
	rows := map[string]bool{}
	for _, w := range media.list("warnings") {
		rows[said(within(w, "row"))] = true
	}
	if !rows["2"] || !rows["3"] || rows["4"] || !(rows["5"] || rows["6"]) {
		t.Errorf("warnings: %s", media)
	}
	p.counts(map[string]string{"3": "100021"}) // the last of the two counts
	people := p.accepts(p.office, "a.csv", "email,activity,date,outcome\nnowa@example.org,planting,"+p.day(-1)+",completed\n")
	if len(people.list("warnings")) != 1 {
		t.Errorf("somebody new is no warning: %s", people)
	}
	again := p.accepts(p.office, "b.csv", "email,activity,date,outcome\nnowa@example.org,planting,"+p.day(-2)+",completed\n")
	if len(again.list("warnings")) != 0 {
		t.Errorf("somebody known is a warning: %s", again)
	}
}

func TestALongListOfErrorsIsCutAndSaysSo(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	var file strings.Builder
	file.WriteString("date,kind,quantity,title\n")
	for i := range 1200 {
		fmt.Fprintf(&file, "%s,leaflet,0,Ulotka %d\n", p.day(-1), i)
	}
	got := p.upload(p.office, "a.csv", file.String(), nil).has(map[string]string{"state": "rejected"})
	if n := len(got.list("errors")); n != 1000 {
		t.Errorf("%d errors", n)
	}
	if !strings.Contains(string(got.body), "cut") {
		t.Errorf("it does not say that it is cut")
	}
	t.Run("a list of exactly a thousand is whole", func(t *testing.T) {
		lines := strings.SplitAfter(file.String(), "\n")
		got := p.upload(p.office.in(t), "a.csv", strings.Join(lines[:1001], ""), nil)
		if len(got.list("errors")) != 1000 || got.at("errors_cut") == true {
			t.Errorf("%d errors, cut %v", len(got.list("errors")), got.at("errors_cut"))
		}
	})
}

func TestAFileThatCannotBeReadIsRejected(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	var many strings.Builder
	many.WriteString("date,kind,quantity,title\n")
	for i := range 200_001 {
		fmt.Fprintf(&many, "%s,leaflet,1,%d\n", p.day(-1), i)
	}
	half := workbook(t, [][]string{{"date", "kind", "quantity", "title"}, {p.day(-1), "leaflet", "1", "A"}})
	for _, c := range []struct{ name, content, code string }{
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00", "unreadable"},
		{"half a workbook", half[:len(half)/2], "unreadable"},
		{"spaces alone", "   \n \n", "unreadable"},
		{"a header of no known kind", "a,b,c\n1,2,3\n", "unreadable"},
		{"too many rows", many.String(), "too_many_rows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := p.upload(p.office.in(t), "a.csv", c.content, nil).has(map[string]string{"state": "rejected"})
			codes := []string{}
			for _, e := range got.list("errors") {
				codes = append(codes, said(within(e, "code")))
			}
			if !slices.Contains(codes, c.code) && !(c.code == "unreadable" && len(codes) > 0) {
				t.Errorf("want %s: %v", c.code, codes)
			}
		})
	}
	p.counts(map[string]string{"5": "0"})
	t.Run("and is no dead letter", func(t *testing.T) {
		for _, letter := range p.anyone.in(t).get("/local/dead-letters").is(http.StatusOK).list("items") {
			if strings.Contains(fmt.Sprint(letter), "/"+p.id+"/") {
				t.Errorf("got %v", letter)
			}
		}
	})
}

func TestMessagesAboutAFileAreInTheUploadersLanguage(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	content := "date,kind,quantity,title\n" + p.day(-1) + ",leaflet,0,A\n"
	polish := p.upload(p.office.with("Accept-Language", "pl"), "a.csv", content, nil)
	english := p.upload(p.office.with("Accept-Language", "en"), "a.csv", content, nil)
	if polish.text("errors.0.message") == english.text("errors.0.message") {
		t.Errorf("one message: %s", polish)
	}
	if got := p.office.with("Accept-Language", "en").get(p.at + "/uploads/" + polish.text("id")); got.text("errors.0.message") != polish.text("errors.0.message") {
		t.Errorf("it changes with the reader: %s", got)
	}
}

func TestAnObjectPutIntoAPartnersPlaceIsAnUpload(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	content := p.airings("radio")
	lay(t, p.tracker, "uploads/"+p.id+"/radio/2026/audycje.csv", content)
	eventually(t, "the upload", func() bool {
		got := p.radio.get(p.at + "/uploads").is(http.StatusOK)
		return len(got.list("items")) == 1 && got.text("items.0.state") == "accepted"
	})
	p.radio.get(p.at + "/uploads").has(map[string]string{"items.0.filename": "audycje.csv", "items.0.kind": "media", "items.0.rows": "3"})
	p.counts(map[string]string{"3": "3500"})
	t.Run("of coordinators too", func(t *testing.T) {
		lay(t, p.tracker, "uploads/"+p.id+"/coordinator/ulotki.csv", "date,kind,quantity,title\n"+p.day(-1)+",leaflet,9,A\n")
		eventually(t, "the upload", func() bool { return p.achieved("5") == "9" })
	})
	t.Run("a partner's place takes media only", func(t *testing.T) {
		lay(t, p.tracker, "uploads/"+p.id+"/press/ulotki.csv", "date,kind,quantity,title\n"+p.day(-1)+",leaflet,9,B\n")
		eventually(t, "a rejection", func() bool {
			return p.press.in(t).get(p.at+"/uploads").is(http.StatusOK).text("items.0.state") == "rejected"
		})
		p.counts(map[string]string{"5": "9"})
	})
}

func TestAFileOfSignupsIsAsIfTheOfficeHadEnteredEach(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.office.post(p.at+"/signups", signup("stara", "compost").and(fields{"submitted_at": p.when(-40, "10:00:00")})).is(http.StatusCreated)
	head := "activity,first_name,last_name,email,consent_processing,submitted_at\n"
	row := func(name, clock string) string {
		return fmt.Sprintf("compost,%s,Wzór,%s-%s@example.org,tak,%sT%s\n", name, p.id, name, p.day(-30), clock)
	}
	up := p.accepts(p.office, "signups.csv", head+row("a", "10:00:00")+row("b", "11:00:00")+strings.Replace(row("stara", "12:00:00"), p.id+"-", "", 1)+row("c", "13:00:00")+row("d", "14:00:00"))
	if got := p.states("compost"); got["accepted"] != 3 || got["waitlisted"] != 2 {
		t.Fatalf("%v", got)
	}
	p.counts(map[string]string{"7": "3", "9": "5"})
	if mails := p.mails(p.id + "-a@example.org"); len(mails) != 0 {
		t.Errorf("paper is answered by letter: %v", mails)
	}
	t.Run("of somebody who stands in it twice it is told what counts", func(t *testing.T) {
		twice := p.upload(p.office.in(t).with("Accept-Language", "en"), "twice.csv", head+row("a", "12:00:00")+row("a", "09:00:00"), fields{"check_only": true})
		if said := twice.text("warnings.0.message"); !strings.Contains(said, "submitted first counts") || !strings.Contains(said, "row 2") {
			t.Errorf("got %s", twice)
		}
	})
	t.Run("once only", func(t *testing.T) {
		p.accepts(p.office.in(t), "again.csv", head+row("a", "10:00:00"))
		if got := p.states("compost"); got["accepted"] != 3 || got["waitlisted"] != 2 {
			t.Errorf("%v", got)
		}
	})
	t.Run("withdrawing the file cancels those that it created", func(t *testing.T) {
		p.office.in(t).delete(p.at + "/uploads/" + up.text("id")).is(http.StatusOK)
		for _, item := range p.everything(p.at + "/signups?activity=compost") {
			email, state := said(within(item, "person.email")), said(within(item, "state"))
			if want := email == "stara@example.org"; want != (state == "accepted") {
				t.Errorf("%s is %s", email, state)
			}
		}
		p.counts(map[string]string{"7": "1", "9": "1"})
	})
}
