package functions_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"outreach/internal/mail"
	"outreach/internal/notices/deliver"
	"outreach/internal/reports"
	"outreach/internal/snapshot"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/tabletest"
	"outreach/internal/uploads"
)

// box is a fake mail sender that keeps letters. Its field fail makes it fail.
type box struct {
	letters []mail.Message
	fail    func(mail.Message) error // after a letter was taken
	ends    time.Time                // when the last had to be sent
}

func (b *box) Send(ctx context.Context, m mail.Message) error {
	b.ends, _ = ctx.Deadline()
	b.letters = append(b.letters, m)
	if b.fail != nil {
		return b.fail(m)
	}
	return nil
}

// taken empties the box, and returns recipients and subjects in order.
func (b *box) taken() string {
	var said []string
	for _, m := range b.letters {
		said = append(said, m.To+": "+strings.ReplaceAll(m.Subject, "\u00a0", " "))
	}
	b.letters = nil
	slices.Sort(said)
	return strings.Join(said, "\n")
}

// postal is a harness with a fake mail sender.
type postal struct {
	*harness
	box   *box
	owner string
}

func newPostal(t *testing.T, definition string) *postal {
	t.Helper()
	h := newHarness(t, newStorage(t), func(inner table.Table) table.Table { return inner }, nil)
	h.at(day)
	defineAs(t, h, definition)
	p := &postal{harness: h, box: &box{}}
	p.staff("office@example.org", "pl") // who defined the project has left the office since
	p.must(p.deliver())
	p.box.taken()
	return p
}

func (p *postal) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *postal) deliver() error {
	return deliver.New(p.app, p.box, base, p.log, p.owner).CatchUp(context.Background())
}

// get compares the letters that are sent now.
func (p *postal) get(what, want string) {
	p.t.Helper()
	p.must(p.deliver())
	if got := p.box.taken(); got != want {
		p.t.Errorf("%s:\n%s\nwant\n%s", what, got, want)
	}
}

func (p *postal) staff(email, language string, groups ...string) {
	p.t.Helper()
	p.must(p.app.Access.RegisterStaff(context.Background(), email, language, groups))
}

func (p *postal) night(at time.Time) {
	p.t.Helper()
	p.at(at)
	p.must(p.compiler.Schedule(context.Background()))
}

