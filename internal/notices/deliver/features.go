package deliver

import (
	"context"
	"time"

	"outreach/internal/access"
	"outreach/internal/app"
	"outreach/internal/fact"
	"outreach/internal/notices"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/reports"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// features are the few calls to other features that letters are made from.
type features struct {
	projects interface {
		Projects(ctx context.Context) ([]string, error)
		Definition(ctx context.Context, id string) (projects.Defined, error)
	}
	facts interface {
		Heads(ctx context.Context, project string) (fact.Heads, error)
		Read(ctx context.Context, project string, from, upTo fact.Heads, each func(fact.Fact) error) error
	}
	progress interface {
		Acquire(ctx context.Context, project, owner string, lasts time.Duration, upTo fact.Heads) (*notices.Lease, error)
		AcquireAgain(ctx context.Context, project, owner string, lasts time.Duration) (*notices.Lease, error)
		Postpone(ctx context.Context, project string, lane int, number int64) error
		AllowUnasked(ctx context.Context, address, id string) (bool, error)
		Settle(ctx context.Context, project string, p notices.Postponed) error
		Behind(ctx context.Context) ([]string, error)
		AllPostponed(ctx context.Context) (map[string][]notices.Postponed, error)
		LettersSent(ctx context.Context, project, cause string) (map[string]bool, error)
		SetLetterSent(ctx context.Context, project, cause, member string) error
		ReportSent(ctx context.Context, project, snapshot string) (bool, error)
		SetReportSent(ctx context.Context, project, snapshot string) error
	}
	signups interface {
		Signup(ctx context.Context, project, id string) (signups.Signup, error)
		Form(ctx context.Context, project string, su signups.Signup) (map[string]string, error)
		CancelToken(project, signup string) string
		ConfirmToken(project, signup string) string
	}
	questions interface {
		Question(ctx context.Context, project, id string) (people.Question, people.Person, error)
		OpenAttributes(ctx context.Context, d *project.Definition, q people.Question, p people.Person) ([]*schema.Field, error)
		QuestionToken(project, id string) string
	}
	people interface {
		Person(ctx context.Context, project, id string) (people.Person, error)
	}
	uploads interface {
		Upload(ctx context.Context, project, id string) (uploads.Upload, error)
		Findings(ctx context.Context, project, id string) (uploads.Findings, error)
	}
	snapshots interface {
		Latest(ctx context.Context, project, asOf string) (snapshots.Kept, table.Condition, error)
		KeptSnapshot(ctx context.Context, project, id string) (snapshots.Kept, error)
		Snapshot(ctx context.Context, k snapshots.Kept) (snapshot.Snapshot, error)
	}
	reports interface {
		Report(ctx context.Context, project, day string) (reports.Report, bool, error)
	}
	staff interface {
		Member(ctx context.Context, project, id string) (access.Member, error)
		StaffEmails(ctx context.Context, project string, ids []string) (map[string]string, error)
		StaffWith(ctx context.Context, project, role string) ([]access.Member, error)
	}
	now func() time.Time
}

func featuresOf(a *app.App) features {
	return features{
		projects: a.Projects, facts: a.Facts, progress: a.Notices, signups: a.Signups, people: a.People, questions: a.People, uploads: a.Uploads,
		snapshots: a.Snapshots, reports: a.Reports, staff: a.Access, now: func() time.Time { return a.DB.Now() },
	}
}
