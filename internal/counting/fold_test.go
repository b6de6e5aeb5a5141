package counting_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"outreach/internal/counting"
	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// factScript is a history written by hand.
type factScript struct {
	t *testing.T
	history
}

// noon is noon of a day of March 2010.
func noon(day int) time.Time { return time.Date(2010, 3, day, 12, 0, 0, 0, time.UTC) }

func (s *factScript) add(kind string, at time.Time, data any) {
	s.t.Helper()
	f, err := fact.New(fmt.Sprintf("f%d", len(s.facts)), kind, at, "", data)
	if err != nil {
		s.t.Fatal(err)
	}
	s.facts = append(s.facts, f)
}

func (s *factScript) attendance(id string, version int, at time.Time, person, date, hours string) {
	s.add(fact.KindRecordEntered, at, fact.RecordEntered{Record: id, Version: version, Kind: "attendance", Person: person, Values: stored("attendance", "training", date, hours, "completed")})
}

// file adds the acceptance of a file of attendance or media.
func (s *factScript) file(id, kind, owner, object string, arrived time.Time, lines ...fact.Line) {
	for i := range lines {
		lines[i].Row = i + 2
	}
	s.packs[counting.Pack{Upload: id}] = lines
	s.add(fact.KindUploadAccepted, arrived, fact.UploadAccepted{Upload: id, Kind: kind, Owner: owner, Object: object, Arrived: arrived, Rows: len(lines), Packs: 1})
}

func attended(person, date, hours string) fact.Line {
	return fact.Line{Person: person, Values: schema.Row{"training", date, hours, "completed"}}
}

func aired(title, reach string) fact.Line {
	return fact.Line{Values: schema.Row{"2010-03-01", "", "tv", "", title, "Outlet", reach, "", "", "", ""}}
}

func (s *factScript) signup(id, entry, person string, at time.Time, state, sex, upload string) {
	values := schema.ValuesOf(map[string]string{"activity": "training", "sex": sex})
	s.add(fact.KindSignup, at, fact.Signup{Signup: id, Entry: entry, Person: person, Submitted: at, State: state, Upload: upload, Values: values})
}