func instantOf(t *testing.T, text string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestUploaderIsNotifiedOfARejectedFile(t *testing.T) {
	t.Parallel()
	p := newPostal(t, definitionText)
	ctx := context.Background()
	p.staff("office2@example.org", "pl", "town:coordinator")
	p.staff("radio1@example.org", "pl", "town:partner:radio")
	p.staff("radio2@example.org", "en", "town:partner:radio", "town:partner:press")
	p.staff("press@example.org", "pl", "town:partner:press")
	m := &sender{ids: map[string]string{}}
	file := func(owner, name, content string) {
		t.Helper()
		p.must(arrived(owner, name, content)(p.harness, m))
		p.must(eventOf(owner, name)(p.harness, m))
		p.must(eventOf(owner, name)(p.harness, m)) // the event comes twice
	}
	file("radio", "zla.csv", "date,medium,title,outlet,reach\n2126-05-04,radio,Audycja,Radio,wiele\n")
	p.must(p.deliver())
	for _, l := range p.box.letters {
		column := map[string]string{"radio1@example.org": "zasięg", "radio2@example.org": "reach"}[l.To] // in the reader's language
		for _, want := range []string{"zla.csv", column, "wiele", base + "/town/uploads/" + m.ids["zla.csv"]} {
			if !strings.Contains(l.Text, want) || !strings.Contains(l.HTML, want) {
				t.Errorf("no %q in\n%s", want, l.Text)
			}
		}
	}
	if got, want := p.box.taken(), "radio1@example.org: Plik odrzucony: Town\nradio2@example.org: A file was rejected: Town"; got != want {
		t.Errorf("a file of a partner's own system:\n%s\nwant\n%s", got, want)
	}
	file("radio", "dobra.csv", "date,medium,title,outlet,reach\n2126-05-04,radio,Audycja,Radio,100\n")
	p.get("a good file", "")

	file("coordinator", "osoby.csv", "email,activity,date,outcome\nosoba.tajna@example.org,garden,kiedyś,completed\n")
	p.must(p.deliver())
	for _, l := range p.box.letters {
		if strings.Contains(l.Text+l.HTML+l.Subject, "osoba.tajna") {
			t.Errorf("the letter names somebody:\n%s", l.Text)
		}
	}
	if got, want := p.box.taken(), "office2@example.org: Plik odrzucony: Town"; got != want {
		t.Errorf("a file of the office:\n%s\nwant\n%s", got, want)
	}

	// Only the person who created the upload gets a letter, in the language of that request.
	by, err := p.app.Access.Staff(ctx, "town", "radio1@example.org")
	p.must(err)
	for _, checkOnly := range []bool{true, false} {
		u, err := p.app.Uploads.CreateUpload(ctx, "town", uploads.Upload{Owner: "radio", By: by, Filename: "czerwiec.csv", Language: "en", CheckOnly: checkOnly}, store.Once{})
		p.must(err)
		p.must(p.files.Put(ctx, u.Object, strings.NewReader("date,medium,title,outlet,reach\n2126-05-04,radio,,Radio,1\n"), "text/csv"))
		p.must(p.ingest.Object(ctx, u.Object))
	}
	p.get("one that was only to be checked is looked at by who sent it", "radio1@example.org: A file was rejected: Town")
}

func TestReportIsCompiledApprovedAndSent(t *testing.T) {
	t.Parallel()
	p := newPostal(t, strings.Replace(definitionText, "from: 2126-01-01, to: 2126-12-31", "from: 2127-11-01, to: 2128-04-10", 1)+"reports: {funder: monthly, language: pl}\n")
	ctx := context.Background()
	p.at(instantOf(t, "2127-12-04 09:00")) // within half a year of the letters
	p.staff("office1@example.org", "pl", "town:coordinator")
	p.staff("funder1@example.org", "en", "town:funder")
	p.staff("funder2@example.org", "pl", "town:funder", "town:adviser")

	p.night(instantOf(t, "2127-12-05 02:00"))
	p.get("what ended before the tracker knew of the project", "")
	p.night(instantOf(t, "2127-12-31 23:58")) // two minutes too early by a clock that is wrong
	p.get("the period is not over", "")
	p.night(instantOf(t, "2128-01-01 00:02"))
	p.night(instantOf(t, "2128-01-01 02:00"))
	p.night(instantOf(t, "2127-12-31 23:59")) // and back
	p.night(instantOf(t, "2128-01-01 09:00"))
	p.get("the year's last month", "office1@example.org: Do zrobienia: Town\noffice1@example.org: Sprawozdanie do zatwierdzenia, stan na 31 grudnia 2127: Town")
	december, _, err := p.app.Snapshots.Latest(ctx, "town", "2127-12-31")
	p.must(err)
	due, err := p.app.Reports.Reports(ctx, "town", "")
	p.must(err)
	if len(due) != 1 || due[0] != (reports.Report{Day: "2127-12-31", Snapshot: december.ID}) {
		t.Errorf("reports %v", due)
	}

	// The schedule did not run for weeks, over a leap day.
	p.night(instantOf(t, "2128-03-05 02:00"))
	p.get("February had 29 days", "office1@example.org: Do zrobienia: Town\noffice1@example.org: Sprawozdanie do zatwierdzenia, stan na 29 lutego 2128: Town")
	decide := func(id, state string) {
		t.Helper()
		_, err := p.app.Snapshots.Decide(ctx, "town", id, state, "", "")
		p.must(err)
	}
	february, _, err := p.app.Snapshots.Latest(ctx, "town", "2128-02-29")
	p.must(err)
	decide(february.ID, snapshot.Approved)
	p.must(p.deliver())
	for _, l := range p.box.letters {
		names := []string{}
		for _, f := range l.Files {
			names = append(names, f.Name+" "+f.Type)
			if len(f.Data) < 1000 {
				t.Errorf("%s has %d bytes", f.Name, len(f.Data))
			}
		}
		if want := "[town-2128-02-29.pdf application/pdf town-2128-02-29.xlsx application/vnd.openxmlformats-officedocument.spreadsheetml.sheet]"; fmt.Sprint(names) != want {
			t.Errorf("%s has %v", l.To, names)
		}
		if page := base + "/town/snapshots/" + february.ID; !strings.Contains(l.Text, page) || !strings.Contains(l.HTML, page) {
			t.Errorf("no %s in\n%s", page, l.Text)
		}
	}
	sent := "funder1@example.org: Report as of 29 February 2128: Town\nfunder2@example.org: Sprawozdanie, stan na 29 lutego 2128: Town"
	if got := p.box.taken(); got != sent {
		t.Errorf("approved:\n%s\nwant\n%s", got, sent)
	}
	decide(february.ID, snapshot.Rejected)
	decide(february.ID, snapshot.Approved)
	p.get("approved again", "")
	decide(december.ID, snapshot.Rejected)
	p.get("rejected", "")

	// A snapshot of another day is not a report, whatever its approval.
	other, _, err := p.compiler.Compile(ctx, "town", "2128-02-15", "", store.Once{})
	p.must(err)
	decide(other.ID, snapshot.Approved)
	p.get("another day's", "")

	p.night(instantOf(t, "2128-04-01 02:00"))
	p.must(p.deliver())
	p.box.taken()
	last, _, err := p.compiler.Compile(ctx, "town", "2128-04-10", "", store.Once{})
	p.must(err)
	decide(last.ID, snapshot.Approved)
	p.get("before it is due", "")
	p.night(instantOf(t, "2128-04-11 02:00"))
	p.must(p.deliver())
	p.night(instantOf(t, "2128-05-01 02:00"))
	p.must(p.deliver())
	if got := p.box.taken(); !strings.Contains(got, "funder1@example.org: Report as of 10 April 2128: Town") || strings.Contains(got, "30 April") || strings.Contains(got, "do zatwierdzenia") {
		t.Errorf("the project's last day, approved early:\n%s", got)
	}
}

func TestAttentionLetterIsSentOnceADay(t *testing.T) {
	t.Parallel()
	p := newPostal(t, strings.Replace(definitionText, "from: 2126-01-01", "from: 2126-05-31", 1)) // nothing is behind on its first day
	p.staff("office1@example.org", "en", "town:coordinator")
	told := "office1@example.org: To do: Town"
	night := instantOf(t, "2126-06-02 02:00")
	p.night(night)
	p.get("a quiet day", "")

	m := &sender{ids: map[string]string{}}
	bad := func(n int) {
		t.Helper()
		name := fmt.Sprintf("zla%d.csv", n)
		p.must(arrived("radio", name, fmt.Sprintf("date,medium,title,outlet,reach\n2126-05-04,radio,Audycja%d,Radio,wiele\n", n))(p.harness, m))
		p.must(object{key: "uploads/town/radio/" + name, name: name}.event(p.harness, m))
	}
	bad(1)
	p.night(night.AddDate(0, 0, 1))
	p.get("a file was rejected", told)
	p.night(night.AddDate(0, 0, 1).Add(time.Hour))
	bad(2)
	p.night(night.AddDate(0, 0, 1).Add(2 * time.Hour))
	p.get("at most daily", "")
	p.night(night.AddDate(0, 0, 2))
	p.get("two files", told)
	p.night(night.AddDate(0, 0, 3))
	p.get("nothing else since", "")
	p.night(night.AddDate(0, 0, 12))
	p.get("a week later", "")
	bad(3)
	bad(4)
	p.night(night.AddDate(0, 0, 13))
	p.get("two files again, after quiet days", told)
	bad(5)
	p.night(night.AddDate(0, 0, 14))
	p.at(night.AddDate(0, 0, 17))
	p.get("what was to be told days ago", "")
}

func TestLetterSentAgainAfterACrashHasTheSameID(t *testing.T) {
	t.Parallel()
	p := newPostal(t, limited)
	m := &sender{ids: map[string]string{}}
	p.must(public("form", form("grants", 1, nil))(p.harness, m))
	p.must(arrived("coordinator", "zla.csv", "email,activity\n")(p.harness, m))
	p.must(eventOf("coordinator", "zla.csv")(p.harness, m))
	for n := range 3 {
		p.staff(fmt.Sprintf("office%d@example.org", n), "pl", "town:coordinator")
	}
	dies := errors.New("the machine stops")
	ids := map[string]string{}
	for range 20 {
		p.box.fail = func(m mail.Message) error {
			if before, sent := ids[m.To+m.Subject]; sent {
				if before != m.ID {
					t.Errorf("%s is %s, and was %s", m.Subject, m.ID, before)
				}
				return nil
			}
			ids[m.To+m.Subject] = m.ID
			return dies
		}
		err := p.deliver()
		if err == nil {
			break
		}
		if !errors.Is(err, dies) {
			t.Fatal(err)
		}
		p.start()
	}
	if len(ids) != 4 {
		t.Errorf("%d letters", len(ids))
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id] {
			t.Errorf("two letters have the id %s", id)
		}
		seen[id] = true
	}
	p.box.fail, p.box.letters = nil, nil
	p.get("all were sent", "")
}

