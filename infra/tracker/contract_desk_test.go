package main_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// shows checks that a page has texts on it, in whatever tags, and others not.
func (r reply) shows(want []string, not ...string) reply {
	r.t.Helper()
	r.is(http.StatusOK).isPage()
	words := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "&amp;", "&", "&#34;", `"`, "&#43;", "+").Replace(tags.ReplaceAllString(string(r.body), " "))
	words = strings.Join(strings.Fields(words), " ")
	for _, w := range want {
		if !strings.Contains(words, w) {
			r.t.Errorf("%s does not show %q:\n%s", r.what, w, words)
		}
	}
	for _, w := range not {
		if strings.Contains(words, w) || strings.Contains(string(r.body), w) {
			r.t.Errorf("%s shows %q", r.what, w)
		}
	}
	return r
}

var tags = regexp.MustCompile(`<(style|script)[^>]*>[^<]*</(style|script)>|<[^>]*>`)

func TestEveryTemplateIsTakenAsItComes(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"pl", "en"} {
		p := newProject(t)
		take := func(c caller, kind, query, suffix string) {
			t.Helper()
			file := c.with("Accept-Language", language).get(p.at + "/uploads/template." + suffix + query).is(http.StatusOK)
			// Its examples are nobody's: sent unchanged, it has no rows.
			p.upload(c, "template."+suffix, string(file.body), nil).has(map[string]string{"state": "rejected", "kind": kind, "rows": "0", "errors.0.code": "no_rows"})
			if suffix == "csv" {
				head, _, _ := strings.Cut(string(file.body), "\n")
				p.upload(c, "empty.csv", head, nil).has(map[string]string{"state": "rejected", "kind": kind, "errors.0.code": "no_rows"})
				if polish := language == "pl"; polish != strings.Contains(head, ";") {
					t.Errorf("in %s the header is %s", language, head)
				}
			}
		}
		for _, suffix := range []string{"csv", "xlsx"} {
			take(p.radio, "media", "", suffix)
			for _, kind := range []string{"media", "attendance", "tests", "consultations", "outputs", "signups"} {
				take(p.office, kind, "?kind="+kind, suffix)
			}
		}
		p.radio.get(p.at + "/uploads/template.csv?kind=attendance").isInvalid("kind not_allowed")
		p.office.get(p.at + "/uploads/template.xlsx?kind=films").isInvalid("kind not_in_list")
		p.anyone.get(p.at + "/uploads/template.csv").is(http.StatusUnauthorized)
		p.adviser.get(p.at + "/uploads/template.csv").is(http.StatusForbidden)
	}
}

func TestTheSecondSheetOfATemplateExplainsItsColumns(t *testing.T) {
	t.Parallel()
	python := os.Getenv("TRACKER_TEST_OPENPYXL")
	if python == "" {
		lacking(t, "TRACKER_TEST_OPENPYXL has to name a Python that has openpyxl; .ci/run installs one")
	}
	p := newProject(t)
	file := filepath.Join(t.TempDir(), "template.xlsx")
	if err := os.WriteFile(file, p.radio.with("Accept-Language", "pl").get(p.at+"/uploads/template.xlsx").is(http.StatusOK).body, 0o600); err != nil {
		t.Fatal(err)
	}
	const script = `import sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
data, columns = book.worksheets
print(data.title, columns.title)
print([c.value for c in data[1]] == [r[1].value for r in columns.iter_rows(min_row=2)])
print([type(c.value).__name__ for c in data[2]][:7])
print([r[4].value for r in columns.iter_rows(min_row=2)][2])`
	said, err := exec.Command(python, "-W", "error", "-c", script, file).CombinedOutput()
	want := "Dane Objaśnienia\nTrue\n['datetime', 'str', 'str', 'str', 'str', 'str', 'int']\ntv = telewizja = television; radio; press = prasa; web = internet; social = media społecznościowe = social media; outdoor = reklama zewnętrzna = outdoor advertising\n"
	if err != nil || string(said) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, said, want)
	}
}

