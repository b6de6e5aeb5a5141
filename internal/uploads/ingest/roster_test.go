package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// town makes keys that are new in each round: n1 to n3 are addresses, P1 to P3 are PESELs.
type town struct {
	in    *fixture
	round int
}

func (w *town) key(name string) people.Key {
	if name[0] == 'n' {
		return people.Key{Kind: "email", Value: fmt.Sprintf("%s.%d@example.org", name, w.round)}
	}
	born := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, w.round)
	digits := born.Format("060102") + fmt.Sprintf("%c000", name[1])
	for check := range 10 {
		if pesel := fmt.Sprint(digits, check); schema.ValidPesel(pesel) {
			return people.Key{Kind: "pesel", Value: pesel}
		}
	}
	panic("no check digit is right")
}

// ref reads "n1+P1" as a reference with both keys.
func (w *town) ref(row string) schema.PersonRef {
	var ref schema.PersonRef
	for name := range strings.SplitSeq(row, "+") {
		if k := w.key(name); k.Kind == "email" {
			ref.Email = k.Value
		} else {
			ref.Pesel = k.Value
		}
	}
	return ref
}

// store creates people.
func (w *town) store(t fataler, rows []string) {
	for _, p := range rows {
		var first string
		for name := range strings.SplitSeq(p, "+") {
			ref := w.ref(name)
			if first == "" {
				first = name
			} else {
				ref.ID = w.ids(t)[first]
			}
			if _, err := w.in.app.People.Resolve(context.Background(), "town", ref, people.Names{}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

type fataler interface{ Fatal(...any) }

var names = []string{"n1", "n2", "n3", "P1", "P2", "P3"}

// ids returns the id of the person of each stored key.
func (w *town) ids(t fataler) map[string]string {
	var keys []people.Key
	for _, name := range names {
		keys = append(keys, w.key(name))
	}
	known, err := w.in.app.People.Holders(context.Background(), "town", keys)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range names {
		if held := known[w.key(name)]; len(held) > 0 {
			out[name] = strings.Join(held, " ")
		}
	}
	return out
}

// groups returns the stored keys by person.
func (w *town) groups(t fataler) []string {
	byID := map[string][]string{}
	for name, id := range w.ids(t) {
		byID[id] = append(byID[id], name)
	}
	var out []string
	for group := range maps.Values(byID) {
		slices.Sort(group)
		out = append(out, strings.Join(group, "+"))
	}
	slices.Sort(out)
	return out
}

// send ingests a coordinator's file with these people, retrying until it succeeds. It returns the state of the upload
// and the rows that have keys of two people: errors of records, and held sign-ups.
func (w *town) send(t fataler, signups bool, rows []string) (state string, two []string) {
	ctx := context.Background()
	file := "email,pesel,date,field,minutes,form,topic\n"
	if signups {
		file = "email,pesel,activity,consent_processing,last_name,first_name\n"
	}
	for i, row := range rows {
		ref := w.ref(row)
		file += ref.Email + "," + ref.Pesel + map[bool]string{true: ",garden,yes,Wzór,Osoba\n", false: fmt.Sprintf(",2020-05-01,law,30,phone,%d\n", i)}[signups]
	}
	key := fmt.Sprintf("uploads/town/coordinator/%d.csv", w.round)
	if err := w.in.files.Put(ctx, key, strings.NewReader(file), ""); err != nil {
		t.Fatal(err)
	}
	for err := errCutOff; err != nil; {
		if err = w.in.Object(ctx, key); err != nil && !errors.Is(err, errCutOff) {
			t.Fatal(err)
		}
	}
	page, err := w.in.app.Uploads.Uploads(ctx, "town", "", 1, "")
	if err != nil {
		t.Fatal(err)
	}
	found, err := w.in.app.Uploads.Findings(ctx, "town", page.Items[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found.Warnings {
		if e.Problem.Hint == "held" {
			two = append(two, rows[e.Row-2])
		}
	}
	for _, e := range found.Errors {
		if e.Problem.Code != schema.TwoPeople {
			t.Fatal(fmt.Sprintf("%+v", e))
		}
		two = append(two, rows[e.Row-2])
	}
	slices.Sort(two)
	return page.Items[0].State, two
}

func TestPeopleInAFileDoNotDependOnTheOrderOfRows(t *testing.T) {
	t.Parallel()
	in := open(t)
	w := &town{in: in}
	// A row of a record that joins two people is an error. A sign-up is held; where no one is known, it is about another
	// person who shares the key: apart has the people then, where they are not the same.
	for _, tt := range []struct{ name, known, rows, two, groups, apart string }{
		{"a row joins two new keys", "", "n1 P1 n1+P1", "", "P1+n1", ""},
		{"a row joins a new key to a stored one", "n1", "P1 n1+P1", "", "P1+n1", ""},
		{"two addresses of one PESEL", "", "n1+P1 n2+P1 n2", "", "P1+n1+n2", ""},
		{"two addresses of one PESEL, one of them stored", "n1", "n2+P1 n1+P1", "", "P1+n1+n2", ""},
		{"two stored people", "n1 P1", "n1 P1 n1+P1", "n1+P1", "P1 n1", ""},
		{"two stored people, by a new key", "n1 n2", "n1+P1 n2+P1", "n1+P1 n2+P1", "n1 n2", ""},
		{"two stored people, by a new address", "P1 P2", "n1+P1 n1+P2", "n1+P1 n1+P2", "P1 P2", "P1 P2 n1"},
		{"one address with two PESELs", "", "n1+P1 n1+P2", "n1+P1 n1+P2", "", "P1 P2 n1"},
		{"a second PESEL of a stored person", "n1+P1", "n1+P2 n1+P1 n1", "n1+P2", "P1+n1", ""},
		{"a row that joins no other people is valid", "n1+P1", "n1+P2 n2+P2 n3+P1", "n1+P2", "P1+n1", "P1+n1+n3 P2+n2"},
		{"valid rows beside invalid ones", "n1+P1 n2+P2", "n1+P1 n1+P2 n2+P2", "n1+P2", "P1+n1 P2+n2", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, signups := range []bool{false, true} {
				rows := strings.Fields(tt.rows)
				for order := range uint64(6) {
					rand.New(rand.NewPCG(order, 1)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
					w.round++
					w.store(t, strings.Fields(tt.known))
					state, two := w.send(t, signups, rows)
					if want := map[bool]string{true: uploads.Accepted, false: uploads.Rejected}[tt.two == "" || signups]; state != want {
						t.Fatalf("%v is %s", rows, state)
					}
					wantTwo := tt.two
					if signups && strings.HasSuffix(tt.apart, " n1") { // neither is held
						wantTwo = ""
					}
					if got := strings.Join(two, " "); got != wantTwo {
						t.Errorf("%v: keys of two people in %q, want %q", rows, got, wantTwo)
					}
					want := tt.groups
					if signups && tt.apart != "" {
						want = tt.apart
					}
					if got := strings.Join(w.groups(t), " "); got != want {
						t.Errorf("%v: people are %q, want %q", rows, got, want)
					}
				}
			}
		})
	}
}

var errCutOff = errors.New("cut off")

// cutting is a table of which one write fails, after a number of others.
type cutting struct {
	table.Table
	after atomic.Int64
}

func (c *cutting) Write(ctx context.Context, ops ...table.Op) error {
	if c.after.Add(-1) == -1 {
		return errCutOff
	}
	return c.Table.Write(ctx, ops...)
}

// Rows of one person that name different keys are not signed up in one transaction, which would write their items
// twice.
func TestAPersonWithSeveralRowsSignsUpAlthoughTheFirstWriteFails(t *testing.T) {
	t.Parallel()
	in := open(t)
	people := &cutting{Table: in.app.DB.People}
	in.app.DB.People = people // fails at its first write
	w := &town{in: in}
	state, two := w.send(t, true, []string{"P2", "n1", "n1+P2"})
	if got := w.groups(t); state != uploads.Accepted || len(two) > 0 || !slices.Equal(got, []string{"P2+n1"}) {
		t.Errorf("the file is %s, rows of two people %q, people %q", state, two, got)
	}
}

func TestPeopleInAFileAreTheSameAfterAnInterruptionAtAnyWrite(t *testing.T) {
	t.Parallel()
	in := open(t)
	people := &cutting{Table: in.app.DB.People}
	in.app.DB.People = people
	w := &town{in: in}
	rapid.Check(t, func(t *rapid.T) {
		var known []string
		for _, p := range rapid.SliceOfN(rapid.SampledFrom([]string{"n1", "n2", "n1+P1", "P1", "P2", "n2+P2", "n1+n2", "n3"}), 0, 3).Draw(t, "known") {
			if !slices.ContainsFunc(strings.Split(p, "+"), func(name string) bool { return strings.Contains(strings.Join(known, " "), name) }) {
				known = append(known, p)
			}
		}
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			n, p := rapid.SampledFrom(names[:3]).Draw(t, "address"), rapid.SampledFrom(names[3:]).Draw(t, "PESEL")
			return rapid.SampledFrom([]string{n, p, n + "+" + p, n + "+" + p}).Draw(t, "row")
		}), 1, 6).Draw(t, "rows")
		signups := rapid.Bool().Draw(t, "signups")

		want := joined(append(slices.Clone(known), rows...))
		consistent := !slices.ContainsFunc(want, func(group string) bool { return strings.Count(group, "P") > 1 || countStored(known, group) > 1 })
		if !consistent {
			want = joined(known)
		}
		var first []string
		for _, order := range [][]string{rows, rapid.Permutation(rows).Draw(t, "another order")} {
			w.round++
			people.after.Store(1 << 30)
			w.store(t, known)
			people.after.Store(int64(rapid.IntRange(0, 8).Draw(t, "cut off after")))
			state, two := w.send(t, signups, order)
			if signups && !consistent {
				if state != uploads.Accepted {
					t.Fatalf("%v where %v were known is %s", order, known, state)
				}
			} else if accepted := state == uploads.Accepted; accepted != consistent || accepted != (two == nil) {
				t.Fatalf("%v where %v were known is %s, with keys of two people in %v", order, known, state, two)
			}
			if diff := cmp.Diff(want, w.groups(t)); diff != "" && !(signups && !consistent) {
				t.Fatalf("%v where %v were known: people (-want +got):\n%s", order, known, diff)
			}
			if first != nil && !slices.Equal(first, two) && !(signups && !consistent) {
				t.Fatalf("in another order the keys of two people are in %v, not in %v", two, first)
			}
			first = two
		}
	})
}

// slow is a table that reads the last key first, and calls meanwhile before it reads the others.
type slow struct {
	table.Table
	meanwhile func()
}

func (s *slow) Get(ctx context.Context, keys ...table.Key) (map[table.Key]table.Item, error) {
	out := map[table.Key]table.Item{}
	for _, k := range slices.Backward(keys) {
		found, err := s.Table.Get(ctx, k)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, found)
		if happens := s.meanwhile; happens != nil {
			s.meanwhile = nil
			happens()
		}
	}
	return out, nil
}

func TestConcurrentDeliveryCreatesNoSecondPerson(t *testing.T) {
	t.Parallel()
	in := open(t)
	w := &town{in: in}
	late := &slow{Table: in.app.DB.People}
	in.app.DB.People = late
	roster := newRoster()
	roster.add(w.ref("n1+P1"))
	late.meanwhile = func() {
		if _, err := in.app.People.Resolve(context.Background(), "town", w.ref("n1+P1"), people.Names{}); err != nil {
			t.Error(err)
		}
	}
	if err := roster.resolve(context.Background(), in.app.People, "town", schema.Builtin().Kind("attendance")); err != nil {
		t.Fatal(err)
	}
	if found, wrong := roster.problems(w.ref("n1+P1")); len(found) > 0 || wrong {
		t.Errorf("%+v", found)
	}
}

// joined returns the connected groups of keys.
func joined(lists []string) []string {
	var groups [][]string
	for _, list := range lists {
		group := strings.Split(list, "+")
		var apart [][]string
		for _, g := range groups {
			if slices.ContainsFunc(g, func(name string) bool { return slices.Contains(group, name) }) {
				group = append(group, g...)
			} else {
				apart = append(apart, g)
			}
		}
		groups = append(apart, group)
	}
	var out []string
	for _, g := range groups {
		slices.Sort(g)
		out = append(out, strings.Join(slices.Compact(g), "+"))
	}
	slices.Sort(out)
	return out
}

// countStored counts the stored people whose keys are in a group.
func countStored(known []string, group string) int {
	n := 0
	for _, p := range known {
		if strings.Contains(group, strings.Split(p, "+")[0]) {
			n++
		}
	}
	return n
}
