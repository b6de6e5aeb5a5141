package main_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestPeopleSignInAndHoldASession(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	jar := map[string]string{}
	visit := func(method, address string, form fields) reply {
		c := p.anyone.browser()
		var cookies []string
		for name, value := range jar {
			cookies = append(cookies, name+"="+value)
		}
		c = c.with("Cookie", strings.Join(cookies, "; ")).with("Origin", p.anyone.base)
		address = strings.TrimPrefix(address, p.anyone.base)
		var got reply
		if method == "POST" {
			got = c.fill(address, form)
		} else {
			got = c.get(address)
		}
		for _, line := range got.header.Values("Set-Cookie") {
			cookie, err := http.ParseSetCookie(line)
			if err != nil {
				t.Fatal(err)
			}
			if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode && cookie.SameSite != http.SameSiteStrictMode {
				t.Errorf("a cookie that scripts or other sites may use: %s", line)
			}
			if jar[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
				delete(jar, cookie.Name)
			}
		}
		return got
	}
	// follow goes where a browser goes, until there is a page.
	follow := func(got reply) reply {
		for range 10 {
			if got.status != http.StatusSeeOther && got.status != http.StatusFound {
				return got
			}
			got = visit("GET", got.header.Get("Location"), nil)
		}
		t.Fatalf("it leads nowhere: %s", got)
		return got
	}
	choice := follow(visit("GET", p.at+"/signups", nil)).is(http.StatusOK).isPage()
	role := p.id + ":coordinator"
	if !strings.Contains(string(choice.body), role) {
		t.Fatalf("no such role to choose: %s", choice)
	}
	form := fields{}
	for _, hidden := range regexp.MustCompile(`<input[^>]*type="hidden"[^>]*>`).FindAllString(string(choice.body), -1) {
		name := regexp.MustCompile(`name="([^"]*)"`).FindStringSubmatch(hidden)
		value := regexp.MustCompile(`value="([^"]*)"`).FindStringSubmatch(hidden)
		form[name[1]] = strings.ReplaceAll(value[1], "&amp;", "&")
	}
	button := regexp.MustCompile(`name="([^"]*)"[^>]*value="` + regexp.QuoteMeta(role) + `"`).FindStringSubmatch(string(choice.body))
	action := regexp.MustCompile(`<form[^>]*action="([^"]*)"`).FindAllStringSubmatch(string(choice.body), -1)
	if button == nil || action == nil {
		t.Fatalf("no form to choose by: %s", choice)
	}
	form[button[1]] = role
	page := follow(visit("POST", strings.ReplaceAll(action[len(action)-1][1], "&amp;", "&"), form)).is(http.StatusOK).isPage()
	if !strings.Contains(string(page.body), "coordinator@example.org") {
		t.Errorf("it is not said who is signed in: %s", page)
	}
	visit("GET", p.at+"/people", nil).is(http.StatusOK).isPage()
	visit("POST", p.at+"/outputs", fields{"date": p.day(-1), "kind": "leaflet", "quantity": "3", "title": "Z sesji"}).is(http.StatusSeeOther)
	t.Run("which another site's page cannot use", func(t *testing.T) {
		c := p.anyone.in(t).browser().with("Origin", "https://elsewhere.example.org").with("Sec-Fetch-Site", "cross-site").with("Cookie", "session="+jar["session"])
		c.fill(p.at+"/outputs", fields{"date": p.day(-1), "kind": "leaflet", "quantity": "3", "title": "Obca"}).is(http.StatusForbidden)
	})
	t.Run("and which an altered cookie does not give", func(t *testing.T) {
		c := p.anyone.in(t).with("Cookie", "session="+jar["session"][:len(jar["session"])-4]+"AAAA")
		c.get(p.at + "/people").is(http.StatusUnauthorized)
	})
	follow(visit("POST", "/auth/sign-out", fields{}))
	if got := visit("GET", p.at+"/people", nil); got.status != http.StatusSeeOther && got.status != http.StatusUnauthorized {
		t.Errorf("signed out, but %s", got)
	}
	p.counts(map[string]string{"5": "3"})
}

