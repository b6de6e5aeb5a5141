// Package signups is how people sign up to activities: how places and the queue are given, and what is kept of it.
package signups

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Store keeps sign-ups to activities, and the queues for their places.
type Store struct {
	*store.DB
	projects *projects.Store
	persons  *people.Store
}

// New is the Store on a base and the features that it needs.
func New(db *store.DB, projects *projects.Store, persons *people.Store) *Store {
	return &Store{db, projects, persons}
}

// SignupDraft is a checked sign-up before it is known whether it is new.
type SignupDraft struct {
	Kind      *schema.Kind // the project's kind of sign-ups
	Activity  project.Activity
	Row       schema.Row // in the clear
	Submitted time.Time
	Public    bool   // from the public form: it never adds a key to a known person
	By        string // who of the staff entered it
	Entry     string // "" for a new id; a file's rows have ids of their own, so that a second delivery is the same entry
	Upload    string
	Line      int
	Consent   string // the version of the words on the use of data that the form had; "" where another paper has them
}

// SignedUp is what became of it.
type SignedUp struct {
	Signup  Signup `json:"signup"`
	Receipt string `json:"receipt"` // says nothing of who was known before
	Created bool   `json:"created"`
}

// answer is what is kept to be answered again: nothing of it says more of the person.
func (r SignedUp) answer() SignedUp {
	r.Signup = Signup{ID: r.Signup.ID, State: r.Signup.State, Activity: r.Signup.Activity}
	return r
}

// SignUp takes a sign-up: a new one gets a place, or a place in the queue, or is held for the office; one who is signed
// up already stays as they were, and what the form says is kept beside the first. Whether the request was answered before is
// asked here unless the caller has asked, and again after each conflict.
func (s *Store) SignUp(ctx context.Context, project string, d SignupDraft, once store.Once) (result SignedUp, err error) {
	get := func(field string) string { return d.Kind.Get(d.Row, field) }
	ref := schema.PersonRef{Email: get("email"), Pesel: get("pesel")}
	names := people.Names{First: get("first_name"), Last: get("last_name"), Phone: get("phone")}
	if !once.Asked() {
		if done, err := s.Answered(ctx, once, &result); done || err != nil {
			return result, err
		}
	}
	who, held := "", false
	if d.Public {
		who, held, err = s.persons.ResolvePublic(ctx, project, ref, names)
	} else {
		who, err = s.persons.Resolve(ctx, project, ref, names)
	}
	if err != nil {
		return result, err
	}
	entry, receipt := d.Entry, s.NewID()
	if entry == "" {
		entry = s.NewID()
	}
	conflict := false
	err = table.Retry(ctx, func() error {
		if conflict {
			if done, err := s.Answered(ctx, once, &result); done || err != nil {
				return err
			}
		}
		conflict = true
		if d.Entry != "" {
			if before, rev, err := table.Load[Signup](ctx, s.Tracker, signupKey(project, entry)); err != nil || rev != 0 {
				result = SignedUp{Signup: before, Receipt: receipt, Created: true} // delivered before
				return err
			}
		}
		before, rev, placeRev, err := s.liveSignup(ctx, project, d.Activity.ID, who)
		switch {
		case err != nil:
			return err
		case rev != 0:
			result, err = s.repeat(ctx, project, d, before, rev, entry, receipt, once)
		default:
			result, err = s.admit(ctx, project, d, who, held, placeRev, entry, receipt, once)
		}
		return err
	})
	if err != nil || !result.Created || result.Signup.State != schema.Waitlisted || d.Upload != "" {
		return result, err
	}
	// A definition that gives more places may have been set since this one was read, and have found nobody who waits. Whom a
	// file leaves waiting so the office sees among what is to do.
	now, err := s.projects.Definition(ctx, project)
	if store.IsNotFound(err) {
		return result, nil
	}
	if err != nil || activity(now.Definition, d.Activity.ID).Capacity == d.Activity.Capacity {
		return result, err
	}
	if err := s.FillPlaces(ctx, now.Definition, d.Activity.ID, ""); err != nil {
		return result, err
	}
	result.Signup, err = s.Signup(ctx, project, result.Signup.ID)
	return result, err
}