func TestRefusedLetterDoesNotBlockOthers(t *testing.T) {
	t.Parallel()
	p := newPostal(t, definitionText)
	m := &sender{ids: map[string]string{}}
	for n := range 12 {
		p.must(public(fmt.Sprint("form", n), form("grants", n, nil))(p.harness, m))
	}
	p.box.fail = func(m mail.Message) error {
		if strings.HasPrefix(m.To, "osoba5@") {
			return fmt.Errorf("send: 550: %w", mail.ErrRefused)
		}
		return nil
	}
	p.must(p.deliver())
	if len(p.box.letters) != 12 {
		t.Errorf("%d letters", len(p.box.letters))
	}
	p.box.letters = nil
	p.get("it is not tried again", "")
}

// watched is a table that calls a hook before each call.
type watched struct {
	table.Table
	get   func(keys []table.Key)
	query func(table.Query) error
}

func (w watched) Get(ctx context.Context, keys ...table.Key) (map[table.Key]table.Item, error) {
	if w.get != nil {
		w.get(keys)
	}
	return w.Table.Get(ctx, keys...)
}

func (w watched) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if w.query != nil {
		if err := w.query(q); err != nil {
			return table.Page{}, err
		}
	}
	return w.Table.Query(ctx, q)
}

// twoProcesses returns two processes that send the letters of one tracker with five sign-ups. The channel waits is
// closed when the second process has been told to wait, and retries.
func twoProcesses(t *testing.T, wrap func(table.Table) table.Table) (first, second *postal, waits <-chan struct{}) {
	t.Helper()
	shared := newStorage(t)
	process := func(owner string, wrap func(table.Table) table.Table) *postal {
		h := newHarness(t, shared, wrap, nil)
		h.at(day)
		return &postal{harness: h, box: &box{}, owner: owner}
	}
	first = process("first", wrap)
	defineAs(t, first.harness, definitionText)
	for n := range 5 {
		first.must(public(fmt.Sprint("form", n), form("grants", n, nil))(first.harness, &sender{ids: map[string]string{}}))
	}
	told, asked := make(chan struct{}), atomic.Int32{}
	second = process("second", func(inner table.Table) table.Table {
		return watched{Table: inner, get: func(keys []table.Key) {
			if keys[0].PK == "NOTICES#town" && keys[0].SK == "DONE" && asked.Add(1) == 2 {
				close(told)
			}
		}}
	})
	return first, second, told
}

