package signups

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Batch is how many sign-ups of a file one transaction admits: each takes at most four operations, and the counts one.
const Batch = (table.MostWrites - 1) / 4

// SignUpAll signs people up as SignUp does one after another, with few transactions. Each draft has an Entry. Those to
// one activity are signed up in their order; of several about one person the first is signed up, and the others are
// kept as repeats. It may be called again after a failure: what is done stays.
func (s *Store) SignUpAll(ctx context.Context, project string, drafts []SignupDraft) ([]SignedUp, error) {
	results, tickets, err := s.prepare(ctx, project, drafts)
	if err != nil {
		return nil, err
	}
	for _, a := range activitiesOf(drafts) {
		var indexes []int
		taken := map[string]bool{} // people
		for i, t := range tickets {
			if t != nil && drafts[i].Activity.ID == a.ID && !taken[t.Signup.Person] {
				indexes, taken[t.Signup.Person] = append(indexes, i), true
			}
		}
		for part := range slices.Chunk(indexes, Batch) {
			if err := s.admitInOrder(ctx, project, a, part, tickets, results); err != nil {
				return nil, err
			}
		}
	}
	for i, d := range drafts { // who has signed up before, and whose transaction met another request
		if results[i].Signup.ID == "" {
			if results[i], err = s.SignUp(ctx, project, d, store.Once{}); err != nil {
				return nil, err
			}
		}
	}
	return results, nil
}

// activitiesOf returns the activities of drafts, each once.
func activitiesOf(drafts []SignupDraft) []project.Activity {
	var all []project.Activity
	for _, d := range drafts {
		if !slices.ContainsFunc(all, func(a project.Activity) bool { return a.ID == d.Activity.ID }) {
			all = append(all, d.Activity)
		}
	}
	return all
}

// prepare returns the results of drafts that were signed up by an earlier call, and the tickets of indexes who are not
// signed up to their activity.
func (s *Store) prepare(ctx context.Context, project string, drafts []SignupDraft) ([]SignedUp, []*ticket, error) {
	results, tickets := make([]SignedUp, len(drafts)), make([]*ticket, len(drafts))
	keys := make([]table.Key, len(drafts))
	for i, d := range drafts {
		keys[i] = signupKey(project, d.Entry)
	}
	before, err := table.LoadAll[Signup](ctx, s.Tracker, keys)
	if err != nil {
		return nil, nil, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(s.preparers)
	for i, d := range drafts {
		if su, done := before[keys[i]]; done {
			results[i] = SignedUp{Signup: su, Created: true}
			continue
		}
		group.Go(func() error {
			return table.Retry(ctx, func() error {
				who, err := s.applicant(ctx, project, d)
				if err != nil {
					return err
				}
				_, rev, at, err := s.liveSignup(ctx, project, d.Activity.ID, who.Person, "")
				if err != nil || rev != 0 {
					return err
				}
				t, err := s.newTicket(project, d, who, at, d.Entry, s.NewID())
				if err != nil {
					return err
				}
				if err := s.keepMention(ctx, project, t); err != nil {
					return err
				}
				if err := s.keepPerson(ctx, project, who, t.Signup, d.Entry, d); err != nil {
					return err
				}
				tickets[i] = &t
				return nil
			})
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	now := s.Now().UTC()
	for i, t := range tickets {
		if t != nil { // whichever was prepared first, the trail has them in their order
			t.Fact.At = now.Add(time.Duration(i))
		}
	}
	return results, tickets, nil
}

// person returns how a form identifies its person.
func (d SignupDraft) person() (schema.PersonRef, people.Names) {
	get := func(field string) string { return d.Kind.Get(d.Row, field) }
	names := people.Names{First: get("first_name"), Last: get("last_name"), Phone: get("phone")}
	if !d.Kind.PersonKeys().Has(project.KeyEmail) {
		names.Address = get("email")
	}
	return d.Kind.PersonOf(d.Row), names
}

// admitInOrder admits tickets, given by their places in the list, in one transaction, and sets their results. It leaves
// out indexes that are refused.
func (s *Store) admitInOrder(ctx context.Context, project string, a project.Activity, indexes []int, tickets []*ticket, results []SignedUp) error {
	return table.Retry(ctx, func() error {
		if len(indexes) == 0 {
			return nil
		}
		found, err := s.readCounts(ctx, project, a)
		if err != nil {
			return err
		}
		waiting := make([]ticket, len(indexes))
		for n, i := range indexes {
			waiting[n] = *tickets[i]
		}
		admitted, refused, err := s.admitAll(ctx, project, found, waiting, false)
		for n, i := range indexes {
			if err == nil {
				results[i] = waiting[n].admitted(admitted[n])
			}
		}
		for _, n := range slices.Backward(refused) {
			indexes = slices.Delete(slices.Clone(indexes), n, n+1)
		}
		return err
	})
}
