// Package deliver sends the e-mails that facts call for. The table's stream only names the projects that have new
// facts: what happened since the last run it reads from the facts. What failed is sent by the next run for the project,
// or by Retry, which a schedule calls, so that a day's outage is caught up.
package deliver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"sync"
	"time"

	"outreach/internal/app"
	"outreach/internal/fact"
	"outreach/internal/letter"
	"outreach/internal/mail"
	"outreach/internal/notices"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/text"
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

// LeaseTime is how long a process may send a project's letters without renewing its lease: a little longer than the
// function's timeout in template.yaml, so that a process that has not released the lease by then is dead.
const LeaseTime = 130 * time.Second

// reserve is the time before the context's deadline in which no more letters are sent, so that the lease is released
// and the next run can start at once.
const reserve = 10 * time.Second

// retryPause is how long to wait before the next attempt to get a lease.
const retryPause = 250 * time.Millisecond

// CatchUp sends the letters of all facts since the last run, of all projects.
func (n *Deliverer) CatchUp(ctx context.Context) error {
	ids, err := n.projects.Projects(ctx)
	if err != nil {
		return err
	}
	return n.CatchUpWith(ctx, ids...)
}

// CatchUpWith sends the letters of all facts of these projects since the last run. While another process has the lease
// on a project's letters, it waits for it, so that facts written in the meantime are covered. A failed letter holds up
// those behind it in its lane only; the error names all failures, and the next run retries them. A letter may go out
// twice where the process dies between sending and recording it; both have the same id.
func (n *Deliverer) CatchUpWith(ctx context.Context, ids ...string) error {
	return n.each(ctx, ids, n.project)
}

// Retry sends the letters of all projects whose letters failed when they were last sent, since their next fact may be
// long in coming, and those that were refused for now. One that is refused again stays postponed, and is given up when
// it has been for PostponedFor.
func (n *Deliverer) Retry(ctx context.Context) error {
	behind, err := n.progress.Behind(ctx)
	if err != nil {
		return err
	}
	failed := n.CatchUpWith(ctx, behind...)
	postponed, err := n.progress.AllPostponed(ctx)
	if err != nil {
		return errors.Join(failed, err)
	}
	return errors.Join(failed, n.each(ctx, slices.Sorted(maps.Keys(postponed)), func(ctx context.Context, d *project.Definition) error {
		return n.retry(ctx, d, postponed[d.ID])
	}))
}

// each calls send for the projects one after another. While another process has the lease on a project's letters, send
// returns notices.ErrLeased, and is called again later.
func (n *Deliverer) each(ctx context.Context, ids []string, send func(context.Context, *project.Definition) error) error {
	n.sending.Lock()
	defer n.sending.Unlock()
	if ends, limited := ctx.Deadline(); limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, ends.Add(-reserve))
		defer cancel()
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
		var leased []*project.Definition
		for _, d := range waiting {
			err := send(ctx, d)
			switch {
			case errors.Is(err, notices.ErrLeased):
				leased = append(leased, d)
			case err != nil:
				notSent(d.ID, err)
			}
		}
		if waiting = leased; len(waiting) == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return errors.Join(append(failed, ctx.Err())...)
		case <-time.After(retryPause):
		}
	}
	return errors.Join(failed...)
}