func (s *factScript) compile(asOf string) counting.Figures {
	s.t.Helper()
	f := counting.New(schema.Builtin())
	s.apply(s.t, f, s.facts)
	found, err := counting.Compile(definition, mustRules(s.t, definition), f.Live(), asOf)
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// figure returns the achieved value of an indicator.
func figure(found counting.Figures, code string) string {
	i := slices.IndexFunc(found.Indicators, func(in snapshot.Indicator) bool { return in.Code == code })
	return string(found.Indicators[i].Achieved)
}

func TestWhatCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		script func(*factScript)
		want   map[string]string // by indicator
	}{
		{"a record typed after a file arrived corrects its row", func(s *factScript) {
			s.file("u1", "attendance", "coordinator", "o1", noon(1), attended("p1", "2010-03-01", "1"))
			s.attendance("r1", 1, noon(2), "p1", "2010-03-01", "2")
		}, map[string]string{"hours": "2", "trained": "1"}},
		{"a file that arrived after a record was typed corrects it", func(s *factScript) {
			s.attendance("r1", 1, noon(1), "p1", "2010-03-01", "2")
			s.file("u1", "attendance", "coordinator", "o1", noon(2), attended("p1", "2010-03-01", "1"))
		}, map[string]string{"hours": "1"}},
		{"a record changed again moves to its new time", func(s *factScript) {
			s.attendance("r1", 1, noon(1), "p1", "2010-03-01", "2")
			s.file("u1", "attendance", "coordinator", "o1", noon(2), attended("p1", "2010-03-01", "1"))
			s.attendance("r1", 2, noon(3), "p1", "2010-03-01", "3")
		}, map[string]string{"hours": "3"}},
		{"a record changed to another day leaves its old one", func(s *factScript) {
			s.attendance("r1", 1, noon(1), "p1", "2010-03-01", "2")
			s.file("u1", "attendance", "coordinator", "o1", noon(0), attended("p1", "2010-03-01", "1"))
			s.attendance("r1", 2, noon(3), "p1", "2010-03-02", "4")
		}, map[string]string{"hours": "5"}},
		{"a voided record lets the file's row count again", func(s *factScript) {
			s.add(fact.KindRecordVoided, noon(3), fact.RecordVoided{Record: "r1", Version: 2})
			s.file("u1", "attendance", "coordinator", "o1", noon(1), attended("p1", "2010-03-01", "1"))
			s.attendance("r1", 1, noon(2), "p1", "2010-03-01", "2")
		}, map[string]string{"hours": "1"}},
		{"a lower version that comes later says nothing", func(s *factScript) {
			s.attendance("r1", 2, noon(1), "p1", "2010-03-01", "2")
			s.attendance("r1", 1, noon(2), "p1", "2010-03-01", "1")
		}, map[string]string{"hours": "2"}},
		{"a version that was both written and voided is void", func(s *factScript) {
			s.add(fact.KindRecordVoided, noon(1), fact.RecordVoided{Record: "r1", Version: 1})
			s.attendance("r1", 1, noon(2), "p1", "2010-03-01", "1")
			s.attendance("r2", 1, noon(2), "p1", "2010-03-02", "2")
			s.add(fact.KindRecordVoided, noon(1), fact.RecordVoided{Record: "r2", Version: 1})
		}, map[string]string{"hours": "0"}},
		{"a withdrawn correction lets the first file count again", func(s *factScript) {
			s.file("u1", "attendance", "coordinator", "o1", noon(1), attended("p1", "2010-03-01", "1"))
			s.file("u2", "attendance", "coordinator", "o2", noon(2), attended("p1", "2010-03-01", "2"), attended("p2", "2010-03-01", "4"))
			s.add(fact.KindUploadWithdrawn, noon(3), fact.UploadWithdrawn{Upload: "u2"})
		}, map[string]string{"hours": "1", "trained": "1"}},
		{"of files that arrived at once the one with the later key counts", func(s *factScript) {
			s.file("u1", "attendance", "coordinator", "b", noon(1), attended("p1", "2010-03-01", "1"))
			s.file("u2", "attendance", "coordinator", "a", noon(1), attended("p1", "2010-03-01", "2"))
		}, map[string]string{"hours": "1"}},
		{"of a row that stands in a file twice the last counts", func(s *factScript) {
			s.file("u1", "attendance", "coordinator", "o1", noon(1), attended("p1", "2010-03-01", "1"), attended("p1", "2010-03-01", "2"))
		}, map[string]string{"hours": "2"}},
		{"case and outer spaces make no other airing", func(s *factScript) {
			s.file("u1", "media", "tv-partner", "o1", noon(1), aired("Łatwiej razem", "10"))
			s.file("u2", "media", "tv-partner", "o2", noon(2), aired(" ŁATWIEJ RAZEM ", "20"))
		}, map[string]string{"reach": "20"}},
		{"case and outer spaces make no other distinct value", func(s *factScript) {
			s.add(fact.KindRecordEntered, noon(1), fact.RecordEntered{Record: "r1", Version: 1, Kind: "output", Values: stored("output", "2010-03-01", "leaflet", "1", "Film", "")})
			s.add(fact.KindRecordEntered, noon(1), fact.RecordEntered{Record: "r2", Version: 1, Kind: "output", Values: stored("output", "2010-03-02", "leaflet", "1", " FILM", "")})
		}, map[string]string{"titles": "1"}},
		{"two partners have two airings", func(s *factScript) {
			s.file("u1", "media", "tv-partner", "o1", noon(1), aired("Title", "10"))
			s.file("u2", "media", "radio-partner", "o2", noon(2), aired("Title", "20"))
		}, map[string]string{"reach": "30"}},
		{"what two ids of one person did is one person's", func(s *factScript) {
			s.attendance("r1", 1, noon(1), "p1", "2010-03-01", "1")
			s.attendance("r2", 1, noon(2), "p2", "2010-03-01", "2")
			s.attendance("r3", 1, noon(1), "p3", "2010-03-02", "4")
			s.add(fact.KindPersonMerged, noon(3), fact.PersonMerged{Person: "p1", Into: "p2"})
			s.add(fact.KindPersonMerged, noon(3), fact.PersonMerged{Person: "p2", Into: "p3"})
		}, map[string]string{"trained": "1", "hours": "6"}},
		{"people merged in a circle are one", func(s *factScript) {
			s.attendance("r1", 1, noon(1), "p1", "2010-03-01", "1")
			s.attendance("r2", 1, noon(1), "p2", "2010-03-02", "1")
			s.attendance("r3", 1, noon(1), "p3", "2010-03-03", "1")
			s.add(fact.KindPersonMerged, noon(3), fact.PersonMerged{Person: "p1", Into: "p2"})
			s.add(fact.KindPersonMerged, noon(3), fact.PersonMerged{Person: "p2", Into: "p3"})
			s.add(fact.KindPersonMerged, noon(3), fact.PersonMerged{Person: "p3", Into: "p1"})
		}, map[string]string{"trained": "1", "hours": "3"}},
		{"sign-ups of a file count once it is accepted", func(s *factScript) {
			s.signup("s1", "e1", "p1", noon(1), "accepted", "", "u1")
		}, map[string]string{"places": "0"}},
		{"sign-ups of an accepted file count", func(s *factScript) {
			s.signup("s1", "e1", "p1", noon(1), "accepted", "", "u1")
			s.add(fact.KindUploadAccepted, noon(1), fact.UploadAccepted{Upload: "u1", Kind: "signups", Arrived: noon(1), Packs: 1})
		}, map[string]string{"places": "1"}},
		{"sign-ups of a withdrawn file are cancelled, though the form was sent again", func(s *factScript) {
			s.add(fact.KindUploadWithdrawn, noon(2), fact.UploadWithdrawn{Upload: "u1"})
			s.signup("s1", "e1", "p1", noon(1), "accepted", "", "u1")
			s.signup("s1", "e2", "p1", noon(2), "", "", "")
			s.add(fact.KindUploadAccepted, noon(1), fact.UploadAccepted{Upload: "u1", Kind: "signups", Arrived: noon(1)})
		}, map[string]string{"places": "0", "activities": "0"}},
		{"a cancelled sign-up does not count, one anew does", func(s *factScript) {
			s.add(fact.KindSignupMoved, noon(2), fact.SignupMoved{Signup: "s1", Version: 2, State: "cancelled"})
			s.signup("s1", "e1", "p1", noon(1), "accepted", "", "")
			s.signup("s2", "e2", "p1", noon(3), "accepted", "", "")
		}, map[string]string{"places": "1", "activities": "1"}},
		{"a cancelled sign-up does not count", func(s *factScript) {
			s.signup("s1", "e1", "p1", noon(1), "accepted", "", "")
			s.add(fact.KindSignupMoved, noon(2), fact.SignupMoved{Signup: "s1", Version: 2, State: "cancelled"})
		}, map[string]string{"places": "0", "activities": "0"}},
		{"two sign-ups of one merged person are one, in the better state", func(s *factScript) {
			s.signup("s1", "e1", "p1", noon(1), "waitlisted", "", "")
			s.signup("s2", "e2", "p2", noon(2), "accepted", "", "")
			s.add(fact.KindPersonMerged, noon(3), fact.PersonMerged{Person: "p1", Into: "p2"})
		}, map[string]string{"places": "1"}},
		{"two accepted sign-ups of one merged person are one", func(s *factScript) {
			s.signup("s1", "e1", "p1", noon(1), "accepted", "", "")
			s.signup("s2", "e2", "p2", noon(2), "accepted", "", "")
			s.add(fact.KindPersonMerged, noon(3), fact.PersonMerged{Person: "p1", Into: "p2"})
		}, map[string]string{"places": "1"}},
		{"rows of two files about one merged person are one record", func(s *factScript) {
			s.file("u1", "attendance", "coordinator", "o1", noon(1), attended("p1", "2010-03-01", "1"))
			s.file("u2", "attendance", "coordinator", "o2", noon(2), attended("p2", "2010-03-01", "2"))
			s.add(fact.KindPersonMerged, noon(3), fact.PersonMerged{Person: "p1", Into: "p2"})
		}, map[string]string{"trained": "1", "hours": "2"}},
		{"a member that moves no longer have changes nothing", func(s *factScript) {
			s.signup("s1", "e1", "p1", noon(1), "held", "female", "")
			s.add(fact.KindSignupMoved, noon(2), map[string]any{"signup": "s1", "version": 2, "state": "accepted", "person": "p2"})
			s.attendance("r1", 1, noon(1), "p1", "2010-03-01", "1")
		}, map[string]string{"places": "1", "sexes": "1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &factScript{t: t, history: history{packs: map[counting.Pack][]fact.Line{}}}
			c.script(s)
			found := s.compile("2010-06-20")
			for code, want := range c.want {
				if got := figure(found, code); got != want {
					t.Errorf("%s is %s, want %s", code, got, want)
				}
			}
		})
	}
}

