package sqs

import (
	"crypto/md5" //nolint:gosec // the checksum that SQS answers with
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"outreach/internal/cloud"
	"outreach/internal/nights"
)

// fakeNights is an SQS that refuses messages about one project.
type fakeNights struct {
	mu      sync.Mutex
	got     []string
	refused string
}

func (f *fakeNights) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct{ MessageBody string }
	var due nights.Due
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".SendMessage") || json.Unmarshal([]byte(in.MessageBody), &due) != nil {
		http.Error(w, "not a message", http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if due.Project == f.refused {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type": "com.amazonaws.sqs#OverLimit", "message": "no"}`))
		return
	}
	f.got = append(f.got, due.Project)
	sum := md5.Sum([]byte(in.MessageBody)) //nolint:gosec // as above
	_ = json.NewEncoder(w).Encode(map[string]string{"MessageId": due.Project, "MD5OfMessageBody": hex.EncodeToString(sum[:])})
}

func TestEachProjectIsAMessageAndARefusedOneAnError(t *testing.T) {
	f := &fakeNights{}
	server := httptest.NewServer(f)
	defer server.Close()
	t.Setenv(cloud.NightQueue, server.URL+"/000000000000/nights")
	c := &cloud.Cloud{Config: aws.Config{Region: "eu-central-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("KEY", "secret", "")}}
	queue := NewNights(c)
	var due []nights.Due
	var want []string
	for n := range 23 {
		want = append(want, fmt.Sprintf("town-%02d", n))
		due = append(due, nights.Due{Project: want[n], At: time.Date(2026, 6, 30, 1, 30, 0, 0, time.UTC)})
	}
	if err := queue.Send(t.Context(), due...); err != nil {
		t.Fatal(err)
	}
	if slices.Sort(f.got); !slices.Equal(f.got, want) {
		t.Errorf("messages about %v, want %v", f.got, want)
	}
	if err := queue.Send(t.Context()); err != nil || len(f.got) != len(want) {
		t.Errorf("no project: %d messages, %v", len(f.got), err)
	}
	f.refused = "town-07"
	if err := queue.Send(t.Context(), due...); err == nil || !strings.Contains(err.Error(), "town-07") || !strings.Contains(err.Error(), "OverLimit") {
		t.Errorf("a refused message: %v", err)
	}
}