func TestAPageNeedsNoScript(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	t.Run("the sign-up form has its key, and the chosen activity", func(t *testing.T) {
		page := string(p.anyone.in(t).browser().get(p.at + "/signup?activity=compost").is(http.StatusOK).body)
		if !regexp.MustCompile(`value="compost"[^>]*(selected|checked)`).MatchString(page) && !regexp.MustCompile(`(selected|checked)[^>]*value="compost"`).MatchString(page) {
			t.Error("no activity is chosen")
		}
		if !regexp.MustCompile(`name="idempotency_key"[^>]*value="[^"]+"`).MatchString(page) {
			t.Error("no key")
		}
		if strings.Contains(page, `value="over"`) && !regexp.MustCompile(`value="over"[^>]*disabled|disabled[^>]*value="over"`).MatchString(page) {
			t.Error("a closed activity can be chosen")
		}
	})
	sends := func(t *testing.T, name, content string) reply {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
		if err := form.Close(); err != nil {
			t.Fatal(err)
		}
		return p.radio.in(t).with("Accept-Language", "pl").browser().send("POST", p.at+"/uploads", form.FormDataContentType(), body.Bytes())
	}
	t.Run("an empty file is told to be empty", func(t *testing.T) {
		if got := sends(t, "audycje.csv", "").is(http.StatusUnprocessableEntity); !strings.Contains(string(got.body), "Plik jest pusty") {
			t.Errorf("got %s", got)
		}
		if got := sends(t, "", "").is(http.StatusUnprocessableEntity); strings.Contains(string(got.body), "Plik jest pusty") {
			t.Errorf("no file is told to be empty: %s", got)
		}
		got := p.radio.in(t).with("Accept-Language", "pl").post(p.at+"/uploads", fields{"filename": "audycje.csv", "size": 0}).isInvalid("size out_of_range")
		if !strings.Contains(got.text("errors.0.message"), "Plik jest pusty") {
			t.Errorf("got %s", got)
		}
	})
	t.Run("a file goes with the form itself", func(t *testing.T) {
		got := sends(t, "audycje.csv", p.airings("radio")).is(http.StatusSeeOther)
		id := filepath.Base(got.header.Get("Location"))
		p.settled(p.radio.in(t), id).has(map[string]string{"state": "accepted", "rows": "3", "filename": "audycje.csv"})
	})
}

func TestOnlyTheOfficeIsToldTheTrueStateOfASignup(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for i, c := range []caller{p.adviser, p.funder, p.radio, p.admin, p.anyone} {
		got := c.post(p.at+"/signups", signup(fmt.Sprintf("osoba%d", i), "compost")).is(http.StatusCreated).has(map[string]string{"state": "received", "id": ""})
		if got.text("receipt") == "" {
			t.Errorf("no receipt: %s", got)
		}
	}
}

func TestTwoRecordsOfOneThingAtTheSameInstantCountOnce(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	var sent sync.WaitGroup
	for i := range 12 {
		sent.Go(func() {
			got := p.office.post(p.at+"/attendance", p.attendance("ewa").and(fields{"hours": i + 1}))
			if got.status != http.StatusCreated && got.status != http.StatusConflict {
				t.Errorf("got %s", got)
			}
		})
	}
	sent.Wait()
	snap := p.compile()
	if figure(snap, "1", "achieved") != "1" || figure(snap, "1", "records") != "1" {
		t.Errorf("got %s", snap)
	}
	if got := p.office.get(p.at + "/people").is(http.StatusOK); len(got.list("items")) != 1 {
		t.Errorf("want one person: %s", got)
	}
}

func TestCompilingAtTheSameInstantMakesOneSnapshot(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.office.post(p.at+"/outputs", p.output("A")).is(http.StatusCreated)
	ids := sync.Map{}
	var sent sync.WaitGroup
	for range 6 {
		sent.Go(func() { ids.Store(p.compile().text("id"), true) })
	}
	sent.Wait()
	n := 0
	ids.Range(func(any, any) bool { n++; return true })
	if list := p.office.get(p.at + "/snapshots").is(http.StatusOK); n != 1 || len(list.list("items")) != 1 {
		t.Errorf("%d different answers: %s", n, list)
	}
}