// liveSignup finds a person's live sign-up to an activity, under whatever id it was made before a merge, and its revision, 0 where
// there is none; and the revision of their place, to be written over.
func (s *Store) liveSignup(ctx context.Context, project, activity, who string) (su Signup, rev, placeRev int64, err error) {
	p, err := s.persons.Person(ctx, project, who)
	if store.IsNotFound(err) { // erased in this moment
		p, err = people.Person{ID: who}, nil
	}
	if err != nil {
		return su, 0, 0, err
	}
	var keys []table.Key
	for _, id := range p.IDs() {
		keys = append(keys, placeKey(project, activity, id))
	}
	held, err := s.Tracker.Get(ctx, keys...)
	if err != nil {
		return su, 0, 0, err
	}
	placeRev = held[placeKey(project, activity, who)].Rev
	for _, key := range keys {
		it, there := held[key]
		if !there {
			continue
		}
		id, err := table.Decode[string](it)
		if err != nil {
			return su, 0, 0, err
		}
		if su, rev, err = table.Load[Signup](ctx, s.Tracker, signupKey(project, id)); err != nil || rev != 0 && su.Live() {
			return su, rev, placeRev, err
		}
	}
	return Signup{}, 0, placeRev, nil
}

// sealedForm is what a sign-up may say in facts.
func (s *Store) sealedForm(project string, d SignupDraft) schema.Values {
	return d.Kind.Values(s.SealRow(project, d.Kind, d.Row))
}

func (s *Store) signupFact(project string, d SignupDraft, su Signup, entry, state string) (fact.Fact, error) {
	return s.NewFact(fact.KindSignup, d.By, fact.Signup{
		Signup: su.ID, Entry: entry, Person: su.Person, Submitted: d.Submitted.UTC(), State: state, Upload: d.Upload, Line: d.Line,
		Schema: schema.SchemaVersion, Values: s.sealedForm(project, d),
	})
}

func (s *Store) repeat(ctx context.Context, project string, d SignupDraft, before Signup, rev int64, entry, receipt string, once store.Once) (SignedUp, error) {
	after := before
	after.Entries++
	after.TakeUp(d.Kind, s.sealedForm(project, d), d.Submitted)
	if d.Kind.Get(d.Row, "phone") != "" && len(after.Later) < mostLater {
		after.Later = append(slices.Clone(after.Later), entry)
	}
	result := SignedUp{Signup: after, Receipt: receipt}
	if d.Entry != "" {
		if _, seen, err := table.Load[string](ctx, s.Tracker, sentKey(project, before.ID, entry)); err != nil || seen != 0 {
			return result, err // delivered before
		}
	}
	f, err := s.signupFact(project, d, before, entry, "")
	if err != nil {
		return result, err
	}
	ops, err := s.Answer(ctx, once, result.answer())
	if err != nil {
		return result, err
	}
	if err := s.keepForm(ctx, project, before, entry, d); err != nil {
		return result, err
	}
	ops = append(ops, s.keepSignup(project, after, rev), table.PutJSON(sentKey(project, before.ID, entry), entry, table.Absent))
	return result, s.Log().Append(ctx, project, []fact.Fact{f}, ops...)
}

func (s *Store) admit(ctx context.Context, project string, d SignupDraft, who string, held bool, placeRev int64, entry, receipt string, once store.Once) (SignedUp, error) {
	places, rev, err := s.places(ctx, project, d.Activity)
	if err != nil {
		return SignedUp{}, err
	}
	state := places.Admit(held)
	su := Signup{
		ID: entry, Person: who, Activity: d.Activity.ID, Submitted: d.Submitted.UTC(), State: state, Version: 1, Entry: entry, Entries: 1,
		Upload: d.Upload, Locale: d.Kind.Get(d.Row, "locale"), Values: s.sealedForm(project, d),
	}
	result := SignedUp{Signup: su, Receipt: receipt, Created: true}
	f, err := s.signupFact(project, d, su, entry, state)
	if err != nil {
		return result, err
	}
	ops, err := s.Answer(ctx, once, result.answer())
	if err != nil {
		return result, err
	}
	if err := s.keepForm(ctx, project, su, entry, d); err != nil {
		return result, err
	}
	ops = append(ops,
		s.keepSignup(project, su, 0),
		table.PutJSON(placeKey(project, su.Activity, who), su.ID, table.At(placeRev)),
		table.PutJSON(people.AboutKey(project, who, schema.Signup, su.ID), su.ID, table.Always))
	places.Add(state, 1)
	ops = append(ops, table.PutJSON(placesKey(project, su.Activity), places, table.At(rev)))
	if state == schema.Waitlisted {
		ops = append(ops, table.PutJSON(queueKey(project, su.Activity, su.Submitted, su.ID), su.ID, table.Always))
	}
	return result, s.Log().Append(ctx, project, []fact.Fact{f}, ops...)
}

