package main_test

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// archiveOf downloads the archive of a project, wherever it lies.
func (p *project) archiveOf() []byte {
	p.t.Helper()
	got := p.office.get(p.at + "/archive.zip")
	if got.status == http.StatusSeeOther {
		got = p.anyone.send("GET", got.header.Get("Location"), "", nil)
	}
	got.is(http.StatusOK)
	return got.body
}

// taken is the answer to an archive, which is put at a place where it is too large for a request.
func (p *project) taken(archive []byte) reply {
	p.t.Helper()
	if len(archive) <= 4<<20 {
		return p.admin.send("POST", "/archive", "application/zip", archive)
	}
	place := p.admin.post("/archive", fields{"filename": "archive.zip", "size": len(archive)}).is(http.StatusCreated)
	p.deliver(place, string(archive))
	return p.admin.post("/archive", fields{"id": place.text("id")})
}

// moved takes the project in at another tracker, with a folder and a secret of its own.
func (p *project) moved(archive []byte) *project {
	p.t.Helper()
	other := *p
	other.tracker = start(p.t, filepath.Join(p.t.TempDir(), "other"), "localhost:0", "-empty")
	other.meet(p.t)
	other.taken(archive).is(http.StatusCreated).has(map[string]string{"project": p.id})
	return &other
}

// entries are the entries of an archive by name.
func entries(t *testing.T, archive []byte) map[string]string {
	t.Helper()
	all, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range all.File {
		body, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(body)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		out[f.Name] = string(content)
	}
	return out
}

func TestContractArchiveMovesTheModelProject(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("with -short: plays the whole model project")
	}
	p := &project{t: t, tracker: start(t, filepath.Join(t.TempDir(), "data"), "localhost:0"), id: "ces", at: "/ces"}
	p.meet(t)
	before := p.office.get(p.at + "/snapshots/latest").is(http.StatusOK)
	const published = "sha256:a6b49de57ae68c55cd50dbda6bceabdbf016641aaf85ca104811fa1d70b20b39"
	if before.text("hash") != published {
		t.Fatalf("the hash is %s", before.text("hash"))
	}
	archive := p.archiveOf()
	other := p.moved(archive)
	after := other.office.get(p.at + "/snapshots/latest").is(http.StatusOK)
	for _, name := range []string{"id", "hash", "seal", "evidence.root", "state", "known_at"} {
		if after.text(name) != before.text(name) {
			t.Errorf("%s was %s and is %s", name, before.text(name), after.text(name))
		}
	}
	again := other.office.post(p.at+"/snapshots", fields{"as_of": before.text("as_of")})
	if again.text("hash") != published {
		t.Errorf("compiled anew: %s", again)
	}
	v := other.office.post(p.at+"/snapshots/"+before.text("id")+"/verification", fields{}).is(http.StatusOK)
	if v.text("same") != "true" || v.text("computed") != published {
		t.Errorf("verified: %s", v)
	}
	if n := len(other.anyone.get("/local/mail").is(http.StatusOK).list("items")); n != 0 {
		t.Errorf("%d letters were sent", n)
	}
	files := entries(t, archive)
	for _, name := range []string{"README.md", "people.csv", "signups.csv", "records/media.csv", "records/attendance.csv", "definition/1.yaml", "erasures.csv"} {
		if files[name] == "" {
			t.Errorf("no %s", name)
		}
	}
}

// archiveWords are a project's own attributes, kinds and indicators, with private texts in the natural key and files.
const archiveWords = `people:
  keys: [email, pesel, phone, number, name]
  attributes:
    situation: {type: choices, options: [homeless, minority], label: Situation, sensitive: true, refusable: true}
    hobby: {type: text, label: Hobby}
records:
  exit: {label: Exit, person: yes, by: [coordinator, adviser], fields: {reason: {type: choice, options: [work, moved]}, story: {type: text}}}
  visit: {label: Visit, person: yes, by: [coordinator], key: [place], fields: {place: {type: text}, photo: {type: file, label: Photo}}}
  harvest: {label: Harvest, key: [site], by: [partner], fields: {site: {type: choice, options: [north, south]}, weight: {type: number, decimals: 2}, note: {type: text}}}
indicators:
  - {code: "30", unit: person, target: 3, count: people, who: 'any(exit, .reason == "work")', label: Found work}
  - {code: "31", unit: kg, target: 300, count: sum, field: weight, of: harvest, by: [site], label: Harvest}
  - {code: "32", unit: record, target: 3, count: records, of: visit, where: 'photo != ""', label: Visits}
  - {code: "33", label: Mood, count: said, scale: [poor, good]}
  - {code: "34", unit: percent, count: share, of: attendance, where: 'outcome == "completed"', among: {of: attendance}, target: 50, label: Share}
`

