package main_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"html"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// fileWords are kinds of record with photos and documents, and figures that ask whether there is one.
const fileWords = `records:
  consultation: {fields: {agreement: {type: file, label: Agreement}, report: {type: file, label: Report, sensitive: true}}}
  visit: {label: Visit, person: yes, by: [coordinator, adviser], fields: {photo: {type: file, label: {pl: Zdjęcie, en: Photo}}, place: {type: text}}}
  harvest: {label: Harvest, key: [site], by: [partner], fields: {site: {type: choice, options: [north, south]}, weight: {type: number}, photo: {type: file, label: {pl: Zdjęcie, en: Photo}, public: no}}}
  planting: {label: Trees, fields: {trees: {type: number}, proof: {type: file, label: Proof, required: yes, refusable: yes}}}
indicators:
  - {code: "30", unit: record, target: 3, count: records, of: visit, where: 'photo != ""', label: Visits with a photo}
  - {code: "31", unit: record, target: 3, count: records, of: harvest, where: 'photo == ""', label: Harvests without one}
`

func newProjectWithFiles(t *testing.T) *project {
	t.Helper()
	return newProject(t, "indicators:\n", fileWords)
}

// The smallest files of each type that browsers and programs make: what they are is in their first bytes.
var filesByType = map[string]string{
	"image/jpeg":      "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9",
	"image/png":       "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00",
	"image/webp":      "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00",
	"image/heic":      "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic\x00\x00\x00\x08mdat",
	"application/pdf": "%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n",
	"application/vnd.oasis.opendocument.text":                                 packedFile("mimetype", "application/vnd.oasis.opendocument.text", "content.xml", "<office:document-content/>"),
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": packedFile("[Content_Types].xml", "<Types/>", "_rels/.rels", "<Relationships/>", "word/document.xml", "<w:document/>"),
}

// packedFile is a ZIP file of names and contents.
func packedFile(parts ...string) string {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := 0; i+1 < len(parts); i += 2 {
		part, err := w.CreateHeader(&zip.FileHeader{Name: parts[i], Method: zip.Store})
		if err == nil {
			_, err = part.Write([]byte(parts[i+1]))
		}
		if err != nil {
			panic(err) // a buffer takes all
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.String()
}

const (
	jpeg = "image/jpeg"
	pdf  = "application/pdf"
)

// attach sends a file to a place that is asked for, and returns its id.
func (p *project) attach(c caller, name, content string) string {
	p.t.Helper()
	place := c.post(p.at+"/attachments", fields{"filename": name, "size": len(content)}).is(http.StatusCreated)
	p.deliver(place, content)
	return place.text("id")
}

// part is a field of a form: a value, or a file with a name.
type part struct{ field, name, content string }

// multipartOf is a form with files, as a browser without JavaScript sends it.
func multipartOf(parts ...part) (contentType string, body []byte) {
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for _, p := range parts {
		var to interface{ Write([]byte) (int, error) }
		var err error
		if p.name == "" {
			to, err = w.CreateFormField(p.field)
		} else {
			to, err = w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf("form-data; name=%q; filename=%q", p.field, p.name)}, "Content-Type": {"application/octet-stream"}})
		}
		if err == nil {
			_, err = to.Write([]byte(p.content))
		}
		if err != nil {
			panic(err)
		}
	}
	_ = w.Close() // a buffer
	return w.FormDataContentType(), out.Bytes()
}

// opened is what a file's address leads to.
func (p *project) opened(c caller, id string) reply {
	p.t.Helper()
	at := c.get(p.at + "/attachments/" + id).is(http.StatusSeeOther).header.Get("Location")
	return p.anyone.send("GET", at, "", nil).is(http.StatusOK)
}

