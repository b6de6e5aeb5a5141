package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"outreach/internal/table"
)

// ErrOtherBody is in the error where an idempotency key was used before with another body.
var ErrOtherBody = errors.New("the idempotency key was used with another body")

// AnswerLife is how long an answer is given again for the same idempotency key.
const AnswerLife = 48 * time.Hour

// Once is a request that must take effect once: whose it is, and what it says. The zero Once is a request without a key. It
// belongs to one request, and is not safe for concurrent use.
type Once struct {
	key  table.Key
	body string
	seen *lookup // what Answered found last
}

// lookup is what stood under a key when it was read: nothing, or an answer that has expired.
type lookup struct {
	known bool
	rev   int64 // 0: nothing
}

// Asked tells whether Answered was asked and found no answer that counts. The answer is kept on that condition.
func (o Once) Asked() bool { return o.seen != nil && o.seen.known }

// answer is what was answered, without anything that says who somebody is.
type answer struct {
	Body    string          `json:"body"` // keyed hash of the request
	Result  json.RawMessage `json:"result"`
	Expires time.Time       `json:"expires"`
}

// Once makes the Once of a request with an Idempotency-Key, for the one who sent it to a route.
func (s *DB) Once(project, route, who, key string, body []byte) Once {
	if key == "" {
		return Once{}
	}
	return Once{
		key:  answerKey(project, s.Seal(project, "idempotency", route+"\x00"+who+"\x00"+key)),
		body: s.Seal(project, "body", string(body)),
		seen: &lookup{},
	}
}

// Answered gives the result that was answered before to the same request; false where it is new.
func (s *DB) Answered(ctx context.Context, once Once, result any) (bool, error) {
	if once == (Once{}) {
		return false, nil
	}
	before, rev, err := table.Load[answer](ctx, s.Tracker, once.key)
	switch {
	case err != nil:
		return false, err
	case rev == 0 || !before.Expires.After(s.Now()):
		*once.seen = lookup{known: true, rev: rev}
		return false, nil
	case before.Body != once.body:
		return false, ErrOtherBody
	}
	return true, json.Unmarshal(before.Result, result)
}

// Answer is the operation that keeps a result together with its cause. It fails where another answer is kept since Answered
// found none: the caller then asks Answered again.
func (s *DB) Answer(ctx context.Context, once Once, result any) ([]table.Op, error) {
	if once == (Once{}) {
		return nil, nil
	}
	encoded, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	if !once.Asked() {
		if _, err := s.Answered(ctx, once, new(json.RawMessage)); err != nil {
			return nil, err
		}
	}
	op := table.PutJSON(once.key, answer{Body: once.body, Result: encoded, Expires: s.Now().Add(AnswerLife)}, table.At(once.seen.rev))
	op.Item.Expires = s.Now().Add(AnswerLife)
	return []table.Op{op}, nil
}

// KeepAnswer keeps the result of a request that took several steps, each of which may be done again without effect, or that
// made nothing new. Where one is kept already it stays.
func (s *DB) KeepAnswer(ctx context.Context, once Once, result any) error {
	return table.Retry(ctx, func() error {
		if done, err := s.Answered(ctx, once, new(json.RawMessage)); done || err != nil {
			return err
		}
		ops, err := s.Answer(ctx, once, result)
		if err != nil || len(ops) == 0 {
			return err
		}
		return s.Tracker.Write(ctx, ops...)
	})
}

func answerKey(project, sealed string) table.Key {
	return table.Key{PK: "ANSWER#" + project + "#" + sealed, SK: "ANSWER"}
}