func TestACheckpointIsOnlyAShortcut(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(string) error{
		"without it":           os.Remove,
		"with a damaged one":   func(file string) error { return os.WriteFile(file, []byte("PAR1 rubbish PAR1"), 0o600) },
		"with an empty one":    func(file string) error { return os.Truncate(file, 0) },
		"with half of one":     func(file string) error { return os.Truncate(file, 700) },
		"with it as it should": func(string) error { return nil },
	} {
		t.Run(name+" the hash is the same", func(t *testing.T) {
			t.Parallel()
			p := newProject(t)
			for i := range 4 {
				p.office.post(p.at+"/attendance", p.attendance(fmt.Sprintf("osoba%d", i))).is(http.StatusCreated)
			}
			p.accepts(p.radio, "a.csv", p.airings("radio"))
			before := p.compile()
			found := 0
			err := filepath.WalkDir(filepath.Join(p.tracker.data, "objects", "checkpoints", p.id), func(file string, entry fs.DirEntry, err error) error {
				if err == nil && !entry.IsDir() {
					found++
					err = harm(file)
				}
				return err
			})
			if err != nil || found == 0 {
				t.Fatalf("%d checkpoints: %v", found, err)
			}
			extra := p.office.post(p.at+"/outputs", p.output("A")).is(http.StatusCreated)
			p.counts(map[string]string{"1": "4", "3": "3500", "5": "100"})
			p.office.delete(p.at + "/outputs/" + extra.text("id")).is(http.StatusOK)
			if after := p.compile(); after.text("hash") != before.text("hash") {
				t.Errorf("%s, was %s", after, before.text("hash"))
			}
		})
	}
}

// layer is the last thing that one record or file said of a thing, and still says.
type layer struct {
	at       int // the step at which it was said
	quantity int
}

func TestOfAllThatWasSaidOfAThingTheLastThatHoldsCounts(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("course ", seed), func(t *testing.T) {
			t.Parallel()
			p := newProject(t)
			chance := rand.New(rand.NewPCG(seed, 7))
			titles := []string{"Ulotka", "Plakat", "Baner"}
			typed, files := map[string]map[string]layer{}, map[string]map[string]layer{} // by id, then by title
			holder := func(title string) string {
				for id, things := range typed {
					if _, there := things[title]; there {
						return id
					}
				}
				return ""
			}
			some := func(all map[string]map[string]layer) string {
				ids := slices.Sorted(maps.Keys(all))
				if len(ids) == 0 {
					return ""
				}
				return ids[chance.IntN(len(ids))]
			}
			var course []string
			for step := range 40 {
				title, quantity := titles[chance.IntN(len(titles))], 1+chance.IntN(1000)
				body := p.output(title).and(fields{"quantity": quantity})
				switch id := some(typed); chance.IntN(6) {
				case 0, 1:
					status := http.StatusCreated
					if holder(title) != "" {
						status = http.StatusConflict
					}
					got := p.office.post(p.at+"/outputs", body).is(status)
					if status == http.StatusCreated {
						typed[got.text("id")] = map[string]layer{title: {step, quantity}}
					}
					course = append(course, fmt.Sprint("typed ", title, quantity))
				case 2:
					if id == "" {
						continue
					}
					status := http.StatusOK
					if other := holder(title); other != "" && other != id {
						status = http.StatusConflict
					}
					if p.office.put(p.at+"/outputs/"+id, body).is(status); status == http.StatusOK {
						typed[id] = map[string]layer{title: {step, quantity}}
					}
					course = append(course, fmt.Sprint("changed to ", title, quantity))
				case 3:
					if id == "" {
						continue
					}
					p.office.delete(p.at + "/outputs/" + id).is(http.StatusOK)
					delete(typed, id)
					course = append(course, "voided "+id)
				case 4:
					things, content := map[string]layer{}, "date,kind,quantity,title,evidence\n"
					for range 1 + chance.IntN(3) {
						title, quantity := titles[chance.IntN(len(titles))], 1+chance.IntN(1000)
						if _, twice := things[title]; twice {
							continue // a file that contradicts itself is rejected
						}
						things[title] = layer{step, quantity}
						content += fmt.Sprintf("%s,leaflet,%d,%s,krok %d\n", p.day(-10), quantity, title, step)
					}
					files[p.accepts(p.office, "a.csv", content).text("id")] = things
					course = append(course, content)
				case 5:
					if id := some(files); id != "" {
						p.office.delete(p.at + "/uploads/" + id).is(http.StatusOK)
						delete(files, id)
						course = append(course, "withdrawn "+id)
					}
				}
				last := map[string]layer{}
				for _, source := range []map[string]map[string]layer{typed, files} {
					for _, things := range source {
						for title, l := range things {
							if before, there := last[title]; !there || l.at > before.at {
								last[title] = l
							}
						}
					}
				}
				want := 0
				for _, l := range last {
					want += l.quantity
				}
				if got := p.achieved("5"); got != fmt.Sprint(want) {
					t.Fatalf("%s, want %d, after %s", got, want, strings.Join(course, "\n"))
				}
			}
			snap := p.compile()
			p.office.post(p.at+"/snapshots/"+snap.text("id")+"/verification", fields{}).is(http.StatusOK).has(map[string]string{"same": "true"})
		})
	}
}

