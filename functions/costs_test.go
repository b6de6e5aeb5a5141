package functions_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"outreach/internal/notices/deliver"
	"outreach/internal/objects"
	"outreach/internal/table"
)

var update = flag.Bool("update", false, "write docs/costs.md anew")

// Prices are assumptions to be updated: on demand, in eu-central-1, in US dollars without tax and without what is free
// at the beginning, as they were listed in November 2026.
const (
	pricedOn = "November 2026"

	perWriteUnit     = 0.7625 / 1e6  // DynamoDB, on demand
	perReadUnit      = 0.1525 / 1e6  // DynamoDB, on demand
	perTableGB       = 0.306         // DynamoDB, a month
	perBackupGB      = 0.2448        // DynamoDB, point-in-time recovery, a month
	perPut           = 0.0054 / 1e3  // S3: PUT and LIST
	perGet           = 0.00043 / 1e3 // S3: GET and HEAD
	perFileGB        = 0.0245        // S3, a month
	perInvocation    = 0.20 / 1e6    // Lambda
	perGBSecond      = 0.0000133334  // Lambda, arm64
	perRequest       = 1.20 / 1e6    // HTTP API
	perMessage       = 0.40 / 1e6    // SQS; each message is sent, received and deleted
	perLetter        = 0.10 / 1e3    // SES
	perLogGB         = 0.63          // CloudWatch Logs
	perSecret        = 0.40          // Secrets Manager, a month
	perAlarm         = 0.10          // CloudWatch, a month, for each metric that an alarm looks at
	perMetric        = 0.30          // CloudWatch, a month, of one's own
	perDashboard     = 3.00          // CloudWatch, a month
	perKey           = 1.00          // KMS, a month
	bytesOfLog       = 500           // of one invocation, with the access log
	millisPerCall    = 6             // of one call to DynamoDB or S3, one after the other
	millisPerEvent   = 4             // beside the calls
	millisPer1000Row = 90            // of a file: checked three times and written
	millisPerCompile = 1500
	smallMB, largeMB = 512, 1769
)

// bill is the usage of AWS services.
type bill struct {
	writes, reads            float64 // DynamoDB units
	calls                    int     // to DynamoDB and S3
	puts, gets               int
	requests, messages, mail int
	invocations              int
	gbSeconds                float64
}

func (b *bill) function(mb, calls int, millis float64) {
	b.invocations++
	b.gbSeconds += float64(mb) / 1024 * (float64(calls*millisPerCall) + millisPerEvent + millis) / 1000
}

func (b bill) dollars() float64 {
	return b.writes*perWriteUnit + b.reads*perReadUnit + float64(b.puts)*perPut + float64(b.gets)*perGet + float64(b.requests)*perRequest +
		3*float64(b.messages)*perMessage + float64(b.mail)*perLetter + float64(b.invocations)*(perInvocation+bytesOfLog*perLogGB/1e9) + b.gbSeconds*perGBSecond
}

// meter counts the usage that calls of tables and files cause on AWS.
type meter struct {
	mu sync.Mutex
	bill
}

// metered is a table whose calls a meter counts.
type metered struct {
	table.Table
	meter *meter
}

func (m *meter) add(reads, writes float64, calls int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads, m.writes, m.calls = m.reads+reads, m.writes+writes, m.calls+calls
}

// size returns the size of an item as DynamoDB counts it: names and values of attributes, in bytes.
func size(it table.Item) int {
	n := len("pk") + len(it.PK) + len("sk") + len(it.SK) + len("data") + len(it.Data) + len("rev") + 3
	if it.Index != (table.Key{}) {
		n += len("ipk") + len(it.Index.PK) + len("isk") + len(it.Index.SK)
	}
	if !it.Expires.IsZero() {
		n += len("expires") + 6
	}
	return n
}

func units(bytes, of int) float64 { return float64(max(1, (bytes+of-1)/of)) }

