package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"outreach"
	routes "outreach/functions"
	"outreach/functions/compile-snapshot/compilesnapshot"
	"outreach/functions/ingest-upload/ingestupload"
	"outreach/infra/tracker/provider"
	"outreach/infra/tracker/rotate"
	"outreach/internal/app"
	"outreach/internal/fact"
	"outreach/internal/identity"
	"outreach/internal/keyring"
	"outreach/internal/logs"
	"outreach/internal/mail/mailbox"
	"outreach/internal/nights"
	sendnotices "outreach/internal/notices/deliver"
	"outreach/internal/objects"
	"outreach/internal/objects/folder"
	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/store"
	"outreach/internal/subscriptions"
	sendwebhooks "outreach/internal/subscriptions/send"
	"outreach/internal/table"
	"outreach/internal/table/sqlite"
	"outreach/internal/web"
)

// tracker is a tracker in this process: storage, handlers, and what runs beside requests.
type tracker struct {
	settings  settings
	log       *slog.Logger
	db        *sqlite.DB
	secret    []byte    // opens the keys in the tables; the key of sessions and pre-signed addresses
	base      *store.DB // complete before app is built on it
	app       *app.App
	site      *web.Site
	files     *folder.Store // nil with -s3
	provider  *provider.Provider
	router    http.Handler
	asked     *asked // nil without -s3
	uploads   *queue
	nights    nightQueue
	dead      *deadLetters
	mail      *mailbox.Box
	compiler  *compilesnapshot.Handler
	notices   *sendnotices.Deliverer
	wake      chan struct{}
	news      news // for letters
	webhooks  *sendwebhooks.Sender
	wakeHooks chan struct{}
	events    news // for webhooks
	marking   sync.Mutex
	unmarked  news // for the next night
	tasks     sync.WaitGroup
	schedules []schedule
}

// newTracker opens the storage that the settings name, and wires the handlers. Nothing runs before start.
func newTracker(ctx context.Context, s settings, log *slog.Logger) (*tracker, error) {
	t := &tracker{
		settings: s, log: log, wake: make(chan struct{}, 1), wakeHooks: make(chan struct{}, 1),
		dead: &deadLetters{file: filepath.Join(s.data, "dead-letters.jsonl")},
	}
	functions, deliveries, err := parseTemplate([]byte(outreach.Template))
	if err != nil {
		return nil, err
	}
	sender, err := smtpSender(s)
	if err != nil {
		return nil, err
	}
	if t.mail, err = mailbox.Open(filepath.Join(s.data, "mail.jsonl"), sender); err != nil {
		return nil, err
	}
	t.base = &store.DB{Now: time.Now, Folder: filepath.Join(s.data, "tmp")}
	if err := emptyFolder(t.base.Folder); err != nil {
		return nil, err
	}
	if err := t.openTables(ctx); err != nil {
		return nil, err
	}
	if err := t.openKeys(ctx); err != nil {
		return nil, err
	}
	if err := t.openObjects(ctx); err != nil {
		return nil, err
	}
	t.app = app.New(t.base)
	t.app.Privacy.Letters, t.app.Uploads.Letters = t.mail, t.mail
	if t.db != nil {
		t.app.Privacy.Disk = t.db
	}
	if err := t.tidy(ctx); err != nil {
		return nil, err
	}
	if err := t.openSite(); err != nil {
		return nil, err
	}
	ingest := ingestupload.New(t.app, log, nil) // without a time-out nothing is continued
	t.uploads = newQueue("ingest-upload", ingest.Handle, deliveries, t.dead)
	if t.files != nil {
		t.files.OnPut(func(info objects.Info) {
			if strings.HasPrefix(info.Key, "uploads/") {
				t.uploads.add(arrival(info))
			}
		})
	}
	handle := func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		return t.compiler.Handle(ctx, batch)
	}
	t.nights = nightQueue{newQueue("compile-snapshot", handle, deliveries, t.dead)}
	t.compiler = compilesnapshot.New(t.app, t.nights, log)
	owner := "local"
	if s.dynamoURL != "" {
		owner = t.app.DB.NewID() // others may use the same tables
	}
	t.notices = sendnotices.New(t.app, t.mail, s.baseURL, log, owner)
	t.app.Subscriptions.Insecure = s.insecureWebhooks
	t.webhooks = sendwebhooks.New(t.app, log)
	t.router = web.NewRouter(t.site, routes.All(t.app))
	for _, f := range functions {
		t.schedules = append(t.schedules, f.Schedules...)
	}
	return t, err
}

