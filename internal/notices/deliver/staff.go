package deliver

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"outreach/internal/access"
	"outreach/internal/attention"
	"outreach/internal/fact"
	"outreach/internal/letter"
	"outreach/internal/mail"
	"outreach/internal/project"
	"outreach/internal/report/pdf"
	"outreach/internal/report/workbook"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/text"
	"outreach/internal/uploads"
)

// Roles that get letters. A partner's role is "partner:" and the partner's id.
const (
	coordinator = "coordinator"
	funder      = "funder"
	partner     = "partner:"
)

// sendToStaff sends a letter to each member of the staff, in their own language, and reports whether there were any. A
// retry skips those who got theirs. Where a letter is refused for now, the error wraps mail.ErrPostponed, and the
// others were sent. A letter's id is made of the cause's and the member's.
func (n *Deliverer) sendToStaff(ctx context.Context, project, cause string, members []access.Member, render func(language string) (letter.Letter, error)) (bool, error) {
	if len(members) == 0 {
		n.log.WarnContext(ctx, "no recipient", "project", project, "cause", cause)
	}
	sent, err := n.progress.LettersSent(ctx, project, cause)
	if err != nil {
		return false, err
	}
	var postponed error
	for _, m := range members {
		if sent[m.ID] {
			continue
		}
		rendered, err := render(m.Language)
		if err != nil {
			return false, err
		}
		err = n.send(ctx, project, rendered.To(m.Email, cause+"-"+m.ID))
		if errors.Is(err, mail.ErrPostponed) {
			postponed = err
			continue
		}
		if err != nil {
			return false, err
		}
		if err := n.progress.SetLetterSent(ctx, project, cause, m.ID); err != nil {
			return false, err
		}
	}
	return len(members) > 0, postponed
}