// count returns how often each letter was sent.
func count(boxes ...*box) map[string]int {
	n := map[string]int{}
	for _, b := range boxes {
		for _, m := range b.letters {
			n[m.ID]++
		}
	}
	return n
}

func TestOneProcessAtATimeSendsLettersAndNoneIsMissed(t *testing.T) {
	t.Parallel()
	first, second, waits := twoProcesses(t, func(inner table.Table) table.Table { return inner })
	done, sends := make(chan error, 1), make(chan struct{})
	second.box.fail = func(mail.Message) error {
		if len(second.box.letters) == 1 {
			close(sends)
		}
		return nil
	}
	begin := sync.OnceFunc(func() {
		// Someone signs up when the first has seen for whom there are letters, and the second is woken.
		first.must(public("late", form("grants", 5, nil))(first.harness, &sender{ids: map[string]string{}}))
		go func() { done <- second.deliver() }()
		select {
		case <-waits:
		case <-sends:
		}
	})
	first.box.fail = func(mail.Message) error { begin(); return nil }
	first.must(first.deliver())
	first.must(<-done)
	sent := count(first.box, second.box)
	for id, times := range sent {
		if times != 1 {
			t.Errorf("letter %s was sent %d times", id, times)
		}
	}
	if len(sent) != 6 {
		t.Errorf("%d letters for 6 who signed up", len(sent))
	}
}

