package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"outreach/internal/table"
)

// ErrOtherBody reports that an idempotency key was used before with another body.
var ErrOtherBody = errors.New("the idempotency key was used with another body")

// AnswerLife is how long the answer to an idempotency key is stored.
const AnswerLife = 48 * time.Hour

// Once identifies a request that must take effect once, by its idempotency key and its body. The zero Once is a request
// without a key. It belongs to one request, and is not safe for concurrent use.
type Once struct {
	key     table.Key
	body    string
	forever bool    // the answer never expires
	seen    *lookup // the last result of Answered
}

// lookup is what is stored of a request's answer.
type lookup struct {
	done  bool
	rev   int64           // of the item; 0: there is none
	begun json.RawMessage // the result, where the item counts
}

// Asked reports whether Answered has looked for an answer. Answer and Begin write on condition of what it found.
func (o Once) Asked() bool { return o.seen != nil && o.seen.done }

// answer is a stored answer. It has no identity: only ids and keyed hashes.
type answer struct {
	Body    string          `json:"body"` // keyed hash of the request
	Result  json.RawMessage `json:"result"`
	Expires time.Time       `json:"expires,omitzero"` // zero: never
}

// Once returns the Once of a request with an Idempotency-Key: the same key of another sender (who) or to another route
// is another request. An empty key returns the zero Once.
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

// Delivery returns the Once of a message of another program, known by an id that is its own within from. Programs
// repeat a message after days too, and then it must not bring back who was erased in the meantime: its answer is kept
// for ever. The body is nil where the same id is the same message whatever else it says.
func (s *DB) Delivery(project, from, id string, body []byte) Once {
	once := s.Once(project, "delivery", from, id, body)
	once.forever = true
	return once
}

// Answered decodes the stored answer to the same request into result; false where there is none or it has expired. It
// fails with ErrOtherBody where the key was used with another body.
func (s *DB) Answered(ctx context.Context, once Once, result any) (bool, error) {
	if once == (Once{}) {
		return false, nil
	}
	before, rev, err := table.Load[answer](ctx, s.Tracker, once.key)
	switch {
	case err != nil:
		return false, err
	case rev == 0 || !before.Expires.IsZero() && !before.Expires.After(s.Now()):
		*once.seen = lookup{done: true, rev: rev}
		return false, nil
	case before.Body != once.body:
		return false, ErrOtherBody
	}
	*once.seen = lookup{done: true, rev: rev, begun: before.Result}
	return true, json.Unmarshal(before.Result, result)
}

// Begin stores, before a request takes effect, the result that it will have: a part of it may be left out. It is one
// plain write, which uses half of what it would in the transaction that makes the effect. A request with the same key
// and body that began before has set result already: it becomes what that one stored. Begin fails with a
// *table.Conflict where another request with the key was stored since Answered looked: the caller then calls Answered
// again. Whether a request that began took effect is for the caller to know; until it did, the key is refused for
// another body.
func (s *DB) Begin(ctx context.Context, once Once, result any) error {
	if once == (Once{}) {
		return nil
	}
	if once.seen.begun != nil {
		return json.Unmarshal(once.seen.begun, result)
	}
	ops, err := s.Answer(ctx, once, result)
	if err != nil {
		return err
	}
	if err := s.Tracker.Write(table.Plain(ctx), ops...); err != nil {
		return err
	}
	begun, err := json.Marshal(result)
	*once.seen = lookup{done: true, rev: once.seen.rev + 1, begun: begun}
	return err
}

// Answer returns the operation that stores a result, to be written together with what it answers; none for the zero
// Once. The write conflicts where another request with the key was answered since Answered found none: the caller then
// calls Answered again.
func (s *DB) Answer(ctx context.Context, once Once, result any) ([]table.Op, error) {
	if once == (Once{}) {
		return nil, nil
	}
	if !once.Asked() {
		if _, err := s.Answered(ctx, once, new(json.RawMessage)); err != nil {
			return nil, err
		}
	}
	encoded, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	kept := answer{Body: once.body, Result: encoded}
	if !once.forever {
		kept.Expires = s.Now().Add(AnswerLife)
	}
	op := table.PutJSON(once.key, kept, table.At(once.seen.rev))
	op.Item.Expires = kept.Expires
	return []table.Op{op}, nil
}

// KeepAnswer stores the result of a request whose steps are idempotent one by one, or that changed nothing. A stored
// answer stays.
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

// AnswerObjects is the prefix of the keys of answers that are too long for one response. They may have personal data,
// and are stored for a day at most.
const AnswerObjects = "answers/"

// AnswerObject returns the key of such an answer of a project.
func AnswerObject(project, id string) string { return AnswerObjects + project + "/" + id }

func answerKey(project, sealed string) table.Key {
	return table.Key{PK: "ANSWER#" + project + "#" + sealed, SK: "ANSWER"}
}
