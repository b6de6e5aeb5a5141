// Package send delivers what happened in projects to their subscriptions, as signed webhooks (standardwebhooks.com).
// Each subscription is sent to by itself, so that one that is slow or fails holds up no other.
package send

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"outreach/internal/app"
	"outreach/internal/fact"
	"outreach/internal/store"
	"outreach/internal/subscriptions"
)

// The bounds of sending.
const (
	AttemptTime = 10 * time.Second // for one request, from the look-up of the name to the end of the answer
	turn        = 30 * time.Second // after which a subscription with more to send makes room for others
	lease       = 2 * time.Minute  // after which a process that had begun to send is taken for dead
	reserve     = 10 * time.Second // before the context's deadline, in which nothing more is begun
	most        = 32               // subscriptions that are sent to at the same time
	batch       = 500              // facts of each lane that are read at once
	mostAnswer  = 64 << 10         // bytes that are read of an answer
)

// Subscriptions keeps what is due and how far each subscription is.
type Subscriptions interface {
	AllDue(ctx context.Context, limit int) ([]subscriptions.Due, error)
	Claim(ctx context.Context, project, id string, lasts time.Duration) (subscriptions.Queue, bool, error)
	Subscription(ctx context.Context, project, id string) (subscriptions.Subscription, error)
	Key(project string, sub subscriptions.Subscription) ([]byte, error)
	Advance(ctx context.Context, project, id string, done fact.Heads, delivered bool) error
	Fail(ctx context.Context, project, id, reason string, gone bool) (subscriptions.Queue, error)
	Release(ctx context.Context, project, id string, more bool) error
}

// Facts reads what happened.
type Facts interface {
	Heads(ctx context.Context, project string) (fact.Heads, error)
	Read(ctx context.Context, project string, from, upTo fact.Heads, each func(fact.Fact) error) error
}

// Sender sends to the subscriptions of all projects. It is safe for concurrent use, by several processes too.
type Sender struct {
	subscriptions Subscriptions
	facts         Facts
	client        *http.Client
	now           func() time.Time
	log           *slog.Logger

	slots   chan struct{}
	running sync.WaitGroup
}

// New returns a Sender on an app's features.
func New(a *app.App, log *slog.Logger) *Sender {
	return &Sender{
		subscriptions: a.Subscriptions, facts: a.Facts, client: client(a.Subscriptions.Insecure), now: func() time.Time { return a.DB.Now() }, log: log,
		slots: make(chan struct{}, most),
	}
}

// Run sends what is due, until nothing more is or the context's time is nearly over. An event that a receiver did not
// take is no error: it is sent again later.
func (s *Sender) Run(ctx context.Context) error {
	if ends, limited := ctx.Deadline(); limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, ends.Add(-reserve))
		defer cancel()
	}
	for {
		started, err := s.Start(ctx)
		s.Wait()
		if err != nil || started == 0 || ctx.Err() != nil {
			return err
		}
	}
}

// Start begins to send to the subscriptions that are due, each by itself, and returns how many these are. While as many
// as can be are being sent to, it begins with no other.
func (s *Sender) Start(ctx context.Context) (started int, err error) {
	due, err := s.subscriptions.AllDue(ctx, most)
	if err != nil {
		return 0, err
	}
	for _, one := range due {
		select {
		case s.slots <- struct{}{}:
		default:
			return started, nil
		}
		queue, claimed, err := s.subscriptions.Claim(ctx, one.Project, one.ID, lease)
		if err != nil || !claimed {
			<-s.slots
			if err != nil {
				return started, err
			}
			continue
		}
		started++
		s.running.Go(func() {
			defer func() { <-s.slots }()
			if err := s.send(ctx, one, queue); err != nil && !store.IsNotFound(err) && ctx.Err() == nil {
				s.log.ErrorContext(ctx, "webhooks not sent", "project", one.Project, "subscription", one.ID, "reason", err.Error())
			}
		})
	}
	return started, nil
}

// Wait waits for all that Start began.
func (s *Sender) Wait() { s.running.Wait() }