func TestASnapshotCanBeComputedAgainFromTheFirstFact(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.office.post(p.at+"/signups", signup("ewa", "planting").and(fields{"sex": "female"})).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("ewa")).is(http.StatusCreated)
	early := p.compile()
	p.office.post(p.at+"/attendance", p.attendance("jan")).is(http.StatusCreated)
	p.accepts(p.radio, "a.csv", p.airings("radio"))
	late := p.compile()
	verify := func(c caller, snap reply) reply {
		return c.post(p.at+"/snapshots/"+snap.text("id")+"/verification", fields{})
	}
	for _, snap := range []reply{early, late} {
		verify(p.office, snap).is(http.StatusOK).has(map[string]string{"hash": snap.text("hash"), "computed": snap.text("hash"), "same": "true"})
	}
	verify(p.anyone, late).is(http.StatusUnauthorized)
	verify(p.adviser, late).is(http.StatusForbidden)
	verify(p.funder, late).is(http.StatusNotFound) // a draft
	t.Run("unless somebody in it was erased, which it says", func(t *testing.T) {
		id := p.office.in(t).get(p.at + "/people?q=ewa@example.org").text("items.0.id")
		p.office.in(t).delete(p.at + "/people/" + id).is(http.StatusOK)
		got := verify(p.office.in(t), late).is(http.StatusOK).has(map[string]string{"hash": late.text("hash"), "same": "false"})
		if len(got.list("erasures")) != 1 {
			t.Errorf("the erasure is not named: %s", got)
		}
	})
}

func TestAFileCutOffByAKillIsTakenInAfterTheRestart(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	p := newProjectAt(t, s, "courtyards")
	const many = 20_000
	var file strings.Builder
	file.WriteString("email,activity,date,hours,outcome\n")
	for i := range many {
		fmt.Fprintf(&file, "osoba%d@example.org,planting,%s,0.5,completed\n", i, p.day(-1-i%50))
	}
	id := p.ask(p.office, "lista.csv", file.String(), nil)
	eventually(t, "that it begins", func() bool { return p.office.get(p.at+"/uploads/"+id).text("state") != "received" })
	s.kill()
	p.tracker = s.again(t)
	p.meet(t)
	p.settled(p.office, id).has(map[string]string{"state": "accepted", "rows": fmt.Sprint(many), "new": fmt.Sprint(many)})
	p.counts(map[string]string{"1": fmt.Sprint(many), "2": "10000"})
	if list := p.office.get(p.at + "/uploads").is(http.StatusOK); len(list.list("items")) != 1 {
		t.Errorf("want one upload: %s", list)
	}
}

