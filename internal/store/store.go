// Package store is the base of all features: the tables, the objects, the log of facts, the sealing secret, the clock,
// and the stored answers that make requests idempotent. Each feature has its own package with its own table keys.
package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	mathrand "math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"outreach/internal/fact"
	"outreach/internal/keyring"
	"outreach/internal/objects"
	"outreach/internal/schema"
	"outreach/internal/table"
)

// ErrNotFound reports that something does not exist, or not for the caller.
var ErrNotFound = errors.New("not found")

// ErrStale reports that the current version is not the one the caller requires.
var ErrStale = errors.New("changed in the meantime")

// ErrDamaged reports that something stored is missing or is not what was stored. It is not shown.
var ErrDamaged = errors.New("damaged")

// IsNotFound reports whether err is or wraps ErrNotFound.
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// LoadExisting reads one item and decodes its JSON. It fails with ErrNotFound where the item does not exist; what names
// it in the error.
func LoadExisting[T any](ctx context.Context, t table.Table, key table.Key, what string) (value T, rev int64, err error) {
	value, rev, err = table.Load[T](ctx, t, key)
	if err == nil && rev == 0 {
		err = fmt.Errorf("%s: %w", what, ErrNotFound)
	}
	return value, rev, err
}

// DB is the base of the features. People is nil for functions that need no identity, Objects for those that need no
// files. It must not be changed once a feature is built on it; then it is safe for concurrent use.
type DB struct {
	Tracker table.Table
	People  table.Table
	Objects objects.Store
	Secret  []byte           // the key of Seal: that of the key ring, which a rotation of the secret leaves as it is
	Links   []keyring.Link   // the keys of the tokens in letters, the present one first; none: Secret
	Now     func() time.Time // the clock
	Lane    func() int       // chooses the lane of the next fact; nil: at random
	Folder  string           // of temporary files, which contain what people sent; "": the system's

	once    sync.Once
	log     *fact.Log
	sealers sync.Pool // of *sealer
}

// Log returns the log of facts in the tracker table, the same on every call.
func (s *DB) Log() *fact.Log {
	s.once.Do(func() { s.log = &fact.Log{Table: s.Tracker, Lane: s.lane} })
	return s.log
}

// lane returns the lane of the next fact. It reads Lane at each call, so that tests may set it late.
func (s *DB) lane() int {
	if s.Lane != nil {
		return s.Lane()
	}
	return mathrand.IntN(fact.Lanes)
}

// NewFact returns a fact with a new id, received now. by is the random id of a staff member, or "".
func (s *DB) NewFact(kind, by string, data any) (fact.Fact, error) {
	return fact.New(s.NewID(), kind, s.Now(), by, data)
}

// NewID returns a new ULID of the clock's time.
func (s *DB) NewID() string {
	return ulid.MustNew(ulid.Timestamp(s.Now()), rand.Reader).String()
}

// IDFor derives a ULID from a time and a text, always the same: an event that is delivered twice gets one id.
func IDFor(at time.Time, what string) string {
	sum := sha256.Sum256([]byte(what))
	var id ulid.ULID
	_ = id.SetTime(ulid.Timestamp(at))
	_ = id.SetEntropy(sum[:10])
	return id.String()
}

// Seal returns the keyed hash, 32 hexadecimal digits, that replaces an identity or a private text outside the people
// table. Hashes of different projects or purposes cannot be compared.
func (s *DB) Seal(project, purpose, text string) string {
	h := s.sealer(project, purpose, len(text))
	h.text = append(h.text, text...)
	digest := s.sum(h)
	return hex.EncodeToString(digest[:])
}

// Digest returns the bytes of which Seal returns the digits.
func (s *DB) Digest(project, purpose string, text []byte) [16]byte {
	h := s.sealer(project, purpose, len(text))
	h.text = append(h.text, text...)
	return s.sum(h)
}

// sealer is a keyed hash. One is used many times: a file needs some hundred thousand hashes, and half of the work would
// be to derive the two inner keys anew.
type sealer struct {
	mac  hash.Hash
	text []byte // to be hashed
	sum  []byte
}

// sealer returns a keyed hash whose text are a project and a purpose, each with its length so that no two lists of
// parts are the same bytes, and the length of the part that the caller appends.
func (s *DB) sealer(project, purpose string, length int) *sealer {
	h, ok := s.sealers.Get().(*sealer)
	if !ok {
		h = &sealer{mac: hmac.New(sha256.New, s.Secret)}
	}
	h.text = h.text[:0]
	for _, part := range [...]string{project, purpose} {
		h.text = append(append(strconv.AppendInt(h.text, int64(len(part)), 10), ':'), part...)
	}
	h.text = append(strconv.AppendInt(h.text, int64(length), 10), ':')
	return h
}

// sum returns the keyed hash of the sealer's text, and takes the sealer back.
func (s *DB) sum(h *sealer) [16]byte {
	h.mac.Reset()
	h.mac.Write(h.text)
	h.sum = h.mac.Sum(h.sum[:0])
	digest := [16]byte(h.sum)
	s.sealers.Put(h)
	return digest
}

// LinkToken returns the token of a link in a letter, 32 hexadecimal digits. After a rotation of the secret new letters
// have another.
func (s *DB) LinkToken(project, purpose, text string) string {
	if len(s.Links) == 0 {
		return s.Seal(project, purpose, text)
	}
	return (&DB{Secret: s.Links[0].Key}).Seal(project, purpose, text)
}

// IsLinkToken reports whether LinkToken returned a token for these parts, under the present key or a former one that
// has not ended.
func (s *DB) IsLinkToken(project, purpose, text, token string) bool {
	links := s.Links
	if len(links) == 0 {
		links = []keyring.Link{{Key: s.Secret}}
	}
	is := false
	for _, link := range links {
		right := (&DB{Secret: link.Key}).Seal(project, purpose, text)
		if hmac.Equal([]byte(right), []byte(token)) && (link.Until.IsZero() || link.Until.After(s.Now())) {
			is = true
		}
	}
	return is
}

// SealRow returns a row as facts may hold it: private texts sealed, identity left out. Staff must be ids already.
func (s *DB) SealRow(project string, k *schema.Kind, row schema.Row) schema.Row {
	return k.Seal(row, func(f *schema.Field, value string) string { return s.SealText(project, f, value) })
}

// mostSealed is how many texts of keys, and how many others, RowSealer keeps.
const mostSealed = 500

// RowSealer returns a function that does what SealRow does. It keeps what it sealed, because the rows of a file repeat
// their texts. A row that it returned is valid until its next call, and it is not safe for concurrent use.
func (s *DB) RowSealer(project string, k *schema.Kind) func(schema.Row) schema.Row {
	keys, others := map[string]string{}, map[string]string{}
	seal := func(f *schema.Field, value string) string {
		known := others
		if f.Key {
			known = keys
		}
		if sealed, is := known[value]; is {
			return sealed
		}
		sealed := s.SealText(project, f, value)
		if len(known) < mostSealed {
			known[strings.Clone(value)] = sealed
		}
		return sealed
	}
	var sealed schema.Row
	return func(row schema.Row) schema.Row {
		sealed = k.AppendSealed(sealed[:0], row, seal)
		return sealed
	}
}

// SealText returns the hash that facts have in place of a value of a sealed field.
func (s *DB) SealText(project string, f *schema.Field, value string) string {
	return s.Seal(project, "text", f.Hashed(value))
}
