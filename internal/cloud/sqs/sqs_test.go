package sqs

import (
	"crypto/md5" //nolint:gosec // the checksum that SQS answers with
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"outreach/internal/cloud"
)

func TestRedeliverChangesTheVisibilityOfTheMessage(t *testing.T) {
	var asked struct {
		QueueURL          string `json:"QueueUrl"`
		ReceiptHandle     string
		VisibilityTimeout int
	}
	target := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target = r.Header.Get("X-Amz-Target")
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	}))
	defer server.Close()
	for name, value := range map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": server.URL,
		cloud.SecretID: "secret", cloud.UploadsQueue: "https://sqs.example.org/uploads",
	} {
		t.Setenv(name, value)
	}
	c, err := cloud.New(cloud.Arrivals)
	if err != nil {
		t.Fatal(err)
	}
	if err := New(c).Redeliver(t.Context(), "receipt", 5*time.Second); err != nil {
		t.Fatal(err)
	}
	if target != "AmazonSQS.ChangeMessageVisibility" || asked.QueueURL != "https://sqs.example.org/uploads" || asked.ReceiptHandle != "receipt" || asked.VisibilityTimeout != 5 {
		t.Errorf("asked %s %+v", target, asked)
	}
}

func TestSendForNamesTheProjectAsTheGroup(t *testing.T) {
	var asked struct {
		QueueURL                    string `json:"QueueUrl"`
		MessageBody, MessageGroupID string
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.Header.Get("X-Amz-Target") != "AmazonSQS.SendMessage" {
			t.Error(r.Header.Get("X-Amz-Target"), err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		sum := md5.Sum([]byte(asked.MessageBody)) //nolint:gosec // the checksum that SQS answers with
		_ = json.NewEncoder(w).Encode(map[string]string{"MessageId": "1", "MD5OfMessageBody": hex.EncodeToString(sum[:])})
	}))
	defer server.Close()
	t.Setenv(cloud.UploadsQueue, server.URL+"/000000000000/uploads")
	c := &cloud.Cloud{Config: aws.Config{Region: "eu-central-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("KEY", "secret", "")}}
	if err := New(c).SendFor(t.Context(), "town", "{}"); err != nil {
		t.Fatal(err)
	}
	if asked.MessageGroupID != "town" || asked.MessageBody != "{}" {
		t.Errorf("asked %+v", asked)
	}
}
