package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"outreach"
	routes "outreach/functions"
	"outreach/functions/ingest-upload/ingestupload"
	"outreach/infra/tracker/provider"
	"outreach/internal/app"
	"outreach/internal/identity"
	"outreach/internal/logs"
	"outreach/internal/mail/mailbox"
	sendnotices "outreach/internal/notices/deliver"
	"outreach/internal/objects"
	"outreach/internal/objects/folder"
	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/snapshots/compile"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/sqlite"
	"outreach/internal/web"
)

// stack is the running tracker.
type stack struct {
	settings  settings
	log       *slog.Logger
	db        *sqlite.DB
	base      *store.DB // what app is built on, once it is complete
	app       *app.App
	site      *web.Site
	files     *folder.Store // nil with -s3
	provider  *provider.Provider
	router    http.Handler
	queue     *queue
	aside     *deadLetters
	mail      *mailbox.Box
	compiler  compile.Compiler
	notices   *sendnotices.Deliverer
	wake      chan struct{}
	tasks     sync.WaitGroup
	schedules []schedule
}

func newStack(ctx context.Context, s settings, log *slog.Logger) (*stack, error) {
	st := &stack{
		settings: s, log: log, wake: make(chan struct{}, 1),
		aside: &deadLetters{file: filepath.Join(s.data, "dead-letters.jsonl")},
	}
	functions, deliveries, err := parseTemplate([]byte(outreach.Template))
	if err != nil {
		return nil, err
	}
	post, err := postOffice(s)
	if err != nil {
		return nil, err
	}
	if st.mail, err = mailbox.Open(filepath.Join(s.data, "mail.jsonl"), post); err != nil {
		return nil, err
	}
	secret, err := secretFile(filepath.Join(s.data, "secret"))
	if err != nil {
		return nil, err
	}
	st.base = &store.DB{Secret: secret, Now: time.Now}
	if err := st.openTables(ctx); err != nil {
		return nil, err
	}
	if err := st.openObjects(ctx, secret); err != nil {
		return nil, err
	}
	st.app = app.New(st.base)
	st.app.Privacy.Letters = st.mail
	if err := st.openSite(secret); err != nil {
		return nil, err
	}
	ingest := ingestupload.New(st.app, log)
	st.queue = newQueue(ingest.Handle, deliveries, st.aside, log)
	if st.files != nil {
		st.files.OnPut(func(info objects.Info) {
			if strings.HasPrefix(info.Key, "uploads/") {
				st.queue.arrived(info)
			}
		})
	}
	st.compiler = compile.New(st.app)
	owner := "local"
	if s.dynamoURL != "" {
		owner = st.app.DB.NewID() // others may use the same tables
	}
	st.notices = sendnotices.New(st.app, st.mail, s.baseURL, log, owner)
	st.router = web.NewRouter(st.site, routes.All(st.app))
	for _, f := range functions {
		st.schedules = append(st.schedules, f.Schedules...)
	}
	return st, err
}

// secretFile reads the secret that keys the hashes of identities, or makes it. Without it nobody is recognised again: it
// belongs into every backup of the folder.
func secretFile(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		secret := make([]byte, 32)
		if _, err := rand.Read(secret); err != nil {
			return nil, err
		}
		fresh := file + ".new"
		if err := os.WriteFile(fresh, []byte(hex.EncodeToString(secret)+"\n"), 0o600); err != nil {
			return nil, err
		}
		return secret, os.Rename(fresh, file)
	}
	if err != nil {
		return nil, err
	}
	secret, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(secret) != 32 {
		return nil, fmt.Errorf("%s does not hold 64 hex digits", file)
	}
	return secret, nil
}

func (st *stack) openTables(ctx context.Context) error {
	if st.settings.dynamoURL != "" {
		return st.openDynamo(ctx)
	}
	db, err := sqlite.Open(filepath.Join(st.settings.data, "tracker.db"))
	if err != nil {
		return err
	}
	st.db = db
	tracker, err := db.Table("tracker")
	if err != nil {
		return err
	}
	people, err := db.Table("people")
	if err != nil {
		return err
	}
	st.base.Tracker, st.base.People = streamed{tracker, st.changed}, people
	return nil
}