// newArchived is a project with something of everything, and the addresses that must answer alike in both trackers.
func newArchived(t *testing.T) (p *project, people map[string]string, alike []string) {
	t.Helper()
	p = newProjectAt(t, start(t, filepath.Join(t.TempDir(), "data"), "localhost:0", "-empty"), "moving", "indicators:\n", archiveWords)
	people = map[string]string{}
	for i, name := range []string{"ewa", "jan", "ola", "ula", "iza", "ada"} {
		body := signup(name, "planting").and(fields{"sex": "female", "birth_year": 1980 + i, "hobby": "=SUM(1)\r\n" + name, "situation": []string{"homeless"}, "phone": "+4860000000" + said(i)})
		p.office.post(p.at+"/signups", body).is(http.StatusCreated)
		people[name] = p.office.get(p.at + "/people?q=" + name + "@example.org").is(http.StatusOK).text("items.0.id")
	}
	for _, name := range []string{"ewa", "jan", "ola", "ula"} { // three places
		p.anyone.post(p.at+"/signups", signup(name, "compost")).is(http.StatusCreated)
	}
	p.anyone.post(p.at+"/signups", signup("ewa", "planting").and(fields{"first_name": "Zofia"})).is(http.StatusCreated) // held
	p.office.post(p.at+"/signups", signup("iga", "planting").and(fields{"email": "jan@example.org"})).is(http.StatusCreated)
	photo := p.attach(p.office, "=wizyta.JPG", filesByType[jpeg])
	p.office.post(p.at+"/records/visit", fields{"person": of("ewa"), "date": p.day(-5), "place": "Ogród  \r\nprzy szkole", "photo": photo}).is(http.StatusCreated)
	p.office.post(p.at+"/records/exit", fields{"person": of("jan"), "date": p.day(-4), "reason": "work", "story": "znalazł pracę"}).is(http.StatusCreated)
	first := p.office.post(p.at+"/consultations", p.consultation("ewa").and(fields{"notes": "poufne", "adviser": "adviser@example.org"})).is(http.StatusCreated)
	p.office.put(p.at+"/consultations/"+first.text("id"), p.consultation("ewa").and(fields{"topic": "najem", "minutes": 50, "adviser": "adviser@example.org"})).is(http.StatusOK)
	voided := p.adviser.post(p.at+"/consultations", p.consultation("ola")).is(http.StatusCreated)
	p.office.delete(p.at + "/consultations/" + voided.text("id")).is(http.StatusOK)
	p.adviser.post(p.at+"/consultations", p.consultation("ula")).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("ada")).is(http.StatusCreated)
	p.office.put(p.at+"/indicators/33/said", fields{"as_of": p.day(-1), "value": "good", "note": "wszyscy mówią"}).is(http.StatusOK)
	day := p.day(-10)
	p.accepts(p.office, "obecni.csv", "email,activity,date,hours,outcome\newa@example.org,planting,"+day+",4,completed\njan@example.org,planting,"+day+",4,completed\nnowa@example.org,planting,"+day+",2,withdrew\n")
	p.accepts(p.office, "porady.csv", "email,date,field,minutes,form,adviser,topic\newa@example.org,"+day+",law,30,phone,adviser@example.org,spadek\niza@example.org,"+day+",law,30,phone,adviser@example.org,najem\n")
	withdrawn := p.accepts(p.office, "testy.csv", "email,activity,date,pre_score,post_score,max_score\newa@example.org,planting,"+day+",1,9,10\n")
	p.office.delete(p.at + "/uploads/" + withdrawn.text("id")).is(http.StatusOK)
	p.accepts(p.radio, "emisje.csv", "date,medium,title,outlet,reach,url,note\n"+day+",radio,Sadzimy,Radio Podwórko,2000,https://example.org/a,rano\n"+day+",radio,-Kompost,Radio Podwórko,1500,,\n")
	p.accepts(p.radio, "zbiory.csv", "date,site,weight,note\n"+day+",north,12.25,deszcz\n"+day+",south,3.5,\n")
	if rejected := p.upload(p.office, "zle.csv", "email,activity,date,outcome\newa@example.org,planting,wczoraj,completed\n", nil); rejected.text("state") != "rejected" {
		t.Fatal(rejected)
	}
	p.office.put(p.at+"/people/"+people["ola"]+"/attributes", fields{"sex": "other", "hobby": "szachy", "reason": "pomyłka"}).is(http.StatusOK)
	early := p.compile()
	p.approve(early)
	p.office.post(p.at+"/snapshots/"+early.text("id")+"/approval", fields{"decision": "reject", "note": "=za wcześnie"}).is(http.StatusOK)
	p.approve(early)
	p.office.post(p.at+"/people/"+people["ada"]+"/merge", fields{"into": people["ula"]}).is(http.StatusOK)
	p.office.delete(p.at + "/people/" + people["iza"]).is(http.StatusOK)
	p.office.post(p.at+"/attendance", p.attendance("jan").and(fields{"date": p.day(-2), "hours": 3.25})).is(http.StatusCreated)
	p.office.put(p.at+"/definition", "x").is(http.StatusUnprocessableEntity)
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition("indicators:\n", archiveWords, "target_group: 20", "target_group: 21"))).is(http.StatusOK)
	latest := p.compile()
	p.approve(latest)
	alike = []string{"", "/people", "/people/" + people["ewa"] + ".json", "/people/" + people["ola"] + ".json", "/people/" + people["ada"], "/people/duplicates", "/uploads", "/consultations", "/records/visit", "/records/exit", "/snapshots", "/definition", "/definition/versions", "/indicators/33/said", "/signups.csv", "/attachments/" + photo}
	for _, activity := range []string{"planting", "compost"} {
		alike = append(alike, "/signups?activity="+activity, "/activities/"+activity)
	}
	for _, snap := range []reply{early, latest} {
		at := "/snapshots/" + snap.text("id")
		alike = append(alike, at, at+".csv", at+"/participants/evidence", at+"/participants/evidence.csv")
		for _, in := range snap.list("indicators") {
			alike = append(alike, at+"/indicators/"+said(within(in, "code"))+"/evidence?limit=200")
		}
	}
	monitoring := strings.Replace(monitoring, "by: [press] ", "by: [] ", 1)
	p.source(p.office, "monitoring", monitoring).is(http.StatusCreated)
	p.source(p.office, "monitoring", strings.Replace(monitoring, "AVE]", "AVE, Colour]", 1)).is(http.StatusOK)
	p.source(p.office, "gone", strings.Replace(monitoring, "id: monitoring", "id: gone", 1)).is(http.StatusCreated)
	p.office.delete(p.at + "/sources/gone").is(http.StatusOK)
	alike = append(alike, "/sources", "/sources/monitoring", "/sources/gone", "/sources/monitoring/versions", "/sources/gone/versions")
	p.toHook("form", p.hook("form", ownForm), form("Nowa", "Nothing")).is(http.StatusUnprocessableEntity)
	alike = append(alike, "/deliveries", "/deliveries/"+p.office.get(p.at+"/deliveries").text("items.0.id"))
	for _, u := range p.everything(p.at + "/uploads") {
		alike = append(alike, "/uploads/"+said(within(u, "id")), "/uploads/"+said(within(u, "id"))+"/original")
	}
	return p, people, alike
}

