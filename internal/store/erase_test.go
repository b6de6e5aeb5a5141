package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"outreach/internal/fact"
	"outreach/internal/objects/folder"
	"outreach/internal/person"
	"outreach/internal/record"
	"outreach/internal/table"
	"outreach/internal/table/tabletest"
)

// beside is a function over the same tables that does something else before each call that it is asked for.
func beside(s *Store, before func(table.Table, tabletest.Call)) *Store {
	out := anew(s)
	faulty := func(inner table.Table) table.Table {
		return &tabletest.Faulty{Table: inner, Before: func(c tabletest.Call) error { before(inner, c); return nil }}
	}
	out.Tracker, out.People = faulty(s.Tracker), faulty(s.People)
	return out
}

// TestAKeyThatComesWhileItsPersonIsErasedLeadsToNobody lets a record bring another key, and a correction another address, before
// each call of an erasure.
func TestAKeyThatComesWhileItsPersonIsErasedLeadsToNobody(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, bring := range map[string]func(*Store, string) error{
		"a second key": func(s *Store, id string) error {
			_, err := s.Resolve(ctx, "p", record.PersonRef{Email: "a@example.org", Pesel: pesel}, Names{})
			return err
		},
		"another address": func(s *Store, id string) error {
			_, err := s.Correct(ctx, "p", id, "", person.Correction{FirstName: "Ewa", LastName: "Nowa", Email: "b@example.org"}, "")
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
					if err := bring(s, id); err != nil && !errors.Is(err, ErrNotFound) {
						t.Errorf("%s before call %d: %v", name, at, err)
					}
				}
			})
			if err := erasing.Erase(ctx, "p", id, ""); err != nil {
				t.Errorf("%s before call %d: the erasure: %v", name, at, err)
			}
			for _, k := range []person.Key{{Kind: "email", Value: "a@example.org"}, {Kind: "email", Value: "b@example.org"}, {Kind: "pesel", Value: pesel}} {
				known, err := s.Known(ctx, "p", []person.Key{k})
				if err != nil {
					t.Fatal(err)
				}
				if to := known[k]; to == id {
					t.Errorf("%s before call %d: the %s leads to who was erased", name, at, k.Kind)
				}
			}
			for _, word := range []string{"anna", "dawna", "ewa", "nowa"} {
				page, err := s.People.Query(ctx, table.Query{PK: namePart("p", "", "").PK, Prefix: word + "#" + id})
				if err != nil || len(page.Items) > 0 {
					t.Errorf("%s before call %d: the word %s is still there, %v", name, at, word, err)
				}
			}
		}
	}
}

// A key that leads to nobody is taken over by whoever brings it.
func TestAKeyThatLeadsNowhereIsTakenOver(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	gone := named(t, s, "a@example.org", "Anna", "Dawna")
	if err := s.People.Write(ctx, remove(personKey("p", gone), table.Always)); err != nil {
		t.Fatal(err)
	}
	id := named(t, s, "a@example.org", "Ewa", "Nowa")
	p, err := s.Person(ctx, "p", id)
	if err != nil || id == "" || id == gone || p.LastName != "Nowa" || p.Email() != "a@example.org" {
		t.Errorf("%q is %+v, %v", id, p, err)
	}
	if by := resolve(t, s, record.PersonRef{Email: "a@example.org"}); by != id {
		t.Errorf("the key leads to %q, want %q", by, id)
	}
}

// filed is an accepted file of consultations, a row for each person, with a topic.
func filed(t *testing.T, s *Store, people ...string) Upload {
	t.Helper()
	ctx := context.Background()
	files, err := folder.Open(t.TempDir(), "http://localhost", []byte("a secret for pre-signed requests"))
	if err != nil {
		t.Fatal(err)
	}
	s.Objects = files
	u := Upload{ID: s.NewID(), Owner: Office, State: Processing, Kind: record.Builtin().Kind(record.Consultation).Plural, SHA256: "sum", Arrived: time.Now().UTC()}
	u.Object = ObjectKey("p", Office, u.ID)
	if err := files.Put(ctx, u.Object, strings.NewReader("a file"), ""); err != nil {
		t.Fatal(err)
	}
	packer := s.Packer(ctx, "p", u.ID, record.Builtin().Kind(record.Consultation))
	for i, id := range people {
		row := make(record.Row, len(record.Builtin().Kind(record.Consultation).Fields))
		row[record.Builtin().Kind(record.Consultation).Index("topic")] = fmt.Sprint("topic of ", i)
		line := fact.Line{Row: i + 2, Person: id, Values: s.SealRow("p", record.Builtin().Kind(record.Consultation), row)}
		if err := packer.Add(line, Print{}, record.Builtin().Kind(record.Consultation).Private(row)); err != nil {
			t.Fatal(err)
		}
	}
	if err := packer.Close(); err != nil {
		t.Fatal(err)
	}
	u.Packs = packer.Packs
	if err := s.Mention(ctx, "p", u.ID, people); err != nil {
		t.Fatal(err)
	}
	if err := s.AcceptUpload(ctx, "p", u, Findings{}); err != nil {
		t.Fatal(err)
	}
	return u
}

