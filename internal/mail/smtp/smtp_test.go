package smtp

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	letters "outreach/internal/mail"
)

var letter = letters.Message{
	ID: "01JZABC-01JS", To: "office@zażółć.example.org", Subject: "Masz miejsce: Kompost, gnojówka i co dalej? Zażółć gęślą jaźń po raz drugi",
	Text: "Dzień dobry!\n\n.\nFrom kropki\n-- \nbiuro\n", HTML: "<p>Dzień dobry!</p>",
	Files: []letters.File{{Name: "zażółć.ics", Type: "text/calendar; charset=utf-8", Data: []byte("BEGIN:VCALENDAR\r\n")}, {Name: "town-2026-06-30.pdf", Type: "application/pdf", Data: bytes.Repeat([]byte{0, 255, '\n', '.'}, 40_000)}},
}

// leaf is a part of a letter that has no parts.
type leaf struct{ kind, name, body string }

func leaves(t *testing.T, contentType, encoding, disposition string, body io.Reader) []leaf {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatalf("%q: %v", contentType, err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		all := []leaf{{kind: kind}}
		for r := multipart.NewReader(body, params["boundary"]); ; {
			part, err := r.NextRawPart()
			if errors.Is(err, io.EOF) {
				return all
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, leaves(t, part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part.Header.Get("Content-Disposition"), part)...)
		}
	}
	switch encoding {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	l := leaf{kind: kind, body: string(content)}
	if disposition != "" {
		_, params, err := mime.ParseMediaType(disposition)
		if err != nil {
			t.Fatalf("%q: %v", disposition, err)
		}
		if l.name, err = new(mime.WordDecoder).DecodeHeader(params["filename"]); err != nil {
			t.Fatal(err)
		}
	}
	return []leaf{l}
}

// arrived checks that a letter came as it was written.
func arrived(t *testing.T, raw []byte, want letters.Message) {
	t.Helper()
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n") {
			t.Errorf("line of %d bytes: %.80q", len(line), line)
		}
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != want.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	if to := m.Header.Get("To"); to != "<office@xn--za-6ja4f8n1l.example.org>" {
		t.Errorf("to %s", to)
	}
	if id := m.Header.Get("Message-Id"); id != "<"+want.ID+"@outreach.example.org>" || m.Header.Get(IDHeader) != want.ID {
		t.Errorf("%s, %s", id, m.Header.Get(IDHeader))
	}
	if at, err := m.Header.Date(); err != nil || at.IsZero() {
		t.Error(at, err)
	}
	if got := m.Header.Get("X-Mailer") + m.Header.Get("User-Agent"); got != "" {
		t.Error(got)
	}
	got := leaves(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), "", m.Body)
	wanted := []leaf{{kind: "multipart/mixed"}, {kind: "multipart/alternative"}, {"text/plain", "", want.Text}, {"text/html", "", want.HTML}}
	for _, f := range want.Files {
		kind, _, _ := strings.Cut(f.Type, ";")
		wanted = append(wanted, leaf{kind, f.Name, string(f.Data)})
	}
	for i := range max(len(got), len(wanted)) {
		if i >= len(got) || i >= len(wanted) || strings.ReplaceAll(got[i].body, "\r\n", "\n") != strings.ReplaceAll(wanted[i].body, "\r\n", "\n") || got[i].kind != wanted[i].kind || got[i].name != wanted[i].name {
			t.Fatalf("part %d: got %.300q, want %.300q", i, fmt.Sprint(got), fmt.Sprint(wanted))
		}
	}
}

