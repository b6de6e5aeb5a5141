// Package ses sends e-mail with Amazon SES.
package ses

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"outreach/internal/cloud"
	"outreach/internal/mail"
	"outreach/internal/mail/smtp"
)

// Sender sends e-mail from one address. It is safe for concurrent use.
type Sender struct {
	client *sesv2.Client
	from   string
}

var _ mail.Sender = (*Sender)(nil)

// New returns the sender of a function that was set up with cloud.Mail.
func New(c *cloud.Cloud) *Sender {
	return &Sender{client: sesv2.NewFromConfig(c.Config), from: os.Getenv(cloud.MailFrom)}
}

// Send sends one message. SES assigns its own Message-ID; the message's id is sent in post.IDHeader, so that a
// duplicate can be recognised. If SES refuses this message for good, the error wraps mail.ErrRefused; if it refuses the
// recipient as unverified, as it does in the sandbox, mail.ErrPostponed; any other error may be retried. Errors do not
// contain the address.
func (s *Sender) Send(ctx context.Context, m mail.Message) error {
	composed, err := smtp.Compose(s.from, m, time.Now())
	if err != nil {
		return err
	}
	to, _ := mail.Address(m.To) // Compose fails for an invalid address
	_, err = s.client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress: &s.from,
		Destination:      &types.Destination{ToAddresses: []string{to}},
		Content:          &types.EmailContent{Raw: &types.RawMessage{Data: composed}},
	})
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		// The message of the error may contain the address, so only its code is kept.
		failure := fmt.Errorf("send e-mail: %s", api.ErrorCode())
		if kind := s.refuses(api); kind != nil {
			return fmt.Errorf("%w: %w", failure, kind)
		}
		return failure
	}
	if err != nil {
		return fmt.Errorf("send e-mail: %w", err)
	}
	return nil
}

// refuses returns how SES refuses this one message, for good or for now, and nil for all other errors, which concern
// every message: the sender, the account or the rate. SES returns the same code for an unverified sender, an unverified
// recipient and a message whose content it rejects, so the text must be searched.
func (s *Sender) refuses(failure smithy.APIError) error {
	if _, bad := errors.AsType[*types.BadRequestException](failure); bad {
		return mail.ErrRefused
	}
	sender := s.from
	if parsed, err := netmail.ParseAddress(s.from); err == nil {
		sender = parsed.Address
	}
	_, rejected := errors.AsType[*types.MessageRejected](failure)
	says := strings.ToLower(failure.ErrorMessage())
	switch {
	case !rejected || strings.Contains(says, strings.ToLower(sender)):
		return nil
	case strings.Contains(says, "not verified"):
		return mail.ErrPostponed
	}
	return mail.ErrRefused
}
