package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"outreach/internal/access"
	"outreach/internal/fact"
	"outreach/internal/mail"
	"outreach/internal/notices"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/reports"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

var (
	day  = time.Date(2026, 6, 10, 12, 0, 0, 0, time.UTC)
	town = &project.Definition{ID: "town", Title: project.Text{"en": "Town"}, TimeZone: "UTC", Period: project.Period{From: "2026-01-01", To: "2026-12-31"},
		Activities: []project.Activity{{ID: "planting", Label: project.Text{"en": "Planting"}}}}
)

// office is every feature that letters are made from, and the sender that gets them.
type office struct {
	t       *testing.T
	facts   map[int][]fact.Fact // by lane
	signup  signups.Signup
	form    map[string]string
	person  people.Person
	upload  uploads.Upload
	found   uploads.Findings
	kept    snapshots.Kept
	reports []string            // days on which a report was due
	staff   map[string][]string // addresses by role

	unreadable bool // the list of projects

	sent []mail.Message
	fail func(mail.Message) error
	*Deliverer
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db := storetest.New(t)
	o := &office{
		t: t, facts: map[int][]fact.Fact{}, staff: map[string][]string{},
		signup: signups.Signup{ID: "su", Person: "anna", Activity: "planting", Locale: "en", Entries: 1},
		form:   map[string]string{"first_name": "Anna", "last_name": "Nowak", "email": "anna@example.org"},
		person: people.Person{ID: "anna", Emails: []string{"anna@example.org"}},
		kept:   snapshots.Kept{Project: "town", ID: "sn", AsOf: "2026-06-30", State: snapshot.Draft},
	}
	o.Deliverer = &Deliverer{
		features: features{projects: o, facts: factLog{o}, progress: notices.New(db), signups: o, people: o, uploads: fileStore{o}, snapshots: snapshotStore{o},
			reports: o, staff: o, now: func() time.Time { return day }},
		sender: o, baseURL: "https://tracker.example.org", log: slog.New(slog.NewTextHandler(t.Output(), nil)), owner: "test",
	}
	return o
}

func (o *office) Projects(context.Context) ([]string, error) {
	if o.unreadable {
		return nil, table.ErrUnavailable
	}
	return []string{"town"}, nil
}

func (o *office) Definition(context.Context, string) (projects.Defined, error) {
	return projects.Defined{Version: 1, Definition: town}, nil
}

func (o *office) Signup(_ context.Context, _, id string) (signups.Signup, error) {
	if id != o.signup.ID {
		return signups.Signup{}, store.ErrNotFound
	}
	return o.signup, nil
}

func (o *office) Form(context.Context, string, signups.Signup) (map[string]string, error) {
	return o.form, nil
}

func (o *office) CancelToken(_, signup string) string { return "token-of-" + signup }

func (o *office) ConfirmToken(_, signup string) string { return "confirmation-of-" + signup }

func (o *office) Person(context.Context, string, string) (people.Person, error) { return o.person, nil }

func (o *office) Report(_ context.Context, _, day string) (reports.Report, bool, error) {
	return reports.Report{}, slices.Contains(o.reports, day), nil
}

func (o *office) StaffEmails(_ context.Context, _ string, ids []string) (map[string]string, error) {
	out := map[string]string{}
	for _, id := range ids {
		if strings.Contains(id, "@") {
			out[id] = id
		}
	}
	return out, nil
}

func (o *office) Member(_ context.Context, _, id string) (access.Member, error) {
	if !strings.Contains(id, "@") {
		return access.Member{}, nil
	}
	return access.Member{ID: id, Email: id, Language: "en"}, nil
}

func (o *office) StaffWith(_ context.Context, _, role string) ([]access.Member, error) {
	var members []access.Member
	for _, email := range o.staff[role] {
		members = append(members, access.Member{ID: email, Email: email, Language: "en"})
	}
	return members, nil
}

