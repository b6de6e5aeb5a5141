package main_test

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// mailServer is an SMTP server that accepts letters with the right password, once it is open.
type mailServer struct {
	mu    sync.Mutex
	open  bool
	taken []string
}

type mailSession struct {
	o             *mailServer
	authenticated bool
}

func (o *mailServer) NewSession(*smtp.Conn) (smtp.Session, error) { return &mailSession{o: o}, nil }

func (c *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (c *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if c.authenticated = user == "tracker" && password == "open, sesame"; !c.authenticated {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (c *mailSession) Mail(string, *smtp.MailOptions) error {
	c.o.mu.Lock()
	defer c.o.mu.Unlock()
	switch {
	case !c.authenticated:
		return smtp.ErrAuthRequired
	case !c.o.open:
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "closed"}
	}
	return nil
}

func (c *mailSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (c *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	c.o.mu.Lock()
	defer c.o.mu.Unlock()
	c.o.taken = append(c.o.taken, string(raw))
	return err
}

func (c *mailSession) Reset() {}

func (c *mailSession) Logout() error { return nil }

func TestLettersAreSentThroughSMTP(t *testing.T) {
	t.Parallel()
	o := &mailServer{}
	server := smtp.NewServer(o)
	server.AllowInsecureAuth = true
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() })
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("open, sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{"-empty", "-smtp", "smtp://tracker@" + listener.Addr().String(), "-smtp-password-file", password, "-mail-from", "Tracker <tracker@outreach.example.org>"}
	s := start(t, filepath.Join(dir, "data"), "localhost:0", flags...)
	p := newProjectAt(t, s, "yards")
	send := func() reply { return p.anyone.post("/local/run", fields{"function": "send-notices"}) }

	p.anyone.post(p.at+"/signups", signup("zofia", "compost").and(fields{"locale": "pl"})).is(http.StatusCreated)
	eventually(t, "a line of the log that letters wait", func() bool {
		log, err := os.ReadFile(filepath.Join(dir, "data", "log.jsonl"))
		return err == nil && bytes.Contains(log, []byte("notices not sent"))
	})
	if len(p.mails("zofia@example.org")) > 0 {
		t.Error("the letter is kept as one that was sent")
	}
	o.mu.Lock()
	o.open = true
	o.mu.Unlock()
	send().is(http.StatusOK)
	send().is(http.StatusOK)
	s.kill()
	s = start(t, filepath.Join(dir, "data"), "localhost:0", flags...)
	p.tracker = s
	p.meet(t)
	send().is(http.StatusOK)
	kept := p.mails("zofia@example.org")
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.taken) != 1 || len(kept) != 1 {
		t.Fatalf("%d letters were sent, %d kept, want one", len(o.taken), len(kept))
	}
	m, err := mail.ReadMessage(strings.NewReader(o.taken[0]))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != "Mamy Twoje zgłoszenie: Kompost" || m.Header.Get("To") != "<zofia@example.org>" || m.Header.Get("Message-Id") != "<"+said(within(kept[0], "id"))+"@outreach.example.org>" {
		t.Errorf("%v, %v", m.Header, err)
	}
	if log, err := os.ReadFile(filepath.Join(dir, "data", "log.jsonl")); err != nil || bytes.Contains(log, []byte("zofia")) || bytes.Contains(log, []byte("sesame")) {
		t.Errorf("%v, or the log tells too much: %s", err, log)
	}
}

// neutral returns the letters to an address without what is its own: the links to withdraw.
func neutral(letters []any) string {
	var out []string
	for _, l := range letters {
		text := regexp.MustCompile(`/signups/\w+/cancel\?token=\w+`).ReplaceAllString(said(within(l, "text")), "/signups/ID/cancel")
		out = append(out, said(within(l, "subject"))+"\n"+text)
	}
	return strings.Join(out, "\n")
}

// The letter after a form is the same whether or not the address or the PESEL is known.
func TestLetterToAStrangerDoesNotRevealASignup(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	n := 0
	letter := func(activity, pesel string) string {
		t.Helper()
		n++
		address := fmt.Sprintf("%sstranger%d@example.org", p.id, n)
		form := signup("obca", activity).and(fields{"email": address, "last_name": "Osoba"})
		if pesel != "" {
			form["pesel"] = pesel
		}
		p.anyone.post(p.at+"/signups", form).is(http.StatusCreated)
		eventually(t, "a letter", func() bool { return len(p.mails(address)) > 0 })
		return neutral(p.mails(address))
	}
	known := signup("ola", "planting").and(fields{"email": p.id + "ola@example.org", "pesel": "44051401359"})
	p.anyone.post(p.at+"/signups", known).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("obca", "compost").and(fields{"email": p.id + "same@example.org", "pesel": "02070803628"})).is(http.StatusCreated)
	for _, activity := range []string{"planting", "compost"} {
		want := letter(activity, "80030412343")
		if !strings.Contains(want, "/cancel") {
			t.Errorf("no way to withdraw:\n%s", want)
		}
		for name, pesel := range map[string]string{"somebody else's": "44051401359", "that of somebody of the same name": "02070803628", "none": ""} {
			if got := letter(activity, pesel); got != want {
				t.Errorf("%s, with %s PESEL:\n%s\nwant\n%s", activity, name, got, want)
			}
		}
	}
	// A second sign-up gets the same letter again, also under another name.
	ola := p.id + "ola@example.org"
	p.anyone.post(p.at+"/signups", known).is(http.StatusCreated)
	eventually(t, "a second letter", func() bool { return len(p.mails(ola)) > 1 })
	if letters := p.mails(ola); neutral(letters[:1]) != neutral(letters[1:2]) {
		t.Errorf("two letters to one who signed up twice:\n%s", neutral(letters))
	}
}

