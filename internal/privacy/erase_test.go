package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"outreach/internal/access"
	"outreach/internal/attachments"
	"outreach/internal/fact"
	"outreach/internal/hooks"
	"outreach/internal/objects/folder"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/snapshots"
	"outreach/internal/sources"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/table"
	"outreach/internal/table/tabletest"
	"outreach/internal/uploads"
)

const pesel = "44051401359"

func open(t *testing.T) *Store { return on(storetest.New(t)) }

// on returns a Store on a base, with all features that it needs.
func on(db *store.DB) *Store {
	defined, persons, kept := projects.New(db), people.New(db), snapshots.New(db)
	signedUp := signups.New(db, defined, persons)
	files := uploads.New(db, persons, signedUp, kept)
	attached := attachments.New(db)
	return New(db, defined, persons, signedUp, files, attached, records.New(db, persons, files, attached), kept, access.New(db), hooks.New(db, signedUp, sources.New(db)))
}

func named(t *testing.T, s *Store, email, first, last string) string {
	t.Helper()
	id, err := s.persons.Resolve(context.Background(), "p", schema.PersonRef{Email: email}, people.Names{First: first, Last: last})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// beside returns a Store on the same tables that calls before ahead of each call of a table.
func beside(s *Store, before func(table.Table, tabletest.Call)) *Store {
	out := on(storetest.Reopen(s.db))
	faulty := func(inner table.Table) table.Table {
		return &tabletest.Faulty{Table: inner, Before: func(c tabletest.Call) error { before(inner, c); return nil }}
	}
	out.db.Tracker, out.db.People = faulty(s.db.Tracker), faulty(s.db.People)
	return out
}

// TestKeyAddedDuringAnErasureIsDeleted lets a record bring another key, and a correction another
// address, before each call of an erasure.
func TestKeyAddedDuringAnErasureIsDeleted(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, bring := range map[string]func(*Store, string) error{
		"a second key": func(s *Store, id string) error {
			_, err := s.persons.Resolve(ctx, "p", schema.PersonRef{Email: "a@example.org", Pesel: pesel}, people.Names{})
			return err
		},
		"another address": func(s *Store, id string) error {
			_, err := s.persons.Correct(ctx, "p", id, "", people.Correction{FirstName: "Ewa", LastName: "Nowa", Email: "b@example.org"}, "")
			return err
		},
	} {
		met := true
		for at := 1; met; at++ {
			s := open(t)
			id := named(t, s, "a@example.org", "Anna", "Dawna")
			met = false
			calls := 0
			erasing := beside(s, func(table.Table, tabletest.Call) {
				if calls++; calls == at {
					met = true
					if err := bring(s, id); err != nil && !errors.Is(err, store.ErrNotFound) {
						t.Errorf("%s before call %d: %v", name, at, err)
					}
				}
			})
			if err := erasing.Erase(ctx, "p", id, ""); err != nil {
				t.Errorf("%s before call %d: the erasure: %v", name, at, err)
			}
			for _, k := range []people.Key{{Kind: "email", Value: "a@example.org"}, {Kind: "email", Value: "b@example.org"}, {Kind: "pesel", Value: pesel}} {
				known, err := s.persons.Holders(ctx, "p", []people.Key{k})
				if err != nil {
					t.Fatal(err)
				}
				if slices.Contains(known[k], id) {
					t.Errorf("%s before call %d: the %s still identifies the erased person", name, at, k.Kind)
				}
			}
			for _, word := range []string{"anna", "dawna", "ewa", "nowa"} {
				page, err := s.db.People.Query(ctx, table.Query{PK: "NAMEPARTS#p#" + word[:1], Prefix: word + "#" + id})
				if err != nil || len(page.Items) > 0 {
					t.Errorf("%s before call %d: the word %s is still there, %v", name, at, word, err)
				}
			}
		}
	}
}

// A key whose person no longer exists is taken over by the next person who has it.
func TestOrphanedKeyIsTakenOver(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	gone := named(t, s, "a@example.org", "Anna", "Dawna")
	if err := s.db.People.Write(ctx, table.Remove(table.Key{PK: "PERSON#p#" + gone, SK: "PERSON"}, table.Always)); err != nil {
		t.Fatal(err)
	}
	id := named(t, s, "a@example.org", "Ewa", "Nowa")
	p, err := s.persons.Person(ctx, "p", id)
	if err != nil || id == "" || id == gone || p.LastName != "Nowa" || p.Email() != "a@example.org" {
		t.Errorf("%q is %+v, %v", id, p, err)
	}
	if by, err := s.persons.Find(ctx, "p", schema.PersonRef{Email: "a@example.org"}); err != nil || by != id {
		t.Errorf("the key identifies %q, %v, want %q", by, err, id)
	}
}

// filed creates an accepted file of consultations, a row for each person, with a topic.
func filed(t *testing.T, s *Store, persons ...string) uploads.Upload {
	t.Helper()
	return filedOf(t, s, schema.Builtin().Kind(schema.Consultation), "topic", persons...)
}

// filedOf creates an accepted file of a kind, a row for each person, with a text.
func filedOf(t *testing.T, s *Store, kind *schema.Kind, text string, persons ...string) uploads.Upload {
	t.Helper()
	ctx := context.Background()
	files, err := folder.Open(t.TempDir(), "http://localhost", []byte("a secret for pre-signed requests"))
	if err != nil {
		t.Fatal(err)
	}
	s.db.Objects = files
	u := uploads.Upload{ID: s.db.NewID(), Owner: uploads.Office, State: uploads.Processing, Kind: kind.Plural, SHA256: "sum", Arrived: time.Now().UTC()}
	u.Object = uploads.ObjectKey("p", uploads.Office, u.ID)
	if err := files.Put(ctx, u.Object, strings.NewReader("a file"), ""); err != nil {
		t.Fatal(err)
	}
	packer := s.uploads.Packer(ctx, "p", u.ID, kind)
	for i, id := range persons {
		row := make(schema.Row, len(kind.Fields))
		row[kind.Index(text)] = fmt.Sprint(text+" of ", i)
		line := fact.Line{Row: i + 2, Person: id, Values: s.db.SealRow("p", kind, row)}
		if err := packer.Add(line, uploads.Fingerprint{}, kind.Private(row)); err != nil {
			t.Fatal(err)
		}
	}
	if err := packer.Close(); err != nil {
		t.Fatal(err)
	}
	u.Packs = packer.Packs
	if err := s.uploads.Mention(ctx, "p", u.ID, persons); err != nil {
		t.Fatal(err)
	}
	if err := s.uploads.AcceptUpload(ctx, "p", u, uploads.Findings{}); err != nil {
		t.Fatal(err)
	}
	return u
}

// TestConcurrentErasuresOfOneFile erases one person of a file before each call of another's erasure.
func TestConcurrentErasuresOfOneFile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	met := true
	for at := 1; met; at++ {
		s := open(t)
		a, b, c := named(t, s, "a@example.org", "Anna", "A"), named(t, s, "b@example.org", "Beata", "B"), named(t, s, "c@example.org", "Celina", "C")
		u := filed(t, s, a, b, c)
		met = false
		calls := 0
		erasing := beside(s, func(table.Table, tabletest.Call) {
			if calls++; calls == at {
				met = true
				if err := s.Erase(ctx, "p", b, ""); err != nil {
					t.Errorf("before call %d: %v", at, err)
				}
			}
		})
		erasing.db.Objects = s.db.Objects
		if err := erasing.Erase(ctx, "p", a, ""); err != nil {
			t.Fatalf("before call %d: %v", at, err)
		}
		if !met {
			break
		}
		rows, err := s.uploads.Pack(ctx, "p", u.ID, schema.Consultation, 0)
		lines := rows.Lines
		if err != nil || lines[0].Person == a || lines[1].Person == b || lines[2].Person != c {
			t.Errorf("before call %d: the rows are %+v, %v", at, lines, err)
		}
		texts, err := s.uploads.RowTexts(ctx, "p", u.ID)
		if err != nil || len(texts) != 1 || texts[4]["topic"] != "topic of 2" {
			t.Errorf("before call %d: the texts are %v, %v", at, texts, err)
		}
	}
}