// send sends to a claimed subscription what it lacks, in the order in which it happened, until its turn is over or an
// event is not taken.
func (s *Sender) send(ctx context.Context, one subscriptions.Due, queue subscriptions.Queue) error {
	sub, err := s.subscriptions.Subscription(ctx, one.Project, one.ID)
	if err != nil {
		return err
	}
	key, err := s.subscriptions.Key(one.Project, sub)
	if err != nil {
		return err
	}
	ends := s.now().Add(turn)
	for done := queue.Done; ; {
		upTo, waiting, err := s.read(ctx, one.Project, sub, done)
		if err != nil {
			return err
		}
		for next, left := waiting.next(); left; next, left = waiting.next() {
			if ctx.Err() != nil || !s.now().Before(ends) {
				return s.subscriptions.Release(context.WithoutCancel(ctx), one.Project, one.ID, true)
			}
			if reason, gone := s.deliver(ctx, sub.URL, key, next.message(one.Project)); reason != "" {
				if ctx.Err() != nil { // it was cut off by us
					return s.subscriptions.Release(context.WithoutCancel(ctx), one.Project, one.ID, true)
				}
				failed, err := s.subscriptions.Fail(ctx, one.Project, one.ID, reason, gone)
				s.log.WarnContext(ctx, "webhook not taken", "project", one.Project, "subscription", one.ID, "event", next.fact.ID, "reason", reason, "failures", failed.Failures, "given_up", !failed.Disabled.IsZero())
				return err
			}
			done[next.fact.Lane] = next.fact.Number
			if err := s.subscriptions.Advance(context.WithoutCancel(ctx), one.Project, one.ID, done, true); err != nil {
				return err
			}
		}
		if upTo == done {
			return s.subscriptions.Release(ctx, one.Project, one.ID, false)
		}
		done = upTo
		if err := s.subscriptions.Advance(ctx, one.Project, one.ID, done, false); err != nil {
			return err
		}
	}
}

// read reads the events that a subscription asks for and lacks, of a bounded number of facts, and returns up to which
// facts these are.
func (s *Sender) read(ctx context.Context, project string, sub subscriptions.Subscription, done fact.Heads) (upTo fact.Heads, all *lanes, err error) {
	heads, err := s.facts.Heads(ctx, project)
	if err != nil {
		return done, nil, err
	}
	for lane := range heads {
		upTo[lane] = max(done[lane], min(heads[lane], done[lane]+batch))
	}
	all = &lanes{}
	err = s.facts.Read(ctx, project, done, upTo, func(f fact.Fact) error {
		if event, is := subscriptions.EventOf(f); is && sub.Wants(event.Type) {
			all[f.Lane] = append(all[f.Lane], happened{f, event})
		}
		return nil
	})
	return upTo, all, err
}

// happened is an event with its fact.
type happened struct {
	fact  fact.Fact
	event subscriptions.Event
}

// lanes are events by the lane of their facts, in the order of each.
type lanes [fact.Lanes][]happened

// next takes the event that happened first, and reports false where there is none. The order of a lane is kept.
func (l *lanes) next() (first happened, ok bool) {
	at := -1
	for lane, events := range l {
		if len(events) > 0 && (at < 0 || events[0].fact.ID < first.fact.ID) {
			at, first = lane, events[0]
		}
	}
	if at < 0 {
		return first, false
	}
	l[at] = l[at][1:]
	return first, true
}

// message is a webhook: its id, the same in each attempt, and its body.
type message struct {
	id   string
	body []byte
}

// Payload is the body of a webhook.
type Payload struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"` // when it happened
	Data      Data      `json:"data"`
}

// Data names what an event is about, by ids alone.
type Data struct {
	Project string `json:"project"`
	ID      string `json:"id"` // of the snapshot, sign-up or upload
}

func (h happened) message(project string) message {
	body, err := json.Marshal(Payload{Type: h.event.Type, Timestamp: h.fact.At, Data: Data{project, h.event.ID}})
	if err != nil {
		panic(err) // texts and a time
	}
	return message{id: h.fact.ID, body: body}
}

// Sign returns the signature of a webhook, as its header has it.
func Sign(key []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// deliver sends one webhook. It returns why it was not taken, "" where it was, and whether the receiver wants no more.
func (s *Sender) deliver(ctx context.Context, url string, key []byte, m message) (reason string, gone bool) {
	ctx, cancel := context.WithTimeout(ctx, AttemptTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(m.body))
	if err != nil {
		return subscriptions.Unreachable, false
	}
	now := s.now()
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "outreach-tracker")
	request.Header.Set("Webhook-Id", m.id)
	request.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	request.Header.Set("Webhook-Signature", Sign(key, m.id, now, m.body))
	response, err := s.client.Do(request)
	switch {
	case errors.Is(err, errNotPublic):
		return subscriptions.NotPublic, false
	case errors.Is(err, context.DeadlineExceeded):
		return subscriptions.TimedOut, false
	case err != nil:
		return subscriptions.Unreachable, false
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, mostAnswer)
	switch status := response.StatusCode; {
	case status >= 200 && status < 300:
		return "", false
	case status >= 300 && status < 400:
		return subscriptions.Redirected, false
	default:
		return strconv.Itoa(status), status == http.StatusGone
	}
}
