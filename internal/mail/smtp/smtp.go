// Package smtp composes e-mails as MIME messages, and sends them to an SMTP server.
package smtp

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

// IDHeader is the header with a letter's id: a mail service may replace the Message-ID.
const IDHeader = "X-Notice-Id"

// Compose returns a letter as a MIME message: text and HTML as alternatives, then the attached files. The error of a
// recipient's address that is invalid wraps mail.ErrRefused.
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
		return nil, errors.New("compose letter: the sender's address is invalid")
	}
	to, ok := letters.Address(m.To)
	if !ok || msg.To(to) != nil {
		return nil, fmt.Errorf("compose letter: the recipient's address is invalid: %w", letters.ErrRefused)
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(at)
	if m.ID != "" {
		msg.SetMessageIDWithValue(m.ID + "@" + domain(from))
		msg.SetGenHeader(IDHeader, m.ID)
	}
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // no out-of-office replies
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

// domain returns the domain of an address, for message ids.
func domain(from string) string {
	if address, err := mail.ParseAddress(from); err == nil {
		return address.Address[strings.LastIndexByte(address.Address, '@')+1:]
	}
	return "localhost"
}

// Sender sends letters to an SMTP server, each over a connection of its own. It is safe for concurrent use.
type Sender struct {
	host    string
	from    string
	options []gomail.Option
}

var _ letters.Sender = (*Sender)(nil)

// timeout bounds the connection to a server.
const timeout = 20 * time.Second

// New returns a Sender for a server such as smtp://user@host:587, or smtps:// for TLS from the first byte. With smtp://
// the connection is upgraded by STARTTLS where the server offers it; with a user, and so a password, it must be, unless
// the server is on this machine. It sends nothing.
func New(server, password, from string) (*Sender, error) {
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || strings.Trim(u.Path, "/")+u.RawQuery != "" {
		return nil, errors.New("SMTP server: want smtp://user@host:587 or smtps://user@host:465")
	}
	if _, written := u.User.Password(); written {
		return nil, errors.New("SMTP server: the password belongs in a file, not in the URL")
	}
	if _, err := mail.ParseAddress(from); err != nil {
		return nil, errors.New("the sender's address of letters is invalid")
	}
	s := &Sender{host: u.Hostname(), from: from, options: []gomail.Option{gomail.WithTimeout(timeout), gomail.WithoutNoop()}}
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
		auth := gomail.SMTPAuthAutoDiscover
		if loopback(s.host) && u.Scheme == "smtp" {
			auth = gomail.SMTPAuthPlainNoEnc
		}
		s.options = append(s.options, gomail.WithSMTPAuth(auth), gomail.WithUsername(user), gomail.WithPassword(password))
	}
	return s, nil
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	return host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.")
}

// Send sends one letter. Errors name the code of the server's answer only: its text may contain the address. The error
// wraps mail.ErrRefused where the server refuses the recipient for good.
func (s *Sender) Send(ctx context.Context, m letters.Message) error {
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
	reason := fmt.Sprintf("send e-mail: %s: %d", failed.Reason, failed.ErrorCode())
	if failed.Reason == gomail.ErrSMTPRcptTo && !failed.IsTemp() {
		return fmt.Errorf("%s: %w", reason, letters.ErrRefused)
	}
	return errors.New(reason)
}