func TestWhoSomebodyIsStaysInOnePlace(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	p := newProjectAt(t, s, "courtyards")
	names := []string{"tajemnicza", "Tajemnicza", pesel1, "600999888", "sekretny-temat", "sekretna-notatka"}
	p.anyone.post(p.at+"/signups", signup("tajemnicza", "planting").and(fields{"pesel": pesel1, "phone": "600999888", "sex": "female"})).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("tajemnicza")).is(http.StatusCreated)
	p.office.with("Idempotency-Key", "tajemnicza").post(p.at+"/consultations", p.consultation("tajemnicza").and(fields{"topic": "sekretny-temat", "notes": "sekretna-notatka"})).is(http.StatusCreated)
	p.upload(p.office, "a.csv", "email,activity,date,outcome\ntajemnicza@example.org,nothing,"+p.day(-1)+",completed\n", nil)
	p.accepts(p.office, "tajemnicza.csv", "email,activity,date,outcome\ntajemnicza@example.org,planting,"+p.day(-1)+",completed\n")
	for _, q := range []string{"tajemnicza@example.org", pesel1, "Tajemnicza"} {
		p.office.get(p.at + "/people?q=" + url.QueryEscape(q)).is(http.StatusOK)
		p.office.browser().get(p.at + "/people?q=" + url.QueryEscape(q)).is(http.StatusOK)
	}
	p.office.get(p.at + "/people/tajemnicza@example.org").is(http.StatusNotFound)
	p.anyone.get(p.at + "/signup?activity=planting&email=tajemnicza@example.org")
	snap := p.compile()
	p.approve(snap)
	lay(t, s, "uploads/nowhere/radio/tajemnicza.csv", "tajemnicza@example.org\n")
	eventually(t, "a letter", func() bool { return len(p.mails("tajemnicza@example.org")) > 0 })
	if code := s.stop(t, os.Interrupt); code != 0 {
		t.Errorf("exit code %d", code)
	}
	err := filepath.WalkDir(s.data, func(file string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(s.data, file)
		uploads := filepath.Join("objects", "uploads")
		if err != nil || entry.IsDir() || strings.HasPrefix(name, uploads) || strings.HasPrefix(name, "tracker.db") || name == "mail.jsonl" {
			return err // the people's table, the uploaded originals and the letters are where it may stand
		}
		text, err := os.ReadFile(file)
		for _, part := range names {
			if bytes.Contains(text, []byte(part)) {
				t.Errorf("%q stands in %s", part, name)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWhatIsAskedForOddlyIsAnsweredPlainly(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	t.Run("a JSON body may say its character set", func(t *testing.T) {
		p.office.in(t).send("POST", p.at+"/outputs", "application/json; charset=utf-8", p.office.encode(p.output("A"))).is(http.StatusCreated)
	})
	t.Run("a number may have come out of a computation", func(t *testing.T) {
		tenth, fifth := 0.1, 0.2
		made := p.office.in(t).post(p.at+"/attendance", p.attendance("iga").and(fields{"hours": tenth + fifth})).is(http.StatusCreated).has(map[string]string{"hours": "0.3"})
		p.counts(map[string]string{"2": "0.3"})
		p.office.in(t).delete(p.at + "/attendance/" + made.text("id")).is(http.StatusOK)
	})
	t.Run("an empty as_of is today", func(t *testing.T) {
		got := p.office.in(t).post(p.at+"/snapshots", fields{"as_of": ""})
		if got.status != http.StatusCreated && got.status != http.StatusOK || got.text("as_of") != p.day(0) {
			t.Errorf("got %s", got)
		}
	})
	t.Run("letters are the same letters however they are composed", func(t *testing.T) {
		p.office.in(t).post(p.at+"/outputs", p.output("Żółć")).is(http.StatusCreated)
		p.office.in(t).post(p.at+"/outputs", p.output("Z\u0307o\u0301łc\u0301")).is(http.StatusConflict)
	})
	t.Run("people are found by the beginning of their name, with or without marks", func(t *testing.T) {
		p.office.in(t).post(p.at+"/signups", signup("lucja", "planting").and(fields{"first_name": "Łucja", "last_name": "Żądło-Świątek"})).is(http.StatusCreated)
		for _, q := range []string{"Żądło", "zadlo", "ŻĄDŁO-ŚWI"} {
			if got := p.office.in(t).get(p.at + "/people?q=" + url.QueryEscape(q)).is(http.StatusOK); got.text("items.0.email") != "lucja@example.org" {
				t.Errorf("%s: %s", q, got)
			}
		}
		if got := p.office.in(t).get(p.at + "/people?q=nikt").is(http.StatusOK); len(got.list("items")) != 0 {
			t.Errorf("got %s", got)
		}
	})
	t.Run("other methods are refused", func(t *testing.T) {
		for _, address := range []string{"PATCH /outputs", "DELETE /outputs", "PUT /people", "POST /definition", "DELETE /snapshots/latest", "PUT /uploads"} {
			method, path, _ := strings.Cut(address, " ")
			if got := p.office.in(t).send(method, p.at+path, "application/json", []byte("{}")); got.status != http.StatusNotFound && got.status != http.StatusMethodNotAllowed {
				t.Errorf("got %s", got)
			}
		}
	})
	t.Run("addresses that are no addresses are not found", func(t *testing.T) {
		for _, path := range []string{"/outputs/%2e%2e", "/outputs/%00", "/people/" + strings.Repeat("x", 3000), "/snapshots/..%2f..%2fsecret", "/uploads/%F0%9F%98%80"} {
			if got := p.office.in(t).get(p.at + path); got.status != http.StatusNotFound && got.status != http.StatusBadRequest && got.status/100 != 3 {
				t.Errorf("got %s", got)
			}
		}
	})
	t.Run("a file's name cannot lead elsewhere", func(t *testing.T) {
		for _, name := range []string{"../../../etc/passwd", `..\..\x.csv`, "a/b/c.csv", "zażółć gęślą.csv", `"quoted".csv`, "..", "nowa\nlinia.csv", strings.Repeat("ż", 200)} {
			content := "date,kind,quantity,title\n" + p.day(-1) + ",leaflet,1," + fmt.Sprintf("%x", name[:min(len(name), 20)]) + "\n"
			got := p.upload(p.office.in(t), name, content, nil).has(map[string]string{"state": "accepted"})
			if strings.ContainsAny(got.text("filename"), "/\\\n") {
				t.Errorf("%q is %q", name, got.text("filename"))
			}
			original := p.office.in(t).get(p.at + "/uploads/" + got.text("id") + "/original").is(http.StatusSeeOther)
			if back := p.anyone.in(t).send("GET", original.header.Get("Location"), "", nil); string(back.body) != content {
				t.Errorf("%q: %s", name, back)
			}
		}
	})
	t.Run("a stale change of a sign-up is refused", func(t *testing.T) {
		id := p.office.in(t).post(p.at+"/signups", signup("ela", "planting")).is(http.StatusCreated).text("id")
		tag := p.office.in(t).put(p.at+"/signups/"+id, fields{"state": "held"}).is(http.StatusOK).header.Get("ETag")
		p.office.in(t).with("If-Match", tag).put(p.at+"/signups/"+id, fields{"state": "accepted"}).is(http.StatusOK)
		p.office.in(t).with("If-Match", tag).put(p.at+"/signups/"+id, fields{"state": "held"}).is(http.StatusPreconditionFailed)
		p.office.in(t).put(p.at+"/signups/"+id, fields{"state": "cancelled"}).is(http.StatusOK)
		p.office.in(t).put(p.at+"/signups/"+id, fields{"state": "accepted"}).is(http.StatusConflict)
	})
}

func TestAProjectThatIsOverIsCountedToItsEnd(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	end := p.today.AddDate(0, 0, -20)
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition("to: "+p.day(300), "to: "+p.day(-20)))).is(http.StatusOK)
	p.office.post(p.at+"/outputs", p.output("A").and(fields{"date": p.day(-20), "quantity": 999})).is(http.StatusCreated)
	p.office.post(p.at+"/outputs", p.output("B").and(fields{"date": p.day(-19), "quantity": 5})).is(http.StatusCreated)
	snap := p.compile().has(map[string]string{"quality.records_outside_period": "1"})
	if figure(snap, "5", "achieved") != "999" || figure(snap, "5", "status") != "behind" || figure(snap, "5", "percent") != "99.9" {
		t.Errorf("got %s", snap)
	}
	months := within(snap.list("indicators")[0], "by_month").([]any)
	if last := said(within(months[len(months)-1], "month")); last != end.Format("2006-01") {
		t.Errorf("the last month is %s, want %s", last, end.Format("2006-01"))
	}
	if !slices.IsSortedFunc(months, func(a, b any) int {
		return strings.Compare(said(within(a, "month")), said(within(b, "month")))
	}) {
		t.Errorf("months %v", months)
	}
}