// TestTwoOfOneFileAreErasedAtOnce erases one person of a file before each call of another's erasure.
func TestTwoOfOneFileAreErasedAtOnce(t *testing.T) {
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
		erasing.Objects = s.Objects
		if err := erasing.Erase(ctx, "p", a, ""); err != nil {
			t.Fatalf("before call %d: %v", at, err)
		}
		if !met {
			break
		}
		rows, err := s.Pack(ctx, "p", u.ID, record.Consultation, 0)
		lines := rows.Lines
		if err != nil || lines[0].Person == a || lines[1].Person == b || lines[2].Person != c {
			t.Errorf("before call %d: the rows are %+v, %v", at, lines, err)
		}
		texts, err := s.rowTexts(ctx, "p", u.ID)
		if err != nil || len(texts) != 1 || texts[4]["topic"] != "topic of 2" {
			t.Errorf("before call %d: the texts are %v, %v", at, texts, err)
		}
	}
}

// Where nothing of a person stands, nothing is written.
func TestTextsOfOthersAreLeftAlone(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	a, b := named(t, s, "a@example.org", "Anna", "A"), named(t, s, "b@example.org", "Beata", "B")
	u := filed(t, s, a)
	if err := s.Mention(ctx, "p", u.ID, []string{b}); err != nil {
		t.Fatal(err)
	}
	if err := s.Erase(ctx, "p", b, ""); err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]struct {
		in  table.Table
		key table.Key
	}{"rows": {s.Tracker, packKey("p", u.ID, 0)}, "texts": {s.People, textKey("p", u.ID, 0)}} {
		found, err := of.in.Get(ctx, of.key)
		if err != nil || found[of.key].Rev != 1 {
			t.Errorf("the %s were written %d times, %v", name, found[of.key].Rev, err)
		}
	}
}

// asked is a table that counts its queries of a partition's kind.
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

// TestAPurgeReadsWhatAllHaveInCommonOnce: the facts are not read once for every few people.
func TestAPurgeReadsWhatAllHaveInCommonOnce(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	const people, each = 400, 5
	var refs []record.PersonRef
	for i := range people {
		refs = append(refs, record.PersonRef{Email: fmt.Sprintf("p%d@example.org", i)})
	}
	if err := s.Introduce(ctx, "p", refs); err != nil {
		t.Fatal(err)
	}
	known, err := s.Known(ctx, "p", person.Keys(refs[0]))
	if err != nil {
		t.Fatal(err)
	}
	first := known[person.Key{Kind: "email", Value: "p0@example.org"}]
	u := filed(t, s, first)
	for range each {
		said, err := s.fact(fact.KindPersonCorrected, "", fact.Corrected{Person: first})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.append(ctx, "p", slices.Repeat([]fact.Fact{said}, table.MostWrites)); err != nil {
			t.Fatal(err)
		}
	}
	var facts atomic.Int64
	purging := anew(s)
	purging.Objects, purging.Tracker = s.Objects, asked{s.Tracker, "FACT#", &facts}
	removed, err := purging.eraseEverybody(ctx, "p", fact.Heads{})
	if err != nil || !removed {
		t.Fatal(removed, err)
	}
	// The heads are looked for, each lane is read, and facts are added at the end.
	if n := facts.Load(); n > 6*fact.Lanes {
		t.Errorf("for %d people there were %d queries for facts", people, n)
	}
	left, err := s.Search(ctx, "p", "", 10, "")
	if err != nil || len(left.Items) > 0 {
		t.Errorf("%d people are left, %v", len(left.Items), err)
	}
	if rows, err := s.Pack(ctx, "p", u.ID, record.Consultation, 0); err != nil || rows.Lines[0].Person == first {
		t.Errorf("the rows are %v, %v", rows.Lines, err)
	}
	heads, err := s.Heads(ctx, "p")
	if err != nil {
		t.Fatal(err)
	}
	erased := 0
	err = s.Facts(ctx, "p", fact.Heads{}, heads, func(f fact.Fact) error {
		if f.Kind == fact.KindPersonErased {
			erased++
		}
		if strings.Contains(string(f.Data), first) {
			t.Errorf("fact %d of lane %d names the person: %s", f.Number, f.Lane, f.Data)
		}
		return nil
	})
	if err != nil || erased != people {
		t.Errorf("%d facts say that somebody was erased, want %d: %v", erased, people, err)
	}
}

// TestWhoIsMergedWhileTheyAreErasedIsErased merges somebody, either way, before each call of their erasure. Where it could not be
// ended so, it is when it is finished, and no compile waits for ever.
func TestWhoIsMergedWhileTheyAreErasedIsErased(t *testing.T) {
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
				_, err := s.Merge(ctx, "p", from, to, "")
				if merged = err == nil; err != nil && !errors.Is(err, ErrNotFound) {
					t.Errorf("before call %d: %v", at, err)
				}
			})
			if err := erasing.Erase(ctx, "p", a, ""); err != nil && !errors.Is(err, ErrBusy) {
				t.Fatalf("before call %d: %v", at, err)
			}
			s.Now = func() time.Time { return time.Now().Add(2 * erasureTakes) }
			if err := s.Undisturbed(ctx, "p", func() error { return nil }); err != nil {
				t.Errorf("merged before call %d: a compile is kept waiting: %v", at, err)
			}
			if err := s.FinishErasures(ctx, "p"); err != nil {
				t.Errorf("merged before call %d: the night after: %v", at, err)
			}
			for _, id := range []string{a, b} {
				if _, err := s.Person(ctx, "p", id); isNotFound(err) != (id == a || merged) {
					t.Errorf("merged before call %d: %v", at, err)
				}
			}
		}
	}
}
