package functions_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	sendnotices "outreach/functions/send-notices/handler"
	"outreach/internal/mail"
	"outreach/internal/snapshot"
	"outreach/internal/store"
	"outreach/internal/table"
)

// box is a mailbox that keeps letters. It fails as it is told.
type box struct {
	letters []mail.Message
	fail    func(mail.Message) error // after a letter was taken
}

func (b *box) Send(_ context.Context, m mail.Message) error {
	b.letters = append(b.letters, m)
	if b.fail != nil {
		return b.fail(m)
	}
	return nil
}

// taken empties the box: whom and about what it was written, in order of the two.
func (b *box) taken() string {
	var said []string
	for _, m := range b.letters {
		said = append(said, m.To+": "+strings.ReplaceAll(m.Subject, "\u00a0", " "))
	}
	b.letters = nil
	slices.Sort(said)
	return strings.Join(said, "\n")
}

// postal is a house with a mailbox.
type postal struct {
	*house
	box *box
}

func newPostal(t *testing.T, definition string) *postal {
	t.Helper()
	h := newHouse(t, scratch(t), func(inner table.Table) table.Table { return inner }, nil)
	t.Cleanup(func() { h.db.Close() })
	h.at(day)
	defineAs(t, h, definition)
	p := &postal{h, &box{}}
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
	return (&sendnotices.Notices{Store: p.store, Mail: p.box, BaseURL: base, Log: p.log}).CatchUp(context.Background())
}

// get compares the letters that go out now.
func (p *postal) get(what, want string) {
	p.t.Helper()
	p.must(p.deliver())
	if got := p.box.taken(); got != want {
		p.t.Errorf("%s:\n%s\nwant\n%s", what, got, want)
	}
}

func (p *postal) staff(email, language string, groups ...string) {
	p.t.Helper()
	p.must(p.store.RegisterStaff(context.Background(), email, language, groups))
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

func TestWhoseFileWasRejectedHearsOfIt(t *testing.T) {
	t.Parallel()
	p := newPostal(t, definitionText)
	ctx := context.Background()
	p.staff("office2@example.org", "pl", "town:coordinator")
	p.staff("radio1@example.org", "pl", "town:partner:radio")
	p.staff("radio2@example.org", "en", "town:partner:radio", "town:partner:press")
	p.staff("press@example.org", "pl", "town:partner:press")
	m := &memory{ids: map[string]string{}}
	file := func(owner, name, content string) {
		t.Helper()
		p.must(arrived(owner, name, content)(p.house, m))
		p.must(told(owner, name)(p.house, m))
		p.must(told(owner, name)(p.house, m)) // the event comes twice
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

	// Who asked for the place is written to alone, in the language of the moment.
	by, err := p.store.Staff(ctx, "town", "radio1@example.org")
	p.must(err)
	for _, checkOnly := range []bool{true, false} {
		u, err := p.store.AskUpload(ctx, "town", store.Upload{Owner: "radio", By: by, Filename: "czerwiec.csv", Language: "en", CheckOnly: checkOnly}, store.Once{})
		p.must(err)
		p.must(p.files.Put(ctx, u.Object, strings.NewReader("date,medium,title,outlet,reach\n2126-05-04,radio,,Radio,1\n"), "text/csv"))
		p.must(p.ingest.Object(ctx, u.Object))
	}
	p.get("one that was only to be checked is looked at by who sent it", "radio1@example.org: A file was rejected: Town")
}

func TestAReportIsMadeAskedForAndSent(t *testing.T) {
	t.Parallel()
	p := newPostal(t, strings.Replace(definitionText, "from: 2126-01-01, to: 2126-12-31", "from: 2127-11-01, to: 2128-04-10", 1)+"reports: {funder: monthly, language: pl}\n")
	ctx := context.Background()
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
	p.get("the year's last month", "office1@example.org: Ktoś musi na to spojrzeć: Town\noffice1@example.org: Sprawozdanie do zatwierdzenia, stan na 31 grudnia 2127: Town")
	december, _, err := p.store.Latest(ctx, "town", "2127-12-31")
	p.must(err)
	reports, err := p.store.Reports(ctx, "town", "")
	p.must(err)
	if len(reports) != 1 || reports[0] != (store.Report{Day: "2127-12-31", Snapshot: december.ID}) {
		t.Errorf("reports %v", reports)
	}

	// The schedule was away for weeks, over a leap day.
	p.night(instantOf(t, "2128-03-05 02:00"))
	p.get("February had 29 days", "office1@example.org: Ktoś musi na to spojrzeć: Town\noffice1@example.org: Sprawozdanie do zatwierdzenia, stan na 29 lutego 2128: Town")
	decide := func(id, state string) {
		t.Helper()
		_, err := p.store.Decide(ctx, "town", id, state, "", "")
		p.must(err)
	}
	february, _, err := p.store.Latest(ctx, "town", "2128-02-29")
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

	// A snapshot of another day is nobody's report, however it is decided about.
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

func TestSomebodyHasToLookOnceADay(t *testing.T) {
	t.Parallel()
	p := newPostal(t, strings.Replace(definitionText, "from: 2126-01-01", "from: 2126-05-31", 1)) // nothing is behind on its first day
	p.staff("office1@example.org", "en", "town:coordinator")
	told := "office1@example.org: To do: Town"
	night := instantOf(t, "2126-06-02 02:00")
	p.night(night)
	p.get("a quiet day", "")

	m := &memory{ids: map[string]string{}}
	bad := func(n int) {
		t.Helper()
		name := fmt.Sprintf("zla%d.csv", n)
		p.must(arrived("radio", name, fmt.Sprintf("date,medium,title,outlet,reach\n2126-05-04,radio,Audycja%d,Radio,wiele\n", n))(p.house, m))
		p.must(object{key: "uploads/town/radio/" + name, name: name}.event(p.house, m))
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

func TestALetterLostBetweenSendingAndNotingHasItsIDAgain(t *testing.T) {
	t.Parallel()
	p := newPostal(t, limited)
	m := &memory{ids: map[string]string{}}
	p.must(public("form", form("grants", 1, nil))(p.house, m))
	p.must(arrived("coordinator", "zla.csv", "email,activity\n")(p.house, m))
	p.must(told("coordinator", "zla.csv")(p.house, m))
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

func TestALetterThatIsRefusedHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	p := newPostal(t, definitionText)
	m := &memory{ids: map[string]string{}}
	for n := range 12 {
		p.must(public(fmt.Sprint("form", n), form("grants", n, nil))(p.house, m))
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
