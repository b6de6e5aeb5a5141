package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/oklog/ulid/v2"

	"outreach/internal/jsonlines"
	"outreach/internal/logs"
	"outreach/internal/nights"
	"outreach/internal/objects"
	"outreach/internal/uploads"
)

// deliver is the handler of a queue's messages.
type deliver func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)

// queue delivers messages to a function, one at a time. Among those that are due it takes one of the project that was
// served the longest time ago, so that many files of one project keep no other waiting. It retries a message that
// fails, and moves it to the dead letters after too many tries. Nothing of it is stored: what a queue held is found
// again after a start. It is safe for concurrent use.
type queue struct {
	function   string // that its messages wake
	deliver    deliver
	deliveries int
	dead       *deadLetters

	mu      sync.Mutex
	waiting []message
	seen    map[string]bool // keys of messages that are not queued again
	wake    chan struct{}
	served  map[string]int // by project, the number of the last message that was taken
	taken   int            // messages
}

// message is a message of a queue.
type message struct {
	id      string // names the message without personal data
	key     string // a message with the key of one before is the same message
	project string
	body    string
	once    bool // it is not queued again when it was delivered

	tries int
	next  time.Time
}

func newQueue(function string, d deliver, deliveries int, dead *deadLetters) *queue {
	return &queue{function: function, deliver: d, deliveries: max(deliveries, 1), dead: dead, seen: map[string]bool{}, served: map[string]int{}, wake: make(chan struct{}, 1)}
}

// add queues a message, unless one with its key is waiting or must not be queued again.
func (q *queue) add(m message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.seen[m.key] {
		return
	}
	q.seen[m.key] = true
	q.waiting = append(q.waiting, m)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// forget lets a message be queued again.
func (q *queue) forget(key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.seen, key)
}

// run delivers messages until the context ends. It waits for retry between two tries of a message.
func (q *queue) run(ctx context.Context, retry time.Duration) {
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
		m.tries++
		switch {
		case err == nil:
			q.dead.remove(q.function, m.id)
			if !m.once {
				q.forget(m.key)
			}
		case ctx.Err() != nil:
		case m.tries >= q.deliveries:
			q.dead.add(q.function, m.id, err.Error(), m.tries)
			if !m.once {
				q.forget(m.key)
			}
		default:
			m.next = time.Now().Add(retry)
			q.mu.Lock()
			q.waiting = append(q.waiting, m)
			q.mu.Unlock()
		}
	}
}

// take removes a message that is due from the queue: the first one of the project that was served the longest time ago.
// Where none is due, it returns how long to wait.
func (q *queue) take() (m message, wait time.Duration, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	wait = time.Hour
	next := -1
	for i, m := range q.waiting {
		if left := time.Until(m.next); left > 0 {
			wait = min(wait, left)
			continue
		}
		if next < 0 || q.served[m.project] < q.served[q.waiting[next].project] {
			next = i
		}
	}
	if next < 0 {
		return message{}, wait, false
	}
	m = q.waiting[next]
	q.waiting = slices.Delete(q.waiting, next, next+1)
	q.taken++
	q.served[m.project] = q.taken
	return m, 0, true
}

// send delivers a message as SQS would.
func (q *queue) send(ctx context.Context, m message) error {
	response, err := q.deliver(ctx, events.SQSEvent{Records: []events.SQSMessage{{MessageId: m.id, Body: m.body}}})
	if err == nil && len(response.BatchItemFailures) > 0 {
		err = errors.New("the function could not process it; the log has the reason")
	}
	return err
}

// arrival is the message of an object that has arrived, with the event of S3 as its body. It is queued once.
func arrival(info objects.Info) message {
	var event events.S3Event
	record := events.S3EventRecord{EventSource: "aws:s3", EventName: "ObjectCreated:Put"}
	record.S3.Object.Key, record.S3.Object.ETag = url.QueryEscape(info.Key), info.ETag
	event.Records = []events.S3EventRecord{record}
	// The file's name may contain personal data.
	project, _, _, _, _ := uploads.ParseObjectKey(info.Key)
	return message{
		id: filepath.Dir(info.Key) + "#" + info.ETag[:min(12, len(info.ETag))], key: info.Key + "|" + info.ETag, project: project, body: encode(event), once: true,
	}
}

// nightQueue queues the nightly work of projects.
type nightQueue struct{ *queue }

// Send queues a message for each project.
func (q nightQueue) Send(_ context.Context, due ...nights.Due) error {
	for _, d := range due {
		q.add(message{id: d.Project, key: d.Project, project: d.Project, body: encode(d)})
	}
	return nil
}

// encode returns the JSON of an event, which always has one.
func encode(event any) string {
	body, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	return string(body)
}

// redrive queues the dead letters again where a file named redrive is beside them, which the command redrive creates.
// Dead letters whose upload no longer exists are removed.
func (t *tracker) redrive(ctx context.Context) {
	if os.Remove(filepath.Join(filepath.Dir(t.dead.file), "redrive")) != nil {
		return // not requested
	}
	letters, err := t.dead.list()
	if err != nil {
		t.log.Error("read dead letters", "reason", err.Error())
		return
	}
	arrived := map[string]bool{}
	for _, l := range letters {
		if l.Source == t.nights.function {
			_ = t.nights.Send(ctx, nights.Due{Project: l.ID, At: t.base.Now()})
		} else {
			arrived[l.ID] = true
		}
	}
	if len(arrived) == 0 {
		return
	}
	t.list(ctx, "uploads/", func(info objects.Info) {
		if m := arrival(info); arrived[m.id] {
			delete(arrived, m.id)
			t.uploads.forget(m.key)
			t.uploads.add(m)
		}
	})
	for id := range arrived {
		t.dead.remove(t.uploads.function, id)
	}
}

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

// add appends a dead letter unless the list has one of its source with its id.
func (d *deadLetters) add(source, id, reason string, tries int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	list, err := jsonlines.Read[deadLetter](d.file)
	if err != nil {
		return
	}
	for _, l := range list {
		if l.ID == id && l.Source == source {
			return
		}
	}
	_ = jsonlines.Append(d.file, deadLetter{ID: id, Source: source, Reason: reason, Tries: tries, At: time.Now().UTC()})
}

// remove removes the dead letter of a source with an id, if the list has it.
func (d *deadLetters) remove(source, id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = jsonlines.Remove(d.file, func(l deadLetter) bool { return l.ID == id && l.Source == source })
}

func (d *deadLetters) list() ([]deadLetter, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return jsonlines.Read[deadLetter](d.file)
}
