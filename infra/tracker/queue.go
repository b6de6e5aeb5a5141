package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/oklog/ulid/v2"

	"outreach/internal/jsonlines"
	"outreach/internal/logs"
	"outreach/internal/objects"
)

// deliver is a function that a queue wakes.
type deliver func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)

// queue delivers the arrival of objects to a function, one at a time, again where it fails, and puts aside what fails too
// often. It keeps nothing: after a start, whatever lies among the uploads is delivered once more.
type queue struct {
	deliver    deliver
	deliveries int
	aside      *deadLetters
	log        *slog.Logger

	mu      sync.Mutex
	waiting []message
	seen    map[string]bool
	wake    chan struct{}
}

type message struct {
	key, etag string
	tries     int
	next      time.Time
}

func newQueue(d deliver, deliveries int, aside *deadLetters, log *slog.Logger) *queue {
	return &queue{deliver: d, deliveries: max(deliveries, 1), aside: aside, log: log, seen: map[string]bool{}, wake: make(chan struct{}, 1)}
}

// arrived takes in that an object is there. One that was taken in before, with the same bytes, is not taken in again.
func (q *queue) arrived(info objects.Info) {
	q.mu.Lock()
	defer q.mu.Unlock()
	id := info.Key + "|" + info.ETag
	if q.seen[id] {
		return
	}
	q.seen[id] = true
	q.waiting = append(q.waiting, message{key: info.Key, etag: info.ETag})
	q.nudge()
}

func (q *queue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// redrive forgets that dead letters were delivered, where that is asked for by a file beside them (tracker redrive puts it
// there), so that they are found anew. Of what no longer lies among the uploads nothing is left to bring back.
func (q *queue) redrive() {
	if os.Remove(filepath.Join(filepath.Dir(q.aside.file), "redrive")) != nil {
		return // nobody asks
	}
	letters, err := q.aside.list()
	if err != nil {
		q.log.Error("dead letters", "reason", err.Error())
		return
	}
	dead := map[string]bool{}
	for _, l := range letters {
		dead[l.ID] = true
	}
	q.mu.Lock()
	for id := range q.seen {
		at := strings.LastIndexByte(id, '|')
		if letter := objectID(message{key: id[:at], etag: id[at+1:]}); dead[letter] {
			delete(q.seen, id)
			delete(dead, letter)
		}
	}
	q.mu.Unlock()
	for gone := range dead {
		q.aside.remove(gone)
	}
}

// run delivers until the context ends.
func (q *queue) run(ctx context.Context, retry time.Duration) {
	var asked sync.WaitGroup
	defer asked.Wait()
	asked.Go(func() { every(ctx, retry, q.redrive) })
	for {
		m, wait, ok := q.take()
		if !ok {
			timer := time.NewTimer(wait)
			select {
			case <-ctx.Done():
				timer.Stop()
				return
			case <-q.wake:
			case <-timer.C:
			}
			timer.Stop()
			continue
		}
		err := q.send(logs.WithRequest(ctx, ulid.Make().String()), m)
		if err == nil {
			q.aside.remove(objectID(m))
		} else if ctx.Err() == nil {
			m.tries++
			if m.tries >= q.deliveries {
				q.aside.add("ingest-upload", objectID(m), err.Error(), m.tries)
				continue
			}
			m.next = time.Now().Add(retry)
			q.mu.Lock()
			q.waiting = append(q.waiting, m)
			q.mu.Unlock()
		}
	}
}

func (q *queue) take() (m message, wait time.Duration, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	wait = time.Hour
	for i, m := range q.waiting {
		if left := time.Until(m.next); left > 0 {
			wait = min(wait, left)
			continue
		}
		q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
		return m, 0, true
	}
	return message{}, wait, false
}

// send delivers a message in the very form in which the cloud would.
func (q *queue) send(ctx context.Context, m message) error {
	var event events.S3Event
	record := events.S3EventRecord{EventSource: "aws:s3", EventName: "ObjectCreated:Put"}
	record.S3.Object.Key, record.S3.Object.ETag = url.QueryEscape(m.key), m.etag
	event.Records = []events.S3EventRecord{record}
	body, err := json.Marshal(event)
	if err != nil {
		return err
	}
	response, err := q.deliver(ctx, events.SQSEvent{Records: []events.SQSMessage{{MessageId: objectID(m), Body: string(body)}}})
	if err == nil && len(response.BatchItemFailures) > 0 {
		err = fmt.Errorf("the function could not process it: see the log")
	}
	return err
}

// objectID names a message without the file's name, which people choose.
func objectID(m message) string { return filepath.Dir(m.key) + "#" + m.etag[:min(12, len(m.etag))] }

// deadLetters are what could not be processed, kept in a file.
type deadLetters struct {
	mu   sync.Mutex
	file string
}

type deadLetter struct {
	ID     string    `json:"id"`
	Source string    `json:"source"`
	Reason string    `json:"reason"`
	Tries  int       `json:"tries"`
	At     time.Time `json:"at"`
}

func (d *deadLetters) add(source, id, reason string, tries int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	list, err := jsonlines.Read[deadLetter](d.file)
	if err != nil {
		return
	}
	for _, l := range list {
		if l.ID == id {
			return
		}
	}
	_ = jsonlines.Append(d.file, deadLetter{ID: id, Source: source, Reason: reason, Tries: tries, At: time.Now().UTC()})
}

// remove takes out what was processed after all.
func (d *deadLetters) remove(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = jsonlines.Remove(d.file, func(l deadLetter) bool { return l.ID == id })
}

func (d *deadLetters) list() ([]deadLetter, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return jsonlines.Read[deadLetter](d.file)
}