// rejected writes to the senders of a rejected file, with the reasons.
func (n *Deliverer) rejected(ctx context.Context, d *project.Definition, f fact.Fact, id string) (bool, error) {
	u, err := n.uploads.Upload(ctx, d.ID, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	found, err := n.uploads.Findings(ctx, d.ID, id)
	if err != nil {
		return false, err
	}
	members, err := n.senders(ctx, d.ID, u)
	if err != nil {
		return false, err
	}
	cells := make([]letter.Cell, len(found.Errors))
	for i, e := range found.Errors {
		cells[i] = letter.Cell{Row: e.Row, Column: e.Column, Value: e.Value, Problem: e.Problem}
	}
	return n.sendToStaff(ctx, d.ID, f.ID, members, func(language string) (letter.Letter, error) {
		return letter.RenderRejected(letter.Rejected{Language: language, Project: d, Filename: u.Filename, Kind: schema.For(d).Plural(u.Kind), Cells: cells, Cut: found.ErrorsCut, Page: n.baseURL + "/" + d.ID + "/uploads/" + id})
	})
}

// invited writes to a member of the staff who got a role by the tracker's own list, in the language in which they were
// here last, else in the project's first.
func (n *Deliverer) invited(ctx context.Context, d *project.Definition, f fact.Fact, set fact.AccessSet) (bool, error) {
	gained := slices.DeleteFunc(slices.Clone(set.Roles), func(role string) bool { return slices.Contains(set.Before, role) })
	if len(gained) == 0 {
		return false, nil
	}
	member, err := n.staff.Member(ctx, d.ID, set.Member)
	if err != nil || !strings.Contains(member.Email, "@") {
		return false, err
	}
	if member.Language == "" {
		member.Language = text.Language("", "", d.Languages...)
	}
	return n.sendToStaff(ctx, d.ID, f.ID, []access.Member{member}, func(language string) (letter.Letter, error) {
		return letter.RenderInvited(letter.Invited{Language: language, Project: d, Roles: gained, Link: n.baseURL + "/auth/sign-in?to=%2F" + d.ID})
	})
}

// senders returns who hears of a file: the member of the staff who uploaded it. A file that a partner's own AWS
// identity put, or whose uploader has no address, is reported to all members of its owner.
func (n *Deliverer) senders(ctx context.Context, project string, u uploads.Upload) ([]access.Member, error) {
	emails, err := n.staff.StaffEmails(ctx, project, []string{u.By})
	if err != nil {
		return nil, err
	}
	if email := emails[u.By]; strings.Contains(email, "@") {
		return []access.Member{{ID: u.By, Email: email, Language: u.Language}}, nil
	}
	if u.Owner == uploads.Office {
		return n.staff.StaffWith(ctx, project, coordinator)
	}
	return n.staff.StaffWith(ctx, project, partner+u.Owner)
}

// reportDue asks the office to approve the newest snapshot of the last day of a reporting period. Where that one was
// approved before the report became due, the funders get it.
func (n *Deliverer) reportDue(ctx context.Context, d *project.Definition, f fact.Fact, day string) (bool, error) {
	kept, _, err := n.snapshots.Latest(ctx, d.ID, day)
	if err != nil {
		return false, err
	}
	switch kept.State {
	case snapshot.Approved:
		return n.report(ctx, d, kept)
	case snapshot.Rejected:
		return false, nil
	}
	snap, err := n.snapshots.Snapshot(ctx, kept)
	if err != nil {
		return false, err
	}
	members, err := n.staff.StaffWith(ctx, d.ID, coordinator)
	if err != nil {
		return false, err
	}
	return n.sendToStaff(ctx, d.ID, f.ID, members, func(language string) (letter.Letter, error) {
		return letter.RenderDueReport(letter.Report{Language: language, Project: d, Snapshot: snap, Page: n.snapshotLink(kept)})
	})
}

// decided sends an approved snapshot to the funders where a report of its day was due.
func (n *Deliverer) decided(ctx context.Context, d *project.Definition, decision fact.SnapshotDecided) (bool, error) {
	if decision.State != snapshot.Approved {
		return false, nil
	}
	kept, err := n.snapshots.KeptSnapshot(ctx, d.ID, decision.Snapshot)
	if err != nil {
		return false, err
	}
	if _, due, err := n.reports.Report(ctx, d.ID, kept.AsOf); err != nil || !due || kept.State != snapshot.Approved {
		return false, err
	}
	return n.report(ctx, d, kept)
}

// report sends a report with its files to the funders, once, however often it is approved.
func (n *Deliverer) report(ctx context.Context, d *project.Definition, kept snapshots.Kept) (bool, error) {
	if sent, err := n.progress.ReportSent(ctx, d.ID, kept.ID); err != nil || sent {
		return false, err
	}
	snap, err := n.snapshots.Snapshot(ctx, kept)
	if err != nil {
		return false, err
	}
	project.Speak(d.Languages, &snap.Indicators)
	members, err := n.staff.StaffWith(ctx, d.ID, funder)
	if err != nil {
		return false, err
	}
	attached := map[string][]mail.File{} // by language
	sent, err := n.sendToStaff(ctx, d.ID, kept.ID, members, func(language string) (letter.Letter, error) {
		in := cmp.Or(d.Reports.Language, language)
		if attached[in] == nil {
			if attached[in], err = files(d, snap, in); err != nil {
				return letter.Letter{}, err
			}
		}
		return letter.RenderReport(letter.Report{Language: language, Project: d, Snapshot: snap, Page: n.snapshotLink(kept), Files: attached[in]})
	})
	if err != nil || !sent {
		return sent, err
	}
	return true, n.progress.SetReportSent(ctx, d.ID, kept.ID)
}

// files returns a report as PDF and as a workbook, in a language.
func files(d *project.Definition, snap snapshot.Snapshot, language string) ([]mail.File, error) {
	name := d.ID + "-" + snap.AsOf
	var printed, xlsx bytes.Buffer
	if err := pdf.WriteSnapshot(&printed, d, snap, language); err != nil {
		return nil, err
	}
	if err := workbook.WriteSnapshot(&xlsx, d, snap, language); err != nil {
		return nil, err
	}
	return []mail.File{{Name: name + ".pdf", Type: pdf.MediaType, Data: printed.Bytes()}, {Name: name + ".xlsx", Type: workbook.MediaType, Data: xlsx.Bytes()}}, nil
}

func (n *Deliverer) snapshotLink(kept snapshots.Kept) string {
	return n.baseURL + "/" + kept.Project + "/snapshots/" + kept.ID
}

// stale is the age from which the tasks of the office are not sent: after an outage of days, the last night's are
// enough.
const stale = 36 * time.Hour

// attention writes to the office which tasks wait for it.
func (n *Deliverer) attention(ctx context.Context, d *project.Definition, f fact.Fact, noted fact.AttentionNoted) (bool, error) {
	if n.now().Sub(f.At) > stale {
		return false, nil
	}
	var counts attention.Counts
	if err := json.Unmarshal(noted.Counts, &counts); err != nil {
		return false, err
	}
	members, err := n.staff.StaffWith(ctx, d.ID, coordinator)
	if err != nil {
		return false, err
	}
	return n.sendToStaff(ctx, d.ID, f.ID, members, func(language string) (letter.Letter, error) {
		return letter.RenderAttention(letter.Attention{Language: language, Project: d, Counts: counts, Base: n.baseURL + "/" + d.ID})
	})
}
