// Command tracker is the whole tracker in one process, with nothing else installed: the functions' own handlers behind real
// HTTP, routes, event sources and schedules as template.yaml says, tables in SQLite and files in a folder. A small organisation
// without a cloud account can run it for real with -issuer; without, it plays the model project in and lets whoever sits
// at the machine sign in as anybody. Its other commands help whoever operates a tracker, on one machine or on AWS.
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

// run is the stack from its start until the context ends. It tells out what came of the model project, and when it is ready.
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
	st, err := newStack(ctx, s, log)
	if err != nil {
		return err
	}
	defer st.close()
	defer stop() // what runs beside ends before the tables are closed

	server := &http.Server{Handler: st.handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	st.start(ctx)
	if s.issuer == "" && !s.empty {
		if err := play(ctx, st, model, "http://"+listener.Addr().String(), out); err != nil && ctx.Err() == nil {
			return fmt.Errorf("playing the model project in: %w", err)
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
	closing, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := server.Shutdown(closing); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// browserHost is the address as a browser on this machine writes it.
func browserHost(asked, got string) string {
	host, _, err := net.SplitHostPort(asked)
	_, port, _ := net.SplitHostPort(got)
	if err != nil || host == "" || host == "0.0.0.0" || host == "::" || host == "127.0.0.1" || host == "::1" {
		host = "localhost"
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + port
}

// openLog writes the log beside the data: the terminal is for people.
func openLog(file string) (*slog.Logger, func(), error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	return logs.New(f, logs.Request), func() { f.Close() }, nil
}
