package deliver

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"outreach/internal/access"
	"outreach/internal/attention"
	"outreach/internal/fact"
	"outreach/internal/letter"
	"outreach/internal/mail"
	"outreach/internal/project"
	"outreach/internal/report/paper"
	"outreach/internal/report/workbook"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/uploads"
)

// Roles that are written to; a partner's is "partner:" and its id.
const (
	coordinator = "coordinator"
	funder      = "funder"
	partner     = "partner:"
)

// each writes to members of the staff, each in their own language, and to nobody twice where it is done again because one of
// them could not be written to. A letter's id is the cause's and the member's.
func (n *Deliverer) each(ctx context.Context, project, cause string, members []access.Member, draw func(language string) (letter.Letter, error)) (bool, error) {
	if len(members) == 0 {
		n.log.WarnContext(ctx, "nobody to write to", "project", project, "cause", cause)
	}
	sent, err := n.progress.LettersSent(ctx, project, cause)
	if err != nil {
		return false, err
	}
	for _, m := range members {
		if sent[m.ID] {
			continue
		}
		drawn, err := draw(m.Language)
		if err != nil {
			return false, err
		}
		if err := n.send(ctx, project, drawn.To(m.Email, cause+"-"+m.ID)); err != nil {
			return false, err
		}
		if err := n.progress.SetLetterSent(ctx, project, cause, m.ID); err != nil {
			return false, err
		}
	}
	return len(members) > 0, nil
}

// rejected writes to whoever sent a file, with the reasons. One that came by a partner's own AWS identity was sent by nobody
// who signed in: everybody hears of it who did as that partner.
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
	return n.each(ctx, d.ID, f.ID, members, func(language string) (letter.Letter, error) {
		return letter.OfRejected(letter.Rejected{Language: language, Project: d, Filename: u.Filename, Kind: schema.Builtin().Plural(u.Kind), Cells: cells, Cut: found.ErrorsCut, Page: n.baseURL + "/" + d.ID + "/uploads/" + id})
	})
}

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

// reportDue asks the office to approve the newest snapshot of the day on which a reporting period ended. Where that was
// approved before it was known to be a report, the funders get it.
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
	return n.each(ctx, d.ID, f.ID, members, func(language string) (letter.Letter, error) {
		return letter.OfDueReport(letter.Report{Language: language, Project: d, Snapshot: snap, Page: n.snapshotLink(kept)})
	})
}

// decided sends a snapshot that was approved to the funders, where it is the report of a reporting period, or a later one
// of the same day.
func (n *Deliverer) decided(ctx context.Context, d *project.Definition, said fact.Decided) (bool, error) {
	if said.State != snapshot.Approved {
		return false, nil
	}
	kept, err := n.snapshots.KeptSnapshot(ctx, d.ID, said.Snapshot)
	if err != nil {
		return false, err
	}
	if _, due, err := n.reports.Report(ctx, d.ID, kept.AsOf); err != nil || !due || kept.State != snapshot.Approved {
		return false, err
	}
	return n.report(ctx, d, kept)
}

// report sends a report to the funders with its files, once, however often it is approved.
func (n *Deliverer) report(ctx context.Context, d *project.Definition, kept snapshots.Kept) (bool, error) {
	if sent, err := n.progress.ReportSent(ctx, d.ID, kept.ID); err != nil || sent {
		return false, err
	}
	snap, err := n.snapshots.Snapshot(ctx, kept)
	if err != nil {
		return false, err
	}
	members, err := n.staff.StaffWith(ctx, d.ID, funder)
	if err != nil {
		return false, err
	}
	drawn := map[string][]mail.File{}
	sent, err := n.each(ctx, d.ID, kept.ID, members, func(language string) (letter.Letter, error) {
		in := cmp.Or(d.Reports.Language, language)
		if drawn[in] == nil {
			if drawn[in], err = files(d, snap, in); err != nil {
				return letter.Letter{}, err
			}
		}
		return letter.OfReport(letter.Report{Language: language, Project: d, Snapshot: snap, Page: n.snapshotLink(kept), Files: drawn[in]})
	})
	if err != nil || !sent {
		return sent, err
	}
	return true, n.progress.SetReportSent(ctx, d.ID, kept.ID)
}

// files are a report as it is filed, in the language that the funder reads it in.
func files(d *project.Definition, snap snapshot.Snapshot, language string) ([]mail.File, error) {
	name := d.ID + "-" + snap.AsOf
	var pdf, xlsx bytes.Buffer
	if err := paper.WriteSnapshot(&pdf, d, snap, language); err != nil {
		return nil, err
	}
	if err := workbook.WriteSnapshot(&xlsx, d, snap, language); err != nil {
		return nil, err
	}
	return []mail.File{{Name: name + ".pdf", Type: paper.MediaType, Data: pdf.Bytes()}, {Name: name + ".xlsx", Type: workbook.MediaType, Data: xlsx.Bytes()}}, nil
}

func (n *Deliverer) snapshotLink(kept snapshots.Kept) string {
	return n.baseURL + "/" + kept.Project + "/snapshots/" + kept.ID
}

// stale is how old what waits for the office may be to be told: after an outage of days, the last night's is enough.
const stale = 36 * time.Hour

// attention tells the office what waits for somebody to look.
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
	return n.each(ctx, d.ID, f.ID, members, func(language string) (letter.Letter, error) {
		return letter.OfAttention(letter.Attention{Language: language, Project: d, Counts: counts, Base: n.baseURL + "/" + d.ID})
	})
}
