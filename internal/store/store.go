// Package store is the base that features keep their things on: the tables, the files, the log of facts, the secret that
// seals, the clock; and the answers to requests that must take effect once. Each feature has its own package, with its keys.
package store

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"outreach/internal/fact"
	"outreach/internal/objects"
	"outreach/internal/schema"
	"outreach/internal/table"
)

// ErrNotFound is in every error that says that a thing does not exist, or not for the one who asks.
var ErrNotFound = errors.New("not found")

// ErrStale is in the error where a thing is no longer the version that was asked for.
var ErrStale = errors.New("changed in the meantime")

// IsNotFound tells that a thing does not exist, or not for the one who asks.
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// DB is what the features are built on. People is nil for functions that need not know who anybody is; Objects is nil for
// those that need no files. It is not changed once a feature is built on it.
type DB struct {
	Tracker table.Table
	People  table.Table
	Objects objects.Store
	Secret  []byte           // keys the hashes of identities and private texts
	Now     func() time.Time // the clock
	Lane    func() int       // chooses a lane of facts; nil: at random

	once sync.Once
	log  *fact.Log
}

// Log is the log of facts, which lies in the tracker table.
func (s *DB) Log() *fact.Log {
	s.once.Do(func() { s.log = &fact.Log{Table: s.Tracker, Lane: s.lane} })
	return s.log
}

// lane chooses the lane of the next fact.
func (s *DB) lane() int {
	if s.Lane != nil {
		return s.Lane()
	}
	return mathrand.IntN(fact.Lanes)
}

// NewFact makes a fact received now.
func (s *DB) NewFact(kind, by string, data any) (fact.Fact, error) {
	return fact.New(s.NewID(), kind, s.Now(), by, data)
}

// NewID is a new ULID.
func (s *DB) NewID() string {
	return ulid.MustNew(ulid.Timestamp(s.Now()), rand.Reader).String()
}

// IDFor is the ULID that stands for a thing at an instant: the same for the same two, so that what is delivered again
// gets the same id.
func IDFor(at time.Time, what string) string {
	sum := sha256.Sum256([]byte(what))
	var id ulid.ULID
	_ = id.SetTime(ulid.Timestamp(at))
	_ = id.SetEntropy(sum[:10])
	return id.String()
}

// Seal is the keyed hash by which an identity or a private text is known outside the people table.
func (s *DB) Seal(project, purpose, text string) string {
	mac := hmac.New(sha256.New, s.Secret)
	for _, part := range []string{project, purpose, text} {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// SealRow gives a row as it may stand in facts.
func (s *DB) SealRow(project string, k *schema.Kind, row schema.Row) schema.Row {
	return k.Seal(row, func(text string) string { return s.Seal(project, "text", text) })
}