// openKeys reads the secret and the keys that it opens, and makes a secret for empty tables. It fails where the
// secret is missing beside tables that are not empty, or is another one: every person would count twice.
func (t *tracker) openKeys(ctx context.Context) error {
	file := rotate.File(filepath.Join(t.settings.data, "secret"))
	secret, err := file.Current(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		empty, emptyErr := t.isEmpty(ctx)
		if emptyErr != nil {
			return emptyErr
		}
		if !empty {
			return fmt.Errorf("%s is missing, but the tables are not empty: without it nobody who is recorded is recognised, and everybody would count twice. "+
				"Copy the file from the last backup of this folder; docs/runbook.md (The secret) says what to do if there is none", file)
		}
		secret = keyring.New()
		err = file.Create(secret)
	}
	if err != nil {
		return err
	}
	ring, err := keyring.Keep(ctx, t.base.Tracker, secret)
	if errors.Is(err, keyring.ErrOtherSecret) {
		return fmt.Errorf("%s: %w: with it nobody who is recorded would be recognised, and everybody would count twice. "+
			"Copy the file from a backup of this folder that was made since the secret was last replaced (docs/runbook.md, The secret)", file, err)
	}
	t.secret, t.base.Secret, t.base.Links = secret, ring.Data, ring.Links
	return err
}

// isEmpty reports whether the tables contain nothing.
func (t *tracker) isEmpty(ctx context.Context) (bool, error) {
	if t.db != nil {
		return t.db.Empty()
	}
	items, err := t.base.Tracker.Get(ctx, keyring.Key)
	if err != nil || len(items) > 0 {
		return false, err
	}
	known, err := projects.New(t.base).Projects(ctx)
	return len(known) == 0, err
}

func (t *tracker) openTables(ctx context.Context) error {
	if t.settings.dynamoURL != "" {
		return t.openDynamo(ctx)
	}
	db, err := sqlite.Open(filepath.Join(t.settings.data, "tracker.db"))
	if err != nil {
		return err
	}
	t.db = db
	tracker, err := db.Table("tracker")
	if err != nil {
		return err
	}
	people, err := db.Table("people")
	if err != nil {
		return err
	}
	t.base.Tracker, t.base.People = streamed{tracker, t.changed}, people
	return nil
}

func (t *tracker) openObjects(ctx context.Context) (err error) {
	if t.settings.s3URL != "" {
		return t.openS3(ctx)
	}
	if t.files, err = folder.Open(filepath.Join(t.settings.data, "objects"), t.settings.baseURL, keyring.Derive(t.secret, "places")); err != nil {
		return err
	}
	t.base.Objects = t.files
	return nil
}

func (t *tracker) openSite() error {
	set := identity.Settings{Issuer: t.settings.issuer, ClientID: t.settings.clientID, GroupsClaim: t.settings.groupsClaim, CookieKey: t.secret, BaseURL: t.settings.baseURL, Sessions: t.app.Access}
	set.SignedIn = web.Register(t.app.Access, t.log)
	set.Fail = func(w http.ResponseWriter, r *http.Request, status int, err error) { t.site.Refuse(w, r, status, err) }
	client := &http.Client{Timeout: 10 * time.Second}
	t.site = &web.Site{DB: t.app.DB, Definitions: t.app.Projects, Staff: t.app.Access, Log: t.log, BaseURL: t.settings.baseURL}
	if t.settings.s3URL != "" {
		t.site.Origins = append(t.site.Origins, t.settings.s3URL)
	}
	if set.Issuer == "" {
		key, err := provider.Key(filepath.Join(t.settings.data, "provider.pem"))
		if err != nil {
			return err
		}
		set.Issuer, set.ClientID = t.settings.baseURL+provider.Path, provider.ClientID
		if t.provider, err = provider.New(set.Issuer, key, time.Now); err != nil {
			return err
		}
		t.provider.Roles, t.provider.ChooseRole = t.roles, t.chooseRole
		client.Transport = t.provider
	} else {
		if file := t.settings.clientSecret; file != "" {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			set.ClientSecret = strings.TrimSpace(string(text))
		}
	}
	authority, err := identity.New(set, client)
	t.site.Authority = authority
	return err
}