func TestSendingContinuesAfterTheSenderDies(t *testing.T) {
	t.Parallel()
	var dead atomic.Bool
	first, second, waits := twoProcesses(t, func(inner table.Table) table.Table {
		return &tabletest.Faulty{Table: inner, Before: func(tabletest.Call) error {
			if dead.Load() {
				return tabletest.ErrKilled
			}
			return nil
		}}
	})
	first.box.fail = func(mail.Message) error {
		dead.Store(len(first.box.letters) == 2)
		return nil
	}
	if err := first.deliver(); !errors.Is(err, tabletest.ErrKilled) || len(first.box.letters) != 2 {
		t.Fatalf("%v, %d letters", err, len(first.box.letters))
	}
	done := make(chan error, 1)
	go func() { done <- second.deliver() }()
	select {
	case <-waits:
	case err := <-done:
		t.Fatalf("the second does not wait: %v", err)
	}
	second.at(day.Add(deliver.LeaseTime + time.Second))
	second.must(<-done)
	sent, all := count(first.box, second.box), len(first.box.letters)+len(second.box.letters)
	if len(sent) != 5 || all != 6 || sent[first.box.letters[1].ID] != 2 {
		t.Errorf("%d letters for 5 who signed up, and %d were sent: only the last before the death may be sent twice", len(sent), all)
	}
}