func TestAttributesAreThoseAtEntry(t *testing.T) {
	t.Parallel()
	sexAt := func(asOf string, script func(*factScript)) string {
		s := &factScript{t: t, history: history{packs: map[counting.Pack][]fact.Line{}}}
		s.attendance("r1", 1, noon(1), "p1", "2010-01-10", "1")
		script(s)
		for _, part := range s.compile(asOf).Participants.By["sex"] {
			if part.People == 1 {
				return part.Code
			}
		}
		return "none"
	}
	for _, c := range []struct {
		name, asOf string
		script     func(*factScript)
		want       string
	}{
		{"nobody signed up", "2010-06-20", func(*factScript) {}, "unknown"},
		{"the earliest that gives it counts, not the first to come", "2010-06-20", func(s *factScript) {
			s.signup("s1", "e2", "p1", noon(5), "accepted", "male", "")
			s.signup("s1", "e1", "p1", noon(6), "", "female", "")
			s.signup("s2", "e3", "p1", noon(4), "", "other", "") // of a sign-up that no one made
		}, "male"},
		{"a form sent again may be the first to give it", "2010-06-20", func(s *factScript) {
			s.signup("s1", "e1", "p1", noon(5), "accepted", "", "")
			s.signup("s1", "e2", "p1", noon(6), "", "female", "")
		}, "female"},
		{"at one instant the smaller entry counts", "2010-06-20", func(s *factScript) {
			s.signup("s1", "e2", "p1", noon(5), "accepted", "male", "")
			s.signup("s1", "e1", "p1", noon(5), "", "female", "")
		}, "female"},
		{"a sign-up before the period tells it", "2010-06-20", func(s *factScript) {
			s.signup("s1", "e1", "p1", time.Date(2009, 12, 1, 0, 0, 0, 0, time.UTC), "accepted", "female", "")
		}, "female"},
		{"a sign-up after the day does not", "2010-03-04", func(s *factScript) {
			s.signup("s1", "e1", "p1", noon(5), "accepted", "female", "")
		}, "unknown"},
		{"a form sent again after the day does not", "2010-03-05", func(s *factScript) {
			s.signup("s1", "e1", "p1", noon(5), "accepted", "", "")
			s.signup("s1", "e2", "p1", noon(6), "", "female", "")
		}, "unknown"},
		{"a cancelled sign-up does not", "2010-06-20", func(s *factScript) {
			s.signup("s1", "e1", "p1", noon(5), "accepted", "female", "")
			s.add(fact.KindSignupMoved, noon(6), fact.SignupMoved{Signup: "s1", Version: 2, State: "cancelled"})
		}, "unknown"},
		{"a row of a withdrawn file does not", "2010-06-20", func(s *factScript) {
			s.signup("s1", "e1", "p1", noon(5), "accepted", "", "")
			s.signup("s1", "e2", "p1", noon(4), "", "female", "u1")
			s.add(fact.KindUploadAccepted, noon(5), fact.UploadAccepted{Upload: "u1", Kind: "signups", Arrived: noon(5)})
			s.add(fact.KindUploadWithdrawn, noon(6), fact.UploadWithdrawn{Upload: "u1"})
		}, "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := sexAt(c.asOf, c.script); got != c.want {
				t.Errorf("sex is %s, want %s", got, c.want)
			}
		})
	}
}

