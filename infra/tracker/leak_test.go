package main_test

import (
	"archive/zip"
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/parquet-go/parquet-go"
	"golang.org/x/text/unicode/norm"
)

// secrets are texts with personal data. Each word occurs nowhere else.
var secrets = map[string]string{
	"first name": "Tajemnisława", "last name": "Skrytkowska-Żółcińska", "e-mail": "taj.skrytkowska+zg@utajnione.example.org", "PESEL": pesel1, "phone": "+48 699 123 987",
	"another's first name": "Anonimiusz", "another's last name": "Niewidoczny", "another's e-mail": "anonimiusz@utajnione.example.org", "another's PESEL": pesel2,
	"topic": "Sprawa rozwodowa o dwie chałupy", "notes": "Płakała; zadzwonić „po cichu” w środę", "topic in a file": "Kłopot z komornikiem Gęgalskim",
	"evidence": "Szafa pani Hermenegildy, trzecia półka", "reason": "Pomylił ją z Kunegundą", "decision's note": "Księgowa Eufrozyna prosi o poprawkę",
	"file name": "skrytkowska tajemnisława – rozwód.csv", "adviser": "gwidona.doradcza@utajnione.example.org", "office": "biuro.bonifacego@utajnione.example.org",
	"partner's": "redaktor.pafnucy@utajnione.example.org", "idempotency key": "klucz-tajemnisławy-7",
}

// spellings are the encodings in which a text may be stored.
func spellings(text string) map[string]string {
	out := map[string]string{"as it is": text, "in lower case": strings.ToLower(text), "in capitals": strings.ToUpper(text)}
	out["in an address's query"], out["in an address's path"] = url.QueryEscape(text), url.PathEscape(text)
	out["in HTML"] = html.EscapeString(text)
	encoded, _ := json.Marshal(text)
	out["in JSON"] = strings.Trim(string(encoded), `"`)
	var escaped strings.Builder
	for _, r := range text {
		if r < unicode.MaxASCII {
			escaped.WriteRune(r)
		} else {
			fmt.Fprintf(&escaped, `\u%04x`, r)
		}
	}
	out["in JSON of ASCII"] = escaped.String()
	out["without marks"] = plainLetters(text)
	out["apart, in Unicode's other form"] = norm.NFD.String(text)
	out["in hex"] = hex.EncodeToString([]byte(text))
	for before := range 3 { // wherever it begins
		for name, alphabet := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64 of addresses": base64.RawURLEncoding} {
			whole := alphabet.EncodeToString(append(make([]byte, before), text...))
			out[fmt.Sprintf("in %s, at %d", name, before)] = whole[(before*8+5)/6 : len(whole)-1]
		}
	}
	if words := strings.Fields(text); len(words) == 2 {
		out["the other way round"] = words[1] + " " + words[0]
	}
	if digits := onlyDigits(text); len(digits) >= 9 && !strings.Contains(text, "@") {
		out["its digits"] = digits[len(digits)-9:]
	}
	for name, sum := range map[string][]byte{"SHA-256": sumOf(sha256.Sum256([]byte(text))), "SHA-1": sumSHA1(text), "MD5": sumMD5(text)} {
		out["its plain "+name] = hex.EncodeToString(sum)
	}
	return out
}

func sumOf(sum [32]byte) []byte { return sum[:] }
func sumSHA1(text string) []byte {
	sum := sha1.Sum([]byte(text))
	return sum[:]
}
func sumMD5(text string) []byte {
	sum := md5.Sum([]byte(text))
	return sum[:]
}

func plainLetters(text string) string {
	text = strings.NewReplacer("ł", "l", "Ł", "L").Replace(norm.NFD.String(text))
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, text)
}

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// leaks reports which secrets occur where, in which encoding.
func leaks(written map[string][]byte) []string {
	hidden := maps.Clone(secrets)
	hidden["name"] = secrets["first name"] + " " + secrets["last name"]
	return occurrences(hidden, written)
}