func TestAFileSaysWhatItsRowsAddUpTo(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	first := airings + p.day(-9) + ",radio,A,Radio,100\n" + p.day(-9) + ",radio,B,Radio,30\n" + p.day(-9) + ",radio,a,radio,100\n"
	want := map[string]string{"rows": "3", "new": "2", "totals.reach": "130"}
	p.upload(p.radio, "a.csv", first, fields{"check_only": true}).has(want).has(map[string]string{"state": "checked"})
	p.upload(p.radio, "a.csv", first, nil).has(want).has(map[string]string{"state": "accepted"})
	p.upload(p.radio, "a.csv", first, nil).has(map[string]string{"state": "accepted", "totals.reach": "130"})
	p.upload(p.office, "h.csv", "email,activity,date,hours,outcome\na@example.org,planting,"+p.day(-3)+",\"7,25\",completed\nb@example.org,planting,"+p.day(-3)+",0.8,completed\n", nil).has(map[string]string{"totals.hours": "8.05"})
	p.upload(p.office, "c.csv", "email,date,field,minutes,form\na@example.org,"+p.day(-3)+",law,45,phone\nb@example.org,"+p.day(-3)+",law,30,phone\n", nil).has(map[string]string{"totals.minutes": "75"})
	p.upload(p.office, "o.csv", "date,kind,quantity,title\n"+p.day(-3)+",leaflet,1200,Jesień\n", nil).has(map[string]string{"totals.quantity": "1200"})
	bad := p.upload(p.radio, "b.csv", airings+"jutro,radio,A,Radio,120\n", nil)
	if bad.text("state") != "rejected" || bad.text("totals") != "map[]" {
		t.Errorf("a rejected file: %s", bad)
	}
}

func TestACheckedFileIsLetCountWithoutBeingChosenAgain(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	content := airings + p.day(-9) + ",radio,A,Radio,120\n"
	checked := p.upload(p.radio, "styczeń.csv", content, fields{"check_only": true}).text("id")
	at := p.at + "/uploads/" + checked
	p.radio.with("Accept-Language", "en").browser().get(at).shows([]string{"Checked", "Send it to count", "Total reach 120"})
	p.press.post(at+"/counting", fields{}).is(http.StatusNotFound)
	p.anyone.post(at+"/counting", fields{}).is(http.StatusUnauthorized)

	again := p.radio.with("Idempotency-Key", "once").post(at+"/counting", fields{}).is(http.StatusCreated).text("id")
	if same := p.radio.with("Idempotency-Key", "once").post(at+"/counting", fields{}).is(http.StatusCreated).text("id"); same != again {
		t.Errorf("sent again it is another upload")
	}
	for _, page := range []string{"/uploads", "/uploads/" + again} {
		if got := p.office.browser().get(p.at + page).is(http.StatusOK); !strings.Contains(string(got.body), ">Radio Podwórko<") {
			t.Errorf("%s does not say who sent the file", page)
		}
	}
	p.settled(p.radio, again).has(map[string]string{"state": "accepted", "filename": "styczeń.csv", "owner": "radio", "new": "1", "totals.reach": "120"})
	p.counts(map[string]string{"3": "120"})
	// What counts already says nothing new, and what was not only checked is not sent.
	third := p.radio.post(at+"/counting", fields{}).is(http.StatusCreated).text("id")
	p.settled(p.radio, third).has(map[string]string{"state": "accepted", "same_as": again})
	p.radio.post(p.at+"/uploads/"+again+"/counting", fields{}).is(http.StatusConflict)
	p.radio.delete(p.at + "/uploads/" + again).is(http.StatusOK)
	p.counts(map[string]string{"3": "0"})
	// The office lets a partner's file count as the partner's, here by a form.
	to := p.office.browser().fill(at+"/counting", fields{"idempotency_key": "form"}).is(http.StatusSeeOther).header.Get("Location")
	p.settled(p.radio, to[strings.LastIndexByte(to, '/')+1:]).has(map[string]string{"state": "accepted", "owner": "radio"})
	p.counts(map[string]string{"3": "120"})
	p.radio.with("Accept-Language", "pl").browser().get(to).shows([]string{"Wycofaj ten plik", "1 wiersz był nowy: przestanie być liczony"})
}