func (o *office) Send(_ context.Context, m mail.Message) error {
	if o.fail != nil {
		if err := o.fail(m); err != nil {
			return err
		}
	}
	o.sent = append(o.sent, m)
	return nil
}

type factLog struct{ *office }

func (l factLog) Heads(context.Context, string) (fact.Heads, error) {
	var heads fact.Heads
	for lane, facts := range l.facts {
		heads[lane] = int64(len(facts))
	}
	return heads, nil
}

func (l factLog) Read(_ context.Context, _ string, above, upTo fact.Heads, each func(fact.Fact) error) error {
	for lane := range upTo {
		for n := above[lane]; n < upTo[lane]; n++ {
			if err := each(l.facts[lane][n]); err != nil {
				return err
			}
		}
	}
	return nil
}

type fileStore struct{ *office }

func (s fileStore) Upload(context.Context, string, string) (uploads.Upload, error) {
	return s.upload, nil
}

func (s fileStore) Findings(context.Context, string, string) (uploads.Findings, error) {
	return s.found, nil
}

type snapshotStore struct{ *office }

func (s snapshotStore) Latest(context.Context, string, string) (snapshots.Kept, table.Condition, error) {
	return s.kept, table.Always, nil
}

func (s snapshotStore) KeptSnapshot(context.Context, string, string) (snapshots.Kept, error) {
	return s.kept, nil
}

func (s snapshotStore) Snapshot(_ context.Context, k snapshots.Kept) (snapshot.Snapshot, error) {
	return snapshot.Snapshot{Project: k.Project, ID: k.ID, AsOf: k.AsOf, KnownAt: "2026-07-01T03:30:00Z", State: k.State}, nil
}

// write adds a fact to a lane, of which the id says lane and number.
func (o *office) write(lane int, kind, by string, data any) {
	o.t.Helper()
	encoded, err := json.Marshal(data)
	if err != nil {
		o.t.Fatal(err)
	}
	number := int64(len(o.facts[lane]) + 1)
	o.facts[lane] = append(o.facts[lane], fact.Fact{ID: fmt.Sprintf("f%d.%d", lane, number), Kind: kind, By: by, At: day, Data: encoded, Lane: lane, Number: number})
}

func TestOnlyNamedProjectsAreRead(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.write(0, fact.KindSignup, "", fact.Signup{Signup: "su", State: schema.Accepted})
	o.unreadable = true // only a walk through all projects asks which there are
	if err := o.CatchUpWith(t.Context(), "town"); err != nil || len(o.sent) != 1 {
		t.Errorf("%d letters, %v", len(o.sent), err)
	}
	if err := o.CatchUp(t.Context()); err == nil {
		t.Error("the list of projects was not needed for all projects")
	}
}

// deliver runs once and returns the letters of that run as "id address subject".
func (o *office) deliver() string {
	o.t.Helper()
	o.sent = nil
	if err := o.CatchUp(o.t.Context()); err != nil && o.fail == nil {
		o.t.Fatal(err)
	}
	var out []string
	for _, m := range o.sent {
		out = append(out, m.ID+" "+m.To+" "+m.Subject)
	}
	return strings.Join(out, "\n")
}

