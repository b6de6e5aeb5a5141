package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"outreach"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// Prices are assumptions to be updated: on demand, in eu-central-1, in US dollars without tax and without what is free
// at the beginning, as they were listed in November 2026.
const (
	pricedOn = "November 2026"

	perWriteUnit  = 0.7625 / 1e6  // DynamoDB, on demand
	perReadUnit   = 0.1525 / 1e6  // DynamoDB, on demand
	perTableGB    = 0.306         // DynamoDB, a month
	perBackupGB   = 0.2448        // DynamoDB, point-in-time recovery, a month
	perPut        = 0.0054 / 1e3  // S3: PUT and LIST
	perGet        = 0.00043 / 1e3 // S3: GET and HEAD
	perFileGB     = 0.0245        // S3, a month
	perInvocation = 0.20 / 1e6    // Lambda
	perGBSecond   = 0.0000133334  // Lambda, arm64
	perRequest    = 1.20 / 1e6    // HTTP API
	perMessage    = 0.40 / 1e6    // SQS; each message is sent, received and deleted
	perLetter     = 0.10 / 1e3    // SES
	perLogGB      = 0.63          // CloudWatch Logs
	perSecret     = 0.40          // Secrets Manager, a month
	perAlarm      = 0.10          // CloudWatch, a month, for each metric that an alarm looks at
	perMetric     = 0.30          // CloudWatch, a month, of one's own
	perDashboard  = 3.00          // CloudWatch, a month
	perKey        = 1.00          // KMS, a month
	bytesOfLog    = 500           // of one invocation, with the access log
)

// The processor time of a function is assumed, so that the page is the same on each machine: the harness's clock counts
// waiting only.
const (
	cpuOfInvocation = 4 * time.Millisecond
	cpuOf1000Rows   = 90 * time.Millisecond // of a file: checked three times and written
	cpuOfCompile    = 100 * time.Millisecond
)

// projectCounts are the sizes of installation that the page shows.
var projectCounts = []int{1, 10, 100, 1000}

// The month of one project on which the page is computed.
const (
	monthSignups, monthConsultations, monthFiles, monthRows = 50, 100, 4, 500
	monthPages, monthVisits                                 = 400, 2000
	monthNights, monthBusyNights                            = 30, 8
)

// bill is the usage of AWS services.
type bill struct {
	writes, reads                        float64 // DynamoDB units
	puts, gets                           float64
	requests, messages, letters, invoked float64
	gbSeconds                            float64
}

// plus returns the sum of b and so many times o.
func (b bill) plus(times float64, o bill) bill {
	return bill{
		writes: b.writes + times*o.writes, reads: b.reads + times*o.reads, puts: b.puts + times*o.puts, gets: b.gets + times*o.gets,
		requests: b.requests + times*o.requests, messages: b.messages + times*o.messages, letters: b.letters + times*o.letters,
		invoked: b.invoked + times*o.invoked, gbSeconds: b.gbSeconds + times*o.gbSeconds,
	}
}

func (b bill) dollars() float64 {
	return b.writes*perWriteUnit + b.reads*perReadUnit + b.puts*perPut + b.gets*perGet + b.requests*perRequest +
		3*b.messages*perMessage + b.letters*perLetter + b.invoked*(perInvocation+bytesOfLog*perLogGB/1e9) + b.gbSeconds*perGBSecond
}

// used returns all that the deployment has used so far.
func (d *deployment) used() bill {
	d.mu.Lock()
	defer d.mu.Unlock()
	b, units := d.invocations, d.dynamo.Usage()
	b.writes, b.reads, b.letters = units.Writes, units.Reads, float64(len(d.letters))
	d.objects.mu.Lock()
	defer d.objects.mu.Unlock()
	b.puts, b.gets = float64(d.objects.write), float64(d.objects.reads)
	return b
}

// cost returns what a run of the deployment uses.
func (d *deployment) cost(do func()) bill {
	before := d.used()
	do()
	return d.used().plus(-1, before)
}

// invoked adds an invocation of a function, which waited so long for its calls, to the bill.
func (d *deployment) invoked(function string, waited time.Duration) {
	d.mu.Lock()
	d.invocations.invoked++
	d.mu.Unlock()
	d.computed(function, waited+cpuOfInvocation)
}

