package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slow is a connection of a client that takes its time.
type slow struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

// connect sends the beginning of a request to a tracker.
func connect(t *testing.T, s *tracker, beginning string) slow {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the tracker may have closed it
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	c := slow{t, conn, bufio.NewReaderSize(conn, 16)}
	c.send(beginning)
	return c
}

func (c slow) send(text string) {
	c.t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// hears waits for the first line of an answer.
func (c slow) hears(status string) {
	c.t.Helper()
	line, err := c.in.ReadString('\n')
	if err != nil || !strings.Contains(line, status) {
		c.t.Fatalf("%q, %v, want %s", line, err, status)
	}
}

// TestStopsInTimeWhateverSlowClientsDo stops a tracker while clients of every slow kind are connected. Each of them is
// known to be served, by what it has heard, before the signal.
func TestStopsInTimeWhateverSlowClientsDo(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	p := newProjectAt(t, s, "courtyards")
	host := "Host: " + strings.TrimPrefix(s.base, "http://") + "\r\n"

	idle := connect(t, s, "GET /health HTTP/1.1\r\n"+host+"\r\n")
	idle.hears("200")
	connect(t, s, "")
	connect(t, s, "POST /courtyards/signups HTTP/1.1\r\nHost:")

	// The server asks for a body when the handler begins to read it.
	post := func(body []byte) slow {
		c := connect(t, s, fmt.Sprintf("POST /courtyards/signups HTTP/1.1\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", host, len(body)))
		c.hears("100 Continue")
		return c
	}
	body, err := json.Marshal(signup("ostatnia", "planting"))
	if err != nil {
		t.Fatal(err)
	}
	never, quick := post(body), post(body)
	never.send(string(body[:10]))
	quick.send(string(body[:10]))

	at, err := url.Parse(p.office.post(p.at+"/uploads", fields{"filename": "powoli.csv", "size": 1000}).is(http.StatusCreated).text("url"))
	if err != nil {
		t.Fatal(err)
	}
	upload := connect(t, s, fmt.Sprintf("PUT %s HTTP/1.1\r\n%sContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n", at.RequestURI(), host))
	upload.hears("100 Continue")
	upload.send("date")

	// An answer that is larger than all buffers between the two.
	id := p.accepts(p.radio, "audycje.csv", p.airings("radio")).text("id")
	for file := range originals(t, s) {
		if strings.Contains(file, "audycje") {
			if err := os.Truncate(file, 64<<20); err != nil {
				t.Fatal(err)
			}
		}
	}
	to, err := url.Parse(p.office.get(p.at + "/uploads/" + id + "/original").is(http.StatusSeeOther).header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	download := connect(t, s, fmt.Sprintf("GET %s HTTP/1.1\r\n%s\r\n", to.RequestURI(), host))
	download.hears("200")

	began := time.Now()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "no new connections", func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	quick.send(string(body[10:]))
	for { // after the lines of the interim answer
		line, err := quick.in.ReadString('\n')
		if err != nil {
			t.Fatalf("the quick request is not answered: %v", err)
		}
		if strings.HasPrefix(line, "HTTP/1.1 ") {
			if !strings.Contains(line, "201") {
				t.Errorf("the quick request is answered %q", line)
			}
			break
		}
	}
	select {
	case <-s.exited:
	case <-time.After(patience):
		t.Fatal("the program does not end")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the program ended after %s", took)
	}
	if code := s.process.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if _, err := os.Stat(filepath.Join(s.data, "tracker.db-wal")); !os.IsNotExist(err) {
		t.Errorf("the tables were not closed: %v", err)
	}
	s = s.again(t)
	p.tracker = s
	p.meet(t)
	if n := len(p.office.get(p.at + "/people?q=ostatnia@example.org").is(http.StatusOK).list("items")); n != 1 {
		t.Errorf("what was answered with success is lost: %d people", n)
	}
}