// reachIssuer waits until the issuer answers, and fails where it does not for the time of the settings: without it
// sign-in would not work.
func (t *tracker) reachIssuer(ctx context.Context) error {
	if t.provider != nil {
		return nil
	}
	began, ticker := time.Now(), time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		err := t.site.Authority.Reach(ctx)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		t.log.Warn("issuer", "reason", err.Error())
		if time.Since(began) >= t.settings.issuerWait {
			return fmt.Errorf("the issuer %s did not answer for %s: %w. Check -issuer, the provider and the network from this machine; -issuer-wait sets how long it is tried",
				t.settings.issuer, t.settings.issuerWait, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// answerLife is how long an answer that was too long for one response is stored, as template.yaml has it.
const answerLife = 24 * time.Hour

// tidy deletes what has expired, and removes from the disk what an earlier erasure could not.
func (t *tracker) tidy(ctx context.Context) error {
	var expired []string
	err := t.base.Objects.List(ctx, store.AnswerObjects, func(o objects.Info) error {
		if t.base.Now().Sub(o.Arrived) > answerLife {
			expired = append(expired, o.Key)
		}
		return nil
	})
	for _, key := range expired {
		err = errors.Join(err, t.base.Objects.Erase(ctx, key, time.Time{}))
	}
	if t.files != nil {
		err = errors.Join(err, t.files.Clear())
	}
	if t.db != nil {
		err = errors.Join(err, t.db.DeleteExpired(ctx), t.db.Scrub(ctx))
	}
	return err
}

// streamed is a table that calls changed after each write of a fact, in the place of DynamoDB's stream.
type streamed struct {
	table.Table
	changed func(project string, f *fact.Fact)
}

func (t streamed) Write(ctx context.Context, ops ...table.Op) error {
	err := t.Table.Write(ctx, ops...)
	if err == nil {
		for _, op := range ops {
			if project := fact.ProjectOf(op.Item.PK); project != "" {
				f := &fact.Fact{}
				if json.Unmarshal(op.Item.Data, f) != nil {
					f = nil
				}
				t.changed(project, f)
			}
		}
	}
	return err
}

// news is the set of projects that have facts whose letters may still be due. It is safe for concurrent use.
type news struct {
	mu       sync.Mutex
	projects map[string]bool
}

func (n *news) add(projects ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, id := range projects {
		if n.projects == nil {
			n.projects = map[string]bool{}
		}
		n.projects[id] = true
	}
}

// take empties the set and returns its members.
func (n *news) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := slices.Sorted(maps.Keys(n.projects))
	n.projects = nil
	return all
}

// changed wakes sendNotices for a project that has a new fact, nil for one that cannot be read, and marks it for the
// next night if it has news. It wakes sendWebhooks if the fact is an event. It does not block, and calls while one is
// pending are merged.
func (t *tracker) changed(project string, f *fact.Fact) {
	t.news.add(project)
	if f == nil || nights.Announces(*f) {
		t.unmarked.add(project)
	}
	t.wakeUp()
	if f == nil || subscriptions.Announces(*f) {
		t.events.add(project)
		wake(t.wakeHooks)
	}
}

// mark marks the projects with news for the next night. Marks that a crash loses are found at the next start.
func (t *tracker) mark(ctx context.Context) error {
	t.marking.Lock()
	defer t.marking.Unlock()
	projects := t.unmarked.take()
	err := t.app.Nights.Mark(ctx, t.base.Now(), projects...)
	if err != nil {
		t.unmarked.add(projects...)
	}
	return err
}

func (t *tracker) wakeUp() { wake(t.wake) }

// wake lets the receiver go on, now or when it looks next. It does not block.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// start starts what runs beside requests, until the context ends: the queues, the search for files that were put into
// the folder by hand or before a crash, the notices, the schedules, and once the search for projects whose mark was
// lost.
func (t *tracker) start(ctx context.Context) {
	t.task(func() { t.uploads.run(ctx, 2*time.Second) })
	t.task(func() { t.nights.run(ctx, 2*time.Second) })
	t.task(func() { every(ctx, 2*time.Second, func() { t.redrive(ctx) }) })
	t.task(func() {
		every(ctx, time.Minute, func() {
			if err := t.tidy(ctx); err != nil && ctx.Err() == nil {
				t.log.Error("tidy up", "reason", err.Error())
			}
		})
	})
	t.task(func() {
		every(ctx, time.Minute, func() {
			ctx := logs.WithRequest(ctx, t.base.NewID())
			if err := t.app.Signups.ReleasePlaces(ctx); err != nil && ctx.Err() == nil {
				t.log.ErrorContext(ctx, "release places", "reason", err.Error())
			}
		})
	})
	t.task(func() { t.findUploads(ctx) })
	t.task(func() { t.sendNotices(ctx) })
	t.task(func() { t.sendWebhooks(ctx) })
	t.task(func() {
		if _, err := t.compiler.Repair(ctx, t.base.Now()); err != nil && ctx.Err() == nil {
			t.log.Error("find lost marks", "reason", err.Error())
		}
	})
	for _, s := range t.schedules {
		t.task(func() { s.run(ctx, func() { t.compile(ctx) }) })
	}
}

// task runs a function in the background; close waits for it.
func (t *tracker) task(run func()) {
	t.tasks.Add(1)
	go func() {
		defer t.tasks.Done()
		run()
	}()
}

// every calls do at intervals until the context ends. Calls do not overlap.
func every(ctx context.Context, pause time.Duration, do func()) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do()
		}
	}
}

