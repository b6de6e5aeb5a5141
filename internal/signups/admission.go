package signups

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/sethvargo/go-retry"
	"golang.org/x/sync/errgroup"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/table"
)

// A new sign-up gets its state in a transaction on the counts of its activity. Where many arrive at once, these
// transactions would conflict with each other: each sign-up then waits as a ticket in the activity's inbox, and the
// sender of the first ticket admits all that wait, in the order of submission, a batch in each transaction.

const (
	// mostTogether is how many tickets one transaction admits: each takes at most five operations, with a reservation six,
	// and the counts one.
	mostTogether = (table.MostWrites - 1) / 5
	// mostBatches is how many batches one request admits before it answers, so that the others seldom need to look.
	mostBatches = 8
	// takeoverDelay is how long a ticket may be the first one before other requests admit it: its sender may be gone.
	takeoverDelay = time.Second
	// ticketLife is how long a ticket may be admitted: longer than a request lasts. An older one belongs to a process that
	// died before it answered. Its person may have been erased since, and its sender has seen an error.
	ticketLife = time.Minute
)

// pausesInInbox returns the pauses between two looks of one request into the inbox.
func pausesInInbox() retry.Backoff {
	return retry.WithFullJitter(retry.WithCappedDuration(250*time.Millisecond, retry.NewExponential(20*time.Millisecond)))
}

// errWaiting is the state of a ticket that no one has admitted yet.
var errWaiting = errors.New("the sign-up waits to be admitted")

// ticket is a new sign-up that asks for its state.
type ticket struct {
	Signup   Signup    `json:"signup"`             // without a state
	Capacity int       `json:"capacity,omitempty"` // of the activity, as the request read it
	Until    time.Time `json:"until"`              // when ticketLife is over
	Held     bool      `json:"held,omitempty"`
	// Reserve is until when a place is kept for the sign-up if one is free; zero: none is.
	Reserve time.Time `json:"reserve,omitzero"`
	Place   place     `json:"place"`
	Receipt string    `json:"receipt"`
	Fact    fact.Fact `json:"fact"` // without the state
}

// newTicket returns the ticket of a valid form.
func (s *Store) newTicket(project string, d SignupDraft, who people.Applicant, at place, entry, receipt string) (t ticket, err error) {
	held := who.Conflict != nil || len(who.Unconfirmed) > 0
	t = ticket{
		Signup: Signup{
			ID: entry, Person: who.Person.ID, Conflict: who.Conflict, Activity: d.Activity.ID, Submitted: d.Submitted.UTC(), Version: 1, Entry: entry, Entries: 1,
			Upload: d.Upload, Locale: d.Kind.Get(d.Row, "locale"), Values: s.sealedForm(project, d),
			Unconfirmed: d.Confirm, NewKeys: d.Confirm && len(who.Unconfirmed) > 0,
		},
		Capacity: d.Activity.Capacity, Held: held, Place: at, Receipt: receipt,
	}
	if d.Confirm && d.Reserve > 0 && d.Activity.Capacity > 0 {
		t.Reserve = s.Now().Add(d.Reserve).UTC()
	}
	if held {
		d.Derived = schema.Values{} // whose PESEL it is, is not known
	}
	t.Fact, err = s.signupFact(project, d, t.Signup, entry, "", false)
	return t, err
}

func (t ticket) key(project string) table.Key {
	return table.Key{PK: inboxPartition(project, t.Signup.Activity), SK: ordered(t.Signup.Submitted, t.Signup.ID)}
}

// admitted returns the result of the ticket's request.
func (t ticket) admitted(su Signup) SignedUp {
	return SignedUp{Signup: su, Receipt: t.Receipt, Created: true}
}

// activityState is what a new sign-up finds at its activity.
type activityState struct {
	places     Places
	rev        int64     // of the counts
	next       fact.Turn // of its fact
	inboxEmpty bool
}

// readActivityState reads what a new sign-up finds, in one step.
func (s *Store) readActivityState(ctx context.Context, project string, a project.Activity) (found activityState, err error) {
	empty := false
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		found, err = s.readCounts(ctx, project, a)
		return err
	})
	group.Go(func() error {
		waiting, err := s.Tracker.Query(ctx, table.Query{PK: inboxPartition(project, a.ID), Limit: 1})
		empty = len(waiting.Items) == 0
		return err
	})
	err = group.Wait()
	found.inboxEmpty = empty
	return found, err
}