// A photo of a phone is sent to a place of its own, named by a record, and opened by the office.
func TestContractFileOfARecord(t *testing.T) {
	t.Parallel()
	p := newProjectWithFiles(t)
	photo := filesByType[jpeg] + strings.Repeat("x", 5<<20) // more than a function may be sent
	id := p.attach(p.office, "wizyta.JPG", photo)
	visit := fields{"person": of("ewa"), "date": p.day(-5), "photo": id, "place": "ogród"}
	made := p.office.post(p.at+"/records/visit", visit).is(http.StatusCreated).has(map[string]string{"photo": id})
	p.office.get(p.at + "/records/visit/" + made.text("id")).is(http.StatusOK).has(map[string]string{"photo": id})
	got := p.opened(p.office, id)
	for name, want := range map[string]string{"Content-Type": jpeg, "X-Content-Type-Options": "nosniff", "Content-Disposition": "inline; filename=wizyta.JPG"} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q", name, got.header.Get(name))
		}
	}
	if policy := got.header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("the policy is %q", policy)
	}
	if string(got.body) != photo {
		t.Error("the file is not what was sent")
	}
	p.office.post(p.at+"/records/visit", fields{"person": of("jan"), "date": p.day(-5)}).is(http.StatusCreated)
	p.counts(map[string]string{"30": "1", "31": "0"})

	// A correction names another file; the first stays with the record.
	other := p.attach(p.office, "lista.pdf", filesByType[pdf])
	p.office.put(p.at+"/records/visit/"+made.text("id"), visit.and(fields{"photo": other})).is(http.StatusOK).has(map[string]string{"photo": other})
	if how := p.opened(p.office, other).header.Get("Content-Disposition"); how != "attachment; filename=lista.pdf" {
		t.Errorf("a document is %q", how)
	}
	p.opened(p.office, id)
	p.office.put(p.at+"/records/visit/"+made.text("id"), visit).is(http.StatusOK)
	p.office.put(p.at+"/records/visit/"+made.text("id"), visit.and(fields{"photo": nil})).is(http.StatusOK)
	p.counts(map[string]string{"30": "0"})
	p.anyone.get(p.at + "/attachments/" + id).is(http.StatusUnauthorized)
}