func TestTheRowsThatAreWrongAreShownAsTheyWereRead(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	many := strings.Builder{}
	many.WriteString("e-mail;pesel;działanie;data;godziny;wynik\n")
	for n := range 60 {
		fmt.Fprintf(&many, "osoba%d@example.org;;Kompost %d;%s;x%d;ukończyła\n", n, n, p.day(-3), n)
	}
	got := p.upload(p.office, "lista.csv", many.String(), nil).has(map[string]string{"state": "rejected"})
	for _, id := range []string{got.text("id")} {
		shown := p.office.with("Accept-Language", "en").browser().get(p.at+"/uploads/"+id).shows(
			[]string{"Rows to correct", "2 o*** Kompost 0 " + p.day(-3) + " x0 ukończyła", "11 o*** Kompost 9", "120 errors to correct", "Below are the first 40"},
			"osoba", "12 o*** Kompost 10 "+p.day(-3)+" x10")
		for _, cell := range []string{"<mark>x0</mark>", "<mark>Kompost 0</mark>"} {
			if !strings.Contains(string(shown.body), cell) {
				t.Errorf("%s is not marked", cell)
			}
		}
		if len(shown.body) > 38_000 {
			t.Errorf("the page has %d bytes", len(shown.body))
		}
	}
	// A missing cell is marked, too; of a file that is none there are no rows.
	missing := p.upload(p.radio, "b.csv", airings+p.day(-9)+",radio,,Radio,120\n", nil).text("id")
	page := p.radio.with("Accept-Language", "pl").browser().get(p.at + "/uploads/" + missing).shows([]string{"Wiersze do poprawienia", "pusta", "Uzupełnij to pole."})
	if !strings.Contains(string(page.body), "<mark>pusta</mark>") {
		t.Error("the empty cell is not marked")
	}
	none := p.upload(p.radio, "c.csv", "a,b\n1,2\n", nil).text("id")
	p.radio.with("Accept-Language", "en").browser().get(p.at+"/uploads/"+none).shows([]string{"Rejected"}, "Rows to correct")
}

func TestAPartnerSeesWhatTheirFilesComeToNow(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	radio := p.radio.with("Accept-Language", "en").browser()
	radio.get(p.at+"/uploads").shows([]string{"Templates to download"}, "What your files come to")
	p.accepts(p.radio, "a.csv", airings+p.day(-9)+",radio,A,Radio,1200\n"+p.day(-9)+",prasa,B,Gazeta,30\n"+p.day(-90)+",radio,Dawno,Radio,7\n")
	p.accepts(p.press, "p.csv", airings+p.day(-9)+",radio,Inna,Radio,9999\n")
	second := p.accepts(p.radio, "b.csv", airings+p.day(-9)+",radio,a,Radio,2200\n"+p.day(-9)+",radio,C,Radio,1\n").text("id")
	p.upload(p.radio, "d.csv", airings+p.day(-9)+",radio,D,Radio,5\n", fields{"check_only": true})
	radio.get(p.at+"/uploads").shows([]string{"3 airings that count", "2,231 sum of reach", "1 airing is dated outside", "radio 2 2,201", "press 1 30"}, "9,999")
	p.radio.delete(p.at + "/uploads/" + second).is(http.StatusOK)
	radio.get(p.at + "/uploads").shows([]string{"2 airings that count", "1,230 sum of reach", "radio 1 1,200"})
	p.counts(map[string]string{"3": "11229"})
	p.office.with("Accept-Language", "en").browser().get(p.at+"/uploads").shows([]string{"sign-ups: XLSX"}, "What your files come to")
}

// advise fills the adviser's form in.
func (p *project) advise(c caller, who string, more fields) reply {
	p.t.Helper()
	return c.browser().with("Accept-Language", "en").fill(p.at+"/consultations", fields{"person": who, "date": p.day(0), "field": "law", "minutes": "45", "form": "phone"}.and(more))
}

// assign enters a consultation in an adviser's name, as the office does: the adviser may see whom it is about.
func (p *project) assign(name, adviser string) {
	p.t.Helper()
	p.office.post(p.at+"/consultations", p.consultation(name).and(fields{"adviser": adviser, "date": p.day(-30), "form": "in-person"})).is(http.StatusCreated)
}

