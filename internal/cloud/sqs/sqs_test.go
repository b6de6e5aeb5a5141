package sqs

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

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
