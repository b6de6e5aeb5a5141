package main

import (
	"context"
	"encoding/json"
	"errors"
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

// deliver is the handler of the queue's messages.
type deliver func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)

// queue delivers a message for each object that arrives, one at a time. It retries a message that fails, and moves it
// to the dead letters after too many tries. Nothing of it is stored: after a start every upload is delivered once more.
// It is safe for concurrent use.
type queue struct {
	deliver    deliver
	deliveries int
	dead       *deadLetters
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

func newQueue(d deliver, deliveries int, dead *deadLetters, log *slog.Logger) *queue {
	return &queue{deliver: d, deliveries: max(deliveries, 1), dead: dead, log: log, seen: map[string]bool{}, wake: make(chan struct{}, 1)}
}

// arrived queues a message for an object, unless one with the same key and bytes was queued before.
func (q *queue) arrived(info objects.Info) {
	q.mu.Lock()
	defer q.mu.Unlock()
	id := info.Key + "|" + info.ETag
	if q.seen[id] {
		return
	}
	q.seen[id] = true
	q.waiting = append(q.waiting, message{key: info.Key, etag: info.ETag})
	q.notify()
}

func (q *queue) notify() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// redrive makes the next sweep queue the dead letters again. It does so where a file named redrive is beside them,
// which the command redrive creates. Dead letters whose upload no longer exists are removed.
func (q *queue) redrive() {
	if os.Remove(filepath.Join(filepath.Dir(q.dead.file), "redrive")) != nil {
		return // not requested
	}
	letters, err := q.dead.list()
	if err != nil {
		q.log.Error("read dead letters", "reason", err.Error())
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
	for missing := range dead {
		q.dead.remove(missing)
	}
}

// run delivers messages until the context ends. It waits for retry between two tries of a message.
func (q *queue) run(ctx context.Context, retry time.Duration) {
	var redrives sync.WaitGroup
	defer redrives.Wait()
	redrives.Go(func() { every(ctx, retry, q.redrive) })
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
			q.dead.remove(objectID(m))
		} else if ctx.Err() == nil {
			m.tries++
			if m.tries >= q.deliveries {
				q.dead.add("ingest-upload", objectID(m), err.Error(), m.tries)
				continue
			}
			m.next = time.Now().Add(retry)
			q.mu.Lock()
			q.waiting = append(q.waiting, m)
			q.mu.Unlock()
		}
	}
}

// take removes a message that is due from the queue. Where none is due, it returns how long to wait.
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

// send delivers a message as SQS would, with the event of S3 as its body.
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
		err = errors.New("the function could not process it; the log has the reason")
	}
	return err
}

// objectID identifies a message without the file's name, which may contain personal data.
func objectID(m message) string { return filepath.Dir(m.key) + "#" + m.etag[:min(12, len(m.etag))] }

// deadLetters is the list, in a file, of messages that could not be processed. It is safe for concurrent use.
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

// add appends a dead letter unless the list has one with its id.
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

// remove removes the dead letter with an id, if the list has it.
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