var requestID = regexp.MustCompile(`"request_id":"[^"]+"`)

// answers are what a coordinator is answered at addresses of a project.
func (p *project) answers(paths []string) map[string]string {
	p.t.Helper()
	out := map[string]string{}
	for _, path := range paths {
		got := p.office.get(p.tracker.base + p.at + path)
		if at := got.header.Get("Location"); got.status == http.StatusSeeOther && strings.Contains(at, "://") {
			got = p.anyone.send("GET", at, "", nil)
		}
		out[path] = said(got.status) + " " + requestID.ReplaceAllString(string(got.body), "")
	}
	return out
}

func TestContractArchiveMovesEverything(t *testing.T) {
	t.Parallel()
	p, people, alike := newArchived(t)
	archive := p.archiveOf()
	other := p.moved(archive)
	before, after := p.answers(alike), other.answers(alike)
	for _, path := range alike {
		if before[path] != after[path] {
			t.Errorf("%s was\n%.1500s\nand is\n%.1500s", path, before[path], after[path])
		}
	}
	for _, snap := range other.everything(p.at + "/snapshots") {
		v := other.office.post(p.at+"/snapshots/"+said(within(snap, "id"))+"/verification", fields{}).is(http.StatusOK)
		was := p.office.post(p.at+"/snapshots/"+said(within(snap, "id"))+"/verification", fields{}).is(http.StatusOK)
		for _, name := range []string{"hash", "computed", "seal", "same", "differs", "erasures"} {
			if v.text(name) != was.text(name) {
				t.Errorf("verified:\n%s\nand before\n%s", v, was)
			}
		}
	}
	if hash := other.compile().text("hash"); hash != p.compile().text("hash") {
		t.Error("compiled anew the hash is another")
	}
	other.anyone.post("/local/run", fields{"function": "compile-snapshot"}).is(http.StatusOK)
	if got := other.anyone.get("/local/mail").is(http.StatusOK).list("items"); len(got) != 0 {
		t.Errorf("%d letters were sent, the first is %v", len(got), got[0])
	}
	if n := len(other.anyone.get("/local/dead-letters").is(http.StatusOK).list("items")); n != 0 {
		t.Errorf("%d dead letters", n)
	}

	// An archive of the other tracker has the same tables, files and snapshots.
	files, again := entries(t, archive), entries(t, other.archiveOf())
	for name, content := range files {
		folder, _, _ := strings.Cut(name, "/")
		if folder == "data" || name == "README.md" || name == "manifest.json" {
			continue
		}
		if again[name] != content && name != "snapshots.csv" { // the other has a snapshot more
			t.Errorf("%s was\n%.800s\nand is\n%.800s", name, content, again[name])
		}
	}
	if !strings.Contains(files["signups.csv"], "\"=SUM(1)\r\newa\"") || !strings.Contains(files["README.md"], "written as they are") {
		t.Errorf("texts are not written as they are, or the README does not say so: %s", files["signups.csv"])
	}
	if !strings.Contains(files["records/visit.csv"], "Ogród") || !strings.Contains(files["records/harvest.csv"], "deszcz") || strings.Contains(files["people.csv"], "iza@") {
		t.Errorf("tables:\n%s\n%s\n%s", files["records/visit.csv"], files["records/harvest.csv"], files["people.csv"])
	}
	for _, tracker := range []*project{p, other} {
		secret, err := os.ReadFile(filepath.Join(tracker.tracker.data, "secret"))
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range files {
			if strings.Contains(content, strings.TrimSpace(string(secret))) {
				t.Errorf("%s has the secret", name)
			}
		}
	}

	// The project goes on where it was.
	known := signup("ewa", "planting")
	if got, want := other.office.post(p.at+"/signups", known).is(http.StatusCreated), p.office.post(p.at+"/signups", known).is(http.StatusCreated); got.text("id") != want.text("id") {
		t.Errorf("a known person is signed up as %s, before as %s", got, want)
	}
	for _, body := range []fields{signup("ewa", "planting").and(fields{"first_name": "Zofia"})} {
		other.anyone.post(p.at+"/signups", body).is(http.StatusCreated)
	}
	if got := len(other.everything(p.at + "/signups?activity=planting")); got != len(p.everything(p.at+"/signups?activity=planting")) {
		t.Errorf("the form of somebody else under one's address is another one: %d sign-ups", got)
	}
	first := p.everything(p.at + "/consultations")[0]
	taken := p.consultation("ula").and(fields{"adviser": "adviser@example.org"})
	if got, want := other.office.post(p.at+"/consultations", taken).is(http.StatusConflict), p.office.post(p.at+"/consultations", taken).is(http.StatusConflict); got.text("existing") != want.text("existing") || first == nil {
		t.Errorf("the same record is %s, before %s", got, want)
	}
	visit := fields{"person": of("ewa"), "date": p.day(-5), "place": "ogród przy szkole"}
	if got, want := other.office.post(p.at+"/records/visit", visit), p.office.post(p.at+"/records/visit", visit); got.status != want.status || got.status == http.StatusConflict && got.text("existing") != want.text("existing") {
		t.Errorf("the same visit is %s, before %s", got, want)
	}
	day := p.day(-10)
	for name, c := range map[string]struct {
		by                func(*project) caller
		content, sameAs   string
		unchanged, others string
	}{
		"emisje.csv":   {func(p *project) caller { return p.radio }, "date,medium,title,outlet,reach,url,note\n" + day + ",radio,Sadzimy,Radio Podwórko,2000,https://example.org/a,rano\n" + day + ",radio,-Kompost,Radio Podwórko,1500,,\n", "", "2", "0"},
		"emisje2.csv":  {func(p *project) caller { return p.radio }, "date,medium,title,outlet,reach,url,note\n" + day + ",radio,sadzimy,Radio Podwórko,2000,https://example.org/a,rano\n" + day + ",radio,-Kompost,Radio Podwórko,1500,,\n" + day + ",radio,Trzecia,Radio Podwórko,10,,\n", "", "2", "1"},
		"obecni2.csv":  {func(p *project) caller { return p.office }, "email,activity,date,hours,outcome\nEwa@example.org,planting," + day + ",4,completed\njan@example.org,planting," + day + ",4,completed\nula@example.org,planting," + day + ",2,withdrew\n", "", "2", "1"},
		"zbiory2.csv":  {func(p *project) caller { return p.radio }, "date,site,weight,note\n" + day + ",north,12.25,deszcz\n" + day + ",south,3.50,\n", "", "2", "0"},
		"porady-2.csv": {func(p *project) caller { return p.office }, "email,date,field,minutes,form,adviser,topic\newa@example.org," + day + ",law,30,phone,adviser@example.org,Spadek\n", "", "1", "0"},
	} {
		got, want := other.accepts(c.by(other), name, c.content), p.accepts(c.by(p), name, c.content)
		if got.text("unchanged") != c.unchanged || got.text("new") != c.others {
			t.Errorf("%s: %s", name, got)
		}
		if got.text("same_as") != want.text("same_as") || got.text("changed") != want.text("changed") {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
	waiting := func(p *project) (accepted, waitlisted []string) {
		for _, su := range p.everything(p.at + "/signups?activity=compost") {
			switch within(su, "state") {
			case "accepted":
				accepted = append(accepted, said(within(su, "id")))
			case "waitlisted":
				waitlisted = append(waitlisted, said(within(su, "id")))
			}
		}
		return accepted, waitlisted
	}
	accepted, waitlisted := waiting(other)
	if len(accepted) != 3 || len(waitlisted) != 1 {
		t.Fatalf("%v accepted, %v waiting", accepted, waitlisted)
	}
	other.office.put(p.at+"/signups/"+accepted[0], fields{"state": "cancelled"}).is(http.StatusOK)
	if now, _ := waiting(other); !slices.Contains(now, waitlisted[0]) {
		t.Error("nobody is promoted")
	}
	if n := len(other.office.get(p.at + "/people?q=iza@example.org").is(http.StatusOK).list("items")); n != 0 {
		t.Error("who was erased is there")
	}
	if got, want := other.compile().text("participants.total"), p.compile().text("participants.total"); got != want {
		t.Errorf("%s participants, before %s", got, want)
	}

	// A project that exists is not taken in, and only an administrator takes one in.
	for _, tracker := range []*project{p, other} {
		tracker.taken(archive).is(http.StatusConflict)
	}
	other.anyone.send("POST", "/archive", "application/zip", archive).is(http.StatusUnauthorized)
	other.office.send("POST", "/archive", "application/zip", archive).is(http.StatusForbidden)
	for _, c := range []caller{other.adviser, other.funder, other.radio, other.admin} {
		c.get(p.at + "/archive.zip").is(http.StatusForbidden)
	}
	other.anyone.get(p.at + "/archive.zip").is(http.StatusUnauthorized)
	if people["iza"] == "" {
		t.Fatal("nobody was erased")
	}
}

// packed is an archive of entries, in the order of their names, with more that change adds.
func packed(t *testing.T, files map[string]string, change func(*zip.Writer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		entry, err := w.Create(name)
		if err == nil {
			_, err = entry.Write([]byte(files[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if change != nil {
		if err := change(w); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestContractBadArchivesAreRefused(t *testing.T) {
	t.Parallel()
	p := newProjectAt(t, start(t, filepath.Join(t.TempDir(), "data"), "localhost:0", "-empty"), "moving")
	p.office.post(p.at+"/signups", signup("ewa", "planting")).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("ewa")).is(http.StatusCreated)
	p.accepts(p.office, "obecni.csv", "email,activity,date,outcome\njan@example.org,planting,"+p.day(-3)+",completed\n")
	snap := p.compile()
	good := p.archiveOf()
	files := entries(t, good)
	other := *p
	other.tracker = start(t, filepath.Join(t.TempDir(), "other"), "localhost:0", "-empty")
	other.meet(t)
	of := "snapshots/" + snap.text("id") + "/snapshot.json"
	part := ""
	for name := range files {
		if strings.HasPrefix(name, "snapshots/evidence/") && strings.HasSuffix(name, ".json") {
			part = name
		}
	}
	with := func(name, content string) []byte {
		changed := maps.Clone(files)
		if changed[name] = content; content == "" {
			delete(changed, name)
		}
		return packed(t, changed, nil)
	}
	more := func(name string) []byte {
		return packed(t, files, func(w *zip.Writer) error {
			_, err := w.Create(name)
			return err
		})
	}
	lines := strings.SplitAfter(files["data/facts.jsonl"], "\n")
	flipped := slices.Clone(good)
	flipped[bytes.Index(good, []byte("data/facts.jsonl"))+60] ^= 0xff
	for _, c := range []struct {
		name    string
		archive []byte
		want    string
	}{
		{"nothing", nil, "archive not_zip 0"},
		{"a text", []byte("id: moving"), "archive not_zip 0"},
		{"the first half", good[:len(good)/2], "archive not_zip 0"},
		{"another ZIP", []byte(packedFile("a.txt", "a")), "archive no_manifest 0"},
		{"another manifest", with("manifest.json", `[]`), "manifest.json no_manifest 0"},
		{"a later format", with("manifest.json", `{"format": 2, "project": "moving"}`), "manifest.json format 0"},
		{"an address of the tracker", with("manifest.json", `{"format": 1, "project": "archive"}`), "manifest.json project 0"},
		{"no id", with("manifest.json", `{"format": 1, "project": "../moving"}`), "manifest.json project 0"},
		{"another project", with("manifest.json", `{"format": 1, "project": "other"}`), "data/definitions.jsonl line 1"},
		{"a path upwards", more("../evil"), "../evil path 0"},
		{"a path that goes upwards later", more("originals/../../evil"), "originals/../../evil path 0"},
		{"an absolute path", more("/etc/evil"), "/etc/evil path 0"},
		{"a path of Windows", more(`originals\\evil`), `originals\\evil path 0`},
		{"a drive", more("C:evil"), "C:evil path 0"},
		{"an entry twice", more("data/facts.jsonl"), "data/facts.jsonl twice 0"},
		{"another entry", more("data/others.csv"), "data/others.csv unknown 0"},
		{"a link", packed(t, files, func(w *zip.Writer) error {
			link := &zip.FileHeader{Name: "originals/01ARZ3NDEKTSV4RRFFQ69G5FAV"}
			link.SetMode(0o777 | os.ModeSymlink)
			entry, err := w.CreateHeader(link)
			if err == nil {
				_, err = entry.Write([]byte("/etc/passwd"))
			}
			return err
		}), "originals/01ARZ3NDEKTSV4RRFFQ69G5FAV path 0"},
		{"a bomb", packed(t, files, func(w *zip.Writer) error {
			entry, err := w.Create("originals/01ARZ3NDEKTSV4RRFFQ69G5FAV")
			zeros := make([]byte, 1<<20)
			for range 64 {
				if err == nil {
					_, err = entry.Write(zeros)
				}
			}
			return err
		}), "originals/01ARZ3NDEKTSV4RRFFQ69G5FAV ratio 0"},
		{"an entry is missing", with("data/people.jsonl", ""), "data/people.jsonl missing 0"},
		{"the definition is missing", with("definition/1.yaml", ""), "definition/1.yaml missing 0"},
		{"another definition", with("definition/1.yaml", files["definition/1.yaml"]+"\n"), "definition/1.yaml hash 0"},
		{"no definition at all", with("data/definitions.jsonl", "\n"), "data/definitions.jsonl empty 0"},
		{"a line that is none", with("data/people.jsonl", files["data/people.jsonl"]+"{\n"), "data/people.jsonl line 3"},
		{"a person with another id", with("data/people.jsonl", `{"person": {"id": "ewa#1"}}`), "data/people.jsonl line 1"},
		{"a fact is there twice", with("data/facts.jsonl", lines[0]+strings.Join(lines, "")), "data/facts.jsonl line 2"},
		{"the first fact is missing", with("data/facts.jsonl", strings.Join(lines[1:], "")), "data/facts.jsonl "},
		{"the last fact is missing", with("data/facts.jsonl", strings.Join(lines[:len(lines)-2], "")), "data/facts.jsonl facts 0"},
		{"rows without their file", with("data/uploads.jsonl", "\n"), "data/rows.jsonl line 1"},
		{"other figures", with(of, strings.Replace(files[of], `"achieved":`, `"achieved":1`, 1)), of + " hash 0"},
		{"no figures", with(of, ""), of + " missing 0"},
		{"other evidence", with(part, files[part]+" "), part + " hash 0"},
		{"a flipped bit", flipped, "data/facts.jsonl damaged 0"},
	} {
		got := other.admin.send("POST", "/archive", "application/zip", c.archive).is(http.StatusUnprocessableEntity)
		if found := got.text("errors.0.field") + " " + got.text("errors.0.code") + " " + got.text("errors.0.line"); !strings.HasPrefix(found, c.want) || got.text("errors.0.message") == "" {
			t.Errorf("%s: want %s, got %s", c.name, c.want, got)
		}
		other.office.get(p.at).is(http.StatusNotFound)
	}
	other.admin.send("POST", "/archive", "application/zip", make([]byte, 4<<20+1)).is(http.StatusRequestEntityTooLarge)
	other.admin.send("POST", "/archive", "text/plain", good).is(http.StatusUnsupportedMediaType)
	other.admin.post("/archive", fields{}).isInvalid("size missing")
	other.admin.post("/archive", fields{"size": 0}).isInvalid("size out_of_range")
	other.admin.post("/archive", fields{"size": 3 << 30}).isInvalid("size out_of_range")
	other.admin.post("/archive", fields{"id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}).isInvalid("id missing")
	other.admin.post("/archive", fields{"id": "../../tracker.db"}).isInvalid("id missing")

	// The good one is taken in at a place as well, and the answer to a key is the same again.
	place := other.admin.post("/archive", fields{"filename": "archive.zip", "size": len(good)}).is(http.StatusCreated)
	once := other.admin.with("Idempotency-Key", "once")
	once.post("/archive", fields{"id": place.text("id")}).isInvalid("id missing")
	other.deliver(place, string(good))
	made := once.post("/archive", fields{"id": place.text("id")}).is(http.StatusCreated).has(map[string]string{"project": "moving", "people": "2", "signups": "1", "records": "1", "rows": "1", "latest.hash": snap.text("hash")})
	if again := once.post("/archive", fields{"id": place.text("id")}); again.status != http.StatusCreated || string(again.body) != string(made.body) {
		t.Errorf("asked again: %s", again)
	}
	if got := other.compile(); got.text("hash") != snap.text("hash") {
		t.Errorf("the hash is another: %s", got)
	}
}

// Who was erased after an archive was made does not come back with it, if the ledger of a later one is put in.
func TestContractArchiveAppliesTheLedger(t *testing.T) {
	t.Parallel()
	p := newProjectAt(t, start(t, filepath.Join(t.TempDir(), "data"), "localhost:0", "-empty"), "moving", "indicators:\n", archiveWords)
	for _, name := range []string{"ewa", "jan"} {
		p.office.post(p.at+"/signups", signup(name, "planting").and(fields{"sex": "female", "hobby": "szachy " + name})).is(http.StatusCreated)
		p.office.post(p.at+"/records/exit", fields{"person": of(name), "date": p.day(-4), "reason": "work", "story": "historia " + name}).is(http.StatusCreated)
		p.office.post(p.at+"/consultations", p.consultation(name)).is(http.StatusCreated)
	}
	p.accepts(p.office, "obecni.csv", "email,activity,date,outcome\newa@example.org,planting,"+p.day(-3)+",completed\n")
	p.accepts(p.office, "obecni2.csv", "email,activity,date,outcome\njan@example.org,planting,"+p.day(-3)+",completed\n")
	p.compile()
	older := entries(t, p.archiveOf())
	ewa := p.office.get(p.at + "/people?q=ewa@example.org").is(http.StatusOK).text("items.0.id")
	p.office.delete(p.at + "/people/" + ewa).is(http.StatusOK)
	newer := entries(t, p.archiveOf())
	for name, content := range newer {
		if strings.Contains(content, "ewa@example.org") || strings.Contains(content, "historia ewa") || strings.Contains(content, "szachy ewa") {
			t.Errorf("%s has somebody who was erased", name)
		}
	}
	older["data/erasures.jsonl"] = newer["data/erasures.jsonl"]
	other := *p
	other.tracker = start(t, filepath.Join(t.TempDir(), "other"), "localhost:0", "-empty")
	other.meet(t)
	other.taken(packed(t, older, nil)).is(http.StatusCreated).has(map[string]string{"erased": "1", "people": "2"})
	if n := len(other.office.get(p.at + "/people?q=ewa@example.org").is(http.StatusOK).list("items")); n != 0 {
		t.Error("who was erased is found")
	}
	other.office.get(p.at + "/people/" + ewa).is(http.StatusNotFound)
	for name, content := range entries(t, other.archiveOf()) {
		if strings.Contains(content, "ewa@example.org") || strings.Contains(content, "historia ewa") || strings.Contains(content, "szachy ewa") || strings.Contains(content, "Ewa") {
			t.Errorf("%s has somebody who was erased", name)
		}
	}
	if got, want := other.compile().text("hash"), p.compile().text("hash"); got != want {
		t.Errorf("the hash is %s, at the other %s", got, want)
	}
	jan := other.office.get(p.at + "/people?q=jan@example.org").is(http.StatusOK).text("items.0.id")
	if got := other.office.browser().get(p.at + "/people/" + jan).is(http.StatusOK); !strings.Contains(string(got.body), "historia jan") {
		t.Errorf("the other person lost something: %s", got)
	}
	for _, u := range other.everything(p.at + "/uploads") {
		want := http.StatusGone
		if within(u, "filename") == "obecni2.csv" {
			want = http.StatusSeeOther
		}
		other.office.get(p.at + "/uploads/" + said(within(u, "id")) + "/original").is(want)
	}
}

// Each list page has a CSV of all that its reader may see, in which no text is a formula.
func TestContractListsAsCSV(t *testing.T) {
	t.Parallel()
	p := newProject(t, "indicators:\n", archiveWords)
	p.office.post(p.at+"/signups", signup("ewa", "planting").and(fields{"last_name": "=Wzór", "situation": []string{"homeless"}})).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("ewa").and(fields{"topic": "=SUM(1)", "adviser": "adviser@example.org"})).is(http.StatusCreated)
	p.adviser.post(p.at+"/consultations", p.consultation("jan")).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("ola").and(fields{"adviser": "other@example.org"})).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("ewa")).is(http.StatusCreated)
	p.office.post(p.at+"/tests", p.exam("ewa")).is(http.StatusCreated)
	p.office.post(p.at+"/outputs", p.output("-ulotka")).is(http.StatusCreated)
	p.office.post(p.at+"/records/exit", fields{"person": of("ewa"), "date": p.day(-4), "reason": "work", "story": "@praca"}).is(http.StatusCreated)
	p.radio.post(p.at+"/records/harvest", fields{"date": p.day(-4), "site": "north", "weight": 2.5, "note": "+deszcz"}).is(http.StatusCreated)
	p.office.post(p.at+"/records/harvest", fields{"date": p.day(-4), "site": "south", "weight": 3}).is(http.StatusCreated)
	p.accepts(p.radio, "=emisje.csv", "date,medium,title,outlet,reach\n"+p.day(-4)+",radio,Sadzimy,Radio,2000\n")
	p.accepts(p.office, "obecni.csv", "email,activity,date,outcome\newa@example.org,planting,"+p.day(-3)+",completed\n")
	for _, c := range []struct {
		who             caller
		path            string
		lines           int
		has, hasNothing []string
	}{
		{p.office, "/people.csv", 4, []string{"id,first_name,last_name,emails", "'=Wzór", "ewa@example.org"}, []string{"homeless"}},
		{p.office, "/consultations.csv", 4, []string{"person,first_name", "'=SUM(1)", "adviser@example.org", "other@example.org"}, nil},
		{p.adviser, "/consultations.csv", 3, []string{"jan@example.org"}, []string{"ola@example.org"}},
		{p.office, "/attendance.csv", 2, []string{"planting", ",4,"}, nil},
		{p.office, "/tests.csv", 2, []string{"7.5"}, nil},
		{p.office, "/outputs.csv", 2, []string{"'-ulotka", ",100,"}, []string{"person"}},
		{p.office, "/records/exit.csv", 2, []string{"'@praca", "ewa@example.org"}, nil},
		{p.office, "/records/harvest.csv", 3, []string{"radio", "2.5", "'+deszcz"}, []string{"person"}},
		{p.radio, "/records/harvest.csv", 2, []string{"north"}, []string{"south"}},
		{p.office, "/uploads.csv", 3, []string{"'=emisje.csv", "obecni.csv"}, nil},
		{p.radio, "/uploads.csv", 2, []string{"'=emisje.csv"}, []string{"obecni.csv"}},
	} {
		got := c.who.get(p.at + c.path).is(http.StatusOK)
		text := string(got.body)
		if n := strings.Count(text, "\r\n"); n != c.lines || !strings.HasPrefix(got.header.Get("Content-Type"), "text/csv") {
			t.Errorf("%s: %d lines, want %d: %s", c.path, n, c.lines, got)
		}
		for _, part := range c.has {
			if !strings.Contains(text, part) {
				t.Errorf("%s has no %q:\n%s", c.path, part, text)
			}
		}
		for _, part := range c.hasNothing {
			if strings.Contains(text, part) {
				t.Errorf("%s has %q:\n%s", c.path, part, text)
			}
		}
	}
	p.office.get(p.at + "/records/none.csv").is(http.StatusNotFound)
	p.radio.get(p.at + "/records/exit.csv").is(http.StatusForbidden)
	if page := p.office.browser().get(p.at + "/audit?lang=en").is(http.StatusOK); !strings.Contains(string(page.body), "exported the list of people") {
		t.Error("the trail does not name the export")
	}
	for _, path := range []string{"/people", "/uploads", "/attendance", "/tests", "/outputs", "/consultations", "/records/exit", "/records/harvest"} {
		if page := p.office.browser().get(p.at + path).is(http.StatusOK); !strings.Contains(string(page.body), `href="`+p.at+path+`.csv"`) {
			t.Errorf("the page %s has no link to its CSV", path)
		}
	}
}
