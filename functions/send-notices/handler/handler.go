// Package handler writes to people when something happened that they should know. The table's stream only wakes it: what
// has happened since it last looked it finds in the facts, so that a day's outage is caught up.
package handler

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"strings"

	"outreach/internal/fact"
	"outreach/internal/mail"
	"outreach/internal/project"
	"outreach/internal/signup"
	"outreach/internal/store"
	"outreach/internal/text"
)

// Notices writes to people.
type Notices struct {
	Store   *store.Store
	Mail    mail.Sender
	BaseURL string
	Log     *slog.Logger
}

// CatchUp tells everybody what happened since the last time, lane by lane. A letter may go out twice where the function
// dies between sending and noting it; its id is then the same.
func (n *Notices) CatchUp(ctx context.Context) error {
	ids, err := n.Store.Projects(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range ids {
		if err := n.project(ctx, id); err != nil {
			n.Log.Error("notices not sent", "project", id, "reason", err.Error())
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func (n *Notices) project(ctx context.Context, id string) error {
	defined, err := n.Store.Definition(ctx, id)
	if err != nil {
		return err
	}
	heads, err := n.Store.Heads(ctx, id)
	if err != nil {
		return err
	}
	for lane := range heads {
		done, err := n.Store.NoticesDone(ctx, id, lane)
		if err != nil {
			return err
		}
		if done >= heads[lane] {
			continue
		}
		above, upTo := fact.Heads{}, fact.Heads{}
		above[lane], upTo[lane] = done, heads[lane]
		mark := done
		err = n.Store.Facts(ctx, id, above, upTo, func(f fact.Fact) error {
			sent, err := n.tell(ctx, defined.Definition, f)
			if err == nil && sent {
				err = n.Store.SetNoticesDone(ctx, id, lane, f.Number)
				mark = f.Number
			}
			return err
		})
		if err != nil {
			return err
		}
		if mark < heads[lane] {
			if err := n.Store.SetNoticesDone(ctx, id, lane, heads[lane]); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell writes about one fact, if there is somebody to write to.
func (n *Notices) tell(ctx context.Context, d *project.Definition, f fact.Fact) (bool, error) {
	switch f.Kind {
	case fact.KindSignup:
		var said fact.Signup
		if err := json.Unmarshal(f.Data, &said); err != nil {
			return false, err
		}
		if f.By != "" || said.Upload != "" {
			return false, nil // the office entered paper: nobody waits for an answer
		}
		letter := map[string]string{signup.Accepted: "signup_accepted", signup.Waitlisted: "signup_waitlisted", signup.Held: "signup_held", "": "signup_again"}[said.State]
		return n.write(ctx, d, f, said.Signup, said.Entry, letter)
	case fact.KindSignupMoved:
		var moved fact.SignupMoved
		if err := json.Unmarshal(f.Data, &moved); err != nil {
			return false, err
		}
		if d.Day(f.At) > d.Period.To {
			return false, nil // the office tidies up a project that is over
		}
		switch moved.State {
		case signup.Accepted:
			return n.write(ctx, d, f, moved.Signup, "", "place_free")
		case signup.Cancelled:
			return n.write(ctx, d, f, moved.Signup, "", "signup_cancelled")
		}
	}
	return false, nil
}

// write sends a letter about a sign-up to the address that its form gave, in the person's language.
func (n *Notices) write(ctx context.Context, d *project.Definition, f fact.Fact, id, entry, letter string) (bool, error) {
	su, err := n.Store.Signup(ctx, d.ID, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if entry != "" {
		su.Entry = entry
	}
	form, err := n.Store.Form(ctx, d.ID, su)
	if err != nil || form["email"] == "" {
		return false, err
	}
	words := text.Of(su.Locale)
	activity, _ := d.Activity(su.Activity)
	lines := []any{
		"name", strings.TrimSpace(form["first_name"]), "activity", activity.Label.In(words.Language()), "project", d.Title.In(words.Language()),
		"place", activity.Place, "starts", words.Moment(activity.Starts, d.Location()), "cancel", n.cancelLink(d.ID, id),
	}
	m := mail.Message{ID: f.ID, To: form["email"], Subject: words.Say("mail."+letter+".subject", lines...), Text: words.Say("mail."+letter+".text", lines...) + "\n"}
	return true, n.Mail.Send(ctx, m)
}

func (n *Notices) cancelLink(project, signup string) string {
	return n.BaseURL + "/" + project + "/signups/" + signup + "/cancel?" + url.Values{"token": {n.Store.CancelToken(project, signup)}}.Encode()
}