// places reads how an activity stands, and the revision under which its counts, and with them the queue, may be changed.
func (s *Store) places(ctx context.Context, project string, a project.Activity) (Places, int64, error) {
	places, rev, err := table.Load[Places](ctx, s.Tracker, placesKey(project, a.ID))
	places.Capacity = a.Capacity
	return places, rev, err
}

// Places tells how activities stand, in their order.
func (s *Store) Places(ctx context.Context, project string, activities []project.Activity) ([]Places, error) {
	keys := make([]table.Key, len(activities))
	for i, a := range activities {
		keys[i] = placesKey(project, a.ID)
	}
	found, err := s.Tracker.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	out := make([]Places, len(activities))
	for i, a := range activities {
		if it, there := found[keys[i]]; there {
			if out[i], err = table.Decode[Places](it); err != nil {
				return nil, err
			}
		}
		out[i].Capacity = a.Capacity
	}
	return out, nil
}

func (s *Store) keepSignup(project string, su Signup, rev int64) table.Op {
	return table.Indexed(table.PutJSON(signupKey(project, su.ID), su, table.At(rev)), table.Key{PK: signupIndex(project, su.Activity), SK: ordered(su.Submitted, su.ID)})
}

// keepForm keeps what one sending of the form said of who somebody is, and to which words on the use of data it agreed.
func (s *Store) keepForm(ctx context.Context, project string, su Signup, entry string, d SignupDraft) error {
	said := d.Kind.Private(d.Row)
	if d.Consent != "" {
		said[ConsentGiven] = d.Consent
	}
	op := table.PutJSON(formKey(project, su.ID, entry), said, table.Always)
	return s.People.Write(ctx, table.Indexed(op, table.Key{PK: people.TextsIndex(project, su.Person), SK: entry}))
}

// Signup reads one sign-up.
func (s *Store) Signup(ctx context.Context, project, id string) (Signup, error) {
	su, rev, err := table.Load[Signup](ctx, s.Tracker, signupKey(project, id))
	if err == nil && rev == 0 {
		err = fmt.Errorf("sign-up %s: %w", id, store.ErrNotFound)
	}
	return su, err
}

// SignedUpTo tells whether a person has a live sign-up to an activity.
func (s *Store) SignedUpTo(ctx context.Context, project, activity, person string) (bool, error) {
	_, rev, _, err := s.liveSignup(ctx, project, activity, person)
	return rev != 0, err
}

// mostLater is how many later sendings of one form are looked at for a telephone number.
const mostLater = 5

// Form is Forms for one sign-up.
func (s *Store) Form(ctx context.Context, project string, su Signup) (map[string]string, error) {
	forms, err := s.Forms(ctx, project, []Signup{su})
	return forms[su.ID], err
}

// Forms reads what sign-ups' forms said of who somebody is, by the sign-up's id: the first sending, and a telephone number of
// a later one where that had none.
func (s *Store) Forms(ctx context.Context, project string, all []Signup) (map[string]map[string]string, error) {
	var keys []table.Key
	for _, su := range all {
		for _, entry := range append([]string{su.Entry}, su.Later...) {
			keys = append(keys, formKey(project, su.ID, entry))
		}
	}
	said := map[table.Key]map[string]string{}
	for part := range slices.Chunk(keys, table.MostGet) {
		found, err := s.People.Get(ctx, part...)
		if err != nil {
			return nil, err
		}
		for key, it := range found {
			if said[key], err = table.Decode[map[string]string](it); err != nil {
				return nil, err
			}
		}
	}
	forms := map[string]map[string]string{}
	for _, su := range all {
		form := said[formKey(project, su.ID, su.Entry)]
		for _, entry := range su.Later {
			if phone := said[formKey(project, su.ID, entry)]["phone"]; form != nil && form["phone"] == "" && phone != "" {
				form["phone"] = phone
			}
		}
		forms[su.ID] = form
	}
	return forms, nil
}

