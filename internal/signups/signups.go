// Package signups signs people up to activities: it gives places in the order of submission, keeps the waiting list,
// and stores what forms said.
package signups

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Store keeps sign-ups and the waiting lists of activities. It is safe for concurrent use.
type Store struct {
	*store.DB
	projects  *projects.Store
	persons   *people.Store
	preparers int // how many sign-ups of a file are prepared at once
}

// New returns the Store on a base and the features that it needs. It reads and writes nothing.
func New(db *store.DB, projects *projects.Store, persons *people.Store) *Store {
	return &Store{DB: db, projects: projects, persons: persons, preparers: 16}
}

// SignupDraft is a valid form not yet compared with earlier sign-ups of the person.
type SignupDraft struct {
	Kind      *schema.Kind // the project's kind of sign-ups
	Activity  project.Activity
	Row       schema.Row    // not sealed
	Derived   schema.Values // attributes that follow from its PESEL; see schema.OfPesel
	Submitted time.Time
	Public    bool   // from the public form: it never adds a key to a known person
	By        string // the staff id of who entered it, "" for the public form
	Entry     string // the id of the submission; "" for a new one. A row of a file has a fixed one, so that a second delivery changes nothing
	Upload    string
	Line      int
	// Person is the id of the person of a row of a file that was found with the others of the file; "" where the form says
	// who it is.
	Person string
	// Conflict is set for a row of a file that contradicts a known person, or another row about them.
	Conflict *people.Conflict
	Consent  string // the ConsentVersion of the form; "" where the consent is on paper
	// Confirm is set for a public form whose address has to be confirmed; Reserve is for how long a place is kept until
	// then.
	Confirm bool
	Reserve time.Duration
}

// SignedUp is the result of SignUp.
type SignedUp struct {
	Signup  Signup `json:"signup"`
	Receipt string `json:"receipt"` // a random id, which does not reveal whether the person was signed up before
	Created bool   `json:"created"` // false where the person was signed up before
	// OtherYear is set where the person is known with another year of birth.
	OtherYear bool `json:"other_year,omitempty"`

	full bool // whether a new sign-up had to wait
}

// Answered returns the result of the same request before, as stored by SignUp; false where it did not take effect. It
// fails with store.ErrOtherBody where the key was used with another body.
func (s *Store) Answered(ctx context.Context, project string, once store.Once, result *SignedUp) (bool, error) {
	if found, err := s.DB.Answered(ctx, once, result); err != nil || !found || result.Signup.State != "" {
		return found, err
	}
	// The request began: if it made a sign-up, that is there, and has the state or began with it.
	su, rev, err := table.Load[Signup](ctx, s.Tracker, signupKey(project, result.Signup.ID))
	result.Signup.State = cmp.Or(su.First, su.State)
	return rev != 0, err
}

// answer returns what is stored as the answer to a repeated request: nothing about the person.
func (r SignedUp) answer() SignedUp {
	r.Signup = Signup{ID: r.Signup.ID, State: r.Signup.State, Activity: r.Signup.Activity, Conflict: r.Signup.Conflict}
	return r
}