// An erasure writes nothing to rows and texts that are not about the person.
func TestErasureLeavesTextsOfOthersUnchanged(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	a, b := named(t, s, "a@example.org", "Anna", "A"), named(t, s, "b@example.org", "Beata", "B")
	u := filed(t, s, a)
	if err := s.uploads.Mention(ctx, "p", u.ID, []string{b}); err != nil {
		t.Fatal(err)
	}
	if err := s.Erase(ctx, "p", b, ""); err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]struct {
		in  table.Table
		key table.Key
	}{"rows": {s.db.Tracker, table.Key{PK: "PACKS#p#" + u.ID, SK: "000000"}}, "texts": {s.db.People, people.TextKey("p", u.ID, 0)}} {
		found, err := of.in.Get(ctx, of.key)
		if err != nil || found[of.key].Rev != 1 {
			t.Errorf("the %s were written %d times, %v", name, found[of.key].Rev, err)
		}
	}
}

// asked counts queries of partitions with a prefix.
type asked struct {
	table.Table
	kind string
	n    *atomic.Int64
}

func (a asked) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if strings.HasPrefix(q.PK, a.kind) {
		a.n.Add(1)
	}
	return a.Table.Query(ctx, q)
}

// TestPurgeReadsFactsOnceForAllPeople counts the queries for facts: they must not grow with the number of people.
func TestPurgeReadsFactsOnceForAllPeople(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	const crowd, each = 400, 5
	var all []people.Newcomer
	for i := range crowd {
		all = append(all, people.Newcomer{Keys: []people.Key{{Kind: "email", Value: fmt.Sprintf("p%d@example.org", i)}}})
	}
	ids, err := s.persons.Register(ctx, "p", all)
	if err != nil {
		t.Fatal(err)
	}
	first := ids[0]
	u := filed(t, s, first)
	for range each {
		corrected, err := s.db.NewFact(fact.KindPersonCorrected, "", fact.PersonCorrected{Person: first})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.db.Log().Append(ctx, "p", slices.Repeat([]fact.Fact{corrected}, table.MostWrites)); err != nil {
			t.Fatal(err)
		}
	}
	var facts atomic.Int64
	purging := on(storetest.Reopen(s.db))
	purging.db.Objects, purging.db.Tracker = s.db.Objects, asked{s.db.Tracker, "FACT#", &facts}
	removed, err := purging.eraseAllPeople(ctx, "p")
	if err != nil || !removed {
		t.Fatal(removed, err)
	}
	// The heads are looked for, each lane is read, and facts are added at the end.
	if n := facts.Load(); n > 6*fact.Lanes {
		t.Errorf("for %d people there were %d queries for facts", crowd, n)
	}
	left, err := s.persons.Search(ctx, &project.Definition{ID: "p"}, "", 10, "")
	if err != nil || len(left.Items) > 0 {
		t.Errorf("%d people are left, %v", len(left.Items), err)
	}
	if rows, err := s.uploads.Pack(ctx, "p", u.ID, schema.Consultation, 0); err != nil || rows.Lines[0].Person == first {
		t.Errorf("the rows are %v, %v", rows.Lines, err)
	}
	heads, err := s.db.Log().Heads(ctx, "p")
	if err != nil {
		t.Fatal(err)
	}
	erased := 0
	err = s.db.Log().Read(ctx, "p", fact.Heads{}, heads, func(f fact.Fact) error {
		if f.Kind == fact.KindPersonErased {
			erased++
		}
		if strings.Contains(string(f.Data), first) {
			t.Errorf("fact %d of lane %d names the person: %s", f.Number, f.Lane, f.Data)
		}
		return nil
	})
	if err != nil || erased != crowd {
		t.Errorf("%d facts of erasures, want %d: %v", erased, crowd, err)
	}
}