func (t metered) Get(ctx context.Context, keys ...table.Key) (map[table.Key]table.Item, error) {
	found, err := t.Table.Get(ctx, keys...)
	reads := 0.0
	for _, key := range keys {
		reads += units(size(found[key]), 4096)
	}
	t.meter.add(reads, 0, (len(keys)+99)/100)
	return found, err
}

func (t metered) Query(ctx context.Context, q table.Query) (table.Page, error) {
	page, err := t.Table.Query(ctx, q)
	sum := 0
	for _, it := range page.Items {
		sum += size(it)
	}
	reads := units(sum, 4096)
	if q.Index {
		reads /= 2
	}
	t.meter.add(reads, 0, 1)
	return page, err
}

func (t metered) Write(ctx context.Context, ops ...table.Op) error {
	keys := make([]table.Key, len(ops))
	for i, op := range ops {
		keys[i] = op.Item.Key
	}
	before, err := t.Table.Get(ctx, keys...) // what is written over counts too
	if err != nil {
		return err
	}
	times := 2.0 // a transaction costs double
	if len(ops) == 1 && ops[0].If == table.Always {
		times = 1
	}
	writes := 0.0
	for _, op := range ops {
		was, there := before[op.Item.Key]
		n := size(op.Item)
		if there {
			n = max(n, size(was))
		}
		writes += times * units(n, 1024)
		// The index is written beside it: the old place is left, the new one taken.
		if op.Verb == table.Put && op.Item.Index != (table.Key{}) {
			writes += units(size(op.Item), 1024)
		}
		if there && was.Index != (table.Key{}) && op.Verb != table.Check && (op.Verb == table.Delete || was.Index != op.Item.Index) {
			writes += units(size(was), 1024)
		}
	}
	t.meter.add(0, writes, 1)
	return t.Table.Write(ctx, ops...)
}

// meteredFiles is an object store whose calls a meter counts.
type meteredFiles struct {
	objects.Store
	meter *meter
}

func (f meteredFiles) count(puts, gets int) {
	f.meter.mu.Lock()
	defer f.meter.mu.Unlock()
	f.meter.puts, f.meter.gets, f.meter.calls = f.meter.puts+puts, f.meter.gets+gets, f.meter.calls+1
}

func (f meteredFiles) Put(ctx context.Context, key string, body io.ReadSeeker, contentType string) error {
	f.count(1, 0)
	return f.Store.Put(ctx, key, body, contentType)
}

func (f meteredFiles) Open(ctx context.Context, key, etag string) (io.ReadCloser, objects.Info, error) {
	f.count(0, 1)
	return f.Store.Open(ctx, key, etag)
}

func (f meteredFiles) Stat(ctx context.Context, key string) (objects.Info, error) {
	f.count(0, 1)
	return f.Store.Stat(ctx, key)
}

func (f meteredFiles) List(ctx context.Context, prefix string, each func(objects.Info) error) error {
	f.count(1, 0)
	return f.Store.List(ctx, prefix, each)
}