func (st *stack) openObjects(ctx context.Context, secret []byte) (err error) {
	if st.settings.s3URL != "" {
		return st.openS3(ctx)
	}
	if st.files, err = folder.Open(filepath.Join(st.settings.data, "objects"), st.settings.baseURL, secret); err != nil {
		return err
	}
	st.base.Objects = st.files
	return nil
}

func (st *stack) openSite(secret []byte) error {
	set := identity.Settings{Issuer: st.settings.issuer, ClientID: st.settings.clientID, GroupsClaim: st.settings.groupsClaim, CookieKey: secret, BaseURL: st.settings.baseURL, Sessions: st.app.Access}
	set.SignedIn = web.Register(st.app.Access, st.log)
	set.Fail = func(w http.ResponseWriter, r *http.Request, status int, err error) { st.site.Refuse(w, r, status, err) }
	client := &http.Client{Timeout: 10 * time.Second}
	st.site = &web.Site{App: st.app, Log: st.log, BaseURL: st.settings.baseURL}
	if st.settings.s3URL != "" {
		st.site.Origins = append(st.site.Origins, st.settings.s3URL)
	}
	if set.Issuer == "" {
		key, err := provider.Key(filepath.Join(st.settings.data, "provider.pem"))
		if err != nil {
			return err
		}
		set.Issuer, set.ClientID = st.settings.baseURL+provider.Path, provider.ClientID
		if st.provider, err = provider.New(set.Issuer, key, time.Now); err != nil {
			return err
		}
		st.provider.Roles, st.provider.ChooseRole = st.roles, st.chooseRole
		client.Transport = st.provider
	} else {
		if file := st.settings.clientSecret; file != "" {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			set.ClientSecret = strings.TrimSpace(string(text))
		}
	}
	authority, err := identity.New(set, client)
	st.site.Authority = authority
	return err
}

// streamed is a table whose facts wake a function, as the table's stream does in the cloud.
type streamed struct {
	table.Table
	changed func()
}

func (t streamed) Write(ctx context.Context, ops ...table.Op) error {
	err := t.Table.Write(ctx, ops...)
	if err == nil {
		for _, op := range ops {
			if strings.HasPrefix(op.Item.PK, "FACT#") {
				t.changed()
				break
			}
		}
	}
	return err
}

func (st *stack) changed() {
	select {
	case st.wake <- struct{}{}:
	default:
	}
}

// start begins what runs beside the requests: the queue, the look-out for files put in by hand or before a crash, the
// notices, the schedules.
func (st *stack) start(ctx context.Context) {
	st.sweep(ctx)
	st.changed()
	st.task(func() { st.queue.run(ctx, 2*time.Second) })
	st.task(func() { every(ctx, 2*time.Second, func() { st.sweep(ctx) }) })
	st.task(func() { st.sendNotices(ctx) })
	for _, s := range st.schedules {
		st.task(func() { s.run(ctx, func() { st.compile(ctx) }) })
	}
}

func (st *stack) task(run func()) {
	st.tasks.Add(1)
	go func() {
		defer st.tasks.Done()
		run()
	}()
}

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

// sweep delivers every upload that lies there and was not delivered since the start. What was taken in before changes nothing.
func (st *stack) sweep(ctx context.Context) {
	err := st.app.DB.Objects.List(ctx, "uploads/", func(info objects.Info) error {
		st.queue.arrived(info)
		return nil
	})
	if err != nil && ctx.Err() == nil {
		st.log.Error("looking for uploads", "reason", err.Error())
	}
}

// sendNotices sends what is to be sent whenever something has happened, and again after a while where that failed: a server
// that takes letters may be away.
func (st *stack) sendNotices(ctx context.Context) {
	const pause = 30 * time.Second
	for {
		select {
		case <-ctx.Done():
			return
		case <-st.wake:
			ctx := logs.WithRequest(ctx, st.base.NewID())
			if err := st.notices.CatchUp(ctx); err != nil && ctx.Err() == nil {
				st.log.ErrorContext(ctx, "notices", "reason", err.Error())
				time.AfterFunc(pause, st.changed)
			}
		}
	}
}