// occurrences reports which of the values occur where, in which encoding.
func occurrences(values map[string]string, files map[string][]byte) []string {
	var found []string
	for what, text := range values {
		for how, spelling := range spellings(text) {
			for where, content := range files {
				if bytes.Contains(content, []byte(spelling)) {
					found = append(found, fmt.Sprintf("%s occurs %s in %s", what, how, where))
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// written returns all that a tracker has stored except where personal data may be: the people table, the originals, the
// letters, and answers/, which keeps long answers to the office for a day.
func written(t *testing.T, data string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(data, func(file string, entry os.DirEntry, err error) error {
		name, _ := filepath.Rel(data, file)
		slashed := filepath.ToSlash(name)
		switch {
		case err != nil || entry.IsDir():
			return err
		case strings.HasPrefix(slashed, "objects/uploads/"), strings.HasPrefix(slashed, "objects/answers/"), strings.HasPrefix(slashed, "tracker.db"), slashed == "mail.jsonl":
			return nil
		case strings.HasSuffix(slashed, ".parquet"):
			out[slashed+", decoded"] = decodedParquet(t, file)
		}
		out[slashed], err = os.ReadFile(file)
		out["the names of files"] = append(out["the names of files"], slashed+"\n"...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(data, "tracker.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT pk, sk, coalesce(ipk, ''), coalesce(isk, ''), data FROM tracker")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var pk, sk, ipk, isk string
		var content []byte
		if err := rows.Scan(&pk, &sk, &ipk, &isk, &content); err != nil {
			t.Fatal(err)
		}
		where := "the tracker table's " + strings.SplitN(pk, "#", 2)[0]
		out[where] = append(append(out[where], strings.Join([]string{pk, sk, ipk, isk, ""}, "\n")...), append(content, '\n')...)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// decodedParquet returns every value of a Parquet file, each on a line.
func decodedParquet(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, group := range opened.RowGroups() {
		rows := group.Rows()
		buffer := make([]parquet.Row, 100)
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				for _, value := range row {
					out.WriteString(value.String() + "\n")
				}
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// unzipped returns the content of an XLSX file.
func unzipped(t *testing.T, content []byte) []byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, f := range archive.File {
		body, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		part, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		out = append(append(out, part...), '\n')
	}
	return out
}

// TestNoPersonalDataOutsideItsPlaces sends personal data through every route, causes every
// kind of error, and then searches all that was stored, in every encoding.
func TestNoPersonalDataOutsideItsPlaces(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	p := newProjectAt(t, s, "courtyards", "{id: planting, kind: training,", "{id: planting, kind: training, capacity: 1,",
		"indicators:\n", "records: {output: {fields: {scan: {type: file, label: Scan}}}}\nindicators:\n")
	p.office, p.adviser, p.radio = p.caller(secrets["office"], p.id+":coordinator"), p.caller(secrets["adviser"], p.id+":adviser"), p.caller(secrets["partner's"], p.id+":partner:radio")
	answers := map[string][]byte{} // that must not tell: problems, places, what the funder and the public get
	hear := func(got reply) reply {
		kept := []byte(got.header.Get("Location") + "\n")
		if got.status >= 400 && !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") { // a form is shown again with what was typed
			kept = append(kept, got.body...)
		}
		answers[fmt.Sprintf("the answer %d to %.30s", got.status, got.what)] = append(answers[fmt.Sprintf("the answer %d to %.30s", got.status, got.what)], kept...)
		return got
	}
	me := fields{"activity": "planting", "first_name": secrets["first name"], "last_name": secrets["last name"], "email": secrets["e-mail"], "pesel": secrets["PESEL"], "phone": secrets["phone"], "sex": "female", "consent_processing": true}
	another := fields{"activity": "planting", "first_name": secrets["another's first name"], "last_name": secrets["another's last name"], "email": secrets["another's e-mail"], "pesel": secrets["another's PESEL"], "consent_processing": true}
	her := fields{"email": secrets["e-mail"]}
	keyed := func(c caller) caller { return c.with("Idempotency-Key", url.QueryEscape(secrets["idempotency key"])) }

	// Every route, as a program and as a browser.
	hear(keyed(p.anyone).post(p.at+"/signups", me)).is(http.StatusCreated)
	hear(keyed(p.anyone).post(p.at+"/signups", me)).is(http.StatusCreated)
	hear(keyed(p.anyone).post(p.at+"/signups", another)).is(http.StatusUnprocessableEntity)
	hear(p.anyone.browser().fill(p.at+"/signups", another))
	hear(p.anyone.post(p.at+"/signups", me.and(fields{"activity": "last-call", "email": secrets["another's e-mail"]}))).is(http.StatusCreated) // held: of two people
	hear(p.office.post(p.at+"/signups", another.and(fields{"activity": "compost"}))).is(http.StatusCreated)
	talk := hear(keyed(p.adviser).post(p.at+"/consultations", p.consultation("x").and(fields{"person": her, "topic": secrets["topic"], "notes": secrets["notes"]}))).is(http.StatusCreated).text("id")
	hear(p.adviser.put(p.at+"/consultations/"+talk, p.consultation("x").and(fields{"person": her, "topic": secrets["topic"], "notes": secrets["notes"], "minutes": 50, "reason": secrets["reason"]}))).is(http.StatusOK)
	hear(p.adviser.browser().fill(p.at+"/consultations", fields{"email": secrets["e-mail"], "date": p.day(-2), "field": "law", "minutes": "20", "form": "phone", "topic": secrets["topic"], "notes": secrets["notes"]}))
	hear(p.office.post(p.at+"/attendance", p.attendance("x").and(fields{"person": her}))).is(http.StatusCreated)
	hear(p.office.post(p.at+"/tests", p.exam("x").and(fields{"person": fields{"pesel": secrets["PESEL"]}}))).is(http.StatusCreated)
	output := hear(p.office.post(p.at+"/outputs", p.output("Ulotka").and(fields{"evidence": secrets["evidence"]}))).is(http.StatusCreated).text("id")
	hear(p.office.send("DELETE", p.at+"/outputs/"+output, "application/json", p.office.encode(fields{"reason": secrets["reason"]}))).is(http.StatusOK)
	scan := p.attach(p.office, secrets["file name"], filesByType[jpeg])
	kind, sent := multipartOf(part{"file", secrets["file name"], filesByType[pdf]}, part{"idempotency_key", "", secrets["idempotency key"]})
	hear(p.office.send("POST", p.at+"/attachments", kind, sent)).is(http.StatusCreated)
	kind, sent = multipartOf(part{"file", secrets["file name"], secrets["notes"]})
	hear(p.office.send("POST", p.at+"/attachments", kind, sent)).is(http.StatusUnprocessableEntity)
	kind, sent = multipartOf(part{"scan", secrets["file name"], secrets["notes"]})
	hear(p.office.send("POST", p.at+"/outputs", kind, sent)).is(http.StatusUnprocessableEntity)
	hear(p.office.post(p.at+"/outputs", p.output("Skan").and(fields{"scan": scan}))).is(http.StatusCreated)
	hear(p.office.post(p.at+"/outputs", p.output("Plakat").and(fields{"evidence": secrets["evidence"]}))).is(http.StatusCreated)
	row := fmt.Sprintf("%s,%s,%s,law,15,phone,%s,%s\n", secrets["e-mail"], secrets["PESEL"], p.day(-4), secrets["adviser"], secrets["topic in a file"])
	p.accepts(p.office, secrets["file name"], "email,pesel,date,field,minutes,form,adviser,topic\n"+row)
	p.accepts(p.office, secrets["file name"], "activity,first_name,last_name,email,phone,consent_processing\nlast-call,"+secrets["another's first name"]+","+secrets["another's last name"]+","+secrets["another's e-mail"]+","+secrets["phone"]+",yes\n")
	p.accepts(p.radio, secrets["file name"], p.airings("radio"))
	back := p.accepts(p.office, secrets["file name"], "email,activity,date,outcome\n"+secrets["e-mail"]+",planting,"+p.day(-3)+",completed\n").text("id")
	hear(p.office.delete(p.at + "/uploads/" + back)).is(http.StatusOK)

	// Every kind of error.
	secret := p.hook("form", "kind: signup\ncolumns: {first_name: /first_name, last_name: /last_name, email: /email, pesel: /pesel, phone: /phone, activity: /activity, sex: /sex, birth_year: /birth_year, group: /group, consent_processing: /consent_processing}\n")
	hear(p.toHook("form", secret, string(p.office.encode(me.and(fields{"activity": "compost"}))))).is(http.StatusCreated)
	rejected := p.upload(p.office, secrets["file name"], "email,pesel,date,field,minutes,form,adviser,topic\n"+
		secrets["e-mail"]+" x,"+secrets["PESEL"]+"0,"+p.day(-4)+",law,15,phone,"+secrets["adviser"]+" x,"+secrets["topic in a file"]+strings.Repeat("x", 4000)+"\n"+
		secrets["e-mail"]+","+secrets["another's PESEL"]+","+p.day(-4)+",law,15,phone,,\n", nil)
	if rejected.text("state") != "rejected" || len(rejected.list("errors")) < 5 {
		t.Errorf("not rejected for all that is wrong: %s", rejected)
	}
	errors := p.office.get(p.at + "/uploads/" + rejected.text("id") + "/errors.csv").is(http.StatusOK)
	answers["the bad cells as CSV"] = errors.body
	cells, err := json.Marshal(rejected.at("errors"))
	if err != nil {
		t.Fatal(err)
	}
	answers["the bad cells"] = cells
	for _, body := range []fields{
		me.and(fields{"pesel": secrets["PESEL"] + "1"}), me.and(fields{"email": secrets["e-mail"] + " x"}), me.and(fields{"first_name": strings.Repeat(secrets["first name"], 40)}),
		me.and(fields{"activity": secrets["last name"], "sex": secrets["first name"], "birth_year": secrets["phone"], "group": secrets["e-mail"]}), me.and(fields{"consent_processing": nil}),
	} {
		hear(p.anyone.post(p.at+"/signups", body)).is(http.StatusUnprocessableEntity)
		hear(p.toHook("form", secret, string(p.office.encode(body)))).is(http.StatusUnprocessableEntity)
		hear(p.anyone.browser().fill(p.at+"/signups", body)).is(http.StatusUnprocessableEntity)
	}
	hear(p.office.post(p.at+"/attendance", p.attendance("x").and(fields{"person": fields{"email": secrets["another's e-mail"], "pesel": secrets["PESEL"]}}))).is(http.StatusConflict)
	hear(p.office.post(p.at+"/attendance", p.attendance("x").and(fields{"person": her}))).is(http.StatusConflict)
	hear(p.adviser.post(p.at+"/consultations", p.consultation("x").and(fields{"person": her, "date": secrets["topic"], "field": secrets["topic"], "minutes": secrets["notes"], "topic": strings.Repeat(secrets["topic"], 40)}))).is(http.StatusUnprocessableEntity)
	hear(p.adviser.with("If-Match", `"old"`).put(p.at+"/consultations/"+talk, p.consultation("x").and(fields{"person": her, "topic": secrets["topic"]}))).is(http.StatusPreconditionFailed)
	hear(p.anyone.send("POST", p.at+"/signups", "application/json", []byte(`{"first_name": "`+secrets["first name"]+`", "email": `+secrets["e-mail"]))).is(http.StatusBadRequest)
	hear(p.anyone.send("POST", p.at+"/signups", "text/plain", []byte(secrets["e-mail"]))).is(http.StatusUnsupportedMediaType)
	hear(p.anyone.send("POST", p.at+"/signups", "application/json", []byte(strings.Repeat(secrets["e-mail"], 60_000)))).is(http.StatusRequestEntityTooLarge)
	for _, name := range []string{"e-mail", "PESEL", "first name", "last name", "phone"} {
		for _, c := range []caller{p.office, p.office.browser()} {
			c.get(p.at + "/people?q=" + url.QueryEscape(secrets[name])).is(http.StatusOK)
			hear(c.get(p.at + "/people/" + url.PathEscape(secrets[name]))).is(http.StatusNotFound)
			hear(c.get("/" + url.PathEscape(secrets[name]))).is(http.StatusNotFound)
		}
		hear(p.anyone.get(p.at + "/people?q=" + url.QueryEscape(secrets[name]))).is(http.StatusUnauthorized)
		hear(p.office.get(p.at + "/uploads?cursor=" + url.QueryEscape(secrets[name])))
		hear(p.anyone.get(p.at + "/signups/" + talk + "/cancel?token=" + url.QueryEscape(secrets[name]))).is(http.StatusNotFound)
		hear(p.anyone.with("Authorization", "Bearer "+url.QueryEscape(secrets[name])).get(p.at + "/people")).is(http.StatusUnauthorized)
		hear(p.anyone.with("Cookie", "session="+url.QueryEscape(secrets[name])).get(p.at + "/people")).is(http.StatusUnauthorized)
		hear(p.anyone.with("Origin", "https://elsewhere.example.org").fill(p.at+"/signups?q="+url.QueryEscape(secrets[name]), me)).is(http.StatusForbidden)
		p.anyone.get("/auth/callback?code=x&state=" + url.QueryEscape(secrets[name]))
		p.anyone.browser().get(p.at + "/signup?activity=" + url.QueryEscape(secrets[name]))
	}
	lay(t, s, "uploads/nowhere/radio/"+secrets["file name"], row)
	eventually(t, "a dead letter", func() bool { return len(p.anyone.get("/local/dead-letters").is(http.StatusOK).list("items")) > 0 })
	eventually(t, "letters", func() bool { return len(p.mails(secrets["e-mail"])) > 0 })

	// Exports and reports.
	snap := p.compile()
	hear(p.office.post(p.at+"/snapshots/"+snap.text("id")+"/approval", fields{"decision": "reject", "note": secrets["decision's note"]})).is(http.StatusOK)
	hear(p.office.post(p.at+"/snapshots/"+snap.text("id")+"/approval", fields{"decision": "approve", "note": secrets["decision's note"]})).is(http.StatusOK)
	person := p.office.get(p.at + "/people?q=" + url.QueryEscape(secrets["e-mail"])).is(http.StatusOK).text("items.0.id")
	hear(p.office.post(p.at+"/people/"+person+"/merge", fields{"into": secrets["last name"]})).is(http.StatusUnprocessableEntity)
	p.office.get(p.at + "/people/" + person + ".json").is(http.StatusOK)
	for _, path := range []string{"/signups.csv", "/signups.xlsx", "/signups", "/people/duplicates"} {
		p.office.get(p.at + path).is(http.StatusOK)
	}
	at := p.at + "/snapshots/" + snap.text("id")
	for _, path := range []string{p.at, at, at + ".json", at + ".csv", at + ".xlsx", at + ".pdf", at + "/indicators/1/evidence", at + "/indicators/6/evidence.csv", at + "/participants/evidence.csv", p.at + "/snapshots"} {
		for _, c := range []caller{p.funder, p.funder.browser()} {
			got := c.get(path).is(http.StatusOK)
			if answers[path+" of the funder"] = append(answers[path+" of the funder"], got.body...); strings.HasSuffix(path, ".xlsx") {
				answers[path+" of the funder"] = unzipped(t, got.body)
			}
		}
	}
	hear(p.funder.post(at+"/verification", fields{})).is(http.StatusOK)
	p.anyone.post("/local/run", fields{"function": "compile-snapshot"}).is(http.StatusOK)

	if code := s.stop(t, os.Interrupt); code != 0 {
		t.Errorf("exit code %d", code)
	}
	all := written(t, s.data)
	for _, where := range []string{"log.jsonl", "dead-letters.jsonl", "the tracker table's FACT", "the tracker table's RECORDS", "the tracker table's SIGNUP", "the tracker table's PACKS", "the tracker table's ANSWER", "the tracker table's FINDINGS", "the tracker table's UPLOADS", "the tracker table's SNAPSHOTS"} {
		if len(all[where]) == 0 {
			t.Errorf("nothing was searched in %s", where)
		}
	}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(all)), func(where string) bool { return strings.HasSuffix(where, "decoded") && len(all[where]) > 1000 }) {
		t.Error("no checkpoint was decoded")
	}
	maps.Copy(all, answers)
	for _, leak := range leaks(all) {
		t.Error(leak)
	}
	t.Run("a leak that is planted is found", func(t *testing.T) { plantLeaks(t, s) })
}

// plantLeaks stores secrets in each kind of place and in each encoding, for the search to find.
func plantLeaks(t *testing.T, s *tracker) {
	appended := func(name, text string) {
		t.Helper()
		file := filepath.Join(s.data, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.WriteString(text)
		if closed := f.Close(); err != nil || closed != nil {
			t.Fatal(err, closed)
		}
	}
	appended("log.jsonl", fmt.Sprintf(`{"msg":"request","route":"GET /people?q=%s"}`, url.QueryEscape(secrets["e-mail"])))
	appended("dead-letters.jsonl", fmt.Sprintf(`{"reason":%q}`, secrets["file name"]))
	appended("objects/snapshots/courtyards/evidence.json", fmt.Sprintf(`[{"person":%q}]`, strings.ToUpper(secrets["last name"])))
	type record struct{ Topic string }
	var b bytes.Buffer
	if err := parquet.Write(&b, []record{{secrets["topic"]}, {secrets["topic"]}}, parquet.Compression(&parquet.Zstd)); err != nil {
		t.Fatal(err)
	}
	appended("objects/checkpoints/courtyards/planted.parquet", b.String())
	db, err := sql.Open("sqlite", filepath.Join(s.data, "tracker.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	encoded := base64.StdEncoding.EncodeToString([]byte(`{"pesel":"` + secrets["PESEL"] + `"}`))
	if _, err := db.Exec("UPDATE tracker SET data = ? WHERE rowid = (SELECT min(rowid) FROM tracker WHERE pk LIKE 'FACT#%')", []byte(`{"cursor":"`+encoded+`"}`)); err != nil {
		t.Fatal(err)
	}
	found := strings.Join(leaks(written(t, s.data)), "\n")
	for _, want := range []string{"e-mail occurs in an address's query in log.jsonl", "file name occurs as it is in dead-letters.jsonl", "last name occurs in capitals in objects/snapshots/courtyards/evidence.json", "topic occurs as it is in objects/checkpoints/courtyards/planted.parquet, decoded", "in the tracker table's FACT"} {
		if !strings.Contains(found, want) {
			t.Errorf("not found: %s; found: %s", want, found)
		}
	}
	for what, text := range secrets {
		for how, spelling := range spellings(text) {
			if !strings.Contains(strings.Join(leaks(map[string][]byte{"a line": []byte("before " + spelling + " after")}), "\n"), what+" occurs") {
				t.Errorf("%s is not found where it occurs %s: %s", what, how, spelling)
			}
		}
	}
	if calm := leaks(map[string][]byte{"a line": []byte(`{"person":"01J00000000000000000000000","row":["law","45"]}`)}); len(calm) > 0 {
		t.Errorf("found where there is nothing: %v", calm)
	}
}