func TestApplyRefusesInvalidFacts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, kind, data string }{
		{"no JSON", fact.KindRecordEntered, `{`},
		{"a record without an id", fact.KindRecordEntered, `{"version":1,"kind":"output","row":["2010-01-01","kit","1","T"]}`},
		{"a record without a version", fact.KindRecordEntered, `{"record":"r1","kind":"output","row":["2010-01-01","kit","1","T"]}`},
		{"an unknown kind of record", fact.KindRecordEntered, `{"record":"r1","version":1,"kind":"song","row":[]}`},
		{"attendance of nobody", fact.KindRecordEntered, `{"record":"r1","version":1,"kind":"attendance","row":["training","2010-01-01","","completed"]}`},
		{"a record without a date", fact.KindRecordEntered, `{"record":"r1","version":1,"kind":"output","row":["","kit","1","T"]}`},
		{"a row too short for its date", fact.KindRecordEntered, `{"record":"r1","version":1,"kind":"attendance","person":"p1","row":["training"]}`},
		{"a row too long", fact.KindRecordEntered, `{"record":"r1","version":1,"kind":"output","row":["2010-01-01","kit","1","T","","more"]}`},
		{"a day that no month has", fact.KindRecordEntered, `{"record":"r1","version":1,"kind":"output","row":["2010-02-29","kit","1","T"]}`},
		{"a date written otherwise", fact.KindRecordEntered, `{"record":"r1","version":1,"kind":"output","row":["1.2.2010","kit","1","T"]}`},
		{"a quantity that is none", fact.KindRecordEntered, `{"record":"r1","version":1,"kind":"output","row":["2010-01-01","kit","1,5","T"]}`},
		{"a number with a zero before it", fact.KindRecordEntered, `{"record":"r1","version":1,"kind":"output","row":["2010-01-01","kit","01","T"]}`},
		{"hours with a zero after them", fact.KindRecordEntered, `{"record":"r1","version":1,"kind":"attendance","person":"p1","row":["training","2010-01-01","1.50","completed"]}`},
		{"hours below zero", fact.KindRecordEntered, `{"record":"r1","version":1,"kind":"attendance","person":"p1","row":["training","2010-01-01","-1.5","completed"]}`},
		{"hours that are endless", fact.KindRecordEntered, `{"record":"r1","version":1,"kind":"attendance","person":"p1","row":["training","2010-01-01","+Inf","completed"]}`},
		{"a void of nothing", fact.KindRecordVoided, `{"version":2}`},
		{"a file without an id", fact.KindUploadAccepted, `{"kind":"media","arrived":"2010-01-01T00:00:00Z"}`},
		{"a file of an unknown kind", fact.KindUploadAccepted, `{"upload":"u1","kind":"songs","arrived":"2010-01-01T00:00:00Z"}`},
		{"a file with fewer packs than none", fact.KindUploadAccepted, `{"upload":"u1","kind":"media","packs":-1,"arrived":"2010-01-01T00:00:00Z"}`},
		{"a file with too many packs", fact.KindUploadAccepted, `{"upload":"u1","kind":"media","packs":1000000000,"arrived":"2010-01-01T00:00:00Z"}`},
		{"a file that never arrived", fact.KindUploadAccepted, `{"upload":"u1","kind":"media"}`},
		{"a withdrawal of nothing", fact.KindUploadWithdrawn, `{}`},
		{"a merge into nobody", fact.KindPersonMerged, `{"person":"p1"}`},
		{"a sign-up without an id", fact.KindSignup, `{"entry":"e1","person":"p1","submitted_at":"2010-01-01T00:00:00Z","row":[]}`},
		{"a sign-up without an entry", fact.KindSignup, `{"signup":"s1","person":"p1","submitted_at":"2010-01-01T00:00:00Z","row":[]}`},
		{"a sign-up of nobody", fact.KindSignup, `{"signup":"s1","entry":"e1","submitted_at":"2010-01-01T00:00:00Z","row":[]}`},
		{"a sign-up at no time", fact.KindSignup, `{"signup":"s1","entry":"e1","person":"p1","row":[]}`},
		{"a move of nothing", fact.KindSignupMoved, `{"version":2,"state":"accepted"}`},
	} {
		f := counting.New(schema.Builtin())
		err := f.Apply(fact.Fact{ID: "01FACT", Kind: c.kind, At: noon(1), Data: json.RawMessage(c.data)})
		if err == nil || !strings.Contains(err.Error(), "01FACT") {
			t.Errorf("%s: error %v", c.name, err)
		}
		if live := f.Live().Dump(); len(live) > 0 || len(f.MissingPacks()) > 0 {
			t.Errorf("%s: left %v behind", c.name, live)
		}
	}
}