// project sends a project's letters, lane by lane.
func (n *Deliverer) project(ctx context.Context, d *project.Definition) (err error) {
	heads, err := n.facts.Heads(ctx, d.ID)
	if err != nil {
		return err
	}
	lease, err := n.progress.Acquire(ctx, d.ID, n.owner, LeaseTime, heads)
	if err != nil || lease == nil {
		return err
	}
	defer func() { err = errors.Join(err, lease.Release(context.WithoutCancel(ctx), err != nil)) }()
	sent := false
	notify := func(f fact.Fact) (err error) {
		if sent { // record the last letter before the next one goes out
			if err := lease.Renew(ctx); err != nil {
				return err
			}
		}
		if sent, err = n.notify(ctx, d, f); errors.Is(err, mail.ErrPostponed) {
			sent, err = true, n.progress.Postpone(ctx, d.ID, f.Lane, f.Number)
		}
		if err != nil {
			return err
		}
		lease.Done[f.Lane] = f.Number
		return nil
	}
	var failed []error
	for lane := range heads {
		upTo := lease.Done
		upTo[lane] = heads[lane]
		err := n.facts.Read(ctx, d.ID, lease.Done, upTo, notify)
		if errors.Is(err, notices.ErrLeased) {
			return err
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// PostponedFor is how long a letter that is refused for now is tried again: not as long as it is remembered who of
// several got it.
const PostponedFor = 28 * 24 * time.Hour

// retry sends a project's postponed letters again.
func (n *Deliverer) retry(ctx context.Context, d *project.Definition, postponed []notices.Postponed) (err error) {
	lease, err := n.progress.AcquireAgain(ctx, d.ID, n.owner, LeaseTime)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lease.Release(context.WithoutCancel(ctx), err != nil)) }()
	var failed []error
	for _, p := range postponed {
		if err := lease.Renew(ctx); err != nil {
			return errors.Join(append(failed, err)...)
		}
		var above, upTo fact.Heads
		above[p.Lane], upTo[p.Lane] = p.Number-1, p.Number
		err := n.facts.Read(ctx, d.ID, above, upTo, func(f fact.Fact) error {
			_, err := n.notify(ctx, d, f)
			return err
		})
		if errors.Is(err, mail.ErrPostponed) {
			if n.now().Sub(p.Since) < PostponedFor {
				continue
			}
			n.log.WarnContext(ctx, "letter given up", "project", d.ID, "lane", p.Lane, "number", p.Number)
			err = nil
		}
		if err == nil {
			err = n.progress.Settle(ctx, d.ID, p)
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// notify sends the letters that one fact calls for, and reports whether there were any. Where one is refused for now,
// the error wraps mail.ErrPostponed and the others were sent.
func (n *Deliverer) notify(ctx context.Context, d *project.Definition, f fact.Fact) (bool, error) {
	switch f.Kind {
	case fact.KindSignup:
		return decode(f, func(signup fact.Signup) (bool, error) {
			if f.By != "" || signup.Upload != "" {
				return false, nil // entered from paper or a file: no one waits for an answer
			}
			// One letter, whether or not the person is known: it follows from the form and the activity alone.
			what := letter.Received
			switch {
			case signup.Confirm:
				what = letter.Confirm
			case signup.Full || signup.State == schema.Waitlisted:
				what = letter.ReceivedFull
			}
			return n.signup(ctx, d, f, signup.Signup, what, signup)
		})
	case fact.KindSignupMoved:
		return decode(f, func(moved fact.SignupMoved) (bool, error) {
			if d.Day(f.At) > d.Period.To {
				return false, nil // the office tidies up after the project has ended
			}
			switch {
			case moved.Joined != "":
				return false, nil // they are signed up as before
			case moved.Confirmed && moved.Full:
				return n.signup(ctx, d, f, moved.Signup, letter.ReceivedFull, fact.Signup{})
			case moved.Confirmed: // also where the office has to look at it: it does not reveal who is known
				return n.signup(ctx, d, f, moved.Signup, letter.Received, fact.Signup{})
			case moved.From == schema.Held && (moved.State == schema.Accepted || moved.State == schema.Waitlisted):
				return n.signup(ctx, d, f, moved.Signup, moved.State, fact.Signup{})
			}
			switch moved.State {
			case schema.Accepted:
				return n.signup(ctx, d, f, moved.Signup, letter.PlaceFree, fact.Signup{})
			case schema.Cancelled:
				return n.signup(ctx, d, f, moved.Signup, schema.Cancelled, fact.Signup{})
			}
			return false, nil
		})
	case fact.KindPersonAsked:
		return decode(f, func(asked fact.PersonAsked) (bool, error) { return n.question(ctx, d, f, asked.Question) })
	case fact.KindAccessSet:
		return decode(f, func(set fact.AccessSet) (bool, error) { return n.invited(ctx, d, f, set) })
	case fact.KindUploadRejected:
		return decode(f, func(rejected fact.UploadRejected) (bool, error) { return n.rejected(ctx, d, f, rejected.Upload) })
	case fact.KindReportDue:
		return decode(f, func(due fact.ReportDue) (bool, error) { return n.reportDue(ctx, d, f, due.Day) })
	case fact.KindSnapshotDecided:
		return decode(f, func(decided fact.SnapshotDecided) (bool, error) { return n.decided(ctx, d, decided) })
	case fact.KindAttentionNoted:
		return decode(f, func(noted fact.AttentionNoted) (bool, error) { return n.attention(ctx, d, f, noted) })
	}
	return false, nil
}

func decode[T any](f fact.Fact, notify func(T) (bool, error)) (bool, error) {
	var data T
	if err := json.Unmarshal(f.Data, &data); err != nil {
		return false, err
	}
	return notify(data)
}

// send sends a letter. One that is refused for good is logged and counts as sent, so that it holds up no other.
func (n *Deliverer) send(ctx context.Context, project string, m mail.Message) error {
	m.Project = project
	err := n.sender.Send(ctx, m)
	if errors.Is(err, mail.ErrPostponed) {
		n.log.WarnContext(ctx, "letter postponed", "project", project, "letter", m.ID, "reason", err.Error())
	}
	if errors.Is(err, mail.ErrRefused) {
		n.log.WarnContext(ctx, "letter refused", "project", project, "letter", m.ID, "reason", err.Error())
		return nil
	}
	return err
}

// maxAnswers is how many sendings of one form are answered with a letter: anybody can send it with anybody's address.
const maxAnswers = 5

// signup writes about a sign-up to the address in its form, in the person's language. It reports false where there is
// no address, or the sign-up was erased. sent is the sending of the form to be answered; the zero one is the first.
func (n *Deliverer) signup(ctx context.Context, d *project.Definition, f fact.Fact, id, what string, sent fact.Signup) (bool, error) {
	su, err := n.signups.Signup(ctx, d.ID, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	repeated := sent.Signup != "" && sent.State == ""
	if repeated && su.Entries > maxAnswers {
		return false, nil
	}
	su.Entry, su.Locale = cmp.Or(sent.Entry, su.Entry), cmp.Or(sent.Values.Get("locale"), su.Locale)
	form, err := n.signups.Form(ctx, d.ID, su)
	if err != nil || form["email"] == "" {
		return false, err
	}
	if f.Kind == fact.KindSignup { // only the form was sent: the address is not confirmed
		allowed, err := n.progress.AllowUnasked(ctx, form["email"], f.ID)
		if err != nil {
			return false, err
		}
		if !allowed {
			n.log.WarnContext(ctx, "letter left out: the mailbox had its letters of the day", "project", d.ID, "letter", f.ID)
			return false, nil
		}
	}
	link := n.cancelLink(d.ID, id)
	if what == letter.Confirm {
		link = n.link(d.ID, id, "confirm", n.signups.ConfirmToken(d.ID, id))
	}
	if repeated {
		owned, err := n.hasEmail(ctx, d.ID, su.Person, form["email"])
		if err != nil {
			return false, err
		}
		if !owned {
			link = ""
		}
	}
	activity, found := d.Activity(su.Activity)
	if !found {
		activity.ID = su.Activity
	}
	rendered, err := letter.RenderSignup(letter.Signup{
		What: what, Language: text.Language("", su.Locale, d.Languages...), Project: d, Activity: activity, ID: id, FirstName: form["first_name"], LastName: form["last_name"],
		Link: link, At: f.At,
	})
	if err != nil {
		return false, err
	}
	return true, n.send(ctx, d.ID, rendered.To(form["email"], f.ID))
}

// question sends a person the link of a question, which can be answered still, for what they lack still.
func (n *Deliverer) question(ctx context.Context, d *project.Definition, f fact.Fact, id string) (bool, error) {
	q, p, err := n.questions.Question(ctx, d.ID, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil // the person was erased
	}
	if err != nil {
		return false, err
	}
	open, err := n.questions.OpenAttributes(ctx, d, q, p)
	if err != nil || len(open) == 0 || p.Email() == "" {
		return false, err
	}
	language := text.Language("", q.Locale, d.Languages...)
	rendered, err := letter.RenderQuestion(letter.Question{
		Language: language, Project: d, FirstName: p.FirstName, Attributes: open, Until: d.Day(q.At.Add(people.QuestionLife)),
		Link: n.baseURL + "/" + d.ID + q.Path() + "?" + url.Values{"token": {n.questions.QuestionToken(d.ID, id)}}.Encode(),
	})
	if err != nil {
		return false, err
	}
	return true, n.send(ctx, d.ID, rendered.To(p.Email(), f.ID))
}

// hasEmail reports whether an address is one of a person's, or claimed by their sign-ups: no other address may withdraw
// what they had sent before.
func (n *Deliverer) hasEmail(ctx context.Context, project, id, email string) (bool, error) {
	p, err := n.people.Person(ctx, project, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return slices.Contains(p.AllKeys(), people.Key{Kind: "email", Value: email}), err
}

func (n *Deliverer) cancelLink(project, signup string) string {
	return n.link(project, signup, "cancel", n.signups.CancelToken(project, signup))
}

// link returns the address of a page at which a person does something about their own sign-up.
func (n *Deliverer) link(project, signup, what, token string) string {
	return n.baseURL + "/" + project + "/signups/" + signup + "/" + what + "?" + url.Values{"token": {token}}.Encode()
}