// readCounts reads what a transaction on the counts of an activity depends on, in one step.
func (s *Store) readCounts(ctx context.Context, project string, a project.Activity) (found activityState, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		found.places, found.rev, err = s.places(ctx, project, a)
		return err
	})
	group.Go(func() (err error) {
		found.next, err = s.Log().Next(ctx, project)
		return err
	})
	return found, group.Wait()
}

// admit gives a new sign-up its state, and stores it: at once where no one else waits, else through the inbox. It fails
// with a *table.Conflict where the person has signed up in the meantime.
func (s *Store) admit(ctx context.Context, project string, a project.Activity, found activityState, t ticket) (Signup, error) {
	if found.inboxEmpty {
		admitted, refused, err := s.admitAll(ctx, project, found, []ticket{t}, false)
		switch {
		case err == nil:
			return admitted[0], nil
		case !isBusy(err) || len(refused) > 0:
			return Signup{}, err
		}
	}
	return s.waitForAdmission(ctx, project, a, t)
}

// isBusy reports whether a transaction failed because others write the same items.
func isBusy(err error) bool {
	_, conflict := table.AsConflict(err)
	return conflict
}

// waitForAdmission puts a ticket into the inbox and waits until it was admitted by this request or by another.
func (s *Store) waitForAdmission(ctx context.Context, project string, a project.Activity, t ticket) (su Signup, err error) {
	key := t.key(project)
	t.Until = s.Now().Add(ticketLife)
	put := table.PutJSON(key, t, table.Always)
	put.Item.Expires = t.Until
	if err := s.Tracker.Write(ctx, put); err != nil {
		s.removeTicket(ctx, key)
		return Signup{}, err
	}
	var before table.Key // the first ticket, seen since an instant
	var since time.Time
	err = retry.Do(ctx, pausesInInbox(), func(ctx context.Context) error {
		for {
			first, err := s.Tracker.Query(ctx, table.Query{PK: key.PK, To: key.SK, Limit: 1})
			switch {
			case err != nil:
				return err
			case len(first.Items) == 0: // admitted or refused
				var rev int64
				if su, rev, err = table.Load[Signup](ctx, s.Tracker, signupKey(project, t.Signup.ID)); err == nil && rev == 0 {
					err = &table.Conflict{}
				}
				return err
			case first.Items[0].Key == key:
			case first.Items[0].Key != before:
				before, since = first.Items[0].Key, time.Now()
				return retry.RetryableError(errWaiting)
			case time.Since(since) < takeoverDelay:
				return retry.RetryableError(errWaiting)
			}
			if err := s.admitWaiting(ctx, project, a); isBusy(err) {
				return retry.RetryableError(errWaiting)
			} else if err != nil {
				return err
			}
		}
	})
	if err != nil {
		s.removeTicket(ctx, key)
	}
	return su, err
}

// removeTicket removes the ticket of a request that fails. If that fails too, the person is signed up together with the
// next one who comes within ticketLife, else not at all.
func (s *Store) removeTicket(ctx context.Context, key table.Key) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = s.Tracker.Write(ctx, table.Remove(key, table.Always))
}

// admitWaiting admits the tickets of an inbox, in some batches. It fails with a *table.Conflict if the sender of
// another ticket does so too.
func (s *Store) admitWaiting(ctx context.Context, project string, a project.Activity) error {
	for range mostBatches {
		waiting, err := s.Tracker.Query(ctx, table.Query{PK: inboxPartition(project, a.ID), Limit: mostTogether})
		if err != nil || len(waiting.Items) == 0 {
			return err
		}
		if err := s.admitBatch(ctx, project, a, waiting.Items); err != nil || waiting.Next == "" {
			return err
		}
	}
	return nil
}

