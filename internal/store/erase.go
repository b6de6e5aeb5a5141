package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"outreach/internal/fact"
	"outreach/internal/person"
	"outreach/internal/record"
	"outreach/internal/signup"
	"outreach/internal/table"
)

// Erasure is an entry of the ledger that a restore from backup replays: which ids went, and to which fresh one their
// records were put.
type Erasure struct {
	Fresh string    `json:"fresh"`
	IDs   []string  `json:"ids"`
	Keys  []string  `json:"keys"` // keyed hashes of the identity keys
	At    time.Time `json:"at"`
	By    string    `json:"by,omitempty"` // who of the staff asked for it: a random id
}

// Erase forgets who a person is. Identity, attributes and private texts go; what happened stays, under a fresh id that
// leads nowhere, so that what asks for no attribute still counts. Files in which the person stands are removed as they were
// sent, and letters to them. The ledger's entry is written first and the person's own item goes last: an erasure that was cut
// off is finished by asking again, or in the night. Of somebody who was erased it erases what came since;
// where there is nothing they are ErrNotFound.
func (s *Store) Erase(ctx context.Context, project, id, by string) error {
	p, err := s.Person(ctx, project, id)
	if isNotFound(err) {
		return s.eraseWhatCame(ctx, project, id)
	}
	if err != nil {
		return err
	}
	return s.eraseAll(ctx, project, []Erasure{s.erasure(project, p, by)})
}

// erasure is the ledger's entry of a person. The fresh id tells nothing of when, and is the same again where an erasure is
// finished later.
func (s *Store) erasure(project string, p person.Person, by string) Erasure {
	e := Erasure{Fresh: IDFor(time.UnixMilli(0), s.Seal(project, "erased", p.ID)), IDs: p.IDs(), At: s.Now().UTC(), By: by}
	for _, k := range p.Keys() {
		e.Keys = append(e.Keys, s.Seal(project, k.Kind, k.Value))
	}
	return e
}

