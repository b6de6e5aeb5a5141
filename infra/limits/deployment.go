package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"

	"outreach"
	"outreach/functions"
	"outreach/infra/tracker/provider"
	"outreach/internal/app"
	"outreach/internal/fact"
	"outreach/internal/identity"
	"outreach/internal/mail"
	"outreach/internal/nights"
	"outreach/internal/notices/deliver"
	"outreach/internal/objects"
	"outreach/internal/objects/folder"
	"outreach/internal/project/definition"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/dynamo"
	"outreach/internal/table/dynamo/simulated"
	"outreach/internal/web"
)

const (
	baseURL = "https://tracker.example.org"
	issuer  = "http://localhost" + provider.Path
)

// noon is the instant at which every run begins: a bubble's clock starts at the beginning of the year 2000.
var noon = time.Date(2000, 6, 15, 12, 0, 0, 0, time.UTC)

// deployment is the tracker as the template deploys it, with simulated services.
type deployment struct {
	run      *run
	dynamo   *simulated.Service
	objects  *slowObjects
	secret   []byte
	provider *provider.Provider
	limits   map[string]limits

	mu        sync.Mutex
	instances map[string][]*instance // idle, by function
	news      map[string]bool        // projects with facts that send-notices was not woken for; true: with news for the night
	letters   []mail.Message
	soon      map[string]time.Duration // after how long messages are delivered again that were given back

	invocations bill // of functions, with their requests and messages
}

// limits are the settings of a function in the template.
type limits struct {
	Timeout    time.Duration
	Memory     int           // MB
	Batch      int           // the most messages of its queue or stream in one invocation
	Window     time.Duration // for how long a batch is collected
	AtOnce     int           // how many messages of its queue it takes at the same time
	Visibility time.Duration // of its queue: how long after a delivery a message that failed is delivered again
	Deliveries int           // of its queue: how often a message is delivered
}

// instance is a running copy of a function: what it caches, it does not share with others.
type instance struct {
	*app.App
	log      *slog.Logger
	handler  http.Handler
	notifier *deliver.Deliverer
}

func deploy(r *run) *deployment {
	d := &deployment{run: r, dynamo: simulated.New(simulated.DynamoDB), secret: bytes.Repeat([]byte("secret"), 6), instances: map[string][]*instance{}, news: map[string]bool{}, soon: map[string]time.Duration{}}
	d.limits = readLimits(r)
	d.dynamo.Changed = d.changed
	dir, err := os.MkdirTemp("", "limits")
	r.check(err)
	r.Cleanup(func() { _ = os.RemoveAll(dir) })
	files, err := folder.Open(dir, baseURL, d.secret)
	r.check(err)
	files.Now = time.Now
	d.objects = &slowObjects{Store: files}
	key, err := provider.Key(filepath.Join(dir, "provider.pem"))
	r.check(err)
	d.provider, err = provider.New(issuer, key, time.Now)
	r.check(err)
	time.Sleep(time.Until(noon))
	return d
}