func TestSignupsAreAnsweredByLetter(t *testing.T) {
	t.Parallel()
	accepted := fact.Signup{Signup: "su", State: schema.Accepted}
	for _, tt := range []struct {
		name    string
		kind    string
		by      string
		data    any
		prepare func(*office)
		want    string
		cancel  bool // the letter has the link that withdraws
	}{
		{"an accepted sign-up", fact.KindSignup, "", accepted, nil, "f0.1 anna@example.org We have your sign-up: Planting", true},
		{"a sign-up on the waiting list", fact.KindSignup, "", fact.Signup{Signup: "su", State: schema.Waitlisted}, nil, "f0.1 anna@example.org We have your sign-up: Planting", true},
		{"a sign-up entered by the office is not answered", fact.KindSignup, "staff", accepted, nil, "", false},
		{"a sign-up from a file is not answered", fact.KindSignup, "", fact.Signup{Signup: "su", State: schema.Accepted, Upload: "up"}, nil, "", false},
		{"an erased sign-up is not answered", fact.KindSignup, "", fact.Signup{Signup: "erased", State: schema.Accepted}, nil, "", false},
		{"a form without an address is not answered", fact.KindSignup, "", accepted, func(o *office) { o.form["email"] = "" }, "", false},
		{"a repeated form", fact.KindSignup, "", fact.Signup{Signup: "su"}, func(o *office) { o.signup.Entries = 5 }, "f0.1 anna@example.org We have your sign-up: Planting", true},
		{"the sixth sending is not answered", fact.KindSignup, "", fact.Signup{Signup: "su"}, func(o *office) { o.signup.Entries = 6 }, "", false},
		{
			"a repeated form with another's address does not disclose the sign-up", fact.KindSignup, "", fact.Signup{Signup: "su"},
			func(o *office) { o.form["email"] = "other@example.org" }, "f0.1 other@example.org We have your sign-up: Planting", false,
		},
		{
			"a held sign-up can be withdrawn as any other", fact.KindSignup, "", fact.Signup{Signup: "su", State: schema.Held},
			func(o *office) { o.form["email"] = "other@example.org" }, "f0.1 other@example.org We have your sign-up: Planting", true,
		},
		{
			"a form whose address has to be confirmed, whether or not there is a place", fact.KindSignup, "", fact.Signup{Signup: "su", State: schema.Undecided, Confirm: true, Full: true}, nil,
			"f0.1 anna@example.org Please confirm your sign-up: Planting", false,
		},
		{"a repeated form whose address has to be confirmed", fact.KindSignup, "", fact.Signup{Signup: "su", Confirm: true}, nil, "f0.1 anna@example.org Please confirm your sign-up: Planting", false},
		{
			"a confirmed sign-up is answered as one that need not be", fact.KindSignupMoved, "",
			fact.SignupMoved{Signup: "su", State: schema.Accepted, From: schema.Held, Confirmed: true}, nil, "f0.1 anna@example.org We have your sign-up: Planting", true,
		},
		{
			"a confirmed sign-up that the office has to decide about is answered so, too", fact.KindSignupMoved, "",
			fact.SignupMoved{Signup: "su", State: schema.Undecided, From: schema.Held, Confirmed: true}, nil, "f0.1 anna@example.org We have your sign-up: Planting", true,
		},
		{"a sign-up that was held and is accepted", fact.KindSignupMoved, "staff", fact.SignupMoved{Signup: "su", State: schema.Accepted, From: schema.Held}, nil, "f0.1 anna@example.org Signed up: Planting", true},
		{"a sign-up that was held and waits for a place", fact.KindSignupMoved, "staff", fact.SignupMoved{Signup: "su", State: schema.Waitlisted, From: schema.Held}, nil, "f0.1 anna@example.org Waiting list: Planting", true},
		{"a sign-up that ended for another one of the same person is not announced", fact.KindSignupMoved, "staff", fact.SignupMoved{Signup: "su", State: schema.Cancelled, From: schema.Held, Joined: "other"}, nil, "", false},
		{"a place that became free", fact.KindSignupMoved, "", fact.SignupMoved{Signup: "su", State: schema.Accepted}, nil, "f0.1 anna@example.org A place has become free: Planting", true},
		{"a cancelled sign-up", fact.KindSignupMoved, "staff", fact.SignupMoved{Signup: "su", State: schema.Cancelled}, nil, "f0.1 anna@example.org Sign-up withdrawn: Planting", false},
		{"a sign-up moved to the waiting list is not announced", fact.KindSignupMoved, "staff", fact.SignupMoved{Signup: "su", State: schema.Waitlisted}, nil, "", false},
		{"a fact of another kind is passed over", fact.KindDefinitionSet, "staff", fact.DefinitionSet{Version: 2}, nil, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			if tt.prepare != nil {
				tt.prepare(o)
			}
			o.write(0, tt.kind, tt.by, tt.data)
			if got := o.deliver(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if len(o.sent) > 0 && strings.Contains(o.sent[0].Text, "/town/signups/su/cancel?token=token-of-su") != tt.cancel {
				t.Errorf("the link to withdraw, want %v:\n%s", tt.cancel, o.sent[0].Text)
			}
			if got := o.deliver(); got != "" {
				t.Errorf("sent twice: %q", got)
			}
		})
	}
}

