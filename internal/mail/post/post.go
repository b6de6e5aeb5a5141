// Package post puts letters into their envelopes, and takes them to an SMTP server.
package post

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	letters "outreach/internal/mail"
)

// IDHeader carries a letter's id, for whoever carries it may give it a Message-ID of their own.
const IDHeader = "X-Notice-Id"

// Compose gives a letter as it travels: text and HTML as alternatives, files attached, headers in what mail programs read.
// What no address of an addressee can be is ErrRefused.
func Compose(from string, m letters.Message, at time.Time) ([]byte, error) {
	msg, err := compose(from, m, at)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("compose letter: %w", err)
	}
	return b.Bytes(), nil
}

func compose(from string, m letters.Message, at time.Time) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.From(from); err != nil {
		return nil, errors.New("compose letter: the sender is no address")
	}
	to, ok := letters.Address(m.To)
	if !ok || msg.To(to) != nil {
		return nil, fmt.Errorf("compose letter: the addressee is no address: %w", letters.ErrRefused)
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(at)
	if m.ID != "" {
		msg.SetMessageIDWithValue(m.ID + "@" + domain(from))
		msg.SetGenHeader(IDHeader, m.ID)
	}
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // so that no absence is answered
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	for _, f := range m.Files {
		err := msg.AttachReader(f.Name, bytes.NewReader(f.Data), gomail.WithFileContentType(gomail.ContentType(f.Type)))
		if err != nil {
			return nil, fmt.Errorf("compose letter: %w", err)
		}
	}
	return msg, nil
}

func domain(from string) string {
	if address, err := mail.ParseAddress(from); err == nil {
		return address.Address[strings.LastIndexByte(address.Address, '@')+1:]
	}
	return "localhost"
}

// SMTP takes letters to an SMTP server, each over a connection of its own.
type SMTP struct {
	host    string
	from    string
	options []gomail.Option
}

var _ letters.Sender = (*SMTP)(nil)

const patience = 20 * time.Second

// NewSMTP reads where the server is: smtp://user@host:587, or smtps:// for TLS from the first byte. The first one changes to
// TLS where the server can; with a user, and so a password, it must, unless it is on this machine.
func NewSMTP(server, password, from string) (*SMTP, error) {
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || strings.Trim(u.Path, "/")+u.RawQuery != "" {
		return nil, errors.New("SMTP server: want smtp://user@host:587 or smtps://user@host:465")
	}
	if _, written := u.User.Password(); written {
		return nil, errors.New("SMTP server: the password belongs into a file")
	}
	if _, err := mail.ParseAddress(from); err != nil {
		return nil, errors.New("the sender of letters is no address")
	}
	s := &SMTP{host: u.Hostname(), from: from, options: []gomail.Option{gomail.WithTimeout(patience), gomail.WithoutNoop()}}
	user := u.User.Username()
	port := 587
	switch {
	case u.Scheme == "smtps":
		port = 465
		s.options = append(s.options, gomail.WithSSL())
	case user == "" || loopback(s.host):
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	default:
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, fmt.Errorf("SMTP server: port %q", p)
		}
	}
	s.options = append(s.options, gomail.WithPort(port))
	if user != "" {
		way := gomail.SMTPAuthAutoDiscover
		if loopback(s.host) && u.Scheme == "smtp" {
			way = gomail.SMTPAuthPlainNoEnc
		}
		s.options = append(s.options, gomail.WithSMTPAuth(way), gomail.WithUsername(user), gomail.WithPassword(password))
	}
	return s, nil
}

func loopback(host string) bool {
	return host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.")
}

// Send takes one letter there. Of what the server answers only its code is told: the rest may hold the address.
func (s *SMTP) Send(ctx context.Context, m letters.Message) error {
	msg, err := compose(s.from, m, time.Now())
	if err != nil {
		return err
	}
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return fmt.Errorf("send e-mail: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, msg)
	var failed *gomail.SendError
	if !errors.As(err, &failed) {
		if err != nil {
			return fmt.Errorf("send e-mail: %w", err)
		}
		return nil
	}
	told := fmt.Sprintf("send e-mail: %s: %d", failed.Reason, failed.ErrorCode())
	if failed.Reason == gomail.ErrSMTPRcptTo && !failed.IsTemp() {
		return fmt.Errorf("%s: %w", told, letters.ErrRefused)
	}
	return errors.New(told)
}