// meets records that someone with a name signed up.
func (p *project) meets(first, last, email string) {
	p.t.Helper()
	p.office.post(p.at+"/signups", fields{"activity": "planting", "first_name": first, "last_name": last, "email": email, "consent_processing": true}).is(http.StatusCreated)
}

func TestAnAdviserNamesWhomTheyHaveAdvisedBefore(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.meets("Łucja", "Żółkiewska", "lucja@example.org")
	p.meets("Jan", "Wzór", "jan1@example.org")
	p.meets("Jan", "Wzór", "jan2@example.org")
	p.meets("Obca", "Osoba", "obca@example.org")
	listed := func() []any { return p.adviser.get(p.at + "/consultations").is(http.StatusOK).list("items") }
	page := p.adviser.browser().with("Accept-Language", "en")

	// No one was advised yet, so no one is known by name, and no one is suggested.
	page.get(p.at+"/consultations").shows([]string{"New consultation"}, "lucja@", "Osoba", "jan1@")
	if got := p.advise(p.adviser, "Łucja Żółkiewska", nil); got.status != http.StatusUnprocessableEntity || !strings.Contains(string(got.body), "You have not advised anybody of that name yet") || strings.Contains(string(got.body), "lucja@") {
		t.Errorf("a name of somebody not advised: %s", got)
	}
	to := p.advise(p.adviser, "LUCJA@example.org", nil).is(http.StatusSeeOther).header.Get("Location")
	page.get(to).shows([]string{"Saved: lucja@example.org, ", "law, by phone, 45 minutes."}, "Żółkiewska")
	p.assign("lucja", "adviser@example.org")
	page.get(to).shows([]string{"Saved: Łucja Żółkiewska, ", "law, by phone, 45 minutes."})
	if strings.Contains(to, "@") || strings.Contains(to, "ucja") {
		t.Errorf("the address names somebody: %s", to)
	}
	for i, name := range []string{"lucja zolkiewska", "Żółkiewska  Łucja", " Łucja Żółkiewska "} {
		p.advise(p.adviser, name, fields{"minutes": fmt.Sprint(10 + i), "topic": fmt.Sprint("sprawa ", i)}).is(http.StatusSeeOther)
	}
	if all := listed(); len(all) != 5 || said(within(all[0], "person.email")) != "lucja@example.org" || said(within(all[0], "minutes")) != "12" {
		t.Errorf("the records are %v", all)
	}
	// A part of a name is asked about, not guessed.
	which := p.advise(p.adviser, "żółk", nil)
	if which.status != http.StatusUnprocessableEntity || !strings.Contains(string(which.body), "Who is meant?") {
		t.Fatalf("a part of a name: %s", which)
	}
	// Two of one name.
	p.assign("jan1", "adviser@example.org")
	p.assign("jan2", "adviser@example.org")
	which = p.advise(p.adviser, "Jan Wzór", fields{"topic": "najem"})
	found := regexp.MustCompile(`name="which" value="([0-9A-Z]{26})"[^>]*> <span>Jan Wzór \(jan1@example\.org\)`).FindStringSubmatch(string(which.body))
	if which.status != http.StatusUnprocessableEntity || found == nil || !strings.Contains(string(which.body), "najem") {
		t.Fatalf("two of one name: %s", which)
	}
	p.advise(p.adviser, "Jan Wzór", fields{"topic": "najem", "which": found[1]}).is(http.StatusSeeOther)
	if one := listed()[0]; said(within(one, "person.email")) != "jan1@example.org" || said(within(one, "topic")) != "najem" {
		t.Errorf("chosen was another: %v", one)
	}
	p.advise(p.adviser, "Jan Wzór (jan2@example.org)", fields{"topic": "najem"}).is(http.StatusSeeOther)
	if one := listed()[0]; said(within(one, "person.email")) != "jan2@example.org" {
		t.Errorf("chosen was another: %v", one)
	}
	// An id that is not among one's own people chooses no one.
	stranger := p.office.get(p.at + "/people?q=obca@example.org").is(http.StatusOK).text("items.0.id")
	if got := p.advise(p.adviser, "Jan Wzór", fields{"which": stranger, "topic": "x"}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a stranger was chosen: %s", got)
	}
	// Another adviser knows none of them; what is missing or wrong is said beside the one field.
	other := p.caller("other@example.org", p.id+":adviser")
	other.browser().get(p.at+"/consultations").shows(nil, "Jan Wzór", "lucja@")
	for typed, message := range map[string]string{"": "One of them is enough", "44051401350": "digit", "nikt@": "not an e-mail"} {
		got := p.advise(other, typed, nil)
		if body := string(got.body); got.status != http.StatusUnprocessableEntity || !strings.Contains(body, `id="f-person-error"`) || !strings.Contains(body, message) {
			t.Errorf("%q: %s", typed, got)
		}
	}
	p.advise(other, "440514 01359", nil).is(http.StatusSeeOther)
	p.advise(p.office, "Jan Wzór", nil).is(http.StatusUnprocessableEntity)
}

