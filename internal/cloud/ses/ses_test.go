package ses

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"outreach/internal/cloud"
	letters "outreach/internal/mail"
	"outreach/internal/mail/smtp"
)

func sender(t *testing.T, answer http.HandlerFunc) *Sender {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	t.Setenv(cloud.MailFrom, "outreach@example.org")
	return New(&cloud.Cloud{Config: aws.Config{
		RetryMaxAttempts: 1, Region: "eu-central-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}})
}

func TestSend(t *testing.T) {
	letter := letters.Message{ID: "01JZ", To: "anna.nowak@example.org", Subject: "Zgłoszenie przyjęte", Text: "Dziękujemy.", HTML: "<p>Dziękujemy.</p>"}
	t.Run("a message is sent unchanged, with its id", func(t *testing.T) {
		var sent struct {
			FromEmailAddress string
			Destination      struct{ ToAddresses []string }
			Content          struct{ Raw struct{ Data []byte } }
		}
		s := sender(t, func(w http.ResponseWriter, r *http.Request) {
			if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
				t.Error(err)
			}
			fmt.Fprint(w, `{"MessageId":"1"}`)
		})
		if err := s.Send(t.Context(), letter); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(sent.FromEmailAddress, sent.Destination); got != "outreach@example.org{[anna.nowak@example.org]}" {
			t.Error(got)
		}
		got, err := mail.ReadMessage(bytes.NewReader(sent.Content.Raw.Data))
		if err != nil {
			t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
		if err != nil || subject != letter.Subject || got.Header.Get(smtp.IDHeader) != letter.ID || got.Header.Get("To") != "<anna.nowak@example.org>" || got.Header.Get("From") != "<outreach@example.org>" {
			t.Error(got.Header)
		}
	})
	t.Run("an internationalised domain is sent in its ASCII form", func(t *testing.T) {
		var sent struct {
			Destination struct{ ToAddresses []string }
		}
		s := sender(t, func(w http.ResponseWriter, r *http.Request) {
			if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
				t.Error(err)
			}
			fmt.Fprint(w, `{"MessageId":"1"}`)
		})
		letter := letter
		letter.To = "anna@zażółć.example.org"
		if err := s.Send(t.Context(), letter); err != nil || fmt.Sprint(sent.Destination.ToAddresses) != "[anna@xn--za-6ja4f8n1l.example.org]" {
			t.Errorf("%v, to %v", err, sent.Destination.ToAddresses)
		}
	})
	t.Run("an address that SES never accepts is refused without a request", func(t *testing.T) {
		s := sender(t, func(http.ResponseWriter, *http.Request) { t.Error("SES is asked") })
		letter := letter
		letter.To = "łucja@example.org"
		if err := s.Send(t.Context(), letter); !errors.Is(err, letters.ErrRefused) {
			t.Error(err)
		}
	})
	for _, tt := range []struct {
		name, code, message string
		status              int
		refused             error
	}{
		{"an invalid address", "BadRequestException", "Local address contains control or whitespace: anna.nowak@example.org", 400, letters.ErrRefused},
		{"content that SES rejects", "MessageRejected", "Message content rejected", 400, letters.ErrRefused},
		{"an unverified recipient, in the sandbox", "MessageRejected", "Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: anna.nowak@example.org", 400, letters.ErrPostponed},
		{"an unverified sender", "MessageRejected", "Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: Outreach@example.org, anna.nowak@example.org", 400, nil},
		{"an unverified domain of the sender", "MailFromDomainNotVerifiedException", "no", 400, nil},
		{"sending is paused", "SendingPausedException", "no", 400, nil},
		{"the account is suspended", "AccountSuspendedException", "no", 400, nil},
		{"too many requests at once", "TooManyRequestsException", "no", 429, nil},
		{"the daily quota is used up", "LimitExceededException", "no", 400, nil},
		{"a role without permission", "AccessDeniedException", "no", 403, nil},
		{"SES is unavailable", "InternalServiceErrorException", "no", 500, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sender(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Amzn-Errortype", tt.code)
				w.WriteHeader(tt.status)
				fmt.Fprintf(w, `{"message":%q}`, tt.message)
			})
			err := s.Send(t.Context(), letter)
			refused, postponed := errors.Is(err, letters.ErrRefused), errors.Is(err, letters.ErrPostponed)
			if err == nil || refused != (tt.refused == letters.ErrRefused) || postponed != (tt.refused == letters.ErrPostponed) || !strings.Contains(err.Error(), tt.code) || strings.Contains(err.Error(), "anna") {
				t.Error(err)
			}
		})
	}
}
