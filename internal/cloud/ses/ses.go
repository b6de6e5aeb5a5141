// Package ses sends letters by Amazon SES.
package ses

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"outreach/internal/cloud"
	"outreach/internal/mail"
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

// Send sends one letter. The letter's id goes with it, so that one sent twice can be told.
func (s *Sender) Send(ctx context.Context, m mail.Message) error {
	body := &types.Body{Text: content(m.Text)}
	if m.HTML != "" {
		body.Html = content(m.HTML)
	}
	in := &sesv2.SendEmailInput{
		FromEmailAddress: &s.from,
		Destination:      &types.Destination{ToAddresses: []string{m.To}},
		Content:          &types.EmailContent{Simple: &types.Message{Subject: content(m.Subject), Body: body}},
	}
	if m.ID != "" {
		in.Content.Simple.Headers = []types.MessageHeader{{Name: aws.String("X-Notice-Id"), Value: &m.ID}}
	}
	_, err := s.client.SendEmail(ctx, in)
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		// What SES says further may hold the address.
		return fmt.Errorf("send e-mail: %s", api.ErrorCode())
	}
	if err != nil {
		return fmt.Errorf("send e-mail: %w", err)
	}
	return nil
}

func content(text string) *types.Content {
	return &types.Content{Data: &text, Charset: aws.String("UTF-8")}
}