func TestComposeKeepsTextsAndFiles(t *testing.T) {
	t.Parallel()
	raw, err := Compose("Tracker <tracker@outreach.example.org>", letter, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	arrived(t, raw, letter)
}

func TestComposeRefusesHeaderInjection(t *testing.T) {
	t.Parallel()
	bad := letter
	bad.Subject, bad.ID = "Zapis\r\nBcc: everybody@example.org\r\n\r\nbody", "01JZ"
	raw, err := Compose("tracker@outreach.example.org", bad, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil || m.Header.Get("Bcc") != "" || m.Header.Get("Content-Type") == "" {
		t.Errorf("%v: %v", err, m)
	}
	for _, to := range []string{"", "nobody", "a@example.org\r\nBcc: b@example.org", "a@example.org, b@example.org", "a b@example.org", "łucja@example.org", "jan@[127.0.0.1]", "jan@żół w.example.org"} {
		bad.To = to
		if _, err := Compose("tracker@outreach.example.org", bad, time.Now()); !errors.Is(err, letters.ErrRefused) || to != "" && strings.Contains(err.Error(), to) {
			t.Errorf("to %q: %v", to, err)
		}
	}
}

// office is a post office: it accepts letters from senders who know the password, to recipients it knows.
type office struct {
	mu    sync.Mutex
	user  string
	taken [][]byte
}

type session struct {
	o     *office
	known bool
}

func (o *office) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &session{o: o, known: o.user == ""}, nil
}
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if s.known = user == s.o.user && password == "open, sesame"; !s.known {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}
func (s *session) Mail(string, *smtp.MailOptions) error {
	if !s.known {
		return smtp.ErrAuthRequired
	}
	return nil
}
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch {
	case strings.HasPrefix(to, "gone"):
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody is called " + to}
	case strings.HasPrefix(to, "later"):
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "the box of " + to + " is full"}
	}
	return nil
}
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	s.o.taken = append(s.o.taken, raw)
	return err
}
func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func open(t *testing.T, o *office) string {
	t.Helper()
	server := smtp.NewServer(o)
	server.Domain, server.AllowInsecureAuth, server.EnableSMTPUTF8 = "localhost", true, true
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() })
	return listener.Addr().String()
}

func TestSendingByEachKindOfServer(t *testing.T) {
	t.Parallel()
	send := func(t *testing.T, server, password string, m letters.Message) error {
		t.Helper()
		s, err := New(server, password, "tracker@outreach.example.org")
		if err != nil {
			t.Fatal(err)
		}
		return s.Send(context.Background(), m)
	}
	t.Run("a letter arrives complete", func(t *testing.T) {
		t.Parallel()
		o := &office{}
		if err := send(t, "smtp://"+open(t, o), "", letter); err != nil {
			t.Fatal(err)
		}
		if len(o.taken) != 1 {
			t.Fatalf("%d letters", len(o.taken))
		}
		arrived(t, o.taken[0], letter)
	})
	t.Run("a server with users wants the password", func(t *testing.T) {
		t.Parallel()
		o := &office{user: "tracker"}
		address := open(t, o)
		if err := send(t, "smtp://tracker@"+address, "open, sesame", letter); err != nil || len(o.taken) != 1 {
			t.Errorf("%v, %d letters", err, len(o.taken))
		}
		for _, password := range []string{"", "guess"} {
			if err := send(t, "smtp://tracker@"+address, password, letter); err == nil || errors.Is(err, letters.ErrRefused) || len(o.taken) != 1 {
				t.Errorf("%v, %d letters", err, len(o.taken))
			}
		}
		if err := send(t, "smtp://"+address, "", letter); err == nil || errors.Is(err, letters.ErrRefused) || len(o.taken) != 1 {
			t.Errorf("%v, %d letters", err, len(o.taken))
		}
	})
	t.Run("errors leave out the address, and an unknown recipient is refused for good", func(t *testing.T) {
		t.Parallel()
		address := open(t, &office{})
		for to, refused := range map[string]bool{"gone@example.org": true, "later@example.org": false} {
			m := letter
			m.To = to
			err := send(t, "smtp://"+address, "", m)
			if err == nil || errors.Is(err, letters.ErrRefused) != refused || strings.Contains(err.Error(), to) {
				t.Errorf("%s: %v", to, err)
			}
		}
		if err := send(t, "smtp://127.0.0.1:1", "", letter); err == nil || errors.Is(err, letters.ErrRefused) {
			t.Errorf("no server: %v", err)
		}
	})
	t.Run("the URL of the server is checked", func(t *testing.T) {
		t.Parallel()
		for _, server := range []string{"", "localhost:25", "http://localhost", "smtp://", "smtp://user:secret@localhost", "smtp://localhost/x", "smtp://localhost:port"} {
			if _, err := New(server, "", "a@example.org"); err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("%q: %v", server, err)
			}
		}
		if _, err := New("smtp://localhost", "", "nobody"); err == nil {
			t.Error("an invalid sender is accepted")
		}
		for _, server := range []string{"smtp://mail.example.org", "smtps://tracker@mail.example.org", "smtp://tracker@[::1]:2525"} {
			if _, err := New(server, "x", "a@example.org"); err != nil {
				t.Errorf("%q: %v", server, err)
			}
		}
	})
}
