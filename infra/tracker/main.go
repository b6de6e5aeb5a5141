// Command tracker is the whole tracker in one process, with nothing else installed: the handlers of all functions, the
// event sources and schedules of template.yaml, tables in SQLite and files in a folder. With -issuer a small
// organisation can use it in production. Without, it loads the model project, and anyone at the machine can sign in
// with any role. Its other commands are for operators of a tracker, on one machine or on AWS.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"outreach/internal/logs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(execute(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// run serves a tracker until the context ends. It prints the model project's results, and a line "ready URL" once it
// serves.
func run(ctx context.Context, s settings, model fs.FS, out io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		return err
	}
	unlock, err := lockFolder(s.data)
	if err != nil {
		return err
	}
	defer unlock()
	log, closeLog, err := openLog(filepath.Join(s.data, "log.jsonl"))
	if err != nil {
		return err
	}
	defer closeLog()
	log.Info("start")
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	if s.baseURL == "" {
		s.baseURL = "http://" + browserHost(s.address, listener.Addr().String())
	}
	t, err := newTracker(ctx, s, log)
	if err != nil {
		return err
	}
	defer t.close()
	defer stop() // background tasks end before the tables are closed

	if err := t.reachIssuer(ctx); err != nil {
		return err
	}
	server := &http.Server{Handler: t.handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.start(ctx)
	if s.issuer == "" && !s.empty {
		if err := loadModel(ctx, t, model, "http://"+listener.Addr().String(), out); err != nil && ctx.Err() == nil {
			return fmt.Errorf("load the model project: %w", err)
		}
	}
	if ctx.Err() == nil {
		fmt.Fprintf(out, "ready %s\n", s.baseURL)
	}
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	return end(server, log)
}

// Bounds of a stop, together less than the 10 seconds after which service managers kill: for requests in progress, and
// for what runs beside requests.
const (
	requestsEnd = 5 * time.Second
	tasksEnd    = 3 * time.Second
)

// end stops serving: requests in progress are answered if their client takes part quickly enough, and all others are
// cut off. Nothing that was answered with success is lost, as it was on the disk before.
func end(server *http.Server, log *slog.Logger) error {
	closing, cancel := context.WithTimeout(context.Background(), requestsEnd)
	defer cancel()
	err := server.Shutdown(closing)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("requests cut off")
		err = server.Close()
	}
	return err
}

// emptyFolder makes a folder of temporary files, which contain what people sent, and empties it: a process that was
// killed leaves its own. The caller has locked the data folder.
func emptyFolder(folder string) error {
	return errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o700))
}

// browserHost returns host and port for a browser on this machine, from the address of the flag and that of the
// listener.
func browserHost(wanted, actual string) string {
	host, _, err := net.SplitHostPort(wanted)
	_, port, _ := net.SplitHostPort(actual)
	if err != nil || host == "" || host == "0.0.0.0" || host == "::" || host == "127.0.0.1" || host == "::1" {
		host = "localhost"
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + port
}

// openLog returns a logger that appends to a file, and a function that closes it.
func openLog(file string) (*slog.Logger, func(), error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	return logs.New(f, logs.Request), func() { f.Close() }, nil
}
