// Package ses sends letters by Amazon SES.
package ses

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"outreach/internal/cloud"
	"outreach/internal/mail"
	"outreach/internal/mail/post"
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
	composed, err := post.Compose(s.from, m, time.Now())
	if err != nil {
		return err
	}
	_, err = s.client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress: &s.from,
		Destination:      &types.Destination{ToAddresses: []string{m.To}},
		Content:          &types.EmailContent{Raw: &types.RawMessage{Data: composed}},
	})
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		// What SES says further may hold the address.
		return fmt.Errorf("send e-mail: %s", api.ErrorCode())
	}
	if err != nil {
		return fmt.Errorf("send e-mail: %w", err)
	}
	return nil
}