func TestAFailedLetterHoldsUpItsLaneOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, lane := range []int{0, 0, 1} {
		o.write(lane, fact.KindSignup, "", fact.Signup{Signup: "su", State: schema.Accepted})
	}
	o.fail = func(m mail.Message) error {
		if m.ID == "f0.1" {
			return errors.New("the server is away")
		}
		return nil
	}
	if got := o.deliver(); got != "f1.1 anna@example.org We have your sign-up: Planting" {
		t.Errorf("sent %q", got)
	}
	if err := o.CatchUp(t.Context()); err == nil {
		t.Error("the failure is not reported")
	}
	o.fail = nil
	if got := o.deliver(); got != "f0.1 anna@example.org We have your sign-up: Planting\nf0.2 anna@example.org We have your sign-up: Planting" {
		t.Errorf("the retry sent %q", got)
	}
}

// Without a further fact, letters that failed are sent by the schedule, and then no project is behind.
func TestLettersThatFailedAreSentByTheSchedule(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.write(0, fact.KindSignup, "", fact.Signup{Signup: "su", State: schema.Accepted})
	behind := func() []string {
		t.Helper()
		ids, err := o.progress.Behind(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	o.fail = func(mail.Message) error { return errors.New("the server is away") }
	for range 2 {
		if err := o.CatchUpWith(t.Context(), "town"); err == nil {
			t.Fatal("the failure is not reported")
		}
		if ids := behind(); !slices.Equal(ids, []string{"town"}) {
			t.Fatalf("%v are behind, want the town", ids)
		}
	}
	o.fail = nil
	if err := o.Retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(o.sent) != 1 || len(behind()) != 0 {
		t.Errorf("sent %v, behind are %v", o.sent, behind())
	}
	if err := o.Retry(t.Context()); err != nil || len(o.sent) != 1 {
		t.Errorf("%v, sent %v", err, o.sent)
	}
}

func TestARefusedLetterHoldsUpNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.write(0, fact.KindSignup, "", fact.Signup{Signup: "su", State: schema.Accepted})
	o.write(0, fact.KindSignup, "", fact.Signup{Signup: "su"})
	o.fail = func(m mail.Message) error {
		if m.ID == "f0.1" {
			return fmt.Errorf("no such mailbox: %w", mail.ErrRefused)
		}
		return nil
	}
	if got := o.deliver(); got != "f0.2 anna@example.org We have your sign-up: Planting" {
		t.Errorf("sent %q", got)
	}
	if got := o.deliver(); got != "" {
		t.Errorf("the refused letter is retried: %q", got)
	}
}

func TestARetrySkipsTheStaffWhoGotTheirLetter(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.staff["coordinator"] = []string{"a@example.org", "b@example.org", "c@example.org"}
	o.write(0, fact.KindReportDue, "", fact.ReportDue{Snapshot: "sn", Day: "2026-06-30"})
	o.fail = func(m mail.Message) error {
		if m.To == "b@example.org" {
			return errors.New("the server is away")
		}
		return nil
	}
	const subject = " Report to approve, as of 30\u00a0June\u00a02026: Town"
	if got := o.deliver(); got != "f0.1-a@example.org a@example.org"+subject {
		t.Errorf("sent %q", got)
	}
	o.fail = nil
	if got, want := o.deliver(), "f0.1-b@example.org b@example.org"+subject+"\nf0.1-c@example.org c@example.org"+subject; got != want {
		t.Errorf("the retry sent %q, want %q", got, want)
	}
}

func TestAnApprovedReportIsSentToFundersOnce(t *testing.T) {
	t.Parallel()
	const letter = "sn-funder@example.org funder@example.org Report as of 30\u00a0June\u00a02026: Town"
	for _, tt := range []struct {
		name  string
		state string
		due   []string
		facts []any
		want  string
	}{
		{"approved when it was due", snapshot.Approved, []string{"2026-06-30"}, []any{fact.SnapshotDecided{Snapshot: "sn", State: snapshot.Approved}}, letter},
		{
			"approved twice", snapshot.Approved, []string{"2026-06-30"},
			[]any{fact.SnapshotDecided{Snapshot: "sn", State: snapshot.Approved}, fact.SnapshotDecided{Snapshot: "sn", State: snapshot.Approved}}, letter,
		},
		{"approved before it was due", snapshot.Approved, nil, []any{fact.SnapshotDecided{Snapshot: "sn", State: snapshot.Approved}, fact.ReportDue{Snapshot: "sn", Day: "2026-06-30"}}, letter},
		{"no report was due", snapshot.Approved, nil, []any{fact.SnapshotDecided{Snapshot: "sn", State: snapshot.Approved}}, ""},
		{"rejected", snapshot.Rejected, []string{"2026-06-30"}, []any{fact.SnapshotDecided{Snapshot: "sn", State: snapshot.Rejected}}, ""},
		{"approved and rejected since", snapshot.Rejected, []string{"2026-06-30"}, []any{fact.SnapshotDecided{Snapshot: "sn", State: snapshot.Approved}}, ""},
		{"rejected before it was due", snapshot.Rejected, nil, []any{fact.ReportDue{Snapshot: "sn", Day: "2026-06-30"}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.staff = map[string][]string{"coordinator": {"office@example.org"}, "funder": {"funder@example.org"}}
			o.kept.State, o.reports = tt.state, tt.due
			for _, data := range tt.facts {
				kind := fact.KindSnapshotDecided
				if _, due := data.(fact.ReportDue); due {
					kind = fact.KindReportDue
				}
				o.write(0, kind, "", data)
			}
			if got := o.deliver(); got != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
			if len(o.sent) > 0 && len(o.sent[0].Files) != 2 {
				t.Errorf("%d files are attached, want a PDF and a workbook", len(o.sent[0].Files))
			}
		})
	}
}

func TestARejectedFileIsReportedToItsSender(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		upload uploads.Upload
		want   string
	}{
		{"to the member of the staff who uploaded it", uploads.Upload{Owner: "radio", By: "eva@example.org"}, "eva@example.org"},
		{"to all of a partner whose own system put it", uploads.Upload{Owner: "radio"}, "one@radio.example.org two@radio.example.org"},
		{"to the office, for an uploader without an address", uploads.Upload{Owner: uploads.Office, By: "248289761001"}, "office@example.org"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.staff = map[string][]string{"coordinator": {"office@example.org"}, "partner:radio": {"one@radio.example.org", "two@radio.example.org"}}
			o.upload = tt.upload
			o.found.Errors = []uploads.Finding{{Row: 2, Column: "reach", Value: "many", Problem: schema.Problem{Field: "reach", Code: schema.NotANumber}}}
			o.write(0, fact.KindUploadRejected, "", fact.UploadRejected{Upload: "up"})
			o.deliver()
			var to []string
			for _, m := range o.sent {
				to = append(to, m.To)
				if !strings.Contains(m.Text, "https://tracker.example.org/town/uploads/up") || !strings.Contains(m.Text, "many") {
					t.Errorf("the letter lacks the cell or the link:\n%s", m.Text)
				}
			}
			if got := strings.Join(to, " "); got != tt.want {
				t.Errorf("sent to %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOldTasksAreNotSent(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]int{36 * time.Hour: 1, 36*time.Hour + time.Second: 0} {
		o := newOffice(t)
		o.staff["coordinator"] = []string{"office@example.org"}
		o.now = func() time.Time { return day.Add(age) }
		o.write(0, fact.KindAttentionNoted, "", fact.AttentionNoted{Day: "2026-06-10", Counts: []byte(`{"held":2}`)})
		o.deliver()
		if len(o.sent) != want {
			t.Errorf("%d letters after %s, want %d", len(o.sent), age, want)
		}
	}
}

func TestALeasedProjectIsWaitedFor(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.write(0, fact.KindSignup, "", fact.Signup{Signup: "su", State: schema.Accepted})
	lease, err := o.progress.Acquire(t.Context(), "town", "another", time.Hour, fact.Heads{1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := o.CatchUp(ctx); !errors.Is(err, context.Canceled) || len(o.sent) > 0 {
		t.Errorf("got %v and %d letters while another process sends", err, len(o.sent))
	}
	if err := lease.Release(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if got := o.deliver(); got != "f0.1 anna@example.org We have your sign-up: Planting" {
		t.Errorf("sent %q once the lease was released", got)
	}
}

func TestLetterThatIsRefusedForNowIsTriedAgainAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.staff[coordinator] = []string{"one@example.org", "two@example.org"}
	o.write(0, fact.KindSignup, "", fact.Signup{Signup: "su", State: schema.Accepted})
	o.write(0, fact.KindAttentionNoted, "", fact.AttentionNoted{Day: "2026-06-09", Counts: json.RawMessage(`{"held":1}`)})
	refused := map[string]bool{"anna@example.org": true, "two@example.org": true}
	tried := map[string]int{}
	o.fail = func(m mail.Message) error {
		tried[m.To]++
		if refused[m.To] {
			return fmt.Errorf("sandbox: %w", mail.ErrPostponed)
		}
		return nil
	}
	postponed := func() int {
		t.Helper()
		n, err := o.progress.(*notices.Store).CountPostponed(t.Context(), "town")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for range 2 {
		if err := o.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(o.sent) != 1 || o.sent[0].To != "one@example.org" || tried["anna@example.org"] != 1 || postponed() != 2 {
		t.Fatalf("sent %v, tried %v, %d postponed", o.sent, tried, postponed())
	}
	delete(refused, "anna@example.org")
	if err := o.Retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(o.sent) != 2 || o.sent[1].To != "anna@example.org" || tried["two@example.org"] != 2 || tried["one@example.org"] != 1 || postponed() != 1 {
		t.Fatalf("sent %v, tried %v, %d postponed", o.sent, tried, postponed())
	}
	delete(refused, "two@example.org")
	for range 2 {
		if err := o.Retry(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(o.sent) != 3 || o.sent[2].To != "two@example.org" || tried["two@example.org"] != 3 || postponed() != 0 {
		t.Fatalf("sent %v, tried %v, %d postponed", o.sent, tried, postponed())
	}
}

func TestLetterIsGivenUpAfterFourWeeks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.write(0, fact.KindSignup, "", fact.Signup{Signup: "su", State: schema.Accepted})
	o.fail = func(mail.Message) error { return mail.ErrPostponed }
	if err := o.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	since := o.progress.(*notices.Store).Now()
	for _, tt := range []struct {
		after time.Duration
		kept  int
	}{{PostponedFor - time.Hour, 1}, {PostponedFor + time.Hour, 0}} {
		o.now = func() time.Time { return since.Add(tt.after) }
		if err := o.Retry(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, err := o.progress.(*notices.Store).CountPostponed(t.Context(), "town"); err != nil || n != tt.kept {
			t.Errorf("after %s %d are postponed: %v", tt.after, n, err)
		}
	}
}
