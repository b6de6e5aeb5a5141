// Package functions measures how fast the functions start: go test -bench ColdStart -run '^$' ./functions
package functions

import (
	"cmp"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// clients are the AWS clients that each function creates beside that of the secret.
var clients = map[string]string{
	"submit-signup":       "dynamodb",
	"record-consultation": "dynamodb",
	"manage-project":      "dynamodb s3",
	"define-project":      "dynamodb",
	"manage-uploads":      "dynamodb s3",
	"ingest-upload":       "dynamodb s3",
	"compile-snapshot":    "dynamodb s3 sqs",
	"show-report":         "dynamodb s3",
	"send-notices":        "dynamodb s3 ses",
	"sign-in":             "dynamodb",
}

const starts = 40 // at least, of each program

// BenchmarkColdStart starts each function as Lambda does, and measures the time until it polls for its first event: in
// milliseconds, and as a multiple of a program that creates the same clients and does nothing else.
func BenchmarkColdStart(b *testing.B) {
	dir := b.TempDir()
	runtime := newRuntime(b)
	for _, main := range mains(b) {
		name := filepath.Base(filepath.Dir(main))
		b.Run(name, func(b *testing.B) {
			program := build(b, dir, name, "./"+name, "")
			tags := clients[name]
			floor := build(b, dir, strings.ReplaceAll("floor "+tags, " ", "-"), "./testdata/floor", tags)
			var took, least []time.Duration
			pair := func() {
				took = append(took, runtime.start(b, program))
				least = append(least, runtime.start(b, floor))
			}
			for b.Loop() {
				pair()
			}
			for len(took) < starts {
				pair()
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(milliseconds(median(took)), "ms")
			b.ReportMetric(float64(median(took))/float64(median(least)), "×floor")
			b.ReportMetric(megabytes(b, program), "MB")
		})
	}
}

func mains(b *testing.B) []string {
	found, err := filepath.Glob("*/main.go")
	if err != nil || len(found) != len(clients) {
		b.Fatalf("%d functions, %d are known here (%v)", len(found), len(clients), err)
	}
	return found
}

// build builds a program as for deployment.
func build(b *testing.B, dir, name, path, tags string) string {
	b.Helper()
	out := filepath.Join(dir, name)
	c := exec.Command("go", "build", "-tags", strings.TrimSpace("lambda.norpc "+tags), "-ldflags", "-s -w", "-o", out, path)
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if said, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, said)
	}
	return out
}

// fakeRuntime is a fake of Lambda's runtime API without events.
type fakeRuntime struct {
	address string
	polled  chan time.Time
}

func newRuntime(b *testing.B) *fakeRuntime {
	f := &fakeRuntime{polled: make(chan time.Time, 1)}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/runtime/invocation/next") {
			f.polled <- time.Now()
		}
		<-r.Context().Done()
	}))
	b.Cleanup(server.Close)
	f.address = strings.TrimPrefix(server.URL, "http://")
	return f
}

// start returns the time from the start of a program to its first poll, and kills it.
func (f *fakeRuntime) start(b *testing.B, program string) time.Duration {
	b.Helper()
	c := exec.Command(program)
	c.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + f.address, "AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_SESSION_TOKEN=test",
		"TRACKER_TABLE=tracker", "PEOPLE_TABLE=people", "BUCKET=bucket", "SECRET_ID=secret", "ISSUER=https://sign-in.example.org",
		"CLIENT_ID=outreach", "BASE_URL=https://outreach.example.org", "MAIL_FROM=outreach@example.org",
		"NIGHT_QUEUE=https://sqs.eu-central-1.amazonaws.com/000000000000/nights",
	}
	var said strings.Builder
	c.Stderr, c.Stdout = &said, io.Discard
	began := time.Now()
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case at := <-f.polled:
		if err := c.Process.Kill(); err != nil {
			b.Fatal(err)
		}
		<-ended
		return at.Sub(began)
	case err := <-ended:
		b.Fatalf("%s ended before it asked for an event: %v\n%s", program, err, said.String())
	}
	return 0
}

func median(of []time.Duration) time.Duration {
	sorted := slices.Clone(of)
	slices.SortFunc(sorted, cmp.Compare)
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func megabytes(b *testing.B, file string) float64 {
	info, err := os.Stat(file)
	if err != nil {
		b.Fatal(err)
	}
	return float64(info.Size()) / 1e6
}