// SignUp signs a person up. A new sign-up is accepted, waitlisted, or held (see Places.Admit). A person with a live
// sign-up keeps it, and the form is stored beside the first one. A form that contradicts a known person is a held
// sign-up of its own until Decide. SignUp may be called twice with the same once, or with the same Entry: the second
// call returns the first result and writes nothing. What it asks of the tables for a public form does not depend on who
// is known.
func (s *Store) SignUp(ctx context.Context, project string, d SignupDraft, once store.Once) (result SignedUp, err error) {
	begun := SignedUp{Signup: Signup{ID: cmp.Or(d.Entry, s.NewID()), Activity: d.Activity.ID}, Receipt: s.NewID(), Created: true}
	err = table.Retry(ctx, func() error {
		if d.Entry != "" {
			if before, rev, err := table.Load[Signup](ctx, s.Tracker, signupKey(project, d.Entry)); err != nil || rev != 0 {
				result = SignedUp{Signup: before, Receipt: begun.Receipt, Created: true} // a second delivery
				return err
			}
		}
		var who people.Applicant
		var done bool
		asking, within := errgroup.WithContext(ctx)
		asking.Go(func() (err error) {
			done, err = s.Answered(within, project, once, &result)
			return err
		})
		asking.Go(func() (err error) {
			who, err = s.applicant(within, project, d)
			return err
		})
		if err := asking.Wait(); err != nil || done {
			return err
		}
		var before Signup
		var rev int64
		var at place
		group, within := errgroup.WithContext(ctx)
		group.Go(func() error { return s.Begin(within, once, &begun) })
		group.Go(func() (err error) {
			before, rev, at, err = s.liveSignup(within, project, d.Activity.ID, who.Person, "")
			return err
		})
		if err := group.Wait(); err != nil {
			return err
		}
		if len(who.Unconfirmed) > 0 && rev != 0 && !(who.Claimed && before.Disputed()) {
			// The first sender may have claimed this person's key: a repetition would hide this sign-up behind theirs.
			who.Apart(who.Claims())
			before, rev, at = Signup{}, 0, place{}
		}
		entry, receipt := begun.Signup.ID, begun.Receipt
		switch {
		case rev != 0 && before.ID == entry: // the same request at the same time
			return &table.Conflict{}
		case rev != 0:
			result, err = s.repeat(ctx, project, d, who, before, rev, entry, receipt, once)
		default:
			result, err = s.enter(ctx, project, d, who, at, entry, receipt)
		}
		result.OtherYear = who.OtherYear
		return err
	})
	waits := result.Created && result.Signup.State == schema.Waitlisted || d.Public && result.full
	if err != nil || !waits || d.Upload != "" {
		return result, err
	}
	// A definition with more places may have been set since the caller read it, and its FillPlaces may have found
	// no one waiting. People of a file who wait although places are free are listed as a task for coordinators.
	now, err := s.projects.Definition(ctx, project)
	if store.IsNotFound(err) {
		return result, nil
	}
	if err != nil {
		return result, err
	}
	if err := s.FillPlaces(ctx, now.Definition, d.Activity.ID, ""); err != nil {
		return result, err
	}
	result.Signup, err = s.Signup(ctx, project, result.Signup.ID)
	return result, err
}

// applicant finds the person of a form.
func (s *Store) applicant(ctx context.Context, project string, d SignupDraft) (people.Applicant, error) {
	ref, names := d.person()
	if d.Person != "" {
		return s.persons.Named(ctx, project, d.Person, ref, names)
	}
	who, err := s.persons.Identify(ctx, project, ref, names, d.Public)
	if err == nil && who.Conflict == nil && d.Conflict != nil {
		who.Apart(*d.Conflict)
	}
	return who, err
}

// place is the item under placeKey, on which a new sign-up depends.
type place struct {
	Rev    int64  `json:"rev,omitempty"`    // 0: there is none
	Signup string `json:"signup,omitempty"` // the id in it
}

// liveSignup returns a person's live sign-up to an activity, made under their present id or under one that they had
// before a merge, but not the one with the id of but, and its revision, 0 where there is none. It also returns the
// place of the present id. It reads twice whether or not there is a sign-up.
func (s *Store) liveSignup(ctx context.Context, project, activity string, p people.Person, but string) (su Signup, rev int64, at place, err error) {
	var keys, signups []table.Key
	for _, id := range p.IDs() {
		keys = append(keys, placeKey(project, activity, id), formerPlaceKey(project, activity, id))
	}
	found, err := s.Tracker.Get(ctx, keys...)
	if err != nil {
		return su, 0, at, err
	}
	for _, key := range keys {
		it, there := found[key]
		if !there {
			continue
		}
		id, err := table.Decode[string](it)
		if err != nil {
			return su, 0, at, err
		}
		if key == placeKey(project, activity, p.ID) {
			at = place{Rev: it.Rev, Signup: id}
		}
		if k := signupKey(project, id); id != but && !slices.Contains(signups, k) {
			signups = append(signups, k)
		}
	}
	asked := signups
	if len(asked) == 0 {
		asked = []table.Key{signupKey(project, p.ID)} // there is none
	}
	stored, err := s.Tracker.Get(ctx, asked...)
	if err != nil {
		return su, 0, at, err
	}
	for _, key := range signups {
		it, there := stored[key]
		if !there {
			continue
		}
		if su, err = table.Decode[Signup](it); err != nil || su.Live() {
			return su, it.Rev, at, err
		}
	}
	return Signup{}, 0, at, nil
}

