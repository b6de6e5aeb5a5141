package main_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProgramRunsInAnEmptyFolder starts the program without any file beside it, configured by variables alone.
func TestProgramRunsInAnEmptyFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s, err := await(&tracker{data: filepath.Join(folder, ".data"), process: programIn(folder, []string{"TRACKER_ADDR=localhost:0", "TRACKER_EMPTY=true"})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	c := caller{t: t, base: s.base}
	c.get("/health").is(http.StatusOK)
	if got := c.get("/").is(http.StatusOK); len(got.list("items")) != 0 {
		t.Errorf("TRACKER_EMPTY has no effect: %s", got)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 || entries[0].Name() != ".data" {
		t.Errorf("beside the data folder it writes %v, %v", entries, err)
	}
}

// programIn returns a command that runs the program in a folder with additional environment variables.
func programIn(folder string, variables []string, args ...string) *exec.Cmd {
	c := exec.Command(program, args...)
	c.Dir, c.Env = folder, append(os.Environ(), variables...)
	return c
}

func TestServeCommandMayBeNamed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s, err := await(&tracker{data: folder, process: programIn(folder, nil, "serve", "-addr=localhost:0", "-data="+folder, "-empty")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	caller{t: t, base: s.base}.get("/health").is(http.StatusOK)
}

func TestSecondProcessOnOneDataFolderIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	out, err := programIn(t.TempDir(), nil, "-addr", "localhost:0", "-data", s.data, "-empty").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another process serves the data folder "+s.data) {
		t.Errorf("%v\n%s", err, out)
	}
	caller{t: t, base: s.base}.get("/health").is(http.StatusOK)
	s.kill()
	caller{t: t, base: start(t, s.data, "localhost:0", "-empty").base}.get("/health").is(http.StatusOK) // a process that died holds no lock
}

func TestVersionCommand(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(program, "version").Output()
	if err != nil || !strings.HasPrefix(string(out), "tracker ") || !strings.Contains(string(out), "go1.") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestReplaySendsTheModelProject(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	out, err := programIn(t.TempDir(), nil, "replay", "-to", s.base).CombinedOutput()
	if err != nil || !strings.Contains(string(out), " 252 ") {
		t.Fatalf("%v\n%s", err, out)
	}
	caller{t: t, base: s.base}.get("/ces").is(http.StatusOK)
}