// close waits for what is under way, and closes the tables.
func (st *stack) close() {
	st.tasks.Wait()
	if st.db != nil {
		if err := st.db.Close(); err != nil {
			st.log.Error("closing the tables", "reason", err.Error())
		}
	}
}

// handler is everything that the listener answers.
func (st *stack) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", st.router)
	if st.files != nil {
		mux.Handle("/assets/objects/", st.files)
	}
	if st.provider == nil {
		return st.logged(mux)
	}
	mux.Handle("/local/", http.HandlerFunc(http.NotFound))
	mux.Handle(provider.Path+"/", st.provider)
	mux.HandleFunc("POST /local/token", st.giveToken)
	mux.HandleFunc("POST /local/run", st.runFunction)
	mux.HandleFunc("GET /local/mail", st.showMail)
	mux.HandleFunc("GET /local/mail/{id}/html", st.showLetter)
	mux.HandleFunc("GET /local/mail/{id}/files/{n}", st.showFile)
	mux.HandleFunc("GET /local/dead-letters", st.showDeadLetters)
	return st.logged(loopbackOnly(mux))
}

// loopbackOnly refuses what comes from another machine, or through a proxy that speaks for one: whoever gets in may be
// anybody here.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		forwarded := r.Header.Get("Forwarded") + r.Header.Get("X-Forwarded-For") + r.Header.Get("X-Forwarded-Host") + r.Header.Get("X-Real-Ip")
		if !isLoopback(r.RemoteAddr) || !isLocalName(r.Host) || forwarded != "" {
			http.Error(w, "without -issuer the tracker answers this machine alone", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (st *stack) giveToken(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Email  string   `json:"email"`
		Groups []string `json:"groups"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&asked); err != nil || asked.Email == "" {
		problem(w, http.StatusBadRequest, `send {"email": "…", "groups": ["ces:coordinator"]}`)
		return
	}
	token, err := st.provider.Token(asked.Email, asked.Groups)
	if err != nil {
		problem(w, http.StatusInternalServerError, "no token could be made")
		return
	}
	answer(w, map[string]string{"token": token})
}

func (st *stack) runFunction(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Function string `json:"function"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&asked); err != nil {
		problem(w, http.StatusBadRequest, `send {"function": "compile-snapshot"}`)
		return
	}
	var err error
	switch asked.Function {
	case "compile-snapshot":
		err = st.compiler.Schedule(r.Context())
	case "send-notices":
		err = st.notices.CatchUp(r.Context())
	default:
		problem(w, http.StatusUnprocessableEntity, "compile-snapshot and send-notices can be run")
		return
	}
	if err != nil {
		st.log.ErrorContext(r.Context(), "run", "function", asked.Function, "reason", err.Error())
		problem(w, http.StatusInternalServerError, "it failed: see the log")
		return
	}
	answer(w, map[string]string{"function": asked.Function, "state": "done"})
}

func (st *stack) showDeadLetters(w http.ResponseWriter, r *http.Request) {
	letters, err := st.aside.list()
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
	st.show(w, r, content)
}

func (st *stack) show(w http.ResponseWriter, r *http.Request, content page.Content) {
	w.Header().Set("Content-Security-Policy", page.Policy())
	polish := project.Definition{TimeZone: "Europe/Warsaw"} // which is that of definitions, too, where they name none
	frame := page.Frame{Language: st.language(r), Path: r.URL.RequestURI(), Zone: polish.Location()}
	if who, err := st.site.Authority.Identify(r); err == nil {
		frame.SignedIn = who.Email
	}
	if err := page.Write(w, http.StatusOK, frame, content); err != nil {
		st.log.ErrorContext(r.Context(), "page", "reason", err.Error())
	}
}