// TestCosts computes docs/costs.md from the calls that handlers make to tables and files, and fails where the page is
// stale.
func TestCosts(t *testing.T) {
	t.Parallel()
	notShort(t, "plays thousands of requests")
	m := &meter{}
	lanes := rand.New(rand.NewPCG(1, 2))
	h := newHarness(t, newStorage(t), func(inner table.Table) table.Table { return metered{inner, m} }, func() int { return lanes.IntN(8) })
	h.cover = func(inner objects.Store) objects.Store { return meteredFiles{inner, m} }
	h.start()
	h.at(day)
	define(t, h)
	// did runs one event of a function, and adds its usage to the current measurement.
	did := func(mb int, millis float64, event func() error) {
		t.Helper()
		before := m.calls
		if err := event(); err != nil {
			t.Fatal(err)
		}
		m.function(mb, m.calls-before, millis)
	}
	measured := func(run func()) bill {
		m.bill = bill{}
		run()
		return m.bill
	}
	senders := &sender{ids: map[string]string{}}
	box := &letters{}
	notices := deliver.New(h.app, box, base, h.log, "")
	wake := func() error { // what the stream wakes
		if err := h.app.Nights.Mark(t.Context(), h.clock(), "town"); err != nil {
			return err
		}
		return notices.CatchUp(t.Context())
	}
	did(smallMB, 0, wake)

	signups := measured(func() {
		for n := range 1000 {
			did(smallMB, 0, func() error {
				if status, _ := h.sendAs("", "GET", "/town/signup", "", "", nil); status != http.StatusOK {
					return fmt.Errorf("form: %d", status)
				}
				return nil
			})
			did(smallMB, 0, func() error {
				return public(fmt.Sprint("form", n), form("garden", n, map[string]any{"phone": "600100200"}))(h, senders)
			})
			m.requests += 2
			sent := len(box.ids)
			did(smallMB, 0, wake)
			m.mail += len(box.ids) - sent
		}
	})
	consultations := measured(func() {
		for n := range 1000 {
			date := time.Date(2126, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n/10).Format(time.DateOnly)
			did(smallMB, 0, func() error {
				return post("/town/consultations", fmt.Sprint("consultation", n), consultation(n%250, date, strings.Repeat("o czym mowa ", 8)))(h, senders)
			})
			m.requests++
			did(smallMB, 0, wake)
		}
	})
	const rows = 100_000
	content := airings(rows)
	file := measured(func() {
		did(smallMB, 0, func() error {
			return post("/town/uploads", "place", map[string]any{"filename": "airings.csv", "size": len(content)})(h, senders)
		})
		m.requests++
		m.puts++ // the file itself
		m.messages++
		o := object{key: "uploads/town/radio/airings.csv", name: "airings.csv", content: string(content)}
		if err := o.arrive(h); err != nil {
			t.Fatal(err)
		}
		did(largeMB, rows/1000*millisPer1000Row, func() error { return h.ingest.Object(t.Context(), o.key) })
		did(smallMB, 0, wake)
	})
	night := func(days int) bill {
		h.at(day.AddDate(0, 0, days))
		return measured(func() {
			var queue messages
			did(largeMB, 0, func() error {
				_, err := h.compiler.Night(t.Context(), &queue)
				return err
			})
			for _, due := range queue.due {
				m.messages++
				did(largeMB, millisPerCompile, func() error { return h.compiler.Project(t.Context(), due) })
			}
		})
	}
	busy, walk, quiet := night(1), bill{}, bill{}
	for n := range 7 { // the first night walked too
		if walk = night(n + 2); n == 0 {
			quiet = walk
		}
	}

	items, stored := 0, 0
	for _, table := range []string{"tracker", "people"} {
		for _, line := range h.dump(table) {
			items++
			stored += len(line) + 30
			if !strings.Contains(line, "   ") { // it is in the index too
				stored += len(line) + 30
			}
		}
	}
	stored += items * 150 // what DynamoDB adds to each item, and to its place in an index
	kept := int64(0)
	if err := h.files.List(t.Context(), "", func(info objects.Info) error { kept += info.Size; return nil }); err != nil {
		t.Fatal(err)
	}
	tableGB, fileGB := float64(stored/1_000_000)/1000, float64(kept/5_000_000*5)/1000
	rest := bill{}
	for n := range 30 {
		if n%7 == 0 {
			rest = rest.plus(walk)
		} else {
			rest = rest.plus(quiet)
		}
	}
	has := resources(t)
	monthly := perSecret*has["AWS::SecretsManager::Secret"] + perKey*has["AWS::KMS::Key"] + perAlarm*has[alarmed] + perMetric*has["AWS::Logs::MetricFilter"] + perDashboard*has["AWS::CloudWatch::Dashboard"]
	fixed := tableGB*(perTableGB+perBackupGB) + fileGB*perFileGB + monthly

	var page bytes.Buffer
	fmt.Fprintf(&page, `# What it costs

Computed by a test from what the functions ask of tables and files (`+"`go test ./functions -run TestCosts -update`"+` writes this page anew;
without -update the test fails where the page is stale). Prices are assumptions: on demand in eu-central-1, in US dollars, %s,
without tax, without what AWS gives free, as they stand in `+"`functions/costs_test.go`"+`.

| | write units | read units | S3 PUT, LIST | S3 GET | HTTP requests | Lambda | GB-seconds | e-mails | US$ |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
`, pricedOn)
	line := func(name string, b bill, extra float64) {
		fmt.Fprintf(&page, "| %s | %.0f | %.0f | %d | %d | %d | %d | %.1f | %d | %.4f |\n", name, b.writes, b.reads, b.puts, b.gets, b.requests, b.invocations, b.gbSeconds, b.mail, b.dollars()+extra)
	}
	line("1,000 sign-ups: the form shown, sent, a letter", signups, 0)
	line("1,000 consultations", consultations, 0)
	line("a file of 100,000 rows of media", file, 0)
	line("the nightly snapshot of all that is new above", busy, 0)
	line("a night without news", quiet, 0)
	line("the weekly night that looks for lost marks, without news", walk, 0)
	line("a month at rest: 30 such nights, storage, secret, keys, alarms, dashboard", rest, fixed)
	fmt.Fprintf(&page, `
At rest lie %.0f MB in the tables and some %.0f MB in the bucket; of the month's price US$ %.2f are fixed: a secret,
%.0f keys, a dashboard, a metric of its own, alarms on %.0f metrics.

What is counted, and how:

- Write units: one for each KB begun of each item, double in a transaction; one more for each KB where the item stands in the index.
- Read units: one for each 4 KB begun, strongly consistent; half of that from the index.
- Lambda: %d MB at the doors, %d MB where files are taken in and snapshots compiled. Duration is assumed: %d ms for each call to
  DynamoDB or S3, %d ms for each event beside, %d ms for each 1,000 rows of a file, %d ms for compiling. The stream is read for nothing.
- Each thing is taken to come alone, so that each wakes `+"`send-notices`"+`, which marks the project for the night; many at once wake it less often.
- A night is one event, and one more with a message for each project that is due. A project is due for its news, or on a date of its own.
- SQS: a message is sent, received and deleted. Logs: %d bytes for each invocation. Traces, traffic to the internet and sign-in are not counted.
`, tableGB*1000, fileGB*1000, monthly, has["AWS::KMS::Key"], has[alarmed], smallMB, largeMB, millisPerCall, millisPerEvent, millisPer1000Row, millisPerCompile, bytesOfLog)

	const at = "../docs/costs.md"
	if *update {
		if err := os.WriteFile(at, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if present, err := os.ReadFile(at); err != nil || !bytes.Equal(present, page.Bytes()) {
		t.Errorf("docs/costs.md is stale: go test ./functions -run TestCosts -update\n%s", &page)
	}
}

// alarmed is the key of billed metrics in resources.
const alarmed = "metrics that an alarm looks at"

// resources counts the template's resources by type, for those that are billed by the month.
func resources(t *testing.T) map[string]float64 {
	t.Helper()
	text, err := os.ReadFile("../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string `yaml:"Type"`
			Properties struct {
				Metrics []any `yaml:"Metrics"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &template); err != nil {
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

func (b bill) plus(o bill) bill {
	return bill{
		writes: b.writes + o.writes, reads: b.reads + o.reads, calls: b.calls + o.calls, puts: b.puts + o.puts, gets: b.gets + o.gets,
		requests: b.requests + o.requests, messages: b.messages + o.messages, mail: b.mail + o.mail, invocations: b.invocations + o.invocations, gbSeconds: b.gbSeconds + o.gbSeconds,
	}
}

// airings returns a partner's file of media with so many rows.
func airings(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("date,time,medium,title,outlet,reach\n")
	first := time.Date(2126, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := range rows {
		fmt.Fprintf(&b, "%s,%02d:%02d,radio,Ogród dla każdego %d,Radio Miejskie,%d\n", first.AddDate(0, 0, n%150).Format(time.DateOnly), n%24, n%60, n, 1000+n%20_000)
	}
	return b.Bytes()
}
