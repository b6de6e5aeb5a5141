package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// function is a deployed function, and what its start is compared with.
type function struct {
	clients string  // the AWS clients that it makes beside that of the secret
	most    float64 // how many times the CPU of a program that makes the same clients its start may take
}

var functions = map[string]function{
	"submit-signup":       {"dynamodb", 1.2},
	"record-consultation": {"dynamodb", 1.2},
	"manage-project":      {"dynamodb s3", 1.2},
	"define-project":      {"dynamodb", 1.2},
	"manage-uploads":      {"dynamodb s3", 1.2},
	"compile-snapshot":    {"dynamodb s3 sqs", 1.2},
	"show-report":         {"dynamodb s3", 1.2},
	"move-project":        {"dynamodb s3", 1.3},
	"sign-in":             {"dynamodb", 1.2},
	"ingest-upload":       {"dynamodb s3 sqs", 1.3},
	"send-notices":        {"dynamodb s3 ses", 1.3},
	"take-deliveries":     {"dynamodb", 1.2},
}

// buildFunction builds a program as for deployment, and returns its file.
func buildFunction(dir, name, path, tags string) (string, error) {
	out := filepath.Join(dir, name)
	c := exec.Command("go", "build", "-tags", strings.TrimSpace("lambda.norpc "+tags), "-ldflags", "-s -w", "-o", out, path)
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if said, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, said)
	}
	return out, nil
}

// lambdaRuntime is a fake of Lambda's runtime API without events.
type lambdaRuntime struct {
	listener net.Listener
	polled   chan struct{}
}

func newLambdaRuntime() (*lambdaRuntime, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &lambdaRuntime{listener: listener, polled: make(chan struct{}, 1)}
	go func() {
		_ = http.Serve(listener, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { //nolint:gosec // it serves its own children
			if strings.HasSuffix(r.URL.Path, "/runtime/invocation/next") {
				f.polled <- struct{}{}
			}
			<-r.Context().Done()
		}))
	}()
	return f, nil
}

// start returns the CPU time of a program from its start to its first poll for an event, when it is killed.
func (f *lambdaRuntime) start(program string) (cost, error) {
	c := exec.Command(program)
	c.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + f.listener.Addr().String(), "AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_SESSION_TOKEN=test",
		"TRACKER_TABLE=tracker", "PEOPLE_TABLE=people", "BUCKET=bucket", "SECRET_ID=secret", "ISSUER=https://sign-in.example.org",
		"CLIENT_ID=outreach", "BASE_URL=https://outreach.example.org", "MAIL_FROM=outreach@example.org",
		"UPLOADS_QUEUE=https://sqs.example.org/1/uploads", "NIGHT_QUEUE=https://sqs.example.org/1/nights",
	}
	var said strings.Builder
	c.Stderr = &said
	if err := c.Start(); err != nil {
		return cost{}, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case <-f.polled:
		if err := c.Process.Kill(); err != nil {
			return cost{}, err
		}
		if err := <-ended; err == nil {
			return cost{}, fmt.Errorf("%s ended by itself", program)
		}
	case err := <-ended:
		return cost{}, fmt.Errorf("%s ended before it asked for an event: %w\n%s", program, err, said.String())
	case <-time.After(time.Minute):
		_ = c.Process.Kill()
		return cost{}, fmt.Errorf("%s did not ask for an event within a minute", program)
	}
	usage := c.ProcessState.SysUsage().(*syscall.Rusage)
	return cost{CPU: time.Duration(usage.Utime.Nano() + usage.Stime.Nano())}, nil
}

// coldStart compares the start of a function with that of a program that makes the same clients and does nothing else.
func coldStart(name string) row {
	f := functions[name]
	return row{
		name: "cold start of " + name, peer: "the same clients alone", most: f.most, pairs: 8,
		pair: func(b *benches) (ours, theirs func(int) (cost, error), err error) {
			program, err := buildFunction(b.dir, name, "./functions/"+name, "")
			if err != nil {
				return nil, nil, err
			}
			floor, err := buildFunction(b.dir, strings.ReplaceAll("floor "+f.clients, " ", "-"), "./infra/bench/testdata/floor", f.clients)
			if err != nil {
				return nil, nil, err
			}
			runtime, err := newLambdaRuntime()
			if err != nil {
				return nil, nil, err
			}
			b.cleanup(func() { _ = runtime.listener.Close() })
			return func(int) (cost, error) { return runtime.start(program) }, func(int) (cost, error) { return runtime.start(floor) }, nil
		},
	}
}
