// Package deliver sends the e-mails that facts call for. The table's stream only wakes it: what happened since the last run
// it reads from the facts, so that a day's outage is caught up.
package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"time"

	"outreach/internal/app"
	"outreach/internal/fact"
	"outreach/internal/letter"
	"outreach/internal/mail"
	"outreach/internal/notices"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
)

// Deliverer sends the letters of all projects. It is safe for concurrent use; runs follow one another.
type Deliverer struct {
	features
	sender  mail.Sender
	baseURL string
	log     *slog.Logger
	owner   string

	sending sync.Mutex
}

// New returns a Deliverer that sends by sender, with links below baseURL. The owner names this process among those that
// send letters: after a crash, a process with the same name continues at once.
func New(a *app.App, sender mail.Sender, baseURL string, log *slog.Logger, owner string) *Deliverer {
	return &Deliverer{features: featuresOf(a), sender: sender, baseURL: baseURL, log: log, owner: owner}
}

// Turn is how long nobody else sends a project's letters after one did: a little over the function's time in template.yaml,
// so that whoever has not given the turn back by then is dead.
const Turn = 130 * time.Second

// toGiveBack is how long before the function's end no more letters are sent, so that the turn is given back: whoever is woken next
// goes on at once.
const toGiveBack = 10 * time.Second

// pause is how long to wait before asking again whether it is one's turn.
const pause = 250 * time.Millisecond

// CatchUp tells everybody what happened since the last time. Where another process is sending a project's letters it waits
// until that has ended, or died, so that what happened in the meantime is told too. A letter may go out twice where the
// function dies between sending and noting it; its id is then the same.
func (n *Deliverer) CatchUp(ctx context.Context) error {
	n.sending.Lock()
	defer n.sending.Unlock()
	if ends, limited := ctx.Deadline(); limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, ends.Add(-toGiveBack))
		defer cancel()
	}
	ids, err := n.projects.Projects(ctx)
	if err != nil {
		return err
	}
	var failed []error
	notSent := func(id string, err error) {
		n.log.ErrorContext(ctx, "notices not sent", "project", id, "reason", err.Error())
		failed = append(failed, err)
	}
	var all []*project.Definition
	for _, id := range ids {
		defined, err := n.projects.Definition(ctx, id)
		if err != nil {
			notSent(id, err)
			continue
		}
		all = append(all, defined.Definition)
	}
	for waiting := all; len(waiting) > 0; {
		var taken []*project.Definition
		for _, d := range waiting {
			err := n.project(ctx, d)
			switch {
			case errors.Is(err, notices.ErrTaken):
				taken = append(taken, d)
			case err != nil:
				notSent(d.ID, err)
			}
		}
		if waiting = taken; len(waiting) == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return errors.Join(append(failed, ctx.Err())...)
		case <-time.After(pause):
		}
	}
	return errors.Join(failed...)
}

