package ses

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"outreach/internal/cloud"
	"outreach/internal/mail"
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
	letter := mail.Message{ID: "01JZ", To: "anna.nowak@example.org", Subject: "Zgłoszenie przyjęte", Text: "Dziękujemy.", HTML: "<p>Dziękujemy.</p>"}
	t.Run("a letter goes out as it is, with its id", func(t *testing.T) {
		var sent struct {
			FromEmailAddress string
			Destination      struct{ ToAddresses []string }
			Content          struct {
				Simple struct {
					Subject struct{ Data, Charset string }
					Body    struct {
						Text, HTML struct{ Data, Charset string }
					}
					Headers []struct{ Name, Value string }
				}
			}
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
		got := fmt.Sprintf("%+v", sent)
		want := "{FromEmailAddress:outreach@example.org Destination:{ToAddresses:[anna.nowak@example.org]} Content:{Simple:{" +
			"Subject:{Data:Zgłoszenie przyjęte Charset:UTF-8} Body:{Text:{Data:Dziękujemy. Charset:UTF-8} HTML:{Data:<p>Dziękujemy.</p> Charset:UTF-8}} " +
			"Headers:[{Name:X-Notice-Id Value:01JZ}]}}}"
		if got != want {
			t.Errorf("sent %s\nwant %s", got, want)
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