func TestFilesCountOnceAllPacksAreAdded(t *testing.T) {
	t.Parallel()
	f := counting.New(schema.Builtin())
	accepted, err := fact.New("f1", fact.KindUploadAccepted, noon(1), "", fact.UploadAccepted{Upload: "u1", Kind: "media", Owner: "tv-partner", Arrived: noon(1), Rows: 2, Packs: 2})
	if err != nil {
		t.Fatal(err)
	}
	add := func(pack int, line fact.Line) {
		t.Helper()
		if err := f.AddRows("u1", pack, packed("media", line)); err != nil {
			t.Fatal(err)
		}
	}
	first, second := aired("First", "10"), aired("Second", "20")
	first.Row, second.Row = 2, 3
	add(0, first) // no one knows the file yet
	if err := f.Apply(accepted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]counting.Pack{{Upload: "u1", Number: 0}, {Upload: "u1", Number: 1}}, f.MissingPacks()); diff != "" {
		t.Errorf("wanted at first (-want +got)\n%s", diff)
	}
	add(1, second)
	add(1, first)
	if live := f.Live().Dump(); len(live) > 0 {
		t.Errorf("half a file counts: %v", live)
	}
	bad := aired("Bad", "many")
	bad.Row = 2
	if err := f.AddRows("u1", 0, packed("media", first, bad)); err == nil || !strings.Contains(err.Error(), "u1, row 2") {
		t.Errorf("a bad row: %v", err)
	}
	add(0, first)
	add(0, second)
	add(2, second)
	if live := f.Live().Dump(); len(live) != 2 || len(f.MissingPacks()) > 0 {
		t.Errorf("live are %v, wanted %v", live, f.MissingPacks())
	}
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	s := &factScript{t: t, history: history{packs: map[counting.Pack][]fact.Line{}}}
	s.attendance("01R2", 1, noon(1), "p1", "2010-03-01", "1")
	s.attendance("01R1", 1, noon(1), "p1", "2010-03-02", "1")
	s.attendance("01R3", 1, noon(1), "p3", "2010-03-01", "1")
	s.add(fact.KindRecordEntered, noon(1), fact.RecordEntered{Record: "01R0", Version: 1, Kind: "consultation", Person: "p1", Values: stored("consultation", "2010-03-01", "law", "60", "phone", "", "", "")})
	s.file("u1", "attendance", "coordinator", "o1", noon(2), attended("p2", "2010-02-01", "1"))
	s.add(fact.KindPersonMerged, noon(3), fact.PersonMerged{Person: "p3", Into: "p1"})
	s.signup("01S1", "e1", "p2", time.Date(2010, 2, 28, 23, 30, 0, 0, time.UTC), "accepted", "", "")
	found := s.compile("2010-06-20")
	line := snapshot.Evidence{ID: fact.LineID("u1", noon(2), 2), Kind: "attendance", Date: "2010-02-01", Person: "p2", Upload: "u1", Row: 2}
	attendance := func(id, date string) snapshot.Evidence {
		return snapshot.Evidence{ID: id, Kind: "attendance", Date: date, Person: "p1"}
	}
	bare := func(code string) (out []snapshot.Evidence) {
		for one := range found.Evidence(code) {
			out = append(out, one.Evidence)
		}
		return out
	}
	// The merged records of one day are one thing, of which the later id counts.
	for code, want := range map[string][]snapshot.Evidence{
		"trained":                     {line, attendance("01R3", "2010-03-01"), attendance("01R1", "2010-03-02")},
		"places":                      {{ID: "01S1", Kind: "signup", Date: "2010-03-01", Person: "p2"}},
		"reach":                       nil,
		counting.ParticipantsEvidence: {line, {ID: "01R0", Kind: "consultation", Date: "2010-03-01", Person: "p1"}, attendance("01R3", "2010-03-01"), attendance("01R1", "2010-03-02")},
	} {
		if diff := cmp.Diff(want, bare(code)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", code, diff)
		}
		for range found.Evidence(code) {
			break // a caller that stops early is not given more
		}
	}
}