// received adds messages of a queue to the bill.
func (d *deployment) received(messages int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.invocations.messages += float64(messages)
}

// computed adds time of a function to the bill.
func (d *deployment) computed(function string, time time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.invocations.gbSeconds += float64(d.limits[function].Memory) / 1024 * time.Seconds()
}

// approve approves the newest snapshot of a project.
func (d *deployment) approve(project string) {
	d.invoke(d.run.Context(), "show-report", func(ctx context.Context, i *instance) {
		newest, err := i.Snapshots.Newest(ctx, project)
		d.run.check(err)
		_, err = i.Snapshots.Decide(ctx, project, newest.ID, snapshot.Approved, "", "")
		d.run.check(err)
	})
}

// ask sends a request that must succeed, with a token of a group, "" without one. It returns the answer's body.
func (d *deployment) ask(function, method, address, key string, body any, group string) []byte {
	content, err := json.Marshal(body)
	d.run.check(err)
	r := httptest.NewRequestWithContext(d.run.Context(), method, baseURL+address, bytes.NewReader(content))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	if group != "" {
		r.Header.Set("Authorization", "Bearer "+d.token("staff@example.org", group))
	}
	w, _ := d.request(function, r)
	if w.Code >= 300 && w.Code != http.StatusSeeOther {
		d.run.fail("%s %s is answered %d: %s", method, address, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// Each of these runs one event of a project; n tells the events of a kind apart.

func (d *deployment) signsUp(project string, n int) {
	d.ask("submit-signup", http.MethodGet, "/"+project+"/signup", "", nil, "")
	w, _ := d.request("submit-signup", form(d.run.Context(), project, n))
	if w.Code != http.StatusCreated && w.Code != http.StatusSeeOther {
		d.run.fail("a sign-up is answered %d", w.Code)
	}
	d.run.check(d.sendNotices(d.run.Context()))
}

func (d *deployment) isAdvised(project string, n int) {
	d.ask("record-consultation", http.MethodPost, "/"+project+"/consultations", fmt.Sprint("consultation", n), map[string]any{
		"person": map[string]any{"email": fmt.Sprintf("ewa%d@example.org", n%monthSignups)}, "date": time.Now().AddDate(0, 0, -n/10).Format(time.DateOnly),
		"field": "law", "minutes": 45, "form": "phone", "topic": strings.Repeat("about the statute ", 5),
	}, project+":adviser")
	d.run.check(d.sendNotices(d.run.Context()))
}

func (d *deployment) sendsFile(project string, n, rows int) {
	content := rename(d.file(schema.Builtin().Kind(schema.Media), rows), n)
	var place struct{ ID string }
	answer := d.ask("manage-uploads", http.MethodPost, "/"+project+"/uploads", fmt.Sprint("file", n), map[string]any{"filename": "airings.csv", "size": len(content)}, project+":partner:radio")
	d.run.check(json.Unmarshal(answer, &place))
	key := d.put("uploads/"+project+"/radio/"+place.ID+"/file", content)
	if failed := d.deliver([]string{key}); len(failed) > 0 {
		d.run.fail("the file %s was not processed", key)
	}
	d.computed("ingest-upload", time.Duration(rows)*cpuOf1000Rows/1000)
	d.run.check(d.sendNotices(d.run.Context()))
}

// costs is what the page shows.
type costs struct {
	things   []priced // at one project
	months   []month
	monthly  float64 // of one installation, whatever it does
	resource map[string]float64
}

type priced struct {
	name string
	bill bill
}

type month struct {
	projects int
	bill     bill
	storage  float64 // GB in the tables and in the bucket
	files    float64
}

func (m month) dollars() float64 {
	return m.bill.dollars() + m.storage*(perTableGB+perBackupGB) + m.files*perFileGB
}

// measureCosts runs what the page lists, each number of projects in a bubble of its own.
func measureCosts(t *testing.T, projects ...int) *costs {
	c := &costs{resource: resources(t)}
	has := c.resource
	c.monthly = perSecret*has["AWS::SecretsManager::Secret"] + perKey*has["AWS::KMS::Key"] + perAlarm*has[alarmed] + perMetric*has["AWS::Logs::MetricFilter"] + perDashboard*has["AWS::CloudWatch::Dashboard"]
	in := func(do func(r *run)) {
		bubble(t, func(t *testing.T) {
			r := &run{T: t, long: true}
			defer func() {
				if len(r.broken) > 0 {
					t.Error(strings.Join(r.broken, "; "))
				}
			}()
			do(r)
		})
	}
	in(func(r *run) { c.things = thingsAlone(r) })
	for _, n := range projects {
		in(func(r *run) { c.months = append(c.months, monthOf(r, n)) })
	}
	return c
}

// thingsAlone measures single things, each coming alone, except for the sign-ups that come at once.
func thingsAlone(r *run) (all []priced) {
	d := deploy(r)
	d.define(town("town", 0))
	d.define(town("crowd", 1000))
	d.night()
	add := func(name string, do func()) { all = append(all, priced{name, d.cost(do)}) }
	add("1,000 sign-ups: the form shown, sent, a letter", func() {
		for n := range 1000 {
			d.signsUp("town", n)
		}
	})
	add("1,000 sign-ups, 50 a second, into one activity, retries included", func() {
		stop := d.watch()
		d.crowd("crowd", 1000)
		stop()
	})
	add("1,000 consultations", func() {
		for n := range 1000 {
			d.isAdvised("town", n)
		}
	})
	add("a file of 100,000 rows of media", func() { d.sendsFile("town", 0, 100_000) })
	add("a nightly snapshot of all that is new above", func() { d.night() })
	add("a week of nights without news", func() {
		for range 7 {
			d.night()
		}
	})
	add("1,000 visits to the public page", func() {
		for range 1000 {
			d.ask("show-report", http.MethodGet, "/town", "", nil, "")
		}
	})
	return all
}

// crowd signs up so many people at 50 a second.
func (d *deployment) crowd(project string, people int) {
	answered := make(chan int, people)
	for n := range people {
		go func() {
			w, _ := d.request("submit-signup", form(d.run.Context(), project, n))
			answered <- w.Code
		}()
		time.Sleep(20 * time.Millisecond)
	}
	for range people {
		if code := <-answered; code >= 400 {
			d.run.fail("a sign-up is answered %d", code)
		}
	}
}

// monthOf measures a month of an installation. A few of the projects have their month; the others are taken to be like
// them.
func monthOf(r *run, projects int) month {
	d := deploy(r)
	for n := range projects {
		d.define(town(projectID(n), 0))
	}
	d.night() // the first snapshots
	sample := min(projects, 5)
	m := month{projects: projects}
	empty, files := float64(d.dynamo.Stored()), d.objects.bytes()
	events := d.cost(func() {
		for p := range sample {
			id := projectID(p)
			for n := range monthSignups {
				d.signsUp(id, n)
			}
			for n := range monthConsultations {
				d.isAdvised(id, n)
			}
			for n := range monthFiles {
				d.sendsFile(id, n, monthRows)
			}
		}
	})
	busy := d.cost(func() { d.night() })
	week := d.cost(func() {
		for range 7 { // with one search for lost marks
			d.night()
		}
	})
	idle := bill{}.plus(1.0/7, week)
	d.approve(projectID(0))
	looked := 0
	pages := d.cost(func() {
		for _, page := range pagesOfOffice {
			if strings.Contains(page.path, "{person}") {
				continue
			}
			looked++
			role := projectID(0) + ":" + page.role
			if page.role == "" {
				role = ""
			}
			d.ask(page.function, http.MethodGet, strings.Replace(page.path, "/town", "/"+projectID(0), 1), "", nil, role)
		}
	})
	visit := d.cost(func() { d.ask("show-report", http.MethodGet, "/"+projectID(0), "", nil, "") })
	each := float64(projects) / float64(sample)
	m.bill = m.bill.plus(each, events).plus(each*monthBusyNights, busy.plus(-1, idle)).plus(monthNights, idle)
	m.bill = m.bill.plus(float64(projects)*monthPages/float64(looked), pages).plus(float64(projects)*monthVisits, visit)
	m.storage = (empty + each*(float64(d.dynamo.Stored())-empty)) / 1e9
	m.files = (files + each*(d.objects.bytes()-files)) / 1e9
	return m
}

// alarmed is the key of billed metrics in resources.
const alarmed = "metrics that an alarm looks at"

// resources counts the template's resources by type, for those that are billed by the month.
func resources(t *testing.T) map[string]float64 {
	var template struct {
		Resources map[string]struct {
			Type       string `yaml:"Type"`
			Properties struct {
				Metrics []any `yaml:"Metrics"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(outreach.Template), &template); err != nil {
		t.Fatal(err)
	}
	n := map[string]float64{}
	for _, r := range template.Resources {
		n[r.Type]++
		if r.Type == "AWS::CloudWatch::Alarm" {
			n[alarmed] += float64(max(1, len(r.Properties.Metrics)-1)) // the first of several is their sum
		}
	}
	return n
}

// page returns docs/costs.md.
func (c *costs) page() string {
	var page bytes.Buffer
	fmt.Fprintf(&page, `# What it costs

Computed by `+"`go run ./infra/limits -costs docs/costs.md`"+` from what the functions ask of a simulated DynamoDB and S3; a test
fails if this page is stale. Prices are assumptions, listed in `+"`infra/limits/costs.go`"+`: on demand in eu-central-1, in US
dollars, %s, without tax, without what AWS gives free. No bill of AWS was available to compare with.

## A month, by the number of projects

Each project has %d sign-ups, %d consultations, %d files of %d rows, %d pages of its office, %d visits to its
public page, and %d nights, %d of them with news. The fixed part is a secret, %.0f keys, a dashboard, a metric of its
own, and alarms on %.0f metrics.

`, pricedOn, monthSignups, monthConsultations, monthFiles, monthRows, monthPages, monthVisits, monthNights, monthBusyNights, c.resource["AWS::KMS::Key"], c.resource[alarmed])
	heading := func(first string, more string) {
		fmt.Fprintf(&page, "| %s | write units | read units | S3 PUT, LIST | S3 GET | HTTP requests | Lambda | GB-seconds | SQS | e-mails |%s\n|---%s|\n", first, more, strings.Repeat("|---:", 9+strings.Count(more, "|")))
	}
	line := func(name string, b bill, more string) {
		fmt.Fprintf(&page, "| %s | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f | %.1f | %.0f | %.0f |%s\n", name, b.writes, b.reads, b.puts, b.gets, b.requests, b.invoked, b.gbSeconds, b.messages, b.letters, more)
	}
	heading("projects", " stored MB | US$ | fixed | US$ for each project |")
	for _, m := range c.months {
		line(fmt.Sprint(m.projects), m.bill, fmt.Sprintf(" %.1f | %.2f | %.2f | %.3f |", (m.storage+m.files)*1000, m.dollars(), c.monthly, (m.dollars()+c.monthly)/float64(m.projects)))
	}
	page.WriteString("\n## Single things\n\n")
	heading("", " US$ |")
	for _, thing := range c.things {
		line(thing.name, thing.bill, fmt.Sprintf(" %.4f |", thing.bill.dollars()))
	}
	fmt.Fprintf(&page, `
## What is counted, and how

- Write units: one for each KB begun of each item, two in a transaction; one more for each KB if the item is in the
  index. A call that is refused because of a conflict or a throttled partition, and repeated, counts each time.
- Read units: one for each 4 KB begun, strongly consistent; half of that from the index. Reading the stream is free.
- Lambda: the memory of `+"`template.yaml`"+`; the time that calls to DynamoDB, S3 and SES take in
  [the load tests](limits.md); and an assumed processor time: %s for each event, %s for each 1,000 rows of a file,
  %s for compiling.
- Each event of a project comes alone, and wakes `+"`send-notices`"+`; many at once wake it less often.
- SQS: a message is sent, received and deleted. Logs: %d bytes for each invocation. Traces, traffic to the internet and
  sign-in are not counted.
`, cpuOfInvocation, cpuOf1000Rows, cpuOfCompile, bytesOfLog)
	return page.String()
}