// Erasures reads the ledger, in no order.
func (s *Store) Erasures(ctx context.Context, project string) ([]Erasure, error) {
	var all []Erasure
	for e, err := range values[Erasure](ctx, s.Tracker, table.Query{PK: erasureKey(project, "").PK}) {
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// Remains tells whether something of somebody who was erased is there all the same: in tables that were brought back from
// before it, or from the midst of it, or what came after.
func (s *Store) Remains(ctx context.Context, project string, e Erasure) (bool, error) {
	var keys []table.Key
	for _, id := range e.IDs {
		keys = append(keys, personKey(project, id))
	}
	found, err := s.People.Get(ctx, keys...)
	if err != nil || len(found) > 0 {
		return len(found) > 0, err
	}
	leading, err := s.leadingTo(ctx, project, e)
	if err != nil || len(leading) > 0 {
		return len(leading) > 0, err
	}
	for _, id := range e.IDs {
		mentioned := false
		if err := s.about(ctx, project, id, func(_, _ string) error { mentioned = true; return nil }); err != nil || mentioned {
			return mentioned, err
		}
		texts, err := s.textsOf(ctx, project, id)
		if err != nil || len(texts) > 0 {
			return len(texts) > 0, err
		}
	}
	return false, nil
}

// leadingTo reads the items of keys by which somebody was known who is erased, but for those by which somebody new is known.
func (s *Store) leadingTo(ctx context.Context, project string, e Erasure) ([]table.Item, error) {
	keys := make([]table.Key, len(e.Keys))
	for i, sealed := range e.Keys {
		keys[i] = identityKey(project, sealed)
	}
	found, err := s.People.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	var theirs []table.Item
	for _, it := range found {
		var id string
		if err := json.Unmarshal(it.Data, &id); err != nil {
			return nil, fmt.Errorf("identity key: %w", err)
		}
		if slices.Contains(e.IDs, id) {
			theirs = append(theirs, it)
		}
	}
	return theirs, nil
}

// EraseAgain does what an entry of the ledger says, in tables that were brought back from before it.
func (s *Store) EraseAgain(ctx context.Context, project string, e Erasure) error {
	return s.eraseAll(ctx, project, []Erasure{e})
}

// eraseAll erases many people at once: what all have in common, facts and files, is read once for them.
func (s *Store) eraseAll(ctx context.Context, project string, erasures []Erasure) error {
	erasures, err := s.joined(ctx, project, erasures)
	if err != nil {
		return err
	}
	fresh := freshIDs{}
	for _, e := range erasures {
		fresh.add(e)
	}
	if err := s.beginErasing(ctx, project, erasures); err != nil {
		return err
	}
	// While their addresses can still be read. A letter that is sent in this moment goes at the end.
	addresses, err := s.addresses(ctx, project, erasures)
	if err != nil {
		return err
	}
	if err := s.forgetLetters(ctx, addresses); err != nil {
		return err
	}
	found := &mentions{files: map[string][]table.Key{}}
	err = atOnce(ctx, erasures, func(ctx context.Context, e Erasure) error {
		for _, id := range e.IDs {
			err := s.about(ctx, project, id, func(kind, what string) error {
				found.add(kind, what, aboutKey(project, id, kind, what))
				return s.forget(ctx, project, e, kind, what, found)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	files := slices.Sorted(maps.Keys(found.files))
	err = atOnce(ctx, files, func(ctx context.Context, id string) error {
		finished, err := s.forgetRows(ctx, project, fresh, id)
		if finished {
			found.done(id)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := s.rewriteFacts(ctx, project, fresh); err != nil {
		return err
	}
	if err := s.dropCheckpoint(ctx, project); err != nil {
		return err
	}
	for part := range slices.Chunk(erasures, table.MostWrites) {
		var facts []fact.Fact
		for _, e := range part {
			f, err := s.fact(fact.KindPersonErased, e.By, fact.Erased{Person: e.Fresh})
			if err != nil {
				return err
			}
			facts = append(facts, f)
		}
		if err := s.append(ctx, project, facts); err != nil {
			return err
		}
	}
	// From here on whoever counts finds the fresh ids alone; what is left to do shall keep nobody from it.
	if err := s.endErasing(ctx, project, erasures); err != nil {
		return err
	}
	if err := s.removeOriginalsOf(ctx, project, files); err != nil {
		return err
	}
	if err := s.forgetLetters(ctx, addresses); err != nil {
		return err
	}
	if err := s.forgetApart(ctx, project, fresh); err != nil {
		return err
	}
	if err := removeAll(ctx, s.Tracker, found.keys); err != nil {
		return err
	}
	return atOnce(ctx, erasures, func(ctx context.Context, e Erasure) error { return s.leaveNothing(ctx, project, e) })
}

// joined gives the erasures with whoever the people were merged with meanwhile, who are one with them.
func (s *Store) joined(ctx context.Context, project string, erasures []Erasure) ([]Erasure, error) {
	var ids []string
	for _, e := range erasures {
		ids = append(ids, e.IDs...)
	}
	people, err := s.Persons(ctx, project, ids)
	if err != nil {
		return nil, err
	}
	add := func(list []string, more string) []string {
		if slices.Contains(list, more) {
			return list
		}
		return append(list, more)
	}
	out := make([]Erasure, len(erasures))
	for i, e := range erasures {
		for _, was := range slices.Clone(e.IDs) {
			p, there := people[was]
			if !there {
				continue
			}
			for _, id := range p.IDs() {
				e.IDs = add(e.IDs, id)
			}
			for _, k := range p.Keys() {
				e.Keys = add(e.Keys, s.Seal(project, k.Kind, k.Value))
			}
		}
		out[i] = e
	}
	return out, nil
}

// mostAtOnce is how many calls of an erasure or a purge wait for the tables at the same time.
const mostAtOnce = 8

// atOnce does something for each of a list, some at the same time.
func atOnce[T any](ctx context.Context, list []T, do func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(mostAtOnce)
	for _, one := range list {
		group.Go(func() error { return do(ctx, one) })
	}
	return group.Wait()
}

// mentions are what was found to mention people who are erased. What comes later is not among it, and leads there until it is
// erased too; so does a file that is still worked on.
type mentions struct {
	mu    sync.Mutex
	keys  []table.Key            // that lead to what is done
	files map[string][]table.Key // that lead to files
}

func (m *mentions) add(kind, what string, key table.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if kind == "upload" {
		m.files[what] = append(m.files[what], key)
	} else {
		m.keys = append(m.keys, key)
	}
}

// file adds a file that another thing leads to.
func (m *mentions) file(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.files[id]; !there {
		m.files[id] = nil
	}
}

func (m *mentions) done(file string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys = append(m.keys, m.files[file]...)
}

// leaveNothing removes what led to a person, and in the end the person.
func (s *Store) leaveNothing(ctx context.Context, project string, e Erasure) error {
	for _, id := range e.IDs {
		texts, err := s.textsOf(ctx, project, id)
		if err != nil {
			return err
		}
		if err := removeAll(ctx, s.People, texts); err != nil {
			return err
		}
	}
	return s.again(ctx, func() error { return s.removePeople(ctx, project, e) })
}

// removePeople removes the items of a person with the keys and words that lead there: as they are at this moment, for a record
// may have brought another key meanwhile.
func (s *Store) removePeople(ctx context.Context, project string, e Erasure) error {
	leading, err := s.leadingTo(ctx, project, e)
	if err != nil {
		return err
	}
	gone := map[table.Key]table.Condition{}
	for _, it := range leading {
		gone[it.Key] = table.At(it.Rev)
	}
	var people []table.Op
	for _, id := range slices.Backward(e.IDs) { // the one that is asked for again last
		p, rev, err := load[person.Person](ctx, s.People, personKey(project, id))
		if err != nil {
			return err
		}
		if rev == 0 {
			continue
		}
		if joined := append(p.Was, p.Into); slices.ContainsFunc(joined, func(other string) bool { return other != "" && !slices.Contains(e.IDs, other) }) {
			return fmt.Errorf("person %s was merged while they were erased: %w", id, ErrBusy)
		}
		for _, k := range p.Keys() {
			gone[s.identityKey(project, k)] = table.Always
		}
		for _, word := range p.Words() {
			gone[namePart(project, word, id)] = table.Always
		}
		people = append(people, remove(personKey(project, id), table.At(rev)))
	}
	var ops []table.Op
	for key, condition := range gone {
		ops = append(ops, remove(key, condition))
	}
	return writeAll(ctx, s.People, append(ops, people...))
}

// freshIDs leads from ids of people who are erased to those that stand in their place: from these too, for an erasure that
// was cut off is done again.
type freshIDs map[string]string

func (f freshIDs) add(e Erasure) {
	f[e.Fresh] = e.Fresh
	for _, id := range e.IDs {
		f[id] = e.Fresh
	}
}

// naming tells that a fact names one of some ids, by its JSON: in it they stand in quotes.
func naming(ids map[string]string) func(data []byte) bool {
	const length = len("01J00000000000000000000000")
	return func(data []byte) bool {
		for from := 0; ; from++ {
			quote := bytes.IndexByte(data[from:], '"')
			if quote < 0 {
				return false
			}
			from += quote
			if end := from + 1 + length; end < len(data) && data[end] == '"' && ids[string(data[from+1:end])] != "" {
				return true
			}
		}
	}
}

// addresses are where letters to people went: their own, and those that forms gave which were held for the office.
func (s *Store) addresses(ctx context.Context, project string, erasures []Erasure) ([]string, error) {
	if s.Letters == nil {
		return nil, nil
	}
	var out []string
	for _, e := range erasures {
		for _, id := range e.IDs {
			p, _, err := load[person.Person](ctx, s.People, personKey(project, id))
			if err != nil {
				return nil, err
			}
			out = append(out, p.Emails...)
			err = s.about(ctx, project, id, func(kind, what string) error {
				if kind != record.Signup {
					return nil
				}
				forms, err := list[map[string]string](ctx, s.People, table.Query{PK: formKey(project, what, "").PK})
				for _, form := range forms.Items {
					out = append(out, form["email"])
				}
				return err
			})
			if err != nil {
				return nil, err
			}
		}
	}
	out = slices.DeleteFunc(out, func(address string) bool { return address == "" })
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (s *Store) forgetLetters(ctx context.Context, addresses []string) error {
	if s.Letters == nil || len(addresses) == 0 {
		return nil
	}
	return s.Letters.Forget(ctx, addresses)
}

// textsOf finds the private texts of a person's records: those too that a request left which was cut off before its record
// was written.
func (s *Store) textsOf(ctx context.Context, project, id string) ([]table.Key, error) {
	var keys []table.Key
	for it, err := range items(ctx, s.People, table.Query{PK: textsIndex(project, id), Index: true}) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, it.Key)
	}
	return keys, nil
}

func removeAll(ctx context.Context, t table.Table, keys []table.Key) error {
	ops := make([]table.Op, len(keys))
	for i, k := range keys {
		ops[i] = remove(k, table.Always)
	}
	return writeAll(ctx, t, ops)
}

// writeAll writes in as many writes as it needs, in order.
func writeAll(ctx context.Context, t table.Table, ops []table.Op) error {
	for part := range slices.Chunk(ops, table.MostWrites) {
		if err := t.Write(ctx, part...); err != nil {
			return err
		}
	}
	return nil
}

// forget takes a person out of one thing that mentions them. Files, which mention many, are only gathered.
func (s *Store) forget(ctx context.Context, project string, e Erasure, kind, what string, found *mentions) error {
	switch kind {
	case record.Signup:
		return s.again(ctx, func() error {
			su, rev, err := load[signup.Signup](ctx, s.Tracker, signupKey(project, what))
			if err != nil || rev == 0 {
				return err
			}
			if su.Upload != "" {
				found.file(su.Upload)
			}
			ops := []table.Op{remove(placeKey(project, su.Activity, su.Person), table.Always)}
			if !su.Forgotten && (su.State == signup.Waitlisted || su.State == signup.Held) {
				places, placesRev, err := load[signup.Places](ctx, s.Tracker, placesKey(project, su.Activity))
				if err != nil {
					return err
				}
				su.Count(&places, -1)
				su.Forgotten = true
				ops = append(ops, put(placesKey(project, su.Activity), places, since(placesRev)), remove(queueKey(project, su.Activity, su.Submitted, su.ID), table.Always))
			}
			su.Person, su.Values, su.Locale, su.Since, su.Later = e.Fresh, record.Builtin().Kind(record.Signup).Erased(su.Values), "", nil, nil
			if err := s.Tracker.Write(ctx, append(ops, s.keepSignup(project, su, rev))...); err != nil {
				return err
			}
			_, err = removePartition(ctx, s.People, formKey(project, what, "").PK)
			return err
		})
	case "upload":
		return nil
	}
	return s.again(ctx, func() error {
		t, rev, err := load[Typed](ctx, s.Tracker, recordKey(project, kind, what))
		if err != nil || rev == 0 || t.Person != e.Fresh && !slices.Contains(e.IDs, t.Person) {
			return err // it was found to be another person's
		}
		t.Person, t.Values = e.Fresh, record.Builtin().Kind(kind).Erased(t.Values)
		op := put(recordKey(project, kind, what), t, table.At(rev))
		if staff := t.Values.Get("adviser"); staff != "" {
			op = indexed(op, table.Key{PK: adviserIndex(project, staff), SK: t.ID})
		}
		if err := s.Tracker.Write(ctx, op, remove(naturalKey(project, t.Natural), table.Always)); err != nil {
			return err
		}
		_, err = removePartition(ctx, s.People, textKey(project, what, 0).PK)
		return err
	})
}

// forgetRows takes people out of a file's rows, once nothing more happens to them.
func (s *Store) forgetRows(ctx context.Context, project string, fresh freshIDs, upload string) (finished bool, err error) {
	u, err := s.Upload(ctx, project, upload)
	if err != nil || !s.over(u) {
		return false, err
	}
	theirs := map[int]bool{}
	for pack := range u.Packs {
		err := s.again(ctx, func() error {
			return s.forgetPack(ctx, packKey(project, upload, pack), record.Builtin().Plural(u.Kind), fresh, theirs)
		})
		if err != nil {
			return false, err
		}
	}
	for it, err := range items(ctx, s.People, table.Query{PK: textKey(project, upload, 0).PK}) {
		if err == nil {
			err = s.again(ctx, func() error { return s.forgetTexts(ctx, it.Key, theirs) })
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// forgetPack takes people out of one pack of rows, and notes which were theirs. Others may be taken out at the same time.
func (s *Store) forgetPack(ctx context.Context, key table.Key, kind *record.Kind, fresh freshIDs, theirs map[int]bool) error {
	rows, rev, err := s.pack(ctx, key, kind.Name)
	if err != nil {
		return err
	}
	changed := false
	for i, l := range rows.Lines {
		to, gone := fresh[l.Person]
		if !gone {
			continue
		}
		theirs[l.Row] = true // of one whom an erasure that was cut off took out, texts may still be there
		if to != l.Person {
			changed = true
			rows.Lines[i] = fact.Line{Row: l.Row, Person: to, Values: rows.Erased(kind, l.Values)}
		}
	}
	if !changed {
		return nil
	}
	return s.Tracker.Write(ctx, put(key, rows, table.At(rev)))
}

// forgetTexts removes the private texts of some rows from those that are kept together.
func (s *Store) forgetTexts(ctx context.Context, key table.Key, rows map[int]bool) error {
	texts, rev, err := load[map[int]map[string]string](ctx, s.People, key)
	if err != nil {
		return err
	}
	before := len(texts)
	maps.DeleteFunc(texts, func(row int, _ map[string]string) bool { return rows[row] })
	switch {
	case len(texts) == before:
		return nil
	case len(texts) == 0:
		return s.People.Write(ctx, remove(key, table.At(rev)))
	}
	return s.People.Write(ctx, put(key, texts, table.At(rev)))
}

// rewriteFacts puts the fresh ids in the place of the old ones, in every fact that names them, and leaves out attributes.
func (s *Store) rewriteFacts(ctx context.Context, project string, ids freshIDs) error {
	return s.factsAtOnce(ctx, project, naming(ids), func(f fact.Fact) error {
		data, changed, err := rewritten(f, ids)
		if err != nil || !changed {
			return err
		}
		return s.rewrite(ctx, project, f, data)
	})
}

// rewrite has a fact say something else.
func (s *Store) rewrite(ctx context.Context, project string, f fact.Fact, data any) (err error) {
	if f.Data, err = json.Marshal(data); err != nil {
		return err
	}
	return s.Tracker.Write(ctx, put(factKey(project, f.Lane, f.Number), f, table.Present))
}

func rewritten(f fact.Fact, ids freshIDs) (data any, changed bool, err error) {
	fresh := func(id *string) {
		if to, gone := ids[*id]; gone && to != *id {
			*id, changed = to, true
		}
	}
	switch f.Kind {
	case fact.KindSignup:
		var d fact.Signup
		err = json.Unmarshal(f.Data, &d)
		if fresh(&d.Person); changed {
			d.Schema, d.Values = record.SchemaVersion, record.Builtin().Kind(record.Signup).Erased(d.Values)
		}
		data = d
	case fact.KindSignupMoved:
		var d fact.SignupMoved
		err = json.Unmarshal(f.Data, &d)
		fresh(&d.Person)
		data = d
	case fact.KindSaid:
		var d fact.Said
		err = json.Unmarshal(f.Data, &d)
		if fresh(&d.Person); changed {
			d.Schema, d.Values = record.SchemaVersion, record.Builtin().Kind(d.Kind).Erased(d.Values)
		}
		data = d
	case fact.KindPersonMerged:
		var d fact.Merged
		err = json.Unmarshal(f.Data, &d)
		fresh(&d.Person)
		fresh(&d.Into)
		data = d
	case fact.KindPeopleApart:
		var d fact.Apart
		err = json.Unmarshal(f.Data, &d)
		fresh(&d.Person)
		fresh(&d.Other)
		data = d
	case fact.KindPersonCorrected:
		var d fact.Corrected
		err = json.Unmarshal(f.Data, &d)
		fresh(&d.Person)
		data = d
	}
	return data, changed, err
}

// removePartition removes what is in a partition, and tells whether there was something.
func removePartition(ctx context.Context, t table.Table, partition string) (removed bool, err error) {
	for {
		page, err := t.Query(ctx, table.Query{PK: partition, Limit: table.MostWrites})
		if err != nil || len(page.Items) == 0 {
			return removed, err
		}
		keys := make([]table.Key, len(page.Items))
		for i, it := range page.Items {
			keys[i] = it.Key
		}
		if err := removeAll(ctx, t, keys); err != nil {
			return removed, err
		}
		removed = true
	}
}

// dropCheckpoint throws the checkpoint away: the next compile folds from the first fact.
func (s *Store) dropCheckpoint(ctx context.Context, project string) error {
	c, had, err := s.LastCheckpoint(ctx, project)
	if err != nil || !had {
		return err
	}
	if s.Objects == nil {
		return errors.New("no objects to delete the checkpoint from")
	}
	// The object first: whoever finds no way to it any more takes it for gone.
	if err := s.Objects.Delete(ctx, c.Object); err != nil {
		return err
	}
	return s.Tracker.Write(ctx, remove(checkpointKey(project), table.Always))
}