// TestPersonMergedDuringTheirErasureIsErased merges a person, in either direction, before each call of their erasure.
// Where it could not be ended so, it is when it is finished, and no compile waits for ever.
func TestPersonMergedDuringTheirErasureIsErased(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, into := range []bool{true, false} {
		for at, met := 1, true; met; at++ {
			s := open(t)
			a, b := named(t, s, "a@example.org", "Anna", "A"), named(t, s, "b@example.org", "Anna", "B")
			met = false
			merged := false
			calls := 0
			erasing := beside(s, func(table.Table, tabletest.Call) {
				if calls++; calls != at {
					return
				}
				met = true
				from, to := a, b
				if !into {
					from, to = b, a
				}
				_, err := s.persons.Merge(ctx, "p", from, to, "")
				if merged = err == nil; err != nil && !errors.Is(err, store.ErrNotFound) {
					t.Errorf("before call %d: %v", at, err)
				}
			})
			if err := erasing.Erase(ctx, "p", a, ""); err != nil && !errors.Is(err, table.ErrBusy) {
				t.Fatalf("before call %d: %v", at, err)
			}
			s.db.Now = func() time.Time { return time.Now().Add(2 * longestErasure) }
			if err := s.WithStableFacts(ctx, "p", func() error { return nil }); err != nil {
				t.Errorf("merged before call %d: a compile is kept waiting: %v", at, err)
			}
			if err := s.FinishErasures(ctx, "p"); err != nil {
				t.Errorf("merged before call %d: the night after: %v", at, err)
			}
			for _, id := range []string{a, b} {
				if _, err := s.persons.Person(ctx, "p", id); store.IsNotFound(err) != (id == a || merged) {
					t.Errorf("merged before call %d: %v", at, err)
				}
			}
		}
	}
}