// Signups lists an activity's sign-ups by submission.
func (s *Store) Signups(ctx context.Context, project, activity string, limit int, cursor string) (table.PageOf[Signup], error) {
	return table.List[Signup](ctx, s.Tracker, table.Query{PK: signupIndex(project, activity), Index: true, Limit: limit, Cursor: cursor})
}

// ErrFull is in the error where an activity has no free place to give.
var ErrFull = errors.New("no place is free")

// MoveSignup gives a sign-up another state. A freed place goes, in the same transaction, to the first of the queue. A
// state it has already changes nothing. A held sign-up that is accepted while no place is free joins the queue; a waiting
// one is refused with ErrFull. A cancelled one stays cancelled (ErrStale), for the person may have signed up anew.
func (s *Store) MoveSignup(ctx context.Context, def *project.Definition, id, state, by string) (moved Signup, err error) {
	err = table.Retry(ctx, func() error {
		su, rev, err := table.Load[Signup](ctx, s.Tracker, signupKey(def.ID, id))
		switch {
		case err != nil:
			return err
		case rev == 0:
			return fmt.Errorf("sign-up %s: %w", id, store.ErrNotFound)
		case su.State == state:
			moved = su
			return nil
		case su.State == schema.Cancelled:
			return fmt.Errorf("sign-up %s is cancelled: %w", id, store.ErrStale)
		}
		places, placesRev, err := s.places(ctx, def.ID, activity(def, su.Activity))
		if err != nil {
			return err
		}
		was := su.State
		to, ok := places.Move(was, state)
		if !ok {
			return ErrFull
		}
		m := mover{store: s, project: def.ID, by: by, activity: su.Activity, places: places}
		if err := m.move(su, rev, to); err != nil {
			return err
		}
		if was == schema.Accepted && m.places.Taken < places.Taken {
			if err := m.promote(ctx, su.ID); err != nil {
				return err
			}
		}
		moved = m.moved[0]
		return s.Log().Append(ctx, def.ID, m.facts, append(m.ops, table.PutJSON(placesKey(def.ID, su.Activity), m.places, table.At(placesRev)))...)
	})
	return moved, err
}

// FillPlaces gives the free places of an activity to those who wait: a definition may have raised its capacity.
func (s *Store) FillPlaces(ctx context.Context, def *project.Definition, activityID, by string) error {
	for {
		filled := false
		err := table.Retry(ctx, func() error {
			places, rev, err := s.places(ctx, def.ID, activity(def, activityID))
			if err != nil || !places.Free() {
				return err
			}
			m := mover{store: s, project: def.ID, by: by, activity: activityID, places: places}
			if err := m.promote(ctx, ""); err != nil || len(m.facts) == 0 {
				return err
			}
			filled = true
			return s.Log().Append(ctx, def.ID, m.facts, append(m.ops, table.PutJSON(placesKey(def.ID, activityID), m.places, table.At(rev)))...)
		})
		if err != nil || !filled {
			return err
		}
	}
}

// activity finds an activity; one that the definition no longer has is taken as one without a limit.
func activity(def *project.Definition, id string) project.Activity {
	if a, ok := def.Activity(id); ok {
		return a
	}
	return project.Activity{ID: id}
}

// mover gathers what one transaction does to the sign-ups of an activity.
type mover struct {
	store       *Store
	project, by string
	activity    string
	places      Places
	facts       []fact.Fact
	ops         []table.Op
	moved       []Signup
}