// The content says what a file is, never its name.
func TestContractFileTypes(t *testing.T) {
	t.Parallel()
	p := newProjectWithFiles(t)
	refused := map[string]string{
		"a page": "<!DOCTYPE html><script>alert(1)</script>", "a drawing": `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
		"XML and a drawing": `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`, "a program": "MZ\x90\x00" + strings.Repeat("\x00", 200), "an ELF program": "\x7fELF\x02\x01\x01",
		"a script": "#!/bin/sh\necho", "a text": "photo", "packed": packedFile("photo.jpg", filesByType[jpeg]), "a workbook": packedFile("[Content_Types].xml", "<Types/>", "xl/workbook.xml", "<workbook/>"),
		"a picture that moves": "GIF89a\x01\x00\x01\x00", "a film": "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
	}
	day := 1
	visit := func(id string) reply {
		day++
		return p.office.post(p.at+"/records/visit", fields{"person": of("ewa"), "date": p.day(-day), "photo": id})
	}
	form := func(content string) reply {
		kind, body := multipartOf(part{"file", "photo.jpg", content})
		return p.office.send("POST", p.at+"/attachments", kind, body)
	}
	for name, content := range refused {
		visit(p.attach(p.office, "photo.jpg", content)).isInvalid("photo wrong_format")
		form(content).isInvalid("file wrong_format")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	for kind, content := range filesByType {
		direct := form(content).is(http.StatusCreated).has(map[string]string{"type": kind, "name": "photo.jpg", "size": fmt.Sprint(len(content))}).text("id")
		for _, id := range []string{p.attach(p.office, "setup.exe", content), direct} {
			visit(id).is(http.StatusCreated)
			got := p.opened(p.office, id)
			if got.header.Get("Content-Type") != kind || strings.HasSuffix(got.header.Get("Content-Disposition"), ".exe") {
				t.Errorf("%s is shown as %v", kind, got.header)
			}
		}
	}
}

// What cannot be a record's file is refused with a sentence.
func TestContractFilesThatARecordCannotHave(t *testing.T) {
	t.Parallel()
	p, other := newProjectWithFiles(t), newProjectWithFiles(t)
	at := p.at + "/records/visit"
	visit := fields{"person": of("ewa"), "date": p.day(-5)}
	theirs := other.attach(other.office, "a.jpg", filesByType[jpeg])
	taken := p.attach(p.office, "a.jpg", filesByType[jpeg])
	p.office.post(at, visit.and(fields{"photo": taken})).is(http.StatusCreated)
	notSent := p.office.post(p.at+"/attachments", fields{"filename": "a.jpg", "size": 10}).is(http.StatusCreated)
	next := visit.and(fields{"date": p.day(-6)})
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"another project's file":     {theirs, "photo not_in_list"},
		"another record's file":      {taken, "photo not_in_list"},
		"no file":                    {"01ARZ3NDEKTSV4RRFFQ69G5FAV", "photo not_in_list"},
		"no id":                      {"../" + taken, "photo not_in_list"},
		"a number":                   {7, "photo not_in_list"},
		"a file that did not arrive": {notSent.text("id"), "photo missing"},
	} {
		p.office.post(at, next.and(fields{"photo": c.value})).isInvalid(c.want)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	p.office.get(p.at + "/attachments/" + theirs).is(http.StatusNotFound)
	p.office.get(p.at + "/attachments/" + notSent.text("id")).is(http.StatusNotFound) // nothing is there yet
	p.knock(notSent, "more than ten bytes").is(http.StatusRequestEntityTooLarge)
	p.deliver(notSent, filesByType[jpeg][:10])
	p.knock(notSent, "0123456789").is(http.StatusForbidden) // once
	p.office.post(at, next.and(fields{"photo": notSent.text("id")})).is(http.StatusCreated)

	for _, c := range []struct {
		size any
		want string
	}{{0, "size out_of_range"}, {20<<20 + 1, "size out_of_range"}, {"10", "size not_a_number"}, {nil, "size missing"}} {
		p.office.post(p.at+"/attachments", fields{"filename": "a.jpg", "size": c.size}).isInvalid(c.want)
	}
	kind, body := multipartOf(part{"file", "a.jpg", filesByType[jpeg] + strings.Repeat("x", 4<<20)})
	p.office.send("POST", p.at+"/attachments", kind, body).is(http.StatusRequestEntityTooLarge)
	kind, body = multipartOf(part{"note", "", "no file"})
	p.office.send("POST", p.at+"/attachments", kind, body).isInvalid("file missing")

	// The same request makes one attachment.
	again := p.office.with("Idempotency-Key", "once")
	first := again.post(p.at+"/attachments", fields{"filename": "a.jpg", "size": 12}).is(http.StatusCreated).text("id")
	if second := again.post(p.at+"/attachments", fields{"filename": "a.jpg", "size": 12}).is(http.StatusCreated).text("id"); second != first {
		t.Error("a repeated request made another attachment")
	}
	again.post(p.at+"/attachments", fields{"filename": "a.jpg", "size": 13}).is(http.StatusUnprocessableEntity)
	plain := newProject(t)
	plain.office.post(plain.at+"/attachments", fields{"filename": "a.jpg", "size": 12}).is(http.StatusNotFound)
}

// A form takes files without JavaScript; after a mistake they need not be chosen again, and a box keeps or removes
// them.
func TestContractFilesInForms(t *testing.T) {
	t.Parallel()
	p := newProjectWithFiles(t)
	office, at := p.office.browser().with("Accept-Language", "en"), p.at+"/records/visit"
	page := string(office.get(at).is(http.StatusOK).body)
	for _, want := range []string{`enctype="multipart/form-data"`, `<input type="file" id="f-photo" name="photo" accept="image/jpeg,.jpg`, "Photo", "at most 20 MB"} {
		if !strings.Contains(page, want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	send := func(to string, parts ...part) reply {
		kind, body := multipartOf(parts...)
		return office.send("POST", to, kind, body)
	}
	file := part{"photo", "wizyta w domu.png", filesByType["image/png"]}
	wrong := send(at, part{"email", "", "ewa@example.org"}, part{"date", "", "once"}, part{"place", "", "ogród"}, file).is(http.StatusUnprocessableEntity)
	kept := regexp.MustCompile(`<input type="checkbox" name="photo" value="([0-9A-Z]{26})" checked> <span>Keep the file: <a href="([^"]+)">wizyta w domu.png</a>`).FindSubmatch(wrong.body)
	if kept == nil {
		t.Fatalf("the form forgot its file: %s", wrong)
	}
	id := string(kept[1])
	p.opened(p.office, id)
	send(at, part{"email", "", "ewa@example.org"}, part{"date", "", p.day(-3)}, part{"photo", "", id}, part{"photo", "", ""}, part{"idempotency_key", "", "k1"}).is(http.StatusSeeOther)
	list := office.get(at).is(http.StatusOK)
	if !strings.Contains(string(list.body), `<a href="`+p.at+`/attachments/`+id+`">wizyta w domu.png</a>`) {
		t.Errorf("the list has no link to the file: %s", list)
	}
	record := within(p.office.get(at).is(http.StatusOK).list("items")[0], "id")
	one := at + "/" + said(record)
	version := html.UnescapeString(string(regexp.MustCompile(`name="_if_match" value="([^"]+)"`).FindSubmatch(office.get(one).is(http.StatusOK).body)[1]))
	change := []part{{"_method", "", "PUT"}, {"_if_match", "", version}, {"email", "", "ewa@example.org"}, {"date", "", p.day(-3)}}
	// Another one in its place.
	send(one, append(change, part{"photo", "", id}, part{"photo", "b.jpg", filesByType[jpeg]})...).is(http.StatusSeeOther)
	second := p.office.get(one).is(http.StatusOK).text("photo")
	if second == id || second == "" {
		t.Errorf("the new file is %q", second)
	}
	// None.
	change[1].content = "*"
	send(one, append(change, part{"photo", "", ""})...).is(http.StatusSeeOther)
	if left := p.office.get(one).is(http.StatusOK).text("photo"); left != "" {
		t.Errorf("the file that was to be removed is %q", left)
	}
	// What is wrong with a file is said beside its field, with everything else.
	bad := send(at, part{"email", "", "ewa@example.org"}, part{"date", "", "once"}, part{"photo", "a.jpg", "<html>"}).is(http.StatusUnprocessableEntity)
	for _, want := range []string{`id="f-photo-error"`, "neither a photo nor a document", `id="f-date-error"`} {
		if !strings.Contains(string(bad.body), want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	if got := send(at, part{"email", "", "ewa@example.org"}, part{"date", "", p.day(-2)}, part{"place", "a.jpg", filesByType[jpeg]}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a file in a field of text: %s", got)
	}

	// The same form sent twice makes one record.
	twice := []part{{"email", "", "jan@example.org"}, {"date", "", p.day(-3)}, {"idempotency_key", "", "k2"}, file}
	send(at, twice...).is(http.StatusSeeOther)
	send(at, twice...).is(http.StatusSeeOther)
	send(at, part{"email", "", "ola@example.org"}, part{"date", "", p.day(-3)}, part{"photo", "big.jpg", filesByType[jpeg] + strings.Repeat("x", 5<<20)}).is(http.StatusRequestEntityTooLarge)
}

// A record's file is opened by those who see the record and its field alone.
func TestContractFilesAndRoles(t *testing.T) {
	t.Parallel()
	p := newProjectWithFiles(t)
	colleague := p.caller("colleague@example.org", p.id+":adviser")
	agreement, report := p.attach(p.adviser, "umowa.pdf", filesByType[pdf]), p.attach(p.office, "raport.pdf", filesByType[pdf])
	p.adviser.get(p.at + "/attachments/" + report).is(http.StatusNotFound) // not theirs
	colleague.post(p.at+"/consultations", p.consultation("ewa").and(fields{"agreement": agreement})).isInvalid("agreement not_in_list")
	advice := p.adviser.post(p.at+"/consultations", p.consultation("ewa").and(fields{"agreement": agreement})).is(http.StatusCreated)
	p.office.put(p.at+"/consultations/"+advice.text("id"), p.consultation("ewa").and(fields{"agreement": agreement, "report": report, "adviser": "adviser@example.org"})).is(http.StatusOK)
	harvested := p.attach(p.radio, "zbiór.jpg", filesByType[jpeg])
	p.radio.post(p.at+"/records/harvest", fields{"date": p.day(-3), "site": "north", "weight": 5, "photo": harvested}).is(http.StatusCreated)
	for _, c := range []struct {
		name string
		who  caller
		id   string
		want int
	}{
		{"office, agreement", p.office, agreement, http.StatusSeeOther}, {"office, report", p.office, report, http.StatusSeeOther}, {"office, photo", p.office, harvested, http.StatusSeeOther},
		{"its adviser, agreement", p.adviser, agreement, http.StatusSeeOther}, {"its adviser, what is sensitive", p.adviser, report, http.StatusNotFound}, {"adviser, a partner's", p.adviser, harvested, http.StatusNotFound},
		{"another adviser", colleague, agreement, http.StatusNotFound}, {"its partner", p.radio, harvested, http.StatusSeeOther}, {"another partner", p.press, harvested, http.StatusNotFound}, {"a partner, of advice", p.radio, agreement, http.StatusNotFound},
		{"funder", p.funder, harvested, http.StatusForbidden}, {"anyone", p.anyone, harvested, http.StatusUnauthorized},
	} {
		c.who.get(p.at + "/attachments/" + c.id).is(c.want)
		if t.Failed() {
			t.Fatal(c.name)
		}
	}
	p.funder.post(p.at+"/attachments", fields{"filename": "a.jpg", "size": 5}).is(http.StatusForbidden)
	p.anyone.post(p.at+"/attachments", fields{"filename": "a.jpg", "size": 5}).is(http.StatusUnauthorized)
	// An adviser who corrects the record keeps what they do not see.
	p.adviser.put(p.at+"/consultations/"+advice.text("id"), p.consultation("ewa").and(fields{"agreement": agreement, "minutes": 30})).is(http.StatusOK)
	p.office.get(p.at + "/consultations/" + advice.text("id")).is(http.StatusOK).has(map[string]string{"report": report, "minutes": "30"})
	p.adviser.delete(p.at + "/consultations/" + advice.text("id")).is(http.StatusOK)
	p.adviser.get(p.at + "/attachments/" + agreement).is(http.StatusNotFound)
	p.opened(p.office, agreement)
	for _, page := range []string{p.at, p.at + "/snapshots/latest/indicators/31/evidence.csv"} {
		if strings.Contains(string(p.office.get(page).body), harvested) {
			t.Errorf("%s has the file's id", page)
		}
	}
}

// With a person's data their files go, also those that a correction had put aside; what was counted stays.
func TestContractFilesAreErased(t *testing.T) {
	t.Parallel()
	p := newProjectWithFiles(t)
	first, second, staying := p.attach(p.office, "ewa.jpg", filesByType[jpeg]), p.attach(p.office, "ewa2.jpg", filesByType[jpeg]+"2"), p.attach(p.office, "jan.jpg", filesByType[jpeg]+"3")
	visit := fields{"person": of("ewa"), "date": p.day(-5), "photo": first}
	made := p.office.post(p.at+"/records/visit", visit).is(http.StatusCreated)
	p.office.put(p.at+"/records/visit/"+made.text("id"), visit.and(fields{"photo": second})).is(http.StatusOK)
	p.office.post(p.at+"/records/visit", fields{"person": of("jan"), "date": p.day(-5), "photo": staying}).is(http.StatusCreated)
	p.counts(map[string]string{"30": "2"})
	addresses := map[string]string{}
	for _, id := range []string{first, second} {
		addresses[id] = p.office.get(p.at + "/attachments/" + id).is(http.StatusSeeOther).header.Get("Location")
	}
	p.office.delete(p.at + "/people/" + p.person("ewa@example.org")).is(http.StatusOK)
	for id, address := range addresses {
		p.office.get(p.at + "/attachments/" + id).is(http.StatusGone)
		p.anyone.send("GET", address, "", nil).is(http.StatusNotFound)
	}
	p.opened(p.office, staying)
	p.counts(map[string]string{"30": "2"})
	p.office.browser().with("Accept-Language", "en").get(p.at+"/records/visit").shows([]string{"file removed", "jan.jpg"}, "ewa.jpg", "ewa2.jpg")
	for name := range onDisk(t, filepath.Join(p.tracker.data, "objects", "attachments", p.id)) {
		if strings.Contains(name, first) || strings.Contains(name, second) {
			t.Errorf("%s is left", name)
		}
	}
	p.office.post(p.at+"/records/visit", fields{"person": of("ola"), "date": p.day(-5), "photo": first}).isInvalid("photo not_in_list")
}

// A table has no photos: a column of them is named, a kind that needs one is typed alone.
func TestContractFilesAreNotInTables(t *testing.T) {
	t.Parallel()
	p := newProjectWithFiles(t)
	template := p.office.get(p.at + "/uploads/template.csv?kind=harvest").is(http.StatusOK)
	if strings.Contains(string(template.body), "Zdj") || strings.Contains(string(template.body), "hoto") {
		t.Errorf("the template: %s", template)
	}
	p.accepts(p.office, "zbiory.csv", "date,site,weight,Zdjęcie\n"+p.day(-9)+",north,3,\n")
	for _, column := range []string{"photo", "Zdjęcie", "Photo"} {
		got := p.upload(p.office, "zbiory.csv", "date,site,weight,"+column+"\n"+p.day(-9)+",north,3,a.jpg\n", nil)
		if errors := got.list("errors"); got.text("state") != "rejected" || len(errors) != 1 || got.text("errors.0.code") != "unknown_column" || !strings.Contains(got.text("errors.0.message"), "document") && !strings.Contains(got.text("errors.0.message"), "dokument") {
			t.Errorf("%s: %s", column, got)
		}
	}
	p.office.get(p.at + "/uploads/template.csv?kind=planting").isInvalid("kind not_allowed")
	got := p.upload(p.office, "drzewa.csv", "date,trees\n"+p.day(-9)+",3\n", nil)
	if got.text("state") != "rejected" || got.text("errors.0.code") != "not_allowed" || got.text("errors.0.column") != "proof" {
		t.Errorf("a table of a kind that needs a photo: %s", got)
	}
	p.office.post(p.at+"/records/planting", fields{"date": p.day(-9), "trees": 3}).isInvalid("proof missing")
	p.office.post(p.at+"/records/planting", fields{"date": p.day(-9), "trees": 3, "proof": "refused"}).is(http.StatusCreated)
}

// What a definition says wrong of files has a sentence and its place.
func TestContractFilesInDefinitions(t *testing.T) {
	t.Parallel()
	p := newProjectWithFiles(t)
	for name, c := range map[string][2]string{
		"an attribute":     {"indicators:\n", "people: {attributes: {portrait: {type: file}}}\nindicators:\n"},
		"a key":            {"indicators:\n", "records: {walk: {label: Walk, key: [photo], fields: {photo: {type: file}}}}\nindicators:\n"},
		"options":          {"indicators:\n", "records: {walk: {label: Walk, fields: {photo: {type: file, options: [a]}}}}\nindicators:\n"},
		"open":             {"indicators:\n", "records: {walk: {label: Walk, fields: {photo: {type: file, open: yes}}}}\nindicators:\n"},
		"a maximum":        {"indicators:\n", "records: {walk: {label: Walk, fields: {photo: {type: file, max: 3}}}}\nindicators:\n"},
		"a rule":           {"indicators:\n", "records: {walk: {label: Walk, fields: {photo: {type: file}}}}\nindicators:\n  - {code: \"40\", unit: x, target: 1, count: records, of: walk, where: 'photo == \"a.jpg\"', label: x}\n"},
		"a breakdown":      {"indicators:\n", "records: {walk: {label: Walk, fields: {photo: {type: file}}}}\nindicators:\n  - {code: \"40\", unit: x, target: 1, count: records, of: walk, by: [photo], label: x}\n"},
		"different values": {"indicators:\n", "records: {walk: {label: Walk, fields: {photo: {type: file}}}}\nindicators:\n  - {code: \"40\", unit: x, target: 1, count: distinct, field: photo, of: walk, label: x}\n"},
	} {
		got := p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(p.definition(c[0], c[1]))).is(http.StatusUnprocessableEntity)
		if found := got.list("errors"); len(found) != 1 || got.text("errors.0.line") == "0" || got.text("errors.0.column") == "0" || !strings.Contains(got.text("errors.0.field")+got.text("errors.0.message"), "photo") && name != "an attribute" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// The sheet of an activity changes the fields that it shows, and no other.
func TestContractSheetKeepsWhatItDoesNotShow(t *testing.T) {
	t.Parallel()
	p := newProject(t, "indicators:\n", "records: {attendance: {fields: {list: {type: file, label: List}, remark: {type: text, label: Remark}, place: {type: choice, options: [home, hall]}}}}\nindicators:\n")
	p.office.post(p.at+"/signups", signup("ewa", "planting")).is(http.StatusCreated)
	list := p.attach(p.office, "lista.jpg", filesByType[jpeg])
	made := p.office.post(p.at+"/attendance", p.attendance("ewa").and(fields{"list": list, "remark": "sama", "place": "hall"})).is(http.StatusCreated)
	p.office.post(p.at+"/activities/planting/attendance", fields{"date": p.day(-10), "rows": []fields{{"person": of("ewa"), "outcome": "attended", "hours": 2}}}).is(http.StatusOK).has(map[string]string{"changed": "1"})
	p.office.get(p.at + "/attendance/" + made.text("id")).is(http.StatusOK).has(map[string]string{"hours": "2", "list": list, "remark": "sama", "place": "hall"})
}

// The night removes the files of records when the originals are kept no longer, also of records about nobody.
func TestContractFilesGoWithTheOriginals(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	over := func(id, retention string) (p *project, attached, waiting string) {
		p = newProjectAt(t, s, id, "indicators:\n", fileWords)
		attached, waiting = p.attach(p.office, "zdjęcie.jpg", filesByType[jpeg]), p.attach(p.office, "czeka.jpg", filesByType[jpeg])
		p.office.post(p.at+"/records/harvest", fields{"date": p.day(-30), "site": "north", "weight": 5, "photo": attached}).is(http.StatusCreated)
		p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition("indicators:\n", fileWords,
			"to: "+p.day(300), "to: "+p.day(-500), "from: "+p.day(-60), "from: "+p.day(-900), "reports:", retention+"\nreports:"))).is(http.StatusOK)
		return p, attached, waiting
	}
	due, attached, waiting := over("due", "retention: {originals: 12}")
	kept, staying, _ := over("kept", "retention: {originals: 24}")
	for range 2 {
		due.anyone.post("/local/run", fields{"function": "compile-snapshot"}).is(http.StatusOK)
	}
	due.office.get(due.at + "/attachments/" + attached).is(http.StatusGone)
	kept.opened(kept.office, staying)
	for name := range onDisk(t, s.data) {
		if strings.Contains(name, attached) {
			t.Errorf("%s is left", name)
		}
	}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(onDisk(t, s.data))), func(name string) bool { return strings.Contains(name, waiting) }) {
		t.Error("a file that a record may still name is gone")
	}
}

// A browser sends a photo of any size to a place of its own, and the form with its id.
func TestPhotoInABrowser(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	visitEach(t, s, map[string]func(*testing.T, *visitor){
		"with JavaScript":    func(t *testing.T, v *visitor) { sendsPhoto(t, v, 6<<20) },
		"without JavaScript": func(t *testing.T, v *visitor) { sendsPhoto(t, v.withoutScript(), 1<<20) },
	})
}

func sendsPhoto(t *testing.T, v *visitor, size int) {
	p := v.in("indicators:\n", fileWords)
	v.signIn(p.id+":coordinator", p.at+"/records/visit?lang=en")
	photo := v.lay("Wizyta u Ewy.jpg", filesByType[jpeg]+strings.Repeat("x", size))
	choose := func() {
		v.do("choosing a photo", chromedp.SetUploadFiles(chromedp.CSS("#f-photo"), []string{photo}))
	}
	choose()
	v.pressFor(http.StatusUnprocessableEntity, "Save").sees("Give an e-mail address or a PESEL", "Keep the file", "Wizyta u Ewy.jpg")
	v.fill("email", "ewa@example.org").press("Save").sees("Wizyta u Ewy.jpg")
	if found := p.office.get(p.at + "/records/visit").is(http.StatusOK); len(found.list("items")) != 1 || found.text("items.0.photo") == "" {
		t.Errorf("the records: %s", found)
	} else if got := p.opened(p.office, found.text("items.0.photo")); len(got.body) < size {
		t.Errorf("the photo has %d bytes", len(got.body))
	}
	v.follow("Edit").sees("Keep the file", "Wizyta u Ewy.jpg")
	v.click("[type=checkbox][name=photo]").press("Save changes").seesNot("Wizyta u Ewy.jpg")
}
