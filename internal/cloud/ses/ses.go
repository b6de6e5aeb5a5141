// Package ses sends letters by Amazon SES.
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

// Sender sends letters from one address.
type Sender struct {
	client *sesv2.Client
	from   string
}

var _ mail.Sender = (*Sender)(nil)

// New gives the sender of a function that has cloud.Mail among its parts.
func New(c *cloud.Cloud) *Sender {
	return &Sender{client: sesv2.NewFromConfig(c.Config), from: os.Getenv(cloud.MailFrom)}
}

// Send sends one letter, as it travels. SES gives it a Message-ID of its own; the letter's id goes with it in another
// header, so that one sent twice can be told.
func (s *Sender) Send(ctx context.Context, m mail.Message) error {
	composed, err := smtp.Compose(s.from, m, time.Now())
	if err != nil {
		return err
	}
	to, _ := mail.Address(m.To) // or else it could not be composed
	_, err = s.client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress: &s.from,
		Destination:      &types.Destination{ToAddresses: []string{to}},
		Content:          &types.EmailContent{Raw: &types.RawMessage{Data: composed}},
	})
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		// What SES says further may hold the address.
		told := fmt.Errorf("send e-mail: %s", api.ErrorCode())
		if s.refuses(api) {
			return fmt.Errorf("%w: %w", told, mail.ErrRefused)
		}
		return told
	}
	if err != nil {
		return fmt.Errorf("send e-mail: %w", err)
	}
	return nil
}

// refuses tells whether SES does not take this one letter. All else that it says concerns every letter: its sender, the
// account, or how many are sent at once. A sender who is not verified is told in the words of an addressee who is not.
func (s *Sender) refuses(said smithy.APIError) bool {
	if _, bad := errors.AsType[*types.BadRequestException](said); bad {
		return true
	}
	_, rejected := errors.AsType[*types.MessageRejected](said)
	sender := s.from
	if parsed, err := netmail.ParseAddress(s.from); err == nil {
		sender = parsed.Address
	}
	return rejected && !strings.Contains(strings.ToLower(said.ErrorMessage()), strings.ToLower(sender))
}
