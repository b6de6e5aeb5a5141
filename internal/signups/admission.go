package signups

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/table"
)

// A new sign-up gets its state in a transaction on the counts of its activity. Where many arrive at once, these
// transactions would only get in each other's way: each sign-up then waits as a ticket in the activity's inbox, and the
// sender of the first ticket admits all that wait, in the order of submission, in one transaction.

const (
	// mostTogether is how many tickets one transaction admits: each takes at most five operations, and the counts one.
	mostTogether = (table.MostWrites - 1) / 5
	// patience is how long a request waits for the sender of the first ticket, who may be gone, before it admits itself.
	patience = time.Second
	// longestPause is the longest time between two looks into the inbox.
	longestPause = 40 * time.Millisecond
)

// ticket is a new sign-up that asks for its state.
type ticket struct {
	Signup  Signup    `json:"signup"` // without a state
	Held    bool      `json:"held,omitempty"`
	Place   place     `json:"place"`
	Receipt string    `json:"receipt"`
	Fact    fact.Fact `json:"fact"` // without the state
}

// newTicket returns the ticket of a valid form.
func (s *Store) newTicket(project string, d SignupDraft, who string, held bool, at place, entry, receipt string) (t ticket, err error) {
	t = ticket{
		Signup: Signup{
			ID: entry, Person: who, Activity: d.Activity.ID, Submitted: d.Submitted.UTC(), Version: 1, Entry: entry, Entries: 1,
			Upload: d.Upload, Locale: d.Kind.Get(d.Row, "locale"), Values: s.sealedForm(project, d),
		},
		Held: held, Place: at, Receipt: receipt,
	}
	t.Fact, err = s.signupFact(project, d, t.Signup, entry, "")
	return t, err
}

func (t ticket) key(project string) table.Key {
	return table.Key{PK: inboxPartition(project, t.Signup.Activity), SK: ordered(t.Signup.Submitted, t.Signup.ID)}
}

// admitted returns the result of the ticket's request.
func (t ticket) admitted(su Signup) SignedUp {
	return SignedUp{Signup: su, Receipt: t.Receipt, Created: true}
}

// view is what a new sign-up finds at its activity.
type view struct {
	places Places
	rev    int64 // of the counts
	alone  bool  // no ticket waits
}

// look reads what is at an activity.
func (s *Store) look(ctx context.Context, project string, a project.Activity) (v view, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		v.places, v.rev, err = s.places(ctx, project, a)
		return err
	})
	group.Go(func() error {
		waiting, err := s.Tracker.Query(ctx, table.Query{PK: inboxPartition(project, a.ID), Limit: 1})
		v.alone = len(waiting.Items) == 0
		return err
	})
	return v, group.Wait()
}