// readLimits reads the settings of each function from the template.
func readLimits(r *run) map[string]limits {
	type settings struct {
		Code       string `yaml:"CodeUri"`
		Timeout    int    `yaml:"Timeout"`
		Memory     int    `yaml:"MemorySize"`
		Visibility int    `yaml:"VisibilityTimeout"` // of a queue
		Redrive    struct {
			Deliveries int `yaml:"maxReceiveCount"`
		} `yaml:"RedrivePolicy"`
		Events map[string]struct {
			Properties struct {
				Queue   string `yaml:"Queue"` // Uploads.Arn
				Batch   int    `yaml:"BatchSize"`
				Window  int    `yaml:"MaximumBatchingWindowInSeconds"`
				Scaling struct {
					AtOnce int `yaml:"MaximumConcurrency"`
				} `yaml:"ScalingConfig"`
			} `yaml:"Properties"`
		} `yaml:"Events"`
	}
	var template struct {
		Globals struct {
			Function settings `yaml:"Function"`
		} `yaml:"Globals"`
		Resources map[string]struct {
			Type       string   `yaml:"Type"`
			Properties settings `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	err := yaml.Unmarshal([]byte(outreach.Template), &template)
	r.check(err)
	all := map[string]limits{}
	for _, resource := range template.Resources {
		p := resource.Properties
		if resource.Type != "AWS::Serverless::Function" {
			continue
		}
		l := limits{
			Timeout: time.Duration(firstOf(p.Timeout, template.Globals.Function.Timeout)) * time.Second,
			Memory:  firstOf(p.Memory, template.Globals.Function.Memory),
		}
		for _, e := range p.Events {
			if name, _, named := strings.Cut(e.Properties.Queue, "."); named {
				queue := template.Resources[name].Properties
				l.Visibility, l.Deliveries = time.Duration(queue.Visibility)*time.Second, queue.Redrive.Deliveries
				l.AtOnce = e.Properties.Scaling.AtOnce
			}
			l.Batch = max(l.Batch, e.Properties.Batch)
			l.Window = max(l.Window, time.Duration(e.Properties.Window)*time.Second)
		}
		all[path.Base(strings.TrimSuffix(p.Code, "/"))] = l
	}
	if r.fault != nil && r.fault.limits != nil {
		r.fault.limits(all)
	}
	return all
}

func firstOf(numbers ...int) int {
	for _, n := range numbers {
		if n != 0 {
			return n
		}
	}
	return 0
}

// changed notes the writes that the stream's filter in the template lets through.
func (d *deployment) changed(_ string, items []table.Item) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, it := range items {
		if id := fact.ProjectOf(it.PK); id != "" {
			var f fact.Fact
			d.news[id] = d.news[id] || json.Unmarshal(it.Data, &f) != nil || nights.Announces(f)
		}
	}
}

// invoke runs a function's code on an idle instance, or on a new one, within the function's time-out.
func (d *deployment) invoke(ctx context.Context, function string, do func(ctx context.Context, i *instance)) {
	d.mu.Lock()
	var on *instance
	if idle := d.instances[function]; len(idle) > 0 {
		on, d.instances[function] = idle[len(idle)-1], idle[:len(idle)-1]
	}
	d.mu.Unlock()
	if on == nil {
		on = d.start(function)
	}
	l := d.limits[function]
	if l.Timeout == 0 {
		d.run.fail("the template has no function %s", function)
	}
	ctx, cancel := context.WithTimeout(ctx, l.Timeout)
	defer cancel()
	began := time.Now()
	do(ctx, on)
	d.invoked(function, time.Since(began))
	d.mu.Lock()
	defer d.mu.Unlock()
	d.instances[function] = append(d.instances[function], on)
}

// start starts an instance of a function.
func (d *deployment) start(function string) *instance {
	var tracker table.Table = dynamo.New(d.dynamo, "tracker")
	if f := d.run.fault; f != nil && f.tracker != nil {
		tracker = f.tracker(tracker)
	}
	a := app.New(&store.DB{Tracker: tracker, People: dynamo.New(d.dynamo, "people"), Objects: d.objects, Secret: d.secret, Now: time.Now})
	log := slog.New(slog.NewTextHandler(logged, nil))
	i := &instance{App: a, log: log}
	i.notifier = deliver.New(a, letters{d}, baseURL, log, a.DB.NewID())
	if routes, serves := functions.Routes(a)[function]; serves {
		authority, err := identity.New(identity.Settings{Issuer: issuer, ClientID: provider.ClientID, CookieKey: d.secret[:32], BaseURL: baseURL}, &http.Client{Transport: d.provider})
		d.run.check(err)
		i.handler = web.NewRouter(&web.Site{DB: a.DB, Definitions: a.Projects, Staff: a.Access, Authority: authority, Log: log, BaseURL: baseURL}, routes)
	}
	return i
}

// request sends a request to a function and returns its answer, with what its calls used.
func (d *deployment) request(function string, r *http.Request) (*httptest.ResponseRecorder, simulated.Usage) {
	d.mu.Lock()
	d.invocations.requests++
	d.mu.Unlock()
	w := httptest.NewRecorder()
	ctx, used := simulated.Count(r.Context())
	d.invoke(ctx, function, func(ctx context.Context, i *instance) { i.handler.ServeHTTP(w, r.WithContext(ctx)) })
	return w, used()
}

// define begins a project.
func (d *deployment) define(text string) {
	def, problems := definition.Parse("", []byte(text))
	if len(problems) > 0 {
		d.run.fail("definition: %+v", problems)
	}
	d.invoke(d.run.Context(), "define-project", func(ctx context.Context, i *instance) {
		_, _, err := i.Projects.SetDefinition(ctx, def, []byte(text), "", "")
		d.run.check(err)
	})
}

// notify runs send-notices for the projects with new facts, again while its time is over before all letters are sent,
// and returns what it used.
func (d *deployment) notify() simulated.Usage {
	ctx, used := simulated.Count(d.run.Context())
	err := d.sendNotices(ctx)
	for range 50 {
		if !errors.Is(err, context.DeadlineExceeded) {
			break
		}
		err = d.sendNotices(ctx)
	}
	d.run.check(err)
	return used()
}

func (d *deployment) sendNotices(ctx context.Context) (err error) {
	d.mu.Lock()
	ids := slices.Sorted(maps.Keys(d.news))
	due := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !d.news[id] })
	clear(d.news)
	d.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	d.invoke(ctx, "send-notices", func(ctx context.Context, i *instance) {
		if d.run.fault == nil || !d.run.fault.unmarked {
			d.run.check(i.Nights.Mark(ctx, time.Now(), due...))
		}
		if d.run.fault != nil && d.run.fault.walks {
			err = i.notifier.CatchUp(ctx)
		} else {
			err = i.notifier.CatchUpWith(ctx, ids...)
		}
		if err != nil { // the stream delivers again
			d.mu.Lock()
			defer d.mu.Unlock()
			for _, id := range ids {
				d.news[id] = d.news[id] || slices.Contains(due, id)
			}
		}
	})
	return err
}

// watch wakes send-notices for changes, once in each batching window of the template, until the function returned is
// called.
func (d *deployment) watch() (stop func()) {
	window := d.limits["send-notices"].Window
	if window == 0 {
		d.run.fail("the template gives send-notices no batching window")
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-time.After(window):
			}
			_ = d.sendNotices(d.run.Context())
		}
	}()
	return func() { close(done); <-ended }
}

// letters takes letters as SES does.
type letters struct{ d *deployment }

func (l letters) Send(_ context.Context, m mail.Message) error {
	time.Sleep(50 * time.Millisecond)
	l.d.mu.Lock()
	defer l.d.mu.Unlock()
	l.d.letters = append(l.d.letters, m)
	return nil
}

// slowObjects is a store of objects whose calls take the time of S3, and are counted.
type slowObjects struct {
	objects.Store
	mu           sync.Mutex
	reads, write int
	hangs        string // puts below this prefix take longer than any function may
}

func (o *slowObjects) wait(reads, writes int) {
	time.Sleep(20 * time.Millisecond)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reads, o.write = o.reads+reads, o.write+writes
}

// List lists objects.
func (o *slowObjects) List(ctx context.Context, prefix string, each func(objects.Info) error) error {
	o.wait(0, 1) // at the price of a write
	return o.Store.List(ctx, prefix, each)
}

// bytes returns the size of all objects.
func (o *slowObjects) bytes() (all float64) {
	err := o.Store.List(context.Background(), "", func(info objects.Info) error { all += float64(info.Size); return nil })
	if err != nil {
		panic(err)
	}
	return all
}

// hang makes puts below a prefix hang, "" for none.
func (o *slowObjects) hang(prefix string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hangs = prefix
}

// writes returns how many objects were put or deleted so far.
func (o *slowObjects) writes() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.write
}

// Put stores an object.
func (o *slowObjects) Put(ctx context.Context, key string, body io.ReadSeeker, contentType string) error {
	o.wait(0, 1)
	o.mu.Lock()
	hangs := o.hangs != "" && strings.HasPrefix(key, o.hangs)
	o.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	return o.Store.Put(ctx, key, body, contentType)
}

// Open opens an object.
func (o *slowObjects) Open(ctx context.Context, key, etag string) (io.ReadCloser, objects.Info, error) {
	o.wait(1, 0)
	return o.Store.Open(ctx, key, etag)
}

// Stat describes an object.
func (o *slowObjects) Stat(ctx context.Context, key string) (objects.Info, error) {
	o.wait(1, 0)
	return o.Store.Stat(ctx, key)
}

// Delete removes an object.
func (o *slowObjects) Delete(ctx context.Context, key string) error {
	o.wait(0, 1)
	return o.Store.Delete(ctx, key)
}

// town is a project with an activity of so many places, 0 for no limit.
func town(id string, places int) string {
	capacity := ""
	if places > 0 {
		capacity = fmt.Sprintf("capacity: %d, ", places)
	}
	return fmt.Sprintf(`
id: %s
title: {en: Town}
period: {from: 2000-01-01, to: 2000-12-31}
region: {population: 1000000}
activities:
  - {id: hall, kind: training, %slabel: {en: Hall}}
  - {id: yard, kind: training, label: {en: Yard}}
partners:
  - {id: radio, name: Radio}
output_kinds:
  - {id: leaflet, label: {en: leaflet}}
indicators:
  - {code: "1", unit: person, target: 100, count: people, of: signup, where: 'state == "accepted"', label: {en: People}}
  - {code: "2", unit: person, target: 100000, count: sum, field: reach, of: media, label: {en: Reach}}
`, id, capacity)
}

// form is the sign-up form of a person for the hall, as a browser sends it.
func form(ctx context.Context, project string, n int) *http.Request {
	return signupTo(ctx, project, "hall", n)
}

// signupTo is the sign-up form of a person, as a browser sends it.
func signupTo(ctx context.Context, project, activity string, n int) *http.Request {
	body := fmt.Sprintf("activity=%s&first_name=Ewa&last_name=Nowa%d&email=ewa%d%%40example.org&sex=female&birth_year=1980&phone=600%06d&consent_processing=true&idempotency_key=key-%d", activity, n, n, n, n)
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, baseURL+"/"+project+"/signups", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	return r
}

// projectID returns the id of the n-th project.
func projectID(n int) string { return fmt.Sprintf("town-%04d", n) }