// The values of a project's own kind are rewritten by its own fields; without a definition of the kind no value stays.
func TestErasureRewritesRecordsOfTheProjectsOwnKinds(t *testing.T) {
	t.Parallel()
	visit := project.RecordKind{Name: "visit", Plural: "visits", Person: true, Fields: []project.RecordField{
		{ID: "date", Type: "date"}, {ID: "place", Type: "text"}, {ID: "note", Type: "text", Privacy: "sealed"}, {ID: "sex", Type: "text", Personal: true},
	}}
	for name, c := range map[string]struct {
		kinds []project.RecordKind
		want  map[string]string
	}{
		"with the kind":    {[]project.RecordKind{visit}, map[string]string{"date": "2026-05-10", "place": "Kraków"}},
		"without the kind": {nil, map[string]string{}},
	} {
		s, ctx := open(t), t.Context()
		if _, _, err := s.projects.SetDefinition(ctx, &project.Definition{ID: "p", Records: c.kinds}, []byte("text"), "", ""); err != nil {
			t.Fatal(err)
		}
		id, fresh := s.db.NewID(), s.db.NewID()
		values := schema.ValuesOf(map[string]string{"date": "2026-05-10", "place": "Kraków", "note": "a hash", "sex": "female"})
		entered, err := s.db.NewFact(fact.KindRecordEntered, "", fact.RecordEntered{Record: s.db.NewID(), Version: 1, Kind: "visit", Person: id, Values: values})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.db.Log().Append(ctx, "p", []fact.Fact{entered}); err != nil {
			t.Fatal(err)
		}
		if err := s.rewriteFacts(ctx, "p", people.FreshIDs{id: fresh, fresh: fresh}); err != nil {
			t.Fatal(err)
		}
		err = s.db.Log().ReadAll(ctx, "p", func(data []byte) bool { return strings.Contains(string(data), fact.KindRecordEntered) }, func(f fact.Fact) error {
			var after fact.RecordEntered
			if err := json.Unmarshal(f.Data, &after); err != nil {
				return err
			}
			if after.Person != fresh || !after.Values.Equal(schema.ValuesOf(c.want)) {
				t.Errorf("%s: the fact is %s", name, f.Data)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A person is erased from typed records and files of a kind that the definition no longer has; of their values nothing
// stays.
func TestErasureOfRecordsOfAKindThatTheDefinitionLost(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), t.Context()
	visits := project.RecordKind{Name: "visit", Person: true, Fields: []project.RecordField{{ID: "date", Type: "date", Key: true}, {ID: "note", Type: "text"}}}
	with, without := &project.Definition{ID: "p", Records: []project.RecordKind{visits}}, &project.Definition{ID: "p"}
	if _, _, err := s.projects.SetDefinition(ctx, with, []byte("with"), "", ""); err != nil {
		t.Fatal(err)
	}
	id, visit := named(t, s, "a@example.org", "Anna", "A"), schema.For(with).Kind("visit")
	typed, err := s.records.Create(ctx, "p", records.Draft{Kind: visit, Person: id, Row: schema.Row{"2026-05-10", "a note"}}, store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	u := filedOf(t, s, visit, "note", id)
	if _, _, err := s.projects.SetDefinition(ctx, without, []byte("without"), "", ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Erase(ctx, "p", id, ""); err != nil {
		t.Fatal(err)
	}
	after, err := s.records.Typed(ctx, "p", visit, typed.ID)
	if err != nil || after.Person == id || !after.Values.Equal(schema.Values{}) {
		t.Errorf("the record is %+v, %v", after, err)
	}
	rows, err := s.uploads.Pack(ctx, "p", u.ID, "visit", 0)
	if err != nil || rows.Lines[0].Person == id || strings.Join(rows.Lines[0].Values, "") != "" {
		t.Errorf("the rows are %+v, %v", rows.Lines, err)
	}
}