// admit gives a new sign-up its state, and stores it: at once where no one else waits, else through the inbox. It fails
// with a *table.Conflict where the person has signed up in the meantime.
func (s *Store) admit(ctx context.Context, project string, a project.Activity, v view, t ticket) (Signup, error) {
	if v.alone {
		admitted, refused, err := s.admitAll(ctx, project, v.places, v.rev, []ticket{t}, false)
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
func (s *Store) waitForAdmission(ctx context.Context, project string, a project.Activity, t ticket) (Signup, error) {
	key := t.key(project)
	if err := s.Tracker.Write(ctx, table.PutJSON(key, t, table.Always)); err != nil {
		return Signup{}, s.leave(ctx, key, err)
	}
	for since := time.Now(); ; {
		waiting, err := s.Tracker.Query(ctx, table.Query{PK: key.PK, Limit: mostTogether})
		if err != nil {
			return Signup{}, s.leave(ctx, key, err)
		}
		isFirst, isThere := len(waiting.Items) > 0 && waiting.Items[0].Key == key, false
		for _, it := range waiting.Items {
			isThere = isThere || it.Key == key
		}
		if !isThere {
			// It may stand behind those; or it is gone: then it was admitted, or refused.
			found, err := s.Tracker.Get(ctx, key)
			if err != nil {
				return Signup{}, s.leave(ctx, key, err)
			}
			if len(found) == 0 {
				su, rev, err := table.Load[Signup](ctx, s.Tracker, signupKey(project, t.Signup.ID))
				if err == nil && rev == 0 {
					err = &table.Conflict{}
				}
				return su, err
			}
		}
		if isFirst || time.Since(since) > patience {
			if err := s.admitWaiting(ctx, project, a, waiting.Items); err != nil && !isBusy(err) {
				return Signup{}, s.leave(ctx, key, err)
			} else if err == nil {
				continue
			}
		}
		select {
		case <-ctx.Done():
			return Signup{}, s.leave(ctx, key, ctx.Err())
		case <-time.After(rand.N(longestPause)):
		}
	}
}

// leave takes a ticket out of the inbox, whose request fails with err. If that fails as well, the person is signed up
// together with the next one.
func (s *Store) leave(ctx context.Context, key table.Key, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = s.Tracker.Write(ctx, table.Remove(key, table.Always))
	return err
}

// admitWaiting admits the tickets of an inbox, and takes out of it those that are refused.
func (s *Store) admitWaiting(ctx context.Context, project string, a project.Activity, waiting []table.Item) error {
	var tickets []ticket
	var keys, gone []table.Key
	taken := map[table.Key]bool{}
	for _, it := range waiting {
		t, err := table.Decode[ticket](it)
		if err != nil {
			return err
		}
		// Of several for one person or one request only the first can succeed.
		place, signup := placeKey(project, t.Signup.Activity, t.Signup.Person), signupKey(project, t.Signup.ID)
		if taken[place] || taken[signup] {
			gone = append(gone, it.Key)
			continue
		}
		taken[place], taken[signup] = true, true
		tickets, keys = append(tickets, t), append(keys, it.Key)
	}
	places, rev, err := s.places(ctx, project, a)
	if err != nil {
		return err
	}
	_, refused, err := s.admitAll(ctx, project, places, rev, tickets, true)
	if err != nil && len(refused) == 0 {
		return err
	}
	for _, i := range refused {
		gone = append(gone, keys[i])
	}
	return table.RemoveAll(ctx, s.Tracker, gone)
}

// admitAll stores new sign-ups with their states in one transaction. If it fails with a *table.Conflict, refused are the
// indexes of the tickets that can never succeed; none are where the counts have changed.
func (s *Store) admitAll(ctx context.Context, project string, places Places, rev int64, tickets []ticket, waiting bool) (admitted []Signup, refused []int, err error) {
	var facts []fact.Fact
	var ops []table.Op
	var of []int // the ticket of each operation
	for i, t := range tickets {
		su := t.Signup
		su.State = places.Admit(t.Held)
		places.Add(su.State, 1)
		f, err := withState(t.Fact, su.State)
		if err != nil {
			return nil, nil, err
		}
		facts, admitted = append(facts, f), append(admitted, su)
		ops = append(ops,
			s.keepSignup(project, su, 0),
			table.PutJSON(placeKey(project, su.Activity, su.Person), su.ID, table.At(t.Place.Rev)))
		if su.State == schema.Waitlisted {
			ops = append(ops, table.PutJSON(queueKey(project, su.Activity, su.Submitted, su.ID), su.ID, table.Always))
		}
		if waiting {
			ops = append(ops, table.Remove(t.key(project), table.Present))
		}
		for len(of) < len(ops) {
			of = append(of, i)
		}
	}
	ops = append(ops, table.PutJSON(placesKey(project, tickets[0].Signup.Activity), places, table.At(rev)))
	err = s.Log().Append(table.Unrepeated(ctx), project, facts, ops...)
	conflict, met := table.AsConflict(err)
	if !met {
		return admitted, nil, err
	}
	for _, at := range conflict.Failed {
		if at < len(of) && (len(refused) == 0 || refused[len(refused)-1] != of[at]) {
			refused = append(refused, of[at])
		}
	}
	return nil, refused, err
}

// withState returns the fact of a sign-up with its state.
func withState(f fact.Fact, state string) (fact.Fact, error) {
	var said fact.Signup
	if err := json.Unmarshal(f.Data, &said); err != nil {
		return f, err
	}
	said.State = state
	data, err := json.Marshal(said)
	f.Data = data
	return f, err
}