func TestAnAdviserCorrectsWhomByTheOneField(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.meets("Zofia", "Wzór", "zofia@example.org")
	for _, name := range []string{"zofia", "jan"} {
		p.adviser.post(p.at+"/consultations", p.consultation(name).and(fields{"topic": name})).is(http.StatusCreated)
	}
	at := p.at + "/consultations/" + p.adviser.get(p.at+"/consultations").text("items.0.id")
	p.assign("zofia", "adviser@example.org")
	page := p.adviser.browser().with("Accept-Language", "en")
	if shown := string(page.get(at).is(http.StatusOK).body); !strings.Contains(shown, `name="person" value="jan@example.org"`) || strings.Contains(shown, `name="pesel"`) {
		t.Errorf("the form to correct is\n%s", shown)
	}
	form := fields{"_method": "PUT", "person": "jan@example.org", "date": p.day(-10), "field": "law", "minutes": "45", "form": "phone", "topic": "jan"}
	whose := func() string { return p.adviser.get(at).is(http.StatusOK).text("person.email") }
	for _, c := range []struct {
		person string
		status int
		want   string
	}{
		{"jan@example.org", http.StatusSeeOther, "jan@example.org"},
		{"nikt taki", http.StatusUnprocessableEntity, "jan@example.org"},
		{"zof", http.StatusUnprocessableEntity, "jan@example.org"},
		{"Zofia Wzór", http.StatusSeeOther, "zofia@example.org"},
		{"44051401359", http.StatusSeeOther, ""},
	} {
		got := page.fill(at, form.and(fields{"person": c.person})).is(c.status)
		if c.status != http.StatusSeeOther && !strings.Contains(string(got.body), `name="person" value="`+c.person+`"`) {
			t.Errorf("what was typed is gone: %s", got)
		}
		if email := whose(); email != c.want {
			t.Errorf("after %q the record is about %q", c.person, email)
		}
	}
}

func TestEvidenceSaysWhoSentItAndNoFilesName(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.accepts(p.radio, "Lista Jana.csv", airings+p.day(-9)+",radio,Łąka,Radio,120\n")
	p.accepts(p.office, "Lista Ewy.csv", airings+p.day(-8)+",radio,Sad,Inne Radio,50\n")
	snapshot := p.compile()
	p.approve(snapshot)
	at := p.at + "/snapshots/" + snapshot.text("id") + "/indicators/3/evidence"
	p.funder.browser().with("Accept-Language", "en").get(at).shows([]string{"Radio Podwórko, row 2", "the office, row 2"}, "Lista", "Kind")
	p.office.browser().with("Accept-Language", "pl").get(at).shows([]string{"Radio Podwórko, wiersz 2", "biuro, wiersz 2"}, "Rodzaj")
}

