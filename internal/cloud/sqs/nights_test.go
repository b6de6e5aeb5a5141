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

// fakeNights is an SQS that refuses messages about some projects.
type fakeNights struct {
	mu      sync.Mutex
	got     []string
	batches int
	refused string
}

func (f *fakeNights) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Entries []struct{ Id, MessageBody string }
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".SendMessageBatch") || len(in.Entries) > 10 {
		http.Error(w, "not a batch", http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches++
	out := map[string][]map[string]any{"Successful": {}, "Failed": {}}
	for _, e := range in.Entries {
		var due nights.Due
		if err := json.Unmarshal([]byte(e.MessageBody), &due); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if due.Project == f.refused {
			out["Failed"] = append(out["Failed"], map[string]any{"Id": e.Id, "Code": "InternalError", "SenderFault": false})
			continue
		}
		f.got = append(f.got, due.Project)
		sum := md5.Sum([]byte(e.MessageBody)) //nolint:gosec // as above
		out["Successful"] = append(out["Successful"], map[string]any{"Id": e.Id, "MessageId": e.Id, "MD5OfMessageBody": hex.EncodeToString(sum[:])})
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(out)
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
	if slices.Sort(f.got); !slices.Equal(f.got, want) || f.batches != 3 {
		t.Errorf("%d messages in %d batches, want 23 in 3", len(f.got), f.batches)
	}
	if err := queue.Send(t.Context()); err != nil || f.batches != 3 {
		t.Errorf("no project: %d batches, %v", f.batches, err)
	}
	f.refused = "town-07"
	if err := queue.Send(t.Context(), due...); err == nil || !strings.Contains(err.Error(), "InternalError") {
		t.Errorf("a refused message: %v", err)
	}
}