func TestEvidenceAddsUpToTheFigure(t *testing.T) {
	t.Parallel()
	s := &factScript{t: t, history: history{packs: map[counting.Pack][]fact.Line{}}}
	s.attendance("01R1", 1, noon(1), "p1", "2010-03-01", "1.25")
	s.attendance("01R2", 1, noon(1), "p1", "2010-03-02", "2.5")
	s.attendance("01R3", 1, noon(1), "p2", "2010-03-03", "1")
	found := s.compile("2010-06-20")
	for i, figure := range append(found.Indicators, snapshot.Indicator{Code: counting.ParticipantsEvidence, Achieved: json.Number(strconv.FormatInt(found.Participants.Total, 10))}) {
		in := project.Indicator{Count: "people"}
		if i < len(definition.Indicators) {
			in = definition.Indicators[i]
		}
		total, of := json.Number("0"), 0
		for one := range found.Evidence(figure.Code) {
			total = one.Total
			n, _ := strconv.Atoi(one.Of.String())
			of += n
		}
		if !counting.AddsUp(in, figure, total, json.Number(strconv.Itoa(of))) {
			t.Errorf("%s: the records add up to %s of %d, the figure is %s", figure.Code, total, of, figure.Achieved)
		}
	}
	var adds []string
	for one := range found.Evidence("trained") {
		adds = append(adds, one.Adds.String())
	}
	if diff := cmp.Diff([]string{"1", "0", "1"}, adds); diff != "" {
		t.Errorf("what each record adds: %s", diff)
	}
}

func FuzzApply(f *testing.F) {
	for _, kind := range []string{fact.KindRecordEntered, fact.KindRecordVoided, fact.KindUploadAccepted, fact.KindSignup, fact.KindSignupMoved, fact.KindPersonMerged} {
		f.Add(kind, `{"record":"r1","version":1,"kind":"attendance","person":"p1","row":["training","2010-03-01","1.5","completed"],"upload":"u1","arrived":"2010-03-01T00:00:00Z"}`)
		f.Add(kind, `{"signup":"s1","entry":"e1","person":"p1","into":"p1","submitted_at":"2010-03-01T00:00:00Z","state":"held","row":["training"]}`)
	}
	rules := mustRules(f, definition)
	f.Fuzz(func(t *testing.T, kind, data string) {
		fold := counting.New(schema.Builtin())
		_ = fold.Apply(fact.Fact{ID: "f1", Kind: kind, At: noon(1), Data: json.RawMessage(data)})
		_ = fold.AddRows("u1", 0, packed("attendance", attended("p1", "2010-03-01", "1")))
		if _, err := counting.Compile(definition, rules, fold.Live(), "2010-06-20"); err != nil {
			t.Fatal(err)
		}
	})
}