func TestSMTPNeedsASender(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{{"-smtp", "smtp://localhost"}, {"-smtp", "localhost", "-mail-from", "a@example.org"}, {"-smtp", "smtp://localhost", "-mail-from", "a@example.org", "-smtp-password-file", "missing"}} {
		if s, err := begin(t.TempDir(), "localhost:0", append(flags, "-empty")...); err == nil {
			s.kill()
			t.Errorf("it starts with %q", flags)
		}
	}
}

func TestSignupLetterDescribesTheActivity(t *testing.T) {
	t.Parallel()
	p := newProject(t, "capacity: 3, label: {pl: Kompost, en: Composting}", `capacity: 1, label: {pl: Kompost, en: Composting}, place: "Dom Kultury, ul. Lipowa 3", starts: 2090-07-03T17:00:00+02:00, ends: 2090-07-03T19:00:00+02:00`)
	halina, irena := p.id+"-halina@example.org", p.id+"-irena@example.org" // no one in another test's project has these
	letter := func(to string) any {
		t.Helper()
		eventually(t, "a letter to "+to, func() bool { return len(p.mails(to)) > 0 })
		return p.mails(to)[0]
	}
	p.anyone.post(p.at+"/signups", signup("halina", "compost").and(fields{"email": halina, "locale": "en", "first_name": "Halina<script>alert(1)</script>"})).is(http.StatusCreated)
	got := letter(halina)
	for _, want := range []string{"Composting", "3\u00a0July\u00a02090, 17:00–19:00", "Dom Kultury, ul. Lipowa 3", "Green Courtyards", "Przykładowska", p.anyone.base + p.at + "/signups/"} {
		for _, part := range []string{"text", "html"} {
			if !strings.Contains(said(within(got, part)), want) {
				t.Errorf("no %q in the %s:\n%s", want, part, said(within(got, part)))
			}
		}
	}
	if strings.Contains(said(within(got, "html")), "<script") {
		t.Errorf("a name is taken for HTML:\n%s", said(within(got, "html")))
	}
	files, _ := within(got, "files").([]any)
	if len(files) != 1 || said(within(files[0], "type")) != "text/calendar; charset=utf-8" {
		t.Fatalf("files: %v", files)
	}
	event := p.anyone.get(said(within(files[0], "href"))).is(http.StatusOK)
	for _, want := range []string{"DTSTART:20900703T150000Z\r\n", "DTEND:20900703T170000Z\r\n", "SUMMARY:Composting\r\n"} {
		if !strings.Contains(string(event.body), want) {
			t.Errorf("no %q in %s", want, event.body)
		}
	}
	shown := p.anyone.get("/local/mail/" + said(within(got, "id")) + "/html").is(http.StatusOK)
	if policy := shown.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "sandbox") {
		t.Errorf("the letter is shown under %q", policy)
	}
	p.anyone.get("/local/mail/none/html").is(http.StatusNotFound)
	p.anyone.get("/local/mail/" + said(within(got, "id")) + "/files/1").is(http.StatusNotFound)

	p.anyone.post(p.at+"/signups", signup("irena", "compost").and(fields{"email": irena, "locale": "pl"})).is(http.StatusCreated)
	waits := letter(irena)
	if files, _ := within(waits, "files").([]any); len(files) != 0 || !strings.Contains(said(within(waits, "text")), "na liście oczekujących") {
		t.Errorf("who waits has nothing for the calendar: %v", waits)
	}
}