func TestSendingLeaseOutlastsTheFunction(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Properties struct {
				Timeout int `yaml:"Timeout"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	function := time.Duration(template.Resources["SendNotices"].Properties.Timeout) * time.Second
	if over := deliver.LeaseTime - function; function == 0 || over < 5*time.Second || over > 30*time.Second {
		t.Errorf("the function has %s, the lease %s", function, deliver.LeaseTime)
	}
}

func TestFailureDoesNotBlockOtherLanesOrProjects(t *testing.T) {
	t.Parallel()
	p := newPostal(t, definitionText)
	if status, body := p.send("PUT", "/village/definition", "", "application/yaml", []byte(strings.Replace(definitionText, "id: town", "id: village", 1))); status != 201 {
		t.Fatalf("%d %s", status, body)
	}
	m := &sender{ids: map[string]string{}}
	for n := range 8 {
		p.app.DB.Lane = func() int { return n }
		p.must(public(fmt.Sprint("form", n), form("grants", n, nil))(p.harness, m))
	}
	if status, body := p.sendAs("", "POST", "/village/signups", "form", "application/json", []byte(`{"activity": "grants", "first_name": "Osoba", "last_name": "Zewsi", "email": "wies@example.org", "consent_processing": true}`)); status != 201 {
		t.Fatalf("%d %s", status, body)
	}
	away := errors.New("the server is away")
	p.box.fail = func(m mail.Message) error {
		if strings.HasPrefix(m.To, "osoba3@") {
			return away
		}
		return nil
	}
	if err := p.deliver(); !errors.Is(err, away) {
		t.Errorf("the failure is not told: %v", err)
	}
	if len(p.box.letters) != 9 || !strings.Contains(p.box.taken(), "wies@example.org") {
		t.Error("a letter that cannot be sent holds up those of other lanes or projects")
	}
	p.box.fail = nil
	p.must(p.deliver())
	if got := p.box.taken(); strings.Count(got, "\n") != 0 || !strings.HasPrefix(got, "osoba3@") {
		t.Errorf("afterwards:\n%s", got)
	}
}

func TestRetryForOneRecipientSendsNothingTwiceToOthers(t *testing.T) {
	t.Parallel()
	p := newPostal(t, definitionText)
	for n := range 4 {
		p.staff(fmt.Sprintf("office%d@example.org", n), "pl", "town:coordinator")
	}
	m := &sender{ids: map[string]string{}}
	p.must(arrived("coordinator", "zla.csv", "email,activity\n")(p.harness, m))
	p.must(eventOf("coordinator", "zla.csv")(p.harness, m))
	away := errors.New("the server is away")
	p.box.fail = func(mail.Message) error {
		if len(p.box.letters) == 3 {
			p.box.letters = p.box.letters[:2]
			return away
		}
		return nil
	}
	for range 3 {
		if err := p.deliver(); err != nil && !errors.Is(err, away) {
			t.Fatal(err)
		}
		p.start()
	}
	p.box.fail = nil
	p.must(p.deliver())
	sent := count(p.box)
	if len(sent) != 4 || len(p.box.letters) != 4 {
		t.Errorf("%d letters to %d of 4", len(p.box.letters), len(sent))
	}
}

// Anyone can enter any address in the form: after a few letters to an address no more are sent.
func TestRepeatedFormsSendFewLetters(t *testing.T) {
	t.Parallel()
	p := newPostal(t, limited)
	m := &sender{ids: map[string]string{}}
	for n := range 12 {
		p.must(public(fmt.Sprint("form", n), form("grants", 1, nil))(p.harness, m))
		p.must(p.deliver())
	}
	if n := len(p.box.letters); n != 3 {
		t.Errorf("%d letters", n)
	}
	p.box.letters = nil
	p.at(day.AddDate(0, 0, 1))
	p.must(public("another day", form("grants", 1, nil))(p.harness, m))
	if p.must(p.deliver()); len(p.box.letters) != 0 {
		t.Errorf("the thirteenth sending of a form is answered")
	}
}

// A process that must end releases the lease before that, and the next one continues at once.
func TestSendingLeaseIsReleasedBeforeTheFunctionEnds(t *testing.T) {
	t.Parallel()
	p := newPostal(t, limited)
	m := &sender{ids: map[string]string{}}
	for n := range 3 {
		p.must(public(fmt.Sprint("form", n), form("grants", n, nil))(p.harness, m))
	}
	ends := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(context.Background(), ends)
	defer cancel()
	p.owner = "first"
	p.box.fail = func(mail.Message) error { cancel(); return ctx.Err() }
	notices := deliver.New(p.app, p.box, base, p.log, p.owner)
	if err := notices.CatchUp(ctx); err == nil {
		t.Error("an interrupted run reports success")
	}
	if left := ends.Sub(p.box.ends); left < 5*time.Second || left > time.Minute {
		t.Errorf("the last letter has to be sent %s before the end", left)
	}
	p.owner, p.box.fail = "second", nil
	p.must(p.deliver())
	to := map[string]bool{}
	for _, l := range p.box.letters {
		to[l.To] = true
	}
	if len(to) != 3 {
		t.Errorf("%d people have letters", len(to))
	}
}