// sendNotices sends pending notices: those of all projects at the start, then those of a project after each change. It
// retries after a pause where that failed: the mail server may be down. It returns when the context ends.
func (t *tracker) sendNotices(ctx context.Context) {
	const pause = 30 * time.Second
	all := true
	t.wakeUp()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.wake:
		}
		projects, ctx := t.news.take(), logs.WithRequest(ctx, t.base.NewID())
		if err := t.mark(ctx); err != nil && ctx.Err() == nil {
			t.log.ErrorContext(ctx, "mark projects", "reason", err.Error())
		}
		var err error
		if all {
			err = t.notices.CatchUp(ctx)
			all = err != nil
		} else {
			err = t.notices.CatchUpWith(ctx, projects...)
		}
		if err != nil && ctx.Err() == nil {
			t.log.ErrorContext(ctx, "send notices", "reason", err.Error())
			time.AfterFunc(pause, func() {
				t.news.add(projects...)
				t.wakeUp()
			})
		}
	}
}

// sendWebhooks sends webhooks to subscriptions: those that a crash left at the start, then those of a project after
// each event, and those that are sent again when their time has come. It returns when the context ends.
func (t *tracker) sendWebhooks(ctx context.Context) {
	const pause = time.Second
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	defer t.webhooks.Wait()
	all, err := t.app.Projects.Projects(ctx)
	if err != nil && ctx.Err() == nil {
		t.log.ErrorContext(ctx, "find subscriptions", "reason", err.Error())
	}
	t.events.add(all...)
	for {
		projects, ctx := t.events.take(), logs.WithRequest(ctx, t.base.NewID())
		err := t.app.Subscriptions.Mark(ctx, projects...)
		if err != nil {
			t.events.add(projects...)
		} else {
			_, err = t.webhooks.Start(ctx)
		}
		if err != nil && ctx.Err() == nil {
			t.log.ErrorContext(ctx, "send webhooks", "reason", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-t.wakeHooks:
		case <-ticker.C:
		}
	}
}

// close waits for background tasks, whose context must have ended, and closes the tables. If a task does not end in
// time, it leaves the tables open: what the task writes is whole or not there.
func (t *tracker) close() {
	ended := make(chan struct{})
	go func() {
		t.tasks.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(tasksEnd):
		t.log.Warn("tasks cut off")
		return
	}
	if t.db != nil {
		if err := t.db.Close(); err != nil {
			t.log.Error("close the tables", "reason", err.Error())
		}
	}
}

// handler returns the handler of all addresses. Those below /local exist only without an issuer.
func (t *tracker) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", t.router)
	if t.files != nil {
		mux.Handle("/assets/objects/", t.files)
	}
	if t.provider == nil {
		return t.logged(mux)
	}
	mux.Handle("/local/", http.HandlerFunc(http.NotFound))
	mux.Handle(provider.Path+"/", t.provider)
	mux.HandleFunc("POST /local/token", t.giveToken)
	mux.HandleFunc("POST /local/run", t.runFunction)
	mux.HandleFunc("GET /local/mail", t.showMail)
	mux.HandleFunc("GET /local/mail/{id}/html", t.showLetter)
	mux.HandleFunc("GET /local/mail/{id}/files/{n}", t.showFile)
	mux.HandleFunc("GET /local/dead-letters", t.showDeadLetters)
	return t.logged(loopbackOnly(mux))
}