func TestUploaderGetsALetterAboutARejectedFile(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	owner := p.caller("radio-of-"+p.id+"@example.org", p.id+":partner:radio").with("Accept-Language", "pl")
	u := p.upload(owner, "czerwiec.csv", "date,medium,title,outlet,reach\n"+p.day(-3)+",radio,Audycja,Radio,wiele\n", nil)
	if u.text("state") != "rejected" {
		t.Fatalf("%s", u)
	}
	to := "radio-of-" + p.id + "@example.org"
	eventually(t, "a letter", func() bool { return len(p.mails(to)) > 0 })
	got := p.mails(to)[0]
	if text := said(within(got, "text")); !strings.Contains(text, "czerwiec.csv") || !strings.Contains(text, "wiele") || !strings.Contains(text, p.at+"/uploads/"+u.text("id")) || said(within(got, "subject")) != "Plik odrzucony: Zielone podwórka" {
		t.Errorf("%v", got)
	}
}

// Anybody can type anybody's address into the form: a mailbox gets three letters a day for it, whatever tag or dots.
func TestAMailboxGetsThreeLettersADayForTheForm(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	var all []string
	for _, form := range []string{"box", "b.ox", "box+1", "b.o.x+2", "BOX+5", "box+3.4"} {
		all = append(all, strings.ToLower(p.id+form+"@example.org"))
		p.anyone.post(p.at+"/signups", signup("ewa", "planting").and(fields{"email": p.id + form + "@example.org", "first_name": "Odbierz 5000 zł na evil-win.com"})).is(http.StatusCreated)
	}
	other := p.id + "-other@example.org"
	p.anyone.post(p.at+"/signups", signup("ewa", "planting").and(fields{"email": other})).is(http.StatusCreated)
	eventually(t, "a letter to another mailbox", func() bool { return len(p.mails(other)) == 1 })
	count := func() (n int) {
		for _, to := range all {
			for _, m := range p.mails(to) {
				n++
				if strings.Contains(said(within(m, "text"))+said(within(m, "subject")), "evil-win") {
					t.Errorf("%v", m)
				}
			}
		}
		return n
	}
	eventually(t, "three letters", func() bool { return count() >= 3 })
	// Each fact is answered in the order of its lane: once the last ones are, no letter is left to be sent.
	for i := range 12 {
		last := fmt.Sprint(p.id, "-last", i, "@example.org")
		p.anyone.post(p.at+"/signups", signup("ewa", "planting").and(fields{"email": last})).is(http.StatusCreated)
		eventually(t, "the last letters", func() bool { return len(p.mails(last)) == 1 })
	}
	if n := count(); n != 3 {
		t.Errorf("%d letters to one mailbox", n)
	}
}