// sealedForm returns the values of a form as facts may have them.
func (s *Store) sealedForm(project string, d SignupDraft) schema.Values {
	return d.Kind.Values(s.SealRow(project, d.Kind, d.Row))
}

// signupFact returns the fact of one submission. A state is given for the first submission alone.
// full is whether a new sign-up would have had to wait.
func (s *Store) signupFact(project string, d SignupDraft, su Signup, entry, state string, full bool) (fact.Fact, error) {
	return s.NewFact(fact.KindSignup, d.By, fact.Signup{
		Full: full, Confirm: d.Confirm,
		Signup: su.ID, Entry: entry, Person: su.Person, Submitted: d.Submitted.UTC(), State: state, Upload: d.Upload, Line: d.Line,
		Schema: schema.SchemaVersion, Values: s.sealedForm(project, d), Derived: d.Derived.Without(func(field string) bool { return d.Kind.Get(d.Row, field) != "" }),
	})
}

// repeat stores a further submission of a person who is signed up already.
func (s *Store) repeat(ctx context.Context, project string, d SignupDraft, who people.Applicant, before Signup, rev int64, entry, receipt string, once store.Once) (SignedUp, error) {
	after := before
	after.Entries++
	after.AddValues(d.Kind, s.sealedForm(project, d), d.Submitted)
	if d.Kind.Get(d.Row, "phone") != "" && len(after.Later) < mostLater {
		after.Later = append(slices.Clone(after.Later), entry)
	}
	result := SignedUp{Signup: after, Receipt: receipt}
	if d.Entry != "" {
		if _, seen, err := table.Load[string](ctx, s.Tracker, sentKey(project, before.ID, entry)); err != nil || seen != 0 {
			return result, err // a second delivery
		}
	}
	if before.Disputed() {
		d.Derived = schema.Values{} // whose PESEL it is, is not known
	}
	var found activityState
	ops, err := s.Answer(ctx, once, result.answer())
	if err != nil {
		return result, err
	}
	group, within := errgroup.WithContext(ctx)
	group.Go(func() error { return s.keepPerson(within, project, who, before, entry, d) })
	if d.Public { // as enter does, so that the calls do not reveal a repetition
		group.Go(func() (err error) {
			found, err = s.readActivityState(within, project, d.Activity)
			return err
		})
	} else {
		group.Go(func() (err error) {
			found.next, err = s.Log().Next(within, project)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return result, err
	}
	result.full = d.Public && found.places.Admit(false) == schema.Waitlisted
	f, err := s.signupFact(project, d, before, entry, "", result.full)
	if err != nil {
		return result, err
	}
	ops = append(ops, s.keepSignup(project, after, rev), table.PutJSON(sentKey(project, before.ID, entry), entry, table.Absent))
	return result, s.Log().AppendAt(ctx, project, found.next, []fact.Fact{f}, ops...)
}

// enter stores a new sign-up, with its place or its turn on the waiting list.
func (s *Store) enter(ctx context.Context, project string, d SignupDraft, who people.Applicant, at place, entry, receipt string) (SignedUp, error) {
	t, err := s.newTicket(project, d, who, at, entry, receipt)
	if err != nil {
		return SignedUp{}, err
	}
	var found activityState
	group, within := errgroup.WithContext(ctx)
	group.Go(func() error { return s.keepPerson(within, project, who, t.Signup, entry, d) })
	group.Go(func() error { return s.keepMention(within, project, t) })
	group.Go(func() (err error) {
		found, err = s.readActivityState(within, project, d.Activity)
		return err
	})
	if err := group.Wait(); err != nil {
		return SignedUp{}, err
	}
	su, err := s.admit(ctx, project, d.Activity, found, t)
	result := t.admitted(su)
	result.full = found.places.Admit(false) == schema.Waitlisted
	return result, err
}

// places reads the counts of an activity, and the revision that a change of them, or of the waiting list, depends on.
func (s *Store) places(ctx context.Context, project string, a project.Activity) (Places, int64, error) {
	places, rev, err := table.Load[Places](ctx, s.Tracker, placesKey(project, a.ID))
	places.Capacity = a.Capacity
	return places, rev, err
}

// Places returns the counts of activities, in their order.
func (s *Store) Places(ctx context.Context, project string, activities []project.Activity) ([]Places, error) {
	keys := make([]table.Key, len(activities))
	for i, a := range activities {
		keys[i] = placesKey(project, a.ID)
	}
	found, err := table.LoadAll[Places](ctx, s.Tracker, keys)
	if err != nil {
		return nil, err
	}
	out := make([]Places, len(activities))
	for i, a := range activities {
		out[i] = found[keys[i]]
		out[i].Capacity = a.Capacity
	}
	return out, nil
}

// keepSignup returns the operation that stores a sign-up, listed under its activity by submission.
func (s *Store) keepSignup(project string, su Signup, rev int64) table.Op {
	return table.Indexed(table.PutJSON(signupKey(project, su.ID), su, table.At(rev)), table.Key{PK: signupIndex(project, su.Activity), SK: ordered(su.Submitted, su.ID)})
}

// keepPerson stores the person of a submission, its identity values, and the version of the words on the use of data
// that it agreed to. It may be called twice. It fails with a *table.Conflict where the person has changed.
func (s *Store) keepPerson(ctx context.Context, project string, who people.Applicant, su Signup, entry string, d SignupDraft) error {
	form := d.Kind.Private(d.Row)
	if d.Consent != "" {
		form[ConsentGiven] = d.Consent
	}
	values := table.PutJSON(people.FormKey(project, su.Person, su.ID, entry), form, table.Always)
	if !d.Public {
		return s.People.Write(ctx, append(s.persons.Keep(project, who), values)...)
	}
	// By themselves the values use half of what they would in the transaction.
	if err := s.People.Write(ctx, s.persons.Keep(project, who)...); err != nil {
		return err
	}
	return s.People.Write(table.Plain(ctx), values)
}

// keepMention stores, before a ticket takes a place over from a sign-up that is not live, that this one mentions the
// person: else nothing would say so. It may be called twice.
func (s *Store) keepMention(ctx context.Context, project string, t ticket) error {
	if t.Place.Rev == 0 {
		return nil
	}
	return s.Tracker.Write(ctx, mention(project, t.Signup.Person, t.Place.Signup))
}

// mention returns the operation that stores that a sign-up mentions a person.
func mention(project, person, signup string) table.Op {
	return table.PutJSON(people.MentionKey(project, person, schema.Signup, signup), signup, table.Always)
}

// leavePlace returns the operations that leave a sign-up's place to a later one of the person. The sign-up still
// mentions the person.
func (s *Store) leavePlace(ctx context.Context, project string, su Signup) ([]table.Op, error) {
	key := placeKey(project, su.Activity, su.Person)
	id, rev, err := table.Load[string](ctx, s.Tracker, key)
	ops := []table.Op{table.Remove(formerPlaceKey(project, su.Activity, su.Person), table.Always)}
	if id == su.ID {
		ops = append(ops, table.Remove(key, table.At(rev)), mention(project, su.Person, su.ID))
	}
	return ops, err
}

// Signup returns one sign-up, or store.ErrNotFound.
func (s *Store) Signup(ctx context.Context, project, id string) (Signup, error) {
	su, _, err := store.LoadExisting[Signup](ctx, s.Tracker, signupKey(project, id), "sign-up "+id)
	return su, err
}

// SignupsAt returns the live sign-ups of people to an activity, made under any of their ids, by the person's id; of
// several of one person an accepted one. People without one are left out.
func (s *Store) SignupsAt(ctx context.Context, project, activity string, who []people.Person) (map[string]Signup, error) {
	var keys []table.Key
	owner := map[table.Key]string{}
	for _, p := range who {
		for _, id := range p.IDs() {
			key := placeKey(project, activity, id)
			keys, owner[key] = append(keys, key), p.ID
		}
	}
	places, err := table.LoadAll[string](ctx, s.Tracker, keys)
	if err != nil {
		return nil, err
	}
	all, err := s.SignupsOf(ctx, project, slices.Collect(maps.Values(places)))
	if err != nil {
		return nil, err
	}
	out := map[string]Signup{}
	for _, key := range keys {
		su, there := all[places[key]]
		if !there || !su.Live() {
			continue
		}
		if before, twice := out[owner[key]]; !twice || before.State != schema.Accepted && su.State == schema.Accepted {
			out[owner[key]] = su
		}
	}
	return out, nil
}

// SignedUpTo reports whether a person has a live sign-up to an activity.
func (s *Store) SignedUpTo(ctx context.Context, project, activity, person string) (bool, error) {
	p, err := s.persons.Person(ctx, project, person)
	if store.IsNotFound(err) { // of a file that is only checked, or erased
		p, err = people.Person{ID: person}, nil
	}
	if err != nil {
		return false, err
	}
	_, rev, _, err := s.liveSignup(ctx, project, activity, p, "")
	return rev != 0, err
}

// mostLater is how many later submissions of a sign-up are searched for a telephone number.
const mostLater = 5

// Form returns the identity values of one sign-up, as Forms does.
func (s *Store) Form(ctx context.Context, project string, su Signup) (map[string]string, error) {
	forms, err := s.Forms(ctx, project, []Signup{su})
	return forms[su.ID], err
}

// Forms returns the identity values of sign-ups by the sign-up's id: those of the first submission, and the telephone
// number of a later one where the first had none. It is nil for a person who was erased.
func (s *Store) Forms(ctx context.Context, project string, all []Signup) (map[string]map[string]string, error) {
	var sent []submission
	for _, su := range all {
		for _, entry := range append([]string{su.Entry}, su.Later...) {
			sent = append(sent, submission{su.Person, su.ID, entry})
		}
	}
	submitted, err := s.loadForms(ctx, project, sent)
	if err != nil {
		return nil, err
	}
	forms := map[string]map[string]string{}
	for _, su := range all {
		form := submitted[submission{su.Person, su.ID, su.Entry}]
		for _, entry := range su.Later {
			if phone := submitted[submission{su.Person, su.ID, entry}]["phone"]; form != nil && form["phone"] == "" && phone != "" {
				form["phone"] = phone
			}
		}
		forms[su.ID] = form
	}
	return forms, nil
}

// submission names one submission of a person's sign-up.
type submission struct{ person, signup, entry string }

// loadForms reads the identity values of submissions, without submissions that have none. Where they are not under the
// key of this version it looks under that of earlier ones.
func (s *Store) loadForms(ctx context.Context, project string, sent []submission) (map[submission]map[string]string, error) {
	forms := map[submission]map[string]string{}
	for _, key := range []func(submission) table.Key{
		func(one submission) table.Key { return people.FormKey(project, one.person, one.signup, one.entry) },
		func(one submission) table.Key { return formerFormKey(project, one.signup, one.entry) },
	} {
		keys := make([]table.Key, len(sent))
		for i, one := range sent {
			keys[i] = key(one)
		}
		found, err := table.LoadAll[map[string]string](ctx, s.People, keys)
		if err != nil {
			return nil, err
		}
		var missing []submission
		for i, one := range sent {
			if form, there := found[keys[i]]; there {
				forms[one] = form
			} else {
				missing = append(missing, one)
			}
		}
		sent = missing
	}
	return forms, nil
}

// Signups lists an activity's sign-ups in the order of submission, cancelled ones too.
func (s *Store) Signups(ctx context.Context, project, activity string, limit int, cursor string) (table.PageOf[Signup], error) {
	return table.List[Signup](ctx, s.Tracker, table.Query{PK: signupIndex(project, activity), Index: true, Limit: limit, Cursor: cursor})
}

// CursorAfter returns the cursor with which Signups goes on after a sign-up of its activity.
func (s *Store) CursorAfter(project string, su Signup) string {
	q := table.Query{PK: signupIndex(project, su.Activity), Index: true}
	return q.After(s.keepSignup(project, su, 0).Item)
}

// ErrFull is in the error where an activity has no free place.
var ErrFull = errors.New("no place is free")

// MoveSignup sets the state of a sign-up and returns it. A freed place goes, in the same transaction, to the first of
// the waiting list. Setting the present state changes nothing, so it may be called twice. A held sign-up that is
// accepted while no place is free joins the waiting list; a waitlisted one fails with ErrFull. A cancelled one fails
// with store.ErrStale, since the person may have signed up anew. An unknown id fails with store.ErrNotFound.
func (s *Store) MoveSignup(ctx context.Context, def *project.Definition, id, state, by string) (moved Signup, err error) {
	return s.move(ctx, def, id, state, by, "")
}

// move does what MoveSignup does. joined is the sign-up of the same person that stays, where this one ends for it.
func (s *Store) move(ctx context.Context, def *project.Definition, id, state, by, joined string) (moved Signup, err error) {
	err = table.Retry(ctx, func() error {
		su, rev, err := store.LoadExisting[Signup](ctx, s.Tracker, signupKey(def.ID, id), "sign-up "+id)
		switch {
		case err != nil:
			return err
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
		others := places
		su.Count(&others, -1)
		to, ok := others.Move(su.State, state)
		if !ok {
			return ErrFull
		}
		m := mover{store: s, project: def.ID, by: by, activity: su.Activity, joined: joined, places: places}
		if to == schema.Cancelled {
			if m.ops, err = s.leavePlace(ctx, def.ID, su); err != nil {
				return err
			}
		}
		if err := m.move(su, rev, to); err != nil {
			return err
		}
		moved = m.moved[0]
		return m.write(ctx, places, placesRev)
	})
	return moved, err
}

// mostFilled is how many places one transaction of FillPlaces releases, and how many it gives to others: two operations
// for each that is released, three for each that is given.
const mostFilled = 15

// FillPlaces releases the places of an activity that are reserved no longer, and gives the free places to those who
// wait, in the order of submission. It is called after a definition may have raised the capacity, and may be called
// twice.
func (s *Store) FillPlaces(ctx context.Context, def *project.Definition, activityID, by string) error {
	for {
		filled := false
		err := table.Retry(ctx, func() error {
			places, rev, err := s.places(ctx, def.ID, activity(def, activityID))
			if err != nil {
				return err
			}
			m := mover{store: s, project: def.ID, by: by, activity: activityID, places: places}
			if err := m.release(ctx); err != nil {
				return err
			}
			if _, offered := def.Activity(activityID); offered { // no one is admitted to a former one
				if err := m.promote(ctx, "", mostFilled); err != nil {
					return err
				}
			}
			if len(m.ops) == 0 {
				return nil
			}
			filled = true
			return m.append(ctx, rev)
		})
		if err != nil || !filled {
			return err
		}
	}
}

// activity returns an activity of a definition. One that the definition no longer has is returned without a limit.
func activity(def *project.Definition, id string) project.Activity {
	if a, ok := def.Activity(id); ok {
		return a
	}
	return project.Activity{ID: id}
}

// mover collects the changes of one transaction on the sign-ups of an activity.
type mover struct {
	store       *Store
	project, by string
	activity    string
	joined      string // the sign-up of the same person that stays
	confirmed   bool   // the person has confirmed the address
	full        bool   // there was no place for the sign-up that is confirmed
	places      Places
	facts       []fact.Fact
	ops         []table.Op
	moved       []Signup
}

// move adds the change of one sign-up to a state.
func (m *mover) move(su Signup, rev int64, state string) error {
	before := su
	su.Count(&m.places, -1)
	if su.Version == 1 {
		su.First = su.State
	}
	su.State, su.Version = state, su.Version+1
	su.Forgotten, su.Unconfirmed, su.ReservedUntil = false, false, time.Time{}
	if state != schema.Held || !m.confirmed {
		su.Conflict, su.NewKeys = nil, false
	}
	su.Count(&m.places, 1)
	if before.State == schema.Held {
		m.ops = append(m.ops, table.Remove(heldKey(m.project, before), table.Always))
	}
	if state == schema.Held {
		m.ops = append(m.ops, table.PutJSON(heldKey(m.project, su), su.ID, table.Always))
	}
	if !before.ReservedUntil.IsZero() {
		m.ops = append(m.ops, table.Remove(reservedKey(m.project, before), table.Always))
	}
	if before.State == schema.Waitlisted {
		m.ops = append(m.ops, table.Remove(queueKey(m.project, su.Activity, su.Submitted, su.ID), table.Always))
	}
	if state == schema.Waitlisted {
		m.ops = append(m.ops, table.PutJSON(queueKey(m.project, su.Activity, su.Submitted, su.ID), su.ID, table.Always))
	}
	moved := fact.SignupMoved{Signup: su.ID, Version: su.Version, State: su.factState(), Joined: m.joined, Confirmed: m.confirmed, Full: m.full}
	if before.State == schema.Held {
		moved.From = schema.Held
	}
	f, err := m.store.NewFact(fact.KindSignupMoved, m.by, moved)
	if err != nil {
		return err
	}
	m.facts, m.moved = append(m.facts, f), append(m.moved, su)
	m.ops = append(m.ops, m.store.keepSignup(m.project, su, rev))
	return nil
}

// promote gives free places to the first of the waiting list, at most so many, by submission, then id, but not to the
// sign-up that just left it.
func (m *mover) promote(ctx context.Context, left string, most int) error {
	if !m.places.Free() {
		return nil
	}
	s := m.store
	waiting, err := table.List[string](ctx, s.Tracker, table.Query{PK: queuePartition(m.project, m.activity), Limit: most + 1})
	if err != nil {
		return err
	}
	ids := slices.DeleteFunc(waiting.Items, func(id string) bool { return id == left })
	ids = ids[:min(len(ids), most)]
	if len(ids) == 0 {
		return nil
	}
	found, err := s.stored(ctx, m.project, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !m.places.Free() {
			return nil
		}
		if err := m.move(found[id].Signup, found[id].rev, schema.Accepted); err != nil {
			return err
		}
	}
	return nil
}

// write writes the changes of one sign-up together with the counts, which were at a revision. A place that it leaves
// goes to the first of the waiting list.
func (m *mover) write(ctx context.Context, before Places, rev int64) error {
	if m.places.Taken+m.places.Reserved < before.Taken+before.Reserved {
		if err := m.promote(ctx, m.moved[0].ID, 1); err != nil {
			return err
		}
	}
	return m.append(ctx, rev)
}

// append writes the changes together with the counts, which were at a revision.
func (m *mover) append(ctx context.Context, rev int64) error {
	return m.store.Log().Append(ctx, m.project, m.facts, append(m.ops, table.PutJSON(placesKey(m.project, m.activity), m.places, table.At(rev)))...)
}

// CancelToken returns the token in the e-mail about a sign-up. Whoever has it may withdraw the sign-up.
func (s *Store) CancelToken(project, signup string) string {
	return s.LinkToken(project, "cancel", signup)
}

// IsCancelToken reports whether a token is that of the e-mail about a sign-up.
func (s *Store) IsCancelToken(project, signup, token string) bool {
	return s.IsLinkToken(project, "cancel", signup, token)
}

// SignupsOf returns sign-ups by their ids, without ids that do not exist.
func (s *Store) SignupsOf(ctx context.Context, project string, ids []string) (map[string]Signup, error) {
	keys := make([]table.Key, len(ids))
	for i, id := range ids {
		keys[i] = signupKey(project, id)
	}
	found, err := table.LoadAll[Signup](ctx, s.Tracker, keys)
	if err != nil {
		return nil, err
	}
	out := map[string]Signup{}
	for _, su := range found {
		out[su.ID] = su
	}
	return out, nil
}

// Forget removes an erased person from a sign-up and returns the upload that it came in, "" where it came in none. Its
// forms are deleted with the person (people.Store.Delete). It may be called twice.
func (s *Store) Forget(ctx context.Context, kinds *schema.Registry, project string, e people.Erasure, id string) (upload string, err error) {
	err = table.Retry(ctx, func() error {
		su, rev, err := table.Load[Signup](ctx, s.Tracker, signupKey(project, id))
		if err != nil || rev == 0 {
			return err
		}
		upload = su.Upload
		ops, err := s.leavePlace(ctx, project, su)
		if err != nil {
			return err
		}
		if !su.Forgotten && (su.State == schema.Waitlisted || su.State == schema.Held) {
			places, placesRev, err := table.Load[Places](ctx, s.Tracker, placesKey(project, su.Activity))
			if err != nil {
				return err
			}
			before := su
			su.Count(&places, -1)
			su.Forgotten, su.Unconfirmed, su.NewKeys = true, false, false
			if !before.ReservedUntil.IsZero() { // the place goes to the first of the waiting list as when its time is over
				su.ReservedUntil = s.Now().UTC()
				ops = append(ops, table.Remove(reservedKey(project, before), table.Always), keepReservation(project, su))
			}
			su.Count(&places, 1)
			ops = append(ops, table.Remove(heldKey(project, before), table.Always), table.PutJSON(placesKey(project, su.Activity), places, table.At(placesRev)), table.Remove(queueKey(project, su.Activity, su.Submitted, su.ID), table.Always))
		}
		su.Conflict = nil
		su.Person, su.Values, su.Locale, su.Since, su.Later = e.Fresh, kinds.Kind(schema.Signup).Erased(su.Values), "", nil, nil
		if err := s.Tracker.Write(ctx, append(ops, s.keepSignup(project, su, rev))...); err != nil {
			return err
		}
		_, err = table.RemovePartition(ctx, s.People, formerFormKey(project, id, "").PK)
		return err
	})
	return upload, err
}

// SentForms returns the identity values of all submissions of a person's sign-up, in the order of their ids.
func (s *Store) SentForms(ctx context.Context, project, person, id string) ([]map[string]string, error) {
	former, err := table.List[map[string]string](ctx, s.People, table.Query{PK: formerFormKey(project, id, "").PK})
	if err != nil {
		return nil, err
	}
	key := people.FormKey(project, person, id, "")
	sent, err := table.List[map[string]string](ctx, s.People, table.Query{PK: key.PK, Prefix: key.SK})
	return append(former.Items, sent.Items...), err
}

// SentForm returns the identity values of one submission of a person's sign-up, nil where there are none.
func (s *Store) SentForm(ctx context.Context, project, person, id, entry string) (map[string]string, error) {
	one := submission{person, id, entry}
	forms, err := s.loadForms(ctx, project, []submission{one})
	return forms[one], err
}