func (m *mover) move(su Signup, rev int64, state string) error {
	su.Count(&m.places, -1)
	su.Forgotten = false
	m.places.Add(state, 1)
	if su.State == schema.Waitlisted {
		m.ops = append(m.ops, table.Remove(queueKey(m.project, su.Activity, su.Submitted, su.ID), table.Always))
	}
	switch state {
	case schema.Waitlisted:
		m.ops = append(m.ops, table.PutJSON(queueKey(m.project, su.Activity, su.Submitted, su.ID), su.ID, table.Always))
	case schema.Cancelled:
		m.ops = append(m.ops, table.Remove(placeKey(m.project, su.Activity, su.Person), table.Always))
	}
	su.State, su.Version = state, su.Version+1
	f, err := m.store.NewFact(fact.KindSignupMoved, m.by, fact.SignupMoved{Signup: su.ID, Version: su.Version, State: state})
	if err != nil {
		return err
	}
	m.facts, m.moved = append(m.facts, f), append(m.moved, su)
	m.ops = append(m.ops, m.store.keepSignup(m.project, su, rev))
	return nil
}

// promote gives a free place to the first of the queue, by submission, then id; never to the one who just left.
func (m *mover) promote(ctx context.Context, left string) error {
	if !m.places.Free() {
		return nil
	}
	s := m.store
	waiting, err := table.List[string](ctx, s.Tracker, table.Query{PK: queuePartition(m.project, m.activity), Limit: 2})
	if err != nil {
		return err
	}
	for _, id := range waiting.Items {
		if id == left {
			continue
		}
		first, rev, err := table.Load[Signup](ctx, s.Tracker, signupKey(m.project, id))
		if err != nil {
			return err
		}
		return m.move(first, rev, schema.Accepted)
	}
	return nil
}

// CancelToken is what the e-mail about a sign-up carries, so that who holds it may withdraw it.
func (s *Store) CancelToken(project, signup string) string { return s.Seal(project, "cancel", signup) }

// SignupsOf reads sign-ups by their ids; those that are not there are left out.
func (s *Store) SignupsOf(ctx context.Context, project string, ids []string) (map[string]Signup, error) {
	keys := make([]table.Key, len(ids))
	for i, id := range ids {
		keys[i] = signupKey(project, id)
	}
	found, err := s.Tracker.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	out := map[string]Signup{}
	for _, it := range found {
		su, err := table.Decode[Signup](it)
		if err != nil {
			return nil, err
		}
		out[su.ID] = su
	}
	return out, nil
}

// Forget takes a person who is erased out of a sign-up. It gives the file that the sign-up came in, "" where it came in none.
func (s *Store) Forget(ctx context.Context, project string, e people.Erasure, id string) (upload string, err error) {
	err = table.Retry(ctx, func() error {
		su, rev, err := table.Load[Signup](ctx, s.Tracker, signupKey(project, id))
		if err != nil || rev == 0 {
			return err
		}
		upload = su.Upload
		ops := []table.Op{table.Remove(placeKey(project, su.Activity, su.Person), table.Always)}
		if !su.Forgotten && (su.State == schema.Waitlisted || su.State == schema.Held) {
			places, placesRev, err := table.Load[Places](ctx, s.Tracker, placesKey(project, su.Activity))
			if err != nil {
				return err
			}
			su.Count(&places, -1)
			su.Forgotten = true
			ops = append(ops, table.PutJSON(placesKey(project, su.Activity), places, table.At(placesRev)), table.Remove(queueKey(project, su.Activity, su.Submitted, su.ID), table.Always))
		}
		su.Person, su.Values, su.Locale, su.Since, su.Later = e.Fresh, schema.Builtin().Kind(schema.Signup).Erased(su.Values), "", nil, nil
		if err := s.Tracker.Write(ctx, append(ops, s.keepSignup(project, su, rev))...); err != nil {
			return err
		}
		_, err = table.RemovePartition(ctx, s.People, formKey(project, id, "").PK)
		return err
	})
	return upload, err
}

// SentForms reads what all sendings of a sign-up's form said of who somebody is, in the order of their ids.
func (s *Store) SentForms(ctx context.Context, project, id string) ([]map[string]string, error) {
	page, err := table.List[map[string]string](ctx, s.People, table.Query{PK: formKey(project, id, "").PK})
	return page.Items, err
}

// SentForm reads what one sending of a sign-up's form said of who somebody is.
func (s *Store) SentForm(ctx context.Context, project, id, entry string) (map[string]string, error) {
	form, _, err := table.Load[map[string]string](ctx, s.People, formKey(project, id, entry))
	return form, err
}