// project sends a project's letters, lane by lane. What fails holds up the letters behind it in its lane alone.
func (n *Deliverer) project(ctx context.Context, d *project.Definition) (err error) {
	heads, err := n.facts.Heads(ctx, d.ID)
	if err != nil {
		return err
	}
	turn, err := n.progress.TakeTurn(ctx, d.ID, n.owner, Turn, heads)
	if err != nil || turn == nil {
		return err
	}
	defer func() { err = errors.Join(err, turn.End(context.WithoutCancel(ctx))) }()
	sent := false
	tell := func(f fact.Fact) (err error) {
		if sent { // it is noted before another goes out
			if err := turn.Keep(ctx); err != nil {
				return err
			}
		}
		if sent, err = n.tell(ctx, d, f); err != nil {
			return err
		}
		turn.Done[f.Lane] = f.Number
		return nil
	}
	var failed []error
	for lane := range heads {
		upTo := turn.Done
		upTo[lane] = heads[lane]
		err := n.facts.Read(ctx, d.ID, turn.Done, upTo, tell)
		if errors.Is(err, notices.ErrTaken) {
			return err
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// tell writes about one fact, if there is somebody to write to.
func (n *Deliverer) tell(ctx context.Context, d *project.Definition, f fact.Fact) (bool, error) {
	switch f.Kind {
	case fact.KindSignup:
		return read(f, func(said fact.Signup) (bool, error) {
			if f.By != "" || said.Upload != "" {
				return false, nil // the office entered paper: nobody waits for an answer
			}
			what := said.State
			if what == "" {
				what = letter.Again
			}
			return n.signup(ctx, d, f, said.Signup, said.Entry, what)
		})
	case fact.KindSignupMoved:
		return read(f, func(moved fact.SignupMoved) (bool, error) {
			if d.Day(f.At) > d.Period.To {
				return false, nil // the office tidies up a project that is over
			}
			switch moved.State {
			case schema.Accepted:
				return n.signup(ctx, d, f, moved.Signup, "", letter.PlaceFree)
			case schema.Cancelled:
				return n.signup(ctx, d, f, moved.Signup, "", schema.Cancelled)
			}
			return false, nil
		})
	case fact.KindUploadRejected:
		return read(f, func(rejected fact.Rejected) (bool, error) { return n.rejected(ctx, d, f, rejected.Upload) })
	case fact.KindReportDue:
		return read(f, func(due fact.ReportDue) (bool, error) { return n.reportDue(ctx, d, f, due.Day) })
	case fact.KindSnapshotDecided:
		return read(f, func(decided fact.Decided) (bool, error) { return n.decided(ctx, d, decided) })
	case fact.KindAttentionNoted:
		return read(f, func(noted fact.AttentionNoted) (bool, error) { return n.attention(ctx, d, f, noted) })
	}
	return false, nil
}

func read[T any](f fact.Fact, tell func(T) (bool, error)) (bool, error) {
	var data T
	if err := json.Unmarshal(f.Data, &data); err != nil {
		return false, err
	}
	return tell(data)
}

// send sends a letter. One that will never be delivered is told in the log, and does not hold up those behind it.
func (n *Deliverer) send(ctx context.Context, project string, m mail.Message) error {
	err := n.sender.Send(ctx, m)
	if errors.Is(err, mail.ErrRefused) {
		n.log.WarnContext(ctx, "letter refused", "project", project, "letter", m.ID, "reason", err.Error())
		return nil
	}
	return err
}

// mostAgain is how many sendings of one form are answered by a letter each: anybody can send it to anybody's address.
const mostAgain = 5

// signup writes about a sign-up to the address that its form gave, in the person's language.
func (n *Deliverer) signup(ctx context.Context, d *project.Definition, f fact.Fact, id, entry, what string) (bool, error) {
	su, err := n.signups.Signup(ctx, d.ID, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if what == letter.Again && su.Entries > mostAgain {
		return false, nil
	}
	if entry != "" {
		su.Entry = entry
	}
	form, err := n.signups.Form(ctx, d.ID, su)
	if err != nil || form["email"] == "" {
		return false, err
	}
	cancel := n.cancelLink(d.ID, id)
	if what == schema.Held || what == letter.Again {
		theirs, err := n.isTheirs(ctx, d.ID, su.Person, form["email"])
		if err != nil {
			return false, err
		}
		if !theirs {
			what, cancel = schema.Held, ""
		}
	}
	activity, known := d.Activity(su.Activity)
	if !known {
		activity.ID = su.Activity
	}
	drawn, err := letter.OfSignup(letter.Signup{
		What: what, Language: su.Locale, Project: d, Activity: activity, ID: id, FirstName: form["first_name"], LastName: form["last_name"],
		Cancel: cancel, At: f.At,
	})
	if err != nil {
		return false, err
	}
	return true, n.send(ctx, d.ID, drawn.To(form["email"], f.ID))
}

// isTheirs tells that a person is known by an address. Whoever sends another's PESEL with an address of their own is not told
// that the other had signed up, nor given the means to withdraw them: the office looks first.
func (n *Deliverer) isTheirs(ctx context.Context, project, id, email string) (bool, error) {
	p, err := n.people.Person(ctx, project, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return slices.Contains(p.Emails, email), err
}

func (n *Deliverer) cancelLink(project, signup string) string {
	return n.baseURL + "/" + project + "/signups/" + signup + "/cancel?" + url.Values{"token": {n.signups.CancelToken(project, signup)}}.Encode()
}