// admitBatch admits tickets of one activity, and removes those that are refused, too old, or not readable.
func (s *Store) admitBatch(ctx context.Context, project string, a project.Activity, waiting []table.Item) error {
	var tickets []ticket
	var keys, remove []table.Key
	taken := map[table.Key]bool{}
	operations := 0
	for _, it := range waiting {
		t, err := table.Decode[ticket](it)
		if err != nil || s.Now().After(t.Until) {
			remove = append(remove, it.Key)
			continue
		}
		// Of several for one person or one request only the first can succeed.
		place, signup := placeKey(project, t.Signup.Activity, t.Signup.Person), signupKey(project, t.Signup.ID)
		if taken[place] || taken[signup] {
			remove = append(remove, it.Key)
			continue
		}
		if operations += 5; !t.Reserve.IsZero() {
			operations++
		}
		if operations >= table.MostWrites {
			break // the others come with the next batch
		}
		taken[place], taken[signup] = true, true
		tickets, keys = append(tickets, t), append(keys, it.Key)
	}
	if len(tickets) == 0 {
		return table.RemoveAll(ctx, s.Tracker, remove)
	}
	found, err := s.readCounts(ctx, project, a)
	if err != nil {
		return err
	}
	_, refused, err := s.admitAll(ctx, project, found, tickets, true)
	if err != nil && len(refused) == 0 {
		return err
	}
	for _, i := range refused {
		remove = append(remove, keys[i])
	}
	return table.RemoveAll(ctx, s.Tracker, remove)
}

// admitAll stores new sign-ups to one activity with their states in one transaction, and removes their tickets if they
// are from the inbox. If it fails with a *table.Conflict, refused are the indexes of the tickets that can never
// succeed; none are where the counts have changed.
func (s *Store) admitAll(ctx context.Context, project string, found activityState, tickets []ticket, fromInbox bool) (admitted []Signup, refused []int, err error) {
	var facts []fact.Fact
	var ops []table.Op
	var ticketOf []int // the index of each operation's ticket
	places := found.places
	for i, t := range tickets {
		su := t.Signup
		places.Capacity = t.Capacity
		full := places.Admit(false) == schema.Waitlisted
		su.State = places.Admit(t.Held || su.Unconfirmed)
		if !full { // also if the office has to decide: the places left must not reveal it
			su.ReservedUntil = t.Reserve
		}
		su.Count(&places, 1)
		f, err := withState(t.Fact, su, full)
		if err != nil {
			return nil, nil, err
		}
		facts, admitted = append(facts, f), append(admitted, su)
		ops = append(ops,
			s.keepSignup(project, su, 0),
			table.PutJSON(placeKey(project, su.Activity, su.Person), su.ID, table.At(t.Place.Rev)))
		switch su.State {
		case schema.Held:
			ops = append(ops, table.PutJSON(heldKey(project, su), su.ID, table.Always))
		case schema.Waitlisted:
			ops = append(ops, table.PutJSON(queueKey(project, su.Activity, su.Submitted, su.ID), su.ID, table.Always))
		}
		if !su.ReservedUntil.IsZero() {
			ops = append(ops, keepReservation(project, su))
		}
		if fromInbox {
			ops = append(ops, table.Remove(t.key(project), table.Present))
		}
		for len(ticketOf) < len(ops) {
			ticketOf = append(ticketOf, i)
		}
	}
	ops = append(ops, table.PutJSON(placesKey(project, tickets[0].Signup.Activity), places, table.At(found.rev)))
	err = s.Log().AppendAt(table.Unrepeated(ctx), project, found.next, facts, ops...)
	conflict, met := table.AsConflict(err)
	if !met {
		return admitted, nil, err
	}
	for _, at := range conflict.Failed {
		if at < len(ticketOf) && (len(refused) == 0 || refused[len(refused)-1] != ticketOf[at]) {
			refused = append(refused, ticketOf[at])
		}
	}
	return nil, refused, err
}

// withState returns the fact of a sign-up with its state, and whether a new sign-up had to wait.
func withState(f fact.Fact, su Signup, full bool) (fact.Fact, error) {
	var signup fact.Signup
	if err := json.Unmarshal(f.Data, &signup); err != nil {
		return f, err
	}
	signup.State, signup.Full = su.factState(), full
	data, err := json.Marshal(signup)
	f.Data = data
	return f, err
}