// loopbackOnly refuses requests from other machines, directly or through a proxy, since any caller can sign in with any
// role.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		forwarded := r.Header.Get("Forwarded") + r.Header.Get("X-Forwarded-For") + r.Header.Get("X-Forwarded-Host") + r.Header.Get("X-Real-Ip")
		if !isLoopback(r.RemoteAddr) || !isLocalName(r.Host) || forwarded != "" {
			http.Error(w, "without -issuer the tracker accepts requests from this machine only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// giveToken serves POST /local/token.
func (t *tracker) giveToken(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Email  string   `json:"email"`
		Groups []string `json:"groups"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&request); err != nil || request.Email == "" {
		problem(w, http.StatusBadRequest, `send {"email": "…", "groups": ["ces:coordinator"]}`)
		return
	}
	token, err := t.provider.Token(request.Email, request.Groups)
	if err != nil {
		problem(w, http.StatusInternalServerError, "the token could not be signed")
		return
	}
	answer(w, map[string]string{"token": token})
}

// runFunction serves POST /local/run.
func (t *tracker) runFunction(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Function string `json:"function"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&request); err != nil {
		problem(w, http.StatusBadRequest, `send {"function": "compile-snapshot"}`)
		return
	}
	var err error
	switch request.Function {
	case "compile-snapshot":
		if err = t.mark(r.Context()); err == nil {
			err = t.compiler.Schedule(r.Context())
		}
	case "send-notices":
		err = t.notices.CatchUp(r.Context())
	default:
		problem(w, http.StatusUnprocessableEntity, "function must be compile-snapshot or send-notices")
		return
	}
	if err != nil {
		t.log.ErrorContext(r.Context(), "run", "function", request.Function, "reason", err.Error())
		problem(w, http.StatusInternalServerError, "the function failed; the log has the reason")
		return
	}
	answer(w, map[string]string{"function": request.Function, "state": "done"})
}

// showDeadLetters serves GET /local/dead-letters, as JSON or as a page.
func (t *tracker) showDeadLetters(w http.ResponseWriter, r *http.Request) {
	letters, err := t.dead.list()
	if err != nil {
		problem(w, http.StatusInternalServerError, "the dead letters cannot be read")
		return
	}
	if !wantsPage(r) {
		answer(w, map[string]any{"items": letters, "next": nil})
		return
	}
	content := page.DeadLetters{}
	for _, l := range letters {
		content.Items = append(content.Items, page.DeadLetter{ID: l.ID, Source: l.Source, Reason: l.Reason, Tries: l.Tries, At: l.At})
	}
	t.show(w, r, content)
}

// show renders a page that belongs to no project.
func (t *tracker) show(w http.ResponseWriter, r *http.Request, content page.Content) {
	w.Header().Set("Content-Security-Policy", page.Policy(nil))
	w.Header().Set("X-Frame-Options", "DENY")
	zone := project.Definition{TimeZone: "Europe/Warsaw"} // the default of definitions
	frame := page.Frame{Language: t.language(r), Path: r.URL.RequestURI(), Zone: zone.Location()}
	if who, err := t.site.Authority.Identify(r); err == nil {
		frame.SignedIn = who.Email
	}
	if err := page.Write(w, http.StatusOK, frame, content); err != nil {
		t.log.ErrorContext(r.Context(), "page", "reason", err.Error())
	}
}
