package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"outreach/internal/nights"
	"outreach/internal/objects"
	"outreach/internal/store/storetest"
)

func TestAProjectThatFailsKeepsNoOtherWaitingAndIsRedriven(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	var mu sync.Mutex
	var done []string
	mended := false
	handle := func(_ context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		mu.Lock()
		defer mu.Unlock()
		m := batch.Records[0]
		if strings.Contains(m.Body, `"town"`) && !mended {
			return events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{{ItemIdentifier: m.MessageId}}}, nil
		}
		done = append(done, m.MessageId)
		return events.SQSEventResponse{}, nil
	}
	dead := &deadLetters{file: filepath.Join(data, "dead-letters.jsonl")}
	tr := &tracker{base: storetest.New(t), log: slog.New(slog.DiscardHandler), dead: dead, nights: nightQueue{newQueue("compile-snapshot", handle, 3, dead)}}
	ctx, stop := context.WithCancel(t.Context())
	tr.task(func() { tr.nights.run(ctx, 10*time.Millisecond) })
	defer tr.tasks.Wait()
	defer stop()
	night := func() {
		t.Helper()
		if err := tr.nights.Send(ctx, nights.Due{Project: "town"}, nights.Due{Project: "village"}); err != nil {
			t.Fatal(err)
		}
	}
	until := func(what string, letters int, want ...string) {
		t.Helper()
		var got []string
		var list []deadLetter
		for range 200 {
			var err error
			if list, err = dead.list(); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			got = slices.Clone(done)
			mu.Unlock()
			if slices.Equal(got, want) && len(list) == letters {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Fatalf("%s: %v are done, want %v; dead letters %+v, want %d", what, got, want, list, letters)
	}
	night()
	until("the first night", 1, "village")
	if list, err := dead.list(); err != nil || list[0].ID != "town" || list[0].Source != "compile-snapshot" || list[0].Tries != 3 {
		t.Errorf("dead letters: %+v, %v", list, err)
	}
	night()
	until("the night after tries it again", 1, "village", "village")
	mu.Lock()
	mended = true
	mu.Unlock()
	if err := os.WriteFile(filepath.Join(data, "redrive"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tr.redrive(ctx)
	until("redriven", 0, "village", "village", "town")
}

func TestAProjectWithManyFilesKeepsNoOtherWaiting(t *testing.T) {
	t.Parallel()
	q := newQueue("ingest-upload", nil, 1, nil)
	file := func(project string, n int) message {
		return arrival(objects.Info{Key: fmt.Sprintf("uploads/%s/radio/%d.csv", project, n), ETag: "0123456789ab"})
	}
	for n := range 200 {
		q.add(file("city", n))
	}
	for _, project := range []string{"town", "town", "village"} {
		q.add(file(project, len(q.waiting)))
	}
	place := map[string][]int{}
	for n := range 203 {
		m, _, ok := q.take()
		if !ok {
			t.Fatalf("after %d messages none is due", n)
		}
		place[m.project] = append(place[m.project], n)
		if m.project == "city" && !strings.Contains(m.body, fmt.Sprintf("%%2F%d.csv", len(place["city"])-1)) {
			t.Errorf("file %d of the city is %s", len(place["city"]), m.body)
		}
	}
	if got := fmt.Sprint(place["town"], place["village"]); got != "[1 4] [2]" {
		t.Errorf("the files of the town and the village are at %s", got)
	}
}
