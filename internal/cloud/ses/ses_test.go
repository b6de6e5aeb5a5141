package ses

import (
	"bytes"
	"encoding/json"
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
	"outreach/internal/mail/post"
)

func sender(t *testing.T, answer http.HandlerFunc) *Sender {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	t.Setenv(cloud.MailFrom, "outreach@example.org")
	return New(&cloud.Cloud{Config: aws.Config{
		Region: "eu-central-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}})
}

func TestSend(t *testing.T) {
	letter := letters.Message{ID: "01JZ", To: "anna.nowak@example.org", Subject: "Zgłoszenie przyjęte", Text: "Dziękujemy.", HTML: "<p>Dziękujemy.</p>"}
	t.Run("a letter goes out as it is, with its id", func(t *testing.T) {
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
		if err != nil || subject != letter.Subject || got.Header.Get(post.IDHeader) != letter.ID || got.Header.Get("To") != "<anna.nowak@example.org>" || got.Header.Get("From") != "<outreach@example.org>" {
			t.Error(got.Header)
		}
	})
	t.Run("why it is refused is told without the address", func(t *testing.T) {
		s := sender(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-Errortype", "MessageRejected")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"message":"Email address is not verified: anna.nowak@example.org"}`)
		})
		err := s.Send(t.Context(), letter)
		if err == nil || !strings.Contains(err.Error(), "MessageRejected") || strings.Contains(err.Error(), "anna") {
			t.Error(err)
		}
	})
}
