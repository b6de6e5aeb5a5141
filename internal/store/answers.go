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

// Once is a request that must take effect once: whose it is, and what it says. The zero Once is a request without a key.
type Once struct {
	key  table.Key
	body string
}

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
	}
}

// Answered gives the result that was answered before to the same request; false where it is new.
func (s *DB) Answered(ctx context.Context, once Once, result any) (bool, error) {
	if once == (Once{}) {
		return false, nil
	}
	before, rev, err := table.Load[answer](ctx, s.Tracker, once.key)
	switch {
	case err != nil || rev == 0 || !before.Expires.After(s.Now()):
		return false, err
	case before.Body != once.body:
		return false, ErrOtherBody
	}
	return true, json.Unmarshal(before.Result, result)
}

// Answer is the operation that keeps a result together with its cause. Who comes second fails on it, and asks Answered.
func (s *DB) Answer(ctx context.Context, once Once, result any) ([]table.Op, error) {
	if once == (Once{}) {
		return nil, nil
	}
	encoded, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	before, rev, err := table.Load[answer](ctx, s.Tracker, once.key)
	if err != nil {
		return nil, err
	}
	condition := table.Absent
	if rev != 0 && !before.Expires.After(s.Now()) {
		condition = table.At(rev)
	}
	op := table.PutJSON(once.key, answer{Body: once.body, Result: encoded, Expires: s.Now().Add(AnswerLife)}, condition)
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
