// Package app builds the services of all features on one base, for a function, the tracker or a test.
package app

import (
	"outreach/internal/access"
	"outreach/internal/attachments"
	"outreach/internal/attention"
	"outreach/internal/fact"
	"outreach/internal/hooks"
	"outreach/internal/nights"
	"outreach/internal/notices"
	"outreach/internal/people"
	"outreach/internal/privacy"
	"outreach/internal/projects"
	"outreach/internal/records"
	"outreach/internal/reports"
	"outreach/internal/said"
	"outreach/internal/signups"
	"outreach/internal/snapshots"
	"outreach/internal/sources"
	"outreach/internal/store"
	"outreach/internal/subscriptions"
	"outreach/internal/uploads"
)

// App has the services of all features.
type App struct {
	DB            *store.DB
	Facts         *fact.Log
	Projects      *projects.Store
	People        *people.Store
	Signups       *signups.Store
	Uploads       *uploads.Store
	Attachments   *attachments.Store
	Records       *records.Store
	Snapshots     *snapshots.Store
	Reports       *reports.Store
	Said          *said.Store
	Sources       *sources.Store
	Hooks         *hooks.Store // it reads no conditions: hooksweb adds that
	Notices       *notices.Store
	Access        *access.Store
	Attention     *attention.Store
	Privacy       *privacy.Store
	Nights        *nights.Store
	Subscriptions *subscriptions.Store
}

// New builds the services. It reads and writes nothing.
func New(db *store.DB) *App {
	a := &App{
		DB: db, Facts: db.Log(), Projects: projects.New(db), People: people.New(db), Snapshots: snapshots.New(db), Reports: reports.New(db), Said: said.New(db), Sources: sources.New(db), Notices: notices.New(db),
		Access: access.New(db), Nights: nights.New(db), Subscriptions: subscriptions.New(db),
	}
	a.Signups = signups.New(db, a.Projects, a.People)
	a.Hooks = hooks.New(db, a.Signups, a.Sources)
	a.Uploads = uploads.New(db, a.People, a.Signups, a.Snapshots)
	a.Attachments = attachments.New(db)
	a.Records = records.New(db, a.People, a.Uploads, a.Attachments)
	a.Attention = attention.New(db, a.Projects, a.People, a.Signups, a.Uploads, a.Snapshots, a.Reports, a.Notices, a.Hooks)
	a.Privacy = privacy.New(db, a.Projects, a.People, a.Signups, a.Uploads, a.Attachments, a.Records, a.Snapshots, a.Access, a.Hooks)
	return a
}