func TestBadCellsAreCalledAsTheFileCallsThem(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	columns := func(file string) (page, program string) {
		id := p.upload(p.radio, "a.csv", file, nil).has(map[string]string{"state": "rejected"}).text("id")
		at := p.at + "/uploads/" + id
		shown := p.radio.browser().with("Accept-Language", "pl").get(at).is(http.StatusOK)
		for _, found := range regexp.MustCompile(`<td role="cell"><code>([^<]*)</code></td>`).FindAllStringSubmatch(string(shown.body), -1) {
			page += found[1] + ";"
		}
		for _, one := range p.radio.get(at).list("errors") {
			program += said(within(one, "column")) + ";"
		}
		return page, program
	}
	day := p.day(-9)
	for _, c := range []struct{ file, page, program string }{
		{"DATA,medium,tytuł,redakcja,Zasięg\njutro,radio,A,Radio,dużo\n", "DATA;jutro;Zasięg;dużo;", "date;reach;"},
		{"date,medium,title,outlet,reach\njutro,radio,A,Radio,5\n", "date;jutro;", "date;"},
		{"data,medium,tytuł,redakcja\n" + day + ",radio,A,Radio\n", "zasięg;", "reach;"},
	} {
		if page, program := columns(c.file); page != c.page || program != c.program {
			t.Errorf("%q: the page names %s, a program is told %s", c.file, page, program)
		}
	}
}

func TestAMonthsSheetIsTheAdvisersOwn(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.meets("Zofia", "Wzór", "zofia@example.org")
	other := p.caller("other@example.org", p.id+":adviser")
	month := p.day(-10)[:7]
	say := func(c caller, name string, more fields) string {
		return c.post(p.at+"/consultations", p.consultation(name).and(more)).is(http.StatusCreated).text("id")
	}
	say(p.office, "zofia", fields{"minutes": 50, "notes": "tajne", "adviser": "adviser@example.org"})
	gone := say(p.adviser, "jan", fields{"topic": "inny"})
	say(p.adviser, "jan", fields{"field": "marketing", "minutes": 30})
	moved := say(p.adviser, "ewa", fields{"date": p.day(-50)})
	say(other, "obca", nil)
	p.adviser.delete(p.at + "/consultations/" + gone).is(http.StatusOK)
	p.adviser.put(p.at+"/consultations/"+moved, p.consultation("ewa").and(fields{"minutes": 70})).is(http.StatusOK)
	sheet := p.at + "/consultations/sheet?month=" + month
	want := map[string]string{"adviser": "adviser@example.org", "month": month, "total.records": "3", "total.minutes": "150",
		"by_field.0.field": "law", "by_field.0.records": "2", "by_field.0.minutes": "120", "by_field.1.field": "marketing", "by_field.1.minutes": "30", "items.0.person.last_name": "Wzór"}
	p.adviser.get(sheet).is(http.StatusOK).has(want)
	p.office.get(sheet + "&adviser=Adviser@example.org").is(http.StatusOK).has(want)
	p.adviser.browser().with("Accept-Language", "pl").get(sheet).shows([]string{
		"Karta konsultacji", "Zielone podwórka · Program Sąsiedzi", "adviser@example.org", "Zofia Wzór prawo telefon 50 umowa", "prawo 2 120 2:00", "Wszystkie dziedziny 3 150 2:30", "podpis osoby doradzającej",
	}, "obca@", "tajne")
	p.office.browser().with("Accept-Language", "en").get(sheet+"&adviser=other@example.org").shows([]string{"other@example.org", "obca@example.org", "All fields 1 45 0:45"}, "Zofia")
	p.office.browser().get(sheet).shows([]string{"Karta konsultacji"}, "Zofia", "obca@")
	p.adviser.get(p.at + "/consultations/sheet?month=2001-01").is(http.StatusOK).has(map[string]string{"total.records": "0"})
	p.adviser.get(p.at + "/consultations/sheet").is(http.StatusOK)
	// No one becomes known by being asked for.
	p.office.get(sheet + "&adviser=nobody@example.org").is(http.StatusOK).has(map[string]string{"total.records": "0"})
	p.adviser.get(p.at + "/consultations/sheet?month=styczen").isInvalid("month not_a_date")
	p.office.get(sheet).isInvalid("adviser missing")
	p.anyone.get(sheet).is(http.StatusUnauthorized)
	p.funder.get(sheet).is(http.StatusForbidden)
}
